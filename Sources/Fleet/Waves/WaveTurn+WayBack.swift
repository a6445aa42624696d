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
    stopWave(reason)
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
    case .away: return target.goesBackLater != true
    case .queued, .admitted, .syncing, .verifying, .done, .failed: return true
    }
  }

  /// Seconds that its way back may take.
  private func timeBack(of index: Int) -> Double {
    strategy.steps[rollout.waves[rollout.targets[index].wave].step].timeout ?? Self.patience.back
  }

  /// - Returns: whether something is under way now.
  private mutating func begin(back index: Int) -> Bool {
    let isNew = rollout.targets[index].from == nil
    let target = rollout.targets[index]
    if target.phase == .away, !isNew, scene.targets[target.application]?.isReachable == false {
      leaveForLater(index)
      return false
    }
    let timeout = timeBack(of: index)
    rollout.targets[index].phase = isNew ? .rolledBack : .rollingBack
    // Why it failed stays to be told.
    if target.phase != .failed {
      rollout.targets[index].reason = .none
      rollout.targets[index].message = ""
    }
    if isNew { rollout.targets[index].add("it is new, and has nothing to go back to: it stays as it is") }
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
    let isOurs = seen.operation?.request == rollout.backID(of: target)
    guard let operation = seen.operation, isOurs || isLaterBack(operation, target) else {
      act(.restore(index))
      return expireBack(index, seen)
    }
    switch operation.phase {
    case .running, .terminating: expireBack(index, seen)
    case .failed where isOurs: settleBack(index, .rollbackFailed, operation.message)
    case .superseded, .failed:
      askAgain(back: index)
      expireBack(index, seen)
    case .succeeded:
      if seen.version == target.from, seen.sync == .synced, seen.health.health == .healthy,
        let finishedAt = operation.finishedAt, seen.observedAt >= finishedAt
      {
        settleBack(index, .rolledBack, "")
      } else {
        if !isOurs, seen.sync != .synced, operation.finishedAt.map({ seen.observedAt >= $0 }) ?? false {
          // What a person's sync brought about is not what is wanted: ours may have made way for it.
          askAgain(back: index)
        }
        expireBack(index, seen)
      }
    }
  }

  /// A person's sync took its place: it is asked for once more, by another name.
  private mutating func askAgain(back index: Int) {
    rollout.targets[index].attempt += 1
    rollout.targets[index].admittedAt = now
    act(.restore(index))
  }

  /// A person's sync after the way back began, at the version that is wanted again, is as good.
  private func isLaterBack(_ operation: WaveScene.Operation, _ target: RolloutTarget) -> Bool {
    operation.startedAt > target.admittedAt ?? .infinity
  }

  /// What it is to be is written down: the hub brings it back when it returns.
  private mutating func observeSilenceBack(_ index: Int, _ seen: WaveScene.Target) {
    let since = rollout.targets[index].troubledSince ?? now
    rollout.targets[index].troubledSince = since
    act(.restore(index))
    guard now >= since + Self.patience.away else { return wake(at: since + Self.patience.away) }
    leaveForLater(index)
  }

  private mutating func leaveForLater(_ index: Int) {
    rollout.targets[index].phase = .away
    rollout.targets[index].goesBackLater = true
    rollout.targets[index].reason = .unreachable
    rollout.targets[index].add("its cluster does not answer; it goes back when it returns")
    act(.restore(index))
  }

  private mutating func expireBack(_ index: Int, _ seen: WaveScene.Target) {
    rollout.targets[index].deadline = restart(
      deadline: rollout.targets[index].deadline, seen, after: timeBack(of: index))
    guard let deadline = rollout.targets[index].deadline else { return }
    if now < deadline { return wake(at: deadline) }
    settleBack(
      index, .rollbackFailed, "not well in time: \(seen.health.health.rawValue) \(seen.health.message)")
  }

  private mutating func settleBack(_ index: Int, _ phase: RolloutTarget.Phase, _ message: String) {
    rollout.targets[index].phase = phase
    if !message.isEmpty { rollout.targets[index].message = message }
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

extension RolloutTarget {
  /// Tells something more, behind what is told already.
  fileprivate mutating func add(_ words: String) {
    guard !message.hasSuffix(words) else { return }
    message += (message.isEmpty ? "" : "; ") + words
  }
}
