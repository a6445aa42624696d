import Manifest

/// Restarts, labels by role, and old revisions (`rollout/restart.go`, `ephemeralmetadata.go`, `sync.go`).
extension RolloutPass {
  /// Seconds between two looks at Pods that could not be restarted yet, and at those that are on their way out.
  private static let restartRetry = (waiting: 30.0, going: 10.0)

  /// Evicts Pods that are older than `spec.restartAt`, as many as may be missing. One that a budget of disruptions keeps
  /// gives its turn to the next.
  /// - Returns: how many it means to evict.
  mutating func restart() -> Int {
    guard let restartAt = rollout.restartAt else { return 0 }
    if restartAt >= now {
      plan.wake(at: restartAt)
      return 0
    }
    guard RolloutMachine.needsRestart(rollout, at: now), let pods = scene.pods else { return 0 }
    let order = [stable?.uid, new.uid].compactMap(\.self) + others.map(\.uid)
    let ranked = pods.compactMap { pod in
      pod.controller.flatMap { order.firstIndex(of: $0) }.map { (rank: $0, pod: pod) }
    }.sorted { ($0.rank, $0.pod.created.seconds, $0.pod.name) < ($1.rank, $1.pod.created.seconds, $1.pod.name) }
      .map(\.pod)
    let available = ranked.filter { $0.isAvailable(after: rollout.minReadySeconds, at: now) }.count
    let least = max(replicas, all.specCount) - max(rollout.fenceposts.maxUnavailable, 1)
    let due = ranked.filter { $0.created < restartAt }
    if due.isEmpty {
      next.restartedAt = restartAt
      return 0
    }
    let evicted = due.filter { !$0.isDeleting && !isKept($0) }.prefix(max(0, available - least))
    plan.actions += evicted.map { .evictPod($0.name) }
    let isGoing = !evicted.isEmpty || due.contains { $0.isDeleting }
    plan.wake(at: now + (isGoing ? Self.restartRetry.going : Self.restartRetry.waiting))
    for pod in due where isKept(pod) {
      if let time = scene.deniedEvictions[pod.name] { plan.wake(at: time) }
    }
    return evicted.count
  }

  private func isKept(_ pod: RolloutPod) -> Bool { scene.deniedEvictions[pod.name].map { $0 > now } ?? false }

  // MARK: Labels by role

  mutating func syncMetadata() {
    let metadata = rollout.podMetadata
    guard metadata.new != nil || metadata.stable != nil else { return }
    let isThrough = old.stableHash.isEmpty || old.stableHash == new.hash
    inject(isThrough ? metadata.stable : metadata.new, into: new)
    if !isThrough, let separateStable { inject(metadata.stable, into: separateStable) }
    for set in others { inject(nil, into: set) }
  }

  /// Into the ReplicaSet first, so that Pods that come in between have it, and then into the Pods.
  private mutating func inject(_ metadata: PodMetadata?, into set: RolloutReplicaSet) {
    let injected = set.injectedMetadata
    let labels = Self.changes(
      injected?.labels, metadata?.labels, set.template["metadata"]?["labels"].textMembers ?? [:])
    let annotations = Self.changes(
      injected?.annotations, metadata?.annotations, set.template["metadata"]?["annotations"].textMembers ?? [:])
    if !labels.isEmpty || !annotations.isEmpty || injected != metadata {
      let remembered = metadata.map { Node.string(JSON.text($0.node)) } ?? .null
      var patch: Mapping = [
        "metadata": .mapping(["annotations": .mapping([RolloutAnnotation.ephemeralMetadata: remembered])])
      ]
      if let change = Self.patch(labels, annotations) {
        patch["spec"] = .mapping(["template": .mapping(["metadata": .mapping(change)])])
      }
      plan.actions.append(.patchReplicaSet(set.name, patch))
    }
    guard set.isActive else { return }
    for pod in scene.pods ?? [] where pod.controller == set.uid && !pod.isDeleting {
      let change = Self.patch(
        Self.changes(injected?.labels, metadata?.labels, pod.labels),
        Self.changes(injected?.annotations, metadata?.annotations, pod.annotations))
      if let change { plan.actions.append(.patchPod(pod.name, ["metadata": .mapping(change)])) }
    }
  }

  /// Members to set, and those to take away as null.
  private static func changes(
    _ before: [String: String]?, _ after: [String: String]?, _ live: [String: String]
  ) -> Mapping {
    var changes = Mapping()
    for (key, value) in (after ?? [:]).sorted(by: { $0.key < $1.key }) where live[key] != value {
      changes[key] = .string(value)
    }
    for key in (before ?? [:]).keys.sorted() where after?[key] == nil && live[key] != nil { changes[key] = .null }
    return changes
  }

  private static func patch(_ labels: Mapping, _ annotations: Mapping) -> Mapping? {
    var patch = Mapping()
    if !labels.isEmpty { patch["labels"] = .mapping(labels) }
    if !annotations.isEmpty { patch["annotations"] = .mapping(annotations) }
    return patch.isEmpty ? nil : patch
  }

  // MARK: Old revisions

  /// Deletes the oldest ReplicaSets that have no Pods, and their analyses, beyond the limit.
  mutating func deleteOldRevisions() {
    let alive = others.filter { !$0.isDeleting }.byAge
    let surplus = alive.count - rollout.revisionHistoryLimit
    guard surplus > 0 else { return }
    for set in alive.prefix(surplus) where set.replicas == 0 && set.spec == 0 && set.isObserved {
      plan.actions.append(.deleteReplicaSet(set.name, uid: set.uid))
      for run in runs.others where run.labels[Rollout.hashLabel] == set.hash && !run.isDeleting {
        plan.actions.append(.deleteRun(run.name, uid: run.uid))
      }
    }
  }
}
