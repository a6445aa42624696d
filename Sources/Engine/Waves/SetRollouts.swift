import Fleet
import Foundation
import Kubernetes
import Logging
import Manifest

/// Carries the rollouts of one ApplicationSet: the shell around ``WaveTurn``.
///
/// It keeps each Application of the set at a version, finds out when something else is wanted, plans how that goes over the
/// clusters, and has it done. Whatever it decides is in `muster.db` before anything follows from it.
actor SetRollouts {
  /// An Application of the set.
  struct Member {
    /// As the set has it now.
    var wanted: Application
    var cluster: Cluster?
    /// What it is at, or on its way to; nil before anything was approved.
    var current: ApplicationVersion?
    /// What it had last when all was well.
    var good: ApplicationVersion?
    /// The sync that brings it in without a rollout.
    var joining: String?
    var sight: Sighting?
    var reading: Reading?
    var addedAt = Seconds.now
    /// Whether it joined while something else was rolled out, and is to have that as well when it is approved.
    var isBehind = false
    /// Why what is wanted cannot be rendered; empty where it can.
    var problem = ""

    /// What it is to be; nil where that is not known, or cannot be rendered.
    var wantedVersion: ApplicationVersion? {
      reading.flatMap { $0.application == wanted ? $0.version : nil }
    }
  }

  /// How an Application was seen, and the render that was compared.
  struct Sighting: Sendable, Equatable {
    var target: WaveScene.Target
    var identity: UInt64
    /// Whether nothing of the Application was ever in its cluster, as far as can be known.
    var isNew: Bool
  }

  /// What was wanted when it was last looked at.
  struct Reading {
    var application: Application
    var identity: UInt64
    var version: ApplicationVersion
  }

  typealias Read = @Sendable (Application) async throws -> SourceReader.Answer
  typealias Stage = @Sendable (_ application: String, _ staging: Staging) async -> Void

  /// Seconds between two looks at what nothing told of, and after something went wrong.
  static let pace = (review: 300.0, retry: 5.0, quiet: 0.02)
  static let keptRollouts = 20

  nonisolated let name: String
  let services: HubServices
  let analyses: FleetAnalyses
  let read: Read
  let stage: Stage
  let startedAt = Seconds.now
  private let lock = RequestWidth(1)
  private let alarm = Alarm()
  private(set) var isStopped = false
  private var isSuspended = false
  private var isLoaded = false

  var strategy: WaveStrategy
  /// `spec.strategy.rollingSync` as JSON.
  var strategyText: String
  var members: [String: Member] = [:]
  /// The newest, over or not.
  var rollout: FleetRollout?
  /// Where in ``rollout`` each Application is.
  var positions: [String: Int] = [:]
  /// How it is to go, as it was planned.
  var planned: WaveStrategy?
  /// The versions that ``rollout`` and members name.
  var versions: [String: ApplicationVersion] = [:]
  /// States that were taken back, by Application.
  var held: [String: String] = [:]
  /// Whether what is wanted is to be read, and to be decided on, anew.
  var needsReading = true
  private var needsDecision = true
  var reviewAt = 0.0
  /// Digests of what renders give, by their identities.
  var renders: [UInt64: ContentDigest] = [:]
  /// Why nothing can be planned, or not all of it; empty for nothing.
  var problem = ""
  /// Applications that no step selects.
  var unmatched: [String] = []
  /// Syncs that the hub was told of in this run.
  var issued: Set<String> = []
  /// Applications whose sync outside of rollouts has another id, which the hub was not told yet.
  var renewed: Set<String> = []
  var revertTries = 0
  /// The commits that the mirrors were told to keep.
  var keptCommits: Set<String> = []
  /// Whether a repository is being asked to take a change back.
  var isReverting = false
  private let reverts: AsyncStream<Void>
  private nonisolated let revertWanted: AsyncStream<Void>.Continuation
  private let keeps: AsyncStream<Void>
  private nonisolated let keepWanted: AsyncStream<Void>.Continuation
  /// Why analyses could not be made.
  var gateProblems: [String: String] = [:]

  init(
    _ set: ApplicationSet, _ strategy: WaveStrategy, services: HubServices, analyses: FleetAnalyses,
    read: @escaping Read, stage: @escaping Stage
  ) {
    name = set.name
    self.strategy = strategy
    strategyText = JSON.text(set.strategy?["rollingSync"] ?? .null)
    self.services = services
    self.analyses = analyses
    self.read = read
    self.stage = stage
    (reverts, revertWanted) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    (keeps, keepWanted) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  // MARK: What the hub tells

  /// The set's Applications as they are wanted.
  /// - Parameter isWhole: whether these are all; what is missing from an answer that is not whole stays (DESIGN §3.6).
  func take(
    _ set: ApplicationSet, _ strategy: WaveStrategy, _ wanted: [(Application, Cluster?)], isWhole: Bool
  ) async {
    self.strategy = strategy
    strategyText = JSON.text(set.strategy?["rollingSync"] ?? .null)
    isSuspended = false
    await load()
    var names: Set<String> = []
    for (application, cluster) in wanted {
      names.insert(application.name)
      if members[application.name] == nil {
        members[application.name] = Member(wanted: application)
        recall(application.name)
      }
      members[application.name]?.wanted = application
      members[application.name]?.cluster = cluster
    }
    gone.subtract(names)
    forgotten.subtract(names)
    if isWhole {
      gone.formUnion(members.keys.filter { !names.contains($0) })
      gone.formUnion(stored.keys.filter { !names.contains($0) })
      gone.formUnion(positions.keys.filter { !names.contains($0) })
    }
    review()
  }

  /// Gives a member what an earlier run of the hub knew of it.
  private func recall(_ name: String) {
    guard let stage = stored[name], members[name] != nil else { return }
    stored[name] = nil
    members[name]?.current = versions[stage.current]
    members[name]?.good = stage.good.flatMap { versions[$0] }
    members[name]?.joining = stage.joining
    members[name]?.isBehind = stage.isBehind
  }

  /// What was read of Applications that were not named yet.
  private(set) var stored: [String: RolloutChange.Stage] = [:]
  /// Applications that left the set.
  private(set) var gone: Set<String> = []
  private var forgotten: Set<String> = []

  /// The set is gone from the fleet repository, and what it made stays: everything stays as it is.
  func suspend(because reason: String) {
    isSuspended = true
    problem = reason
  }

  /// A repository moved, or time has passed.
  func review() {
    needsReading = true
    alarm.ring()
  }

  func see(_ application: String, _ sight: Sighting) {
    guard members[application] != nil, members[application]?.sight != sight else { return }
    members[application]?.sight = sight
    if members[application]?.current == nil { needsDecision = true }
    alarm.ring()
  }

  func ring() { alarm.ring() }

  /// At what an Application is kept. Where nothing could be read yet nothing is approved.
  func staging(of application: String) -> Staging {
    guard let member = members[application] else { return Staging() }
    guard let current = member.current else {
      return Staging(isSelected: strategy.step(of: member.wanted.labels) != nil)
    }
    var staging = Staging(version: current, request: member.joining)
    guard let rollout, !rollout.phase.isOver, let position = positions[application],
      rollout.targets.indices.contains(position)
    else { return staging }
    let target = rollout.targets[position]
    staging.actor = "rollout " + rollout.name
    if target.phase.isInFlight { staging.request = rollout.forwardID(of: target) }
    if target.phase == .rollingBack {
      staging.request = rollout.backID(of: target)
      staging.isWayBack = true
    }
    return staging
  }

  /// The set has no waves any more: what is under way is over, and nothing is remembered but the history.
  func retire() async throws {
    try await exclusively { try await self.giveUp() }
    alarm.ring()
  }

  private func giveUp() async throws {
    if isStopped { return }
    if var open = rollout, !open.phase.isOver {
      open.phase = .superseded
      open.message = "the set gave up its waves"
      open.finishedAt = Date().timeIntervalSince1970
      try await advance(to: open, RolloutChange(set: name))
    }
    isStopped = true
    try await services.store.rollouts.release(name)
  }

  // MARK: The loop

  func run() async {
    await withDiscardingTaskGroup { group in
      // A commit wakes every Application of the set at the same time: what goes where is decided before them, not behind.
      group.addTask(priority: .high) {
        await self.follow()
        self.revertWanted.finish()
        self.keepWanted.finish()
      }
      group.addTask { for await _ in self.keeps { await self.keepCommits() } }
      for await _ in reverts { group.addTask { await self.revertInGit() } }
      group.cancelAll()
    }
  }

  func wantRevert() { revertWanted.yield() }

  /// Nobody is kept waiting while git writes it down.
  func wantKeep() { keepWanted.yield() }

  private func follow() async {
    while !isStopped, !Task.isCancelled {
      var next = Seconds.now + Self.pace.review
      do {
        next = try await exclusively { try await self.step() }
      } catch is CancellationError {
        return
      } catch {
        let failure = KubernetesClient.failure(from: error, subject: "set \(name)", stage: "rollout")
        problem = failure.message
        services.logger.error("rollout stopped for now", metadata: ["set": "\(name)", "reason": "\(failure.message)"])
        next = Seconds.now + Self.pace.retry
      }
      // Many clusters tell something at the same time: they are looked at together.
      try? await Task.sleep(for: .seconds(Self.pace.quiet))  // Throws only when cancelled.
      await alarm.wait(upTo: .seconds(max(next - Seconds.now, 0)))
    }
  }

  /// One at a time: turns, reviews and what people say.
  func exclusively<T: Sendable>(_ body: @Sendable () async throws -> T) async throws -> T {
    try await lock.run { try await body() }
  }

  private func step() async throws -> Double {
    await load()
    guard isLoaded else {
      throw Failure(
        "store.not-read", subject: "set \(name)", stage: "rollout", "its rollouts could not be read yet",
        retry: .backOff)
    }
    if isSuspended { return Seconds.now + Self.pace.review }
    try await forgetGone()
    let now = Seconds.now
    if reviewAt <= now { needsReading = true }
    if needsReading || needsDecision {
      needsDecision = false
      reviewAt = now + Self.pace.review
      await tryToLookAgain()
    }
    let next = try await turn()
    return min(next ?? .infinity, reviewAt)
  }

  /// What is under way goes on, whatever is wrong with what is wanted next.
  private func tryToLookAgain() async {
    do {
      problem = ""
      try await lookAgain()
    } catch {
      let failure = KubernetesClient.failure(from: error, subject: "set \(name)", stage: "rollout")
      if problem != failure.message {
        services.logger.error("rollout not planned", metadata: ["set": "\(name)", "reason": "\(failure.message)"])
      }
      problem = failure.message
      reviewAt = Seconds.now + Self.pace.retry
      await reload()
    }
  }

  private func load() async {
    if isLoaded { return }
    do {
      let memory = try await services.store.rollouts.memory(of: name)
      if isLoaded { return }
      isLoaded = true
      rollout = memory.rollout
      positions = Self.positions(in: memory.rollout)
      planned = memory.rollout.flatMap { Self.strategy(of: $0) }
      versions = memory.versions
      held = memory.held
      stored = Dictionary(memory.stages.map { ($0.application, $0) }) { first, _ in first }
      for name in members.keys { recall(name) }
      for name in members.keys { await stage(name, staging(of: name)) }
      if let rollout { await endLeft(nil, rollout) }
    } catch {
      services.logger.error("rollouts not read", metadata: ["set": "\(name)", "reason": "\(error)"])
    }
  }

  /// What was decided and could not be written down is forgotten again.
  private func reload() async {
    isLoaded = false
    for name in members.keys {
      members[name]?.current = nil
      members[name]?.good = nil
      members[name]?.joining = nil
      members[name]?.isBehind = false
    }
    await load()
  }

  static func positions(in rollout: FleetRollout?) -> [String: Int] {
    Dictionary((rollout?.targets ?? []).enumerated().map { ($1.application, $0) }) { first, _ in first }
  }

  static func strategy(of rollout: FleetRollout) -> WaveStrategy? {
    (try? JSON.parse(Array(rollout.strategy.utf8))).flatMap { WaveStrategy(rolling: $0) }
  }

  private func forgetGone() async throws {
    let left = gone.subtracting(forgotten)
    guard !left.isEmpty else { return }
    var change = RolloutChange(set: name)
    change.removedStages = left.sorted()
    try await services.store.rollouts.write(change)
    for name in left {
      members[name] = nil
      stored[name] = nil
    }
    forgotten.formUnion(left)
  }
}
