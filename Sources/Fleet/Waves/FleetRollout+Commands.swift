/// What a person may say of a rollout.
package enum WaveCommand: Sendable, Equatable {
  case pause
  /// Goes on after a pause; what failed is accepted.
  case resume
  /// Lets the wave that waits for approval begin.
  case approve
  /// Does not wait for the soak and the gate of this wave, or of any.
  case promote(full: Bool)
  case abort
  case rollback
  /// Tries what failed once more.
  case retry
}

extension FleetRollout {
  /// Why a command makes no sense now: a sentence.
  package struct Refusal: Error, Equatable {
    package var message: String
  }

  /// - Parameter actor: who says it; nil for nobody in particular.
  package mutating func heed(_ command: WaveCommand, actor: String? = nil) throws(Refusal) {
    // What ends it is told for ever, with what was wrong then.
    let trouble = self.trouble
    switch command {
    case .pause:
      try needRunning("pause")
      wishes.isPaused = true
    case .resume: try resume()
    case .approve: try approve()
    case .promote(let full): try promote(full: full)
    case .abort: try abort()
    case .rollback: try rollBack(actor)
    case .retry: try retry()
    }
    guard [.pause, .abort, .rollback].contains(command) else { return }
    wishes.actor = actor
    wishes.trouble = trouble
  }

  private var trouble: String? {
    switch reason {
    case .budget, .clustersAway, .analysisFailed, .analysisInconclusive: message.isEmpty ? nil : message
    case .requested: wishes.trouble
    case .none, .approval, .revertConflict, .superseded: nil
    }
  }

  /// Admits one Application of the wave that is under way, since a person syncs it: the way on where `maxUpdate` is 0.
  /// - Returns: false where its turn has not come.
  /// - Parameter timeout: the step's, in seconds.
  package mutating func admit(_ application: String, now: Double, timeout: Double?) -> Bool {
    guard phase == .running, !isSuperseded, let current = currentWave, waves[current].phase == .admitting,
      let index = targets.firstIndex(where: { $0.application == application }), targets[index].wave == current,
      targets[index].phase == .queued, targets[index].to != nil
    else { return false }
    targets[index].phase = .admitted
    targets[index].admittedAt = now
    targets[index].deadline = timeout.map { now + $0 }
    targets[index].wasTouched = true
    return true
  }

  private func needRunning(_ verb: String) throws(Refusal) {
    guard phase == .running || phase == .paused else {
      throw Refusal(message: "\(name) is \(phase.rawValue): there is nothing to \(verb)")
    }
    guard reason != .revertConflict || verb == "resume" else {
      throw Refusal(
        message: "\(name) is taken back in the clusters, and only Git is left: muster rollout resume or rollback \(set)"
      )
    }
  }

  private mutating func resume() throws(Refusal) {
    if phase == .rollingBack, isOnlyGitLeft {
      revert?.phase = .refused
      revert?.message = "a person left Git as it is"
      phase = .paused
      reason = .revertConflict
    }
    try needRunning("resume")
    if reason == .revertConflict {
      phase = count([.rollbackFailed]) > 0 ? .rollbackFailed : .rolledBack
      finishedAt = restoredAt ?? createdAt
      return
    }
    guard phase == .paused, reason != .approval else {
      throw Refusal(
        message: reason == .approval
          ? "\(name) waits for approval: muster rollout approve \(set)" : "\(name) is not paused")
    }
    if reason != .requested { acceptFailures() }
    wishes.isPaused = false
    goOn()
  }

  /// Whether every cluster is back, and the commit that takes the change back is still to be pushed.
  private var isOnlyGitLeft: Bool {
    revert?.phase == .wanted && !targets.contains { $0.phase == .rollingBack }
  }

  private mutating func goOn() {
    phase = .running
    reason = .none
    message = ""
    failedAt = nil
  }

  /// What failed stays as it is, and counts no more.
  private mutating func acceptFailures() {
    if background?.verdict == .failed || background?.verdict == .inconclusive { background?.verdict = .left }
    for index in targets.indices where targets[index].gate?.verdict == .inconclusive {
      targets[index].gate?.verdict = .left
    }
    for index in targets.indices where targets[index].phase == .failed { targets[index].isAccepted = true }
    acceptAway()
    guard let current = currentWave else { return }
    for index in 0...current {
      waves[index].acceptsFailures = true
      if let verdict = waves[index].gate?.verdict, verdict == .failed || verdict == .inconclusive {
        waves[index].isPromoted = true
        if waves[index].phase == .failed { waves[index].phase = .soaking }
      }
    }
  }

  private mutating func approve() throws(Refusal) {
    try needRunning("approve")
    guard let index = currentWave, waves[index].phase == .paused else {
      throw Refusal(message: "\(name) does not wait for approval")
    }
    waves[index].isApproved = true
    if reason == .approval { goOn() }
  }

  private mutating func promote(full: Bool) throws(Refusal) {
    try needRunning("promote")
    guard reason != .budget else {
      throw Refusal(
        message: "\(name) is stopped, since clusters failed: muster rollout retry, resume or rollback \(set)")
    }
    if full { wishes.isPromoted = true }
    if let index = currentWave { waves[index].isPromoted = true }
    acceptInconclusive()
    acceptAway()
    wishes.isPaused = false
    if phase == .paused { goOn() }
  }

  /// Those that are away get it when they return, and hold nobody up.
  private mutating func acceptAway() {
    for index in targets.indices where targets[index].phase == .away { targets[index].isAccepted = true }
  }

  private mutating func acceptInconclusive() {
    if background?.verdict == .failed || background?.verdict == .inconclusive { background?.verdict = .left }
    if let index = currentWave, waves[index].phase == .failed { waves[index].phase = .soaking }
  }

  private mutating func abort() throws(Refusal) {
    try needRunning("abort")
    wishes.wantsAbort = true
    if phase == .paused { phase = .running }
  }

  private mutating func rollBack(_ actor: String?) throws(Refusal) {
    if phase == .paused, reason == .revertConflict {
      // The clusters are back: Git is tried once more.
      revert = nil
      phase = .rollingBack
      reason = .requested
      message = "\(actor ?? "a person") asked for Git once more"
      return
    }
    switch phase {
    case .running, .paused, .aborting:
      wishes.wantsRollback = true
      if phase == .paused { phase = .running; reason = .none }
    case .rolledBack where !targets.contains(where: \.isStillForward):
      throw Refusal(message: "\(name) is \(phase.rawValue): there is nothing to roll back")
    case .succeeded, .aborted, .rollbackFailed, .rolledBack:
      // Taken up again: everything that was touched goes back.
      for index in targets.indices where targets[index].phase == .rollbackFailed {
        targets[index].phase = .failed
        targets[index].attempt += 1
      }
      for index in targets.indices where targets[index].phase == .away {
        // Who was away at a good end got it when it returned, or is to get it.
        if phase == .succeeded, targets[index].from != nil, targets[index].to != nil {
          targets[index].wasTouched = true
        }
        targets[index].goesBackLater = nil
      }
      phase = .running
      reason = .none
      finishedAt = nil
      failedAt = nil
      restoredAt = nil
      revert = nil
      wishes = Wishes()
      wishes.wantsRollback = true
    case .rollingBack, .superseded:
      throw Refusal(message: "\(name) is \(phase.rawValue): there is nothing to roll back")
    }
  }

  private mutating func retry() throws(Refusal) {
    try needRunning("retry")
    var isAnything = false
    for index in targets.indices where targets[index].phase == .failed {
      targets[index].phase = .queued
      targets[index].reason = .none
      targets[index].attempt += 1
      targets[index].gate = nil
      targets[index].deadline = nil
      targets[index].troubledSince = nil
      targets[index].isAccepted = false
      isAnything = true
    }
    for index in targets.indices where targets[index].gate?.verdict == .inconclusive {
      targets[index].gate = nil
      targets[index].attempt += 1
      targets[index].phase = .queued
      isAnything = true
    }
    if let index = currentWave, let verdict = waves[index].gate?.verdict, verdict == .failed || verdict == .inconclusive
    {
      waves[index].gate = nil
      waves[index].attempt += 1
      waves[index].phase = .admitting
      isAnything = true
    }
    if let gate = background, gate.verdict == .failed || gate.verdict == .inconclusive {
      background = RolloutGate(name: gate.name + "-again")
      isAnything = true
    }
    guard isAnything else { throw Refusal(message: "nothing of \(name) has failed") }
    goOn()
  }
}

extension RolloutTarget {
  /// Whether a way back would still move it.
  fileprivate var isStillForward: Bool {
    wasTouched && phase != .rolledBack && phase != .gone && goesBackLater != true
  }
}
