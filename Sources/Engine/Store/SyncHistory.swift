package import Fleet
import Foundation
import GRDB
import Manifest

/// Data: the syncs of each Application, the one that is under way included.
package struct SyncHistory: Sendable {
  private let access: TableAccess

  init(reader: any DatabaseReader, commit: GroupCommit) { access = TableAccess(reader: reader, commit: commit) }

  static func register(in migrator: inout DatabaseMigrator) {
    migrator.registerMigration("sync-1") { db in
      try db.execute(
        sql: """
          CREATE TABLE sync (
            application TEXT NOT NULL, number INTEGER NOT NULL, phase TEXT NOT NULL, record TEXT NOT NULL,
            results TEXT NOT NULL,
            PRIMARY KEY (application, number)
          ) WITHOUT ROWID, STRICT
          """)
    }
  }

  /// Writes a sync as it stands now.
  package func put(_ operation: SyncOperation, of application: String) async throws {
    var slim = operation
    slim.results = [:]
    let record = try Self.text(slim, application)
    let results = try Self.text(operation.results, application)
    try await access.write { db in
      try db.cachedStatement(sql: "INSERT OR REPLACE INTO sync VALUES (?,?,?,?,?)").execute(arguments: [
        application, operation.number, operation.phase.rawValue, record, results,
      ])
    }
  }

  /// The newest first.
  package func newest(of application: String, limit: Int) async throws -> [SyncOperation] {
    try await access.read { db in
      try Row.fetchAll(
        db, sql: "SELECT record, results FROM sync WHERE application = ? ORDER BY number DESC LIMIT ?",
        arguments: [application, max(0, limit)]
      ).compactMap { Self.operation($0["record"], results: $0["results"]) }
    }
  }

  /// The newest first; those that are over without what became of their objects, which is the most of a record.
  package func newestInShort(of application: String, limit: Int) async throws -> [SyncOperation] {
    try await access.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT record, CASE WHEN phase IN (?, ?) THEN results ELSE '[]' END AS results
          FROM sync WHERE application = ? ORDER BY number DESC LIMIT ?
          """,
        arguments: [
          SyncOperation.Phase.running.rawValue, SyncOperation.Phase.terminating.rawValue, application, max(0, limit),
        ]
      ).compactMap { Self.operation($0["record"], results: $0["results"]) }
    }
  }

  package func operation(of application: String, number: Int64) async throws -> SyncOperation? {
    try await access.read { db in
      try Row.fetchOne(
        db, sql: "SELECT record, results FROM sync WHERE application = ? AND number = ?",
        arguments: [application, number]
      ).flatMap { Self.operation($0["record"], results: $0["results"]) }
    }
  }

  /// Keeps the newest `count` of those that succeeded and as many of those that did not, and the one that is under way.
  package func trim(_ application: String, keep count: Int) async throws {
    try await access.write { db in
      let statement = try db.cachedStatement(
        sql: """
          DELETE FROM sync WHERE application = ? AND number IN (
            SELECT number FROM (
              SELECT number, phase, ROW_NUMBER() OVER (PARTITION BY phase = ? ORDER BY number DESC) AS place
              FROM sync WHERE application = ? AND phase NOT IN (?, ?))
            WHERE place > ?)
          """)
      try statement.execute(arguments: [
        application, SyncOperation.Phase.succeeded.rawValue, application, SyncOperation.Phase.running.rawValue,
        SyncOperation.Phase.terminating.rawValue, max(1, count),
      ])
    }
  }

  package func removeAll(application: String) async throws {
    try await access.write { db in
      try db.execute(sql: "DELETE FROM sync WHERE application = ?", arguments: [application])
    }
  }

  private static func text(_ value: some Encodable, _ application: String) throws -> String {
    do {
      return String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    } catch {
      throw Failure(
        "store.not-written", subject: "a sync of application \(application)", stage: "write",
        "cannot be put into words", retry: .never)
    }
  }

  /// Nil for a record that this version cannot read: a newer one wrote it.
  private static func operation(_ record: String, results: String) -> SyncOperation? {
    guard var operation = try? JSONDecoder().decode(SyncOperation.self, from: Data(record.utf8)),
      let read = try? JSONDecoder().decode([SyncOperation.Key: SyncOperation.Result].self, from: Data(results.utf8))
    else { return nil }
    operation.results = read
    return operation
  }
}
