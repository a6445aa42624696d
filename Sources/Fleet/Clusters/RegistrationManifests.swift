package import Manifest

/// What a registration makes in a cluster: a namespace, a ServiceAccount, and its rights.
///
/// Rights over the whole cluster name the verbs that converging needs; none lets the hub hand out rights that it has
/// not itself (`escalate`, `bind`), and only on request may it act as others (`impersonate`).
package struct RegistrationManifests: Sendable {
  package static let namespace = "muster-system"
  package static let serviceAccount = "muster-hub"
  /// Of roles and of their bindings.
  package static let roleName = "muster-hub"

  private static let verbs = ["get", "list", "watch", "create", "update", "patch", "delete"]

  /// The namespaces that the rights are kept to; empty for the whole cluster.
  package var namespaces: [String]

  /// Whether the hub may act as ServiceAccounts, as projects with `destinationServiceAccounts` ask for: those of
  /// ``namespaces``, or every one of the cluster.
  package var allowsImpersonation: Bool

  package init(namespaces: [String], allowsImpersonation: Bool = false) {
    self.namespaces = namespaces
    self.allowsImpersonation = allowsImpersonation
  }

  /// Whether a role, as a cluster has it, lets the hub act as others.
  package static func allowsImpersonation(_ role: Node) -> Bool {
    (role["rules"]?.sequence ?? []).contains { rule in
      (rule["verbs"]?.sequence ?? []).contains { $0.string == "impersonate" }
    }
  }

  /// In the order in which they are applied.
  package var objects: [Mapping] {
    [
      object("v1", "Namespace", Self.namespace, nil, [:]),
      object("v1", "ServiceAccount", Self.serviceAccount, Self.namespace, [:]),
    ] + (namespaces.isEmpty ? clusterRights : namespaces.flatMap(rights(in:)) + rights(in: Self.namespace))
  }

  private var clusterRights: [Mapping] {
    [
      object("rbac.authorization.k8s.io/v1", "ClusterRole", Self.roleName, nil, ["rules": .sequence(rules)]),
      object(
        "rbac.authorization.k8s.io/v1", "ClusterRoleBinding", Self.roleName, nil, binding(to: "ClusterRole")),
    ]
  }

  private func rights(in namespace: String) -> [Mapping] {
    // In the hub's own namespace there is nobody to act as.
    let rules = namespace == Self.namespace ? [rule] : rules
    return [
      object("rbac.authorization.k8s.io/v1", "Role", Self.roleName, namespace, ["rules": .sequence(rules)]),
      object("rbac.authorization.k8s.io/v1", "RoleBinding", Self.roleName, namespace, binding(to: "Role")),
    ]
  }

  private var rules: [Node] { allowsImpersonation ? [rule, Self.impersonation] : [rule] }

  private static let impersonation = Node([
    "apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["impersonate"],
  ])

  private var rule: Node {
    Node(["apiGroups": ["*"], "resources": ["*"], "verbs": .sequence(Self.verbs.map { .string($0) })])
  }

  private func binding(to kind: String) -> Mapping {
    [
      "roleRef": Node(["apiGroup": "rbac.authorization.k8s.io", "kind": .string(kind), "name": .string(Self.roleName)]),
      "subjects": .sequence([
        Node(["kind": "ServiceAccount", "name": .string(Self.serviceAccount), "namespace": .string(Self.namespace)])
      ]),
    ]
  }

  private func object(
    _ apiVersion: String, _ kind: String, _ name: String, _ namespace: String?, _ rest: Mapping
  ) -> Mapping {
    var metadata: Mapping = ["name": .string(name)]
    if let namespace { metadata["namespace"] = .string(namespace) }
    var object: Mapping = [
      "apiVersion": .string(apiVersion), "kind": .string(kind), "metadata": .mapping(metadata),
    ]
    for member in rest { object[member.key] = member.value }
    return object
  }
}
