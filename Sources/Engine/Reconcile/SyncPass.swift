import Fleet
import Foundation
import Manifest

/// One pass over an Application: its plan, what was done, and what came of it. Values only.
struct SyncPass: Sendable {
  let application: Application
  /// The ApplicationSet that it comes from.
  private let owner: String?
  let applySet: String
  let desired: [DesiredObject]
  let revision: String
  private(set) var conditions: [Condition]
  private let request: ManagedApplication.SyncRequest?
  private let approvedPrunes: Int
  private let hubID: String

  /// What is there of what is applied or checked.
  private(set) var live: [ObjectID: LiveObject] = [:]
  private(set) var steps: [[Int]] = []
  /// What a dry run has to tell of before the pass can be planned to its end.
  private(set) var suspects: [Checker.Suspect] = []
  private(set) var prunes: [LiveObject] = []
  private(set) var failures: [Failure] = []
  private(set) var awaitsDeletion = false
  private var objects: [PlannedObject] = []
  private var reasons: [Int: ApplyReason] = [:]
  private var answers: [Int: Applier.Answer] = [:]
  private var messages: [ObjectID: String] = [:]
  private(set) var prunedIDs: Set<ObjectID> = []
  private var postponed: Set<Int> = []

  init(
    application: Application, owner: String?, applySet: String, desired: [DesiredObject], revision: String,
    problems: [Condition],
    request: ManagedApplication.SyncRequest?, approvedPrunes: Int, hubID: String
  ) {
    self.application = application
    self.owner = owner
    self.applySet = applySet
    self.desired = desired
    self.revision = revision
    conditions = problems
    self.request = request
    self.approvedPrunes = approvedPrunes
    self.hubID = hubID
  }

  var hasWork: Bool { !steps.isEmpty || !prunes.isEmpty }

  // MARK: Planning

  /// - Parameter verdicts: what dry runs told of the ``suspects`` of an earlier plan of this pass.
  mutating func plan(
    index: LiveIndex, records: [ObjectID: AppliedRecord], claims: [ObjectID: String], audits: Bool = false,
    verdicts: [ObjectID: Verdict] = [:]
  ) {
    let automated = application.syncPolicy.automated
    let planner = Planner(
      applySet: applySet,
      settings: .init(
        prune: request?.prune ?? automated?.prune ?? false, force: request?.force ?? false, audit: audits),
      live: { index[$0] }, record: { records[$0] }, claimant: { claims[$0] }, verdicts: verdicts)
    let members = index.members(of: applySet)
    let plan = planner.plan(desired: desired, members: members)
    objects = plan.objects
    for object in objects {
      guard let position = object.position else { continue }
      switch object.decision {
      case .apply(let reason):
        reasons[position] = reason
        live[object.id] = index[object.id]
      case .check: live[object.id] = index[object.id]
      case .awaitDeletion: awaitsDeletion = true
      default: break
      }
    }
    for position in plan.checks { suspect(position, verdicts) }
    steps = plan.steps.map { $0.filter { mayApply($0, records) } }.filter { !$0.isEmpty }
    prunes = plan.prunes
    guardPrunes(members: members)
  }

  private mutating func suspect(_ position: Int, _ verdicts: [ObjectID: Verdict]) {
    let id = desired[position].id
    if case .failed(let failure) = verdicts[id] {
      failed(position, failure)
    } else if let live = live[id] {
      suspects.append(.init(desired: desired[position], live: live))
    }
  }

  /// Git's changes are applied when syncing is automated; what drifted only where it heals itself, too.
  private func mayApply(_ position: Int, _ records: [ObjectID: AppliedRecord]) -> Bool {
    if request != nil { return true }
    guard let automated = application.syncPolicy.automated else { return false }
    if automated.selfHeal { return true }
    switch reasons[position] {
    case .unrecorded, .changed: return true
    case .missing: return records[desired[position].id] == nil
    default: return false
    }
  }

  /// A pass that would take too much is not made (DESIGN §3.6).
  private mutating func guardPrunes(members: [LiveObject]) {
    guard !prunes.isEmpty else { return }
    if application.syncPolicy.automated == nil && request == nil {
      prunes = []
      return
    }
    let allowsEmpty = application.syncPolicy.automated?.allowEmpty ?? false
    if desired.isEmpty && !allowsEmpty && approvedPrunes < prunes.count {
      refusePrunes("the source renders nothing, which would remove all \(prunes.count) objects")
    } else if !Breaker.objects.allows(removing: prunes.count, outOf: members.count, approved: approvedPrunes) {
      refusePrunes(
        "\(prunes.count) of \(members.count) objects would be removed, more than the breaker allows (\(Breaker.objects.limit(outOf: members.count)))"
      )
    }
  }

  private mutating func refusePrunes(_ reason: String) {
    conditions.append(
      Condition(
        "PruneRefused", reason + "; to agree: muster app sync \(application.name) --prune --approve \(prunes.count)"))
    prunes = []
  }

  /// Leaves out what is healed again and again until its time has come.
  /// - Returns: seconds until then.
  mutating func postponeContested(_ ledger: HealLedger, now: Double) -> Double? {
    guard request == nil else { return nil }
    var soonest: Double?
    for (position, _) in reasons {
      let delay = ledger.delay(of: desired[position].id, fields: healedFields(position), now: now)
      guard delay > 0 else { continue }
      postponed.insert(position)
      soonest = min(soonest ?? delay, delay)
    }
    if !postponed.isEmpty { steps = steps.map { $0.filter { !postponed.contains($0) } }.filter { !$0.isEmpty } }
    return soonest
  }

  /// The fields that an apply heals, for the ledger; empty where it is no heal.
  func healedFields(_ position: Int) -> [String] {
    switch reasons[position] {
    case .drifted(let lost): lost.isEmpty ? ["*"] : lost.map { FieldPath.text($0) }
    case .ownershipGone: ["managedFields"]
    case .missing where live[desired[position].id] == nil: []
    case .secondHub: ["hub"]
    default: []
    }
  }

  // MARK: Parent

  var wantedParent: ApplySetParent {
    ApplySetParent(
      applicationName: application.name, applicationSet: owner, applySet: applySet,
      groupKinds: Set(desired.map(\.gvk.groupKind)),
      namespaces: Set(desired.map(\.object.namespace).filter { !$0.isEmpty }), hub: hubID,
      deletion: application.deletesResources ? .cascade : .orphan)
  }

  /// Whether no object of ours but the desired ones is left in the cluster.
  var keepsNothingElse: Bool {
    let wanted = Set(desired.map(\.id))
    return objects.allSatisfy { wanted.contains($0.id) || prunedIDs.contains($0.id) } && prunedIDs.isEmpty
  }

  // MARK: What came of it

  mutating func applied(_ position: Int, _ answer: Applier.Answer) { answers[position] = answer }

  mutating func failed(_ position: Int, _ failure: Failure) {
    failures.append(failure)
    messages[desired[position].id] = failure.message
  }

  mutating func pruned(_ live: LiveObject) { prunedIDs.insert(live.id) }

  mutating func failedPrune(_ live: LiveObject, _ failure: Failure) {
    failures.append(failure)
    messages[live.id] = failure.message
  }

  /// What goes into the history.
  func facts(_ name: String, _ cluster: String, started: Date) -> [Fact] {
    var facts: [Fact] = []
    let heals = answers.keys.filter { !healedFields($0).isEmpty || reasons[$0] == .recreated }
    for position in heals.sorted() {
      facts.append(
        Fact(
          time: Date(), kind: .drift, application: name, cluster: cluster, actor: "hub", cause: "drift",
          outcome: "Healed", revision: revision,
          message: "\(desired[position].id): \(healedFields(position).prefix(5).joined(separator: ", "))"))
    }
    if answers.count > heals.count || !failures.isEmpty {
      let reason = request.map { "requested by \($0.actor)" } ?? "revision \(revision.prefix(12))"
      facts.append(
        Fact(
          time: Date(), kind: .sync, application: name, cluster: cluster, actor: request?.actor ?? "hub", cause: reason,
          outcome: failures.isEmpty ? "Synced" : "Failed", revision: revision,
          message: failures.first.map { "\($0.subject): \($0.message)" } ?? "\(answers.count) objects applied"))
    }
    if !prunedIDs.isEmpty {
      facts.append(
        Fact(
          time: Date(), kind: .prune, application: name, cluster: cluster, actor: request?.actor ?? "hub",
          cause: "revision \(revision.prefix(12))", outcome: "Pruned", revision: revision,
          message: prunedIDs.sorted().prefix(10).map(\.description).joined(separator: ", ")))
    }
    return facts
  }

  func status(
    after before: ApplicationStatus, index: LiveIndex, health: [ObjectID: HealthReport],
    contested: (ObjectID) -> [String], rewritten: [ObjectID: [String]]
  ) -> ApplicationStatus {
    var status = ApplicationStatus()
    status.lastSync = before.lastSync
    status.revision = revision
    status.conditions = conditions
    for object in objects {
      let position = object.position
      var resource = resource(object, position, index, health)
      if let position, let answer = answers[position] { tell(answer, object.id, &status, &resource) }
      let disputed = contested(object.id)
      if !disputed.isEmpty {
        status.conditions.append(
          Condition("Contested", "\(object.id): \(disputed.joined(separator: ", ")) is taken again and again"))
      }
      if let paths = rewritten[object.id] {
        status.conditions.append(
          Condition(
            "MutatedByAdmission", "\(object.id): the cluster changes \(paths.joined(separator: ", ")) as it is applied")
        )
      }
      if !(prunedIDs.contains(object.id) && index[object.id] == nil) { status.resources.append(resource) }
    }
    status.resources.sort { $0.id < $1.id }
    let isSynced =
      status.resources.allSatisfy { $0.sync == .synced } && !conditions.contains { $0.type == "UnknownKind" }
    status.sync = isSynced ? .synced : .outOfSync
    status.health = ApplicationStatus.aggregate(status.resources)
    status.stage = failures.isEmpty ? "done" : "apply"
    if let failure = failures.first {
      status.message = "\(failure.subject): \(failure.message)"
      status.conditions.append(Condition("SyncError", status.message))
    } else if !isSynced {
      status.message =
        status.conditions.first?.message ?? status.resources.first { $0.sync != .synced }.map {
          "\($0.id): \($0.message)"
        }
        ?? ""
    }
    return status
  }

  private func tell(
    _ answer: Applier.Answer, _ id: ObjectID, _ status: inout ApplicationStatus, _ resource: inout ResourceStatus
  ) {
    if !answer.retained.isEmpty {
      let text = "\(id): \(answer.retained.joined(separator: ", ")) stays, owned by others"
      status.conditions.append(Condition("Retained", text))
      resource.message = text
    }
    if !answer.extra.isEmpty {
      resource.message = "Extra: " + answer.extra.joined(separator: ", ")
    }
  }

  private func resource(
    _ object: PlannedObject, _ position: Int?, _ index: LiveIndex, _ health: [ObjectID: HealthReport]
  ) -> ResourceStatus {
    let now = index[object.id]
    let report = now == nil ? HealthReport(.missing) : health[object.id] ?? HealthReport(.healthy)
    var sync = SyncStatus.outOfSync
    var message = messages[object.id] ?? ""
    if let position, answers[position] != nil {
      sync = .synced
    } else if message.isEmpty {
      switch object.decision {
      case .unchanged:
        sync = .synced
        if let now {
          let extra = Retained.extra(now)
          if !extra.isEmpty { message = "Extra: " + extra.joined(separator: ", ") }
        }
      case .apply(let reason): message = Self.words(reason)
      case .check:
        sync = .synced
        message = "changed; being checked"
      case .awaitDeletion: message = "being deleted"
      case .claimed(let other): message = "claimed by \(other)"
      case .prune: message = prunedIDs.contains(object.id) ? "being removed" : "no longer in Git"
      case .keep(.notOurs):
        sync = .synced
        message = "carries our label, but is not ours: left alone"
      case .keep(let reason): message = "no longer in Git; kept (\(reason.rawValue))"
      }
    }
    return ResourceStatus(id: object.id, version: object.gvk.version, sync: sync, health: report, message: message)
  }

  private static func words(_ reason: ApplyReason) -> String {
    switch reason {
    case .missing: "missing"
    case .unrecorded: "not applied by this hub yet"
    case .changed: "Git has something new"
    case .drifted(let lost):
      "drifted: "
        + (lost.isEmpty
          ? "changed by another writer" : lost.prefix(5).map { FieldPath.text($0) }.joined(separator: ", "))
    case .ownershipGone: "drifted: managedFields were wiped"
    case .recreated: "created again by somebody else"
    case .secondHub: "somebody else applies as field manager 'muster'"
    case .forced: "asked for"
    }
  }
}
