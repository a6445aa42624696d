import Manifest

/// Refuses roles and bindings that would give more than their author holds.
///
/// Source: the escalation check of kube-apiserver's RBAC registry.
struct RoleEscalation {
  let authorizer: RoleAuthorizer
  let identity: Identity

  /// - Throws: 403 with the missing rules.
  func check(_ object: Mapping, of type: ResourceType) throws(StatusError) {
    guard type.group == RoleAuthorizer.group, !identity.isMaster else { return }
    let rules: [Node]
    let verb: String
    switch type.kind {
    case "Role", "ClusterRole":
      rules = object["rules"]?.sequence ?? []
      verb = "escalate"
    case "RoleBinding", "ClusterRoleBinding":
      rules = authorizer.rules(of: object, in: object.objectNamespace)
      verb = "bind"
    default: return
    }
    let target = verb == "escalate" ? (type.plural, object.objectName) : referencedRole(of: object)
    let exemption = AccessAttributes(
      verb: verb, group: type.group, resource: target.0, namespace: object.objectNamespace, name: target.1)
    if authorizer.allows(identity, exemption) { return }
    let held = authorizer.rules(for: identity, in: object.objectNamespace)
    let missing = rules.flatMap(Self.atoms).filter { atom in
      !held.contains { RoleAuthorizer.rule($0, allows: atom) }
    }
    guard !missing.isEmpty else { return }
    throw refusal(of: object, type, missing)
  }

  private func referencedRole(of binding: Mapping) -> (String, String) {
    let reference = binding["roleRef"]
    return (
      reference?["kind"]?.string == "Role" ? "roles" : "clusterroles", reference?["name"]?.string ?? ""
    )
  }

  /// A rule as single permissions; `*` asks for `*`.
  private static func atoms(of rule: Node) -> [AccessAttributes] {
    func texts(_ key: String) -> [String] { (rule[key]?.sequence ?? []).compactMap(\.string) }
    let names = texts("resourceNames").isEmpty ? [""] : texts("resourceNames")
    let paths = texts("nonResourceURLs")
    return texts("verbs").flatMap { verb in
      paths.map { AccessAttributes(verb: verb, path: $0) }
        + texts("apiGroups").flatMap { group in
          texts("resources").flatMap { resource in
            names.map { AccessAttributes(verb: verb, group: group, resource: resource, name: $0) }
          }
        }
    }
  }

  private func refusal(of object: Mapping, _ type: ResourceType, _ missing: [AccessAttributes]) -> StatusError {
    let lines = missing.prefix(20).map { atom in
      atom.path.map { "{NonResourceURLs:[\"\($0)\"], Verbs:[\"\(atom.verb)\"]}" }
        ?? "{APIGroups:[\"\(atom.group)\"], Resources:[\"\(atom.resource)\"], Verbs:[\"\(atom.verb)\"]}"
    }
    let groups = identity.groups.map { "\"\($0)\"" }.joined(separator: " ")
    return StatusError(
      code: 403, reason: "Forbidden",
      message: "\(type.plural).\(type.group) \"\(object.objectName)\" is forbidden: user \"\(identity.user)\" "
        + "(groups=[\(groups)]) is attempting to grant RBAC permissions not currently held:\n"
        + lines.joined(separator: "\n"),
      details: .init(name: object.objectName, group: type.group, kind: type.plural))
  }
}
