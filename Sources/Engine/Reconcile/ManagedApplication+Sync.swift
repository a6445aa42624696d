import Fleet
import Foundation
import Kubernetes
import Manifest

// MARK: - Syncs, from their beginning to their end

extension ManagedApplication {
  /// How often a failed sync without hooks is tried again when its retries are used up: what was refused may be allowed by
  /// now. In seconds.
  private static let lateRetry = 300.0
  /// More turns than any sync takes at one go.
  private static let mostTurns = 100_000

  /// Begins a sync where one is due, and ends one that is overtaken.
  /// - Returns: seconds until it is worth another look; nil for none.
  func prepareSync(_ pass: SyncPass, _ source: SourceReader.Answer, _ session: ClusterSession) async throws -> Double? {
    let digest = pass.state.digest
    let request = pending
    if let open = syncs.open, request != nil || open.digest != digest.description {
      // A hook of what is taken back is not waited for.
      if staging?.isWayBack == true, request?.id == staging?.request { wantsTermination = true }
      if !wantsTermination, open.phase != .terminating, let hook = await runningHook(of: open, session) {
        waitsFor = "waiting for completion of hook \(hook) before anything newer"
        return 5
      }
      try await supersede(open, by: source.revision, session)
    }
    guard syncs.open == nil else { return nil }
    if application.syncPolicy.has("FailOnSharedResource"), let shared = pass.sharedObject {
      waitsFor = "Shared resource found: \(shared)"
      requested = nil
      return nil
    }
    if let request {
      requested = nil
      try await begin(
        digest, source.revision, source.commits, session, cause: request.cause, actor: request.actor,
        request: request.id, options: request.options)
      return nil
    }
    guard application.syncPolicy.automated != nil, !awaitsRequest, !syncs.holds(digest) else { return nil }
    if !pass.hasWork || (!pass.state.hooks.isEmpty && parent?.synced == digest.description && syncs.lastWhole == nil) {
      if pass.state.isWhole { syncs.adopted = digest }
      return nil
    }
    // Hooks must not run for what can only be applied in part.
    guard pass.state.hooks.isEmpty || pass.state.unplaced.allSatisfy(\.mayBeMissing) else { return nil }
    if let failed = syncs.failed(digest) {
      guard let wait = lateWait(after: failed, pass), wait <= 0 else { return lateWait(after: failed, pass) }
    }
    try await begin(
      digest, source.revision, source.commits, session, cause: .automated, actor: "hub", options: .init())
    return nil
  }

  /// Seconds until a failed sync is begun once more; nil for never.
  private func lateWait(after failed: SyncOperation, _ pass: SyncPass) -> Double? {
    guard pass.state.hooks.isEmpty, application.syncPolicy.retry == nil, let finished = failed.finishedAt else {
      return nil
    }
    return max(0, finished + Self.lateRetry - Date().timeIntervalSince1970)
  }

  func begin(
    _ digest: ContentDigest, _ revision: String, _ commits: [String], _ session: ClusterSession,
    cause: SyncOperation.Cause,
    actor: String, request: String? = nil, options: SyncOperation.Options
  ) async throws {
    let operation = SyncOperation(
      number: syncs.takeNumber(), cluster: session.name.text, digest: digest.description, revision: revision,
      sources: sourcesText(at: commits), cause: cause, actor: actor,
      request: request, options: options, startedAt: Date().timeIntervalSince1970)
    syncs.begin(operation)
    try await services.store.syncs.put(operation, of: name)
  }

  func supersede(_ open: SyncOperation, by revision: String, _ session: ClusterSession) async throws {
    let index = await session.index
    let runner = HookRunner(session: session, client: try client(session), applySet: applySet)
    for (key, result) in open.results where result.isHook {
      guard let live = index[key.id], live.hook?.mark == open.mark(of: key.phase) else { continue }
      if wantsTermination, result.status == .running {
        try await runner.remove(live)
      } else if live.hook?.holdsFinalizer == true {
        try await runner.release(live)
      }
    }
    var open = open
    open.phase = .superseded
    open.finishedAt = Date().timeIntervalSince1970
    open.message = "revision \(revision.prefix(12)) came before it had come to its end"
    try await end(open)
  }

  /// A hook of `operation` that has not ended, and may still take its time.
  private func runningHook(of operation: SyncOperation, _ session: ClusterSession) async -> String? {
    let now = Date().timeIntervalSince1970
    if let timeout = syncTimeout, now - operation.startedAt > timeout { return nil }
    for (key, result) in operation.results.sorted(by: { $0.key < $1.key }) where result.status == .running {
      guard now - result.began <= result.limit ?? Hook.usualTimeout, let live = await session.index[key.id],
        live.hook?.mark == operation.mark(of: key.phase), !live.isDeleting
      else { continue }
      switch await session.health[key.id]?.health ?? .healthy {
      case .healthy, .degraded, .unknown: continue
      case .progressing, .suspended, .missing: return "\(key.id)"
      }
    }
    return nil
  }

  private var syncTimeout: Double? {
    application.annotations[Self.timeoutAnnotation].flatMap(GoDuration.seconds).flatMap { $0 > 0 ? $0 : nil }
  }

  // MARK: Going on

  /// Carries the open sync as far as it goes now.
  /// - Returns: seconds until it is worth another look; nil where it is over, or waits for the cluster.
  func advance(
    _ pass: inout SyncPass, _ session: ClusterSession, phases: Set<HookPhase> = [.preSync, .sync, .postSync]
  ) async throws -> Double? {
    guard var operation = syncs.open else { return nil }
    let machine = SyncMachine(settings: syncSettings(operation, phases))
    let runner = HookRunner(session: session, client: try client(session), applySet: applySet)
    var removed: Set<String> = []
    var look = HookLook()
    var written = operation
    for _ in 0..<Self.mostTurns {
      if wantsTermination, !operation.phase.isOver { operation.phase = .terminating }
      let hooks = await hookRuns(of: operation, phases.union([.syncFail]), look, pass, session)
      let scene = await scene(operation, pass, hooks, removed, session)
      let turn = machine.turn(&operation, scene, now: Date().timeIntervalSince1970)
      syncs.open = operation
      if operation != written, !operation.phase.isOver {
        try await services.store.syncs.put(operation, of: name)
        written = operation
      }
      switch turn {
      case .tryOut(let positions, let keys):
        let tried = hooks.filter { keys.contains($0.key) }
        if try await self.look(at: tried, &look, session) { break }
        if !(await tryOut(positions, tried, &operation, &pass, session)) { return nil }
      case .apply(let positions):
        await take(await applyStep(positions, pass, session), &pass, session)
        let isMoving = note(positions, pass, in: &operation)
        if !isMoving { return nil }
      case .startHooks(let keys):
        let due = hooks.filter { keys.contains($0.key) }
        if try await self.look(at: due, &look, session) { break }
        for run in due { await start(run, &operation, runner, &pass) }
        if keys.contains(where: { operation.results[$0] == nil }) {
          syncs.open = operation
          return nil
        }
      case .releaseHooks(let keys):
        for run in hooks where keys.contains(run.key) {
          if let live = run.live { try await runner.release(live) }
        }
      case .removeHooks(let keys):
        for run in hooks where keys.contains(run.key) {
          guard let live = run.live else { continue }
          try await runner.remove(live)
          removed.insert(live.uid)
          if operation.results[run.key]?.status == .running {
            operation.results[run.key] = .init(.failed, "terminated", isHook: true)
          }
        }
      case .prune(let positions):
        try await prune(positions, &pass, session)
        let isMoving = notePrunes(positions, pass, in: &operation)
        if !isMoving { return nil }
      case .wait(let words, let seconds):
        syncs.open = operation
        waitsFor = words
        return seconds
      case .finish:
        try await end(operation)
        try await tellParent(operation, pass, session)
        await EventWriter(application: name, session: session, logger: services.logger)
          .tell(operation, parentUID: await session.parentUID(of: applySet) ?? "")
        return nil
      }
      syncs.open = operation
    }
    return 1
  }

  private func syncSettings(_ operation: SyncOperation, _ phases: Set<HookPhase>) -> SyncMachine.Settings {
    let isAutomatic = operation.cause == .automated || operation.request != nil
    let retry = application.syncPolicy.retry ?? (isAutomatic ? SyncPolicy.Retry() : nil)
    return .init(retry: retry, timeout: syncTimeout, phases: phases)
  }

  /// Takes in what became of applies.
  /// - Returns: false where the cluster is to blame, and the sync goes on when it can.
  private func note(_ positions: [Int], _ pass: SyncPass, in operation: inout SyncOperation) -> Bool {
    for position in positions {
      let key = SyncOperation.Key(.sync, pass.desired[position].id)
      if pass.wasApplied(position) {
        operation.results[key] = .init(.synced, pass.outcome(of: position))
      } else if let failure = pass.failure(of: position), failure.isTheObjects {
        operation.results[key] = .init(.failed, failure.message)
      }
    }
    return positions.contains { operation.results[SyncOperation.Key(.sync, pass.desired[$0].id)] != nil }
  }

  private func notePrunes(_ positions: [Int], _ pass: SyncPass, in operation: inout SyncOperation) -> Bool {
    var isMoving = false
    for position in positions where pass.prunes.indices.contains(position) {
      let id = pass.prunes[position].id
      if pass.prunedIDs.contains(id) {
        let isLast = prunesLast(pass.prunes[position])
        operation.results[.init(.sync, id)] = .init(
          .pruned, "pruned", wave: isLast ? nil : pass.prunes[position].wave)
        isMoving = true
      } else if let failure = pass.pruneFailure(of: id), failure.isTheObjects {
        operation.results[.init(.sync, id)] = .init(.failed, failure.message)
        isMoving = true
      }
    }
    return isMoving
  }

  private func start(
    _ run: HookRun, _ operation: inout SyncOperation, _ runner: HookRunner, _ pass: inout SyncPass
  ) async {
    do {
      try await runner.start(run.object, name: run.key.name, mark: operation.mark(of: run.key.phase))
      operation.results[run.key] = .init(
        .running, isHook: true, began: Date().timeIntervalSince1970, limit: run.hook.timeout)
    } catch {
      let failure = KubernetesClient.failure(from: error, subject: "hook \(run.key.id)", stage: "apply")
      pass.failed(failure)
      if failure.isTheObjects { operation.results[run.key] = .init(.failed, failure.message, isHook: true) }
    }
  }

  // MARK: The scene

  private func scene(
    _ operation: SyncOperation, _ pass: SyncPass, _ hooks: [HookRun], _ removed: Set<String>, _ session: ClusterSession
  ) async -> SyncScene {
    let (index, health) = (await session.index, await session.health)
    let due = Set(pass.steps.joined())
    var items: [SyncScene.Item] = []
    for object in pass.objects {
      guard let position = object.position, !object.decision.isClaimed else { continue }
      let desired = pass.desired[position]
      let awaits = object.decision == .awaitDeletion
      // Put anew into the place of what is there by every sync that there is: Jobs that shall run again.
      let isRecreated = desired.options.within(SyncOptions(application: application.syncPolicy)).contains([
        .replace, .force,
      ])
      var item = SyncScene.Item(
        position: position, id: object.id, wave: desired.wave, tier: ApplyOrder(wave: 0, kind: object.gvk.kind).tier,
        needsApply: (due.contains(position) || awaits || isRecreated) && operation.covers(object.id))
      item.awaitsDeletion = awaits
      item.health = index[object.id].map { _ in
        desired.ignoresHealth ? HealthReport(.healthy) : health[object.id] ?? HealthReport(.healthy)
      }
      items.append(item)
    }
    let runs = hooks.map { run in
      SyncScene.HookItem(
        position: run.position, key: run.key, wave: run.object.wave, hook: run.hook,
        live: state(of: run, operation, health, removed))
    }
    var scene = SyncScene(
      items: items, hooks: runs, prunes: pruneItems(operation, pass, index),
      prunedWaves: Set(operation.results.values.compactMap(\.wave)))
    scene.liftDependencies(defined: DesiredStateBuilder.definitions(pass.desired))
    return scene
  }

  private func pruneItems(
    _ operation: SyncOperation, _ pass: SyncPass, _ index: LiveIndex
  ) -> [SyncScene.PruneItem] {
    (pass.prunes + pass.leaving).enumerated().compactMap { position, live in
      guard operation.covers(live.id) else { return nil }
      let wasPruned = operation.results[.init(.sync, live.id)]?.status == .pruned
      let now = index[live.id].flatMap { $0.uid == live.uid ? $0 : nil }
      if wasPruned && now == nil { return nil }
      return SyncScene.PruneItem(
        position: position, id: live.id, wave: live.wave, isDeleting: wasPruned || now?.isDeleting ?? true,
        isLast: prunesLast(live))
    }
  }

  private func prunesLast(_ live: LiveObject) -> Bool {
    live.options.within(SyncOptions(application: application.syncPolicy)).contains(.pruneLast)
  }

  // MARK: The end

  private func end(_ operation: SyncOperation) async throws {
    try await services.store.syncs.put(operation, of: name)
    syncs.conclude(operation)
    wantsTermination = false
    try await services.store.syncs.trim(name, keep: application.revisionHistoryLimit)
    if operation.phase == .succeeded { status.lastSync = HubServices.timestamp() }
    let outcome =
      switch operation.phase {
      case .succeeded: "Synced"
      case .superseded: "Superseded"
      case .running, .terminating, .failed: "Failed"
      }
    services.measurements.synced(operation)
    await services.record([
      Fact(
        time: Date(), kind: .sync, application: name, cluster: operation.cluster, actor: operation.actor,
        cause: operation.cause == .automated ? "revision \(operation.revision.prefix(12))" : operation.cause.rawValue,
        outcome: outcome, revision: operation.revision, message: operation.message)
    ])
  }

  /// Writes down in the cluster that the hooks of this state ran, so that a hub without memory does not run them again.
  private func tellParent(_ operation: SyncOperation, _ pass: SyncPass, _ session: ClusterSession) async throws {
    guard operation.phase == .succeeded, operation.runsHooks, !pass.state.hooks.isEmpty, var known = parent,
      known.synced != operation.digest
    else { return }
    known.synced = operation.digest
    try await put(known, session)
  }
}

extension Failure {
  /// Whether the object, or the right to have it, is at fault: trying again at once would not help, and the cluster is well.
  var isTheObjects: Bool {
    [
      "apply.invalid", "cluster.forbidden", "cluster.not-found", "cluster.unsupported", "cluster.unknown-kind",
      "apply.claimed",
    ].contains(
      code)
  }
}
