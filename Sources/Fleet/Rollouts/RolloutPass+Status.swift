import Manifest

/// The parts of the status that both strategies share (`rollout/sync.go`).
extension RolloutPass {
  var selectorText: String {
    guard let selector = rollout.selector, let parsed = try? LabelSelector(selector, file: "selector") else {
      return ""
    }
    return parsed.description
  }

  mutating func fillBase() {
    next.currentHash = new.hash
    next.replicas = all.actualCount
    next.updatedReplicas = new.replicas
    next.readyReplicas = all.readyCount
    next.collisionCount = old.collisionCount
    next.conditions = old.conditions
    next.conditions.remove(.invalidSpec)
    next.promotesFull = new.hash != old.stableHash && old.promotesFull
  }

  /// As at the beginning of an update.
  mutating func resetStatus() {
    pause.clears = true
    pause.removesAbort = true
    next.restartedAt = rollout.restartAt
    next.promotesFull = false
    next.prePromotionRun = nil
    next.postPromotionRun = nil
    next.hasPassedPreview = false
    next.stepRun = nil
    next.backgroundRun = nil
    next.stepIndex = rollout.canary?.steps.isEmpty == false ? 0 : nil
  }

  // MARK: Promotion

  /// Why the new version is to be the stable one; nil in the middle of an update.
  var reasonToPromote: String? {
    guard let stable else { return "Initial deploy" }
    if let canary = rollout.canary { return reasonToPromote(canary, stable) }
    return rollout.blueGreen.flatMap(reasonToPromote)
  }

  private func reasonToPromote(_ canary: CanaryStrategy, _ stable: RolloutReplicaSet) -> String? {
    if isAborted { return nil }
    if new.available < replicas {
      guard canary.progressThreshold?.isMet(available: new.available, of: replicas) == true else { return nil }
    }
    if old.promotesFull { return "Full promotion requested" }
    if isFastRollback { return isRollbackWithinWindow ? "Rollback within window" : "Fast rollback" }
    let count = canary.steps.count
    // An index beyond the end, after a step was taken out, is past all steps too.
    return count == 0 || (old.stepIndex ?? 0) >= count ? "Completed all \(count) canary steps" : nil
  }

  private func reasonToPromote(_ strategy: BlueGreenStrategy) -> String? {
    if next.activeSelector.isEmpty { return "Initial deploy" }
    guard next.activeSelector == next.currentHash else { return nil }
    if old.promotesFull { return "Full promotion requested" }
    if isFastRollback { return isRollbackWithinWindow ? "Rollback within window" : "Fast rollback" }
    if isAborted { return nil }
    if strategy.postPromotionAnalysis != nil, runs.postPromotion?.phase != AnalysisPhase.successful.rawValue {
      return nil
    }
    return "Completed blue-green update"
  }

  mutating func promote(_ reason: String) {
    pause.clears = true
    pause.removesAbort = true
    next.promotesFull = false
    next.hasPassedPreview = false
    if let canary = rollout.canary { next.stepIndex = canary.steps.isEmpty ? nil : canary.steps.count }
    if next.stableHash != next.currentHash {
      if next.duration != nil, next.duration?.completion.isEmpty == true {
        next.duration?.completion = old.promotesFull ? "FastPromoted" : "Promoted"
      }
      next.stableHash = next.currentHash
      plan.events.append(
        RolloutEvent(
          "RolloutCompleted",
          "Rollout completed update to revision \(rollout.revision) (\(next.currentHash)): \(reason)"
        ))
    }
    if let workload = rollout.workload, workload.scaleDown == .onsuccess, rollout.revision == 1, old.phase == .healthy {
      scaleWorkload(workload, to: 0)
    }
  }

  // MARK: Ways back

  var isRollback: Bool {
    guard let stable else { return false }
    return old.stableHash == new.hash || new.created < stable.created
  }

  var isFastRollback: Bool {
    guard isRollback else { return false }
    return isRollbackWithinWindow || (isNewWithinDelay && rollout.blueGreen != nil) || old.stableHash == new.hash
  }

  /// Whether fewer revisions than the window spans lie between the stable version and this older one.
  var isRollbackWithinWindow: Bool {
    guard let stable, new.created < stable.created, rollout.rollbackWindow > 0 else { return false }
    let between = all.filter {
      $0.created < stable.created && new.created < $0.created
        && $0.annotations["rollout.argoproj.io/experiment-name"]?.isEmpty ?? true
    }
    return between.count < rollout.rollbackWindow
  }

  // MARK: The end of a pass

  /// Brings pauses, conditions, phase and duration to what the pass came to, and writes the status.
  mutating func conclude() {
    next.observedGeneration = String(rollout.generation)
    next.workloadObservedGeneration = scene.workloadGeneration
    abortAtDeadline()
    settlePauses()
    settleConditions()
    (next.phase, next.message) = Self.phase(rollout, next)
    next.duration = duration(of: next)
    wakeForDeadline()
    writeStatus()
  }

  mutating func writeStatus() {
    if let patch = next.patch(from: rollout.object["status"]) { plan.actions.append(.patchStatus(patch)) }
    if old.pauses.isEmpty != next.pauses.isEmpty {
      if let first = next.pauses.first {
        plan.events.append(RolloutEvent("RolloutPaused", "Rollout is paused (\(first.reason.rawValue))"))
      } else if next.abortedAt == nil {
        plan.events.append(RolloutEvent("RolloutResumed", "Rollout is resumed"))
      }
    }
  }

  private mutating func settlePauses() {
    if pause.aborts || (!pause.removesAbort && old.isAborted) {
      next.isAborted = true
      next.abortedAt = old.abortedAt ?? now
      (next.pauses, next.isControllerPaused) = ([], false)
      return
    }
    // A look that scales only leaves all of this as it is.
    if isScaleOnly { return }
    next.isAborted = false
    next.abortedAt = nil
    (next.pauses, next.isControllerPaused) = ([], false)
    if pause.clears { return }
    next.pauses = old.pauses.filter { !pause.removed.contains($0.reason) }
    for reason in pause.added where old.pause(reason) == nil {
      next.pauses.append(.init(reason: reason, startTime: now))
    }
    // Without a condition left the pause is over, whoever ended it.
    next.isControllerPaused =
      !next.pauses.isEmpty && (old.isControllerPaused || pause.added.contains { old.pause($0) == nil })
  }
}
