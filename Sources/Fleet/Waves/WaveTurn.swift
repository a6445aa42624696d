/// (rollout, what is seen, time) → the rollout one turn on, and what is to be done. No I/O and no clock.
///
/// The shell writes the rollout down and only then does what ``actions`` says; after a crash the same turn asks for the same
/// again. A turn never takes back what an earlier one decided.
package struct WaveTurn: Sendable {
  /// Seconds that a cluster may be Degraded after its sync, or not answer, before that counts.
  static let patience = (degraded: 30.0, away: 60.0, back: 900.0, ending: 60.0)

  package internal(set) var rollout: FleetRollout
  package private(set) var actions: [WaveAction] = []
  private var asked: Set<WaveAction> = []
  /// When it is worth another look even if nothing changes.
  package private(set) var next: Double?
  let strategy: WaveStrategy
  let scene: WaveScene
  let now: Double

  /// - Parameter now: seconds since 1970.
  package init(_ rollout: FleetRollout, _ strategy: WaveStrategy, _ scene: WaveScene, now: Double) {
    self.rollout = rollout
    self.strategy = strategy
    self.scene = scene
    self.now = now
    guard !rollout.phase.isOver else { return }
    take()
  }

  private mutating func take() {
    observeTargets()
    let before = rollout.phase
    switch before {
    case .running, .paused: proceed()
    case .aborting: finishAborting()
    case .rollingBack: goBack()
    case .aborted, .rolledBack, .rollbackFailed, .succeeded, .superseded: break
    }
    if before != .rollingBack, rollout.phase == .rollingBack { goBack() }
    if rollout.phase.isOver { leaveGates() }
    rollout.waiting = waiting
    dropOvertaken()
  }

  /// What this same turn decided against.
  private mutating func dropOvertaken() {
    actions.removeAll { action in
      switch action {
      case .admit(let index): !rollout.targets[index].phase.isInFlight
      case .measure: rollout.phase.isOver || rollout.phase == .rollingBack
      case .restore, .revert: false
      }
    }
  }

  // MARK: What the parts of a turn use

  mutating func act(_ action: WaveAction) {
    if asked.insert(action).inserted { actions.append(action) }
  }

  mutating func wake(at time: Double?) {
    guard let time, time.isFinite else { return }
    next = min(next ?? time, max(time, now))
  }

  mutating func conclude(_ phase: FleetRollout.Phase, _ message: String) {
    rollout.phase = phase
    rollout.message = message
    rollout.finishedAt = now
  }

  // MARK: Going on

  private mutating func proceed() {
    if rollout.reason == .revertConflict {
      if rollout.isSuperseded { conclude(.rolledBack, rollout.message) }
      return
    }
    if rollout.wishes.wantsRollback { return beginWayBack(.requested, rollout.wishes.words) }
    if rollout.wishes.wantsAbort { return beginAborting(.requested, rollout.wishes.words) }
    if rollout.isSuperseded { return finishSuperseded() }
    watchBackground()
    if let exceeded = exceededBudget() { fail(.budget, exceeded.message, wave: exceeded.wave, at: now) }
    guard rollout.phase == .running || rollout.phase == .paused else { return }
    if !isLatched { settlePhase() }
    guard rollout.phase == .running else { return }
    advanceWaves()
    if rollout.phase == .running { settlePhase() }
  }

  /// Whether a gate said no and a person has to say how to go on.
  private var isLatched: Bool {
    rollout.phase == .paused && (rollout.reason == .analysisFailed || rollout.reason == .analysisInconclusive)
  }

  /// Running or paused, as things stand.
  private mutating func settlePhase() {
    if let exceeded = exceededBudget() { return pause(.budget, exceeded.message) }
    if rollout.wishes.isPaused { return pause(.requested, "\(rollout.wishes.actor ?? "a person") paused it") }
    if let message = awayHold { return pause(.clustersAway, message) }
    if let index = rollout.currentWave, rollout.waves[index].phase == .paused, rollout.waves[index].pausedUntil == nil,
      !rollout.waves[index].isApproved, !skipsGates(index)
    {
      return pause(.approval, "\(rollout.waves[index].name) waits for approval")
    }
    rollout.phase = .running
    rollout.reason = .none
    rollout.message = progress
  }

  mutating func pause(_ reason: FleetRollout.Reason, _ message: String) {
    rollout.phase = .paused
    rollout.reason = reason
    rollout.message = message
  }

  private var progress: String {
    guard let index = rollout.currentWave else { return "all waves passed" }
    let wave = rollout.waves[index]
    let targets = rollout.targets.filter { $0.wave == index }
    let done = targets.count { $0.phase == .done }
    let words = "\(wave.name): \(done) of \(wave.size) done"
    switch wave.phase {
    case .paused: return words + "; begins at " + AnalysisTime(seconds: wave.pausedUntil ?? now).text
    case .soaking: return words + "; soaks until " + AnalysisTime(seconds: wave.soakUntil ?? now).text
    case .analyzing: return words + "; waits for analysis \(wave.gate?.name ?? "")"
    case .waiting, .admitting, .passed, .failed, .stopped:
      return words + (hold.map { "; " + $0.message } ?? emptiness(of: index))
    }
  }

  /// What is told of a wave that nobody was there for.
  private func emptiness(of index: Int) -> String {
    isDeserted(index) ? "; every cluster of it is away, so it has shown nothing" : ""
  }

  private func isDeserted(_ index: Int) -> Bool {
    let targets = rollout.targets.filter { $0.wave == index }
    return targets.contains { $0.phase == .away } && targets.allSatisfy { $0.phase == .away || $0.phase == .gone }
  }

  /// For what the wave that is under way waits, as far as a person may want to know.
  private var waiting: FleetRollout.Waiting? {
    guard rollout.phase == .running, let index = rollout.currentWave else { return nil }
    switch rollout.waves[index].phase {
    case .paused: return .time
    case .admitting, .failed:
      guard rollout.targets.contains(where: { $0.wave == index && $0.phase == .queued }) else {
        return isDeserted(index) ? .nobody : nil
      }
      return hold?.waiting
    case .waiting, .soaking, .analyzing, .passed, .stopped: return nil
    }
  }

  /// What is in the middle of its change does not hold up the end for ever.
  private mutating func limitInFlight() {
    for index in rollout.targets.indices where rollout.targets[index].phase.isInFlight {
      rollout.targets[index].deadline = rollout.targets[index].deadline ?? now + Self.patience.ending
      wake(at: rollout.targets[index].deadline)
    }
  }

  private mutating func finishSuperseded() {
    limitInFlight()
    if rollout.isMoving {
      rollout.phase = .running
      rollout.message = "something newer is wanted; what is under way comes to its end first"
      rollout.reason = .superseded
    } else {
      stopWave(.requested)
      conclude(.superseded, "something newer took its place")
    }
  }

  // MARK: Failing

  /// More failed than may, or a gate said no.
  /// - Parameter time: when the sample was taken, or the cluster seen.
  mutating func fail(_ reason: FleetRollout.Reason, _ message: String, wave: Int?, at time: Double) {
    rollout.failedAt = rollout.failedAt ?? time
    switch strategy.onFailure {
    case .pause: pause(reason, message)
    case .abort: beginAborting(reason, message)
    case .rollback: beginWayBack(reason, message)
    case .proceed:
      for index in rollout.targets.indices where rollout.targets[index].phase == .failed {
        rollout.targets[index].isAccepted = true
      }
      if let wave, rollout.waves.indices.contains(wave) {
        rollout.waves[wave].acceptsFailures = true
        if reason != .budget { rollout.waves[wave].isPromoted = true }
      }
    }
  }

  private mutating func beginAborting(_ reason: FleetRollout.Reason, _ message: String) {
    rollout.phase = .aborting
    rollout.reason = reason
    rollout.message = message
    stopWave(reason)
    finishAborting()
  }

  /// The wave that was under way comes to no end.
  mutating func stopWave(_ reason: FleetRollout.Reason) {
    guard let index = rollout.currentWave, ![.waiting, .failed, .stopped].contains(rollout.waves[index].phase) else {
      return
    }
    rollout.waves[index].phase = reason == .requested ? .stopped : .failed
    rollout.waves[index].finishedAt = now
  }

  private mutating func finishAborting() {
    if rollout.wishes.wantsRollback { return beginWayBack(.requested, rollout.wishes.words) }
    limitInFlight()
    if !rollout.isMoving { conclude(.aborted, rollout.message) }
  }

  /// Nobody waits for what is still measured.
  mutating func leaveGates() {
    func leave(_ gate: inout RolloutGate?) {
      if gate?.isOpen == true { gate?.verdict = .left }
    }
    leave(&rollout.background)
    for index in rollout.waves.indices { leave(&rollout.waves[index].gate) }
    for index in rollout.targets.indices { leave(&rollout.targets[index].gate) }
  }
}
