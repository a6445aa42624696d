// MARK: - The way back

extension WaveTurn {
  /// Begins to take back what was touched.
  mutating func beginWayBack(_ reason: FleetRollout.Reason, _ message: String) {
    let current = rollout.currentWave ?? rollout.waves.count - 1
    let scope = reason == .requested ? .fleet : strategy.wayBack.scope
    rollout.phase = .rollingBack
    rollout.reason = reason
    rollout.message = message
    rollout.finishedAt = nil
    rollout.failedAt = rollout.failedAt ?? now
    rollout.wishes.wantsRollback = false
    for index in rollout.targets.indices where rollout.targets[index].wasTouched {
      // What is in the middle of getting it is taken back, however little else is.
      let isInFlight = rollout.targets[index].phase.isInFlight
      switch scope {
      case .fleet: rollout.targets[index].goesBack = true
      case .wave: rollout.targets[index].goesBack = rollout.targets[index].wave == current || isInFlight
      case .failed: rollout.targets[index].goesBack = rollout.targets[index].phase == .failed || isInFlight
      }
    }
    leaveGates()
  }

  /// Takes targets back, the last wave first.
  mutating func goBack() {
    for index in rollout.targets.indices where rollout.targets[index].phase == .rollingBack { observeBack(index) }
    let total = rollout.targets.count { $0.goesBack }
    let limit = max(
      strategy.wayBack.maxUpdate?.limit(of: total) ?? strategy.maxParallelClusters ?? Self.mostAtOnce, 1)
    while true {
      let open = rollout.targets.indices.filter { isWaitingToGoBack(rollout.targets[$0]) }
      let moving = rollout.targets.indices.filter { rollout.targets[$0].phase == .rollingBack }
      guard let wave = (open + moving).map({ rollout.targets[$0].wave }).max() else { return finishWayBack() }
      var free = limit - moving.count
      for index in open where rollout.targets[index].wave == wave && free > 0 {
        if begin(back: index) { free -= 1 }
      }
      // A wave that had nothing to go back to makes way for the one before it.
      if rollout.targets.contains(where: { $0.phase == .rollingBack }) { return }
    }
  }

  /// Where nothing says how many.
  private static let mostAtOnce = 50

  private func isWaitingToGoBack(_ target: RolloutTarget) -> Bool {
    guard target.goesBack else { return false }
    switch target.phase {
    case .rollingBack, .rolledBack, .rollbackFailed, .gone: return false
    case .queued, .admitted, .syncing, .verifying, .done, .failed, .away: return true
    }
  }

  /// - Returns: whether something is under way now.
  private mutating func begin(back index: Int) -> Bool {
    let isNew = rollout.targets[index].from == nil
    let timeout = strategy.steps[rollout.waves[rollout.targets[index].wave].step].timeout ?? Self.patience.back
    rollout.targets[index].phase = isNew ? .rolledBack : .rollingBack
    rollout.targets[index].reason = .none
    rollout.targets[index].message = isNew ? "it is new, and has nothing to go back to: it stays as it is" : ""
    rollout.targets[index].admittedAt = now
    rollout.targets[index].deadline = now + timeout
    rollout.targets[index].troubledSince = nil
    rollout.targets[index].finishedAt = isNew ? now : nil
    guard !isNew else { return false }
    wake(at: now + timeout)
    act(.restore(index))
    return true
  }

  private mutating func observeBack(_ index: Int) {
    let target = rollout.targets[index]
    guard let seen = scene.targets[target.application] else {
      if scene.departed.contains(target.application) {
        rollout.targets[index].phase = .gone
      } else {
        act(.restore(index))
      }
      return
    }
    guard seen.isReachable else { return observeSilenceBack(index, seen) }
    rollout.targets[index].troubledSince = nil
    guard let operation = seen.operation, operation.request == rollout.backID(of: target) else {
      act(.restore(index))
      return expireBack(index, seen)
    }
    switch operation.phase {
    case .running, .terminating: expireBack(index, seen)
    case .superseded:
      rollout.targets[index].attempt += 1
      act(.restore(index))
      expireBack(index, seen)
    case .failed: settleBack(index, .rollbackFailed, operation.message)
    case .succeeded:
      if seen.version == target.from, seen.sync == .synced, seen.health.health == .healthy,
        let finishedAt = operation.finishedAt, seen.observedAt >= finishedAt
      {
        settleBack(index, .rolledBack, "")
      } else {
        expireBack(index, seen)
      }
    }
  }

  /// What it is to be is written down: the hub brings it back when it returns.
  private mutating func observeSilenceBack(_ index: Int, _ seen: WaveScene.Target) {
    let since = rollout.targets[index].troubledSince ?? now
    rollout.targets[index].troubledSince = since
    rollout.targets[index].message = seen.message.isEmpty ? "its cluster does not answer" : seen.message
    act(.restore(index))
    guard now >= since + Self.patience.away else { return wake(at: since + Self.patience.away) }
    rollout.targets[index].phase = .away
    rollout.targets[index].goesBack = false
    rollout.targets[index].reason = .unreachable
    rollout.targets[index].message = "its cluster does not answer; it goes back when it returns"
  }

  private mutating func expireBack(_ index: Int, _ seen: WaveScene.Target) {
    guard let deadline = rollout.targets[index].deadline else { return }
    if now < deadline { return wake(at: deadline) }
    settleBack(
      index, .rollbackFailed, "not well in time: \(seen.health.health.rawValue) \(seen.health.message)")
  }

  private mutating func settleBack(_ index: Int, _ phase: RolloutTarget.Phase, _ message: String) {
    rollout.targets[index].phase = phase
    rollout.targets[index].message = message
    rollout.targets[index].finishedAt = now
  }

  private mutating func finishWayBack() {
    rollout.restoredAt = rollout.restoredAt ?? now
    let cause = rollout.message
    if strategy.wayBack.mode == .gitRevert, rollout.targets.contains(where: { $0.wasTouched && $0.from != nil }) {
      switch rollout.revert?.phase {
      case nil:
        rollout.revert = .init()
        return act(.revert)
      case .wanted: return act(.revert)
      case .refused:
        rollout.phase = .paused
        rollout.reason = .revertConflict
        rollout.message = "the clusters are back, but Git is not: \(rollout.revert?.message ?? "")"
        return
      case .pushed: break
      }
    }
    conclude(rollout.count([.rollbackFailed]) > 0 ? .rollbackFailed : .rolledBack, cause)
  }
}
