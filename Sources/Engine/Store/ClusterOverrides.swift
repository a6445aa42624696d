package import Foundation
import GRDB
import Manifest

/// What a person said about a cluster by the command line or the API, on top of its manifest or registration.
package struct ClusterOverride: Sendable, Equatable {
  package var name: String
  /// Labels added or changed; a nil value takes the label away.
  package var labels: [String: String?]
  /// Nil leaves it to the manifest.
  package var cordoned: Bool?
  package var actor: String
  package var time: Date

  package init(name: String, labels: [String: String?] = [:], cordoned: Bool? = nil, actor: String, time: Date) {
    self.name = name
    self.labels = labels
    self.cordoned = cordoned
    self.actor = actor
    self.time = time
  }

  /// Says nothing, and need not be kept.
  package var isEmpty: Bool { labels.isEmpty && cordoned == nil }

  package func applied(to labels: [String: String]) -> [String: String] {
    var result = labels
    for (key, value) in self.labels { result[key] = value }
    return result
  }
}

/// Data: labels and cordons that were set by hand.
package struct ClusterOverrides: Sendable {
  private let access: TableAccess

  init(reader: any DatabaseReader, commit: GroupCommit) { access = TableAccess(reader: reader, commit: commit) }

  static func register(in migrator: inout DatabaseMigrator) {
    migrator.registerMigration("clusterOverride-1") { db in
      try db.execute(
        sql: """
          CREATE TABLE clusterOverride (
            name TEXT NOT NULL PRIMARY KEY, labels TEXT NOT NULL, cordoned INTEGER, actor TEXT NOT NULL,
            time REAL NOT NULL
          ) WITHOUT ROWID, STRICT
          """)
    }
  }

  /// Adds or replaces; an empty one is removed.
  package func put(_ override: ClusterOverride) async throws {
    guard !override.isEmpty else { return try await remove(override.name) }
    let labels = try JSONText.of(override.labels)
    try await access.write { db in
      try db.execute(
        sql: "INSERT OR REPLACE INTO clusterOverride VALUES (?,?,?,?,?)",
        arguments: [
          override.name, labels, override.cordoned, override.actor, override.time.timeIntervalSince1970,
        ])
    }
  }

  package func remove(_ name: String) async throws {
    try await access.write { db in
      try db.execute(sql: "DELETE FROM clusterOverride WHERE name = ?", arguments: [name])
    }
  }

  /// By cluster.
  package func all() async throws -> [String: ClusterOverride] {
    try await access.read { db in
      var overrides: [String: ClusterOverride] = [:]
      for row in try Row.fetchAll(db, sql: "SELECT * FROM clusterOverride") {
        let override = ClusterOverride(
          name: row["name"], labels: try JSONText.value(of: row["labels"]), cordoned: row["cordoned"],
          actor: row["actor"], time: Date(timeIntervalSince1970: row["time"]))
        overrides[override.name] = override
      }
      return overrides
    }
  }
}
