import Manifest

/// The blueGreen strategy (`rollout/bluegreen.go`).
extension RolloutPass {
  mutating func runBlueGreen() {
    switchPreview()
    if hasTemplateChanged { return finishBlueGreen() }
    _ = restart()
    scaleBlueGreen()
    reconcileSwitchPause()
    switchActive()
    analyse()
    syncMetadata()
    finishBlueGreen()
  }

  private var strategy: BlueGreenStrategy? { rollout.blueGreen }

  private mutating func switchPreview() {
    guard let preview = strategy?.previewService, !isHalted else { return }
    switchService(preview, to: new.hash)
  }

  // MARK: Replicas

  /// The replicas of the new version (`utils/replicaset`, NewRSNewReplicas).
  private var newReplicas: Int {
    guard let count = strategy?.previewReplicaCount else { return replicas }
    let active = all.first { $0.hash == old.activeSelector }
    if active == nil || active?.name == new.name || old.promotesFull { return replicas }
    if new.hash != old.currentHash { return count }
    let goesOn = !rollout.isPaused && old.pauses.isEmpty
    return goesOn && old.hasPassedPreview ? replicas : count
  }

  mutating func scaleBlueGreen() {
    removeScaleDownDeadlines()
    if let separateStable { scale(separateStable, to: replicas) }
    if stable?.name == new.name { scale(new, to: replicas) } else { _ = scaleNew(to: newReplicas) }
    drainOldOfBlueGreen()
    deleteOldRevisions()
  }

  private mutating func drainOldOfBlueGreen() {
    if old.pause(.inconclusive) != nil { return }
    if let strategy, strategy.postPromotionAnalysis != nil, strategy.scaleDownDelay == nil,
      !skipsAnalysisAfterSwitch, runs.postPromotion?.phase != AnalysisPhase.successful.rawValue
    {
      return
    }
    var kept = 0
    for set in others.filter(\.isActive).newestRevisionFirst where !isReferenced(set) {
      let count = delayedScaleDown(set, &kept, keeping: replicas)
      if count != set.spec { scale(set, to: count) }
    }
  }

  // MARK: The switch

  private var isReadyForPause: Bool { new.spec == newReplicas && new.available == newReplicas }

  private var isFastTracked: Bool {
    let active = serviceSelector(strategy?.activeService)
    return isFastRollback || old.promotesFull || active.isEmpty || active == new.hash
  }

  private var hasCompletedAnalysisBeforeSwitch: Bool {
    strategy?.prePromotionAnalysis == nil || runs.prePromotion?.phase == AnalysisPhase.successful.rawValue
  }

  private mutating func reconcileSwitchPause() {
    guard let strategy, !old.isAborted, isReadyForPause, !isHalted else { return }
    guard !isFastTracked, !old.hasPassedPreview, strategy.pausesBeforeSwitch else {
      pause.removed.insert(.blueGreen)
      return
    }
    guard hasCompletedAnalysisBeforeSwitch else { return }
    guard let condition = old.pause(.blueGreen) else {
      if !old.isControllerPaused {
        pause.added.append(.blueGreen)
        if strategy.autoPromotionEnabled { plan.wake(at: now + strategy.autoPromotionSeconds) }
      }
      return
    }
    if hasCompletedSwitchPause {
      pause.removed.insert(.blueGreen)
    } else if strategy.autoPromotionEnabled {
      plan.wake(at: condition.startTime + strategy.autoPromotionSeconds)
    }
  }

  /// Whether a person or the time has ended the pause.
  private var hasCompletedSwitchPause: Bool {
    guard let strategy, pause.added.isEmpty else { return false }
    if old.hasPassedPreview { return true }
    let condition = old.pause(.blueGreen)
    guard strategy.autoPromotionEnabled else { return old.isControllerPaused && condition == nil }
    if strategy.autoPromotionSeconds == 0 { return true }
    // Resumed by a person before the time.
    guard let condition else { return old.isControllerPaused }
    return now > condition.startTime + strategy.autoPromotionSeconds
  }

  private mutating func switchActive() {
    guard let active = strategy?.activeService, !isHalted else { return }
    // The way back waits for nothing.
    if old.isAborted { return switchService(active, to: old.stableHash) }
    guard isReadyForPause, new.isSaturated(replicas),
      isFastTracked || (hasCompletedSwitchPause && hasCompletedAnalysisBeforeSwitch)
    else { return }
    switchService(active, to: new.hash)
  }

  // MARK: The status

  private mutating func finishBlueGreen() {
    fillBase()
    next.stableHash = old.stableHash
    if hasTemplateChanged { resetStatus() }
    if old.promotesFull || isRollbackWithinWindow {
      pause.clears = true
      pause.removesAbort = true
    }
    next.previewSelector = serviceSelector(strategy?.previewService)
    next.activeSelector = serviceSelector(strategy?.activeService)
    if let reason = reasonToPromote {
      promote(reason)
    } else {
      next.hasPassedPreview = !hasTemplateChanged && passesPreview
    }
    let active = all.first { !next.activeSelector.isEmpty && $0.hash == next.activeSelector }
    next.scaledReplicas = active?.replicas ?? all.actualCount
    next.availableReplicas = active?.available ?? all.availableCount
    if let active { next.readyReplicas = active.ready }
    next.selector =
      active?.selector.flatMap { try? LabelSelector($0, file: "selector") }?.description ?? selectorText
    conclude()
  }

  private var passesPreview: Bool {
    guard let count = strategy?.previewReplicaCount else { return false }
    if old.hasPassedPreview { return true }
    return hasCompletedAnalysisBeforeSwitch && hasCompletedSwitchPause && new.available == count
  }
}
