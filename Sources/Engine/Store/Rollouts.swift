package import Fleet
import Foundation
import GRDB
import Manifest

/// What is written down together of a set's rollouts: all of it, or nothing.
package struct RolloutChange: Sendable {
  /// What an Application is kept at.
  package struct Stage: Sendable, Equatable {
    package var application: String
    /// Ids of versions: what it is at, or on its way to, and what it had last when all was well, if it ever was.
    package var current: String
    package var good: String?
    /// The sync that brings it in without a rollout; nil for none.
    package var joining: String?
    /// Whether it joined while something was rolled out or held, and was given what was approved before.
    package var isBehind: Bool

    package init(
      application: String, current: String, good: String?, joining: String? = nil, isBehind: Bool = false
    ) {
      self.application = application
      self.current = current
      self.good = good
      self.joining = joining
      self.isBehind = isBehind
    }
  }

  package var set: String
  /// With all its targets; nil where it stays as it is.
  package var rollout: FleetRollout?
  /// Positions of targets that changed; nil for all.
  package var targets: [Int]?
  package var versions: [ApplicationVersion] = []
  package var stages: [Stage] = []
  package var removedStages: [String] = []
  /// States that are not rolled out again, by Application.
  package var held: [String: String] = [:]
  package var releasesHeld = false
  /// Applications whose held states may come again.
  package var released: [String] = []

  package init(set: String) { self.set = set }

  var isEmpty: Bool {
    rollout == nil && versions.isEmpty && stages.isEmpty && removedStages.isEmpty && held.isEmpty && !releasesHeld
      && released.isEmpty
  }
}

/// Data: the rollouts of sets, the versions that they bring, and at which of them each Application is.
package struct Rollouts: Sendable {
  /// All that a hub that starts has to know of a set.
  package struct Memory: Sendable {
    package var rollout: FleetRollout?
    package var versions: [String: ApplicationVersion] = [:]
    package var stages: [RolloutChange.Stage] = []
    package var held: [String: String] = [:]
  }

  private static let manifestLimits = TextLimits(bytes: 4 << 20)

  private let access: TableAccess

  init(reader: any DatabaseReader, commit: GroupCommit) { access = TableAccess(reader: reader, commit: commit) }

  static func register(in migrator: inout DatabaseMigrator) {
    migrator.registerMigration("rollout-1") { db in
      try db.execute(
        sql: """
          CREATE TABLE rollout (
            setName TEXT NOT NULL, number INTEGER NOT NULL, phase TEXT NOT NULL, record TEXT NOT NULL,
            PRIMARY KEY (setName, number)
          ) WITHOUT ROWID, STRICT;
          CREATE TABLE rolloutTarget (
            setName TEXT NOT NULL, number INTEGER NOT NULL, position INTEGER NOT NULL,
            fromVersion TEXT NOT NULL, toVersion TEXT NOT NULL, record TEXT NOT NULL,
            PRIMARY KEY (setName, number, position)
          ) WITHOUT ROWID, STRICT;
          CREATE TABLE applicationVersion (
            id TEXT NOT NULL PRIMARY KEY, manifest BLOB NOT NULL, commits TEXT NOT NULL, state TEXT NOT NULL
          ) STRICT;
          CREATE TABLE stagedApplication (
            application TEXT NOT NULL PRIMARY KEY, setName TEXT NOT NULL, current TEXT NOT NULL, good TEXT,
            joining TEXT
          ) WITHOUT ROWID, STRICT;
          CREATE INDEX stagedApplicationOfSet ON stagedApplication (setName);
          CREATE TABLE heldState (
            setName TEXT NOT NULL, application TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (setName, application)
          ) WITHOUT ROWID, STRICT
          """)
    }
    migrator.registerMigration("rollout-2") { db in
      try db.execute(sql: "ALTER TABLE stagedApplication ADD COLUMN isBehind INTEGER NOT NULL DEFAULT 0")
    }
  }

  // MARK: Writing

  package func write(_ change: RolloutChange) async throws {
    if change.isEmpty { return }
    let rows = try Rows(change)
    try await access.write { db in try rows.write(db) }
  }

  /// A change in the words of the tables, made outside of the database's queue.
  private struct Rows: Sendable {
    private struct Target: Sendable {
      var position: Int
      var from: String
      var to: String
      var record: String
    }

    private let change: RolloutChange
    private var record = ""
    private var targets: [Target] = []
    private var versions: [(ApplicationVersion, manifest: Data, commits: String)] = []

    init(_ change: RolloutChange) throws {
      self.change = change
      versions = try change.versions.map {
        ($0, Data(JSON.write(.mapping($0.application.root))), try Rollouts.text($0.commits, change.set))
      }
      guard var slim = change.rollout else { return }
      for position in change.targets ?? Array(slim.targets.indices) where slim.targets.indices.contains(position) {
        let target = slim.targets[position]
        targets.append(
          Target(
            position: position, from: target.from ?? "", to: target.to ?? "",
            record: try Rollouts.text(target, change.set)))
      }
      slim.targets = []
      record = try Rollouts.text(slim, change.set)
    }

    func write(_ db: Database) throws {
      let version = try db.cachedStatement(sql: "INSERT OR IGNORE INTO applicationVersion VALUES (?,?,?,?)")
      for (it, manifest, commits) in versions { try version.execute(arguments: [it.id, manifest, commits, it.state]) }
      if let rollout = change.rollout {
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO rollout VALUES (?,?,?,?)").execute(arguments: [
          change.set, rollout.number, rollout.phase.rawValue, record,
        ])
        let target = try db.cachedStatement(sql: "INSERT OR REPLACE INTO rolloutTarget VALUES (?,?,?,?,?,?)")
        for row in targets {
          try target.execute(arguments: [change.set, rollout.number, row.position, row.from, row.to, row.record])
        }
      }
      let stage = try db.cachedStatement(sql: "INSERT OR REPLACE INTO stagedApplication VALUES (?,?,?,?,?,?)")
      for it in change.stages {
        try stage.execute(arguments: [
          it.application, change.set, it.current, it.good, it.joining, it.isBehind,
        ])
      }
      let remove = try db.cachedStatement(
        sql: "DELETE FROM stagedApplication WHERE application = ? AND setName = ?")
      for name in change.removedStages { try remove.execute(arguments: [name, change.set]) }
      if change.releasesHeld { try db.execute(sql: "DELETE FROM heldState WHERE setName = ?", arguments: [change.set]) }
      let release = try db.cachedStatement(sql: "DELETE FROM heldState WHERE setName = ? AND application = ?")
      for name in change.released { try release.execute(arguments: [change.set, name]) }
      let hold = try db.cachedStatement(sql: "INSERT OR REPLACE INTO heldState VALUES (?,?,?)")
      for (application, state) in change.held { try hold.execute(arguments: [change.set, application, state]) }
    }
  }

  /// Keeps a set's newest rollouts, and the versions that something refers to.
  package func trim(_ set: String, keep count: Int) async throws {
    try await access.write { db in
      for table in ["rollout", "rolloutTarget"] {
        try db.execute(
          sql: """
            DELETE FROM \(table) WHERE setName = ? AND number NOT IN (
              SELECT number FROM rollout WHERE setName = ? ORDER BY number DESC LIMIT ?)
            """, arguments: [set, set, max(1, count)])
      }
      try db.execute(
        sql: """
          DELETE FROM applicationVersion WHERE id NOT IN (
            SELECT current FROM stagedApplication
            UNION SELECT good FROM stagedApplication WHERE good IS NOT NULL
            UNION SELECT fromVersion FROM rolloutTarget UNION SELECT toVersion FROM rolloutTarget)
          """)
    }
  }

  /// Forgets a set that has no waves any more; its history stays.
  package func release(_ set: String) async throws {
    try await access.write { db in
      for table in ["stagedApplication", "heldState"] {
        try db.execute(sql: "DELETE FROM \(table) WHERE setName = ?", arguments: [set])
      }
    }
  }

  // MARK: Reading

  /// - Throws: ``Failure`` `store.rollout-unreadable` for what this version cannot read.
  package func memory(of set: String) async throws -> Memory {
    try await access.read { db in
      var memory = Memory()
      memory.rollout = try Self.newest(of: set, limit: 1, withTargets: true, db).first
      let stages = try Row.fetchAll(
        db, sql: "SELECT application, current, good, joining, isBehind FROM stagedApplication WHERE setName = ?",
        arguments: [set])
      memory.stages = stages.map {
        RolloutChange.Stage(
          application: $0["application"], current: $0["current"], good: $0["good"], joining: $0["joining"],
          isBehind: $0["isBehind"])
      }
      let held = try Row.fetchAll(
        db, sql: "SELECT application, state FROM heldState WHERE setName = ?", arguments: [set])
      for row in held { memory.held[row["application"]] = row["state"] }
      var ids = Set(memory.stages.flatMap { [$0.current, $0.good].compactMap(\.self) })
      ids.formUnion(memory.rollout?.targets.flatMap { [$0.from, $0.to].compactMap(\.self) } ?? [])
      let statement = try db.cachedStatement(
        sql: "SELECT manifest, commits, state FROM applicationVersion WHERE id = ?")
      for id in ids {
        guard let row = try Row.fetchOne(statement, arguments: [id]) else { continue }
        memory.versions[id] = try Self.version(row, id, set)
      }
      return memory
    }
  }

  /// The newest first.
  /// - Parameter withTargets: whether the clusters are told as well.
  package func newest(of set: String, limit: Int, withTargets: Bool = false) async throws -> [FleetRollout] {
    try await access.read { db in try Self.newest(of: set, limit: limit, withTargets: withTargets, db) }
  }

  package func rollout(of set: String, number: Int64) async throws -> FleetRollout? {
    try await access.read { db in
      let row = try Row.fetchOne(
        db, sql: "SELECT number, record FROM rollout WHERE setName = ? AND number = ?", arguments: [set, number])
      return try row.map { try Self.rollout($0, set, withTargets: true, db) }
    }
  }

  package func version(_ id: String) async throws -> ApplicationVersion? {
    try await access.read { db in
      try Row.fetchOne(
        db, sql: "SELECT manifest, commits, state FROM applicationVersion WHERE id = ?", arguments: [id]
      ).map { try Self.version($0, id, id) }
    }
  }

  /// Of versions by their ids, the commits of their sources; those that are not remembered any more are left out.
  package func commits(of ids: Set<String>) async throws -> [String: [String]] {
    try await access.read { db in
      let statement = try db.cachedStatement(sql: "SELECT commits FROM applicationVersion WHERE id = ?")
      var commits: [String: [String]] = [:]
      for id in ids {
        if let text = try String.fetchOne(statement, arguments: [id]) { commits[id] = try Self.decoded(text, id) }
      }
      return commits
    }
  }

  /// The commits, or versions of charts, that a set's Applications are at, or that its remembered rollouts name.
  package func commits(of set: String) async throws -> Set<String> {
    try await access.read { db in
      let texts = try String.fetchAll(
        db,
        sql: """
          SELECT DISTINCT commits FROM applicationVersion WHERE id IN (
            SELECT current FROM stagedApplication WHERE setName = :set
            UNION SELECT good FROM stagedApplication WHERE setName = :set
            UNION SELECT fromVersion FROM rolloutTarget WHERE setName = :set
            UNION SELECT toVersion FROM rolloutTarget WHERE setName = :set)
          """, arguments: ["set": set])
      return Set(try texts.flatMap { text -> [String] in try Self.decoded(text, set) })
    }
  }

  private static func newest(of set: String, limit: Int, withTargets: Bool, _ db: Database) throws -> [FleetRollout] {
    try Row.fetchAll(
      db, sql: "SELECT number, record FROM rollout WHERE setName = ? ORDER BY number DESC LIMIT ?",
      arguments: [set, max(0, limit)]
    ).map { try rollout($0, set, withTargets: withTargets, db) }
  }

  private static func rollout(_ row: Row, _ set: String, withTargets: Bool, _ db: Database) throws -> FleetRollout {
    var rollout: FleetRollout = try decoded(row["record"], set)
    if withTargets {
      let number: Int64 = row["number"]
      let targets = try String.fetchAll(
        db, sql: "SELECT record FROM rolloutTarget WHERE setName = ? AND number = ? ORDER BY position",
        arguments: [set, number])
      rollout.targets = try targets.map { try decoded($0, set) }
    }
    return rollout
  }

  private static func version(_ row: Row, _ id: String, _ set: String) throws -> ApplicationVersion {
    let manifest: Data = row["manifest"]
    guard let node = try? JSON.parse(Array(manifest), limits: manifestLimits), let root = node.mapping else {
      throw unreadable(set)
    }
    var version = ApplicationVersion(
      Application(root, origin: nil), commits: try decoded(row["commits"], set), state: row["state"])
    version.id = id
    return version
  }

  private static func decoded<T: Decodable>(_ text: String, _ set: String) throws -> T {
    do {
      return try JSONDecoder().decode(T.self, from: Data(text.utf8))
    } catch {
      throw unreadable(set)
    }
  }

  private static func unreadable(_ set: String) -> Failure {
    Failure(
      "store.rollout-unreadable", subject: "the rollouts of set \(set)", stage: "read",
      "what is remembered of them cannot be read; a newer version of muster may have written it", retry: .never)
  }

  private static func text(_ value: some Encodable, _ set: String) throws -> String {
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
      throw Failure(
        "store.not-written", subject: "a rollout of set \(set)", stage: "write", "cannot be put into words",
        retry: .never)
    }
  }
}
