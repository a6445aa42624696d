import Manifest

/// A group and a plural name: what the store keeps apart, and what RBAC rules name.
struct GroupResource: Sendable, Hashable, Comparable {
  var group: String
  var resource: String

  init(group: String, resource: String) {
    self.group = group
    self.resource = resource
  }

  static func < (a: GroupResource, b: GroupResource) -> Bool {
    (a.group, a.resource) < (b.group, b.resource)
  }
}

/// One kind as the server serves it in one version: its names, scope, verbs and subresources.
struct ResourceType: Sendable, Equatable {
  /// `deployments/scale`: it may answer with a kind of another group.
  struct Subresource: Sendable, Equatable {
    var name: String
    var group: String
    var version: String
    var kind: String
    var verbs: [String]
  }

  var group: String
  var version: String
  var kind: String
  var listKind: String
  var plural: String
  var singular: String
  var shortNames: [String]
  var categories: [String]
  var isNamespaced: Bool
  var verbs: [String]
  var subresources: [Subresource]
  /// Served from a CustomResourceDefinition.
  var isCustom: Bool
  /// The server counts `metadata.generation` for this kind.
  var hasGeneration: Bool

  var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
  var groupVersionKind: GroupVersionKind { GroupVersionKind(group: group, version: version, kind: kind) }
  var groupResource: GroupResource { GroupResource(group: group, resource: plural) }

  /// Where its objects are kept: two groups or versions may share one collection.
  var storage: GroupResource {
    group == "events.k8s.io" ? GroupResource(group: "", resource: plural) : groupResource
  }

  func subresource(_ name: String) -> Subresource? { subresources.first { $0.name == name } }

  /// `status` is written through its own subresource only.
  var hasStatusSubresource: Bool { subresource("status") != nil }

  static let allVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
}
