import Fleet
import Foundation
import Kubernetes
import Logging
import Manifest

/// Runs the Rollouts of one cluster where Argo Rollouts' own controller does not: the shell around ``RolloutMachine``.
///
/// Only Rollouts that this hub keeps there are run: members of ApplySets that carry its mark. It begins when the first
/// Application brings one, and only reads while another controller is there.
actor RolloutController {
  typealias Key = WatchedObject.Key

  enum Kind: String, CaseIterable, Sendable {
    case rollouts = "Rollout"
    case replicaSets = "ReplicaSet"
    case runs = "AnalysisRun"
    case templates = "AnalysisTemplate"
    case clusterTemplates = "ClusterAnalysisTemplate"
  }

  /// What is known of a key's last looks, so that a plan that changes nothing is not tried for ever.
  private struct LastPlan {
    var actions: [RolloutAction]
    var repeats = 0
  }

  let session: ClusterSession
  let services: RolloutServices
  let logger: Logger
  var caches: [Kind: RolloutCache] = [:]
  /// How the cluster serves the kinds; those that it does not serve are not there.
  var resources: [Kind: APIResource] = [:]
  /// Kinds that Rollouts refer to: news of one is a reason to look.
  private var nudges: [APIResource] = []
  var runTasks: [String: RunHandle] = [:]
  private var queue = ReconcileQueue<Key, Int>(limits: .init(width: 8, laneWidth: 8))
  private let alarm = Alarm()
  private var lastPlans: [Key: LastPlan] = [:]
  /// The hub's own ApplySets in the cluster, and when that was read.
  private var ownSets: (sets: Set<String>, read: Double) = ([], -.infinity)
  private var told: RolloutTurf.Answer?
  /// What is done beside the queue, as long as the work goes on.
  private(set) var post: AsyncStream<@Sendable () async -> Void>.Continuation

  init(session: ClusterSession, services: RolloutServices, logger: Logger) {
    self.session = session
    self.services = services
    self.logger = logger
    post = AsyncStream.makeStream(of: (@Sendable () async -> Void).self).continuation
  }

  nonisolated var client: KubernetesClient { session.client }

  /// Runs until cancelled.
  func run() async {
    while !Task.isCancelled {
      if await isFree(), await work() == .again { continue }
      do { try await Task.sleep(for: .seconds(services.turfInterval)) } catch { return }
    }
  }

  // MARK: Whether it may

  private func isFree() async -> Bool {
    do {
      let rollouts = try await knownRollouts()
      let answer = try await RolloutTurf(client: client, namespaces: session.namespaces)
        .look(rollouts, at: services.clock.now())
      if answer != told {
        told = answer
        switch answer {
        case .free: logger.info("rollouts are run", metadata: ["cluster": "\(session.name)"])
        case .taken(let who):
          logger.notice("rollouts are only read", metadata: ["cluster": "\(session.name)", "reason": "\(who)"])
        }
      }
      return answer == .free
    } catch {
      let failure = KubernetesClient.failure(from: error, subject: "cluster \(session.name)", stage: "rollouts")
      logger.warning(
        "rollouts are only read", metadata: ["cluster": "\(session.name)", "reason": "\(failure.message)"])
      return false
    }
  }

  /// As they are followed; before that, as the cluster lists them.
  private func knownRollouts() async throws -> [Node] {
    if let cache = caches[.rollouts] { return Array(cache.nodes.values) }
    guard let resource = try await session.preferred(Rollout.groupKind) else { return [] }
    var found: [Node] = []
    for namespace in namespaces(of: resource) {
      found += try await client.list(resource, namespace: namespace, labelSelector: ApplySetLabel.partOf).items
        .map(\.node)
    }
    return found
  }

  private enum End: Sendable {
    /// Another controller is there, or the kinds are not.
    case later
    /// The cluster serves more kinds than before.
    case again
  }

  /// Ends when another controller shows up, or when the cluster serves more kinds.
  private func work() async -> End {
    do {
      try await discover()
    } catch {
      let failure = KubernetesClient.failure(from: error, subject: "cluster \(session.name)", stage: "rollouts")
      logger.warning(
        "rollouts cannot be run", metadata: ["cluster": "\(session.name)", "reason": "\(failure.message)"])
      return .later
    }
    let (jobs, post) = AsyncStream.makeStream(of: (@Sendable () async -> Void).self)
    self.post = post
    let end = await withTaskGroup(of: End?.self) { group in
      for (kind, resource) in resources {
        for namespace in namespaces(of: resource) {
          group.addTask {
            await self.follow(kind, resource, namespace)
            return nil
          }
        }
      }
      for resource in nudges {
        for namespace in namespaces(of: resource) {
          group.addTask {
            await self.follow(nudge: resource, namespace)
            return nil
          }
        }
      }
      group.addTask {
        await self.tick()
        return nil
      }
      group.addTask {
        await Self.perform(jobs)
        return nil
      }
      group.addTask { await self.guardTurf() }
      // Only the guard ends by itself, but for a cancellation.
      let end = await group.next() ?? nil
      group.cancelAll()
      return end ?? .later
    }
    caches = [:]
    runTasks = [:]
    lastPlans = [:]
    queue = ReconcileQueue(limits: .init(width: 8, laneWidth: 8))
    return end
  }

  private func guardTurf() async -> End {
    var rounds = 0
    while true {
      // Definitions that came in the same sync are served a little later.
      let seconds = rounds < 5 ? min(2, services.turfInterval) : services.turfInterval
      do { try await Task.sleep(for: .seconds(seconds)) } catch { return .later }
      rounds += 1
      if await hasMoreKinds() { return .again }
      guard rounds >= 5 else { continue }
      guard await isFree() else { return .later }
    }
  }

  /// Whether the cluster serves a kind now that it did not when the work began.
  private func hasMoreKinds() async -> Bool {
    for kind in Kind.allCases where resources[kind] == nil {
      let group = GroupKind(group: "argoproj.io", kind: kind.rawValue)
      // What cannot be asked now is asked in the next round.
      if let found = try? await session.preferred(group), found.verbs.contains("watch") { return true }
    }
    return false
  }

  private static func perform(_ jobs: AsyncStream<@Sendable () async -> Void>) async {
    await withDiscardingTaskGroup { group in
      for await job in jobs { group.addTask { await job() } }
    }
  }

  // MARK: Following

  private func discover() async throws {
    resources = [.replicaSets: .replicaSets]
    for kind in Kind.allCases where kind != .replicaSets {
      resources[kind] = try await session.preferred(GroupKind(group: "argoproj.io", kind: kind.rawValue))
    }
    guard resources[.rollouts] != nil else {
      throw Failure(
        "cluster.unknown-kind", subject: "cluster \(session.name)", stage: "rollouts",
        "the cluster has no kind Rollout of group 'argoproj.io'", retry: .backOff)
    }
    caches = Dictionary(uniqueKeysWithValues: resources.keys.map { ($0, RolloutCache()) })
    nudges = [.services, .deployments]
    if let routes = try await session.preferred(RolloutWriting.httpRoute) { nudges.append(routes) }
  }

  private nonisolated func namespaces(of resource: APIResource) -> [String?] {
    resource.isNamespaced && !session.namespaces.isEmpty ? session.namespaces.map(Optional.some) : [nil]
  }

  private func follow(_ kind: Kind, _ resource: APIResource, _ namespace: String?) async {
    let selector: String? =
      switch kind {
      case .rollouts: ApplySetLabel.partOf
      case .replicaSets: Rollout.hashLabel
      case .runs, .templates, .clusterTemplates: nil
      }
    let watcher = ListWatcher(
      client, .init(resource, namespace: namespace, labelSelector: selector, metadataOnly: false))
    do {
      try await watcher.run { output in self.take(output, kind, namespace) }
    } catch {
      // Only cancellation ends a watch.
    }
  }

  /// Metadata of our own objects is enough: what they say is asked for at the look.
  private func follow(nudge resource: APIResource, _ namespace: String?) async {
    let watcher = ListWatcher(
      client, .init(resource, namespace: namespace, labelSelector: ApplySetLabel.partOf, metadataOnly: true))
    do {
      try await watcher.run { output in
        switch output {
        case .upsert(let object), .delete(let object): self.nudge(object.key)
        case .replaceAll, .synced, .interrupted: break
        }
      }
    } catch {
      // Only cancellation ends a watch.
    }
  }

  private func nudge(_ key: Key) {
    for (rollout, node) in caches[.rollouts]?.nodes ?? [:] {
      guard let parsed = Rollout(node), parsed.refers(toName: key.name, in: key.namespace) else { continue }
      request(rollout, after: 0)
    }
  }

  private func take(_ output: WatchMachine.Output, _ kind: Kind, _ namespace: String?) {
    switch output {
    case .replaceAll(let objects):
      for node in caches[kind]?.replaceAll(objects, namespace: namespace) ?? [] { concern(node, kind) }
    case .upsert(let object):
      if caches[kind]?.note(object) == true { concern(object.node, kind) }
    case .delete(let object):
      guard caches[kind]?.forget(object.key, uid: object.uid) != nil else { return }
      if kind == .runs { runTasks[object.uid]?.cancel() }
      if kind == .rollouts {
        queue.remove(object.key)
        lastPlans[object.key] = nil
      } else {
        concern(object.node, kind)
      }
    case .synced:
      caches[kind]?.sync(namespace)
      if isSynced { for key in caches[.rollouts]?.nodes.keys ?? [:].keys { request(key, after: 0) } }
    case .interrupted(let interruption):
      let failure = interruption.failure(subject: "cluster \(session.name)", stage: "rollouts")
      let isRefused = if case .refused = interruption { true } else { false }
      logger.log(
        level: isRefused ? .warning : .debug, "rollouts cannot be followed",
        metadata: [
          "cluster": "\(session.name)", "kind": "\(kind.rawValue)", "reason": "\(failure.message)",
        ])
    }
  }

  /// Whether everything was told at least once.
  private var isSynced: Bool {
    resources.allSatisfy { kind, resource in
      namespaces(of: resource).allSatisfy { caches[kind]?.synced.contains($0 ?? "") ?? false }
    }
  }

  /// Puts the Rollouts before the queue that an object says something about.
  private func concern(_ node: Node, _ kind: Kind) {
    let key = node.key
    switch kind {
    case .rollouts: request(key, after: 0)
    case .replicaSets, .runs:
      guard let owner = node.controllingRollout else { return }
      request(Key(namespace: key.namespace, name: owner.name), after: 0)
    case .templates, .clusterTemplates:
      for other in caches[.rollouts]?.nodes.keys ?? [:].keys
      where kind == .clusterTemplates || other.namespace == key.namespace { request(other, after: 0) }
    }
  }

  /// Takes in what a write of ours came to, ahead of the watch.
  func note(_ node: Node, _ kind: Kind) { caches[kind]?.note(node) }

  // MARK: The queue

  func request(_ key: Key, after seconds: Double) {
    queue.request(key, lane: 0, at: Seconds.now + seconds)
    alarm.ring()
  }

  private func tick() async {
    while !Task.isCancelled {
      for key in queue.advance(now: Seconds.now) { post.yield { await self.reconcile(key) } }
      let now = Seconds.now
      await alarm.wait(upTo: .seconds(max(0, min((queue.nextWake ?? .infinity) - now, 60))))
    }
  }

  private func reconcile(_ key: Key) async {
    let outcome = await look(at: key)
    queue.finish(key, outcome, now: Seconds.now, random: .random(in: 0..<1))
    alarm.ring()
  }

  /// Seconds between two looks that nothing asked for, under way and when it is through.
  private static let idle = (busy: 60.0, healthy: 300.0)
  /// Seconds between two looks when the last one did something.
  private static let pace = 0.05

  private func look(at key: Key) async -> Outcome {
    guard isSynced, let node = caches[.rollouts]?[key], let rollout = Rollout(node) else { return .done }
    guard await isOwn(node) else { return .wait(reason: "another hub keeps it") }
    do {
      var scene = try await scene(of: rollout)
      followRuns(of: rollout)
      scene.now = AnalysisTime(seconds: services.clock.now())
      let plan = RolloutMachine.plan(scene)
      let repeats = noteRepeats(key, plan.actions)
      try await perform(plan, for: rollout)
      if !plan.actions.isEmpty { return .again(after: repeats > 3 ? min(60, Double(repeats)) : Self.pace) }
      let idle = rollout.status.phase == .healthy ? Self.idle.healthy : Self.idle.busy
      let due = plan.wake.map { $0.seconds - services.clock.now() } ?? idle
      return .again(after: min(max(due, Self.pace), idle))
    } catch let error as APIError where error.kind == .conflict {
      // Somebody was faster; the watch brings what they wrote.
      return .again(after: 0.2)
    } catch {
      let failure = KubernetesClient.failure(
        from: error, subject: "rollout \(key.namespace)/\(key.name)", stage: "rollout")
      logger.warning(
        "rollout not run",
        metadata: [
          "cluster": "\(session.name)", "rollout": "\(key.namespace)/\(key.name)", "reason": "\(failure.message)",
        ])
      return .failed(failure)
    }
  }

  private func noteRepeats(_ key: Key, _ actions: [RolloutAction]) -> Int {
    var last = lastPlans[key] ?? LastPlan(actions: [])
    last.repeats = !actions.isEmpty && last.actions == actions ? last.repeats + 1 : 0
    last.actions = actions
    lastPlans[key] = last
    return last.repeats
  }

  /// Whether this hub keeps it: the label nominates, ownership and the parent's mark convict (DESIGN §3.3).
  private func isOwn(_ node: Node) async -> Bool {
    guard let resource = resources[.rollouts], let live = LiveObject(node, gvk: resource.gvk), live.ownsPartOf,
      let set = live.partOf
    else { return false }
    if ownSets.sets.contains(set), Seconds.now - ownSets.read < Self.idle.busy { return true }
    let parents = await session.knownParents
    ownSets = (Set(parents.filter { $0.hub == services.hubID }.map(\.applySet)), Seconds.now)
    return ownSets.sets.contains(set)
  }
}
