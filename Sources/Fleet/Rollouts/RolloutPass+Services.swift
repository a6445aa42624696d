import Manifest

/// Services follow their version (`rollout/service.go`).
extension RolloutPass {
  func serviceSelector(_ name: String?) -> String {
    name.flatMap { scene.services[$0]?["spec"]?["selector"]?[Rollout.hashLabel]?.string } ?? ""
  }

  mutating func switchCanaryServices() {
    guard let canary = rollout.canary else { return }
    direct(canary.stableService, to: stable)
    if isAborted {
      // Where a router splits the traffic, the Service goes back when none of it is left there.
      if !canary.isRouted { direct(canary.canaryService, to: stable) }
      return
    }
    if isRoutedBackToStable { return }
    direct(canary.canaryService, to: new)
  }

  /// Whether somebody went back to the stable version while the traffic was still at another one, and its Pods are too
  /// few to take it (`utils/rollout`, IsDynamicallyRollingBackToStable).
  var isRoutedBackToStable: Bool {
    guard old.isFullyPromoted, let canary = rollout.canary, canary.isRouted, canary.dynamicStableScale,
      let weights = old.weights
    else { return false }
    return weights.canary.hash != new.hash && new.available < replicas
  }

  /// A Service that nobody switched before waits for all Pods of the version, another one for the first.
  mutating func direct(_ name: String?, to set: RolloutReplicaSet?, checksAvailability: Bool = true) {
    guard let name, let set, let service = scene.services[name], serviceSelector(name) != set.hash else { return }
    if checksAvailability {
      if !isManaged(service) && !set.isFullyAvailable || set.available == 0 { return }
    }
    switchService(name, to: set.hash)
  }

  mutating func switchService(_ name: String, to hash: String) {
    guard let service = scene.services[name], !hash.isEmpty else { return }
    let before = serviceSelector(name)
    let isManaged = isManaged(service)
    if before == hash, isManaged { return }
    var patch: Mapping = ["spec": .mapping(["selector": .mapping([Rollout.hashLabel: .string(hash)])])]
    if !isManaged {
      patch["metadata"] = .mapping([
        "annotations": .mapping([RolloutAnnotation.managedBy: .string(rollout.name)])
      ])
    }
    plan.actions.append(.patchService(name, patch))
    plan.events.append(
      RolloutEvent("SwitchService", "Switched selector for service '\(name)' from '\(before)' to '\(hash)'"))
    var changed = service
    MergePatch.apply(.mapping(patch), into: &changed)
    scene.services[name] = changed
  }

  /// Whether it was this Rollout that switched it before.
  private func isManaged(_ service: Node) -> Bool {
    service["metadata"]?["annotations"]?[RolloutAnnotation.managedBy]?.string == rollout.name
  }

  /// Whether anything still points at a ReplicaSet.
  func isReferenced(_ set: RolloutReplicaSet) -> Bool {
    guard !set.hash.isEmpty else { return false }
    let names =
      [old.stableHash, old.currentHash, old.activeSelector, old.previewSelector]
      + [old.weights?.canary.hash, old.weights?.stable.hash].compactMap(\.self)
    return names.contains(set.hash) || rollout.services.contains { serviceSelector($0.name) == set.hash }
  }

  // MARK: Delays

  /// Seconds that a version stays after it was replaced; 0 where it goes at once.
  private var scaleDownDelay: Double {
    if let blueGreen = rollout.blueGreen { return blueGreen.scaleDownDelay ?? 30 }
    guard let canary = rollout.canary, canary.isRouted else { return 0 }
    return canary.scaleDownDelay ?? 30
  }

  private var scaleDownDelayRevisionLimit: Int {
    rollout.blueGreen?.scaleDownDelayRevisionLimit ?? rollout.canary?.scaleDownDelayRevisionLimit ?? .max
  }

  /// Seconds that a version stays after an abort; nil for ever.
  private var abortScaleDownDelay: Double? {
    let seconds = rollout.blueGreen?.abortScaleDownDelay ?? rollout.canary?.abortScaleDownDelay
    return seconds == 0 ? nil : seconds ?? 30
  }

  var delaysScaleDownOnAbort: Bool {
    guard isAborted, stable != nil, abortScaleDownDelay != nil else { return false }
    guard let canary = rollout.canary else { return true }
    return canary.isRouted && (!canary.dynamicStableScale || canary.abortScaleDownDelay != nil)
  }

  private static func deadlinePatch(_ deadline: AnalysisTime?) -> Mapping {
    let value = deadline.map { Node.string($0.text) } ?? .null
    return ["metadata": .mapping(["annotations": .mapping([RolloutAnnotation.scaleDownDeadline: value])])]
  }

  /// A version that came back has no end any more.
  mutating func removeScaleDownDeadlines() {
    if new.hasScaleDownDeadline, !delaysScaleDownOnAbort {
      plan.actions.append(.patchReplicaSet(new.name, Self.deadlinePatch(nil)))
    }
    if let separateStable, separateStable.hasScaleDownDeadline {
      plan.actions.append(.patchReplicaSet(separateStable.name, Self.deadlinePatch(nil)))
    }
  }

  /// The replicas that an older version keeps (`rollout/replicaset.go`, scaleDownDelayHelper).
  /// - Parameter kept: how many of them keep some.
  mutating func delayedScaleDown(_ set: RolloutReplicaSet, _ kept: inout Int, keeping count: Int) -> Int {
    guard set.hasScaleDownDeadline else {
      guard kept < scaleDownDelayRevisionLimit, scaleDownDelay > 0 else { return 0 }
      kept += 1
      plan.actions.append(.patchReplicaSet(set.name, Self.deadlinePatch(now + scaleDownDelay)))
      plan.wake(at: now + scaleDownDelay)
      return set.spec
    }
    kept += 1
    guard kept <= scaleDownDelayRevisionLimit, let deadline = set.scaleDownDeadline, deadline > now else { return 0 }
    plan.wake(at: deadline)
    return count
  }

  /// The new version's replicas; after an abort they stay until their time is over.
  mutating func scaleNew(to count: Int) -> Bool {
    var count = count
    if delaysScaleDownOnAbort, let delay = abortScaleDownDelay {
      if new.hasScaleDownDeadline {
        guard let deadline = new.scaleDownDeadline, deadline <= now else {
          if let deadline = new.scaleDownDeadline { plan.wake(at: deadline) }
          scale(new, to: new.spec)
          return false
        }
        count = 0
      } else {
        scale(new, to: new.spec)
        // Before the stable version can take all of the traffic, no time is set.
        if stable.availableCount >= replicas {
          plan.actions.append(.patchReplicaSet(new.name, Self.deadlinePatch(now + delay)))
          plan.wake(at: now + delay)
        }
        return false
      }
    }
    let hasScaled = scale(new, to: count)
    if let workload = rollout.workload, workload.scaleDown == .progressively, new.revision == 1 {
      if old.phase == .healthy {
        scaleWorkload(workload, to: 0)
      } else if old.readyReplicas > 0 || new.spec > count {
        scaleWorkload(workload, to: max(0, replicas - old.readyReplicas))
      }
    }
    return hasScaled
  }

  /// Takes replicas from the workload that the Rollout takes over from.
  mutating func scaleWorkload(_ workload: WorkloadReference, to count: Int) {
    guard workload.kind != "PodTemplate", let now = scene.workload?["spec"]?["replicas"].count, now != count else {
      return
    }
    plan.actions.append(.scaleWorkload(workload, count))
  }
}
