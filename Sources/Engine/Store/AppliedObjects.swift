package import Fleet
import GRDB
package import Manifest

/// Cache: what the answer to our last apply of each object said, by application and cluster.
///
/// A record that is lost costs one apply that changes nothing.
package struct AppliedObjects: Sendable {
  package struct Key: Sendable, Hashable {
    package var application: String
    package var cluster: String
    package var object: ObjectID

    package init(application: String, cluster: String, object: ObjectID) {
      self.application = application
      self.cluster = cluster
      self.object = object
    }
  }

  private let access: TableAccess

  init(reader: any DatabaseReader, commit: GroupCommit) { access = TableAccess(reader: reader, commit: commit) }

  static func register(in migrator: inout DatabaseMigrator) {
    migrator.registerMigration("appliedObject-1") { db in
      try db.execute(
        sql: """
          CREATE TABLE appliedObject (
            cluster TEXT NOT NULL, application TEXT NOT NULL, "group" TEXT NOT NULL, kind TEXT NOT NULL,
            namespace TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL, desired TEXT NOT NULL,
            entry TEXT NOT NULL, entryTime TEXT NOT NULL, generation INTEGER NOT NULL, managers TEXT NOT NULL,
            PRIMARY KEY (cluster, application, "group", kind, namespace, name)
          ) WITHOUT ROWID, STRICT
          """)
    }
  }

  /// Adds or replaces records; all of them or none.
  package func put(_ records: [Key: AppliedRecord]) async throws {
    guard !records.isEmpty else { return }
    try await access.write { db in
      let statement = try db.cachedStatement(
        sql: "INSERT OR REPLACE INTO appliedObject VALUES (?,?,?,?,?,?,?,?,?,?,?,?)")
      for (key, record) in records {
        try statement.execute(arguments: Self.identity(key) + Self.values(record))
      }
    }
  }

  package func remove(_ keys: some Collection<Key> & Sendable) async throws {
    guard !keys.isEmpty else { return }
    try await access.write { db in
      let statement = try db.cachedStatement(
        sql: """
          DELETE FROM appliedObject
          WHERE cluster = ? AND application = ? AND "group" = ? AND kind = ? AND namespace = ? AND name = ?
          """)
      for key in keys { try statement.execute(arguments: Self.identity(key)) }
    }
  }

  /// Forgets an application in one cluster, or in all when `cluster` is nil.
  package func removeAll(application: String, cluster: String? = nil) async throws {
    try await access.write { db in
      try db.execute(
        sql: "DELETE FROM appliedObject WHERE application = ? AND (? IS NULL OR cluster = ?)",
        arguments: [application, cluster, cluster])
    }
  }

  /// Forgets a whole cluster: one that was unregistered, or whose server came back older.
  package func removeAll(cluster: String) async throws {
    try await access.write { db in
      try db.execute(sql: "DELETE FROM appliedObject WHERE cluster = ?", arguments: [cluster])
    }
  }

  package func records(application: String, cluster: String) async throws -> [ObjectID: AppliedRecord] {
    try await access.read { db in
      var records: [ObjectID: AppliedRecord] = [:]
      let rows = try Row.fetchCursor(
        db, sql: "SELECT * FROM appliedObject WHERE cluster = ? AND application = ?", arguments: [cluster, application])
      while let row = try rows.next() {
        if let (key, record) = Self.read(row) { records[key.object] = record }
      }
      return records
    }
  }

  /// All there is of one cluster, by application.
  package func records(cluster: String) async throws -> [String: [ObjectID: AppliedRecord]] {
    try await access.read { db in
      var records: [String: [ObjectID: AppliedRecord]] = [:]
      let rows = try Row.fetchCursor(db, sql: "SELECT * FROM appliedObject WHERE cluster = ?", arguments: [cluster])
      while let row = try rows.next() {
        if let (key, record) = Self.read(row) { records[key.application, default: [:]][key.object] = record }
      }
      return records
    }
  }

  private static func identity(_ key: Key) -> StatementArguments {
    let object = key.object
    return [key.cluster, key.application, object.group, object.kind, object.namespace, object.name]
  }

  /// Names of managers are printable, so a line break separates them.
  private static func values(_ record: AppliedRecord) -> StatementArguments {
    [
      record.uid, record.desired.description, record.entry.description, record.entryTime, record.generation,
      record.managers.joined(separator: "\n"),
    ]
  }

  /// Nil for a row that nobody of ours wrote: it costs one apply.
  private static func read(_ row: Row) -> (key: Key, record: AppliedRecord)? {
    guard let desired = ContentDigest(row["desired"] as String), let entry = ContentDigest(row["entry"] as String)
    else { return nil }
    let object = ObjectID(group: row["group"], kind: row["kind"], namespace: row["namespace"], name: row["name"])
    let managers = (row["managers"] as String).split(separator: "\n").map(String.init)
    let record = AppliedRecord(
      uid: row["uid"], desired: desired, entry: entry, entryTime: row["entryTime"], generation: row["generation"],
      managers: managers)
    return (Key(application: row["application"], cluster: row["cluster"], object: object), record)
  }
}
