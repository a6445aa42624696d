import Manifest

/// What names a resource during a build: its group, version, kind, name and namespace.
struct ResourceID: Hashable, Sendable, CustomStringConvertible {
  var gvk: GroupVersionKind
  var name: String
  /// As it is written; empty when it is not.
  var namespace: String
  var isClusterScoped: Bool

  init(gvk: GroupVersionKind, name: String, namespace: String, isClusterScoped: Bool = false) {
    self.gvk = gvk
    self.name = name
    self.namespace = namespace
    self.isClusterScoped = isClusterScoped
  }

  static let clusterScope = "_non_namespaceable_"

  /// `default` stands for none; cluster-scoped resources share a namespace of their own.
  var effectiveNamespace: String {
    if isClusterScoped { return Self.clusterScope }
    return namespace.isEmpty ? "default" : namespace
  }

  /// Equal as identities: the same kind and name in the same effective namespace.
  func matches(_ other: ResourceID) -> Bool {
    name == other.name && gvk == other.gvk && effectiveNamespace == other.effectiveNamespace
  }

  /// What two resources of one build may not share.
  var key: Key { Key(gvk: gvk, name: name, namespace: effectiveNamespace) }

  struct Key: Hashable, Sendable {
    var gvk: GroupVersionKind
    var name: String
    var namespace: String
  }

  /// `Deployment.apps web/api`: for messages.
  var description: String {
    ObjectID(group: gvk.group, kind: gvk.kind, namespace: namespace, name: name).description
  }
}

/// A group, version and kind of which an empty part stands for any.
struct KindSelector: Hashable, Sendable {
  var group = ""
  var version = ""
  var kind = ""

  func selects(_ gvk: GroupVersionKind) -> Bool {
    (group.isEmpty || group == gvk.group) && (version.isEmpty || version == gvk.version)
      && (kind.isEmpty || kind == gvk.kind)
  }

  /// Whether every kind that this one selects is selected by `other`, part by part.
  func isSelected(by other: KindSelector) -> Bool {
    (other.group.isEmpty || other.group == group) && (other.version.isEmpty || other.version == version)
      && (other.kind.isEmpty || other.kind == kind)
  }

  /// `kind.version.group`, as far as they are given.
  var description: String { [kind, version, group].filter { !$0.isEmpty }.joined(separator: ".") }
}
