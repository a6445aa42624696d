import Fleet
import Foundation
import Kubernetes
import Logging
import Manifest

/// Runs the Rollouts and AnalysisRuns of one cluster where Argo Rollouts' own controller does not: the shell around
/// ``RolloutMachine``.
///
/// Only those that this hub keeps there are run: members of ApplySets that carry its mark, hooks among them. It begins
/// when the first Application brings one, and only reads while another controller is there, or the cluster is cordoned.
actor RolloutController {
  typealias Key = WatchedObject.Key

  enum Kind: String, CaseIterable, Sendable {
    case rollouts = "Rollout"
    case replicaSets = "ReplicaSet"
    case runs = "AnalysisRun"
    case templates = "AnalysisTemplate"
    case clusterTemplates = "ClusterAnalysisTemplate"

    /// Whether Rollouts that do not need the kind are run where it may not be read.
    var mayBeRefused: Bool {
      switch self {
      case .rollouts, .replicaSets: false
      case .runs, .templates, .clusterTemplates: true
      }
    }
  }

  /// What is looked at, each by itself.
  enum Subject: Hashable, Sendable {
    case rollout(Key)
    /// A Service that names the Rollout that switches it.
    case service(Key)
    /// An AnalysisRun: one of its own is carried out, and one that is over goes when its time has come.
    case run(Key)
  }

  /// Who keeps an object in the cluster.
  enum Keeper {
    case us, another, nobody
  }

  /// What is known of a key's last looks, so that a plan that changes nothing is not tried for ever.
  struct LastPlan {
    var actions: [RolloutAction]
    var repeats = 0
  }

  let session: ClusterSession
  let services: RolloutServices
  let logger: Logger
  var caches: [Kind: RolloutCache] = [:]
  /// How the cluster serves the kinds; those that it does not serve are not there.
  var resources: [Kind: APIResource] = [:]
  /// Kinds that may not be read, and why, by namespace; an empty name stands for all.
  var refusals: [Kind: [String: String]] = [:]
  /// Kinds that Rollouts refer to: news of one is a reason to look.
  var nudges: [APIResource] = []
  /// Metadata of the Services that name a Rollout.
  var switchedServices = RolloutCache()
  var runTasks: [String: RunHandle] = [:]
  /// What was told of runs that are under way.
  var toldRuns: [String: AnalysisStatus] = [:]
  /// Pods that a budget of disruptions keeps, and until when that is not asked again, by Rollout.
  var denials: [Key: [String: AnalysisTime]] = [:]
  var queue = RolloutController.emptyQueue
  let alarm = Alarm()
  var lastPlans: [Key: LastPlan] = [:]
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

  private static var emptyQueue: ReconcileQueue<Subject, Int> {
    ReconcileQueue(limits: .init(width: 8, laneWidth: 8))
  }

  /// Runs until cancelled.
  func run() async {
    while !Task.isCancelled {
      if await isFree(), await work() == .again { continue }
      await session.cordon.changed.wait(upTo: .seconds(services.turfInterval))
    }
  }

  // MARK: Whether it may

  private func isFree() async -> Bool {
    do {
      let answer = try await look()
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

  private func look() async throws -> RolloutTurf.Answer {
    if session.cordon.isSet { return .taken("the cluster is cordoned") }
    return try await RolloutTurf(client: client, namespaces: session.namespaces)
      .look(try await knownRollouts(), at: services.clock.now())
  }

  /// As they are followed; before that, as the cluster lists them.
  private func knownRollouts() async throws -> [Node] {
    if !caches.isEmpty {
      return [Kind.rollouts, .runs].flatMap { caches[$0].map { Array($0.nodes.values) } ?? [] }
    }
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
      for namespace in resources[.rollouts] == nil ? [] : namespaces(of: .services) {
        group.addTask {
          await self.followServices(namespace)
          return nil
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
    forgetAll()
    return end
  }

  private func forgetAll() {
    caches = [:]
    refusals = [:]
    switchedServices.clear()
    runTasks = [:]
    toldRuns = [:]
    denials = [:]
    lastPlans = [:]
    queue = Self.emptyQueue
  }

  private func guardTurf() async -> End {
    var rounds = 0
    while true {
      // Definitions that came in the same sync are served a little later.
      let seconds = rounds < 5 ? min(2, services.turfInterval) : services.turfInterval
      await session.cordon.changed.wait(upTo: .seconds(seconds))
      if Task.isCancelled || session.cordon.isSet { return .later }
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

  // MARK: The queue

  func request(_ subject: Subject, after seconds: Double) {
    queue.request(subject, lane: 0, at: Seconds.now + seconds)
    alarm.ring()
  }

  private func tick() async {
    while !Task.isCancelled {
      for subject in queue.advance(now: Seconds.now) { post.yield { await self.reconcile(subject) } }
      let now = Seconds.now
      await alarm.wait(upTo: .seconds(max(0, min((queue.nextWake ?? .infinity) - now, 60))))
    }
  }

  private func reconcile(_ subject: Subject) async {
    let outcome =
      switch subject {
      case .rollout(let key): await look(at: key)
      case .service(let key): await look(atService: key)
      case .run(let key): await look(atRun: key)
      }
    queue.finish(subject, outcome, now: Seconds.now, random: .random(in: 0..<1))
    alarm.ring()
  }

  /// Seconds between two looks that nothing asked for, under way and when it is through.
  private static let idle = (busy: 60.0, healthy: 300.0)
  /// Seconds to the next look at what another hub keeps, or an ApplySet that was not told yet.
  static let keeperRetry = 10.0
  /// Seconds between two looks when the last one did something.
  private static let pace = 0.05

  private func look(at key: Key) async -> Outcome {
    guard isSynced, let node = caches[.rollouts]?[key], let rollout = Rollout(node) else { return .done }
    switch await keeper(of: node, .rollouts) {
    case .us: break
    case .another: return .again(after: Self.keeperRetry)
    case .nobody: return .wait(reason: "no Application brought it")
    }
    do {
      var scene = try await scene(of: rollout)
      followRuns(of: rollout)
      scene.now = AnalysisTime(seconds: services.clock.now())
      let plan = RolloutMachine.plan(scene)
      let repeats = noteRepeats(key, plan.actions)
      try await perform(plan, for: scene.rollout)
      if !plan.actions.isEmpty { return .again(after: repeats > 3 ? min(60, Double(repeats)) : Self.pace) }
      let idle = rollout.status.phase == .healthy ? Self.idle.healthy : Self.idle.busy
      let due = plan.wake.map { $0.seconds - services.clock.now() } ?? idle
      return .again(after: min(max(due, Self.pace), idle))
    } catch let error as APIError where error.kind == .conflict {
      // Somebody was faster; the watch brings what they wrote.
      return .again(after: 0.2)
    } catch {
      return failed("rollout", key, error)
    }
  }

  /// Where no Rollout switches it any more, it gets its selector back.
  private func look(atService key: Key) async -> Outcome {
    guard isSynced, let node = switchedServices[key], let name = ServiceRelease.rollout(of: node) else { return .done }
    do {
      guard try await isReleased(key, from: Key(namespace: key.namespace, name: name)),
        let service = try await client.get(.services, namespace: key.namespace, name: key.name),
        ServiceRelease.rollout(of: service) == name, let patch = ServiceRelease.patch(of: service)
      else { return .done }
      _ = try await client.send(
        .mergePatch(
          .services, namespace: key.namespace, name: key.name, patch: patch, manager: ServiceRelease.manager))
      logger.info(
        "service released",
        metadata: [
          "cluster": "\(session.name)", "service": "\(key.namespace)/\(key.name)", "rollout": "\(name)",
        ])
      return .done
    } catch let error as APIError where error.kind == .conflict {
      return .again(after: 1)
    } catch {
      return failed("service", key, error)
    }
  }

  /// Whether the Rollout that a Service names is gone, or is ours and does not refer to it. What may not be read is there.
  private func isReleased(_ service: Key, from key: Key) async throws -> Bool {
    guard let node = caches[.rollouts]?[key], let rollout = Rollout(node) else { return try await isGone(key) }
    guard await keeper(of: node, .rollouts) == .us else { return false }
    return !rollout.services.contains { $0.name == service.name }
  }

  /// Whether the cluster has no such Rollout, whoever keeps it.
  func isGone(_ key: Key) async throws -> Bool {
    guard caches[.rollouts]?[key] == nil, let resource = resources[.rollouts] else { return false }
    return try await client.get(resource, namespace: key.namespace, name: key.name) == nil
  }

  func failed(_ what: String, _ key: Key, _ error: any Error) -> Outcome {
    let failure = KubernetesClient.failure(
      from: error, subject: "\(what) \(key.namespace)/\(key.name)", stage: "rollout")
    logger.warning(
      "\(what) not run",
      metadata: [
        "cluster": "\(session.name)", "\(what)": "\(key.namespace)/\(key.name)", "reason": "\(failure.message)",
      ])
    return .failed(failure)
  }

  private func noteRepeats(_ key: Key, _ actions: [RolloutAction]) -> Int {
    var last = lastPlans[key] ?? LastPlan(actions: [])
    last.repeats = !actions.isEmpty && last.actions == actions ? last.repeats + 1 : 0
    last.actions = actions
    lastPlans[key] = last
    return last.repeats
  }

  /// Which hub keeps it: the label nominates, ownership and the parent's mark convict (DESIGN §3.3).
  func keeper(of node: Node, _ kind: Kind) async -> Keeper {
    guard let resource = resources[kind], let live = LiveObject(node, gvk: resource.gvk), live.ownsPartOf,
      let set = live.partOf
    else { return .nobody }
    if ownSets.sets.contains(set), Seconds.now - ownSets.read < Self.idle.busy { return .us }
    let parents = await session.knownParents
    ownSets = (Set(parents.filter { $0.hub == services.hubID }.map(\.applySet)), Seconds.now)
    return ownSets.sets.contains(set) ? .us : .another
  }
}
