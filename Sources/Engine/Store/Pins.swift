package import Foundation
import GRDB
import Manifest

/// An Application that was taken back: it stays at an earlier state until its source moves past the one it was taken from.
package struct Pin: Sendable, Equatable {
  package var application: String
  /// The commit it is kept at.
  package var revision: String
  /// Its sources then, as JSON.
  package var sources: String
  /// The commit that is held back.
  package var heldRevision: String
  /// Its sources when it was taken back, as JSON.
  package var heldSources: String
  package var actor: String
  package var time: Date

  package init(
    application: String, revision: String, sources: String, heldRevision: String, heldSources: String, actor: String,
    time: Date
  ) {
    self.application = application
    self.revision = revision
    self.sources = sources
    self.heldRevision = heldRevision
    self.heldSources = heldSources
    self.actor = actor
    self.time = time
  }
}

/// Data: which Applications were taken back, and from what.
package struct Pins: Sendable {
  private let access: TableAccess

  init(reader: any DatabaseReader, commit: GroupCommit) { access = TableAccess(reader: reader, commit: commit) }

  static func register(in migrator: inout DatabaseMigrator) {
    migrator.registerMigration("pin-1") { db in
      try db.execute(
        sql: """
          CREATE TABLE pin (
            application TEXT NOT NULL PRIMARY KEY, revision TEXT NOT NULL, sources TEXT NOT NULL,
            heldRevision TEXT NOT NULL, heldSources TEXT NOT NULL, actor TEXT NOT NULL, time REAL NOT NULL
          ) WITHOUT ROWID, STRICT
          """)
    }
  }

  package func put(_ pin: Pin) async throws {
    try await access.write { db in
      try db.execute(
        sql: "INSERT OR REPLACE INTO pin VALUES (?,?,?,?,?,?,?)",
        arguments: [
          pin.application, pin.revision, pin.sources, pin.heldRevision, pin.heldSources, pin.actor,
          pin.time.timeIntervalSince1970,
        ])
    }
  }

  package func pin(of application: String) async throws -> Pin? {
    try await access.read { db in
      try Row.fetchOne(db, sql: "SELECT * FROM pin WHERE application = ?", arguments: [application]).map { row in
        Pin(
          application: row["application"], revision: row["revision"], sources: row["sources"],
          heldRevision: row["heldRevision"], heldSources: row["heldSources"], actor: row["actor"],
          time: Date(timeIntervalSince1970: row["time"]))
      }
    }
  }

  package func remove(_ application: String) async throws {
    try await access.write { db in
      try db.execute(sql: "DELETE FROM pin WHERE application = ?", arguments: [application])
    }
  }
}
