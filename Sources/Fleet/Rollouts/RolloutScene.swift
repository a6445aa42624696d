package import Manifest

/// An AnalysisRun of a Rollout, as it stands in the cluster.
package struct RolloutRun: Sendable {
  package let name: String
  package let uid: String
  package let created: AnalysisTime
  package let labels: [String: String]
  /// Empty before it was begun.
  package let phase: String
  package let message: String
  package let isAskedToEnd: Bool
  package let isDeleting: Bool
  package let controller: String?
  /// When it is to go, being over (`spec.ttlStrategy`); nil where it stays.
  package let expiry: AnalysisTime?

  package init?(_ object: Node) {
    guard let metadata = object["metadata"], let name = metadata["name"]?.string, let uid = metadata["uid"]?.string
    else { return nil }
    self.name = name
    self.uid = uid
    created = metadata["creationTimestamp"].time ?? AnalysisTime(seconds: 0)
    labels = metadata["labels"].textMembers
    expiry = Self.expiry(of: object)
    phase = object["status"]?["phase"]?.string ?? ""
    message = object["status"]?["message"]?.string ?? ""
    isAskedToEnd = object["spec"]?["terminate"]?.bool ?? false
    isDeleting = metadata["deletionTimestamp"]?.string != nil
    controller = metadata["ownerReferences"]?.sequence?.first { $0["controller"]?.bool == true }?["uid"]?.string
  }

  package var isCompleted: Bool { AnalysisPhase(rawValue: phase)?.isCompleted ?? false }

  /// More than so many whole seconds after its end (`analysis/analysis.go`, isAnalysisRunTtlExceeded).
  private static func expiry(of object: Node) -> AnalysisTime? {
    guard let strategy = object["spec"]?["ttlStrategy"], let completed = object["status"]?["completedAt"].time,
      let phase = object["status"]?["phase"]?.string.flatMap(AnalysisPhase.init), phase.isCompleted
    else { return nil }
    let own: Int64? =
      switch phase {
      case .successful: strategy["secondsAfterSuccess"]?.int
      case .failed: strategy["secondsAfterFailure"]?.int
      case .error, .inconclusive, .running, .pending: nil
      }
    guard let seconds = own ?? strategy["secondsAfterCompletion"]?.int else { return nil }
    return completed + Double(min(max(seconds, 0), Int64(Int32.max))) + 1
  }

  var reference: RolloutStatus.RunReference { .init(name: name, phase: phase, message: message) }
}

/// A Pod of a Rollout.
package struct RolloutPod: Sendable {
  package let name: String
  package let created: AnalysisTime
  package let isDeleting: Bool
  /// The uid of its ReplicaSet.
  package let controller: String?
  package let labels: [String: String]
  package let annotations: [String: String]
  package let readySince: AnalysisTime?

  package init?(_ object: Node) {
    guard let metadata = object["metadata"], let name = metadata["name"]?.string else { return nil }
    self.name = name
    created = metadata["creationTimestamp"].time ?? AnalysisTime(seconds: 0)
    isDeleting = metadata["deletionTimestamp"]?.string != nil
    controller = metadata["ownerReferences"]?.sequence?.first { $0["controller"]?.bool == true }?["uid"]?.string
    labels = metadata["labels"].textMembers
    annotations = metadata["annotations"].textMembers
    let ready = object["status"]?["conditions"]?.sequence?.first { $0["type"]?.string == "Ready" }
    readySince = ready?["status"]?.string == "True" ? ready?["lastTransitionTime"].time : nil
  }

  func isAvailable(after seconds: Int, at now: AnalysisTime) -> Bool {
    guard let readySince, !isDeleting else { return false }
    return seconds == 0 || readySince + Double(seconds) <= now
  }
}

/// All that is known of a Rollout when it is looked at.
package struct RolloutScene: Sendable {
  package var rollout: Rollout
  /// Those that it owns.
  package var replicaSets: [RolloutReplicaSet]
  /// Those that its selector matches and that nobody owns.
  package var orphans: [RolloutReplicaSet] = []
  /// Those that it owns.
  package var runs: [RolloutRun] = []
  /// Names of AnalysisRuns in its namespace, whoever owns them.
  package var takenRunNames: Set<String> = []
  package var templates: [AnalysisManifest] = []
  /// Why templates that are there cannot be used.
  package var brokenTemplates: [AnalysisTemplateReference: String] = [:]
  /// Why kinds of analyses may not be read.
  package var unreadable: [AnalysisManifest.Kind: String] = [:]
  /// The Services that it refers to and that are there.
  package var services: [String: Node] = [:]
  /// The HTTPRoutes that it refers to and that are there.
  package var routes: [String: Node] = [:]
  /// Nil where they were not asked for (``RolloutMachine/needsPods(_:)``).
  package var pods: [RolloutPod]?
  /// The workload that it refers to, where that is there.
  package var workload: Node?
  /// Rollouts that its Services name and that are not there (any more).
  package var goneRollouts: Set<String> = []
  /// Pods that a budget of disruptions keeps, and when to ask again.
  package var deniedEvictions: [String: AnalysisTime] = [:]
  package var now: AnalysisTime

  package init(rollout: Rollout, replicaSets: [RolloutReplicaSet], now: AnalysisTime) {
    self.rollout = rollout
    self.replicaSets = replicaSets
    self.now = now
  }

  /// Those of its ReplicaSets that its selector does not match (any more).
  var strangers: [RolloutReplicaSet] {
    guard let node = rollout.selector, let selector = try? LabelSelector(node, file: "selector") else { return [] }
    return replicaSets.filter { !$0.isDeleting && !selector.matches($0.labels) }
  }

  /// The generation of the workload that the Rollout takes its template from; empty without one.
  var workloadGeneration: String {
    guard rollout.workload != nil, let workload else { return "" }
    return String(workload["metadata"]?["generation"]?.int ?? 0)
  }
}

/// One thing to do, in the order of the plan.
package enum RolloutAction: Sendable, Equatable {
  case createReplicaSet(Mapping)
  /// A merge patch.
  case patchReplicaSet(String, Mapping)
  case deleteReplicaSet(String, uid: String)
  /// A merge patch of the Rollout itself.
  case patchRollout(Mapping)
  /// A merge patch of a Service.
  case patchService(String, Mapping)
  /// A merge patch of an HTTPRoute.
  case patchRoute(namespace: String, name: String, Mapping)
  case createRun(Mapping)
  case terminateRun(String)
  case deleteRun(String, uid: String)
  /// A merge patch of a Pod.
  case patchPod(String, Mapping)
  case evictPod(String)
  case scaleWorkload(WorkloadReference, Int)
  /// A merge patch of the Rollout's `status`.
  case patchStatus(Mapping)
}

/// A word to the cluster's own users, as an Event on the Rollout.
package struct RolloutEvent: Sendable, Equatable {
  package var reason: String
  package var message: String
  package var isWarning: Bool

  init(_ reason: String, _ message: String, isWarning: Bool = false) {
    self.reason = reason
    self.message = message
    self.isWarning = isWarning
  }
}

/// What a look at a Rollout comes to.
package struct RolloutPlan: Sendable, Equatable {
  package var actions: [RolloutAction] = []
  package var events: [RolloutEvent] = []
  /// When to look again, though nothing changed.
  package var wake: AnalysisTime?

  mutating func wake(at time: AnalysisTime) {
    // Times are written in whole seconds; what is due "after" one is not due at it.
    let due = time + 0.05
    wake = min(wake ?? due, due)
  }
}
