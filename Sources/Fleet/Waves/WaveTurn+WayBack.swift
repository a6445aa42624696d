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
      switch scope {
      case .fleet: rollout.targets[index].goesBack = true
      case .wave: rollout.targets[index].goesBack = rollout.targets[index].wave == current
      case .failed: rollout.targets[index].goesBack = rollout.targets[index].phase == .failed
      }
    }
    leaveGates()
  }

  /// Takes targets back, the last wave first.
  mutating func goBack() {
    for index in rollout.targets.indices where rollout.targets[index].phase == .rollingBack { observeBack(index) }
    let open = rollout.targets.indices.filter { isWaitingToGoBack(rollout.targets[$0]) }
    let moving = rollout.targets.indices.filter { rollout.targets[$0].phase == .rollingBack }
    guard let wave = (open + moving).map({ rollout.targets[$0].wave }).max() else { return finishWayBack() }
    let total = rollout.targets.count { $0.goesBack }
    var free = strategy.wayBack.maxUpdate?.limit(of: total) ?? strategy.maxParallelClusters ?? Self.mostAtOnce
    free = max(free, 1) - moving.count
    for index in open where rollout.targets[index].wave == wave {
      guard free > 0 else { return }
      if begin(back: index) { free -= 1 }
    }
    // All of this wave had nothing to go back to.
    if rollout.targets.allSatisfy({ !isWaitingToGoBack($0) && $0.phase != .rollingBack }) { finishWayBack() }
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
    guard let seen = scene.targets[target.application] else { return rollout.targets[index].phase = .gone }
    guard seen.isReachable else {
      // What it is to be is written down: its hub brings it back when it returns.
      act(.restore(index))
      rollout.targets[index].phase = .away
      rollout.targets[index].goesBack = false
      rollout.targets[index].reason = .unreachable
      rollout.targets[index].message = "its cluster does not answer; it goes back when it returns"
      return
    }
    guard let operation = seen.operation, operation.request == rollout.backID(of: target) else {
      act(.restore(index))
      return expireBack(index, seen)
    }
    switch operation.phase {
    case .running, .terminating: expireBack(index, seen)
    case .superseded: act(.restore(index))
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
    if strategy.wayBack.mode == .gitRevert, rollout.count([.rolledBack]) > 0 || rollout.count([.away]) > 0 {
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
