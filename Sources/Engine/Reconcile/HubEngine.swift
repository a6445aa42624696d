package import Fleet
import Foundation
package import HTTPClient
import Kubernetes
package import Logging
import Manifest

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
    /// Days that history is kept, and facts that are kept of one Application.
    package var historyDays = 180.0
    package var historyPerApplication = 1_000
    /// What one pass may remove of a set's Applications, where neither the set nor its project says.
    package var breaker = Breaker.applications
    /// Hosts that generators may ask over HTTP; empty for all.
    package var allowedHosts: Set<String> = []
    /// Hosts whose repositories kustomizations may name bases in, in lower case; `*` for all, empty for none.
    package var baseHosts: Set<String> = []
    /// A folder of manifests of ConfigMaps, Secrets and decision resources that generators refer to; nil for none.
    package var controlFolder: String?
    /// How many Applications the status of a set lists at most; 0 for all.
    package var maximumStatusResources = SetResource.defaultLimit
    /// Where metrics of Rollouts' analyses are asked for that name no address; empty for nowhere.
    package var prometheusAddress = ""
    /// Seconds between two looks at the kubeconfigs of clusters that are out of reach.
    package var fileInterval = 30.0
    /// What runs users' health scripts: this program, as another process.
    package var healthWorker = HealthScripts.Program()

    package init(hubID: String) { self.hubID = hubID }
  }

  struct Session {
    var cluster: Cluster
    var session: ClusterSession
    /// Tells its news from those of an earlier session of the cluster.
    var number: Int
    /// Of the files that its access was made of.
    var stamps: [LocalFiles.Stamp?]
    /// Whether it said by now that the cluster answers, or does not. Before that, nobody knows which cluster it is.
    var isHeard = false
  }

  let options: Options
  let repository: FleetRepository
  let mirrors: GitMirrors
  let store: Store
  let transport: any Transport
  let connector: ClusterConnector
  let services: HubServices
  let logger: Logger
  let expander: SetExpander
  let control: ControlFolder
  /// Analyses that rollouts wait for.
  let analyses: FleetAnalyses
  private let templates: TemplateShelf
  let scripts: ScriptedHealth
  /// The users' own health checks, as last read.
  var customizations = HealthCustomizations()
  /// Ends the wait for the next question of generators.
  let expansionAlarm = Alarm()
  /// What `/metrics` tells of this hub's work.
  package nonisolated let measurements = Measurements()
  private let jobs: AsyncStream<@Sendable () async -> Void>
  let post: AsyncStream<@Sendable () async -> Void>.Continuation
  private let alarm = Alarm()
  /// When ``tick()`` looks at the queue by itself.
  private var sleepsUntil = 0.0
  nonisolated let changeLog = ChangeFeed<String>()

  var queue: ReconcileQueue<String, ClusterName>
  var roster = Roster()
  var applications: [String: ManagedApplication] = [:]
  var bySet: [String: String] = [:]
  var sessions: [ClusterName: Session] = [:]
  var connectionProblems: [ClusterName: String] = [:]
  var identities = ClusterIdentities()
  /// Names of clusters that go by another one too, which is the one that is used.
  var duplicates: [ClusterName: ClusterName] = [:]
  /// How many sessions were begun.
  var sessionCount = 0
  var retries: ConnectionRetries
  let connectionAlarm = Alarm()
  /// When ``followConnections()`` looks by itself.
  var connectionsSleepUntil = 0.0
  var snapshot: FleetSnapshot? {
    didSet {
      mergeRegistry()
      templates.put(snapshot?.content.analysisTemplates ?? [])
    }
  }
  /// The clusters of the fleet repository and those that were registered, with what was said of them by command.
  private(set) var registry = Registry.empty
  private(set) var governance = Governance()
  var overrides: [String: ClusterOverride] = [:]
  var registered: [Registration] = []
  var approvals: [String: Int] = [:]
  var setStatuses: [String: ApplicationSetStatus] = [:]
  /// Of the sets whose changes go over their clusters in waves.
  var rollouts: [String: SetRollouts] = [:]
  /// Those sets as they were last told, and which of them were told whole.
  var toldSets: [String: ApplicationSet] = [:]
  var toldWhole: Set<String> = []
  /// What was refused of each set when last it was written down.
  var toldRefusals: [String: Int] = [:]
  private var isStarted = false
  /// One reading of the fleet at a time, and nothing beside it that makes or ends sessions.
  let turn = RequestWidth(1)

  package init(
    options: Options, repository: FleetRepository, mirrors: GitMirrors, store: Store, transport: any Transport,
    connector: ClusterConnector, management: ManagementCluster? = nil, logger: Logger
  ) {
    self.options = options
    self.repository = repository
    self.mirrors = mirrors
    self.store = store
    self.transport = transport
    self.connector = connector
    self.logger = logger
    var outside = OutsideWorld.Options()
    outside.allowedHosts = options.allowedHosts
    outside.userAgent = options.userAgent
    expander = SetExpander(
      world: OutsideWorld(mirrors: mirrors, transport: transport, options: outside, management: management))
    control = ControlFolder(options.controlFolder)
    let shelf = TemplateShelf()
    templates = shelf
    analyses = FleetAnalyses(
      store: store, source: MetricSource(transport: transport, defaultPrometheus: options.prometheusAddress),
      secrets: ControlSecrets(folder: control, management: management, logger: logger).lookup(), logger: logger
    ) { shelf.all }
    scripts = ScriptedHealth(HealthScripts(options.healthWorker))
    services = HubServices(
      sources: SourceReader(mirrors: mirrors, baseHosts: options.baseHosts), store: store, hubID: options.hubID,
      logger: logger,
      measurements: measurements)
    retries = ConnectionRetries(fileInterval: options.fileInterval)
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
      group.addTask { await self.followExpansions() }
      group.addTask { await self.followConnections() }
      group.addTask { await self.followAnalyses() }
      group.addTask { await self.analyses.run() }
      group.addTask { await self.tick() }
      group.addTask { await self.trimHistory() }
      for await job in jobs { group.addTask { await job() } }
      group.cancelAll()
    }
    for session in sessions.values { session.session.stop() }
  }

  /// Whether the fleet was read once.
  package var isReady: Bool { isStarted }

  package struct QueueState: Sendable {
    package var ready: Int
    package var running: Int
  }

  package var queueState: QueueState { QueueState(ready: queue.readyCount, running: queue.runningCount) }

  /// Names of Applications and `cluster/NAME`s that changed.
  package nonisolated func changes() -> ChangeFeed<String>.Changes { changeLog.changes() }

  // MARK: Following

  private func followRepository() async {
    for await snapshot in repository.snapshots() { await take(snapshot) }
  }

  private func followSources() async {
    for await changed in mirrors.changes() {
      let identities = Set(changed.map(\.identity))
      await reviewRollouts()
      for (name, application) in applications where await application.follows(identities) { request(name, after: 0) }
      post.yield { await self.reread(identities) }
    }
  }

  private func tick() async {
    while !Task.isCancelled {
      pump()
      let now = Seconds.now
      sleepsUntil = min(queue.nextWake ?? .infinity, now + 60)
      await alarm.wait(upTo: .seconds(max(sleepsUntil - now, 0)))
    }
  }

  /// Wakes ``tick()`` where it would sleep too long.
  private func wakeInTime() {
    guard let next = queue.nextWake, next < sleepsUntil else { return }
    sleepsUntil = next
    alarm.ring()
  }

  private func trimHistory() async {
    while !Task.isCancelled {
      do {
        try await store.facts.trim(
          olderThan: Date(timeIntervalSinceNow: -options.historyDays * 86_400),
          perApplication: options.historyPerApplication)
        let sets = Set((snapshot?.content.applicationSets ?? []).map(\.name))
        // Before the fleet was read, every set would seem to have left it.
        if isStarted {
          try await store.setMemories.trim(
            seenBefore: Date(timeIntervalSinceNow: -options.historyDays * 86_400), present: sets, now: Date())
        }
      } catch is CancellationError {
        return
      } catch {
        logger.error("history not trimmed", metadata: ["reason": "\(error)"])
      }
      do { try await Task.sleep(for: .seconds(6 * 3_600)) } catch { return }
    }
  }

  private func pump() {
    for name in queue.advance(now: Seconds.now) {
      post.yield { await self.reconcile(name) }
    }
  }

  func request(_ name: String, after seconds: Double) {
    guard let lane = roster.cluster(of: name) else { return }
    queue.request(name, lane: lane, at: Seconds.now + seconds)
    if seconds == 0 { pump() }
    wakeInTime()
  }

  private func reconcile(_ name: String) async {
    let started = Seconds.now
    var outcome = Outcome.done
    if let application = applications[name] {
      if let reason = roster.departure(of: name), await !application.isDeleting {
        await application.block(stage: "registry", reason)
        await showRollouts(name, application)
        outcome = .wait(reason: reason)
      } else if let lane = roster.cluster(of: name), let reason = duplication(of: lane) {
        await application.block(stage: "registry", reason)
        await showRollouts(name, application)
        outcome = .wait(reason: reason)
      } else if let lane = roster.cluster(of: name), sessions[lane]?.isHeard == false {
        outcome = .wait(reason: "cluster \(lane) was not heard of yet")
      } else if let lane = roster.cluster(of: name), let known = sessions[lane], case let session = known.session {
        outcome = await application.reconcile(session, governance, isCordoned: known.cluster.cordoned)
        await showRollouts(name, application)
        if await application.isDeleted {
          await session.dropClaims(of: name)
          await forget(name)
        }
      } else if await application.isDeleting, !isRegistered(roster.cluster(of: name)) {
        // Its cluster is gone from the registry: what runs there stays, as in Argo CD.
        await forget(name)
      } else {
        let reason = roster.problem(of: name) ?? absence(of: roster.cluster(of: name))
        await application.block(stage: "registry", reason)
        await showRollouts(name, application)
        outcome = .wait(reason: reason)
      }
    }
    measurements.reconciled(outcome.label, seconds: Seconds.now - started)
    queue.finish(name, lookedAtAgain(outcome), now: Seconds.now, random: .random(in: 0..<1))
    changeLog.send([name])
    pump()
    wakeInTime()
  }

  /// What nobody tells of is seen by another look: nobody is left without one, whatever it waits for.
  private func lookedAtAgain(_ outcome: Outcome) -> Outcome {
    switch outcome {
    case .done, .wait: break
    case .failed(let failure): guard failure.retry == .never else { return outcome }
    case .again: return outcome
    }
    return .again(after: options.refreshInterval * .random(in: 0.9..<1.1))
  }

  /// Lets go of an Application that is gone from its cluster, or whose cluster is gone.
  private func forget(_ name: String) async {
    guard roster.finishRemoval(of: name) else { return request(name, after: 0) }
    applications[name] = nil
    bySet[HubServices.applySet(of: name)] = nil
    queue.remove(name)
    do {
      try await store.applicationStates.remove([name])
      try await store.setMemories.record(policies: [:], kept: [:], released: [name], now: Date())
    } catch {
      logger.error("state not removed", metadata: ["application": "\(name)", "reason": "\(error)"])
    }
  }

  // MARK: The fleet

  private func mergeRegistry() {
    guard let content = snapshot?.content else { return }
    registry = ClusterRegistry.merged(content.registry, registered: registered, overrides: overrides)
    let before = governance.projects
    governance = Governance(projects: ProjectTable(content.projects, gaps: content.projectGaps), registry: registry)
    if governance.projects != before { for name in applications.keys { request(name, after: 0) } }
    noteRegisteredIdentities()
    reviewDuplicates()
  }

  private func take(_ snapshot: FleetSnapshot) async {
    self.snapshot = snapshot
    await refreshFleet()
  }

  /// Reads the fleet again.
  ///
  /// One reading at a time, each of what is known when its turn comes: one that began earlier and ended later would take
  /// away what its successor brought.
  package func refreshFleet() async {
    let wasStarted = isStarted
    do {
      try await turn.run { await readFleet() }
    } catch {
      // Cancelled while it waited: the hub stops.
      return
    }
    guard isStarted, !wasStarted else { return }
    for name in sessions.keys { await adoptDeparted(in: name) }
  }

  private func readFleet() async {
    guard let snapshot else { return }
    var isWhole = snapshot.isComplete
    let before = Set(registered.map(\.name))
    do {
      overrides = try await store.clusterOverrides.all()
      registered = try await store.registrations.all()
    } catch {
      // What is not known to be gone stays.
      isWhole = false
      logger.error("registrations not read", metadata: ["reason": "\(error)"])
    }
    mergeRegistry()
    endSessions(unregistered: before.subtracting(registered.map(\.name)))
    let registry = registry
    await updateSessions(registry, isComplete: isWhole)
    await expand(registry, snapshot, isWhole: isWhole)
    isStarted = true
  }

  // MARK: The roster

  /// Looks for Applications of this hub in a cluster that left the fleet repository while nobody looked.
  func adoptDeparted(in cluster: ClusterName) async {
    // Before the fleet was read, everything would seem to have left it.
    guard isStarted, duplicates[cluster] == nil, let known = sessions[cluster], known.isHeard else { return }
    let session = known.session
    var found = false
    for parent in await session.knownParents where parent.hub == options.hubID {
      guard !roster.contains(parent.applicationName) else { continue }
      let application = parent.departed(in: cluster)
      roster.adopt(application, owner: parent.applicationSet, cluster: cluster)
      manage(application, owner: parent.applicationSet)
      request(application.name, after: 0)
      found = true
    }
    if found { await refreshFleet() }
  }

  private func manage(_ application: Application, owner: String?) {
    let new = ManagedApplication(application, owner: owner, services: services)
    applications[application.name] = new
    bySet[new.applySet] = application.name
  }

  func upsert(_ application: Application, owner: String?) async {
    let staging = await staging(of: application.name, owner: owner)
    if let known = applications[application.name] {
      guard await known.take(application, owner: owner, staging: staging) else { return }
    } else {
      manage(application, owner: owner)
      _ = await applications[application.name]?.take(application, owner: owner, staging: staging)
    }
    request(application.name, after: 0)
    if roster.cluster(of: application.name) == nil {
      await applications[application.name]?.block(
        stage: "registry", roster.problem(of: application.name) ?? "its cluster is not registered")
    }
    changeLog.send([application.name])
  }

  func remove(_ removal: Roster.Removal) async {
    guard let application = applications[removal.name] else { return }
    await application.delete(removal.cascade ? .cascade : .orphan)
    if roster.cluster(of: removal.name) == nil { await forget(removal.name) } else { request(removal.name, after: 0) }
    changeLog.send([removal.name])
  }
}
