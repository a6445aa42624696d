import Manifest

/// What a fresh cluster holds.
extension APIServer {
  static let namespaces = GroupResource(group: "", resource: "namespaces")
  static let pods = GroupResource(group: "", resource: "pods")
  static let definitions = GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions")
  static let nodeName = "node-1"

  mutating func bootstrap() {
    for namespace in ["default", "kube-node-lease", "kube-public", "kube-system"] {
      establish("v1", "Namespace", name: namespace, [:])
    }
    establish("v1", "Node", name: Self.nodeName, Self.node)
    for (name, rules) in Self.clusterRoles {
      establish("rbac.authorization.k8s.io/v1", "ClusterRole", name: name, ["rules": .sequence(rules)])
    }
    for (name, groups) in Self.clusterRoleBindings {
      establish("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", name: name, Self.binding(name, groups))
    }
    establish(
      "storage.k8s.io/v1", "StorageClass", name: "standard",
      [
        "provisioner": .string("simulated.muster.dev/disk"), "reclaimPolicy": .string("Delete"),
        "volumeBindingMode": .string("Immediate"), "allowVolumeExpansion": Node(.bool(true)),
      ])
    pending = []
    pendingOrder = []
    schedule = Schedule()
    hasScheduledWork = false
    for namespace in store[Self.namespaces].objects { populate(namespace) }
    store.compact()
  }

  private mutating func establish(_ apiVersion: String, _ kind: String, name: String, _ content: Mapping) {
    guard let type = catalog.type(of: GroupVersionKind(apiVersion: apiVersion, kind: kind)) else { return }
    var object = content
    object["kind"] = .string(kind)
    object["apiVersion"] = .string(apiVersion)
    object["metadata"] = .mapping([
      "name": .string(name), "uid": .string(random.uuid()), "creationTimestamp": .string(now.rfc3339),
    ])
    prepareStrategy(&object, of: type)
    if kind == "Node" { object["status"] = Self.node["status"] }
    commit(object, of: type, at: ObjectKey(namespace: "", name: name))
  }

  private static let node: Mapping = {
    let resources: Node = .mapping([
      "cpu": .string("8"), "memory": .string("32Gi"), "pods": .string("110"), "ephemeral-storage": .string("100Gi"),
    ])
    return [
      "spec": .mapping([:]),
      "status": .mapping([
        "capacity": resources, "allocatable": resources,
        "conditions": .sequence([
          .mapping([
            "type": .string("Ready"), "status": .string("True"), "reason": .string("KubeletReady"),
            "message": .string("kubelet is posting ready status"),
          ])
        ]),
        "addresses": .sequence([.mapping(["type": .string("InternalIP"), "address": .string("10.0.0.1")])]),
        "nodeInfo": .mapping([
          "kubeletVersion": .string("v1.36.2"), "osImage": .string("Simulated"), "architecture": .string("amd64"),
          "operatingSystem": .string("linux"), "containerRuntimeVersion": .string("simulated://1"),
        ]),
      ]),
    ]
  }()

  private static func rule(_ groups: [String], _ resources: [String], _ verbs: [String]) -> Node {
    .mapping(["apiGroups": texts(groups), "resources": texts(resources), "verbs": texts(verbs)])
  }

  private static func rule(paths: [String], _ verbs: [String]) -> Node {
    .mapping(["nonResourceURLs": texts(paths), "verbs": texts(verbs)])
  }

  private static func texts(_ texts: [String]) -> Node { .sequence(texts.map { .string($0) }) }

  private static let clusterRoles: [(String, [Node])] = {
    let health = ["/healthz", "/livez", "/readyz", "/version", "/version/"]
    let discovery = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"]
    let read = ["get", "list", "watch"]
    let write = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
    let groups = ["", "apps", "autoscaling", "batch", "networking.k8s.io", "policy", "discovery.k8s.io"]
    return [
      ("cluster-admin", [rule(["*"], ["*"], ["*"]), rule(paths: ["*"], ["*"])]),
      ("admin", [rule(groups + ["rbac.authorization.k8s.io"], ["*"], write)]),
      ("edit", [rule(groups, ["*"], write)]), ("view", [rule(groups, ["*"], read)]),
      (
        "system:basic-user",
        [
          rule(["authorization.k8s.io"], ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], ["create"]),
          rule(["authentication.k8s.io"], ["selfsubjectreviews"], ["create"]),
        ]
      ),
      ("system:discovery", [rule(paths: discovery + health, ["get"])]),
      ("system:public-info-viewer", [rule(paths: health, ["get"])]),
    ]
  }()

  private static let clusterRoleBindings: [(String, [String])] = [
    ("cluster-admin", ["system:masters"]), ("system:basic-user", ["system:authenticated"]),
    ("system:discovery", ["system:authenticated"]),
    ("system:public-info-viewer", ["system:authenticated", "system:unauthenticated"]),
  ]

  private static func binding(_ role: String, _ groups: [String]) -> Mapping {
    [
      "subjects": .sequence(
        groups.map {
          .mapping([
            "kind": .string("Group"), "apiGroup": .string("rbac.authorization.k8s.io"), "name": .string($0),
          ])
        }),
      "roleRef": .mapping([
        "apiGroup": .string("rbac.authorization.k8s.io"), "kind": .string("ClusterRole"), "name": .string(role),
      ]),
    ]
  }
}
