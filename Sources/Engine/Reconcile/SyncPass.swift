import Fleet
import Foundation
import Manifest

/// One pass over an Application: its plan, what was done, and what came of it. Values only.
struct SyncPass: Sendable {
  let application: Application
  /// The ApplicationSet that it comes from.
  private let owner: String?
  let applySet: String
  let state: DesiredState
  let revision: String
  private(set) var conditions: [Condition]
  /// What a person asked for; nil where nobody did.
  private let request: SyncOperation.Options?
  private let approvals: Approvals
  private let hubID: String

  /// What a person has agreed to.
  struct Approvals: Sendable {
    var prunes = 0
    /// Prunes of what takes much more with it.
    var confirmed = false
  }

  /// What is there of what is applied or checked.
  private(set) var live: [ObjectID: LiveObject] = [:]
  /// What may be applied without a sync: it was applied before, and somebody changed it.
  private(set) var heals: [[Int]] = []
  /// Everything that an apply would bring to what is desired.
  private(set) var steps: [[Int]] = []
  /// What a dry run has to tell of before the pass can be planned to its end.
  private(set) var suspects: [Checker.Suspect] = []
  private(set) var prunes: [LiveObject] = []
  /// What of ours is not wanted and on its way out.
  private(set) var leaving: [LiveObject] = []
  private(set) var failures: [Failure] = []
  private(set) var awaitsDeletion = false
  private(set) var objects: [PlannedObject] = []
  private var reasons: [Int: ApplyReason] = [:]
  /// What this hub applied before.
  private var recorded: Set<Int> = []
  private var answers: [Int: Applier.Answer] = [:]
  private var messages: [ObjectID: String] = [:]
  private var failed: [ObjectID: Failure] = [:]
  private(set) var prunedIDs: Set<ObjectID> = []
  private var postponed: Set<Int> = []

  init(
    application: Application, owner: String?, applySet: String, state: DesiredState, revision: String,
    request: SyncOperation.Options?, approvals: Approvals, hubID: String
  ) {
    self.application = application
    self.owner = owner
    self.applySet = applySet
    self.state = state
    self.revision = revision
    conditions = state.conditions
    self.request = request
    self.approvals = approvals
    self.hubID = hubID
  }

  var desired: [DesiredObject] { state.objects }

  /// An object that another Application, or another ApplySet, has.
  var sharedObject: ObjectID? { objects.first { $0.decision.isClaimed }?.id }

  /// Whether a sync would change anything.
  var hasWork: Bool { !steps.isEmpty || !prunes.isEmpty }

  /// Whether anything was changed.
  var hasWritten: Bool { !answers.isEmpty || !prunedIDs.isEmpty || !failures.isEmpty }

  func wasApplied(_ position: Int) -> Bool { answers[position] != nil }

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
        prune: request?.prune ?? automated?.prune ?? false, force: request?.force ?? false, audit: audits,
        options: SyncOptions(application: application.syncPolicy), confirmed: approvals.confirmed,
        strict: application.isDriftStrict),
      live: { index[$0] }, record: { records[$0] }, claimant: { claims[$0] }, verdicts: verdicts)
    let members = index.members(of: applySet)
    let plan = planner.plan(desired: desired, members: members)
    objects = plan.objects
    for object in objects {
      guard let position = object.position else { continue }
      switch object.decision {
      case .apply(let reason):
        reasons[position] = reason
        if records[object.id] != nil { recorded.insert(position) }
        live[object.id] = index[object.id]
      case .check: live[object.id] = index[object.id]
      case .awaitDeletion: awaitsDeletion = true
      default: break
      }
    }
    for position in plan.checks { suspect(position, verdicts) }
    steps = plan.steps
    heals = plan.steps.map { $0.filter { isHeal($0, records) } }.filter { !$0.isEmpty }
    prunes = plan.prunes
    leaving = plan.leaving
    if let first = objects.first(where: { $0.decision == .keep(.unconfirmed) }) {
      let count = objects.count { $0.decision == .keep(.unconfirmed) }
      conditions.append(
        Condition(
          "PruneUnconfirmed",
          "waiting for pruning confirmation of \(first.id)\(count > 1 ? " and \(count - 1) more" : ""); to agree: muster app sync \(application.name) --prune --confirm"
        ))
    }
    guardPrunes(members: members.filter { $0.hook == nil })
  }

  private mutating func suspect(_ position: Int, _ verdicts: [ObjectID: Verdict]) {
    let id = desired[position].id
    if case .failed(let failure) = verdicts[id] {
      failed(position, failure)
    } else if let live = live[id] {
      suspects.append(.init(desired: desired[position], live: live))
    }
  }

  /// Whether somebody changed what stands in Git unchanged, and the Application heals itself.
  private func isHeal(_ position: Int, _ records: [ObjectID: AppliedRecord]) -> Bool {
    guard application.syncPolicy.automated?.selfHeal == true else { return false }
    let record = records[desired[position].id]
    guard let record, record.desired == desired[position].digest else { return false }
    switch reasons[position] {
    case .unrecorded, .changed, .forced, nil: return false
    case .missing, .drifted, .ownershipGone, .recreated, .secondHub: return true
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
    if desired.isEmpty && !allowsEmpty && approvals.prunes < prunes.count {
      refusePrunes("the source renders nothing, which would remove all \(prunes.count) objects")
    } else if !Breaker.objects.allows(removing: prunes.count, outOf: members.count, approved: approvals.prunes) {
      refusePrunes(
        "\(prunes.count) of \(members.count) objects would be removed, more than the breaker allows (\(Breaker.objects.limit(outOf: members.count)))"
      )
    }
  }

  /// Leaves alone what its project says no Application of it may touch.
  mutating func keepPrunes(_ isDenied: (LiveObject) -> Bool) {
    let kept = Set(prunes.filter(isDenied).map(\.id))
    if kept.isEmpty { return }
    prunes.removeAll { kept.contains($0.id) }
    for index in objects.indices where kept.contains(objects[index].id) {
      objects[index].decision = .keep(.notPermitted)
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
    if !postponed.isEmpty { heals = heals.map { $0.filter { !postponed.contains($0) } }.filter { !$0.isEmpty } }
    return soonest
  }

  /// The fields that an apply heals, for the ledger; empty where it is no heal.
  func healedFields(_ position: Int) -> [String] {
    switch reasons[position] {
    case .drifted(let lost): lost.isEmpty ? ["*"] : lost.map { FieldPath.text($0) }
    case .ownershipGone: ["managedFields"]
    case .missing: recorded.contains(position) ? ["existence"] : []
    case .recreated: recorded.contains(position) ? ["uid"] : []
    case .secondHub: ["hub"]
    case .unrecorded, .changed, .forced, nil: []
    }
  }

  /// Who holds now what an apply heals, as far as `managedFields` tell: what was deleted nobody holds.
  func takers(_ position: Int) -> [String] {
    guard case .drifted(let lost) = reasons[position], let live = live[desired[position].id] else { return [] }
    let others = live.ownership.others.filter { other in
      other.subresource != "status" && lost.contains { other.fields.touches($0) }
    }
    return Set(others.map(\.manager)).sorted()
  }

  // MARK: Parent

  private var everything: [DesiredObject] { desired + state.hooks.map(\.object) }

  var wantedParent: ApplySetParent {
    var parent = ApplySetParent(
      applicationName: application.name, applicationSet: owner, applySet: applySet,
      groupKinds: Set(everything.map(\.gvk.groupKind)),
      namespaces: Set(everything.map(\.object.namespace).filter { !$0.isEmpty }), hub: hubID,
      deletion: application.deletesResources ? .cascade : .orphan)
    parent.deleteHooks = Set(state.hooks.flatMap(\.hook.phases)).intersection([.preDelete, .postDelete])
    return parent
  }

  /// Whether no object of ours but the desired ones is left in the cluster.
  var keepsNothingElse: Bool {
    let wanted = Set(desired.map(\.id))
    return objects.allSatisfy { wanted.contains($0.id) || prunedIDs.contains($0.id) } && prunedIDs.isEmpty
  }

  // MARK: What came of it

  /// Whether an apply takes back what was left to a Rollout's controller: Git says something new, or a person wants all of it.
  func overrules(_ position: Int) -> Bool {
    switch reasons[position] {
    case .missing, .changed, .recreated, .forced: true
    case .unrecorded, .drifted, .ownershipGone, .secondHub, nil: false
    }
  }

  mutating func applied(_ position: Int, _ answer: Applier.Answer) { answers[position] = answer }

  mutating func failed(_ position: Int, _ failure: Failure) { failed(failure, of: desired[position].id) }

  mutating func failed(_ failure: Failure, of id: ObjectID) {
    failures.append(failure)
    failed[id] = failure
    messages[id] = failure.message
  }

  /// Something failed that is no object of the Application: a hook.
  mutating func failed(_ failure: Failure) { failures.append(failure) }

  func failure(of position: Int) -> Failure? { failed[desired[position].id] }

  func pruneFailure(of id: ObjectID) -> Failure? { failed[id] }

  /// What became of an object that was applied, for the history.
  func outcome(of position: Int) -> String {
    switch reasons[position] {
    case .missing: "created"
    case .changed: "configured"
    case .unrecorded: live[desired[position].id] == nil ? "created or taken over" : "taken over"
    case .forced, nil: "applied again"
    case .drifted(let lost):
      "healed" + (lost.isEmpty ? "" : ": " + lost.prefix(5).map { FieldPath.text($0) }.joined(separator: ", "))
    case .ownershipGone, .secondHub: "taken back"
    case .recreated: "taken over, since somebody made it anew"
    }
  }

  /// Everything that is not healed without a sync and may be applied without one, since a sync brought it about once.
  func leftOver(_ records: [ObjectID: AppliedRecord]) -> [[Int]] {
    steps.map { step in
      step.filter { position in
        switch reasons[position] {
        case .unrecorded, .changed: true
        case .missing: records[desired[position].id] == nil
        default: false
        }
      }
    }.filter { !$0.isEmpty }
  }

  mutating func pruned(_ live: LiveObject) { prunedIDs.insert(live.id) }

  mutating func failedPrune(_ live: LiveObject, _ failure: Failure) { failed(failure, of: live.id) }

  /// What was healed and removed, for the history.
  func facts(_ name: String, _ cluster: String, actor: String) -> [Fact] {
    var facts: [Fact] = []
    let heals = answers.keys.filter { !healedFields($0).isEmpty }
    for position in heals.sorted() {
      facts.append(
        Fact(
          time: Date(), kind: .drift, application: name, cluster: cluster, actor: "hub", cause: "drift",
          outcome: "Healed", revision: revision,
          message: "\(desired[position].id): \(healedFields(position).prefix(5).joined(separator: ", "))"
            + (takers(position).isEmpty ? "" : ", taken by \(takers(position).joined(separator: ", "))")))
    }
    if !prunedIDs.isEmpty {
      facts.append(
        Fact(
          time: Date(), kind: .prune, application: name, cluster: cluster, actor: actor,
          cause: "revision \(revision.prefix(12))", outcome: "Pruned", revision: revision,
          message: prunedIDs.sorted().prefix(10).map(\.description).joined(separator: ", ")))
    }
    return facts
  }

  func status(
    after before: ApplicationStatus, index: LiveIndex, health: [ObjectID: HealthReport],
    contest: (ObjectID) -> Contest?, rewritten: [ObjectID: [String]], operation: SyncOperation?, waitsFor: String
  ) -> ApplicationStatus {
    var status = ApplicationStatus()
    status.lastSync = before.lastSync
    status.operation = operation
    status.revision = revision
    status.conditions = conditions
    for object in objects {
      let position = object.position
      var resource = resource(object, position, index, health)
      if let position, let answer = answers[position] { tell(answer, object.id, &status, &resource) }
      if case .claimed(let other) = object.decision {
        status.conditions.append(Condition("SharedResourceWarning", "\(object.id) is part of \(other)"))
      }
      if let contest = contest(object.id) {
        status.contests.append(contest)
        status.conditions.append(Condition("Contested", contest.words))
      }
      if let paths = rewritten[object.id] {
        status.conditions.append(
          Condition(
            "MutatedByAdmission", "\(object.id): the cluster changes \(paths.joined(separator: ", ")) as it is applied")
        )
      }
      if !(prunedIDs.contains(object.id) && index[object.id] == nil) { status.resources.append(resource) }
    }
    status.resources += state.unplaced.map {
      ResourceStatus(
        id: $0.id, version: $0.version, sync: .outOfSync, health: HealthReport(.missing), message: $0.failure.message)
    }
    status.resources.sort { $0.id < $1.id }
    let isSynced = status.resources.allSatisfy { $0.sync == .synced }
    status.sync = isSynced ? .synced : .outOfSync
    let unjudged = Set(desired.filter(\.ignoresHealth).map(\.id))
    status.health = ApplicationStatus.aggregate(status.resources.filter { !unjudged.contains($0.id) })
    status.stage = failures.isEmpty ? "done" : "apply"
    if let failure = failures.first {
      status.message = "\(failure.subject): \(failure.message)"
      status.conditions.append(Condition("SyncError", status.message))
    } else if let operation, operation.isInTrouble, operation.digest == state.digest.description {
      status.message = operation.message
      status.conditions.append(Condition("SyncError", status.message))
    } else if !waitsFor.isEmpty {
      status.message = waitsFor
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
      if position == nil, now?.options.contains(.ignoredWhenExtra) == true { sync = .synced }
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
