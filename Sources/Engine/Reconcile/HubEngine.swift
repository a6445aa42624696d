package import Fleet
import Foundation
package import HTTPClient
import Kubernetes
package import Logging
package import Manifest

/// The hub's heart: fleet repository in, converged clusters out.
///
/// Holds the roster of Applications and the sessions of clusters, and drives the reconcile queue.
package actor HubEngine {
  package struct Options: Sendable {
    package var hubID: String
    /// Reconciles at once, in all and for one cluster.
    package var width = 256
    package var clusterWidth = 8
    package var userAgent = "muster"
    /// Seconds between two looks at an Application that nothing asked for.
    package var refreshInterval = 300.0

    package init(hubID: String) { self.hubID = hubID }
  }

  private struct Session {
    var cluster: Cluster
    var session: ClusterSession
  }

  private let options: Options
  private let repository: FleetRepository
  private let mirrors: GitMirrors
  private let store: Store
  private let transport: any Transport
  private let connector: ClusterConnector
  private let services: HubServices
  private let logger: Logger
  private let jobs: AsyncStream<@Sendable () async -> Void>
  private let post: AsyncStream<@Sendable () async -> Void>.Continuation
  private let alarm = Alarm()
  private nonisolated let changeLog = ChangeFeed<String>()

  private var queue: ReconcileQueue<String, ClusterName>
  private var roster = Roster()
  private var applications: [String: ManagedApplication] = [:]
  private var bySet: [String: String] = [:]
  private var sessions: [ClusterName: Session] = [:]
  private var connectionProblems: [ClusterName: String] = [:]
  private var snapshot: FleetSnapshot?
  private var overrides: [String: ClusterOverride] = [:]
  private var registered: [Registration] = []
  private var approvals: [String: Int] = [:]
  private var isStarted = false

  package init(
    options: Options, repository: FleetRepository, mirrors: GitMirrors, store: Store, transport: any Transport,
    connector: ClusterConnector, logger: Logger
  ) {
    self.options = options
    self.repository = repository
    self.mirrors = mirrors
    self.store = store
    self.transport = transport
    self.connector = connector
    self.logger = logger
    services = HubServices(
      sources: SourceReader(mirrors: mirrors), store: store, hubID: options.hubID, logger: logger)
    queue = ReconcileQueue(limits: .init(width: options.width, laneWidth: options.clusterWidth))
    (jobs, post) = AsyncStream.makeStream(of: (@Sendable () async -> Void).self)
  }

  /// Runs until cancelled.
  package func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.repository.run() }
      group.addTask { await self.mirrors.run() }
      group.addTask { await self.followRepository() }
      group.addTask { await self.followSources() }
      group.addTask { await self.tick() }
      for await job in jobs { group.addTask { await job() } }
      group.cancelAll()
    }
    for session in sessions.values { session.session.stop() }
  }

  /// Whether the fleet was read once.
  package var isReady: Bool { isStarted }

  /// Names of Applications and `cluster/NAME`s that changed.
  package nonisolated func changes() -> ChangeFeed<String>.Changes { changeLog.changes() }

  // MARK: Following

  private func followRepository() async {
    for await snapshot in repository.snapshots() { await take(snapshot) }
  }

  private func followSources() async {
    for await changed in mirrors.changes() {
      let identities = Set(changed.map(\.identity))
      for (name, application) in applications {
        let sources = await application.application.sources
        if sources.contains(where: { (try? GitURL($0.repoURL)).map { identities.contains($0.identity) } ?? false }) {
          request(name, after: 0)
        }
      }
    }
  }

  private func tick() async {
    while !Task.isCancelled {
      pump()
      let wait = queue.nextWake.map { min(max($0 - Seconds.now, 0), 60) } ?? 60
      await alarm.wait(upTo: .seconds(wait))
    }
  }

  private func pump() {
    for name in queue.advance(now: Seconds.now) {
      post.yield { await self.reconcile(name) }
    }
  }

  private func request(_ name: String, after seconds: Double) {
    guard let lane = roster.cluster(of: name) else { return }
    queue.request(name, lane: lane, at: Seconds.now + seconds)
    if seconds == 0 { pump() }
    alarm.ring()
  }

  private func reconcile(_ name: String) async {
    var outcome = Outcome.done
    if let application = applications[name] {
      if let lane = roster.cluster(of: name), let session = sessions[lane]?.session {
        outcome = await application.reconcile(session)
        if await application.isDeleting, outcome == .done {
          await session.dropClaims(of: name)
          await forget(name)
        }
      } else if await application.isDeleting {
        // Its cluster is gone from the registry: what runs there stays, as in Argo CD.
        await forget(name)
      } else {
        let reason = roster.problem(of: name) ?? "its cluster is not registered"
        await application.block(stage: "registry", reason)
        outcome = .wait(reason: reason)
      }
    }
    if outcome == .done { outcome = .again(after: options.refreshInterval * .random(in: 0.9..<1.1)) }
    queue.finish(name, outcome, now: Seconds.now, random: .random(in: 0..<1))
    changeLog.send([name])
    pump()
    alarm.ring()
  }

  private func forget(_ name: String) async {
    applications[name] = nil
    bySet[HubServices.applySet(of: name)] = nil
    roster.remove(name)
    queue.remove(name)
    do {
      try await store.applicationStates.remove([name])
    } catch {
      logger.error("state not removed", metadata: ["application": "\(name)", "reason": "\(error)"])
    }
  }

  // MARK: The fleet

  private func take(_ snapshot: FleetSnapshot) async {
    self.snapshot = snapshot
    var isWhole = snapshot.isComplete
    do {
      overrides = try await store.clusterOverrides.all()
      registered = try await store.registrations.all()
    } catch {
      // What is not known to be gone stays.
      isWhole = false
      logger.error("registrations not read", metadata: ["reason": "\(error)"])
    }
    let registry = ClusterRegistry.merged(snapshot.content.registry, registered: registered, overrides: overrides)
    await updateSessions(registry, isComplete: isWhole)
    await expand(registry, snapshot, isWhole: isWhole)
    isStarted = true
  }

  /// Reads the fleet again.
  package func refreshFleet() async { if let snapshot { await take(snapshot) } }

  private func updateSessions(_ registry: Registry, isComplete: Bool) async {
    var seen: Set<ClusterName> = []
    for cluster in registry.clusters {
      seen.insert(cluster.name)
      if let known = sessions[cluster.name], known.cluster.isReached(as: cluster) {
        sessions[cluster.name]?.cluster = cluster
        queue.park(cluster.name, cluster.cordoned)
        continue
      }
      sessions[cluster.name]?.session.stop()
      await connect(cluster)
      queue.park(cluster.name, cluster.cordoned)
    }
    // A registry that could not be read whole takes nobody out (DESIGN §3.6).
    guard isComplete else { return }
    for name in Set(sessions.keys).subtracting(seen) {
      sessions[name]?.session.stop()
      sessions[name] = nil
    }
  }

  private func connect(_ cluster: Cluster) async {
    let name = cluster.name
    do {
      let access = try await connector.access(to: cluster)
      let client = KubernetesClient(
        access: access, transport: transport, userAgent: options.userAgent,
        deadlines: HTTPDeadlines(connect: 5, firstByte: 30, idle: 30, total: 60))
      let session = ClusterSession(name: name, client: client, namespaces: cluster.namespaces, logger: logger) { news in
        self.post.yield { await self.take(news, from: name) }
      }
      connectionProblems[name] = nil
      sessions[name] = Session(cluster: cluster, session: session)
      post.yield { await session.run() }
    } catch {
      sessions[name] = nil
      connectionProblems[name] = ClusterFailure.of(error, subject: "cluster \(name)", stage: "connect").message
      logger.warning(
        "cluster cannot be reached", metadata: ["cluster": "\(name)", "reason": "\(connectionProblems[name] ?? "")"])
    }
  }

  private func take(_ news: ClusterNews, from name: ClusterName) async {
    switch news {
    case .changed(let applySets):
      for set in applySets { if let application = bySet[set] { request(application, after: 0) } }
    case .reachable, .unreachable:
      for application in roster.applications(in: name) { request(application, after: 0) }
      changeLog.send(["cluster/" + name.text])
    }
  }

  // MARK: The roster

  private func expand(_ registry: Registry, _ snapshot: FleetSnapshot, isWhole: Bool) async {
    let expander = FleetExpansion(mirrors: mirrors)
    var expanded = await expander.expand(snapshot, registry: registry)
    expanded.isComplete = isWhole
    let update = roster.update(expanded, registry: registry, approvals: approvals)
    for (application, owner) in update.upserts { await upsert(application, owner: owner) }
    for removal in update.removals { await remove(removal) }
    for refusal in update.refusals {
      logger.warning("removal refused", metadata: ["applicationset": "\(refusal.set)", "reason": "\(refusal.reason)"])
    }
  }

  private func upsert(_ application: Application, owner: String?) async {
    if let known = applications[application.name] {
      guard await known.update(application, owner: owner) else { return }
    } else {
      let new = ManagedApplication(application, owner: owner, services: services)
      applications[application.name] = new
      bySet[new.applySet] = application.name
    }
    request(application.name, after: 0)
    if roster.cluster(of: application.name) == nil {
      await applications[application.name]?.block(
        stage: "registry", roster.problem(of: application.name) ?? "its cluster is not registered")
    }
    changeLog.send([application.name])
  }

  private func remove(_ removal: Roster.Removal) async {
    guard let application = applications[removal.name] else { return }
    await application.delete(removal.cascade ? .cascade : .orphan)
    if roster.cluster(of: removal.name) == nil { await forget(removal.name) } else { request(removal.name, after: 0) }
    changeLog.send([removal.name])
  }
}

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
    package var set: ApplicationSet
    package var applications: [String]
    package var problems: [String]
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
      clusterReachable: reachable, status: await application.status, isDeleting: await application.isDeleting)
  }

  package func clusterViews() async -> [ClusterView] {
    var views: [ClusterView] = []
    for cluster in registeredClusters() {
      guard let session = sessions[cluster.name]?.session else {
        views.append(
          ClusterView(
            cluster: cluster, state: "Unreachable", message: connectionProblems[cluster.name] ?? "", objects: 0))
        continue
      }
      let objects = await session.index.count
      switch await session.reachability {
      case .unknown: views.append(ClusterView(cluster: cluster, state: "Unknown", message: "", objects: objects))
      case .reachable(let version):
        views.append(ClusterView(cluster: cluster, state: "Reachable", message: version, objects: objects))
      case .unreachable(let failure):
        views.append(ClusterView(cluster: cluster, state: "Unreachable", message: failure.message, objects: objects))
      }
    }
    return views
  }

  private func registeredClusters() -> [Cluster] {
    guard let snapshot else { return [] }
    return ClusterRegistry.merged(snapshot.content.registry, registered: registered, overrides: overrides).clusters
  }

  package func setViews() -> [SetView] {
    (snapshot?.content.applicationSets ?? []).map { set in
      SetView(set: set, applications: roster.applications(of: set.name), problems: roster.problems(of: set.name))
    }
  }

  /// What is wrong with the fleet repository.
  package var fleetProblems: (diagnostics: [Diagnostic], failures: [Failure]) {
    (snapshot?.diagnostics ?? [], snapshot?.failures ?? [])
  }

  /// Applies everything again now, whatever automation says.
  /// - Returns: false when there is no such Application.
  package func sync(_ name: String, prune: Bool, force: Bool, approvedPrunes: Int, actor: String) async -> Bool {
    guard let application = applications[name] else { return false }
    await application.request(.init(prune: prune, force: force, actor: actor))
    await application.approve(prunes: approvedPrunes)
    request(name, after: 0)
    return true
  }

  /// Looks at the repository and at the cluster's state again now.
  package func refresh(_ name: String) async -> Bool {
    guard let application = applications[name] else { return false }
    await application.refresh()
    request(name, after: 0)
    return true
  }

  /// Agrees to the removal of `count` Applications of a set.
  package func approve(set: String, count: Int) async {
    approvals[set] = count
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
