import Fleet
import Kubernetes
import Manifest

// MARK: - What is tried before a sync begins

extension ManagedApplication {
  /// Tries by dry runs what a sync is about to apply, hooks included, so that none runs for what the server refuses.
  /// - Returns: false where the cluster does not say.
  func tryOut(
    _ positions: [Int], _ hooks: [HookRun], _ operation: inout SyncOperation, _ pass: inout SyncPass,
    _ session: ClusterSession
  ) async -> Bool {
    var outcome: TrialRun.Outcome
    do {
      let look = try await firstLook(positions.map { pass.desired[$0] }, session)
      let (candidates, claims) = await candidates(positions, look, pass, session)
      outcome = try await trial(positions, pass, session).run(candidates + hookCandidates(hooks, operation))
      outcome.refusals.merge(claims) { _, claim in claim }
    } catch {
      outcome = .init(silence: KubernetesClient.failure(from: error, subject: "application \(name)", stage: "apply"))
    }
    if let silence = outcome.silence {
      if silence.saysClusterIsAway { await session.lost(silence) }
      pass.failed(silence)
      return false
    }
    if !hooks.isEmpty {
      for missing in pass.state.unplaced where !missing.mayBeMissing && operation.covers(missing.id) {
        outcome.refusals[.init(.sync, missing.id)] = missing.failure
      }
    }
    take(outcome.refusals, hooks, &operation, &pass)
    return true
  }

  private func take(
    _ refusals: [SyncOperation.Key: Failure], _ hooks: [HookRun], _ operation: inout SyncOperation,
    _ pass: inout SyncPass
  ) {
    let isHook = Set(hooks.map(\.key))
    for (key, failure) in refusals.sorted(by: { $0.key < $1.key }) {
      operation.results[key] = .init(.failed, failure.message, isHook: isHook.contains(key))
      pass.failed(failure, of: key.id)
    }
    operation.trial = refusals.isEmpty ? .passed : .refused
  }

  private func trial(_ positions: [Int], _ pass: SyncPass, _ session: ClusterSession) throws -> TrialRun {
    var trial = TrialRun(session: session, client: try client(session))
    let due = positions.map { pass.desired[$0] }
    trial.definedKinds = Set(DesiredStateBuilder.definedKinds(due.map(\.object)).keys)
    trial.madeNamespaces = Set(due.filter { $0.gvk.groupKind == .namespace }.map(\.object.name))
    return trial
  }

  /// The objects to try, and those that another tool claims.
  private func candidates(
    _ positions: [Int], _ look: AdoptionCheck.Findings, _ pass: SyncPass, _ session: ClusterSession
  ) async -> ([TrialRun.Candidate], [SyncOperation.Key: Failure]) {
    let options = SyncOptions(application: application.syncPolicy)
    let index = await session.index
    var candidates: [TrialRun.Candidate] = []
    var claims: [SyncOperation.Key: Failure] = [:]
    for position in positions {
      let desired = pass.desired[position]
      let key = SyncOperation.Key(.sync, desired.id)
      let live = pass.live[desired.id] ?? index[desired.id] ?? look.found[desired.id]
      if !adopts(desired, live), let claim = claim(on: desired, live, look) { claims[key] = claim }
      candidates.append(
        .init(
          key: key, desired: desired, body: desired.labelled(partOf: applySet, over: live), live: live,
          options: desired.options.within(options)))
    }
    return (candidates, claims)
  }

  private func claim(on desired: DesiredObject, _ live: LiveObject?, _ look: AdoptionCheck.Findings) -> Failure? {
    if live == nil, let refusal = look.refused[desired.id] { return refusal }
    return live?.foreignClaim.map { Self.claimed(desired, $0) }
  }

  private func hookCandidates(_ hooks: [HookRun], _ operation: SyncOperation) -> [TrialRun.Candidate] {
    let options = SyncOptions(application: application.syncPolicy)
    return hooks.map { run in
      let goesFirst = run.live != nil && run.hook.deletePolicies.contains(.beforeHookCreation)
      var candidate = TrialRun.Candidate(
        key: run.key, desired: run.object,
        body: run.object.hookRun(run.key.name, mark: operation.mark(of: run.key.phase), partOf: applySet),
        live: goesFirst ? nil : run.live, options: run.object.options.within(options))
      if goesFirst { candidate.triedName = TrialRun.name(beside: run.key.name) }
      return candidate
    }
  }
}

extension GroupKind {
  fileprivate static let namespace = GroupKind(group: "", kind: "Namespace")
}
