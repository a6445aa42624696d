import Fleet
import Foundation
import Kubernetes
import Manifest

// MARK: - What a sync would do

extension ManagedApplication {
  /// Objects asked for at once.
  private static let forecastWidth = 16

  func forecast(
    _ options: SyncOperation.Options, _ approvals: SyncPass.Approvals, _ session: ClusterSession,
    _ governance: Governance
  ) async throws -> SyncForecast {
    self.governance = governance
    var forecast = SyncForecast(revision: "", items: [], problems: [], conditions: [])
    if let projectRefusal {
      forecast.problems = [projectRefusal]
      return forecast
    }
    try await loadRecords(session)
    // A sync that is asked for lets go of an earlier state that a person keeps the Application at, and of none that a rollout
    // does.
    let source = try await readSource(approved, fresh: true, session)
    forecast.revision = source.revision
    let state = try await DesiredStateBuilder.state(of: source.objects, application, in: session)
    if isCordoned { forecast.problems.append(Self.cordoned(session.name)) }
    try await followKinds(of: state.objects + state.hooks.map(\.object), session)
    var pass = SyncPass(
      application: application, owner: owner, applySet: applySet, state: state, revision: source.revision,
      request: options, approvals: approvals, hubID: services.hubID)
    pass.plan(index: await session.index, records: records, claims: [:])
    pass.keepPrunes { governance.denies($0.id, of: application) }
    forecast.conditions = pass.conditions
    forecast.problems += try await problems(of: state, pass, session)
    let covers = { (id: ObjectID) in options.selection.isEmpty || options.selection.contains { $0.matches(id) } }
    forecast.items = try await predictions(pass, options, session, covers) + leavers(pass, covers)
    forecast.items += state.unplaced.filter { !$0.mayBeMissing && covers($0.id) }.map {
      .init(id: $0.id, version: $0.version, action: .refused, message: $0.failure.message)
    }
    forecast.items.sort { $0.id < $1.id }
    if options.selection.isEmpty { forecast.items += hooks(of: state) }
    return forecast
  }

  private func problems(of state: DesiredState, _ pass: SyncPass, _ session: ClusterSession) async throws -> [String] {
    var problems: [String] = []
    if let hub = try await session.parent(of: applySet)?.hub, !hub.isEmpty, hub != services.hubID {
      problems.append("the application is kept by another hub (\(hub))")
    }
    if let refusal = objectRefusal(state) { problems.append(refusal) }
    let window = governance.windows(
      application, now: Int64(Date().timeIntervalSince1970), isManual: true, startedAt: nil)
    if let window, !window.allows { problems.append(window.message) }
    if application.syncPolicy.has("FailOnSharedResource"), let shared = pass.sharedObject {
      problems.append("Shared resource found: \(shared)")
    }
    return problems
  }

  /// One dry run for each object.
  private func predictions(
    _ pass: SyncPass, _ options: SyncOperation.Options, _ session: ClusterSession, _ covers: (ObjectID) -> Bool
  ) async throws -> [SyncForecast.Item] {
    let diff = ApplicationDiff(session: session, client: try client(session), applySet: applySet)
    let index = await session.index
    let wanted = pass.desired.filter { covers($0.id) }
    let look = try await firstLook(wanted.filter { index[$0.id] == nil }, session)
    let claimed = Dictionary(
      pass.objects.compactMap { object in
        if case .claimed(let other) = object.decision { (object.id, other) } else { nil }
      }, uniquingKeysWith: { first, _ in first })
    let all = SyncOptions(application: application.syncPolicy)
    return try await withThrowingTaskGroup(of: SyncForecast.Item.self) { group in
      var items: [SyncForecast.Item] = []
      for (position, desired) in wanted.enumerated() {
        if position >= Self.forecastWidth, let item = try await group.next() { items.append(item) }
        let live = index[desired.id] ?? look.found[desired.id]
        var denial = claimed[desired.id].map { "claimed by \($0)" } ?? governance.denial(of: desired.id, application)
        if denial == nil, !options.adopt, !adopts(desired, live) {
          denial = look.refused[desired.id]?.message ?? live?.foreignClaim.map { Self.claimed(desired, $0).message }
        }
        let isForced = desired.options.within(all).contains(.force)
        group.addTask { [denial] in
          if let denial {
            return .init(id: desired.id, version: desired.gvk.version, action: .refused, message: denial)
          }
          return Self.item(desired, try await diff.prediction(of: desired), diff, isForced: isForced)
        }
      }
      for try await item in group { items.append(item) }
      return items
    }
  }

  private static func item(
    _ desired: DesiredObject, _ prediction: ApplicationDiff.Prediction, _ diff: ApplicationDiff, isForced: Bool
  ) -> SyncForecast.Item {
    var item = SyncForecast.Item(
      id: desired.id, version: desired.gvk.version, action: .unchanged, message: prediction.message)
    switch prediction.kind {
    case .create: item.action = .created
    case .refused where isForced && prediction.live != nil:
      (item.action, item.message) = (.configured, "deleted and created anew")
    case .refused: item.action = .refused
    case .update, .prune: if !diff.diff(of: desired.id, prediction).isEmpty { item.action = .configured }
    }
    return item
  }

  /// What left Git.
  private func leavers(_ pass: SyncPass, _ covers: (ObjectID) -> Bool) -> [SyncForecast.Item] {
    let pruned = Set(pass.prunes.map(\.id))
    return pass.objects.filter { $0.position == nil && covers($0.id) }.compactMap { object in
      var item = SyncForecast.Item(id: object.id, version: object.gvk.version, action: .pruned, message: "")
      switch object.decision {
      case .prune where pruned.contains(object.id): return item
      case .prune: item.message = KeepReason.breaker.rawValue
      case .keep(.notOurs): return nil
      case .keep(let reason): item.message = reason.rawValue
      default: return nil
      }
      item.action = .kept
      return item
    }
  }

  private func hooks(of state: DesiredState) -> [SyncForecast.Item] {
    state.hooks.compactMap { hook in
      let phases = Set(hook.hook.phases).intersection([.preSync, .sync, .postSync, .syncFail])
      if phases.isEmpty { return nil }
      let object = hook.object.object
      let name = object.name.isEmpty ? (object.metadata["generateName"]?.string ?? "") + "*" : object.name
      return .init(
        id: ObjectID(group: object.gvk.group, kind: object.gvk.kind, namespace: object.namespace, name: name),
        version: object.gvk.version, action: .hook, message: phases.sorted().map(\.rawValue).joined(separator: ", "))
    }
  }
}
