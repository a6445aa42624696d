import Manifest

/// What the registry sets on new objects beyond defaulting: addresses, names, the first status.
extension APIServer {
  mutating func prepareStrategy(_ object: inout Mapping, of type: ResourceType) {
    if let status = Self.firstStatus[type.groupResource] { object["status"] = status }
    switch (type.group, type.plural) {
    case ("", "namespaces"):
      if object["metadata"]?["labels"]?.mapping == nil { object.setMetadata("labels", .mapping([:])) }
      let name = object.objectName
      object["metadata"]?["labels"]?["kubernetes.io/metadata.name"] = .string(name)
      object["spec"] = .mapping(["finalizers": .sequence([.string("kubernetes")])])
    case ("", "services"): allocateAddresses(&object)
    case ("", "persistentvolumeclaims"):
      let finalizer = "kubernetes.io/pvc-protection"
      let finalizers = object.finalizers
      if !finalizers.contains(finalizer) { object.setFinalizers(finalizers + [finalizer]) }
    case ("batch", "jobs"): Self.labelJob(&object)
    case ("apiextensions.k8s.io", "customresourcedefinitions"):
      let versions = object["spec"]?["versions"]?.sequence ?? []
      let stored = versions.filter { $0["storage"]?.bool == true }.compactMap { $0["name"] }
      object["status"] = .mapping([
        "conditions": .null, "acceptedNames": .mapping(["plural": .string(""), "kind": .string("")]),
        "storedVersions": .sequence(stored),
      ])
    default: break
    }
  }

  private static let firstStatus: [GroupResource: Node] = {
    func zeros(_ names: [String]) -> Node {
      .mapping(Mapping(names: names, value: Node(.int(0))))
    }
    let balancer: Node = .mapping(["loadBalancer": .mapping([:])])
    let table: [(String, String, Node)] = [
      ("", "namespaces", .mapping(["phase": .string("Active")])),
      ("", "pods", .mapping(["phase": .string("Pending"), "qosClass": .string("BestEffort")])),
      ("", "persistentvolumeclaims", .mapping(["phase": .string("Pending")])),
      ("", "services", balancer), ("networking.k8s.io", "ingresses", balancer),
      ("apps", "deployments", .mapping([:])), ("apps", "replicasets", zeros(["replicas"])),
      ("apps", "statefulsets", zeros(["replicas", "availableReplicas"])),
      (
        "apps", "daemonsets",
        zeros(["currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady"])
      ),
      ("batch", "jobs", .mapping([:])), ("batch", "cronjobs", .mapping([:])),
      (
        "autoscaling", "horizontalpodautoscalers",
        .mapping(["desiredReplicas": Node(.int(0)), "currentMetrics": .null])
      ),
    ]
    return Dictionary(uniqueKeysWithValues: table.map { (GroupResource(group: $0.0, resource: $0.1), $0.2) })
  }()

  private mutating func allocateAddresses(_ service: inout Mapping) {
    guard service["spec"]?.mapping != nil, service["spec"]?["type"]?.string != "ExternalName" else { return }
    if service["spec"]?["clusterIP"]?.string == nil {
      service["spec"]?["clusterIP"] = .string(addresses.clusterIP())
    }
    if let address = service["spec"]?["clusterIP"], service["spec"]?["clusterIPs"] == nil {
      service["spec"]?["clusterIPs"] = .sequence([address])
    }
    if service["spec"]?["ipFamilies"] == nil { service["spec"]?["ipFamilies"] = .sequence([.string("IPv4")]) }
    if service["spec"]?["ipFamilyPolicy"] == nil { service["spec"]?["ipFamilyPolicy"] = .string("SingleStack") }
    allocateNodePorts(&service)
  }

  /// NodePort and LoadBalancer services get a port on every node for each of their ports.
  mutating func allocateNodePorts(_ service: inout Mapping) {
    guard ["NodePort", "LoadBalancer"].contains(service["spec"]?["type"]?.string ?? "") else { return }
    let ports = (service["spec"]?["ports"]?.sequence ?? []).map { port in
      var port = port
      if port["nodePort"]?.int ?? 0 == 0 { port["nodePort"] = Node(.int(addresses.nodePort())) }
      return port
    }
    service["spec"]?["ports"] = .sequence(ports)
  }

  /// What a write to a Service may leave out stays allocated.
  static func keepAddresses(_ service: inout Mapping, from live: Mapping) {
    guard service["spec"]?["type"]?.string != "ExternalName" else { return }
    for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] where service["spec"]?[key] == nil {
      service["spec"]?[key] = live["spec"]?[key]
    }
  }

  /// A Job selects its Pods by its own uid.
  private static func labelJob(_ job: inout Mapping) {
    guard job["spec"]?["manualSelector"]?.bool != true, job["spec"]?.mapping != nil else { return }
    let key = "batch.kubernetes.io/controller-uid"
    let uid = job.uid
    if job["spec"]?["selector"] == nil {
      job["spec"]?["selector"] = .mapping(["matchLabels": .mapping([key: .string(uid)])])
    }
    var template = job["spec"]?["template"] ?? .mapping([:])
    if template["metadata"]?.mapping == nil { template["metadata"] = .mapping([:]) }
    if template["metadata"]?["labels"]?.mapping == nil { template["metadata"]?["labels"] = .mapping([:]) }
    for (label, value) in [
      (key, job.uid), ("batch.kubernetes.io/job-name", job.objectName), ("controller-uid", job.uid),
      ("job-name", job.objectName),
    ] {
      template["metadata"]?["labels"]?[label] = .string(value)
    }
    job["spec"]?["template"] = template
  }
}

extension Mapping {
  init(names: [String], value: Node) {
    self.init()
    for name in names { self[name] = value }
  }
}
