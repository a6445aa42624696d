import Manifest

/// What somebody wants to do: a verb on a resource or on a path.
struct AccessAttributes: Equatable {
  var verb: String
  var group = ""
  /// With its subresource: `deployments/scale`.
  var resource = ""
  var namespace = ""
  var name = ""
  /// Set instead of the resource for paths such as `/version`.
  var path: String?
}

/// Evaluates Roles, ClusterRoles and their bindings.
///
/// Source: the RBAC authorizer of kube-apiserver.
struct RoleAuthorizer {
  static let group = "rbac.authorization.k8s.io"
  private static let clusterRoles = GroupResource(group: group, resource: "clusterroles")
  private static let roles = GroupResource(group: group, resource: "roles")
  private static let clusterRoleBindings = GroupResource(group: group, resource: "clusterrolebindings")
  private static let roleBindings = GroupResource(group: group, resource: "rolebindings")

  let store: ObjectStore

  func allows(_ identity: Identity, _ attributes: AccessAttributes) -> Bool {
    identity.isMaster
      || rules(for: identity, in: attributes.namespace).contains { Self.rule($0, allows: attributes) }
  }

  /// Every rule that holds for `identity`, cluster-wide and in `namespace`.
  func rules(for identity: Identity, in namespace: String) -> [Node] {
    if identity.isMaster { return Self.everything }
    var rules: [Node] = []
    for binding in store[Self.clusterRoleBindings].objects where Self.binding(binding, names: identity) {
      rules += self.rules(of: binding, in: "")
    }
    guard !namespace.isEmpty else { return rules }
    let bindings = store[Self.roleBindings]
    for (key, binding) in zip(bindings.keys, bindings.objects)
    where key.namespace == namespace && Self.binding(binding, names: identity) {
      rules += self.rules(of: binding, in: namespace)
    }
    return rules
  }

  private static let everything: [Node] = [
    .mapping(["verbs": texts(["*"]), "apiGroups": texts(["*"]), "resources": texts(["*"])]),
    .mapping(["verbs": texts(["*"]), "nonResourceURLs": texts(["*"])]),
  ]

  private static func texts(_ texts: [String]) -> Node { .sequence(texts.map { .string($0) }) }

  /// The rules of the role that a binding refers to.
  func rules(of binding: Mapping, in namespace: String) -> [Node] {
    guard let reference = binding["roleRef"], let name = reference["name"]?.string else { return [] }
    let role =
      reference["kind"]?.string == "Role"
      ? store.object(Self.roles, ObjectKey(namespace: namespace, name: name))
      : store.object(Self.clusterRoles, ObjectKey(namespace: "", name: name))
    return role?["rules"]?.sequence ?? []
  }

  private static func binding(_ binding: Mapping, names identity: Identity) -> Bool {
    (binding["subjects"]?.sequence ?? []).contains { subject in
      let name = subject["name"]?.string ?? ""
      return switch subject["kind"]?.string {
      case "User": name == identity.user
      case "Group": identity.groups.contains(name)
      case "ServiceAccount":
        identity.user
          == "system:serviceaccount:\(subject["namespace"]?.string ?? binding.objectNamespace):\(name)"
      default: false
      }
    }
  }

  static func rule(_ rule: Node, allows attributes: AccessAttributes) -> Bool {
    guard contains(rule["verbs"], attributes.verb) else { return false }
    if let path = attributes.path {
      return (rule["nonResourceURLs"]?.sequence ?? []).contains { matches($0.string ?? "", path: path) }
    }
    guard contains(rule["apiGroups"], attributes.group) else { return false }
    guard (rule["resources"]?.sequence ?? []).contains(where: { matches($0.string ?? "", attributes.resource) })
    else { return false }
    let names = rule["resourceNames"]?.sequence ?? []
    return names.isEmpty || names.contains { $0.string == attributes.name }
  }

  private static func contains(_ node: Node?, _ word: String) -> Bool {
    (node?.sequence ?? []).contains { $0.string == "*" || $0.string == word }
  }

  /// `*`, `deployments`, `deployments/scale`, `*/scale`.
  private static func matches(_ pattern: String, _ resource: String) -> Bool {
    if pattern == "*" || pattern == resource { return true }
    guard pattern.hasPrefix("*/"), let slash = resource.firstIndex(of: "/") else { return false }
    return pattern.dropFirst(1) == resource[slash...]
  }

  private static func matches(_ pattern: String, path: String) -> Bool {
    pattern == path || (pattern.hasSuffix("*") && path.hasPrefix(pattern.dropLast()))
  }
}
