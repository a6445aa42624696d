package import Manifest

/// Makes a rendered object fit to be applied: the one normaliser that stands before every apply (DESIGN §3.1).
///
/// What a server sets is stripped, nulls are dropped, a Secret's `stringData` is folded into `data` (else we would own
/// nothing of it), `rules` beside an `aggregationRule` and empty `caBundle`s are dropped (else each heal would empty
/// what a controller filled in).
package enum Normaliser {
  private static let serverSetMetadata = [
    "managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
    "deletionGracePeriodSeconds", "selfLink",
  ]

  /// - Parameters:
  ///   - namespace: where a namespaced object goes that does not say.
  ///   - isNamespaced: whether the kind is namespaced; a cluster-scoped object loses its namespace.
  /// - Throws: ``Diagnostic`` `manifest.secret-data` when a Secret's `stringData` is no mapping of texts.
  package static func normalise(_ object: Object, namespace: String, isNamespaced: Bool) throws -> Object {
    var root = object.root
    dropNulls(&root)
    root["status"] = nil
    root["metadata"]?.updateMapping { metadata in
      for key in serverSetMetadata { metadata[key] = nil }
      metadata["namespace"] = place(object.namespace, namespace, isNamespaced)
    }
    try foldStringData(&root, of: object)
    dropAggregatedRules(&root, of: object)
    dropEmptyCABundles(&root, of: object)
    return Object(root, origin: object.origin) ?? object
  }

  private static func place(_ own: String, _ fallback: String, _ isNamespaced: Bool) -> Node? {
    guard isNamespaced else { return nil }
    let namespace = own.isEmpty ? fallback : own
    return namespace.isEmpty ? nil : .string(namespace)
  }

  private static func dropNulls(_ mapping: inout Mapping) {
    if mapping.members.contains(where: { $0.value.isNull }) { mapping.filter { !$0.value.isNull } }
    mapping.updateValues { _, node in dropNulls(&node) }
  }

  private static func dropNulls(_ node: inout Node) {
    switch node.value {
    case .mapping(var mapping) where holdsNull(node):
      dropNulls(&mapping)
      node.value = .mapping(mapping)
    case .sequence(var nodes) where holdsNull(node):
      for index in nodes.indices { dropNulls(&nodes[index]) }
      node.value = .sequence(nodes)
    default: break
    }
  }

  /// Most trees hold none and are left shared with the render cache.
  private static func holdsNull(_ node: Node) -> Bool {
    switch node.value {
    case .null: true
    case .mapping(let mapping): mapping.contains { holdsNull($0.value) }
    case .sequence(let nodes): nodes.contains { holdsNull($0) }
    default: false
    }
  }

  private static func foldStringData(_ root: inout Mapping, of object: Object) throws {
    guard object.gvk.groupKind == GroupKind(group: "", kind: "Secret"), let texts = root["stringData"] else { return }
    guard let texts = texts.mapping, texts.allSatisfy({ $0.value.string != nil }) else {
      throw Diagnostic(
        "manifest.secret-data", "stringData of Secret '\(object.name)' has a value that is not a string",
        at: object.origin, help: "quote numbers and booleans in stringData")
    }
    var data = root["data"]?.mapping ?? Mapping()
    for member in texts { data[member.key] = .string(Base64.encode(Array((member.value.string ?? "").utf8))) }
    root["data"] = .mapping(data)
    root["stringData"] = nil
  }

  private static func dropAggregatedRules(_ root: inout Mapping, of object: Object) {
    guard object.gvk.groupKind == GroupKind(group: "rbac.authorization.k8s.io", kind: "ClusterRole"),
      root["aggregationRule"] != nil
    else { return }
    root["rules"] = nil
  }

  private static func dropEmptyCABundles(_ root: inout Mapping, of object: Object) {
    switch object.gvk.groupKind.description {
    case "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
      "MutatingWebhookConfiguration.admissionregistration.k8s.io":
      guard var webhooks = root["webhooks"]?.sequence else { return }
      for index in webhooks.indices { webhooks[index]["clientConfig"]?.dropIfEmpty("caBundle") }
      root["webhooks"]?.value = .sequence(webhooks)
    case "APIService.apiregistration.k8s.io": root["spec"]?.dropIfEmpty("caBundle")
    case "CustomResourceDefinition.apiextensions.k8s.io":
      root["spec"]?["conversion"]?["webhook"]?["clientConfig"]?.dropIfEmpty("caBundle")
    default: break
    }
  }
}

extension Node {
  fileprivate mutating func updateMapping(_ body: (inout Mapping) -> Void) {
    guard case .mapping(var mapping) = value else { return }
    body(&mapping)
    value = .mapping(mapping)
  }

  fileprivate mutating func dropIfEmpty(_ key: String) {
    if self[key]?.string?.isEmpty == true { self[key] = nil }
  }
}
