import Manifest

/// Puts every resource that is not certainly cluster-scoped into one namespace.
struct NamespaceTransformer {
  enum Subjects: String { case defaultOnly, allServiceAccounts, none }

  let namespace: String
  let fields: [FieldSpec]
  var unsetOnly = false
  var subjects = Subjects.defaultOnly

  /// - Throws: ``Diagnostic`` where two resources become one.
  func apply(to set: inout ResourceSet) throws {
    guard !namespace.isEmpty else { return }
    for position in set.indices where !set[position].isEmpty {
      try set.update(position) { resource in
        resource.storePreviousID()
        try apply(to: &resource)
      }
    }
    if let conflict = set.conflict() {
      var conflict = conflict
      conflict.message = "namespace '\(namespace)' makes two resources the same: " + conflict.message
      throw conflict
    }
  }

  func apply(to resource: inout Resource) throws {
    if !resource.isClusterScoped {
      try FieldSpec("metadata/namespace", creates: true).apply(to: &resource, creating: .scalar, write)
    }
    let isBinding = ["RoleBinding", "ClusterRoleBinding"].contains(resource.gvk.kind)
    if isBinding { try setSubjects(of: &resource) }
    for field in fields where field.path.text != "metadata/namespace" {
      if field.path.text == "metadata/name" && resource.gvk.apiVersion != "v1" { continue }
      if isBinding && field.path.text == "subjects/namespace"
        && ["RoleBinding", "ClusterRoleBinding"].contains(field.kind.kind)
      {
        continue
      }
      try field.apply(to: &resource, creating: .scalar, write)
    }
  }

  private func write(_ node: inout Node) throws {
    if unsetOnly, let text = node.scalarText, !text.isEmpty { return }
    guard node.isScalar else {
      throw FieldError(message: "a namespace must be a scalar, not a \(node.value.kindName)", mark: node.mark)
    }
    node = node.replacingScalar(by: namespace, as: .string)
  }

  private func setSubjects(of resource: inout Resource) throws {
    let (key, wanted): (String, String)
    switch subjects {
    case .none: return
    case .defaultOnly: (key, wanted) = ("name", "default")
    case .allServiceAccounts: (key, wanted) = ("kind", "ServiceAccount")
    }
    guard resource.mapping["subjects"]?.sequence != nil else { return }
    try resource.edit { root in
      guard case .sequence(var nodes)? = root["subjects"]?.value else { return }
      for position in nodes.indices where nodes[position][key]?.scalarText == wanted {
        var node = nodes[position]["namespace"] ?? .null
        try write(&node)
        nodes[position]["namespace"] = node
      }
      root["subjects"]?.value = .sequence(nodes)
    }
  }
}
