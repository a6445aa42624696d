package import Foundation
import GRDB
import Manifest

/// Something that happened, and who or what made it happen.
package struct Fact: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    /// An apply of an application, finished or failed.
    case sync
    case prune
    /// An application's health became another.
    case health
    /// A foreign edit was found, healed or left.
    case drift
    /// A cluster was registered, labelled, lost, found again, ….
    case cluster
    /// An ApplicationSet became incomplete or whole, or its removals were refused or agreed to.
    case applicationset
    /// A wave, a gate, a promotion, a roll-back.
    case rollout
  }

  /// Given by the store; greater is later. Zero before it is stored.
  package var id: Int64
  package var time: Date
  package var kind: Kind
  /// Empty where the fact is about no application.
  package var application: String
  package var cluster: String
  /// `hub`, or the name of the token whose holder asked.
  package var actor: String
  /// Why: `revision 1a2b3c`, `drift`, `requested`, ….
  package var cause: String
  /// `Synced`, `Failed`, `Healthy`, `Degraded`, ….
  package var outcome: String
  package var revision: String
  package var message: String
  /// More, in JSON; empty for none.
  package var details: String

  package init(
    id: Int64 = 0, time: Date, kind: Kind, application: String = "", cluster: String = "", actor: String,
    cause: String, outcome: String, revision: String = "", message: String = "", details: String = ""
  ) {
    self.id = id
    self.time = time
    self.kind = kind
    self.application = application
    self.cluster = cluster
    self.actor = actor
    self.cause = cause
    self.outcome = outcome
    self.revision = revision
    self.message = message
    self.details = details
  }
}

/// Data: the history. Rows are added, never changed; only retention takes old ones away.
package struct Facts: Sendable {
  package struct Filter: Sendable {
    package var application: String?
    package var cluster: String?
    /// Empty for all.
    package var kinds: Set<Fact.Kind>
    package var since: Date?
    package var until: Date?
    /// Facts older than this one: the next page.
    package var before: Int64?

    package init(
      application: String? = nil, cluster: String? = nil, kinds: Set<Fact.Kind> = [], since: Date? = nil,
      until: Date? = nil, before: Int64? = nil
    ) {
      self.application = application
      self.cluster = cluster
      self.kinds = kinds
      self.since = since
      self.until = until
      self.before = before
    }
  }

  private static let pageLimit = 10_000

  private let access: TableAccess

  init(reader: any DatabaseReader, commit: GroupCommit) { access = TableAccess(reader: reader, commit: commit) }

  static func register(in migrator: inout DatabaseMigrator) {
    migrator.registerMigration("fact-1") { db in
      try db.execute(
        sql: """
          CREATE TABLE fact (
            id INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, kind TEXT NOT NULL, application TEXT NOT NULL,
            cluster TEXT NOT NULL, actor TEXT NOT NULL, cause TEXT NOT NULL, outcome TEXT NOT NULL,
            revision TEXT NOT NULL, message TEXT NOT NULL, details TEXT NOT NULL
          ) STRICT;
          CREATE INDEX factOfApplication ON fact (application, kind, time);
          CREATE INDEX factOfCluster ON fact (cluster, time);
          CREATE INDEX factInTime ON fact (time);
          CREATE TRIGGER factIsNeverChanged BEFORE UPDATE ON fact
            BEGIN SELECT RAISE(ABORT, 'facts are never changed'); END;
          """)
    }
  }

  /// Adds facts in their order; all of them or none.
  package func append(_ facts: [Fact]) async throws {
    guard !facts.isEmpty else { return }
    try await access.write { db in
      let statement = try db.cachedStatement(
        sql: """
          INSERT INTO fact (time, kind, application, cluster, actor, cause, outcome, revision, message, details)
          VALUES (?,?,?,?,?,?,?,?,?,?)
          """)
      for fact in facts {
        try statement.execute(arguments: [
          fact.time.timeIntervalSince1970, fact.kind.rawValue, fact.application, fact.cluster, fact.actor,
          fact.cause, fact.outcome, fact.revision, fact.message, fact.details,
        ])
      }
    }
  }

  /// The newest facts that pass `filter`, newest first.
  package func newest(_ filter: Filter = Filter(), limit: Int) async throws -> [Fact] {
    try await access.read { db in
      let (condition, arguments) = Self.condition(filter)
      return try Self.facts(
        db, "SELECT * FROM fact WHERE \(condition) ORDER BY id DESC LIMIT ?",
        arguments + [min(max(limit, 0), Self.pageLimit)])
    }
  }

  /// The last sync and the last health of each application as they stood at `time`: what `status --at` shows.
  package func state(at time: Date) async throws -> [Fact] {
    try await access.read { db in
      try Self.facts(
        db,
        """
        SELECT * FROM fact WHERE id IN (
          SELECT MAX(id) FROM fact WHERE time <= ? AND kind IN ('sync', 'health') AND application <> ''
          GROUP BY application, kind)
        ORDER BY application, kind
        """, [time.timeIntervalSince1970])
    }
  }

  /// Takes away facts older than `oldest`, and all but the newest `perApplication` of each application; the last of each
  /// kind stays, so that the present can always be told.
  /// - Returns: how many went.
  @discardableResult
  package func trim(olderThan oldest: Date, perApplication: Int) async throws -> Int {
    let before = try await count()
    try await access.write { db in
      try db.execute(
        sql: """
          DELETE FROM fact WHERE id IN (
            SELECT id FROM (
              SELECT id, time, ROW_NUMBER() OVER (PARTITION BY application, kind ORDER BY id DESC) AS ofKind,
                ROW_NUMBER() OVER (PARTITION BY application ORDER BY id DESC) AS ofApplication,
                application FROM fact)
            WHERE (ofKind > 1 OR application = '')
              AND (time < ? OR (application <> '' AND ofApplication > ?)))
          """, arguments: [oldest.timeIntervalSince1970, perApplication])
    }
    return before - (try await count())
  }

  package func count() async throws -> Int {
    try await access.read { db in try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM fact") ?? 0 }
  }

  private static func condition(_ filter: Filter) -> (String, StatementArguments) {
    var conditions = ["1"]
    var arguments: StatementArguments = []
    func add(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
      guard let value else { return }
      conditions.append(condition)
      arguments += [value]
    }
    add("application = ?", filter.application)
    add("cluster = ?", filter.cluster)
    add("time >= ?", filter.since?.timeIntervalSince1970)
    add("time <= ?", filter.until?.timeIntervalSince1970)
    add("id < ?", filter.before)
    if !filter.kinds.isEmpty {
      conditions.append("kind IN (" + filter.kinds.map { _ in "?" }.joined(separator: ",") + ")")
      arguments += StatementArguments(filter.kinds.map(\.rawValue).sorted())
    }
    return (conditions.joined(separator: " AND "), arguments)
  }

  private static func facts(_ db: Database, _ sql: String, _ arguments: StatementArguments) throws -> [Fact] {
    var facts: [Fact] = []
    let rows = try Row.fetchCursor(db, sql: sql, arguments: arguments)
    while let row = try rows.next() {
      // A kind that this version does not know was written by a newer one.
      guard let kind = Fact.Kind(rawValue: row["kind"]) else { continue }
      facts.append(
        Fact(
          id: row["id"], time: Date(timeIntervalSince1970: row["time"]), kind: kind, application: row["application"],
          cluster: row["cluster"], actor: row["actor"], cause: row["cause"], outcome: row["outcome"],
          revision: row["revision"], message: row["message"], details: row["details"]))
    }
    return facts
  }
}
