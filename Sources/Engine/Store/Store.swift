import Foundation
import GRDB
package import Logging
import Manifest

/// What the hub remembers, in two SQLite files of the data directory.
///
/// `muster.db` is data: registrations, tokens, overrides, facts, syncs, what sets were, analyses. `cache.db` may be deleted at any
/// time and is filled again by the next pass over the clusters (DESIGN §3.3); when it is damaged, it is put aside and begun
/// anew.
package struct Store: Sendable {
  package let appliedObjects: AppliedObjects
  package let applicationStates: ApplicationStates
  package let registrations: Registrations
  package let clusterOverrides: ClusterOverrides
  package let tokens: APITokens
  package let facts: Facts
  package let syncs: SyncHistory
  package let pins: Pins
  package let setMemories: SetMemories
  package let rollouts: Rollouts
  package let analysisRuns: AnalysisRuns

  private init(data: any DatabaseWriter, cache: any DatabaseWriter) {
    let cacheCommit = GroupCommit(cache, name: "cache.db")
    let dataCommit = GroupCommit(data, name: "muster.db")
    appliedObjects = AppliedObjects(reader: cache, commit: cacheCommit)
    applicationStates = ApplicationStates(reader: cache, commit: cacheCommit)
    registrations = Registrations(reader: data, commit: dataCommit)
    clusterOverrides = ClusterOverrides(reader: data, commit: dataCommit)
    tokens = APITokens(reader: data, commit: dataCommit)
    facts = Facts(reader: data, commit: dataCommit)
    syncs = SyncHistory(reader: data, commit: dataCommit)
    pins = Pins(reader: data, commit: dataCommit)
    setMemories = SetMemories(reader: data, commit: dataCommit)
    rollouts = Rollouts(reader: data, commit: dataCommit)
    analysisRuns = AnalysisRuns(reader: data, commit: dataCommit)
  }

  /// Opens or makes both files, and brings them to the newest schema.
  /// - Throws: ``Failure`` `store.data-directory`, `store.data-damaged`, `store.newer-schema`, `store.not-opened`.
  package static func open(directory: String, logger: Logger = Logger(label: "muster.store")) throws -> Store {
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw Failure(
        "store.data-directory", subject: "directory \(directory)", stage: "open", "cannot be made", retry: .never,
        cause: error.localizedDescription)
    }
    return Store(
      data: try DatabaseFile(path: directory + "/muster.db", migrator: dataMigrator).open(),
      cache: try DatabaseFile(path: directory + "/cache.db", migrator: cacheMigrator).openOrBeginAnew(logger))
  }

  /// Both parts in memory, for tests and for commands without a data directory.
  package static func inMemory() throws -> Store {
    Store(data: try DatabaseFile.inMemory(dataMigrator), cache: try DatabaseFile.inMemory(cacheMigrator))
  }

  /// Migrations are added at the end of their table's file, and never changed once they were released.
  private static var dataMigrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    Registrations.register(in: &migrator)
    ClusterOverrides.register(in: &migrator)
    APITokens.register(in: &migrator)
    Facts.register(in: &migrator)
    SyncHistory.register(in: &migrator)
    Pins.register(in: &migrator)
    SetMemories.register(in: &migrator)
    Rollouts.register(in: &migrator)
    AnalysisRuns.register(in: &migrator)
    return migrator
  }

  private static var cacheMigrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    AppliedObjects.register(in: &migrator)
    ApplicationStates.register(in: &migrator)
    return migrator
  }
}
