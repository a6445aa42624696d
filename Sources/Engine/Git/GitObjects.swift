import Glibc
import Synchronization

/// Reads objects of all the mirrors: pooled processes, and bounded caches that hold what an id names for ever.
///
/// Synchronous and thread-safe. Two processes per repository, twenty-four in all, ended when unused for half a minute.
final class GitObjects: Sendable {
  /// What ``GitFileTree`` reads from.
  struct Repository: Sendable {
    let path: String
    let objects: GitObjects
  }

  private struct Idle {
    var process: CatFileProcess
    var since: ContinuousClock.Instant
  }

  private struct State {
    var idle: [String: [Idle]] = [:]
    /// Processes that exist, lent ones included.
    var count = 0
    /// Raised when a repository's folder was replaced: what was started before is ended when it comes back.
    var generations: [String: Int] = [:]
    var damaged: Set<String> = []
  }

  private let environment: [String: String]
  private let state = Mutex(State())
  private let blobs: Mutex<GenerationCache<GitObjectID, [UInt8]>>
  private let trees: Mutex<GenerationCache<GitObjectID, GitTreeObject>>

  private let sizes = Mutex(GenerationCache<GitObjectID, Int>(limit: 100_000))
  private let roots = Mutex(GenerationCache<GitObjectID, GitObjectID>(limit: 10_000))

  private static let idleLimit = 24
  private static let idleLimitPerRepository = 2
  private static let idleTime: Duration = .seconds(30)
  private static let readDeadline: Duration = .seconds(30)
  /// Larger blobs are read anew each time.
  private static let cachedBlobLimit = 1 << 20
  static let treeLimit = 16 << 20

  /// - Parameter cacheBytes: of blobs, and half as much again of trees.
  init(environment: [String: String], cacheBytes: Int = 64 << 20) {
    self.environment = environment
    blobs = Mutex(GenerationCache(limit: cacheBytes))
    trees = Mutex(GenerationCache(limit: cacheBytes / 2))
  }

  func repository(at path: String) -> Repository { Repository(path: path, objects: self) }

  /// The bytes of a blob.
  func blob(_ id: GitObjectID, in repository: String, limit: Int) throws(GitReadError) -> [UInt8] {
    if let bytes = blobs.withLock({ $0[id] }) {
      guard bytes.count <= limit else { throw .tooLarge }
      return bytes
    }
    let bytes = try object(id, .blob, in: repository, limit: limit)
    sizes.withLock { $0.insert(bytes.count, for: id, cost: 1) }
    if bytes.count <= Self.cachedBlobLimit {
      blobs.withLock { $0.insert(bytes, for: id, cost: bytes.count + 128) }
    }
    return bytes
  }

  /// Makes sure that a blob exists and has at most `limit` bytes; reads it when it was never read.
  func checkSize(of id: GitObjectID, in repository: String, limit: Int) throws(GitReadError) {
    if let size = sizes.withLock({ $0[id] }) {
      guard size <= limit else { throw .tooLarge }
    } else {
      _ = try blob(id, in: repository, limit: limit)
    }
  }

  func tree(_ id: GitObjectID, in repository: String) throws(GitReadError) -> GitTreeObject {
    if let tree = trees.withLock({ $0[id] }) { return tree }
    let bytes = try object(id, .tree, in: repository, limit: Self.treeLimit)
    guard let tree = GitTreeObject(bytes, idLength: id.byteCount) else {
      markDamaged(repository)
      throw .unreadable("tree \(id.short) is malformed")
    }
    trees.withLock { $0.insert(tree, for: id, cost: bytes.count * 4 + 256) }
    return tree
  }

  /// A folder that was read before.
  func knownTree(_ id: GitObjectID) -> GitTreeObject? { trees.withLock { $0[id] } }

  func knownRoot(of commit: GitObjectID) -> GitObjectID? { roots.withLock { $0[commit] } }

  func remember(_ root: GitObjectID, of commit: GitObjectID) {
    roots.withLock { $0.insert(root, for: commit, cost: 1) }
  }

  /// The bytes of an object of a known kind.
  func object(
    _ id: GitObjectID, _ kind: GitObject.Kind, in repository: String, limit: Int
  ) throws(GitReadError) -> [UInt8] {
    switch try read(id, in: repository, limit: limit) {
    case .found(kind, let bytes): return bytes
    case .found(let other, _): throw .unreadable("\(id.short) is a \(other.rawValue), not a \(kind.rawValue)")
    case .tooLarge: throw .tooLarge
    case .missing:
      markDamaged(repository)
      throw .unreadable("\(kind.rawValue) \(id.short) is missing from the mirror")
    }
  }
}

/// Why a file of a commit cannot be read; ``GitFileTree`` adds the path.
enum GitReadError: Error {
  case tooLarge
  case unreadable(String)
}

// MARK: - Processes

extension GitObjects {
  /// The folder at `repository` was replaced or removed.
  func forget(_ repository: String) {
    let ended = state.withLock { state in
      state.generations[repository, default: 0] += 1
      state.damaged.remove(repository)
      let ended = state.idle.removeValue(forKey: repository) ?? []
      state.count -= ended.count
      return ended
    }
    withExtendedLifetime(ended) {}  // Ended outside the lock.
  }

  /// Whether a read found an object missing or damaged since the folder was last replaced.
  func isDamaged(_ repository: String) -> Bool { state.withLock { $0.damaged.contains(repository) } }

  func markDamaged(_ repository: String) { state.withLock { _ = $0.damaged.insert(repository) } }

  /// Ends processes that have been idle for long.
  func trim() {
    let oldest = ContinuousClock.now - Self.idleTime
    let ended = state.withLock { state in
      var ended: [Idle] = []
      for (path, idle) in state.idle {
        let kept = idle.filter { $0.since > oldest }
        ended += idle.filter { $0.since <= oldest }
        state.idle[path] = kept.isEmpty ? nil : kept
      }
      state.count -= ended.count
      return ended
    }
    withExtendedLifetime(ended) {}
  }

  /// Ids of the processes that wait for work; for tests that kill them.
  var idleProcessIDs: [Int32] {
    state.withLock { $0.idle.values.flatMap { $0 }.map(\.process.processID) }
  }

  /// A process that was killed, or that does not know a new pack, is replaced once.
  private func read(_ id: GitObjectID, in repository: String, limit: Int) throws(GitReadError) -> GitObject {
    var lastError = GitObjectError.ended
    for attempt in 0..<2 {
      let deadline = ContinuousClock.now + Self.readDeadline
      do throws(GitObjectError) {
        let (process, generation) = try borrow(repository, fresh: attempt > 0)
        do throws(GitObjectError) {
          let object = try process.read(id, limit: limit, deadline: deadline)
          giveBack(process, of: repository, generation)
          if case .missing = object, attempt == 0 { continue }
          return object
        } catch {
          discard()
          throw error
        }
      } catch {
        lastError = error
        if case .deadline = error { break }
      }
    }
    throw failed(lastError, id, repository)
  }

  private func failed(_ error: GitObjectError, _ id: GitObjectID, _ repository: String) -> GitReadError {
    switch error {
    case .notStarted(let reason): return .unreadable("git cannot be started: \(reason)")
    case .deadline: return .unreadable("git did not give \(id.short) in time")
    case .ended:
      markDamaged(repository)
      return .unreadable("git cannot read \(id.short) from the mirror")
    }
  }

  private func borrow(
    _ repository: String, fresh: Bool
  ) throws(GitObjectError) -> (process: CatFileProcess, generation: Int) {
    let (idle, generation) = state.withLock { state -> (Idle?, Int) in
      let generation = state.generations[repository] ?? 0
      if fresh { return (nil, generation) }
      let idle = state.idle[repository]?.popLast()
      return (idle, generation)
    }
    if let idle { return (idle.process, generation) }
    let process = try CatFileProcess(repository: repository, environment: environment)
    state.withLock { $0.count += 1 }
    return (process, generation)
  }

  private func giveBack(_ process: CatFileProcess, of repository: String, _ generation: Int) {
    let ended = state.withLock { state -> CatFileProcess? in
      let idle = state.idle[repository]?.count ?? 0
      guard state.generations[repository] ?? 0 == generation, idle < Self.idleLimitPerRepository else {
        state.count -= 1
        return process
      }
      state.idle[repository, default: []].append(Idle(process: process, since: .now))
      return state.count > Self.idleLimit ? Self.takeOldest(&state) : nil
    }
    withExtendedLifetime(ended) {}
  }

  private static func takeOldest(_ state: inout State) -> CatFileProcess? {
    let oldest = state.idle.min { ($0.value.first?.since ?? .now) < ($1.value.first?.since ?? .now) }
    guard let path = oldest?.key, var idle = state.idle[path], !idle.isEmpty else { return nil }
    let process = idle.removeFirst().process
    state.idle[path] = idle.isEmpty ? nil : idle
    state.count -= 1
    return process
  }

  private func discard() { state.withLock { $0.count -= 1 } }
}
