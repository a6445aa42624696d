import GRDB
import Manifest

/// Puts the writes of many tasks into few transactions.
///
/// A write begins at once when none is under way; those that come meanwhile share the next transaction. A write that fails
/// takes none of its neighbours with it.
actor GroupCommit {
  typealias Change = @Sendable (Database) throws -> Void

  private struct Entry {
    var change: Change
    var continuation: CheckedContinuation<Void, any Error>
  }

  private static let largestGroup = 1_000

  private let writer: any DatabaseWriter
  private let name: String
  private var pending: [Entry] = []
  private var isWriting = false

  init(_ writer: any DatabaseWriter, name: String) {
    self.writer = writer
    self.name = name
  }

  /// Returns when `change` is committed; it may run more than once, each time in a fresh transaction.
  /// - Throws: what `change` throws if that is a ``Failure``, otherwise ``Failure`` `store.not-written`.
  func commit(_ change: @escaping Change) async throws {
    try await withCheckedThrowingContinuation { continuation in
      pending.append(Entry(change: change, continuation: continuation))
      if !isWriting {
        isWriting = true
        // Ends as soon as nothing is pending; its work is awaited by those who brought it.
        Task { await writePending() }
      }
    }
  }

  private func writePending() async {
    while !pending.isEmpty {
      let group = Array(pending.prefix(Self.largestGroup))
      pending.removeFirst(group.count)
      let results = await write(group.map(\.change))
      for (entry, result) in zip(group, results) { entry.continuation.resume(with: result) }
    }
    isWriting = false
  }

  private func write(_ changes: [Change]) async -> [Result<Void, any Error>] {
    do {
      try await writer.write { db in
        for change in changes { try change(db) }
      }
      return changes.map { _ in .success(()) }
    } catch {
      guard changes.count > 1 else { return [.failure(failure(error))] }
      var results: [Result<Void, any Error>] = []
      for change in changes { results += await write([change]) }
      return results
    }
  }

  private func failure(_ error: any Error) -> Failure {
    StoreFailure.of(error, code: "store.not-written", database: name, stage: "write")
  }
}

/// A table's way to its database.
struct TableAccess: Sendable {
  let reader: any DatabaseReader
  let commit: GroupCommit

  func read<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
    do {
      return try await reader.read(body)
    } catch let error as CancellationError {
      throw error
    } catch {
      throw StoreFailure.of(error, code: "store.not-read", database: "of the hub", stage: "read")
    }
  }

  func write(_ change: @escaping GroupCommit.Change) async throws { try await commit.commit(change) }
}
