package import Manifest
import Synchronization

/// What came of a render: the same ``identity`` for as long as nothing that was read has changed.
package struct Rendered<Output: Sendable>: Sendable {
  package var output: Output
  /// Differs between any two renders that a process makes: who has planned by one need not plan again by an equal one.
  package var identity: UInt64
}

/// Renders once per distinct input (DESIGN §3.5).
///
/// An entry holds what its render asked of the tree. For a new commit the questions are asked again, which takes no
/// rendering and no process when the folders are known; if the answers are the same, so is the result. Faults in the
/// user's files are results too.
package final class RenderCache<Output: Sendable>: Sendable {
  /// Whose files are rendered, and how: everything the result depends on beside the tree.
  package struct Key: Sendable, Hashable {
    package var repository: String
    package var parameters: String

    /// - Parameter parameters: path and options, in a form of the caller's; equal texts mean equal renders.
    package init(repository: String, parameters: String) {
      self.repository = repository
      self.parameters = parameters
    }
  }

  private struct Entry: Sendable {
    var identity: UInt64
    var trace: FileTrace
    var result: Result<Output, Diagnostics>
    /// Versions of the tree for which the trace is known to hold, the newest last.
    var versions: [String]
    var cost: Int
    var lastUse: UInt64
  }

  private struct Flight: Hashable {
    var key: Key
    var version: String
  }

  private struct State {
    var entries: [Key: [Entry]] = [:]
    var flights: [Flight: Task<Rendered<Output>, any Error>] = [:]
    var counter: UInt64 = 0
    var cost = 0
    var count = 0
    var renders = 0
  }

  private let maximumCost: Int
  private let maximumCount: Int
  private let threads: RenderThreads
  private let cost: @Sendable (Output) -> Int
  private let state = Mutex(State())

  /// Versions of one key that are kept side by side: branches, and a commit that was reverted.
  private static var entriesPerKey: Int { 8 }
  private static var versionsPerEntry: Int { 8 }

  /// - Parameter cost: about how many bytes a result takes.
  package init(
    maximumCost: Int = 256 << 20, maximumCount: Int = 20_000, threads: RenderThreads = .shared,
    cost: @escaping @Sendable (Output) -> Int
  ) {
    self.maximumCost = maximumCost
    self.maximumCount = maximumCount
    self.threads = threads
    self.cost = cost
  }

  /// How many renders were really made.
  package var renderCount: Int { state.withLock { $0.renders } }

  /// The result of `compute` on `tree`, from before if nothing that it reads has changed.
  ///
  /// - Parameters:
  ///   - version: the commit; equal versions of a repository have equal files. Nil where there is no such thing.
  ///   - compute: reads only from the tree it is given, and depends on nothing but that and the key.
  /// - Throws: what `compute` throws; ``Diagnostics`` come from the cache too.
  package func render(
    _ key: Key, version: String?, tree: any FileTree,
    compute: @escaping @Sendable (any FileTree) throws -> Output
  ) async throws -> Rendered<Output> {
    if let version, let known = known(key, version: version) ?? unchanged(key, version: version, tree) {
      return try known.get()
    }
    guard let version else {
      return try await threads.run { try self.renderOrFind(key, version: nil, tree, compute) }
    }
    return try await flight(Flight(key: key, version: version)) {
      try await self.threads.run { try self.renderOrFind(key, version: version, tree, compute) }
    }.waiting()
  }

  package func removeAll() {
    state.withLock { state in
      state.entries = [:]
      state.cost = 0
      state.count = 0
    }
  }
}

extension RenderCache {
  /// One task per key and version, whoever asks.
  private func flight(
    _ flight: Flight, _ body: @escaping @Sendable () async throws -> Rendered<Output>
  ) -> Task<Rendered<Output>, any Error> {
    state.withLock { state in
      if let running = state.flights[flight] { return running }
      // Shared by all who wait for it, so it is no child of one of them.
      let task = Task {
        defer { self.state.withLock { $0.flights[flight] = nil } }
        return try await body()
      }
      state.flights[flight] = task
      return task
    }
  }

  private func known(_ key: Key, version: String) -> Result<Rendered<Output>, Diagnostics>? {
    state.withLock { state in
      guard let index = state.entries[key]?.firstIndex(where: { $0.versions.contains(version) }) else { return nil }
      return Self.use(key, index, &state)
    }
  }

  /// A result of another version that read from folders which are the same in this one, found without waiting.
  private func unchanged(
    _ key: Key, version: String, _ tree: any FileTree
  ) -> Result<Rendered<Output>, Diagnostics>? {
    let candidates = state.withLock { $0.entries[key] ?? [] }
    for candidate in candidates.reversed() where candidate.trace.isKnownToHold(in: tree) {
      if let found = confirm(key, candidate.identity, version) { return found }
    }
    return nil
  }

  /// Runs on a render thread.
  private func renderOrFind(
    _ key: Key, version: String?, _ tree: any FileTree, _ compute: (any FileTree) throws -> Output
  ) throws -> Rendered<Output> {
    let candidates = state.withLock { $0.entries[key] ?? [] }
    for candidate in candidates.sorted(by: { $0.lastUse > $1.lastUse }) where candidate.trace.holds(in: tree) {
      if let found = confirm(key, candidate.identity, version) { return try found.get() }
    }
    let recorder = RecordingFileTree(tree)
    let result: Result<Output, Diagnostics>
    do {
      result = .success(try compute(recorder))
    } catch let diagnostics as Diagnostics {
      result = .failure(diagnostics)
    } catch let diagnostic as Diagnostic {
      result = .failure(Diagnostics(diagnostic))
    }
    return try remember(key, version, recorder.trace, result).get()
  }

  private func confirm(_ key: Key, _ identity: UInt64, _ version: String?) -> Result<Rendered<Output>, Diagnostics>? {
    state.withLock { state in
      guard let index = state.entries[key]?.firstIndex(where: { $0.identity == identity }) else { return nil }
      if let version {
        let kept = state.entries[key]?[index].versions.suffix(Self.versionsPerEntry - 1) ?? []
        state.entries[key]?[index].versions = kept + [version]
      }
      return Self.use(key, index, &state)
    }
  }

  private static func use(_ key: Key, _ index: Int, _ state: inout State) -> Result<Rendered<Output>, Diagnostics>? {
    state.counter += 1
    state.entries[key]?[index].lastUse = state.counter
    return state.entries[key].map { entries in
      entries[index].result.map { Rendered(output: $0, identity: entries[index].identity) }
    }
  }

  private func remember(
    _ key: Key, _ version: String?, _ trace: FileTrace, _ result: Result<Output, Diagnostics>
  ) -> Result<Rendered<Output>, Diagnostics> {
    let cost = (try? result.get()).map(cost) ?? 1_024  // Diagnostics are small.
    return state.withLock { state in
      state.renders += 1
      state.counter += 1
      let identity = state.counter
      if trace.isRepeatable {
        let entry = Entry(
          identity: identity, trace: trace, result: result, versions: version.map { [$0] } ?? [],
          cost: cost + trace.count * 256, lastUse: identity)
        insert(entry, for: key, &state)
      }
      return result.map { Rendered(output: $0, identity: identity) }
    }
  }

  private func insert(_ entry: Entry, for key: Key, _ state: inout State) {
    guard entry.cost <= maximumCost / 2 else { return }
    state.entries[key, default: []].append(entry)
    state.cost += entry.cost
    state.count += 1
    if state.entries[key]?.count ?? 0 > Self.entriesPerKey { removeOldest(of: key, &state) }
    guard state.cost > maximumCost || state.count > maximumCount else { return }
    // Down to nine tenths, so that the sorting is rare.
    let uses = state.entries.values.flatMap { $0 }.sorted { $0.lastUse < $1.lastUse }
    var (cost, count, oldest) = (state.cost, state.count, UInt64(0))
    for use in uses where cost > maximumCost / 10 * 9 || count > maximumCount / 10 * 9 {
      cost -= use.cost
      count -= 1
      oldest = use.lastUse
    }
    for (key, entries) in state.entries {
      let kept = entries.filter { $0.lastUse > oldest }
      state.entries[key] = kept.isEmpty ? nil : kept
    }
    (state.cost, state.count) = (cost, count)
  }

  private func removeOldest(of key: Key, _ state: inout State) {
    guard
      let oldest = state.entries[key]?.indices.min(by: { a, b in
        (state.entries[key]?[a].lastUse ?? 0) < (state.entries[key]?[b].lastUse ?? 0)
      }), let removed = state.entries[key]?.remove(at: oldest)
    else { return }
    state.cost -= removed.cost
    state.count -= 1
  }
}
