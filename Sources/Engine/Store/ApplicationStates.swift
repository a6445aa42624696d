package import Foundation
import GRDB
import Manifest

/// Cache: what was last seen of each application, so that a hub that starts shows something before it has looked.
package struct ApplicationStates: Sendable {
  package struct State: Sendable, Equatable {
    package var application: String
    package var cluster: String
    /// As ``Fleet`` spells them: `Synced`, `Healthy`, ….
    package var sync: String
    package var health: String
    /// The commit that was last applied in full; empty for none.
    package var revision: String
    package var message: String
    package var time: Date
    /// Whatever else the reconciler wants back, in a form of its own.
    package var details: String

    package init(
      application: String, cluster: String, sync: String, health: String, revision: String, message: String,
      time: Date, details: String = ""
    ) {
      self.application = application
      self.cluster = cluster
      self.sync = sync
      self.health = health
      self.revision = revision
      self.message = message
      self.time = time
      self.details = details
    }
  }

  private let access: TableAccess

  init(reader: any DatabaseReader, commit: GroupCommit) { access = TableAccess(reader: reader, commit: commit) }

  static func register(in migrator: inout DatabaseMigrator) {
    migrator.registerMigration("applicationState-1") { db in
      try db.execute(
        sql: """
          CREATE TABLE applicationState (
            application TEXT NOT NULL PRIMARY KEY, cluster TEXT NOT NULL, sync TEXT NOT NULL, health TEXT NOT NULL,
            revision TEXT NOT NULL, message TEXT NOT NULL, time REAL NOT NULL, details TEXT NOT NULL
          ) WITHOUT ROWID, STRICT
          """)
    }
  }

  package func put(_ states: [State]) async throws {
    guard !states.isEmpty else { return }
    try await access.write { db in
      let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO applicationState VALUES (?,?,?,?,?,?,?,?)")
      for state in states {
        try statement.execute(arguments: [
          state.application, state.cluster, state.sync, state.health, state.revision, state.message,
          state.time.timeIntervalSince1970, state.details,
        ])
      }
    }
  }

  package func remove(_ applications: [String]) async throws {
    guard !applications.isEmpty else { return }
    try await access.write { db in
      let statement = try db.cachedStatement(sql: "DELETE FROM applicationState WHERE application = ?")
      for application in applications { try statement.execute(arguments: [application]) }
    }
  }

  /// All of them, by application.
  package func all() async throws -> [String: State] {
    try await access.read { db in
      var states: [String: State] = [:]
      let rows = try Row.fetchCursor(db, sql: "SELECT * FROM applicationState")
      while let row = try rows.next() {
        let state = State(
          application: row["application"], cluster: row["cluster"], sync: row["sync"], health: row["health"],
          revision: row["revision"], message: row["message"], time: Date(timeIntervalSince1970: row["time"]),
          details: row["details"])
        states[state.application] = state
      }
      return states
    }
  }
}
