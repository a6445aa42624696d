package import Fleet
import Foundation
import GRDB
package import Manifest

/// A run of an analysis, as it is written down.
package struct StoredAnalysis: Sendable, Equatable {
  package var name: String
  /// What it was started for.
  package var rollout: String
  /// Marks what it makes in a cluster, and tells it from another one that had its name.
  package var uid: String
  package var spec: AnalysisSpec
  package var status: AnalysisStatus
  /// Whether somebody wants it to end.
  package var isAskedToEnd = false
  /// Grows with the status.
  package var version: Int64 = 0
}

/// Data: the runs of analyses that the hub carries out, and what they measured.
package struct AnalysisRuns: Sendable {
  private static let limits = TextLimits(bytes: 16 << 20)

  private let access: TableAccess

  init(reader: any DatabaseReader, commit: GroupCommit) { access = TableAccess(reader: reader, commit: commit) }

  static func register(in migrator: inout DatabaseMigrator) {
    migrator.registerMigration("analysisRun-1") { db in
      try db.execute(
        sql: """
          CREATE TABLE analysisRun (
            number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, rollout TEXT NOT NULL, uid TEXT NOT NULL,
            isComplete INTEGER NOT NULL, isAskedToEnd INTEGER NOT NULL, version INTEGER NOT NULL, spec TEXT NOT NULL,
            status TEXT NOT NULL
          ) STRICT;
          CREATE INDEX analysisRunByRollout ON analysisRun (rollout);
          CREATE INDEX analysisRunIncomplete ON analysisRun (number) WHERE NOT isComplete
          """)
    }
  }

  /// Writes a run down, unless there is one of its name.
  /// - Returns: the one that is there now.
  package func add(_ run: StoredAnalysis) async throws -> StoredAnalysis? {
    let (spec, status) = (JSON.text(run.spec.node), JSON.text(run.status.node))
    try await access.write { db in
      try db.execute(
        sql: """
          INSERT INTO analysisRun (name, rollout, uid, isComplete, isAskedToEnd, version, spec, status)
          VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (name) DO NOTHING
          """,
        arguments: [
          run.name, run.rollout, run.uid, run.status.phase.isCompleted, run.isAskedToEnd, run.version, spec, status,
        ])
    }
    return try await self.run(named: run.name)
  }

  /// Writes statuses, each unless a newer one of the same run is there; those of runs that are gone are left out.
  package func put(_ runs: [StoredAnalysis]) async throws {
    guard !runs.isEmpty else { return }
    let rows = runs.map { ($0, JSON.text($0.status.node)) }
    try await access.write { db in
      let statement = try db.cachedStatement(
        sql: """
          UPDATE analysisRun SET status = ?, isComplete = ?, version = ?
          WHERE name = ? AND uid = ? AND version < ? AND NOT isComplete
          """)
      for (run, status) in rows {
        try statement.execute(arguments: [
          status, run.status.phase.isCompleted, run.version, run.name, run.uid, run.version,
        ])
      }
    }
  }

  /// Notes that a run is to end.
  package func askToEnd(_ name: String) async throws {
    try await access.write { db in
      try db.execute(sql: "UPDATE analysisRun SET isAskedToEnd = 1 WHERE name = ?", arguments: [name])
    }
  }

  /// - Throws: ``Failure`` `store.analysis-unreadable` for one that this version cannot read.
  package func run(named name: String) async throws -> StoredAnalysis? {
    try await access.read { db in
      try Row.fetchOne(db, sql: "SELECT * FROM analysisRun WHERE name = ?", arguments: [name]).map(Self.run)
    }
  }

  /// In the order in which they were started.
  package func runs(of rollout: String) async throws -> [StoredAnalysis] {
    try await access.read { db in
      try Row.fetchAll(
        db, sql: "SELECT * FROM analysisRun WHERE rollout = ? ORDER BY number", arguments: [rollout]
      ).map(Self.run)
    }
  }

  /// Those that are not complete, in the order in which they were started; with what is wrong with those that cannot be
  /// read.
  package func incomplete() async throws -> (runs: [StoredAnalysis], problems: [Failure]) {
    try await access.read { db in
      var found: (runs: [StoredAnalysis], problems: [Failure]) = ([], [])
      let rows = try Row.fetchCursor(db, sql: "SELECT * FROM analysisRun WHERE NOT isComplete ORDER BY number")
      while let row = try rows.next() {
        do {
          found.runs.append(try Self.run(row))
        } catch let failure as Failure {
          found.problems.append(failure)
        }
      }
      return found
    }
  }

  package func remove(of rollout: String) async throws {
    try await access.write { db in
      try db.execute(sql: "DELETE FROM analysisRun WHERE rollout = ?", arguments: [rollout])
    }
  }

  /// Removes the runs of all other rollouts.
  package func trim(keeping rollouts: Set<String>) async throws {
    try await access.write { db in
      let known = try String.fetchAll(db, sql: "SELECT DISTINCT rollout FROM analysisRun")
      let statement = try db.cachedStatement(sql: "DELETE FROM analysisRun WHERE rollout = ?")
      for rollout in known where !rollouts.contains(rollout) { try statement.execute(arguments: [rollout]) }
    }
  }

  private static func run(_ row: Row) throws -> StoredAnalysis {
    let (name, spec, status): (String, String, String) = (row["name"], row["spec"], row["status"])
    do {
      return StoredAnalysis(
        name: name, rollout: row["rollout"], uid: row["uid"],
        spec: AnalysisSpec(try JSON.parse(Array(spec.utf8), limits: limits)),
        status: AnalysisStatus(try JSON.parse(Array(status.utf8), limits: limits)), isAskedToEnd: row["isAskedToEnd"],
        version: row["version"])
    } catch {
      throw Failure(
        "store.analysis-unreadable", subject: "analysis \(Visible.text(name))", stage: "read",
        "what is written down of it cannot be read; put a backup of muster.db in its place", retry: .never)
    }
  }
}
