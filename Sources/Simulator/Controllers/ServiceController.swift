import Manifest

/// Gives Services their endpoints, and load balancers their addresses.
extension APIServer {
  mutating func reconcileService(_ service: Mapping) {
    guard !service.isBeingDeleted else { return }
    if service["spec"]?["type"]?.string == "LoadBalancer" { giveBalancerAddress(service, Kinds.services) }
    guard let selector = service["spec"]?["selector"]?.mapping, !selector.isEmpty else { return }
    let pods = selectedPods(selector, in: service.objectNamespace)
    updateSlice(service, pods)
    updateEndpoints(service, pods)
  }

  mutating func reconcileIngress(_ ingress: Mapping) {
    guard !ingress.isBeingDeleted, ingress.kind == "Ingress" else { return }
    giveBalancerAddress(ingress, Kinds.ingresses)
  }

  private mutating func giveBalancerAddress(_ object: Mapping, _ type: ResourceType) {
    guard (object["status"]?["loadBalancer"]?["ingress"]?.sequence ?? []).isEmpty else { return }
    var entry: Mapping = ["ip": .string(addresses.loadBalancerIP())]
    if type == Kinds.services { entry["ipMode"] = .string("VIP") }
    let balancer = type == Kinds.services ? "cloud-controller-manager" : "ingress-controller"
    change(object, of: type, by: balancer) {
      $0["status"] = .mapping(["loadBalancer": .mapping(["ingress": .sequence([.mapping(entry)])])])
    }
  }

  private func selectedPods(_ selector: Mapping, in namespace: String) -> [Mapping] {
    let pods = store[Self.pods]
    return zip(pods.keys, pods.objects).compactMap { key, pod in
      guard key.namespace == namespace, !pod.isBeingDeleted, pod["status"]?["podIP"]?.string != nil else { return nil }
      return selector.allSatisfy { pod.label($0.key) == $0.value.string } ? pod : nil
    }
  }

  /// The slice carries the Service's own labels: a copy on an object that nobody applied.
  private mutating func updateSlice(_ service: Mapping, _ pods: [Mapping]) {
    let content: Mapping = [
      "addressType": .string("IPv4"),
      "endpoints": pods.isEmpty ? .null : .sequence(pods.map(Self.endpoint)),
      "ports": Self.ports(of: service, withAppProtocol: true),
    ]
    var labels = service["metadata"]?["labels"]?.mapping ?? Mapping()
    labels["endpointslice.kubernetes.io/managed-by"] = .string("endpointslice-controller.k8s.io")
    labels["kubernetes.io/service-name"] = .string(service.objectName)
    if let slice = dependents(of: service, Kinds.endpointSlices).first {
      change(slice, of: Kinds.endpointSlices, subresource: "") { object in
        object["metadata"]?["labels"] = .mapping(labels)
        for member in content { object[member.key] = member.value }
      }
      return
    }
    var metadata = controlledMetadata(
      service, name: "\(service.objectName)-\(random.nameSuffix())", labels: .mapping(labels),
      annotations: .mapping(["endpoints.kubernetes.io/last-change-trigger-time": .string(now.rfc3339)]))
    metadata["generateName"] = .string(service.objectName + "-")
    var object: Mapping = [
      "apiVersion": .string("discovery.k8s.io/v1"), "kind": .string("EndpointSlice"), "metadata": metadata,
    ]
    for member in content { object.append(member) }
    make(object, of: Kinds.endpointSlices)
  }

  private static func endpoint(_ pod: Mapping) -> Node {
    let isReady = PodStatus.isReady(pod)
    return .mapping([
      "addresses": .sequence([pod["status"]?["podIP"] ?? .string("")]),
      "conditions": .mapping([
        "ready": Node(.bool(isReady)), "serving": Node(.bool(isReady)), "terminating": Node(.bool(false)),
      ]),
      "targetRef": targetReference(pod), "nodeName": .string(nodeName),
    ])
  }

  private static func targetReference(_ pod: Mapping) -> Node {
    .mapping([
      "kind": .string("Pod"), "namespace": .string(pod.objectNamespace), "name": .string(pod.objectName),
      "uid": .string(pod.uid),
    ])
  }

  private static func ports(of service: Mapping, withAppProtocol: Bool) -> Node {
    let ports: [Node] = (service["spec"]?["ports"]?.sequence ?? []).map { port in
      var entry: Mapping = [
        "name": port["name"] ?? .string(""),
        "port": port["targetPort"]?.int.map { Node(.int($0)) } ?? port["port"] ?? Node(.int(0)),
        "protocol": port["protocol"] ?? .string("TCP"),
      ]
      if withAppProtocol { entry["appProtocol"] = port["appProtocol"] }
      return .mapping(entry)
    }
    return .sequence(ports)
  }

  private mutating func updateEndpoints(_ service: Mapping, _ pods: [Mapping]) {
    let ready = pods.filter(PodStatus.isReady)
    let subsets: Node? =
      ready.isEmpty
      ? nil
      : .sequence([
        .mapping([
          "addresses": .sequence(
            ready.map {
              .mapping([
                "ip": $0["status"]?["podIP"] ?? .string(""), "nodeName": .string(Self.nodeName),
                "targetRef": Self.targetReference($0),
              ])
            }), "ports": Self.ports(of: service, withAppProtocol: false),
        ])
      ])
    var labels = service["metadata"]?["labels"]?.mapping ?? Mapping()
    labels["endpoints.kubernetes.io/managed-by"] = .string("endpoint-controller")
    if let existing = store.object(Kinds.endpoints.storage, service.key) {
      change(existing, of: Kinds.endpoints, subresource: "") { object in
        object["metadata"]?["labels"] = .mapping(labels)
        object["subsets"] = subsets
      }
      return
    }
    var object: Mapping = [
      "apiVersion": .string("v1"), "kind": .string("Endpoints"),
      "metadata": .mapping([
        "name": .string(service.objectName), "namespace": .string(service.objectNamespace),
        "labels": .mapping(labels),
      ]),
    ]
    object["subsets"] = subsets
    make(object, of: Kinds.endpoints)
  }
}
