/// One step of a rollout with the clusters that it changes.
package struct RolloutWave: Sendable, Codable, Equatable {
  package enum Phase: String, Sendable, Codable {
    case waiting = "Waiting"
    /// Before its first cluster: for a person, or for a time.
    case paused = "Paused"
    case admitting = "Admitting"
    case soaking = "Soaking"
    case analyzing = "Analyzing"
    case passed = "Passed"
    case failed = "Failed"
    /// It was under way when the rollout ended otherwise.
    case stopped = "Stopped"
  }

  /// The step's position in the strategy, from 0.
  package var step: Int
  /// The step's name, or `step 2`.
  package var name: String
  package var phase = Phase.waiting
  /// Of clusters, fixed when it was planned.
  package var size: Int
  package var startedAt: Double?
  package var finishedAt: Double?
  package var pausedUntil: Double?
  package var isApproved = false
  package var soakUntil: Double?
  package var gate: RolloutGate?
  /// A person accepts what failed in it.
  package var acceptsFailures = false
  /// A person does not wait for its soak and its gate.
  package var isPromoted = false
  /// 1, and one more with every retry.
  package var attempt = 1

  package init(step: Int, name: String, size: Int) {
    self.step = step
    self.name = name
    self.size = size
  }
}

/// An analysis that somebody waits for.
package struct RolloutGate: Sendable, Codable, Equatable {
  package enum Verdict: String, Sendable, Codable {
    case pending = "Pending"
    case running = "Running"
    case passed = "Successful"
    case failed = "Failed"
    case inconclusive = "Inconclusive"
    /// It is not waited for any more.
    case left = "Terminated"
  }

  /// The run's.
  package var name: String
  package var verdict = Verdict.pending
  package var message = ""

  package init(name: String) { self.name = name }

  /// Whether its verdict is waited for.
  package var isOpen: Bool { verdict == .pending || verdict == .running }
}
