/// One Application of a rollout: from what to what, and how far.
package struct RolloutTarget: Sendable, Codable, Equatable {
  package enum Phase: String, Sendable, Codable, CaseIterable {
    case queued = "Queued"
    /// Its new state is approved, and its sync asked for.
    case admitted = "Admitted"
    case syncing = "Syncing"
    /// Synced; waits for health, or for its own analysis.
    case verifying = "Verifying"
    case done = "Done"
    case failed = "Failed"
    /// Its cluster did not answer when its turn came: it catches up when it returns.
    case away = "Away"
    case rollingBack = "RollingBack"
    case rolledBack = "RolledBack"
    case rollbackFailed = "RollbackFailed"
    /// It left the set meanwhile.
    case gone = "Gone"

    package var isInFlight: Bool { self == .admitted || self == .syncing || self == .verifying }
    /// Whether its wave waits for nothing more of it.
    package var isSettled: Bool { self == .done || self == .failed || self == .away || self == .gone }
  }

  package enum Reason: String, Sendable, Codable {
    case none = ""
    case notRendered = "RenderFailed"
    case syncFailed = "SyncFailed"
    case timeout = "Timeout"
    case degraded = "Degraded"
    case analysisFailed = "AnalysisFailed"
    case unreachable = "Unreachable"
  }

  package var application: String
  package var cluster: String
  /// The position of its wave.
  package var wave: Int
  /// The version that it had last when all was well; nil for a new one.
  package var from: String?
  /// Nil for what cannot be rendered.
  package var to: String?
  package var phase = Phase.queued
  package var reason = Reason.none
  package var message = ""
  package var attempt = 1
  package var admittedAt: Double?
  package var deadline: Double?
  package var finishedAt: Double?
  /// Since when it is Degraded, or does not answer.
  package var troubledSince: Double?
  package var gate: RolloutGate?
  /// How often its own analysis was begun anew, since it was not well any more; nil for never.
  package var remeasured: Int?
  /// Whether its cluster got, or may have got, anything of the new version.
  package var wasTouched = false
  /// Whether a person, or the strategy, leaves it failed, or away, as it is.
  package var isAccepted = false
  /// Whether it is to be taken back.
  package var goesBack = false
  /// Whether its cluster did not answer on the way back: it goes back when it returns. Nil stands for no.
  package var goesBackLater: Bool?

  /// Whether it counts among those that are away.
  var isMissed: Bool { phase == .away && !isAccepted }

  /// Whether it counts against a budget.
  var isLost: Bool { phase == .failed && !isAccepted }

  package init(application: String, cluster: String, wave: Int, from: String?, to: String?) {
    self.application = application
    self.cluster = cluster
    self.wave = wave
    self.from = from
    self.to = to
  }
}

extension FleetRollout {
  /// The id of the sync that brings a target forward: the same however often it is asked for.
  package func forwardID(of target: RolloutTarget) -> String { "\(name).\(target.attempt)" }

  /// The name of the run that is its own.
  func analysisName(of target: RolloutTarget) -> String {
    "\(name).app:\(target.application).\(target.attempt)" + (target.remeasured.map { "-\($0 + 1)" } ?? "")
  }

  /// The id of the sync that takes it back.
  package func backID(of target: RolloutTarget) -> String { "\(name).back.\(target.attempt)" }

  /// The id of the sync of a cluster that returns when all is over, and of one that went back meanwhile.
  package var lateID: String { name + ".late" }
  package var lateBackID: String { name + ".back.late" }
}
