import Manifest

/// The columns of the built-in kinds, after the name.
enum TableColumns {
  typealias Column = ObjectTable.Column

  static let byKind: [GroupKind: [Column]] = workloads.merging(core) { first, _ in first }.merging(others) {
    first, _ in first
  }

  private static let workloads: [GroupKind: [Column]] = [
    GroupKind(group: "apps", kind: "Deployment"): [
      ready, number("Up-to-date", ["status", "updatedReplicas"]), number("Available", ["status", "availableReplicas"]),
      age, containers, images, selector,
    ],
    GroupKind(group: "apps", kind: "StatefulSet"): [ready, age, containers, images],
    GroupKind(group: "apps", kind: "ReplicaSet"): [
      number("Desired", ["spec", "replicas"]), number("Current", ["status", "replicas"]),
      number("Ready", ["status", "readyReplicas"]), age, containers, images, selector,
    ],
    GroupKind(group: "apps", kind: "DaemonSet"): [
      number("Desired", ["status", "desiredNumberScheduled"]), number("Current", ["status", "currentNumberScheduled"]),
      number("Ready", ["status", "numberReady"]), number("Up-to-date", ["status", "updatedNumberScheduled"]),
      number("Available", ["status", "numberAvailable"]),
      pairs("Node Selector", ["spec", "template", "spec", "nodeSelector"]), age, containers, images, selector,
    ],
    GroupKind(group: "", kind: "Pod"): [
      Column(name: "Ready") { pod, _ in .string(PodCells.ready(pod)) },
      Column(name: "Status") { pod, _ in .string(PodCells.status(pod)) },
      Column(name: "Restarts") { pod, _ in .string(PodCells.restarts(pod)) }, age,
      text("IP", ["status", "podIP"], wide: true), text("Node", ["spec", "nodeName"], wide: true),
    ],
    GroupKind(group: "batch", kind: "Job"): [
      Column(name: "Status") { job, _ in .string(JobCells.status(job)) },
      Column(name: "Completions") { job, _ in .string(JobCells.completions(job)) },
      Column(name: "Duration") { job, now in .string(JobCells.duration(job, now)) }, age, containers, images, selector,
    ],
    GroupKind(group: "batch", kind: "CronJob"): [
      text("Schedule", ["spec", "schedule"]), text("Timezone", ["spec", "timeZone"]),
      Column(name: "Suspend") { job, _ in .string(job["spec"]?["suspend"]?.bool == true ? "True" : "False") },
      Column(name: "Active", type: "integer") { job, _ in count(job["status"]?["active"]) },
      Column(name: "Last Schedule") { job, now in
        job["status"]?["lastScheduleTime"].map { .string(Age.text(since: $0, now)) } ?? .string("<none>")
      }, age,
    ],
    GroupKind(group: "autoscaling", kind: "HorizontalPodAutoscaler"): [
      Column(name: "Reference") { scaler, _ in reference(scaler["spec"]?["scaleTargetRef"]) },
      Column(name: "Targets") { _, _ in .string("<unknown>") }, number("MinPods", ["spec", "minReplicas"]),
      number("MaxPods", ["spec", "maxReplicas"]), number("Replicas", ["status", "currentReplicas"]), age,
    ],
  ]

  private static let core: [GroupKind: [Column]] = [
    GroupKind(group: "", kind: "Service"): [
      text("Type", ["spec", "type"]), text("Cluster-IP", ["spec", "clusterIP"]),
      Column(name: "External-IP") { service, _ in .string(ServiceCells.externalAddress(service)) },
      Column(name: "Port(s)") { service, _ in .string(ServiceCells.ports(service)) }, age,
      pairs("Selector", ["spec", "selector"], wide: true),
    ],
    GroupKind(group: "", kind: "ConfigMap"): [
      Column(name: "Data", type: "integer") { map, _ in count(map["data"], map["binaryData"]) }, age,
    ],
    GroupKind(group: "", kind: "Secret"): [
      text("Type", ["type"]), Column(name: "Data", type: "integer") { secret, _ in count(secret["data"]) }, age,
    ],
    GroupKind(group: "", kind: "Namespace"): [text("Status", ["status", "phase"]), age],
    GroupKind(group: "", kind: "ServiceAccount"): [
      Column(name: "Secrets", type: "integer") { account, _ in count(account["secrets"]) }, age,
    ],
    GroupKind(group: "", kind: "Node"): [
      Column(name: "Status") { node, _ in .string(JobCells.isTrue(node, "Ready") ? "Ready" : "NotReady") },
      Column(name: "Roles") { _, _ in .string("<none>") }, age,
      text("Version", ["status", "nodeInfo", "kubeletVersion"]),
    ],
    GroupKind(group: "", kind: "PersistentVolumeClaim"): [
      text("Status", ["status", "phase"]), text("Volume", ["spec", "volumeName"], absent: ""),
      text("Capacity", ["status", "capacity", "storage"], absent: ""),
      Column(name: "Access Modes") { claim, _ in .string(accessModes(claim["spec"]?["accessModes"])) },
      text("StorageClass", ["spec", "storageClassName"], absent: ""),
      text("VolumeAttributesClass", ["spec", "volumeAttributesClassName"], absent: "<unset>"), age,
      text("VolumeMode", ["spec", "volumeMode"], wide: true),
    ],
  ]

  private static let others: [GroupKind: [Column]] = [
    GroupKind(group: "networking.k8s.io", kind: "Ingress"): [
      text("Class", ["spec", "ingressClassName"]),
      Column(name: "Hosts") { ingress, _ in .string(ServiceCells.hosts(ingress)) },
      Column(name: "Address") { ingress, _ in .string(ServiceCells.balancerAddress(ingress)) },
      Column(name: "Ports") { ingress, _ in
        .string(ingress["spec"]?["tls"]?.sequence?.isEmpty == false ? "80, 443" : "80")
      }, age,
    ],
    GroupKind(group: "networking.k8s.io", kind: "NetworkPolicy"): [
      pairs("Pod-Selector", ["spec", "podSelector", "matchLabels"]), age,
    ],
    GroupKind(group: "policy", kind: "PodDisruptionBudget"): [
      either("Min Available", ["spec", "minAvailable"]), either("Max Unavailable", ["spec", "maxUnavailable"]),
      number("Allowed Disruptions", ["status", "disruptionsAllowed"]), age,
    ],
    GroupKind(group: "rbac.authorization.k8s.io", kind: "Role"): [created],
    GroupKind(group: "rbac.authorization.k8s.io", kind: "ClusterRole"): [created],
    GroupKind(group: "rbac.authorization.k8s.io", kind: "RoleBinding"): [role, age],
    GroupKind(group: "rbac.authorization.k8s.io", kind: "ClusterRoleBinding"): [role, age],
    GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition"): [created],
  ]

  private static let age = ObjectTable.age

  private static let created = Column(name: "Created At") { object, _ in
    object["metadata"]?["creationTimestamp"] ?? .null
  }

  private static let role = Column(name: "Role") { binding, _ in reference(binding["roleRef"]) }

  private static let containers = Column(name: "Containers", priority: 1) { object, _ in joined(object, "name") }

  private static let images = Column(name: "Images", priority: 1) { object, _ in joined(object, "image") }

  private static let selector = pairs("Selector", ["spec", "selector", "matchLabels"], wide: true)

  private static let ready = Column(name: "Ready") { object, _ in
    .string("\(object["status"]?["readyReplicas"]?.int ?? 0)/\(object["spec"]?["replicas"]?.int ?? 0)")
  }

  private static func joined(_ object: Mapping, _ key: String) -> Node {
    let containers = object["spec"]?["template"]?["spec"]?["containers"]?.sequence ?? []
    return .string(containers.map { $0[key]?.string ?? "" }.joined(separator: ","))
  }

  private static func reference(_ node: Node?) -> Node {
    .string("\(node?["kind"]?.string ?? "")/\(node?["name"]?.string ?? "")")
  }

  private static func value(_ object: Mapping, _ path: [String]) -> Node? {
    path.reduce(Optional(Node.mapping(object))) { $0?[$1] }
  }

  private static func text(
    _ name: String, _ path: [String], absent: String = "<none>", wide: Bool = false
  ) -> Column {
    Column(name: name, priority: wide ? 1 : 0) { object, _ in value(object, path) ?? .string(absent) }
  }

  private static func number(_ name: String, _ path: [String]) -> Column {
    Column(name: name, type: "integer") { object, _ in value(object, path) ?? Node(.int(0)) }
  }

  private static func either(_ name: String, _ path: [String]) -> Column {
    Column(name: name) { object, _ in
      value(object, path).map { .string($0.string ?? JSON.text($0)) } ?? .string("N/A")
    }
  }

  private static func pairs(_ name: String, _ path: [String], wide: Bool = false) -> Column {
    Column(name: name, priority: wide ? 1 : 0) { object, _ in
      let members = value(object, path)?.mapping ?? Mapping()
      let texts = members.map { "\($0.key)=\($0.value.string ?? "")" }.sorted()
      return .string(texts.isEmpty ? "<none>" : texts.joined(separator: ","))
    }
  }

  private static func count(_ nodes: Node?...) -> Node {
    let counts = nodes.map { $0?.mapping?.count ?? $0?.sequence?.count ?? 0 }
    return Node(.int(Int64(counts.reduce(0, +))))
  }

  private static func accessModes(_ modes: Node?) -> String {
    let short = [
      "ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP",
    ]
    return (modes?.sequence ?? []).compactMap { $0.string.flatMap { short[$0] } }.joined(separator: ",")
  }
}
