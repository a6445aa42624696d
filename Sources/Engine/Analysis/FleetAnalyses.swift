package import Fleet
import Foundation
package import Kubernetes
package import Logging
import Manifest

/// The runs of analyses that the hub carries out: each is written down before it begins and after its measurements, so
/// that a hub that is killed goes on where it stopped.
package actor FleetAnalyses {
  package struct Options: Sendable {
    /// Runs that measure at once; the others wait for their turn.
    package var width = 256
    /// The most of a status that is kept, in bytes of JSON.
    package var statusBytes = 256 << 10
    /// Seconds between two writes of one run that goes on; its end is written at once.
    package var writeInterval = 0.5

    package init() {}
  }

  /// A run that is not complete.
  private struct Entry {
    var run: StoredAnalysis
    /// Ends the run while it is carried.
    var termination: AsyncStream<Void>.Continuation?
    var isCarried = false
    /// Its rollout is gone: it ends, and nobody is told.
    var isRemoved = false
    var writtenAt = -Double.infinity
    var isUnwritten = false

    /// Whether a Job may run for it.
    var isInFlight: Bool {
      run.status.results.contains { $0.measurements.last.map { $0.finishedAt == nil } ?? false }
    }
  }

  private let store: AnalysisRuns
  private let runner: AnalysisRunner
  private let templates: @Sendable () async -> [AnalysisManifest]
  private let clock: WallClock
  private let options: Options
  private let logger: Logger
  private nonisolated let feed = ChangeFeed<String>()
  private let alarm = Alarm()

  /// By uid.
  private var entries: [String: Entry] = [:]
  /// The uid of each name that counts.
  private var names: [String: String] = [:]
  private var waiting: [String] = []
  private var carried = 0

  /// - Parameters:
  ///   - secrets: where arguments that name a Secret get their values, before each measurement.
  ///   - templates: all that a run can be made of now; of two with one name the first counts.
  package init(
    store: Store, source: MetricSource, clock: WallClock = .system, secrets: @escaping SecretLookup,
    options: Options = Options(), logger: Logger = Logger(label: "muster.analysis"),
    templates: @escaping @Sendable () async -> [AnalysisManifest]
  ) {
    self.store = store.analysisRuns
    runner = AnalysisRunner(source: source, clock: clock, secrets: secrets)
    self.templates = templates
    self.clock = clock
    self.options = options
    self.logger = logger
  }

  /// The names of runs that changed, from this call on.
  package nonisolated func changes() -> ChangeFeed<String>.Changes { feed.changes() }

  // MARK: - What is asked of it

  /// Starts a run, or leaves the one of this name alone: after a crash the same call is made again.
  /// - Throws: ``Diagnostics`` for a request that no run can be made of, ``Failure`` where it cannot be written down.
  package func start(_ request: AnalysisRequest) async throws {
    guard names[request.name] == nil else { return }
    if let known = try await store.run(named: request.name) { return adopt(known) }
    let spec = try request.spec(await templates())
    let run = StoredAnalysis(
      name: request.name, rollout: request.rollout, uid: UUID().uuidString.lowercased(), spec: spec,
      status: AnalysisStatus())
    if let known = try await store.add(run) { adopt(known) }
  }

  /// Nil for a run that was never started, or is removed.
  package func status(of name: String) async throws -> AnalysisStatus? {
    if let uid = names[name], let entry = entries[uid] { return entry.run.status }
    return try await store.run(named: name)?.status
  }

  /// In the order in which they were started.
  package func runs(of rollout: String) async throws -> [(name: String, status: AnalysisStatus)] {
    try await store.runs(of: rollout).map { run in (run.name, entries[run.uid]?.run.status ?? run.status) }
  }

  /// Ends a run as the promotion of a rollout does: metrics that would go on for ever end as Successful. One that is over,
  /// or was never started, stays as it is.
  package func terminate(_ name: String) async throws {
    try await store.askToEnd(name)
    guard let uid = names[name] else { return }
    entries[uid]?.run.isAskedToEnd = true
    entries[uid]?.termination?.yield()
  }

  /// Goes on with every run that is not complete; after the start of the hub.
  package func resume() async throws {
    let found = try await store.incomplete()
    for problem in found.problems {
      logger.error("analysis not resumed", metadata: ["subject": "\(problem.subject)", "reason": "\(problem.message)"])
    }
    for run in found.runs { adopt(run) }
  }

  /// Ends and forgets the runs of a rollout.
  package func remove(of rollout: String) async throws {
    try await store.remove(of: rollout)
    forget { $0 == rollout }
  }

  /// Ends and forgets the runs of all other rollouts.
  package func trim(keeping rollouts: Set<String>) async throws {
    try await store.trim(keeping: rollouts)
    forget { !rollouts.contains($0) }
  }

  /// Carries the runs, until cancelled. One call at a time.
  package func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.writeLate() }
      while !Task.isCancelled {
        for uid in admitted() { group.addTask { await self.carry(uid) } }
        await alarm.wait(upTo: .seconds(60))
      }
    }
  }

  // MARK: - Which run is when

  private func adopt(_ run: StoredAnalysis) {
    guard !run.status.phase.isCompleted, names[run.name] == nil else { return }
    names[run.name] = run.uid
    entries[run.uid] = Entry(run: run)
    waiting.append(run.uid)
    alarm.ring()
  }

  private func admitted() -> [String] {
    let admitted = Array(waiting.prefix(max(0, options.width - carried)))
    waiting.removeFirst(admitted.count)
    carried += admitted.count
    for uid in admitted { entries[uid]?.isCarried = true }
    return admitted
  }

  private func forget(_ isGone: (String) -> Bool) {
    for (uid, entry) in entries where isGone(entry.run.rollout) {
      if names[entry.run.name] == uid { names[entry.run.name] = nil }
      if entry.isCarried || entry.isInFlight {
        // Ended in good order, now or when its turn comes: what it made in a cluster is taken away.
        entries[uid]?.isRemoved = true
        entry.termination?.yield()
      } else {
        entries[uid] = nil
        waiting.removeAll { $0 == uid }
      }
      feed.send([entry.run.name])
    }
  }

  // MARK: - Carrying one

  private func carry(_ uid: String) async {
    guard let run = entries[uid]?.run else { return release() }
    let (terminations, termination) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    entries[uid]?.termination = termination
    var spec = run.spec
    spec.terminate = run.isAskedToEnd || entries[uid]?.isRemoved == true
    let status = await runner.run(
      spec, file: "analysis \(run.name)", owner: AnalysisOwner(name: run.name, uid: run.uid), from: run.status,
      terminations: terminations
    ) { status in await self.note(status, uid) }
    await conclude(uid, status)
  }

  private func release() {
    carried -= 1
    alarm.ring()
  }

  /// Takes in how a run stands that goes on.
  private func note(_ status: AnalysisStatus, _ uid: String) async {
    guard var entry = entries[uid], !entry.isRemoved, !status.phase.isCompleted, status != entry.run.status else {
      return
    }
    entry.run.status = status
    entry.run.version += 1
    entry.isUnwritten = true
    entries[uid] = entry
    feed.send([entry.run.name])
    if clock.now() - entry.writtenAt >= options.writeInterval { await write([uid]) }
  }

  /// The end of a run counts when it is written down.
  private func conclude(_ uid: String, _ status: AnalysisStatus) async {
    guard status.phase.isCompleted else {
      // The hub stops.
      await write([uid])
      return putBack(uid)
    }
    if var run = entries[uid]?.run, entries[uid]?.isRemoved == false {
      run.status = status
      run.version += 1
      guard await writeEnd(run) else { return putBack(uid) }
      if names[run.name] == uid { names[run.name] = nil }
      feed.send([run.name])
    }
    entries[uid] = nil
    release()
  }

  private func putBack(_ uid: String) {
    if entries[uid]?.isRemoved == true { entries[uid] = nil }
    entries[uid]?.isCarried = false
    entries[uid]?.termination = nil
    if entries[uid] != nil { waiting.append(uid) }
    release()
  }

  // MARK: - Writing down

  /// Tries until it is written; false where the hub stops before.
  private func writeEnd(_ run: StoredAnalysis) async -> Bool {
    var pause = 1.0
    while true {
      do {
        try await store.put([bounded(run)])
        return true
      } catch {
        report(error)
        guard (try? await Task.sleep(for: .seconds(pause))) != nil else { return false }
        pause = min(pause * 2, 30)
      }
    }
  }

  private func write(_ uids: [String]) async {
    let runs = uids.compactMap { uid in entries[uid].flatMap { $0.isUnwritten && !$0.isRemoved ? $0.run : nil } }
    for uid in uids {
      entries[uid]?.isUnwritten = false
      entries[uid]?.writtenAt = clock.now()
    }
    do {
      try await store.put(runs.map(bounded))
    } catch {
      for run in runs { entries[run.uid]?.isUnwritten = true }
      report(error)
    }
  }

  /// Writes what came too soon after the write before it.
  private func writeLate() async {
    while (try? await Task.sleep(for: .seconds(options.writeInterval))) != nil {
      await write(entries.keys.filter { entries[$0]?.isUnwritten == true })
    }
  }

  private func bounded(_ run: StoredAnalysis) -> StoredAnalysis {
    var run = run
    run.status = run.status.fitting(options.statusBytes)
    return run
  }

  private func report(_ error: any Error) {
    logger.error("analysis not written down", metadata: ["reason": "\((error as? Failure)?.message ?? "\(error)")"])
  }
}
