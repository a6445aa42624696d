package import Manifest

/// What a registration makes in a cluster: a namespace, a ServiceAccount, and its rights.
///
/// Rights over the whole cluster name the verbs that converging needs; none lets the hub hand out rights that it has
/// not itself (`escalate`, `bind`, `impersonate`).
package struct RegistrationManifests: Sendable {
  package static let namespace = "muster-system"
  package static let serviceAccount = "muster-hub"

  private static let verbs = ["get", "list", "watch", "create", "update", "patch", "delete"]

  /// The namespaces that the rights are kept to; empty for the whole cluster.
  package var namespaces: [String]

  package init(namespaces: [String]) { self.namespaces = namespaces }

  /// In the order in which they are applied.
  package var objects: [Mapping] {
    [
      object("v1", "Namespace", Self.namespace, nil, [:]),
      object("v1", "ServiceAccount", Self.serviceAccount, Self.namespace, [:]),
    ] + (namespaces.isEmpty ? clusterRights : namespaces.flatMap(rights(in:)) + rights(in: Self.namespace))
  }

  private var clusterRights: [Mapping] {
    [
      object("rbac.authorization.k8s.io/v1", "ClusterRole", "muster-hub", nil, ["rules": .sequence([rule])]),
      object(
        "rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "muster-hub", nil, binding(to: "ClusterRole")),
    ]
  }

  private func rights(in namespace: String) -> [Mapping] {
    [
      object("rbac.authorization.k8s.io/v1", "Role", "muster-hub", namespace, ["rules": .sequence([rule])]),
      object("rbac.authorization.k8s.io/v1", "RoleBinding", "muster-hub", namespace, binding(to: "Role")),
    ]
  }

  private var rule: Node {
    Node(["apiGroups": ["*"], "resources": ["*"], "verbs": .sequence(Self.verbs.map { .string($0) })])
  }

  private func binding(to kind: String) -> Mapping {
    [
      "roleRef": Node(["apiGroup": "rbac.authorization.k8s.io", "kind": .string(kind), "name": "muster-hub"]),
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
