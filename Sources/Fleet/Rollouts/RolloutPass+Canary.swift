import Manifest

/// The canary strategy (`rollout/canary.go`).
extension RolloutPass {
  mutating func runCanary() {
    if restart() > 0 {
      // What is available is no longer known: nothing else may be taken away in this pass.
      return
    }
    syncMetadata()
    deleteOldRevisions()
    switchCanaryServices()
    routeTraffic()
    analyse()
    if !pause.added.isEmpty { return finishCanary() }
    if scaleCanary() { return finishCanary() }
    beginPauseStep()
    finishCanary()
  }

  // MARK: Steps

  /// The step that the status names, and its number; nil where there are no steps.
  var currentStep: (step: CanaryStep?, index: Int)? {
    guard let steps = rollout.canary?.steps, !steps.isEmpty else { return nil }
    let index = old.stepIndex ?? 0
    return (index < steps.count ? steps[index] : nil, index)
  }

  /// The weight of the last `setWeight` at or before the step (`utils/replicaset`, GetCurrentSetWeight).
  var currentSetWeight: Int {
    if old.isAborted { return 0 }
    guard let canary = rollout.canary, let current = currentStep, current.step != nil else { return maxWeight }
    for step in canary.steps[...current.index].reversed() {
      if case .setWeight(let weight) = step { return weight }
    }
    return 0
  }

  var maxWeight: Int {
    guard let canary = rollout.canary, canary.isRouted else { return 100 }
    return canary.maxTrafficWeight
  }

  private mutating func beginPauseStep() {
    guard !rollout.isPaused, !old.promotesFull, case .pause(let seconds)? = currentStep?.step else { return }
    guard let condition = old.pause(.canaryStep) else {
      // One that was paused already, and has no condition any more, was resumed.
      if !old.isControllerPaused {
        pause.added.append(.canaryStep)
        if let seconds { plan.wake(at: now + seconds) }
      }
      return
    }
    if let seconds { plan.wake(at: condition.startTime + seconds) }
  }

  private var hasCompletedStep: Bool {
    guard !rollout.isPaused, let step = currentStep?.step else { return false }
    switch step {
    case .pause(let seconds): return hasCompletedPause(seconds)
    case .setWeight, .setCanaryScale: return isAtDesiredReplicas(next.weights)
    case .analysis(let analysis):
      // One without templates has nothing to wait for.
      return analysis.templates.isEmpty || runs.step?.phase == AnalysisPhase.successful.rawValue
    case .unsupported: return false
    }
  }

  private func hasCompletedPause(_ seconds: Double?) -> Bool {
    guard let condition = old.pause(.canaryStep) else { return old.isControllerPaused }
    return seconds.map { now > condition.startTime + $0 } ?? false
  }

  // MARK: Replicas

  /// Whether all replicas belong to the new version, whatever the steps say.
  private var isWhole: Bool { old.promotesFull || old.stableHash.isEmpty || old.isFullyPromoted }

  private var basicPass: BasicCanaryPass {
    BasicCanaryPass(
      replicas: replicas, weight: isWhole ? 100 : currentSetWeight, fenceposts: rollout.fenceposts, canary: new.count,
      stable: separateStable?.count, olderSpec: others.specCount)
  }

  /// What this pass may ask for.
  private func canaryReplicas(_ weights: RolloutStatus.Weights?) -> CanaryReplicas {
    rollout.canary?.isRouted == true ? routedReplicas(weights) : basicPass.next
  }

  /// What the replicas should come to. Argo Rollouts looks at what one pass may ask for, and so takes a step for done
  /// whose replicas wait for a missing Pod of the stable version.
  private func canaryTarget(_ weights: RolloutStatus.Weights?) -> CanaryReplicas {
    rollout.canary?.isRouted == true ? routedReplicas(weights) : basicPass.target
  }

  private func routedReplicas(_ weights: RolloutStatus.Weights?) -> CanaryReplicas {
    guard let canary = rollout.canary else { return CanaryReplicas(canary: replicas, stable: 0) }
    var routed = RoutedReplicas(replicas: replicas, weight: isWhole ? maxWeight : desiredCanaryWeight)
    routed.maxWeight = maxWeight
    routed.dynamicStableScale = canary.dynamicStableScale
    routed.minPodsPerReplicaSet = canary.minPodsPerReplicaSet
    routed.isAborted = old.isAborted
    routed.actual = weights.map { .init(canary: $0.canary.weight, stable: $0.stable.weight) }
    if !isWhole, case .setCanaryScale(let count, let weight, _)? = scaleStep {
      if let count { routed.canaryScale = count } else if let weight { routed.weight = weight }
    }
    return routed.target
  }

  /// The `setCanaryScale` that counts now.
  private var scaleStep: CanaryStep? {
    guard let canary = rollout.canary, let current = currentStep, current.step != nil else { return nil }
    if old.isAborted, canary.abortScaleDownDelay != 0 { return nil }
    for step in canary.steps[...current.index].reversed() {
      if case .setCanaryScale(_, _, let matchesTraffic) = step { return matchesTraffic ? nil : step }
    }
    return nil
  }

  /// Whether a step's replicas are there (`utils/replicaset`, AtDesiredReplicaCountsForCanary).
  func isAtDesiredReplicas(_ weights: RolloutStatus.Weights?) -> Bool {
    guard let canary = rollout.canary else { return false }
    let wanted = canaryTarget(weights)
    if let met = canary.progressThreshold?.isMet(available: new.available, of: wanted.canary) {
      if !met { return false }
    } else if new.spec != wanted.canary || new.available != wanted.canary {
      return false
    }
    if !canary.isRouted || !canary.dynamicStableScale {
      guard let stable, stable.spec == wanted.stable, stable.replicas == wanted.stable else { return false }
    }
    return canary.isRouted || others.availableCount == 0
  }

  /// One ReplicaSet a pass: the stable one, then the new one, then those in between.
  @discardableResult
  mutating func scaleCanary() -> Bool {
    guard !isHalted else { return false }
    removeScaleDownDeadlines()
    // The weights as they stood before this pass: what is taken away follows the traffic, not the other way round.
    if let separateStable, scale(separateStable, to: canaryReplicas(old.weights).stable) { return true }
    if scaleNew(to: canaryReplicas(next.weights).canary) { return true }
    return drainOthers()
  }

  private mutating func drainOthers() -> Bool {
    let active = others.filter(\.isActive)
    guard !active.isEmpty else { return false }
    var hasScaled = false
    var specs: [String: Int] = [:]
    // What is not healthy may go at once: it serves nobody.
    for set in active.byAge where set.spec > set.available {
      specs[set.name] = set.available
      if scale(set, to: set.available) { hasScaled = true }
    }
    let leastAvailable = replicas - rollout.fenceposts.maxUnavailable
    // Pods that are on their way out already do not count, though they still are available.
    var spare = all.reduce(0) { $0 + min($1.spec, $1.available) } - leastAvailable
    var kept = 0
    for set in active.newestRevisionFirst {
      if rollout.canary?.isRouted == true, isReferenced(set) { continue }
      let spec = specs[set.name] ?? set.spec
      guard spare > 0, spec > 0 else { continue }
      let wanted = rollout.canary?.isRouted == true ? drainedRouted(set, &kept) : max(0, spec - spare)
      guard wanted < spec else { continue }
      if scale(set, to: wanted) { hasScaled = true }
      spare -= spec - wanted
    }
    return hasScaled
  }

  private mutating func drainedRouted(_ set: RolloutReplicaSet, _ kept: inout Int) -> Int {
    guard old.isFullyPromoted || set.hasScaleDownDeadline else { return 0 }
    if rollout.canary?.dynamicStableScale == true { return 0 }
    return delayedScaleDown(set, &kept, keeping: set.spec)
  }

  // MARK: The status

  /// Writes the status, and takes the next step where this one is done (`rollout/canary.go`, syncRolloutStatusCanary).
  mutating func finishCanary() {
    fillBase()
    next.availableReplicas = all.availableCount
    next.scaledReplicas = all.actualCount
    next.selector = selectorText
    next.stableHash = old.stableHash
    next.stepHash = stepHash
    let count = rollout.canary?.steps.count ?? 0
    if hasTemplateOrStepsChanged { return reset(steps: count) }
    var index = currentStep?.index
    if old.promotesFull || isRollbackWithinWindow {
      pause.clears = true
      pause.removesAbort = true
      if count > 0 { index = count }
    }
    if let reason = reasonToPromote {
      promote(reason)
      return conclude()
    }
    if isAborted {
      if count > 0 { next.stepIndex = next.stableHash == next.currentHash ? count : 0 }
      return conclude()
    }
    if hasCompletedStep, let current = currentStep, let step = current.step, index == current.index {
      index = current.index + 1
      next.stepRun = nil
      plan.events.append(
        RolloutEvent("RolloutStepCompleted", "Rollout step \(current.index + 1)/\(count) completed (\(step.text))"))
      pause.removed.insert(.canaryStep)
    }
    next.stepIndex = index
    conclude()
  }

  private mutating func reset(steps count: Int) {
    resetStatus()
    if count > 0 {
      if !old.stableHash.isEmpty, old.stableHash == new.hash {
        plan.events.append(RolloutEvent("SkipSteps", "Rollback to stable ReplicaSets"))
        next.stepIndex = count
      } else if isRollbackWithinWindow, new.isActive {
        plan.events.append(RolloutEvent("SkipSteps", "Rollback to active ReplicaSets within RollbackWindow"))
        next.stepIndex = count
      }
    }
    conclude()
  }
}
