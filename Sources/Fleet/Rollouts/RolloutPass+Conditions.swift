import Manifest

/// Conditions, phase, deadline and duration (`rollout/sync.go`, `utils/conditions`, `utils/rollout`).
extension RolloutPass {
  private typealias Reason = RolloutConditions.Reason

  /// Conditions that follow from a pause, a resumption or a retry that somebody asked for; nil when they stand already.
  ///
  /// They come first, in a look of their own, so that a resumed Rollout is not found late by the deadline.
  func conditionsOfPause() -> RolloutStatus? {
    guard old.observedGeneration == String(rollout.generation) else { return nil }
    let progressing = old.conditions[.progressing]
    let isPaused = !old.pauses.isEmpty || rollout.isPaused
    let wasAborted = progressing?.reason == Reason.aborted
    let isCompleted = !old.stableHash.isEmpty && old.isFullyPromoted
    var status = old
    if isPaused != (progressing?.reason == Reason.paused), !wasAborted, !isCompleted {
      status.conditions.set(
        isPaused
          ? .init(.progressing, .unknown, Reason.paused, "Rollout is paused", at: now)
          : .init(.progressing, .unknown, Reason.resumed, "Rollout is resumed", at: now))
    }
    if !old.isAborted, wasAborted {
      status.conditions.set(.init(.progressing, .unknown, Reason.retry, "Retrying Rollout after abort", at: now))
    }
    let showsPause = old.conditions[.paused]?.state == .isTrue
    if isPaused != showsPause, !wasAborted {
      status.conditions.set(
        .init(.paused, isPaused ? .isTrue : .isFalse, Reason.paused, "Rollout is paused", at: now))
    }
    guard status != old else { return nil }
    (status.phase, status.message) = Self.phase(rollout, status)
    status.duration = duration(of: status)
    return status
  }

  // MARK: At the end of a pass

  mutating func settleConditions() {
    let isPaused = !next.pauses.isEmpty || rollout.isPaused
    var becameUnhealthy = false
    if !isPaused, isHealthy {
      next.conditions.set(.init(.healthy, .isTrue, Reason.healthy, "Rollout is healthy", at: now))
    } else if old.conditions[.healthy] != nil {
      becameUnhealthy = next.conditions.set(
        .init(.healthy, .isFalse, Reason.healthy, "Rollout is not healthy", at: now))
    }
    if isAborted {
      settleAbortion()
    } else if isHealthy {
      next.conditions.set(
        .init(
          .progressing, .isTrue, Reason.newAvailable, "ReplicaSet \"\(new.name)\" has successfully progressed.", at: now
        ))
    } else if isProgressing || becameUnhealthy {
      settleProgress(becameUnhealthy: becameUnhealthy)
    } else if !isIndefinite, !isWaitingForScaleDown, isTimedOut(next.conditions) {
      next.conditions.set(
        .init(
          .progressing, .isFalse, Reason.timedOut, "ReplicaSet \"\(new.name)\" has timed out progressing.", at: now))
    }
    settleAvailability()
    settleFailures()
    settleCompletion()
  }

  private mutating func settleAbortion() {
    var message = "Rollout aborted update to revision \(rollout.revision)"
    if !pause.abortMessage.isEmpty { message += ": " + pause.abortMessage }
    if next.conditions.set(.init(.progressing, .isFalse, Reason.aborted, message, at: now)) {
      plan.events.append(RolloutEvent(Reason.aborted, message, isWarning: true))
    }
  }

  /// Progress moves the time of the last update, which a condition with the same reason otherwise keeps.
  private mutating func settleProgress(becameUnhealthy: Bool) {
    let isLoss = next.stableHash == next.currentHash && becameUnhealthy
    var condition = RolloutConditions.Condition(
      .progressing, .isTrue, isLoss ? Reason.notAvailable : Reason.updated,
      isLoss ? "Rollout does not have minimum availability" : "ReplicaSet \"\(new.name)\" is progressing.", at: now)
    if let known = old.conditions[.progressing], known.state == .isTrue {
      condition.lastTransition = known.lastTransition
    }
    next.conditions.remove(.progressing)
    next.conditions.set(condition)
  }

  private mutating func settleAvailability() {
    let isAvailable: Bool
    if rollout.canary != nil {
      isAvailable = all.availableCount >= replicas
    } else {
      isAvailable = all.first { $0.hash == next.activeSelector }?.isSaturated(replicas) ?? false
    }
    next.conditions.set(
      .init(
        .available, isAvailable ? .isTrue : .isFalse, Reason.available,
        isAvailable ? "Rollout has minimum availability" : "Rollout does not have minimum availability", at: now))
  }

  private mutating func settleFailures() {
    if let failure = new.failure ?? all.lazy.compactMap(\.failure).first {
      next.conditions.set(failure)
    } else {
      next.conditions.remove(.replicaFailure)
    }
  }

  private mutating func settleCompletion() {
    let isCompleted = !next.stableHash.isEmpty && next.stableHash == next.currentHash
    let isNews = next.conditions.set(
      .init(.completed, isCompleted ? .isTrue : .isFalse, Reason.completed, Reason.completed, at: now))
    if isNews, !isCompleted {
      plan.events.append(
        RolloutEvent(
          "RolloutNotCompleted",
          "Rollout not completed, started update to revision \(rollout.revision) (\(next.currentHash))"))
    }
  }

  /// Everything is updated, available and takes the traffic, and nothing old runs.
  private var isHealthy: Bool {
    guard next.updatedReplicas == replicas, next.availableReplicas == replicas,
      old.observedGeneration == String(rollout.generation)
    else { return false }
    if let blueGreen = rollout.blueGreen {
      return next.activeSelector == next.currentHash
        && (blueGreen.previewService == nil || next.previewSelector == next.currentHash)
    }
    let count = rollout.canary?.steps.count ?? 0
    let isThrough = count == 0 || next.stepIndex.map { $0 == count } ?? true
    return isThrough && !next.stableHash.isEmpty && next.stableHash == next.currentHash && next.replicas == replicas
  }

  private var isProgressing: Bool {
    if rollout.blueGreen != nil,
      old.activeSelector != next.activeSelector || old.previewSelector != next.previewSelector
    {
      return true
    }
    if rollout.canary != nil {
      if next.stableHash != old.stableHash || hasStepsChanged { return true }
      if let now = next.stepIndex, let before = old.stepIndex, now != before { return true }
    }
    return next.updatedReplicas != old.updatedReplicas
      || next.replicas - next.updatedReplicas < old.replicas - old.updatedReplicas
      || next.readyReplicas > old.readyReplicas || next.availableReplicas > old.availableReplicas
  }

  // MARK: The deadline

  private var isIndefinite: Bool {
    currentStep?.step?.isIndefinite == true || old.conditions[.paused]?.state == .isTrue
  }

  private var isWaitingForScaleDown: Bool { others.contains(where: \.hasScaleDownDeadline) }

  private func isTimedOut(_ conditions: RolloutConditions) -> Bool {
    guard let condition = conditions[.progressing], ![Reason.aborted, Reason.paused].contains(condition.reason) else {
      return false
    }
    return condition.reason == Reason.timedOut || condition.lastUpdate + rollout.progressDeadline < now
  }

  /// Takes an update that makes no progress back, where it is to be (`spec.progressDeadlineAbort`).
  mutating func abortAtDeadline() {
    guard rollout.abortsAtDeadline, !isAborted, next.stableHash.isEmpty || next.stableHash != next.currentHash,
      !isProgressing, !isIndefinite, !isWaitingForScaleDown, isTimedOut(old.conditions)
    else { return }
    pause.abort("ReplicaSet \"\(new.name)\" has timed out progressing.")
  }

  mutating func wakeForDeadline() {
    guard let condition = next.conditions[.progressing], !isHealthy, condition.reason != Reason.timedOut,
      !rollout.isPaused, next.pauses.isEmpty, !next.isAborted, !isIndefinite
    else { return }
    let due = condition.lastUpdate + rollout.progressDeadline
    // One that is past already waits for something else than time.
    if due > now { plan.wake(at: due + 1) }
  }

  // MARK: The phase

  /// The first that fits (`utils/rollout`, CalculateRolloutPhase).
  static func phase(_ rollout: Rollout, _ status: RolloutStatus) -> (RolloutStatus.Phase?, String) {
    for condition in status.conditions.all {
      if condition.type == RolloutConditions.Kind.invalidSpec.rawValue {
        return (.degraded, "\(condition.type): \(condition.message)")
      }
      if [Reason.aborted, Reason.timedOut].contains(condition.reason) {
        return (.degraded, "\(condition.reason): \(condition.message)")
      }
    }
    if rollout.isPaused { return (.paused, "manually paused") }
    if let first = status.pauses.first { return (.paused, first.reason.rawValue) }
    if let restartAt = rollout.restartAt, status.restartedAt?.text != restartAt.text {
      return (.progressing, "rollout is restarting")
    }
    if status.updatedReplicas < rollout.replicas { return (.progressing, "more replicas need to be updated") }
    if status.availableReplicas < status.updatedReplicas {
      return (.progressing, "updated replicas are still becoming available")
    }
    return phaseOfStrategy(rollout, status)
  }

  private static func phaseOfStrategy(
    _ rollout: Rollout, _ status: RolloutStatus
  ) -> (RolloutStatus.Phase?, String) {
    let isPromoted = !status.stableHash.isEmpty && status.isFullyPromoted
    if let blueGreen = rollout.blueGreen {
      if status.activeSelector.isEmpty || status.activeSelector != status.currentHash {
        return (.progressing, "active service cutover pending")
      }
      guard !isPromoted else { return (.healthy, "") }
      let isAnalysed = status.postPromotionRun.flatMap { AnalysisPhase(rawValue: $0.phase) }?.isCompleted ?? false
      return blueGreen.postPromotionAnalysis != nil && !isAnalysed
        ? (.progressing, "waiting for analysis to complete")
        : (.progressing, "waiting for post-promotion verification to complete")
    }
    if rollout.canary?.isRouted == false, status.replicas > status.updatedReplicas {
      return (.progressing, "old replicas are pending termination")
    }
    return isPromoted ? (.healthy, "") : (.progressing, "waiting for all steps to complete")
  }

  // MARK: The duration

  /// How long the attempt takes (`rollout/sync.go`, calculateStatusDuration).
  func duration(of status: RolloutStatus) -> RolloutDuration? {
    guard status.conditions[.invalidSpec] == nil else { return status.duration }
    var duration = status.duration
    let hasChanged =
      old.currentHash.isEmpty || (rollout.canary != nil ? hasTemplateOrStepsChanged : hasTemplateChanged)
    let isCompleted = status.stableHash == status.currentHash && new.available >= replicas
    let isRetry = !isAborted && old.conditions[.progressing]?.reason == Reason.aborted
    if let before = old.duration, before.startedAt != nil, !before.isCompleted {
      if hasChanged {
        if isRollback {
          duration?.completion = isFastRollback ? "FastRolledBack" : "RolledBack"
        } else {
          duration?.complete("Superseded", at: now)
        }
      }
      if isCompleted, duration?.isCompleted == false {
        duration?.complete(orElse: "Promoted", at: now)
        return duration
      }
      if isAborted, duration?.isCompleted == false {
        duration?.complete(orElse: "Aborted", at: now)
      }
    }
    let isOver = duration.map { $0.isCompleted && !isCompleted } ?? true
    if isOver, (hasChanged && !isCompleted) || isRetry { duration = RolloutDuration(startedAt: now) }
    guard var open = duration, !open.isCompleted else { return duration }
    countManualPause(&open, status)
    return open
  }

  private func countManualPause(_ duration: inout RolloutDuration, _ status: RolloutStatus) {
    let isManual = rollout.isPaused || status.pauses.contains { rollout.needsPerson($0.reason, at: currentStep?.step) }
    if let started = duration.manualPauseStartedAt, !isManual {
      duration.manualPauseSeconds =
        (duration.manualPauseSeconds ?? 0) + Int(max(0, min(now.seconds - started.seconds, 1e9)))
      duration.manualPauseStartedAt = nil
    } else if duration.manualPauseStartedAt == nil, isManual {
      duration.manualPauseStartedAt = now
    }
  }
}
