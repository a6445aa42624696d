import Manifest

/// The conditions of a Rollout (`utils/conditions`).
package struct RolloutConditions: Sendable, Equatable {
  package enum Kind: String, Sendable {
    case progressing = "Progressing"
    case available = "Available"
    case completed = "Completed"
    case healthy = "Healthy"
    case paused = "Paused"
    case replicaFailure = "ReplicaFailure"
    case invalidSpec = "InvalidSpec"
  }

  package enum State: String, Sendable {
    case isTrue = "True"
    case isFalse = "False"
    case unknown = "Unknown"
  }

  package enum Reason {
    package static let aborted = "RolloutAborted"
    package static let timedOut = "ProgressDeadlineExceeded"
    package static let paused = "RolloutPaused"
    package static let resumed = "RolloutResumed"
    package static let retry = "RolloutRetry"
    package static let created = "NewReplicaSetCreated"
    package static let found = "FoundNewReplicaSet"
    package static let updated = "ReplicaSetUpdated"
    package static let notAvailable = "ReplicaSetNotAvailable"
    package static let newAvailable = "NewReplicaSetAvailable"
    package static let createError = "ReplicaSetCreateError"
    package static let available = "AvailableReason"
    package static let completed = "RolloutCompleted"
    package static let healthy = "RolloutHealthy"
    package static let invalidSpec = "InvalidSpec"
  }

  package struct Condition: Sendable, Equatable {
    package var type: String
    package var state: State
    package var reason: String
    package var message: String
    package var lastUpdate: AnalysisTime
    package var lastTransition: AnalysisTime

    package init(_ kind: Kind, _ state: State, _ reason: String, _ message: String, at now: AnalysisTime) {
      type = kind.rawValue
      self.state = state
      self.reason = reason
      self.message = message
      lastUpdate = now
      lastTransition = now
    }

    init?(_ node: Node) {
      guard let type = node["type"]?.string else { return nil }
      self.type = type
      state = node["status"]?.string.flatMap(State.init) ?? .unknown
      reason = node["reason"]?.string ?? ""
      message = node["message"]?.string ?? ""
      lastTransition = node["lastTransitionTime"].time ?? AnalysisTime(seconds: 0)
      lastUpdate = node["lastUpdateTime"].time ?? lastTransition
    }

    var node: Node {
      .mapping([
        "lastTransitionTime": .string(lastTransition.text), "lastUpdateTime": .string(lastUpdate.text),
        "message": .string(message), "reason": .string(reason), "status": .string(state.rawValue),
        "type": .string(type),
      ])
    }
  }

  package private(set) var all: [Condition] = []

  package init() {}

  init(_ node: Node?) { all = (node?.sequence ?? []).compactMap(Condition.init) }

  var node: Node { .sequence(all.map(\.node)) }

  package subscript(kind: Kind) -> Condition? { all.first { $0.type == kind.rawValue } }

  /// Sets a condition whose status or reason is news; the transition's time moves only with the status.
  /// - Returns: whether it was news.
  @discardableResult
  mutating func set(_ condition: Condition) -> Bool {
    let known = all.first { $0.type == condition.type }
    if let known, known.state == condition.state, known.reason == condition.reason { return false }
    var condition = condition
    if let known, known.state == condition.state { condition.lastTransition = known.lastTransition }
    all.removeAll { $0.type == condition.type }
    all.append(condition)
    return true
  }

  mutating func remove(_ kind: Kind) { all.removeAll { $0.type == kind.rawValue } }
}

/// How long an attempt took (`status.duration`).
package struct RolloutDuration: Sendable, Equatable {
  package var startedAt: AnalysisTime?
  package var manualPauseStartedAt: AnalysisTime?
  package var manualPauseSeconds: Int?
  package var finishedAt: AnalysisTime?
  /// `Promoted`, `FastPromoted`, `Aborted`, `Superseded`, `RolledBack`, `FastRolledBack`; empty while it is open.
  package var completion = ""

  package init(startedAt: AnalysisTime) { self.startedAt = startedAt }

  init?(_ node: Node?) {
    guard let node, node.mapping != nil else { return nil }
    startedAt = node["rolloutStartedAt"].time
    manualPauseStartedAt = node["manualPauseStartedAt"].time
    manualPauseSeconds = node["totalManualPauseDurationSeconds"].count
    finishedAt = node["finishedAt"].time
    completion = node["completionStatus"]?.string ?? ""
  }

  var node: Node {
    var mapping = Mapping()
    mapping.set("completionStatus", completion)
    mapping.set("finishedAt", finishedAt)
    mapping.set("manualPauseStartedAt", manualPauseStartedAt)
    mapping.set("rolloutStartedAt", startedAt)
    if let manualPauseSeconds { mapping["totalManualPauseDurationSeconds"] = Node(.int(Int64(manualPauseSeconds))) }
    return .mapping(mapping)
  }

  var isCompleted: Bool { finishedAt != nil }

  /// Ends it by the word that is known already, else by this one.
  mutating func complete(orElse word: String, at now: AnalysisTime) {
    complete(completion.isEmpty ? word : completion, at: now)
  }

  mutating func complete(_ word: String, at now: AnalysisTime) {
    if let paused = manualPauseStartedAt {
      manualPauseSeconds = (manualPauseSeconds ?? 0) + Int(max(0, min(now.seconds - paused.seconds, 1e9)))
      manualPauseStartedAt = nil
    }
    finishedAt = now
    completion = word
  }
}
