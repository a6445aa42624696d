/// One change on its way over the clusters of an ApplicationSet: the plan, which does not change, and how far it is.
///
/// It is written down before anything that follows from it is done, so that a hub that was killed goes on where it was
/// (docs/waves.md).
package struct FleetRollout: Sendable, Codable, Equatable {
  package enum Phase: String, Sendable, Codable, CaseIterable {
    case running = "Running"
    /// Waits for a person; ``FleetRollout/reason`` says why.
    case paused = "Paused"
    /// Nothing new is admitted; what is under way comes to its end.
    case aborting = "Aborting"
    case aborted = "Aborted"
    case rollingBack = "RollingBack"
    case rolledBack = "RolledBack"
    case rollbackFailed = "RollbackFailed"
    case succeeded = "Succeeded"
    /// Something newer came; it takes the place of this one.
    case superseded = "Superseded"

    package var isOver: Bool {
      switch self {
      case .running, .paused, .aborting, .rollingBack: false
      case .aborted, .rolledBack, .rollbackFailed, .succeeded, .superseded: true
      }
    }

    /// Whether its change is held: not rolled out again until something else is wanted.
    package var holdsChange: Bool { self == .aborted || self == .rolledBack || self == .rollbackFailed }
  }

  /// Why it is paused, failed or went back, in one word.
  package enum Reason: String, Sendable, Codable {
    case none = ""
    /// A person paused it.
    case requested = "Requested"
    /// Before a step that a person has to approve.
    case approval = "ApprovalRequired"
    case budget = "FailureBudgetExceeded"
    /// More clusters are away than may be; it goes on when they return.
    case clustersAway = "ClustersAway"
    case analysisFailed = "AnalysisFailed"
    case analysisInconclusive = "AnalysisInconclusive"
    /// The way back in Git needs a person.
    case revertConflict = "RevertConflict"
    case superseded = "NewerChange"
  }

  /// For what a wave waits that goes on without a person, or with one who knows how.
  package enum Waiting: String, Sendable, Codable {
    case window = "ClosedWindow"
    case time = "Pause"
    /// Its `maxUpdate` is 0.
    case hand = "SyncByHand"
    /// All of its clusters are away.
    case nobody = "NobodyThere"
  }

  /// What a person has said; only these change from outside.
  package struct Wishes: Sendable, Codable, Equatable {
    package var isPaused = false
    package var wantsAbort = false
    package var wantsRollback = false
    /// Admits everything without waiting for pauses, soaks and gates.
    package var isPromoted = false
    /// Who paused, aborted or took it back; nil in what older versions wrote.
    package var actor: String?
    /// What was wrong when they did.
    package var trouble: String?

    package init() {}

    /// `ann asked for it, after: canary: analysis web#2.w1.1: …`
    var words: String {
      "\(actor ?? "a person") asked for it" + (trouble.map { ", after: \($0)" } ?? "")
    }
  }

  /// The commit that takes the change back.
  package struct Revert: Sendable, Codable, Equatable {
    package enum Phase: String, Sendable, Codable { case wanted, pushed, refused }

    package var phase = Phase.wanted
    /// Of each repository.
    package var commits: [String] = []
    package var message = ""
  }

  package var set: String
  /// Counts the set's rollouts, from 1.
  package var number: Int64
  package var phase = Phase.running
  package var reason = Reason.none
  package var message = ""
  package var waiting: Waiting?
  /// Seconds since 1970, as all times here.
  package var createdAt: Double
  package var finishedAt: Double?
  /// `spec.strategy.rollingSync` as it was when this was planned, as JSON.
  package var strategy: String
  /// `revision 1a2b3c4d`, for people.
  package var trigger: String
  /// `llama3 3.1-70b → 3.2-70b on 40 clusters`.
  package var changes: [String]
  package var waves: [RolloutWave]
  package var targets: [RolloutTarget]
  package var wishes = Wishes()
  /// Whether it only takes the set back to what an earlier one brought.
  package var isWayBack = false
  /// Something newer is wanted: nothing more is admitted.
  package var isSuperseded = false
  /// The analysis beside all steps.
  package var background: RolloutGate?
  /// When the sample was taken, or the cluster seen, that made it fail.
  package var failedAt: Double?
  /// When the last touched cluster was back.
  package var restoredAt: Double?
  package var revert: Revert?

  package init(
    set: String, number: Int64, createdAt: Double, strategy: String, trigger: String, changes: [String],
    waves: [RolloutWave], targets: [RolloutTarget]
  ) {
    self.set = set
    self.number = number
    self.createdAt = createdAt
    self.strategy = strategy
    self.trigger = trigger
    self.changes = changes
    self.waves = waves
    self.targets = targets
  }

  /// `edge#3`
  package var name: String { "\(set)#\(number)" }

  /// Where it is: the first wave that has not passed; nil at the end.
  package var currentWave: Int? { waves.firstIndex { $0.phase != .passed } }

  /// Of the rollout, its waves and its clusters.
  package var gates: [RolloutGate] {
    ([background] + waves.map(\.gate) + targets.map(\.gate)).compactMap(\.self)
  }

  package func count(_ phases: Set<RolloutTarget.Phase>) -> Int { targets.count { phases.contains($0.phase) } }

  /// Whether a way back has anything to go back to; Applications that are new have not.
  package var hasWayBack: Bool { targets.contains { $0.wasTouched && $0.from != nil } }

  /// Whether clusters are in the middle of a change.
  package var isMoving: Bool { targets.contains { $0.phase.isInFlight } }

  /// What exit codes and colours go by: a gate failed, or it was taken back.
  package var hasFailed: Bool {
    switch phase {
    case .aborted, .rolledBack, .rollbackFailed, .rollingBack, .aborting: true
    case .paused: reason == .budget || reason == .analysisFailed || reason == .revertConflict
    case .running, .succeeded, .superseded: false
    }
  }
}
