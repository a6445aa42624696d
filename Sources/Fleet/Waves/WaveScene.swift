/// What is seen of the fleet when a rollout takes its next turn.
package struct WaveScene: Sendable {
  /// How one Application stands in its cluster.
  package struct Target: Sendable, Equatable {
    /// The version that it is kept at; nil for none yet.
    package var version: String?
    package var isReachable: Bool
    package var sync: SyncStatus
    package var health: HealthReport
    /// What it waits for or fails on.
    package var message: String
    /// The sync that is under way, else the last one.
    package var operation: Operation?
    /// When this was seen, in seconds since 1970.
    package var observedAt: Double
    /// Whether the sync windows of its project let nothing be done now.
    package var isHeld = false

    package init(
      version: String?, isReachable: Bool, sync: SyncStatus, health: HealthReport, message: String = "",
      operation: Operation? = nil, observedAt: Double
    ) {
      self.version = version
      self.isReachable = isReachable
      self.sync = sync
      self.health = health
      self.message = message
      self.operation = operation
      self.observedAt = observedAt
    }
  }

  package struct Operation: Sendable, Equatable {
    /// Nil for one that no rollout asked for.
    package var request: String?
    package var phase: SyncOperation.Phase
    package var message: String
    package var startedAt: Double
    package var finishedAt: Double?

    package init(
      request: String?, phase: SyncOperation.Phase, message: String = "", startedAt: Double, finishedAt: Double?
    ) {
      self.request = request
      self.phase = phase
      self.message = message
      self.startedAt = startedAt
      self.finishedAt = finishedAt
    }
  }

  /// How an analysis stands.
  package struct Gate: Sendable, Equatable {
    package var phase: AnalysisPhase
    package var message: String
    package var completedAt: Double?

    package init(phase: AnalysisPhase, message: String, completedAt: Double?) {
      self.phase = phase
      self.message = message
      self.completedAt = completedAt
    }
  }

  /// By Application; one that is not here was not seen yet.
  package var targets: [String: Target]
  /// Applications that left the set.
  package var departed: Set<String> = []
  /// By the name of the run; one that is not here was not begun.
  package var gates: [String: Gate]
  /// Why nothing may be admitted now, by the strategy's windows; nil where it may.
  package var closedWindow: SyncWindowVerdict?

  package init(
    targets: [String: Target], gates: [String: Gate] = [:], closedWindow: SyncWindowVerdict? = nil
  ) {
    self.targets = targets
    self.gates = gates
    self.closedWindow = closedWindow
  }
}

/// What a rollout wants done. Doing it twice does no more than doing it once.
package enum WaveAction: Sendable, Hashable {
  /// Bring a target, by its position, to its new version.
  case admit(Int)
  /// Bring it back to the version that it had.
  case restore(Int)
  case measure(GateSubject, name: String)
  /// Take the change back in Git.
  case revert
}

/// What an analysis is about.
package enum GateSubject: Sendable, Hashable {
  /// The whole rollout, beside its steps.
  case rollout
  /// By position.
  case wave(Int)
  case target(Int)
}
