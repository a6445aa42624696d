import Manifest

/// Keeps numbered Pods, one after the other, and replaces outdated ones from the highest number down.
extension APIServer {
  private static let revisionLabel = "controller-revision-hash"

  mutating func reconcileStatefulSet(_ set: Mapping) {
    guard !set.isBeingDeleted else { return }
    let desired = Int(clamping: max(0, set["spec"]?["replicas"]?.int ?? 1))
    let revision = Self.revision(of: set)
    let isParallel = set["spec"]?["podManagementPolicy"]?.string == "Parallel"
    var mayContinue = true
    for ordinal in 0..<min(desired, 1000) where mayContinue {
      let pod = store.object(Self.pods, Self.key(of: set, ordinal))
      if pod == nil { makeStatefulPod(set, ordinal, revision) }
      mayContinue = isParallel || pod.map { PodStatus.isReady($0) && !$0.isBeingDeleted } ?? false
    }
    let owned = dependents(of: set, Kinds.pods)
    for pod in owned.filter({ Self.ordinal(of: $0, set) >= desired && !$0.isBeingDeleted }) { deletePod(pod) }
    if mayContinue { replaceOutdated(set, owned, revision, desired) }
    updateStatefulSetStatus(set, revision)
  }

  private static func revision(of set: Mapping) -> String {
    "\(set.objectName)-\(RevisionHash.text(of: set["spec"]?["template"] ?? .null))"
  }

  private static func key(of set: Mapping, _ ordinal: Int) -> ObjectKey {
    ObjectKey(namespace: set.objectNamespace, name: "\(set.objectName)-\(ordinal)")
  }

  private static func ordinal(of pod: Mapping, _ set: Mapping) -> Int {
    Int(pod.objectName.dropFirst(set.objectName.utf8.count + 1)) ?? Int.max
  }

  private mutating func makeStatefulPod(_ set: Mapping, _ ordinal: Int, _ revision: String) {
    let name = "\(set.objectName)-\(ordinal)"
    for template in set["spec"]?["volumeClaimTemplates"]?.sequence ?? [] {
      guard let claim = template["metadata"]?["name"]?.string else { continue }
      let labels = set["spec"]?["selector"]?["matchLabels"]
      var metadata: Mapping = [
        "name": .string("\(claim)-\(name)"), "namespace": .string(set.objectNamespace),
      ]
      metadata["labels"] = labels
      make(
        [
          "apiVersion": .string("v1"), "kind": .string("PersistentVolumeClaim"), "metadata": .mapping(metadata),
          "spec": template["spec"] ?? .mapping([:]),
        ], of: Kinds.claims)
    }
    makePod(
      of: set, name: name,
      labels: [
        Self.revisionLabel: revision, "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": String(ordinal),
      ])
  }

  /// Deletes one outdated Pod at a time; a partition keeps the lower numbers as they are.
  private mutating func replaceOutdated(_ set: Mapping, _ pods: [Mapping], _ revision: String, _ desired: Int) {
    let strategy = set["spec"]?["updateStrategy"]
    guard strategy?["type"]?.string ?? "RollingUpdate" == "RollingUpdate" else { return }
    let partition = Int(clamping: strategy?["rollingUpdate"]?["partition"]?.int ?? 0)
    let outdated = pods.filter {
      $0.label(Self.revisionLabel) != revision && Self.ordinal(of: $0, set) >= partition
        && Self.ordinal(of: $0, set) < desired && !$0.isBeingDeleted
    }
    if let last = outdated.max(by: { Self.ordinal(of: $0, set) < Self.ordinal(of: $1, set) }) { deletePod(last) }
  }

  private mutating func updateStatefulSetStatus(_ set: Mapping, _ revision: String) {
    let pods = dependents(of: set, Kinds.pods).filter { !PodStatus.isOver($0) }
    let ready = pods.filter { PodStatus.isReady($0) && !$0.isBeingDeleted }
    let updated = pods.filter { $0.label(Self.revisionLabel) == revision }.count
    let available = countAvailable(ready, of: set, Kinds.statefulSets)
    let desired = Int(clamping: set["spec"]?["replicas"]?.int ?? 1)
    let isDone = updated == desired && ready.count == desired && pods.count == desired
    change(set, of: Kinds.statefulSets) { object in
      let before = object["status"]?["currentRevision"]?.string
      let current = isDone ? revision : before ?? revision
      var status: Mapping = [
        "observedGeneration": Node(.int(set.generation)), "replicas": Node(.int(Int64(pods.count))),
      ]
      let currentCount = pods.filter { $0.label(Self.revisionLabel) == current }.count
      for (key, count) in [
        ("readyReplicas", ready.count), ("currentReplicas", currentCount), ("updatedReplicas", updated),
      ] where count > 0 {
        status[key] = Node(.int(Int64(count)))
      }
      status["availableReplicas"] = Node(.int(Int64(available)))
      status["currentRevision"] = .string(current)
      status["updateRevision"] = .string(revision)
      status["collisionCount"] = Node(.int(0))
      object["status"] = .mapping(status)
    }
  }
}
