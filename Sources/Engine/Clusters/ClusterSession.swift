import Fleet
import HTTPClient
import Kubernetes
import Logging
import Manifest

/// One cluster, as the hub sees it: what it serves, what of ours is in it, whether it answers.
///
/// Every cluster has its own; a dead one waits here and holds up nobody else (DESIGN §3.7).
actor ClusterSession {
  enum Reachability: Sendable, Equatable {
    case unknown
    case reachable(version: String)
    case unreachable(Failure)
  }

  /// What is followed.
  private enum WatchKey: Hashable {
    /// Members of ApplySets of one kind, in one namespace or all.
    case members(GroupKind, namespace: String?)
    /// The ApplySets' parents.
    case parents
    /// One namespace's own metadata.
    case namespace(String)
  }

  private enum WatchState {
    case starting
    case synced
    case failed(Failure)
  }

  private static let probeDeadlines = HTTPDeadlines(connect: 4, firstByte: 4, idle: 4, total: 6)
  /// Seconds that a cluster has to say which one it is.
  private static let identityDeadline = 6.0
  /// How long nothing may be heard of a cluster before it is asked. Longer than the minute between two bookmarks, so that
  /// a healthy cluster is never asked; a host that is gone shows sooner, by what TCP does not hear.
  private static let quietLimit = 75.0

  nonisolated let name: ClusterName
  nonisolated let client: KubernetesClient
  nonisolated let namespaces: [String]
  nonisolated let cordon = Cordon()
  private nonisolated let logger: Logger
  private nonisolated let tell: @Sendable (ClusterNews) -> Void
  /// Watches to begin, and those that have something to say.
  private nonisolated let wanted: AsyncStream<WatchKey>
  private nonisolated let want: AsyncStream<WatchKey>.Continuation

  private(set) var reachability = Reachability.unknown
  /// The uid of `kube-system`, which tells clusters apart whatever they are called; nil where it may not be read.
  private var clusterUID: String?
  private var isIdentified = false
  private(set) var index = LiveIndex()
  private(set) var health: [ObjectID: HealthReport] = [:]
  private var parents = KnownParents()
  private var departed = DepartedObjects()
  private var knownCapabilities: (discovery: Discovery, capabilities: ClusterCapabilities)?
  private var followedNamespaces: [String: FollowedNamespace] = [:]
  private var isStopped = false
  private nonisolated let discovery: ClusterDiscovery
  /// What lies in its namespaces and belongs to nobody.
  nonisolated let orphans: OrphanWatch
  private var watches: [WatchKey: WatchState] = [:]
  private var watchers: [WatchKey: (ListWatcher, GroupVersionKind)] = [:]
  private var resources: [GroupKind: APIResource] = [:]
  private var waiters: [CheckedContinuation<Void, Never>] = []
  private var lastHeard = 0.0
  /// Something broke, and no answer came since.
  private var isDoubted = true
  private var claims = ObjectClaims()
  private let alarm = Alarm()
  private var scripts: SessionScripts
  private let rollouts: RolloutServices?
  /// Ends its wait when the first Application brings a Rollout or an AnalysisRun.
  private nonisolated let rolloutsSeen: AsyncStream<Void>
  private nonisolated let seeRollouts: AsyncStream<Void>.Continuation
  private nonisolated let answers: AsyncStream<ScriptedHealth.News>
  private nonisolated let answer: AsyncStream<ScriptedHealth.News>.Continuation

  init(
    name: ClusterName, client: KubernetesClient, namespaces: [String], logger: Logger,
    scripts: ScriptedHealth = ScriptedHealth(), customizations: HealthCustomizations = HealthCustomizations(),
    rollouts: RolloutServices? = nil,
    tell: @escaping @Sendable (ClusterNews) -> Void
  ) {
    self.name = name
    self.client = client
    let discovery = ClusterDiscovery(client: client)
    self.discovery = discovery
    orphans = OrphanWatch(client: client, logger: logger) { try await discovery.all() }
    self.namespaces = namespaces
    self.logger = logger
    self.tell = tell
    self.scripts = SessionScripts(scripts, customizations)
    self.rollouts = rollouts
    (rolloutsSeen, seeRollouts) = AsyncStream.makeStream(of: Void.self)
    (wanted, want) = AsyncStream.makeStream(of: WatchKey.self)
    (answers, answer) = AsyncStream.makeStream(of: ScriptedHealth.News.self)
  }

  /// Follows the cluster until ``stop()`` or cancellation.
  func run() async {
    watches[.parents] = .starting
    want.yield(.parents)
    scripts.begin { [answer] in answer.yield($0) }
    await withDiscardingTaskGroup { group in
      group.addTask { await self.probe() }
      group.addTask { await self.orphans.run { [tell = self.tell] in tell(.changed(applySets: $0)) } }
      group.addTask { for await answer in self.answers { await self.take(answer) } }
      if let rollouts { group.addTask { await self.runRollouts(rollouts) } }
      for await key in wanted { group.addTask { await self.follow(key) } }
      group.cancelAll()
    }
    isStopped = true
    scripts.end()
    watchers = [:]
    wakeWaiters()
  }

  nonisolated func stop() { want.finish() }

  /// Costs nothing in a cluster without Rollouts and AnalysisRuns of ours.
  private func runRollouts(_ services: RolloutServices) async {
    for await _ in rolloutsSeen { break }
    if Task.isCancelled { return }
    await RolloutController(session: self, services: services, logger: logger).run()
  }

  // MARK: Reachability

  private func probe() async {
    var failures = 0
    let backoff = Backoff(base: 1, factor: 1.6, maximum: 15, jitter: 0.3)
    while !Task.isCancelled {
      let quiet = quietSeconds
      if quiet < Self.quietLimit, case .reachable = reachability {
        await alarm.wait(upTo: .seconds(Self.quietLimit - quiet))
        continue
      }
      let start = Seconds.now
      do {
        let version = try await version()
        // Before anybody is told that it answers: nothing may be done in it twice.
        await identify()
        heard(version)
        failures = 0
      } catch {
        if Task.isCancelled { return }
        // It was heard of while this probe was under way, on a connection that is gone.
        if lastHeard > start { continue }
        failures += 1
        lost(KubernetesClient.failure(from: error, subject: "cluster \(name)", stage: "connect"))
        await alarm.wait(upTo: .seconds(backoff.delay(afterFailures: failures, random: .random(in: 0..<1))))
      }
    }
  }

  /// Seconds since anything was heard of the cluster, as long as there is no doubt about it.
  private var quietSeconds: Double {
    let quiet = Seconds.now - lastHeard
    return isDoubted ? quiet : min(quiet, client.quietSeconds ?? quiet)
  }

  /// Asks on the streams' connection. Where only that one is dead, as after a firewall forgot it, the streams begin again.
  private func version() async throws -> String {
    if case .unreachable = reachability {
      let version = try await client.version(on: .request, deadlines: Self.probeDeadlines)
      if (try? await client.version(on: .watch, deadlines: Self.probeDeadlines)) == nil {
        try await client.endStreams()
      }
      return version
    }
    do {
      return try await client.version(on: .watch, deadlines: Self.probeDeadlines)
    } catch TransportError.deadline(let which, _) where which == .firstByte || which == .total {
      let version = try await client.version(on: .request, deadlines: Self.probeDeadlines)
      try await client.endStreams()
      return version
    }
  }

  /// Finds out which cluster it is, once; where it does not say in time, at the next probe.
  private func identify() async {
    if isIdentified { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.askForUID() }
      group.addTask { try? await Task.sleep(for: .seconds(Self.identityDeadline)) }  // Throws only when cancelled.
      await group.next()
      group.cancelAll()
    }
  }

  private func askForUID() async {
    do {
      let namespace = try await client.send(.get(.namespaces, namespace: nil, name: "kube-system", as: .metadata))
      clusterUID = namespace["metadata"]?["uid"]?.string
      isIdentified = true
    } catch let error as APIError where [.forbidden, .notFound].contains(error.kind) {
      isIdentified = true
    } catch {
      let failure = KubernetesClient.failure(from: error, subject: "cluster \(name)", stage: "connect")
      logger.debug("cluster not identified", metadata: ["cluster": "\(name)", "reason": "\(failure.message)"])
    }
  }

  private func heard(_ version: String) {
    lastHeard = Seconds.now
    isDoubted = false
    if case .reachable = reachability { return }
    reachability = .reachable(version: version)
    logger.info("cluster answers", metadata: ["cluster": "\(name)", "version": "\(version)"])
    wakeWaiters()
    tell(.reachable(clusterUID: clusterUID))
  }

  /// One stream that broke makes no dead cluster: the probe finds out.
  private func doubt() {
    lastHeard = 0
    isDoubted = true
    alarm.ring()
  }

  /// Takes in that the cluster could not be spoken to, whoever found out.
  func lost(_ failure: Failure) {
    lastHeard = 0
    isDoubted = true
    if case .unreachable(let known) = reachability, known == failure { return }
    let wasReachable = if case .unreachable = reachability { false } else { true }
    reachability = .unreachable(failure)
    if wasReachable {
      logger.warning("cluster does not answer", metadata: ["cluster": "\(name)", "reason": "\(failure.message)"])
    }
    wakeWaiters()
    alarm.ring()
    tell(.unreachable(failure))
  }

  // MARK: Discovery

  /// How a kind is served; an unknown one is asked for again, but not at once every time.
  /// - Throws: what the cluster refuses; ``Failure`` `cluster.unknown-kind`.
  nonisolated func resource(for gvk: GroupVersionKind) async throws -> APIResource {
    if let found = try await discovery.resource(for: gvk) { return found }
    let versions = try await discovery.all().versions(of: gvk.groupKind)
    throw Failure(
      "cluster.unknown-kind", subject: "\(gvk)", stage: "discover",
      versions.isEmpty
        ? "the cluster has no kind \(gvk.kind) of group '\(gvk.group)'"
        : "the cluster serves \(gvk.groupKind) in \(versions.joined(separator: ", ")), not \(gvk.version)",
      retry: .backOff)
  }

  /// The kind in the version that the cluster prefers; nil when it has none.
  nonisolated func preferred(_ kind: GroupKind) async throws -> APIResource? { try await discovery.preferred(kind) }

  /// What it serves, as charts may ask for it.
  /// - Throws: as ``KubernetesClient`` does, when nothing was heard yet.
  func capabilities() async throws -> ClusterCapabilities {
    let served = try await discovery.all()
    var version = ""
    if case .reachable(let text) = reachability { version = text } else { version = try await client.version() }
    if let known = knownCapabilities, known.discovery == served, known.capabilities.kubeVersion == version {
      return known.capabilities
    }
    let capabilities = ClusterCapabilities(kubeVersion: version, serving: served)
    knownCapabilities = (served, capabilities)
    return capabilities
  }

  /// Asks anew what is served, since a definition was applied.
  nonisolated func invalidateDiscovery() async { await discovery.invalidate() }

  // MARK: Watching

  /// Follows these kinds from now on, and returns when what is known of them is current.
  /// - Throws: ``Failure`` when one cannot be followed, or the cluster does not answer.
  func follow(_ all: [APIResource]) async throws {
    for resource in all where resource.verbs.contains("watch") {
      resources[resource.gvk.groupKind] = resource
      if [Rollout.groupKind, RolloutWriting.analysisRun].contains(resource.gvk.groupKind) { seeRollouts.finish() }
      for key in keys(of: resource) where watches[key] == nil {
        watches[key] = .starting
        want.yield(key)
      }
    }
    try await currency(of: all.filter { $0.verbs.contains("watch") }.flatMap(keys(of:)))
  }

  private func keys(of resource: APIResource) -> [WatchKey] {
    let kind = resource.gvk.groupKind
    guard resource.isNamespaced, !namespaces.isEmpty else { return [.members(kind, namespace: nil)] }
    return namespaces.map { .members(kind, namespace: $0) }
  }

  /// Returns when what is known of all of `keys` is current.
  private func currency(of keys: [WatchKey]) async throws {
    while let failure = unsynced(keys) {
      if let failure { throw failure }
      await withCheckedContinuation { waiters.append($0) }
      try Task.checkCancellation()
    }
  }

  /// Nil when all are current; a failure when one cannot be; an empty optional when one is still on its way.
  private func unsynced(_ keys: [WatchKey]) -> Failure?? {
    if isStopped {
      return .some(
        Failure(
          "cluster.reconnecting", subject: "cluster \(name)", stage: "watch", "being connected anew", retry: .backOff))
    }
    for key in keys {
      switch watches[key] {
      case .synced: continue
      case .failed(let failure): return .some(failure)
      case .starting, nil:
        if case .unreachable(let failure) = reachability { return .some(failure) }
        return .some(nil)
      }
    }
    return nil
  }

  private func wakeWaiters() {
    let woken = waiters
    waiters = []
    for waiter in woken { waiter.resume() }
  }

  /// Takes in what a watch has to say, until it has nothing more to say for now; it is wanted again when it has.
  private func follow(_ key: WatchKey) async {
    guard !isStopped, let (watcher, gvk) = watcher(of: key) else { return }
    do {
      try await watcher.advance(wake: { [want] in want.yield(key) }) { output in
        // What began anew meanwhile says all of it again.
        if watchers[key]?.0 === watcher { await self.take(output, key, gvk) }
      }
    } catch {
      // Only cancellation ends a watch.
    }
  }

  private func watcher(of key: WatchKey) -> (ListWatcher, GroupVersionKind)? {
    if let known = watchers[key] { return known }
    let fresh: (ListWatcher, GroupVersionKind)
    switch key {
    case .members(let kind, let namespace):
      guard let resource = resources[kind] else { return nil }
      let selection = ListWatcher.Selection(
        resource, namespace: namespace, labelSelector: ApplySetLabel.partOf,
        metadataOnly: !HealthCheck.needsStatus(kind) && scripts.script(for: kind) == nil)
      fresh = (ListWatcher(client, selection), resource.gvk)
    case .parents:
      let selection = ListWatcher.Selection(
        .configMaps, namespace: ApplySetParent.namespace, labelSelector: ApplySetLabel.id, metadataOnly: true)
      fresh = (ListWatcher(client, selection), APIResource.configMaps.gvk)
    case .namespace(let name):
      let selection = ListWatcher.Selection(.namespaces, fieldSelector: "metadata.name=" + name, metadataOnly: true)
      fresh = (ListWatcher(client, selection), APIResource.namespaces.gvk)
    }
    watchers[key] = fresh
    return fresh
  }

  private func take(_ output: WatchMachine.Output, _ key: WatchKey, _ gvk: GroupVersionKind) async {
    switch output {
    case .synced:
      let hadFailed = if case .failed? = watches[key] { true } else { false }
      watches[key] = .synced
      heardByWatch()
      wakeWaiters()
      // Whoever gave up on it may go on.
      if hadFailed { tell(.reachable(clusterUID: clusterUID)) }
      return
    case .interrupted(let interruption): return await interrupted(key, interruption)
    case .replaceAll, .upsert, .delete: lastHeard = Seconds.now
    }
    for kind in scripts.takeOverflowed() { beginAnew(kind) }
    switch key {
    case .members(_, let namespace): takeMembers(output, gvk, namespace)
    case .parents:
      let touched = parents.take(output, gvk)
      if !touched.isEmpty { tell(.parentsChanged(applySets: touched)) }
    case .namespace(let name): takeNamespace(output, name)
    }
  }

  private func takeMembers(_ output: WatchMachine.Output, _ gvk: GroupVersionKind, _ namespace: String?) {
    switch output {
    case .replaceAll(let objects):
      let live = objects.compactMap { LiveObject($0.node, gvk: gvk) }
      let before = health
      for object in objects { assess(object.node, gvk) }
      publish(index.replaceAll(of: gvk.groupKind, namespace: namespace, with: live))
      tellHealth(of: live.map(\.id).filter { health[$0] != before[$0] })
      health = health.filter { $0.key.groupKind != gvk.groupKind || index[$0.key] != nil }
      scripts.forget(gvk.groupKind) { index[$0] != nil }
    case .upsert(let object):
      guard let news = accept(object.node, gvk) else { return }
      publish(news.change)
      if news.change == .none, news.changedHealth, let set = news.live.partOf { tell(.changed(applySets: [set])) }
    case .delete(let object):
      let id = ObjectID(group: gvk.group, kind: gvk.kind, namespace: object.key.namespace, name: object.key.name)
      health[id] = nil
      scripts.forget(id)
      departed.add(uid: object.uid, resourceVersion: object.resourceVersion)
      publish(index.remove(id, uid: object.uid))
    case .synced, .interrupted: break
    }
  }

  private func heardByWatch() {
    lastHeard = Seconds.now
    isDoubted = false
    alarm.ring()
  }

  private func interrupted(_ key: WatchKey, _ interruption: Interruption) async {
    let isSynced = if case .synced? = watches[key] { true } else { false }
    let failure = interruption.failure(subject: "cluster \(name)", stage: "watch")
    switch interruption {
    case .refused(let error) where [.forbidden, .unauthorized, .notFound].contains(error.kind):
      watches[key] = .failed(failure)
      if error.kind == .notFound { await invalidateDiscovery() }
    case .transport where isSynced: doubt()
    case .transport:
      watches[key] = .starting
      lost(failure)
    case .refused, .unreadable, .credentials:
      // What was current once catches up when the watch goes on; what never was must not be waited for in silence.
      if !isSynced { watches[key] = .failed(failure) }
    case .silent: break
    }
    wakeWaiters()
  }

  /// Takes in an object unless something newer of it is known.
  ///
  /// The answer to an apply and the watch race: an old status must not cover a new one.
  private func accept(
    _ node: Node, _ gvk: GroupVersionKind
  ) -> (live: LiveObject, change: LiveIndex.Change, changedHealth: Bool)? {
    if let known = index[LiveObject.id(of: node, gvk: gvk)], known.isState(of: node) {
      let before = health[known.id]
      // An answer of metadata alone has told nothing to the script.
      if scripts.isDue(known.id, version: known.resourceVersion) { assess(node, gvk) }
      return (known, .none, health[known.id] != before)
    }
    guard let live = LiveObject(node, gvk: gvk) else { return nil }
    if let known = index[live.id], known.uid == live.uid, known.isNewer(than: live) { return nil }
    let before = health[live.id]
    assess(node, gvk)
    return (live, index.upsert(live), health[live.id] != before)
  }

  private func assess(_ node: Node, _ gvk: GroupVersionKind) {
    let kind = gvk.groupKind
    let script = scripts.script(for: kind)
    guard script != nil || HealthCheck.needsStatus(kind), let name = node["metadata"]?["name"]?.string else { return }
    let namespace = node["metadata"]?["namespace"]?.string ?? ""
    let id = ObjectID(group: gvk.group, kind: gvk.kind, namespace: namespace, name: name)
    guard let script else {
      health[id] = HealthCheck.assess(node, kind: kind)
      return
    }
    scripts.assess(id, node, script, health: &health[id])
  }

  private func tellHealth(of ids: [ObjectID]) {
    let sets = Set(ids.compactMap { index[$0]?.partOf })
    if !sets.isEmpty { tell(.changed(applySets: sets)) }
  }

  private func publish(_ change: LiveIndex.Change) {
    if case .changed(let applySets) = change { tell(.changed(applySets: applySets)) }
  }

  // MARK: Health scripts

  private func take(_ news: ScriptedHealth.News) {
    switch news {
    case .answer(let answer): take(answer)
    case .again(let kind): if scripts.script(for: kind) != nil { beginAnew(kind) }
    }
  }

  private func take(_ answer: ScriptedHealth.Answer) {
    guard scripts.take(answer) else { return }
    let before = health[answer.id]
    health[answer.id] = answer.report
    if before != answer.report { tellHealth(of: [answer.id]) }
  }

  /// Takes in other health scripts: kinds whose script changed are listed anew, and watched in full or not as they need.
  func customise(_ new: HealthCustomizations) {
    for kind in scripts.customise(new, among: resources.keys) { beginAnew(kind) }
  }

  private func beginAnew(_ kind: GroupKind) {
    scripts.renew(kind)
    if scripts.script(for: kind) == nil, !HealthCheck.needsStatus(kind) {
      let known = health.keys.filter { $0.groupKind == kind }
      for id in known { health[id] = nil }
      tellHealth(of: known)
    }
    for key in watches.keys {
      guard case .members(kind, _) = key else { continue }
      watchers[key] = nil
      want.yield(key)
    }
  }

  // MARK: Parents

  /// The parent of an ApplySet, as the cluster has it; nil when there is none.
  /// - Throws: ``Failure`` when the cluster does not say.
  func parent(of applySet: String) async throws -> ApplySetParent? {
    try await currency(of: [.parents])
    return parents[applySet]?.parent
  }

  /// The uid of an ApplySet's parent; nil while there is none.
  func parentUID(of applySet: String) -> String? { parents[applySet]?.uid }

  /// The parents of all ApplySets in the cluster, whoever keeps them, as far as they are known.
  var knownParents: [ApplySetParent] { parents.all }

  /// Takes in the answer to an apply of ours to a parent, ahead of the watch.
  func noteParent(_ answer: Node) { parents.note(answer) }

  /// Takes in that a parent was deleted, ahead of the watch.
  func forgetParent(of applySet: String) { parents.forget(applySet) }

  // MARK: Namespaces

  /// A namespace's metadata, followed from the first question on; news of it is told to `applySet`.
  /// - Throws: ``Failure`` when the cluster does not say, or does not let it be watched.
  func namespaceMetadata(_ name: String, for applySet: String) async throws -> FollowedNamespace {
    followedNamespaces[name, default: FollowedNamespace()].listeners.insert(applySet)
    if watches[.namespace(name)] == nil {
      watches[.namespace(name)] = .starting
      want.yield(.namespace(name))
    }
    try await currency(of: [.namespace(name)])
    return followedNamespaces[name] ?? FollowedNamespace()
  }

  /// Takes in the answer to an apply of ours to a namespace, ahead of the watch.
  func noteNamespace(_ answer: Node, _ name: String) { followedNamespaces[name]?.take(answer) }

  private func takeNamespace(_ output: WatchMachine.Output, _ name: String) {
    let before = followedNamespaces[name]
    switch output {
    case .replaceAll(let objects):
      followedNamespaces[name]?.live = nil
      for object in objects { followedNamespaces[name]?.take(object.node) }
    case .upsert(let object): followedNamespaces[name]?.take(object.node)
    case .delete: followedNamespaces[name]?.live = nil
    case .synced, .interrupted: break
    }
    if let now = followedNamespaces[name], now.live != before?.live { tell(.changed(applySets: now.listeners)) }
  }

  // MARK: Claims

  /// As ``ObjectClaims`` has it.
  func claim(
    _ ids: [ObjectID], of state: ContentDigest, for application: String, applySet: String
  ) -> [ObjectID: String] {
    claims.claim(
      ids, of: state, for: application, applySet: applySet, in: index,
      owner: { applySet in self.parents[applySet]?.parent.applicationName })
  }

  func dropClaims(of application: String) { claims.drop(application) }

  // MARK: What our own writes tell

  /// Takes in the answer to an apply of ours, ahead of the watch. Whoever applied knows; others who had the object are told.
  func note(_ answer: Node, gvk: GroupVersionKind) -> LiveObject? {
    lastHeard = Seconds.now
    let metadata = answer["metadata"]
    if departed.covers(
      uid: metadata?["uid"]?.string ?? "", resourceVersion: metadata?["resourceVersion"]?.string ?? "")
    {
      return LiveObject(answer, gvk: gvk)
    }
    guard let news = accept(answer, gvk) else { return LiveObject(answer, gvk: gvk) }
    if case .changed(let applySets) = news.change {
      let others = applySets.subtracting([news.live.partOf].compactMap(\.self))
      if !others.isEmpty { tell(.changed(applySets: others)) }
    }
    return news.live
  }

  func noteGone(_ id: ObjectID, uid: String) {
    index.remove(id, uid: uid)
    health[id] = nil
    scripts.forget(id)
  }
}
