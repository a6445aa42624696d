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
            PRIMARY KEY (application, number)
          ) WITHOUT ROWID, STRICT
          """)
    }
  }

  /// Writes a sync as it stands now.
  package func put(_ operation: SyncOperation, of application: String) async throws {
    let record = try Self.text(operation, application)
    try await access.write { db in
      try db.cachedStatement(sql: "INSERT OR REPLACE INTO sync VALUES (?,?,?,?)").execute(arguments: [
        application, operation.number, operation.phase.rawValue, record,
      ])
    }
  }

  /// The newest first.
  package func newest(of application: String, limit: Int) async throws -> [SyncOperation] {
    try await access.read { db in
      try String.fetchAll(
        db, sql: "SELECT record FROM sync WHERE application = ? ORDER BY number DESC LIMIT ?",
        arguments: [application, max(0, limit)]
      ).compactMap(Self.operation)
    }
  }

  package func operation(of application: String, number: Int64) async throws -> SyncOperation? {
    try await access.read { db in
      try String.fetchOne(
        db, sql: "SELECT record FROM sync WHERE application = ? AND number = ?", arguments: [application, number]
      ).flatMap(Self.operation)
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

  private static func text(_ operation: SyncOperation, _ application: String) throws -> String {
    do {
      return String(decoding: try JSONEncoder().encode(operation), as: UTF8.self)
    } catch {
      throw Failure(
        "store.not-written", subject: "sync \(operation.number) of application \(application)", stage: "write",
        "cannot be put into words", retry: .never)
    }
  }

  /// Nil for a record that this version cannot read: a newer one wrote it.
  private static func operation(_ text: String) -> SyncOperation? {
    try? JSONDecoder().decode(SyncOperation.self, from: Data(text.utf8))
  }
}
