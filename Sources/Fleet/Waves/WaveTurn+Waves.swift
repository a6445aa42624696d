// MARK: - How waves follow each other

extension WaveTurn {
  /// Carries the waves as far as they go now.
  mutating func advanceWaves() {
    admitLate()
    while rollout.phase == .running, let index = rollout.currentWave {
      let before = rollout.waves[index].phase
      advance(index)
      if rollout.waves[index].phase == before { return }
    }
    guard rollout.phase == .running, rollout.currentWave == nil, !rollout.isMoving,
      rollout.count([.queued]) == 0
    else { return }
    let away = rollout.count([.away])
    let failed = rollout.count([.failed])
    var message = "\(rollout.count([.done])) of \(rollout.targets.count) clusters have the new version"
    if failed > 0 { message += "; \(failed) failed, which was accepted" }
    if away == 1 { message += "; 1 is away, and gets it when it returns" }
    if away > 1 { message += "; \(away) are away, and get it when they return" }
    conclude(.succeeded, message)
  }

  private mutating func advance(_ index: Int) {
    let step = strategy.steps[rollout.waves[index].step]
    switch rollout.waves[index].phase {
    case .waiting, .paused: begin(index, step)
    case .admitting, .failed: admit(index, step)
    case .soaking: soak(index, step)
    case .analyzing: analyze(index, step)
    case .passed, .stopped: break
    }
  }

  private func targets(of wave: Int) -> [Int] { rollout.targets.indices.filter { rollout.targets[$0].wave == wave } }

  func skipsGates(_ index: Int) -> Bool { rollout.wishes.isPromoted || rollout.waves[index].isPromoted }

  private mutating func begin(_ index: Int, _ step: WaveStrategy.Step) {
    if targets(of: index).allSatisfy({ rollout.targets[$0].phase == .gone }) { return pass(index) }
    if let pause = step.pause, !rollout.waves[index].isApproved, !skipsGates(index) {
      if rollout.waves[index].phase == .waiting {
        let until = pause.duration.map { now + $0 }
        rollout.waves[index].phase = .paused
        rollout.waves[index].pausedUntil = until
      }
      guard let until = rollout.waves[index].pausedUntil, now >= until else {
        return wake(at: rollout.waves[index].pausedUntil)
      }
    }
    rollout.waves[index].phase = .admitting
    rollout.waves[index].startedAt = now
  }

  // MARK: Admission

  /// Why nothing is admitted now.
  enum Hold {
    /// No window is open.
    case window(String)
    /// `maxUpdate` is 0; with an Application that waits.
    case byHand(String)
    /// More clusters are away than may be.
    case away(String)

    var message: String {
      switch self {
      case .window(let message), .away(let message): message
      case .byHand(let application):
        "its maxUpdate is 0: sync its applications by hand, such as: muster app sync \(application)"
      }
    }

    var waiting: FleetRollout.Waiting? {
      switch self {
      case .window: .window
      case .byHand: .hand
      case .away: nil
      }
    }
  }

  /// Nil where something may be admitted.
  var hold: Hold? {
    if let window = scene.closedWindow { return .window(window.message) }
    if let index = rollout.currentWave, rollout.waves[index].phase == .admitting,
      strategy.steps[rollout.waves[index].step].maxUpdate?.limit(of: rollout.waves[index].size) == 0,
      let queued = rollout.targets.first(where: { $0.wave == index && $0.phase == .queued })
    {
      return .byHand(queued.application)
    }
    return tooManyAway.map(Hold.away)
  }

  private var tooManyAway: String? {
    let current = rollout.currentWave
    let ofWave = current.flatMap { index in
      strategy.steps[rollout.waves[index].step].budget?.maxUnreachable?.count(of: rollout.waves[index].size)
    }
    let ofAll = strategy.budget?.maxUnreachable?.count(of: rollout.targets.count)
    guard ofWave != nil || ofAll != nil else { return nil }
    var (away, here) = (0, 0)
    for target in rollout.targets where target.isMissed && target.wave <= current ?? .max {
      away += 1
      if target.wave == current { here += 1 }
    }
    if let most = ofAll, away > most {
      return "\(away) of \(rollout.targets.count) clusters are away, \(most) may be"
    }
    if let most = ofWave, let current, here > most {
      let wave = rollout.waves[current]
      return "\(here) of \(wave.size) clusters of \(wave.name) are away, \(most) may be"
    }
    return nil
  }

  /// Set where clusters that are away stop it; it goes on when enough of them return.
  var awayHold: String? {
    guard case .away(let message) = hold else { return nil }
    guard let index = rollout.currentWave else { return rollout.count([.queued]) > 0 ? message : nil }
    return rollout.waves[index].phase == .admitting || rollout.waves[index].phase == .failed ? message : nil
  }

  private mutating func admit(_ index: Int, _ step: WaveStrategy.Step) {
    admitQueued(of: index, step)
    let targets = targets(of: index).map { rollout.targets[$0] }
    guard targets.allSatisfy(\.phase.isSettled), hold == nil else { return }
    let isVerified = targets.contains { $0.phase == .done } || targets.allSatisfy { $0.phase == .gone }
    // A wave that nobody was there for has shown nothing.
    guard isVerified || rollout.waves[index].acceptsFailures || skipsGates(index) else { return }
    let last = targets.compactMap(\.finishedAt).max() ?? now
    rollout.waves[index].phase = .soaking
    rollout.waves[index].soakUntil = last + step.soak
  }

  /// Clusters of waves that have passed, which were away then.
  private mutating func admitLate() {
    for index in 0..<(rollout.currentWave ?? rollout.waves.count) {
      admitQueued(of: index, strategy.steps[rollout.waves[index].step])
    }
  }

  private mutating func admitQueued(of wave: Int, _ step: WaveStrategy.Step) {
    wake(at: scene.closedWindow?.nextChange.map(Double.init))
    let targets = targets(of: wave)
    var free = step.maxUpdate?.limit(of: rollout.waves[wave].size) ?? targets.count
    free -= targets.count { rollout.targets[$0].phase.isInFlight }
    var moving = Set(rollout.targets.filter(\.phase.isInFlight).map(\.cluster))
    var isOpen = hold == nil && exceededBudget() == nil
    for index in targets where rollout.targets[index].phase == .queued {
      let target = rollout.targets[index]
      guard free > 0, isOpen else { return }
      guard target.to != nil else {
        fail(target: index, .notRendered, target.message)
        isOpen = exceededBudget() == nil
        continue
      }
      if let most = strategy.maxParallelClusters, moving.count >= most, !moving.contains(target.cluster) { return }
      // Who was not seen yet, as after a start of the hub, is waited for.
      guard let seen = scene.targets[target.application] else { continue }
      guard seen.isReachable else {
        rollout.targets[index].phase = .away
        rollout.targets[index].reason = .unreachable
        rollout.targets[index].message =
          seen.message.isEmpty ? "its cluster did not answer when its turn came" : seen.message
        isOpen = hold == nil
        continue
      }
      begin(target: index, timeout: step.timeout)
      free -= 1
      moving.insert(target.cluster)
    }
  }

  private mutating func begin(target index: Int, timeout: Double?) {
    rollout.targets[index].phase = .admitted
    rollout.targets[index].reason = .none
    rollout.targets[index].message = ""
    rollout.targets[index].admittedAt = now
    rollout.targets[index].deadline = timeout.map { now + $0 }
    rollout.targets[index].finishedAt = nil
    rollout.targets[index].wasTouched = true
    wake(at: rollout.targets[index].deadline)
    act(.admit(index))
  }

  // MARK: After the last cluster

  private mutating func soak(_ index: Int, _ step: WaveStrategy.Step) {
    guard targets(of: index).allSatisfy({ rollout.targets[$0].phase.isSettled }) else { return unsettle(index) }
    if let until = rollout.waves[index].soakUntil, now < until, !skipsGates(index) { return wake(at: until) }
    if let analysis = step.analysis, analysis.scope != .cluster, !skipsGates(index) {
      rollout.waves[index].phase = .analyzing
    } else {
      pass(index)
    }
  }

  private mutating func analyze(_ index: Int, _ step: WaveStrategy.Step) {
    guard targets(of: index).allSatisfy({ rollout.targets[$0].phase.isSettled }) else { return unsettle(index) }
    if skipsGates(index) { return pass(index) }
    let wave = rollout.waves[index]
    let gate = consulted(
      wave.gate ?? RolloutGate(name: "\(rollout.name).w\(wave.step + 1).\(wave.attempt)"), .wave(index)
    )
    rollout.waves[index].gate = gate
    let words = "\(wave.name): analysis \(gate.name)"
    switch gate.verdict {
    case .passed, .left: pass(index)
    case .failed:
      rollout.waves[index].phase = .failed
      fail(.analysisFailed, "\(words): \(gate.message)", wave: index, at: scene.gates[gate.name]?.completedAt ?? now)
    case .inconclusive: pause(.analysisInconclusive, "\(words) is inconclusive: \(gate.message)")
    case .pending, .running: break
    }
  }

  /// A cluster is not well any more: the soak begins anew when it is.
  private mutating func unsettle(_ index: Int) {
    rollout.waves[index].phase = .admitting
    rollout.waves[index].soakUntil = nil
    // What was measured before says nothing of what comes after.
    guard rollout.waves[index].gate != nil else { return }
    rollout.waves[index].gate = nil
    rollout.waves[index].attempt += 1
  }

  private mutating func pass(_ index: Int) {
    rollout.waves[index].phase = .passed
    rollout.waves[index].finishedAt = now
  }

  // MARK: Beside the waves

  /// The analysis that runs beside the waves: what it says counts at once.
  mutating func watchBackground() {
    guard let analysis = strategy.analysis, let current = rollout.currentWave, !rollout.wishes.isPromoted,
      rollout.waves[current].step >= analysis.startingStep, rollout.waves[current].phase != .waiting,
      rollout.background?.verdict != .left, !(rollout.phase == .paused && rollout.reason == .analysisFailed)
    else { return }
    let gate = consulted(
      rollout.background ?? RolloutGate(name: "\(rollout.name).background"), .rollout)
    rollout.background = gate
    switch gate.verdict {
    case .failed:
      fail(
        .analysisFailed, "analysis \(gate.name): \(gate.message)", wave: nil,
        at: scene.gates[gate.name]?.completedAt ?? now)
      if strategy.onFailure == .proceed { rollout.background?.verdict = .left }
    case .inconclusive: pause(.analysisInconclusive, "analysis \(gate.name) is inconclusive: \(gate.message)")
    case .pending, .running, .passed, .left: break
    }
  }

  /// More failed than may, in a wave or in all; or all that there was.
  func exceededBudget() -> (message: String, wave: Int?)? {
    var failed = Array(repeating: 0, count: rollout.waves.count)
    for target in rollout.targets where target.isLost { failed[target.wave] += 1 }
    for (index, wave) in rollout.waves.enumerated() where wave.phase != .waiting && failed[index] > 0 {
      let budget = strategy.steps[wave.step].budget ?? strategy.budget ?? WaveStrategy.Budget()
      let most = budget.maxFailed.count(of: wave.size)
      if failed[index] > most { return (words(ofWave: index, most), index) }
      let targets = rollout.targets.lazy.filter { $0.wave == index }
      if wave.phase == .admitting, targets.allSatisfy(\.phase.isSettled),
        !targets.contains(where: { $0.phase == .done })
      {
        return ("no cluster of \(wave.name) was verified; " + words(ofWave: index, most), index)
      }
    }
    guard let budget = strategy.budget else { return nil }
    let most = budget.maxFailed.count(of: rollout.targets.count)
    guard failed.reduce(0, +) > most else { return nil }
    let lost = rollout.targets.filter(\.isLost)
    return (Self.words(lost, of: rollout.targets.count, in: "the rollout", most), lost.last?.wave)
  }

  private func words(ofWave index: Int, _ most: Int) -> String {
    let wave = rollout.waves[index]
    return Self.words(rollout.targets.filter { $0.wave == index && $0.isLost }, of: wave.size, in: wave.name, most)
  }

  private static func words(_ failed: [RolloutTarget], of size: Int, in place: String, _ most: Int) -> String {
    let named = failed.prefix(3).map { target in
      "\(target.application): \(target.reason.rawValue)" + (target.message.isEmpty ? "" : ": " + target.message)
    }.joined(separator: "; ")
    let more = failed.count > 3 ? " and \(failed.count - 3) more" : ""
    return "\(failed.count) of \(size) clusters of \(place) failed, \(most) may: \(named)\(more)"
  }
}
