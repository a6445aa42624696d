package import Fleet
import Kubernetes
package import Manifest

// MARK: - What people ask for

extension HubEngine {
  /// An Application as it stands.
  package struct ApplicationView: Sendable {
    package var application: Application
    package var owner: String?
    package var cluster: Cluster?
    package var clusterReachable: Bool
    package var status: ApplicationStatus
    package var isDeleting: Bool
    /// Whether a sync was asked for that has not begun.
    package var awaitsSync: Bool
    /// What the rollouts of its set say of it; empty for nothing.
    package var rollout: String
  }

  package struct ClusterView: Sendable {
    package var cluster: Cluster
    /// `Reachable`, `Unreachable`, `Unknown`.
    package var state: String
    /// The server's version, or why it does not answer.
    package var message: String
    package var objects: Int
  }

  package struct SetView: Sendable {
    /// The set's name; ``Roster/plain`` stands for the Applications that belong to none.
    package var name: String
    /// Nil for a set that left the fleet repository while its Applications stay.
    package var set: ApplicationSet?
    package var applications: [String]
    package var problems: [String]
    /// Nil for a set that left the fleet repository.
    package var status: ApplicationSetStatus?
    /// How many removals the breaker refuses.
    package var refusedRemovals: Int
    /// How its Applications stand, by name, as many as a status lists; empty where sets are listed.
    package var resources: [SetResource] = []
  }

  package func applicationViews() async -> [ApplicationView] {
    var views: [ApplicationView] = []
    for name in applications.keys.sorted() {
      if let view = await applicationView(name) { views.append(view) }
    }
    return views
  }

  package func applicationView(_ name: String) async -> ApplicationView? {
    guard let application = applications[name] else { return nil }
    let session = roster.cluster(of: name).flatMap { sessions[$0] }
    var reachable = false
    if let session, case .reachable = await session.session.reachability { reachable = true }
    return ApplicationView(
      application: await application.application, owner: await application.owner, cluster: session?.cluster,
      clusterReachable: reachable, status: await application.status, isDeleting: await application.isDeleting,
      awaitsSync: await application.requested != nil, rollout: await rolloutWord(on: name) ?? "")
  }

  /// All that are registered, those that are not used among them.
  package func clusterViews() async -> [ClusterView] {
    var views: [ClusterView] = []
    for cluster in registry.clusters {
      if let reason = duplication(of: cluster.name) {
        views.append(ClusterView(cluster: cluster, state: "Unknown", message: reason, objects: 0))
      } else {
        views.append(await view(of: cluster))
      }
    }
    let shared = registry.sharedServers.map { ($0, registry.cluster(server: $0.server)) }
    let unused: [(Cluster, Cluster?)] = shared + yieldingRegistrations.map { ($0.cluster, $0.other) }
    if unused.isEmpty { return views }
    views += unused.map { cluster, other in
      let reason = other.map { "cluster \($0.name) has its server, and it is not used" } ?? "it is not used"
      return ClusterView(cluster: cluster, state: "Unknown", message: reason, objects: 0)
    }
    return views.sorted { $0.cluster.name < $1.cluster.name }
  }

  private func view(of cluster: Cluster) async -> ClusterView {
    guard let session = sessions[cluster.name]?.session else {
      return ClusterView(
        cluster: cluster, state: "Unreachable", message: connectionProblems[cluster.name] ?? "", objects: 0)
    }
    let objects = await session.index.count
    return switch await session.reachability {
    case .unknown: ClusterView(cluster: cluster, state: "Unknown", message: "", objects: objects)
    case .reachable(let version):
      ClusterView(cluster: cluster, state: "Reachable", message: version, objects: objects)
    case .unreachable(let failure):
      ClusterView(cluster: cluster, state: "Unreachable", message: failure.message, objects: objects)
    }
  }

  /// The sets of the fleet repository, and behind them what left it and has something to be told of.
  package func setViews() -> [SetView] {
    let sets = snapshot?.content.applicationSets ?? []
    let gone = roster.setsWithProblems.subtracting(sets.map(\.name)).sorted()
    return sets.map { view($0.name, $0) } + gone.map { view($0, nil) }
  }

  /// One of ``setViews()``, with how its Applications stand now; nil where there is no such set.
  package func setView(_ name: String) async -> SetView? {
    guard var view = setViews().first(where: { $0.name == name }) else { return nil }
    if let rollout = await rollouts[name]?.rollout { view.status?.tell(of: rollout) }
    let limit = options.maximumStatusResources
    for name in limit == 0 ? view.applications[...] : view.applications.prefix(limit) {
      guard let managed = applications[name] else { continue }
      let (application, status) = (await managed.application, await managed.status)
      view.resources.append(
        SetResource(name: name, namespace: application.namespace, sync: status.sync, health: status.health))
    }
    return view
  }

  private func view(_ name: String, _ set: ApplicationSet?) -> SetView {
    SetView(
      name: name, set: set, applications: roster.applications(of: name), problems: roster.problems(of: name),
      status: setStatuses[name], refusedRemovals: roster.refusals[name]?.count ?? 0)
  }

  /// Why a set expands to what it does.
  /// - Parameter cluster: whose fate is to be told; nil for a look at all.
  /// - Returns: nil where there is no such set.
  package func explanation(of name: String, cluster: Cluster?) async throws -> SetExplanation? {
    guard let set = snapshot?.content.applicationSets.first(where: { $0.name == name }) else { return nil }
    return try await expander.explain(set, cluster: cluster)
  }

  /// What is wrong with the fleet repository, and with clusters that were registered beside it.
  package var fleetProblems: (diagnostics: [Diagnostic], failures: [Failure]) {
    ((snapshot?.diagnostics ?? []) + clusterProblems + [control.problem].compactMap(\.self), snapshot?.failures ?? [])
  }

  /// Begins a sync now, whatever automation says.
  /// - Parameters:
  ///   - approvedPrunes: how many removals were agreed to, beyond what the breaker allows.
  ///   - confirmed: whether prunes that need a person's word have it.
  /// - Returns: why it may have to wait, or brings not what Git has now; nil when there is no such Application.
  package func sync(
    _ name: String, _ options: SyncOperation.Options, approvedPrunes: Int, confirmed: Bool, actor: String
  ) async -> [String]? {
    guard let application = applications[name] else { return nil }
    await admitByHand(name, actor: actor)
    await application.request(
      .init(options: options, approvals: .init(prunes: approvedPrunes, confirmed: confirmed), actor: actor))
    let notes = await obstacles(of: application)
    request(name, after: 0)
    return notes
  }

  /// What keeps an Application from having what Git has, as far as it is known without another look.
  private func obstacles(of application: ManagedApplication) async -> [String] {
    let name = application.name
    if let reason = roster.departure(of: name) { return [reason] }
    guard let cluster = roster.cluster(of: name) else { return [roster.problem(of: name) ?? "it has no cluster"] }
    var notes: [String] = []
    if let session = sessions[cluster]?.session {
      if case .unreachable(let failure) = await session.reachability {
        notes.append("cluster \(cluster) does not answer: \(failure.message)")
      }
    } else {
      notes.append("cluster \(cluster) is out of reach: \(connectionProblems[cluster] ?? "")")
    }
    if sessions[cluster]?.cluster.cordoned == true { notes.append(ManagedApplication.cordoned(cluster)) }
    notes += await application.obstacles(governance)
    if let word = await rolloutWord(on: name) { notes.append(word) }
    return notes
  }

  /// Ends the sync that is under way.
  /// - Returns: nil when there is no such Application, false when nothing is under way.
  package func terminate(_ name: String) async -> Bool? {
    guard let application = applications[name] else { return nil }
    guard await application.terminate() else { return false }
    request(name, after: 0)
    return true
  }

  /// Takes an Application back to an earlier state and keeps it there until its source moves on.
  /// - Parameter target: a sync's number, or the beginning of a revision; nil for the state before this one.
  /// - Returns: the revision; nil when there is no such Application.
  /// - Throws: ``Failure`` `rollback.no-such-sync`.
  package func rollBack(_ name: String, to target: String?, actor: String) async throws -> String? {
    guard let application = applications[name] else { return nil }
    let revision = try await application.rollBack(to: target, actor: actor)
    request(name, after: 0)
    return revision
  }

  /// Takes back in Git what a rollback of an Application took back in its cluster, and pushes that.
  /// - Returns: the commit; nil when there is no such Application.
  /// - Throws: ``Failure`` `git.revert-…` where a person has to do it.
  package func revertInGit(_ name: String, actor: String) async throws -> String? {
    guard let application = applications[name] else { return nil }
    return try await application.revertInGit(actor: actor)
  }

  /// What became of one Application of a set that was taken back.
  package struct SetRollback: Sendable {
    package var application: String
    /// Empty where it stays as it is.
    package var revision: String
    package var problem: String
  }

  /// Takes every Application of a set back to the state before this one.
  /// - Returns: nil when there is no such set.
  /// - Throws: ``Failure`` `rollback.in-waves` for a set that rolls out in waves: that goes back as a whole, with its gates.
  package func rollBack(set name: String, actor: String) async throws(Failure) -> [SetRollback]? {
    guard let view = setViews().first(where: { $0.name == name }) else { return nil }
    if rollouts[name] != nil {
      throw Failure(
        "rollback.in-waves", subject: "set \(name)", stage: "rollback",
        "set \(name) rolls out in waves, and goes back with its rollout", retry: .never)
    }
    var answers: [SetRollback] = []
    for application in view.applications {
      do {
        guard let revision = try await rollBack(application, to: nil, actor: actor) else { continue }
        answers.append(SetRollback(application: application, revision: revision, problem: ""))
      } catch {
        let failure = KubernetesClient.failure(from: error, subject: "application \(application)", stage: "rollback")
        answers.append(SetRollback(application: application, revision: "", problem: failure.message))
      }
    }
    return answers
  }

  /// The syncs of an Application, the newest first.
  package func syncs(of name: String, limit: Int) async throws -> [SyncOperation] {
    try await services.store.syncs.newest(of: name, limit: limit)
  }

  /// Looks at the repository and at the cluster's state again now.
  /// - Parameter hard: audits it: each object is compared with what an apply would make of it, by a dry run.
  package func refresh(_ name: String, hard: Bool = false) async -> Bool {
    guard let application = applications[name] else { return false }
    await application.refresh(hard: hard)
    request(name, after: 0)
    post.yield { await self.lookForNews(of: name) }
    return true
  }

  /// Agrees to the removal of `count` Applications of a set, as ``SetView/name`` calls it.
  package func approve(set: String, count: Int, actor: String) async {
    approvals[set] = count
    await services.record([Self.fact(set, "RemovalApproved", "\(count) applications", "", actor: actor)])
    await refreshFleet()
    approvals[set] = nil
  }

  /// Connects to a cluster anew, since its credentials changed.
  package func reconnect(_ name: ClusterName) async {
    sessions[name]?.session.stop()
    sessions[name] = nil
    await refreshFleet()
  }

  /// How many renders were made since the start.
  package var renderCount: Int { services.sources.renderCount }
}
