// MARK: - How single clusters come on

extension WaveTurn {
  /// Takes in what became of targets.
  mutating func observeTargets() {
    for index in rollout.targets.indices {
      let target = rollout.targets[index]
      guard let seen = scene.targets[target.application] else {
        if scene.departed.contains(target.application), !target.phase.isSettled {
          rollout.targets[index].phase = .gone
        }
        continue
      }
      switch target.phase {
      case .admitted, .syncing, .verifying: observeForward(index, seen)
      case .done: observeDone(index, seen)
      case .failed: observeFailed(index, seen)
      case .away: observeAway(index, seen)
      case .queued, .rollingBack, .rolledBack, .rollbackFailed, .gone: break
      }
    }
  }

  private func step(of index: Int) -> WaveStrategy.Step? {
    let wave = rollout.targets[index].wave
    guard rollout.waves.indices.contains(wave), strategy.steps.indices.contains(rollout.waves[wave].step) else {
      return nil
    }
    return strategy.steps[rollout.waves[wave].step]
  }

  /// Whether this wave's clusters are still looked after, so that what happens to them counts.
  private func isCurrent(_ index: Int) -> Bool { rollout.currentWave == rollout.targets[index].wave }

  private mutating func observeForward(_ index: Int, _ seen: WaveScene.Target) {
    let target = rollout.targets[index]
    guard seen.isReachable else { return observeSilence(index, seen) }
    if target.reason == .unreachable {
      rollout.targets[index].reason = .none; rollout.targets[index].troubledSince = nil
    }
    let request = rollout.forwardID(of: target)
    guard let operation = seen.operation, operation.request == request || isLater(operation, target) else {
      act(.admit(index))
      return expire(index, seen)
    }
    switch operation.phase {
    case .running, .terminating:
      rollout.targets[index].phase = .syncing
      rollout.targets[index].message = seen.message
      expire(index, seen)
    case .superseded:
      // A person's sync took its place: it is asked for once more, by another name.
      rollout.targets[index].attempt += 1
      rollout.targets[index].phase = .admitted
      act(.admit(index))
      expire(index, seen)
    case .failed: fail(target: index, .syncFailed, operation.message)
    case .succeeded:
      rollout.targets[index].phase = .verifying
      verify(index, seen, operation)
    }
  }

  /// A person's sync after the rollout's own is as good.
  private func isLater(_ operation: WaveScene.Operation, _ target: RolloutTarget) -> Bool {
    guard target.phase != .admitted, let admittedAt = target.admittedAt else { return false }
    return operation.startedAt > admittedAt
  }

  private mutating func verify(_ index: Int, _ seen: WaveScene.Target, _ operation: WaveScene.Operation) {
    guard isVerified(rollout.targets[index], seen, operation) else {
      let health = seen.health
      rollout.targets[index].message = Self.words(seen)
      if health.health == .degraded {
        let since = rollout.targets[index].troubledSince ?? now
        rollout.targets[index].troubledSince = since
        if now - since >= Self.patience.degraded { return fail(target: index, .degraded, health.message) }
        wake(at: since + Self.patience.degraded)
      } else {
        rollout.targets[index].troubledSince = nil
      }
      return expire(index, seen)
    }
    rollout.targets[index].troubledSince = nil
    guard let analysis = step(of: index)?.analysis, analysis.scope == .cluster, !isPromoted(index) else {
      return finish(index)
    }
    let target = rollout.targets[index]
    if isEnding, !hasFailed(target.gate) { return leaveAnalysis(of: index) }
    let gate = consulted(target.gate ?? RolloutGate(name: rollout.analysisName(of: target)), .target(index))
    rollout.targets[index].gate = gate
    switch gate.verdict {
    case .passed, .left: finish(index)
    case .failed:
      fail(target: index, .analysisFailed, gate.message, at: scene.gates[gate.name]?.completedAt)
    case .inconclusive:
      pause(.analysisInconclusive, "analysis \(gate.name) is inconclusive: \(gate.message)")
    case .pending, .running: rollout.targets[index].message = "analysis \(gate.name) is under way"
    }
  }

  /// Whether nothing comes after what is under way now, so that no analysis decides anything more.
  private var isEnding: Bool {
    rollout.isSuperseded || rollout.wishes.wantsAbort || rollout.wishes.wantsRollback
      || (rollout.phase != .running && rollout.phase != .paused)
  }

  private func hasFailed(_ gate: RolloutGate?) -> Bool {
    guard let gate, let phase = scene.gates[gate.name]?.phase else { return false }
    return phase == .failed || phase == .error
  }

  private mutating func leaveAnalysis(of index: Int) {
    if let gate = rollout.targets[index].gate, gate.isOpen || gate.verdict == .inconclusive {
      rollout.targets[index].gate?.verdict = .left
    }
    finish(index)
    rollout.targets[index].message = "its analysis was not waited for"
  }

  private func isPromoted(_ index: Int) -> Bool {
    rollout.wishes.isPromoted || rollout.waves[rollout.targets[index].wave].isPromoted
  }

  /// Everything has to hold of what was seen after the sync ended (argo-cd issues 29347, 22558: stale states read as done).
  private func isVerified(
    _ target: RolloutTarget, _ seen: WaveScene.Target, _ operation: WaveScene.Operation
  ) -> Bool {
    guard let admittedAt = target.admittedAt, let finishedAt = operation.finishedAt else { return false }
    return seen.version == target.to && seen.sync == .synced && seen.health.health == .healthy
      && operation.phase == .succeeded && finishedAt >= admittedAt && seen.observedAt >= finishedAt
  }

  private mutating func finish(_ index: Int) {
    rollout.targets[index].phase = .done
    rollout.targets[index].reason = .none
    rollout.targets[index].message = ""
    rollout.targets[index].finishedAt = now
  }

  private mutating func expire(_ index: Int, _ seen: WaveScene.Target) {
    guard let deadline = deadline(of: index, seen) else { return }
    if now < deadline { return wake(at: deadline) }
    let words = Self.words(seen)
    fail(target: index, .timeout, "not verified in time" + (words.isEmpty ? "" : "; " + words))
  }

  /// While the windows of its project are closed its time does not run: what may not be done has not failed.
  func restart(deadline: Double?, _ seen: WaveScene.Target, after seconds: Double?) -> Double? {
    guard seen.isHeld, deadline != nil, let seconds else { return deadline }
    return now + seconds
  }

  private mutating func deadline(of index: Int, _ seen: WaveScene.Target) -> Double? {
    // The end of a rollout that is broken off, or overtaken, waits for no window.
    guard rollout.phase == .running || rollout.phase == .paused, !rollout.isSuperseded else {
      return rollout.targets[index].deadline
    }
    rollout.targets[index].deadline = restart(
      deadline: rollout.targets[index].deadline, seen, after: step(of: index)?.timeout)
    return rollout.targets[index].deadline
  }

  /// Why it does not count as well: its health, else what it waits for.
  private static func words(_ seen: WaveScene.Target) -> String {
    let word =
      seen.health.health == .healthy ? seen.sync == .synced ? "" : seen.sync.rawValue : seen.health.health.rawValue
    let reason = seen.health.health == .healthy || seen.health.message.isEmpty ? seen.message : seen.health.message
    return [word, reason].filter { !$0.isEmpty }.joined(separator: ": ")
  }

  private mutating func observeSilence(_ index: Int, _ seen: WaveScene.Target) {
    let since = rollout.targets[index].troubledSince ?? now
    let limit = rollout.targets[index].deadline ?? since + Self.patience.away
    rollout.targets[index].troubledSince = since
    rollout.targets[index].reason = .unreachable
    rollout.targets[index].message = seen.message.isEmpty ? "its cluster does not answer" : seen.message
    if now < limit { return wake(at: limit) }
    rollout.targets[index].phase = .away
  }

  mutating func fail(
    target index: Int, _ reason: RolloutTarget.Reason, _ message: String, at time: Double? = nil
  ) {
    rollout.targets[index].phase = .failed
    rollout.targets[index].reason = reason
    rollout.targets[index].message = message
    rollout.targets[index].finishedAt = time ?? now
  }

  /// A cluster that was well and is not any more has its wave wait again.
  private mutating func observeDone(_ index: Int, _ seen: WaveScene.Target) {
    guard isCurrent(index), rollout.phase == .running || rollout.phase == .paused, seen.isReachable,
      seen.health.health != .healthy, seen.observedAt > (rollout.targets[index].finishedAt ?? now)
    else { return }
    let deadline = step(of: index)?.timeout.map { now + $0 }
    rollout.targets[index].phase = .verifying
    rollout.targets[index].message = "\(seen.health.health.rawValue) again: \(seen.health.message)"
    rollout.targets[index].deadline = deadline
    if rollout.targets[index].gate?.verdict == .passed {
      // What was measured before says nothing of what comes after.
      rollout.targets[index].gate = nil
      rollout.targets[index].remeasured = (rollout.targets[index].remeasured ?? 0) + 1
    }
    wake(at: deadline)
  }

  /// What failed may mend itself, or be mended by a person.
  private mutating func observeFailed(_ index: Int, _ seen: WaveScene.Target) {
    let target = rollout.targets[index]
    guard rollout.phase == .running || rollout.phase == .paused, seen.isReachable, let operation = seen.operation,
      target.reason == .syncFailed || target.reason == .timeout || target.reason == .degraded,
      isVerified(target, seen, operation)
    else { return }
    finish(index)
  }

  /// A cluster that returned takes up what it missed.
  private mutating func observeAway(_ index: Int, _ seen: WaveScene.Target) {
    guard rollout.phase == .running || rollout.phase == .paused, !rollout.wishes.wantsRollback, seen.isReachable else {
      return
    }
    let deadline = step(of: index)?.timeout.map { now + $0 }
    rollout.targets[index].reason = .none
    rollout.targets[index].message = ""
    rollout.targets[index].troubledSince = nil
    rollout.targets[index].isAccepted = false
    if rollout.targets[index].wasTouched {
      rollout.targets[index].phase = .admitted
      rollout.targets[index].deadline = deadline
    } else {
      rollout.targets[index].phase = .queued
    }
  }

  // MARK: Analyses

  /// Has an analysis begun where it was not, and takes in what it says.
  mutating func consulted(_ gate: RolloutGate, _ subject: GateSubject) -> RolloutGate {
    guard gate.verdict != .left else { return gate }
    var gate = gate
    guard let seen = scene.gates[gate.name] else {
      act(.measure(subject, name: gate.name))
      return gate
    }
    switch seen.phase {
    case .pending, .running: gate.verdict = .running
    case .successful: gate.verdict = .passed
    case .failed, .error: gate.verdict = .failed
    case .inconclusive: gate.verdict = .inconclusive
    }
    gate.message = seen.message
    return gate
  }
}
