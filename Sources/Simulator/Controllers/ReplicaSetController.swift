import Manifest

/// Keeps as many Pods as a ReplicaSet asks for.
extension APIServer {
  mutating func reconcileReplicaSet(_ set: Mapping) {
    guard !set.isBeingDeleted else { return }
    let desired = Int(clamping: set["spec"]?["replicas"]?.int ?? 1)
    let pods = dependents(of: set, Kinds.pods).filter { !$0.isBeingDeleted && !PodStatus.isOver($0) }
    if pods.count < desired {
      for _ in pods.count..<min(desired, pods.count + Self.burst) { makePod(of: set, name: nil) }
      if desired - pods.count > Self.burst { enqueue(Kinds.replicaSets.storage, set.key) }
    } else if pods.count > desired {
      // The unready and the youngest go first.
      let order = pods.sorted {
        let (a, b) = (PodStatus.isReady($0), PodStatus.isReady($1))
        return a == b ? $0.metadataText("creationTimestamp") > $1.metadataText("creationTimestamp") : !a
      }
      for pod in order.prefix(pods.count - desired) { deletePod(pod) }
    }
    updateReplicaSetStatus(set)
  }

  /// Pods made in one pass.
  private static let burst = 50

  mutating func deletePod(_ pod: Mapping) {
    guard let options = try? DeleteOptions(APIRequest(method: "DELETE", target: "/")) else { return }
    remove(pod, of: Kinds.pods, options)
  }

  /// A Pod from the template of its owner.
  @discardableResult
  mutating func makePod(of owner: Mapping, name: String?, labels extra: [String: String] = [:]) -> Mapping? {
    let template = owner["spec"]?["template"]
    var labels = template?["metadata"]?["labels"]?.mapping ?? Mapping()
    for (key, value) in extra.sorted(by: { $0.key < $1.key }) { labels[key] = .string(value) }
    var metadata = controlledMetadata(
      owner, name: name ?? "\(owner.objectName)-\(random.nameSuffix())",
      labels: labels.isEmpty ? nil : .mapping(labels), annotations: template?["metadata"]?["annotations"])
    if name == nil { metadata["generateName"] = .string(owner.objectName + "-") }
    return make(
      [
        "apiVersion": .string("v1"), "kind": .string("Pod"), "metadata": metadata,
        "spec": template?["spec"] ?? .mapping([:]),
      ], of: Kinds.pods)
  }

  private mutating func updateReplicaSetStatus(_ set: Mapping) {
    let pods = dependents(of: set, Kinds.pods).filter { !$0.isBeingDeleted && !PodStatus.isOver($0) }
    let ready = pods.filter(PodStatus.isReady)
    let available = countAvailable(ready, of: set, Kinds.replicaSets)
    change(set, of: Kinds.replicaSets) { object in
      var status: Mapping = ["replicas": Node(.int(Int64(pods.count)))]
      for (key, count) in [
        ("fullyLabeledReplicas", pods.count), ("readyReplicas", ready.count), ("availableReplicas", available),
      ] where count > 0 {
        status[key] = Node(.int(Int64(count)))
      }
      status["observedGeneration"] = Node(.int(set.generation))
      object["status"] = .mapping(status)
    }
  }

  /// How many of `ready` have been ready for `minReadySeconds`; comes back when the next one will have been.
  mutating func countAvailable(_ ready: [Mapping], of owner: Mapping, _ type: ResourceType) -> Int {
    let seconds = owner["spec"]?["minReadySeconds"]?.int ?? 0
    guard seconds > 0 else { return ready.count }
    let wait = options.scaled(.seconds(min(seconds, 86_400)))
    let due = ready.compactMap(PodStatus.readySince).map { $0 + wait }
    if let next = due.filter({ $0 > now }).min() { wake(type.storage, owner.key, at: next) }
    return due.filter { $0 <= now }.count
  }
}
