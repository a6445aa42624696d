package import Fleet
package import Foundation
import GRDB
import Manifest

/// Data: how sets wanted their Applications to end, and what sets made that do not update what they made.
///
/// Neither can be told from the fleet repository any more: the set is gone, or says something else by now.
package struct SetMemories: Sendable {
  private static let manifestLimits = TextLimits(bytes: 4 << 20)

  private let access: TableAccess

  init(reader: any DatabaseReader, commit: GroupCommit) { access = TableAccess(reader: reader, commit: commit) }

  static func register(in migrator: inout DatabaseMigrator) {
    migrator.registerMigration("setMemory-1") { db in
      try db.execute(
        sql: """
          CREATE TABLE setPolicy (
            name TEXT NOT NULL PRIMARY KEY, policy TEXT NOT NULL, preservesResources INTEGER NOT NULL,
            seen REAL NOT NULL
          ) WITHOUT ROWID, STRICT;
          CREATE TABLE keptApplication (
            name TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, manifest BLOB NOT NULL
          ) STRICT
          """)
    }
  }

  /// Writes all of it or nothing.
  package func record(
    policies: [String: SetPolicy], kept: [String: KeptApplication], released: Set<String>, now: Date
  ) async throws {
    guard !policies.isEmpty || !kept.isEmpty || !released.isEmpty else { return }
    let manifests = kept.mapValues { Data(JSON.write(.mapping($0.application.root))) }
    try await access.write { db in
      let policy = try db.cachedStatement(sql: "INSERT OR REPLACE INTO setPolicy VALUES (?,?,?,?)")
      for (name, value) in policies {
        try policy.execute(arguments: [
          name, value.policy.rawValue, value.preservesResources, now.timeIntervalSince1970,
        ])
      }
      let keep = try db.cachedStatement(sql: "INSERT OR REPLACE INTO keptApplication VALUES (?,?,?)")
      for (name, value) in kept { try keep.execute(arguments: [name, value.owner, manifests[name] ?? Data()]) }
      let release = try db.cachedStatement(sql: "DELETE FROM keptApplication WHERE name = ?")
      for name in released { try release.execute(arguments: [name]) }
    }
  }

  /// By set. One whose policy a later version wrote is left out: it counts as not known.
  package func policies() async throws -> [String: SetPolicy] {
    try await access.read { db in
      var policies: [String: SetPolicy] = [:]
      let rows = try Row.fetchCursor(db, sql: "SELECT name, policy, preservesResources FROM setPolicy")
      while let row = try rows.next() {
        guard let policy = ApplicationSet.Policy(rawValue: row["policy"]) else { continue }
        policies[row["name"]] = SetPolicy(policy: policy, preservesResources: row["preservesResources"])
      }
      return policies
    }
  }

  /// By Application.
  /// - Throws: ``Failure`` `store.kept-unreadable` for a manifest that is none.
  package func kept() async throws -> [String: KeptApplication] {
    try await access.read { db in
      var kept: [String: KeptApplication] = [:]
      let rows = try Row.fetchCursor(db, sql: "SELECT name, owner, manifest FROM keptApplication")
      while let row = try rows.next() {
        let (name, manifest): (String, Data) = (row["name"], row["manifest"])
        kept[name] = KeptApplication(owner: row["owner"], application: try Self.application(manifest, name))
      }
      return kept
    }
  }

  private static func application(_ manifest: Data, _ name: String) throws -> Application {
    guard let node = try? JSON.parse(Array(manifest), limits: manifestLimits), let root = node.mapping else {
      throw Failure(
        "store.kept-unreadable", subject: "application \(name)", stage: "read",
        "what is remembered of it is no manifest; put a backup of muster.db in its place", retry: .never)
    }
    return Application(root, origin: nil)
  }

  /// Forgets the policies of sets that were last seen before `time`.
  /// - Parameter present: sets that are there now.
  package func trim(seenBefore time: Date, present: Set<String>, now: Date) async throws {
    try await access.write { db in
      let touch = try db.cachedStatement(sql: "UPDATE setPolicy SET seen = ? WHERE name = ?")
      for name in present { try touch.execute(arguments: [now.timeIntervalSince1970, name]) }
      try db.execute(sql: "DELETE FROM setPolicy WHERE seen < ?", arguments: [time.timeIntervalSince1970])
    }
  }
}
