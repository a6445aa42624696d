import Fleet
import HTTPClient
import Kubernetes
import Logging
import Manifest

/// What a session tells the hub.
enum ClusterNews: Sendable {
  case reachable
  case unreachable(Failure)
  /// Something of these ApplySets changed in the cluster.
  case changed(applySets: Set<String>)
}

/// One cluster, as the hub sees it: what it serves, what of ours is in it, whether it answers.
///
/// Every cluster has its own; a dead one waits here and holds up nobody else (DESIGN §3.7).
actor ClusterSession {
  enum Reachability: Sendable, Equatable {
    case unknown
    case reachable(version: String)
    case unreachable(Failure)
  }

  /// A kind that is followed, in one namespace or all.
  private struct WatchKey: Hashable {
    var kind: GroupKind
    var namespace: String?
  }

  private enum WatchState {
    case starting
    case synced
    case failed(Failure)
  }

  private static let probeDeadlines = HTTPDeadlines(connect: 4, firstByte: 4, idle: 4, total: 6)
  /// How long nothing may be heard of a cluster before it is asked.
  private static let quietLimit = 30.0

  nonisolated let name: ClusterName
  nonisolated let client: KubernetesClient
  private nonisolated let namespaces: [String]
  private nonisolated let logger: Logger
  private nonisolated let tell: @Sendable (ClusterNews) -> Void
  private nonisolated let wanted: AsyncStream<WatchKey>
  private nonisolated let want: AsyncStream<WatchKey>.Continuation

  private(set) var reachability = Reachability.unknown
  private(set) var index = LiveIndex()
  private(set) var health: [ObjectID: HealthReport] = [:]
  private nonisolated let discovery: ClusterDiscovery
  private var watches: [WatchKey: WatchState] = [:]
  private var resources: [GroupKind: APIResource] = [:]
  private var waiters: [CheckedContinuation<Void, Never>] = []
  private var lastHeard = 0.0
  /// An object has one claimant per cluster: with one field manager the server reports no conflict between two of ours.
  private var claims: [ObjectID: String] = [:]
  private let alarm = Alarm()

  init(
    name: ClusterName, client: KubernetesClient, namespaces: [String], logger: Logger,
    tell: @escaping @Sendable (ClusterNews) -> Void
  ) {
    self.name = name
    self.client = client
    discovery = ClusterDiscovery(client: client)
    self.namespaces = namespaces
    self.logger = logger
    self.tell = tell
    (wanted, want) = AsyncStream.makeStream(of: WatchKey.self)
  }

  /// Follows the cluster until ``stop()`` or cancellation.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.probe() }
      for await key in wanted { group.addTask { await self.follow(key) } }
      group.cancelAll()
    }
    wakeWaiters()
  }

  nonisolated func stop() { want.finish() }

  // MARK: Reachability

  private func probe() async {
    var failures = 0
    let backoff = Backoff(base: 1, factor: 1.6, maximum: 15, jitter: 0.3)
    while !Task.isCancelled {
      if Seconds.now - lastHeard < Self.quietLimit, case .reachable = reachability {
        await alarm.wait(upTo: .seconds(Self.quietLimit))
        continue
      }
      do {
        let version = try await client.with(deadlines: Self.probeDeadlines).send(APIRequest(path: "/version"))
        failures = 0
        heard(version["gitVersion"]?.string ?? "unknown version")
      } catch {
        if Task.isCancelled { return }
        failures += 1
        lost(ClusterFailure.of(error, subject: "cluster \(name)", stage: "connect"))
        await alarm.wait(upTo: .seconds(backoff.delay(afterFailures: failures, random: .random(in: 0..<1))))
      }
    }
  }

  private func heard(_ version: String) {
    lastHeard = Seconds.now
    if case .reachable = reachability { return }
    reachability = .reachable(version: version)
    logger.info("cluster answers", metadata: ["cluster": "\(name)", "version": "\(version)"])
    wakeWaiters()
    tell(.reachable)
  }

  /// Takes in that the cluster could not be spoken to, whoever found out.
  func lost(_ failure: Failure) {
    lastHeard = 0
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

  /// Asks anew what is served, since a definition was applied.
  nonisolated func invalidateDiscovery() async { await discovery.invalidate() }

  /// The parents of all ApplySets in the cluster, whoever keeps them.
  func parents() async throws -> [ApplySetParent] {
    let list = try await client.list(
      .configMaps, namespace: ApplySetParent.namespace, labelSelector: ApplySetLabel.id, metadataOnly: true)
    return list.items.compactMap { ApplySetParent($0.node) }
  }

  // MARK: Watching

  /// Follows these kinds from now on, and returns when what is known of them is current.
  /// - Throws: ``Failure`` when one cannot be followed, or the cluster does not answer.
  func follow(_ all: [APIResource]) async throws {
    for resource in all where resource.verbs.contains("watch") {
      resources[resource.gvk.groupKind] = resource
      for key in keys(of: resource) where watches[key] == nil {
        watches[key] = .starting
        want.yield(key)
      }
    }
    let keys = all.filter { $0.verbs.contains("watch") }.flatMap(keys(of:))
    while let failure = try unsynced(keys) {
      if let failure { throw failure }
      await withCheckedContinuation { waiters.append($0) }
      try Task.checkCancellation()
    }
  }

  private func keys(of resource: APIResource) -> [WatchKey] {
    let kind = resource.gvk.groupKind
    guard resource.isNamespaced, !namespaces.isEmpty else { return [WatchKey(kind: kind, namespace: nil)] }
    return namespaces.map { WatchKey(kind: kind, namespace: $0) }
  }

  /// Nil when all are current; a failure when one cannot be; an empty optional when one is still on its way.
  private func unsynced(_ keys: [WatchKey]) throws -> Failure?? {
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

  private func follow(_ key: WatchKey) async {
    guard let resource = resources[key.kind] else { return }
    let selection = ListWatcher.Selection(
      resource, namespace: key.namespace, labelSelector: ApplySetLabel.partOf,
      metadataOnly: !HealthCheck.needsStatus(key.kind))
    let watcher = ListWatcher(client, selection)
    do {
      try await watcher.run { output in await self.take(output, key, resource.gvk) }
    } catch {
      // Only cancellation ends a watch.
    }
  }

  private func take(_ output: WatchMachine.Output, _ key: WatchKey, _ gvk: GroupVersionKind) async {
    switch output {
    case .replaceAll(let objects):
      lastHeard = Seconds.now
      let live = objects.compactMap { LiveObject($0.node, gvk: gvk) }
      for object in objects { assess(object.node, gvk) }
      publish(index.replaceAll(of: key.kind, namespace: key.namespace, with: live))
    case .upsert(let object):
      lastHeard = Seconds.now
      guard let live = accept(object.node, gvk) else { return }
      if let set = live.partOf { tell(.changed(applySets: [set])) }
    case .delete(let object):
      lastHeard = Seconds.now
      let id = ObjectID(group: gvk.group, kind: gvk.kind, namespace: object.key.namespace, name: object.key.name)
      health[id] = nil
      publish(index.remove(id, uid: object.uid))
    case .synced:
      watches[key] = .synced
      heardByWatch()
      wakeWaiters()
    case .interrupted(let interruption): await interrupted(key, interruption)
    }
  }

  private func heardByWatch() {
    lastHeard = Seconds.now
    alarm.ring()
  }

  private func interrupted(_ key: WatchKey, _ interruption: Interruption) async {
    switch interruption {
    case .refused(let error) where [.forbidden, .unauthorized, .notFound].contains(error.kind):
      watches[key] = .failed(error.failure(subject: "\(key.kind)", stage: "watch"))
      if error.kind == .notFound { await invalidateDiscovery() }
    case .transport(let error):
      if case .synced? = watches[key] {} else { watches[key] = .starting }
      lost(ClusterFailure.of(error, subject: "cluster \(name)", stage: "watch"))
    default: break
    }
    wakeWaiters()
  }

  /// Takes in an object unless something newer of it is known.
  ///
  /// The answer to an apply and the watch race: an old status must not cover a new one.
  private func accept(_ node: Node, _ gvk: GroupVersionKind) -> LiveObject? {
    guard let live = LiveObject(node, gvk: gvk) else { return nil }
    if let known = index[live.id], known.uid == live.uid, known.isNewer(than: live) { return nil }
    assess(node, gvk)
    publish(index.upsert(live))
    return live
  }

  private func assess(_ node: Node, _ gvk: GroupVersionKind) {
    guard HealthCheck.needsStatus(gvk.groupKind), let name = node["metadata"]?["name"]?.string else { return }
    let namespace = node["metadata"]?["namespace"]?.string ?? ""
    let id = ObjectID(group: gvk.group, kind: gvk.kind, namespace: namespace, name: name)
    health[id] = HealthCheck.assess(node, kind: gvk.groupKind)
  }

  private func publish(_ change: LiveIndex.Change) {
    if case .changed(let applySets) = change { tell(.changed(applySets: applySets)) }
  }

  // MARK: Claims

  /// Makes `application` the claimant of what nobody else has claimed, and of nothing else.
  ///
  /// Where an object is a member of an ApplySet already, that decides, not who comes first after a restart.
  /// - Returns: the claimants of the rest, but for what the members' labels say.
  func claim(_ ids: [ObjectID], for application: String, applySet: String) -> [ObjectID: String] {
    let wanted = Set(ids)
    claims = claims.filter { $0.value != application || wanted.contains($0.key) }
    var taken: [ObjectID: String] = [:]
    for id in ids {
      let member = index[id].flatMap { $0.ownsPartOf ? $0.partOf : nil }
      if let member, member != applySet {
        if claims[id] == application { claims[id] = nil }
      } else if member == nil, let other = claims[id], other != application {
        taken[id] = "application " + other
      } else {
        claims[id] = application
      }
    }
    return taken
  }

  func dropClaims(of application: String) { claims = claims.filter { $0.value != application } }

  // MARK: What our own writes tell

  /// Takes in the answer to an apply of ours, ahead of the watch.
  func note(_ answer: Node, gvk: GroupVersionKind) -> LiveObject? {
    lastHeard = Seconds.now
    return accept(answer, gvk) ?? LiveObject(answer, gvk: gvk)
  }

  func noteGone(_ id: ObjectID, uid: String) {
    index.remove(id, uid: uid)
    health[id] = nil
  }
}

/// Seconds that do not go back.
enum Seconds {
  static var now: Double {
    let elapsed = start.duration(to: .now)
    return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
  }

  private static let start = ContinuousClock.now - .seconds(1_000)
}
