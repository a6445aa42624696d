import Foundation
import GRDB
import Logging
import Manifest

/// One SQLite file, and how it is opened: WAL, foreign keys, a busy timeout, synchronous NORMAL.
struct DatabaseFile {
  let path: String
  let migrator: DatabaseMigrator

  /// A cache up to this size is checked as a whole when it is opened.
  private static let checkedBytes = 256 << 20

  private static var configuration: Configuration {
    var configuration = Configuration()
    configuration.busyMode = .timeout(5)
    configuration.foreignKeysEnabled = true
    configuration.maximumReaderCount = 4
    configuration.prepareDatabase { db in
      if !db.configuration.readonly { try db.execute(sql: "PRAGMA synchronous = NORMAL") }
    }
    return configuration
  }

  static func inMemory(_ migrator: DatabaseMigrator) throws -> any DatabaseWriter {
    let queue = try DatabaseQueue(configuration: configuration)
    try migrator.migrate(queue)
    return queue
  }

  /// Opens data: damage is an error that a person must deal with.
  func open() throws -> any DatabaseWriter {
    do {
      return try openMigrated()
    } catch let failure as Failure {
      throw failure
    } catch let error as DatabaseError where Self.isDamage(error) {
      throw Failure(
        "store.data-damaged", subject: "database \(path)", stage: "open",
        "it is damaged; stop the hub and put a backup in its place", retry: .never, cause: error.message)
    } catch {
      throw StoreFailure.of(error, code: "store.not-opened", database: path, stage: "open")
    }
  }

  /// Opens a cache: what is damaged, or of a newer version, is put aside.
  func openOrBeginAnew(_ logger: Logger) throws -> any DatabaseWriter {
    var reason = ""
    do {
      let database = try openMigrated()
      guard let problem = try problem(of: database) else { return database }
      reason = problem
      try database.close()
    } catch let error as DatabaseError where Self.isDamage(error) {
      reason = error.message ?? "\(error.resultCode)"
    } catch let failure as Failure where failure.code == "store.newer-schema" {
      reason = failure.message
    } catch {
      throw StoreFailure.of(error, code: "store.not-opened", database: path, stage: "open")
    }
    try putAside()
    logger.warning(
      "cache begun anew; every application is applied once",
      metadata: ["damaged": "\(path).damaged", "reason": "\(reason)"])
    do {
      return try openMigrated()
    } catch {
      throw StoreFailure.of(error, code: "store.not-opened", database: path, stage: "open")
    }
  }

  private func openMigrated() throws -> DatabasePool {
    let pool = try DatabasePool(path: path, configuration: Self.configuration)
    let isNewer = try pool.read { db in try migrator.hasBeenSuperseded(db) }
    guard !isNewer else {
      throw Failure(
        "store.newer-schema", subject: "database \(path)", stage: "open", "a newer version of muster has written it",
        retry: .never)
    }
    try migrator.migrate(pool)
    return pool
  }

  /// What a quick check of the whole file finds; nil for nothing.
  private func problem(of database: DatabasePool) throws -> String? {
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    guard size <= Self.checkedBytes else { return nil }
    let answer = try database.read { db in try String.fetchOne(db, sql: "PRAGMA quick_check(1)") }
    return answer == "ok" ? nil : answer ?? "no answer to a quick check"
  }

  private func putAside() throws {
    do {
      for suffix in ["", "-wal", "-shm"] {
        let (from, to) = (path + suffix, path + ".damaged" + suffix)
        if FileManager.default.fileExists(atPath: to) { try FileManager.default.removeItem(atPath: to) }
        if FileManager.default.fileExists(atPath: from) { try FileManager.default.moveItem(atPath: from, toPath: to) }
      }
    } catch {
      throw StoreFailure.of(error, code: "store.not-opened", database: path, stage: "put aside")
    }
  }

  private static func isDamage(_ error: DatabaseError) -> Bool {
    error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB
  }
}

/// Words SQLite's errors without the values that were being written.
enum StoreFailure {
  static func of(_ error: any Error, code: String, database: String, stage: String) -> Failure {
    if let failure = error as? Failure { return failure }
    let database = "database \(database.split(separator: "/").last.map(String.init) ?? database)"
    guard let error = error as? DatabaseError else {
      return Failure(
        code, subject: database, stage: stage, "it cannot be used", retry: .backOff, cause: error.localizedDescription)
    }
    let isPassing = [.SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_FULL, .SQLITE_IOERR].contains(error.resultCode)
    return Failure(
      code, subject: database, stage: stage, "it cannot be used", retry: isPassing ? .backOff : .never,
      cause: error.message ?? "\(error.resultCode)")
  }
}
