import Fleet
import Foundation
import Kubernetes
import Manifest

/// One Application of the fleet: what it wants, what was applied, how it stands.
///
/// The queue runs one reconcile of it at a time; each looks at the whole state anew.
actor ManagedApplication {
  struct SyncRequest: Sendable {
    var options: SyncOperation.Options
    var approvals: SyncPass.Approvals
    var actor: String
    var cause = SyncOperation.Cause.requested
    /// So that it is not begun twice; nil for a person's.
    var id: String?
  }

  /// Seconds, or as `10m`, after which a sync that is under way is given up.
  static let timeoutAnnotation = "muster.dev/sync-timeout"

  /// Seconds between two looks at what stands elsewhere and may move by itself; it is the mirrors' to say how old that is.
  private static let elsewhereInterval = 60.0

  /// Enough that syncs of single objects do not hide the last one of all.
  private static let rememberedSyncs = 20

  nonisolated let name: String
  nonisolated let applySet: String
  let services: HubServices

  private(set) var application: Application
  /// The ApplicationSet that it comes from; nil for a plain one.
  private(set) var owner: String?
  var status = ApplicationStatus()
  private(set) var isDeleting = false
  /// Nothing is left of it in its cluster.
  private(set) var isDeleted = false
  var deletion = ApplySetParent.Deletion.orphan
  var requested: SyncRequest?
  private var wantsFresh = false
  private var wantsAudit = false
  var approvals = SyncPass.Approvals()
  var governance = Governance()
  /// Whether its cluster is out of service: it is looked at, and nothing of it is applied or removed there.
  private(set) var isCordoned = false
  var syncs = SyncMemory()
  /// Where it is kept since it was taken back; nil while it follows its source.
  var pin: Pin?
  var isPinLoaded = false
  /// What rollouts over its set say of it; nil where none do.
  var staging: Staging?
  /// The version, and the time, that ``status`` is of.
  private(set) var seenVersion: String?
  private(set) var seenAt = 0.0
  private(set) var readVersion: String?
  /// The render that ``status`` is of.
  private(set) var readIdentity: UInt64 = 0
  /// A person wants the sync that is under way to end; heeded at its next turn, wherever it is now.
  var wantsTermination = false
  /// What the sync that is under way waits for; empty for nothing.
  var waitsFor = ""

  var records: [ObjectID: AppliedRecord] = [:]
  var recordsCluster: ClusterName?
  var parent: ApplySetParent?
  private var desiredCache: (identity: UInt64, generation: Int, state: DesiredState)?
  private var generation = 0
  var ledger = HealLedger()
  private var audits: AuditSchedule
  /// What admission rewrites, as far as an answer has told.
  var rewritten: [ObjectID: [String]] = [:]
  var knownNamespaces: Set<String> = []
  var namespaceDrift = NamespaceDrift()
  /// What was last applied to its namespace since the hub started.
  var appliedNamespaceMetadata: SyncPolicy.NamespaceMetadata?
  private var healthBefore: Health?

  init(_ application: Application, owner: String?, services: HubServices) {
    name = application.name
    applySet = HubServices.applySet(of: application.name)
    self.application = application
    self.owner = owner
    self.services = services
    var hasher = ContentHasher()
    hasher.add(application.name)
    audits = AuditSchedule(spread: hasher.digest.high, now: Date().timeIntervalSince1970)
  }

  // MARK: What the hub says

  /// - Returns: whether anything changed.
  func update(_ new: Application, owner: String?) -> Bool {
    let wasDeleting = isDeleting
    isDeleting = false
    isDeleted = false
    self.owner = owner
    guard new != application || wasDeleting else { return false }
    application = new
    generation += 1
    return true
  }

  /// What its source renders to is to be placed anew.
  func forgetDesired() { generation += 1 }

  func delete(_ deletion: ApplySetParent.Deletion) {
    isDeleting = true
    self.deletion = deletion
  }

  func request(_ request: SyncRequest) {
    requested = request
    approvals = request.approvals
  }

  /// Ends the sync that is under way.
  /// - Returns: false where none is.
  func terminate() -> Bool {
    guard syncs.open != nil else { return false }
    wantsTermination = true
    return true
  }

  func refresh(hard: Bool) {
    wantsFresh = true
    wantsAudit = wantsAudit || hard
  }

  /// Shows why nothing can be done at the moment.
  func block(stage: String, _ message: String) {
    status.stage = stage
    status.message = message
    status.sync = .unknown
    status.health = HealthReport(.unknown, message)
    seenAt = Date().timeIntervalSince1970
  }

  // MARK: Reconciling

  func reconcile(
    _ session: ClusterSession, _ governance: Governance = Governance(), isCordoned: Bool = false
  ) async -> Outcome {
    self.governance = governance
    self.isCordoned = isCordoned
    if case .unreachable(let failure) = await session.reachability {
      block(stage: "connect", "cluster \(session.name) does not answer: \(failure.message)")
      return .wait(reason: status.message)
    }
    do {
      try await loadRecords(session)
      if isDeleting {
        let outcome = try await reconcileDeletion(session)
        // It may have come back meanwhile.
        isDeleted = isDeleting && outcome == .done
        return outcome
      }
      return try await reconcileSpec(session)
    } catch {
      return await failed(error, session)
    }
  }

  private func failed(_ error: any Error, _ session: ClusterSession) async -> Outcome {
    if error is CancellationError { return .wait(reason: "stopped") }
    if let first = (error as? Diagnostics)?.all.first ?? error as? Diagnostic {
      fail("render", "ComparisonError", (first.location.map { $0.text + ": " } ?? "") + first.message)
      return .wait(reason: status.message)
    }
    let failure = KubernetesClient.failure(from: error, subject: "application \(name)", stage: status.stage)
    if failure.saysClusterIsAway {
      await session.lost(failure)
      block(stage: "connect", "cluster \(session.name) does not answer: \(failure.message)")
      return .wait(reason: status.message)
    }
    fail(
      failure.stage,
      failure.code.hasPrefix("git.") || failure.code.hasPrefix("source.") ? "ComparisonError" : "SyncError",
      failure.message)
    return .failed(failure)
  }

  private func fail(_ stage: String, _ type: String, _ message: String) {
    status.stage = stage
    status.message = message
    status.sync = .unknown
    // What was said of a cluster that did not answer is over.
    if status.health.health == .unknown { status.health = HealthReport(.unknown) }
    status.conditions = [Condition(type, message)]
    // What a person keeps elsewhere says nothing of the version.
    seenVersion = pin == nil ? readVersion : nil
    seenAt = Date().timeIntervalSince1970
  }

  func loadRecords(_ session: ClusterSession) async throws {
    guard recordsCluster != session.name else { return }
    let applied = try await services.store.appliedObjects.records(application: name, cluster: session.name.text)
    let newest = try await services.store.syncs.newestInShort(of: name, limit: Self.rememberedSyncs)
    // A forecast and a reconcile may both load: what came since the first one must not be undone.
    guard recordsCluster != session.name else { return }
    records = applied
    syncs = SyncMemory(newest: newest.filter { $0.cluster == session.name.text })
    recordsCluster = session.name
    knownNamespaces = []
    appliedNamespaceMetadata = nil
  }

  private func reconcileSpec(_ session: ClusterSession) async throws -> Outcome {
    if isSkipped {
      status.message = "nothing is done while \(Application.skipAnnotation) is set"
      status.conditions = [Condition("ReconcileSkipped", status.message)]
      return .wait(reason: status.message)
    }
    if let refusal = projectRefusal {
      fail("plan", "InvalidSpecError", refusal)
      return .wait(reason: refusal)
    }
    status.stage = "render"
    let fresh = wantsFresh
    wantsFresh = false
    let rendering = Seconds.now
    if requested?.cause == .requested { try await unpin(because: "sync requested") }
    readVersion = staging?.version?.id
    let source = try await readSource(try await pinned(fresh: fresh), fresh: fresh, session)
    readIdentity = source.identity
    services.measurements.staged("render", seconds: Seconds.now - rendering)
    status.stage = "plan"
    parent = try await session.parent(of: applySet)
    if let foreign = foreignHub {
      fail(
        "plan", "ForeignHub",
        "the application is kept by another hub (\(foreign)) in cluster \(session.name); where that hub is no more, start this one with --hub-id \(foreign)"
      )
      return .wait(reason: status.message)
    }
    let state = try await desiredState(source, session)
    if let refusal = objectRefusal(state) {
      fail("plan", "InvalidSpecError", refusal)
      return .wait(reason: refusal)
    }
    let options = syncs.open.flatMap { $0.cause == .automated ? nil : $0.options } ?? pending?.options
    var pass = SyncPass(
      application: application, owner: owner, applySet: applySet, state: state, revision: source.revision,
      request: options, approvals: approvals, hubID: services.hubID)
    try await followKinds(of: state.objects + state.hooks.map(\.object), session)
    let claims = await session.claim(
      state.objects.map(\.id), of: state.digest, for: name, applySet: applySet)
    let outcome = try await run(&pass, source, session, claims)
    if let pinCondition { status.conditions.append(pinCondition) }
    if let orphans = await orphanCondition(session) { status.conditions.append(orphans) }
    if let failure = source.staleBecause {
      status.conditions.append(Condition("RepositoryUnreachable", failure.message))
    }
    return outcome
  }

  /// Reads what `application`, as this one is or would be, is made from: for its cluster, and within its project.
  func readSource(
    _ application: Application, fresh: Bool, _ session: ClusterSession
  ) async throws -> SourceReader.Answer {
    try await services.sources.read(
      application, fresh: fresh, cluster: { try await session.capabilities() },
      permits: governance.sourcePermission(application))
  }

  /// Whether a person has taken it out of Muster's hands for a while.
  var isSkipped: Bool { application.annotations[Application.skipAnnotation] == "true" }

  var foreignHub: String? {
    guard let hub = parent?.hub, !hub.isEmpty, hub != services.hubID else { return nil }
    return hub
  }

  /// Digest of what Git says, as far as it was rendered.
  var desiredDigest: String? { desiredCache?.state.digest.description }

  /// What the sources render to, placed, normalised and with released paths taken out; from before while nothing changed.
  func desiredState(_ source: SourceReader.Answer, _ session: ClusterSession) async throws -> DesiredState {
    if let known = desiredCache, known.identity == source.identity, known.generation == generation {
      return known.state
    }
    let state = try await DesiredStateBuilder.state(of: source.objects, application, in: session)
    // What could not be placed may be served tomorrow: only a whole answer is kept.
    if state.isWhole { desiredCache = (source.identity, generation, state) }
    return state
  }

  func followKinds(of desired: [DesiredObject], _ session: ClusterSession) async throws {
    var resources: [GroupKind: APIResource] = [:]
    for object in desired where resources[object.gvk.groupKind] == nil {
      // A kind that this very sync defines is followed once it is there.
      do {
        resources[object.gvk.groupKind] = try await session.resource(for: object.gvk)
      } catch let failure as Failure where failure.code == "cluster.unknown-kind" {
        continue
      }
    }
    for kind in parent?.groupKinds ?? [] where resources[kind] == nil {
      resources[kind] = try await session.preferred(kind)
    }
    try await session.follow(resources.values.sorted { $0.gvk < $1.gvk })
  }

  private func run(
    _ pass: inout SyncPass, _ source: SourceReader.Answer, _ session: ClusterSession, _ claims: [ObjectID: String]
  ) async throws -> Outcome {
    let planning = Seconds.now
    try await plan(&pass, session, claims)
    services.measurements.staged("plan", seconds: Seconds.now - planning)
    pass.keepPrunes { governance.denies($0.id, of: application) }
    try await lookAtNamespace(pass, session)
    waitsFor = ""
    if let hold = hold(session) {
      waitsFor = hold.condition.message
      await conclude(pass, session)
      status.conditions.append(hold.condition)
      return hold.seconds.map { .again(after: $0) } ?? .done
    }
    var delays = [pass.postponeContested(ledger, now: Seconds.now)]
    delays.append(try await prepareSync(pass, source, session))
    let isSyncing = syncs.open.map { $0.digest == pass.state.digest.description } ?? false
    let rest = isSyncing || syncs.open != nil ? [] : remainder(pass)
    if namespaceDrift.delay > 0 { delays.append(namespaceDrift.delay) }
    if isSyncing || !pass.heals.isEmpty || !rest.isEmpty || mayPrune(pass) || healsNamespace {
      status.stage = "apply"
      let applying = Seconds.now
      defer { services.measurements.staged("apply", seconds: Seconds.now - applying) }
      try await widenParent(pass, session)
      try await ensureNamespace(session, pass)
      try await apply(pass.heals, &pass, session)
      if isSyncing, !pass.failures.contains(where: \.saysClusterIsAway) {
        delays.append(try await advance(&pass, session))
      } else {
        try await apply(rest, &pass, session)
        if mayPrune(pass), pass.failures.isEmpty { try await prune(Array(pass.prunes.indices), &pass, session) }
      }
      await services.record(
        pass.facts(name, session.name.text, actor: syncs.open?.actor ?? syncs.last?.actor ?? "hub"))
    } else {
      // Somebody may have deleted or changed the parent of what is there.
      if !(await session.index).members(of: applySet).isEmpty { try await widenParent(pass, session) }
      try await narrowParent(pass, session)
    }
    if syncs.open == nil && pass.failures.isEmpty { approvals = .init() }
    if pass.hasWritten && pass.failures.isEmpty { status.lastSync = HubServices.timestamp() }
    await conclude(pass, session)
    if let failure = pass.failures.first { return failed(failure, delays) }
    if pass.awaitsDeletion { delays.append(2) }
    // Nobody tells of a push to a repository that only a kustomization names.
    if source.looksElsewhere { delays.append(Self.elsewhereInterval) }
    // What an apply brought about is looked at once more: kinds that it defined, what its parent still names.
    if pass.hasWritten { delays.append(1) }
    return delays.compactMap(\.self).min().map { .again(after: $0) } ?? .done
  }

  /// A sync that is under way knows itself when its next try is due, whatever was refused in this one.
  private func failed(_ failure: Failure, _ delays: [Double?]) -> Outcome {
    guard let soonest = delays.compactMap(\.self).min(), failure.retry == .never || syncs.open?.retryAt != nil else {
      return .failed(failure)
    }
    var failure = failure
    failure.retry = .after(seconds: soonest)
    return .failed(failure)
  }

  /// What is applied without a sync: a sync, or somebody before this hub, brought about this state once.
  private func remainder(_ pass: SyncPass) -> [[Int]] {
    guard application.syncPolicy.automated != nil, syncs.holds(pass.state.digest) else { return [] }
    return pass.leftOver(records)
  }

  /// Whether prunes may happen outside a sync: this state was synced, and what left Git could not go then.
  private func mayPrune(_ pass: SyncPass) -> Bool {
    !pass.prunes.isEmpty && syncs.open == nil && application.syncPolicy.automated?.prune == true
      && syncs.holds(pass.state.digest)
  }

  /// Plans; what ownership alone cannot judge is asked by dry runs, and then planned again.
  private func plan(_ pass: inout SyncPass, _ session: ClusterSession, _ claims: [ObjectID: String]) async throws {
    let unplanned = pass
    let now = Date().timeIntervalSince1970
    let isAudit = wantsAudit || audits.isDue(now: now)
    wantsAudit = false
    pass.plan(index: await session.index, records: records, claims: claims, audits: isAudit)
    if !pass.suspects.isEmpty {
      let answers = await Checker(session: session, client: try client(session), applySet: applySet).check(
        pass.suspects)
      let verdicts = try await take(answers, session)
      pass = unplanned
      pass.plan(index: await session.index, records: records, claims: claims, audits: isAudit, verdicts: verdicts)
    }
    if isAudit && pass.failures.isEmpty { audits.done(now: now) }
  }

  private func take(_ answers: [Checker.Answer], _ session: ClusterSession) async throws -> [ObjectID: Verdict] {
    var verdicts: [ObjectID: Verdict] = [:]
    var put: [AppliedObjects.Key: AppliedRecord] = [:]
    for answer in answers {
      let id = answer.suspect.desired.id
      verdicts[id] = answer.verdict
      if let paths = answer.rewritten { note(rewritten: paths, of: id) }
      if case .failed(let failure) = answer.verdict, failure.saysClusterIsAway { await session.lost(failure) }
      guard answer.verdict == .same else { continue }
      let record = AppliedRecord(answer: answer.suspect.live, desired: answer.suspect.desired.digest)
      if records[id] == record { continue }
      records[id] = record
      put[.init(application: name, cluster: session.name.text, object: id)] = record
    }
    if !put.isEmpty { try await services.store.appliedObjects.put(put) }
    return verdicts
  }

  func note(rewritten paths: [String], of id: ObjectID) { rewritten[id] = paths.isEmpty ? nil : paths }

  // MARK: The ApplySet's parent

  func widenParent(_ pass: SyncPass, _ session: ClusterSession) async throws {
    var wanted = pass.wantedParent
    wanted.synced = parent?.synced ?? ""
    let wide = parent.map { wanted.union($0) } ?? wanted
    if wide != parent { try await put(wide, session) }
  }

  private func narrowParent(_ pass: SyncPass, _ session: ClusterSession) async throws {
    var wanted = pass.wantedParent
    wanted.synced = parent?.synced ?? ""
    guard let parent, parent != wanted, pass.keepsNothingElse else { return }
    try await put(wanted, session)
  }

  func put(_ new: ApplySetParent, _ session: ClusterSession) async throws {
    try await ParentWriter(application: name, session: session).write(new)
    parent = new
  }

  // MARK: Concluding

  private func conclude(_ pass: SyncPass, _ session: ClusterSession) async {
    let index = await session.index
    let health = await session.health
    status = pass.status(
      after: status, index: index, health: health,
      contest: { self.ledger.contest(over: $0, now: Seconds.now) }, rewritten: rewritten,
      operation: syncs.open ?? syncs.last, waitsFor: waitsFor)
    tellNamespaceDrift()
    let now = status.health.health
    if let before = healthBefore, before != now {
      await services.record([
        Fact(
          time: Date(), kind: .health, application: name, cluster: session.name.text, actor: "hub",
          cause: before.rawValue, outcome: now.rawValue, revision: status.revision, message: status.health.message)
      ])
    }
    healthBefore = now
    // What a person keeps elsewhere says nothing of the version.
    seenVersion = pin == nil ? readVersion : nil
    seenAt = Date().timeIntervalSince1970
  }
}
