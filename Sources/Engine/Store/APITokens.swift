package import Foundation
import GRDB
import Manifest

/// Data: the hashes of the API's bearer tokens.
package struct APITokens: Sendable {
  package struct Entry: Sendable, Equatable {
    package var name: String
    package var createdAt: Date
    /// Nil for never.
    package var expiresAt: Date?
  }

  /// The file of the data directory that holds the token of people on the same machine.
  package static let fileName = "api-token"
  /// Whose token that is.
  package static let localName = "local"

  private let access: TableAccess

  init(reader: any DatabaseReader, commit: GroupCommit) { access = TableAccess(reader: reader, commit: commit) }

  static func register(in migrator: inout DatabaseMigrator) {
    migrator.registerMigration("apiToken-1") { db in
      try db.execute(
        sql: """
          CREATE TABLE apiToken (
            name TEXT NOT NULL PRIMARY KEY, hash BLOB NOT NULL UNIQUE, createdAt REAL NOT NULL, expiresAt REAL
          ) WITHOUT ROWID, STRICT
          """)
    }
  }

  /// Makes a token; it cannot be shown again.
  /// - Throws: ``Failure`` `token.exists` when one of that name is there.
  package func make(name: String, now: Date, expiresAt: Date? = nil) async throws -> APIToken {
    let token = APIToken.random()
    try await access.write { db in
      let exists = try Bool.fetchOne(db, sql: "SELECT 1 FROM apiToken WHERE name = ?", arguments: [name]) ?? false
      guard !exists else {
        throw Failure("token.exists", subject: "token \(name)", stage: "make", "there is one already", retry: .never)
      }
      try Self.insert(token, name: name, now: now, expiresAt: expiresAt, db)
    }
    return token
  }

  /// - Returns: whether there was one.
  @discardableResult
  package func remove(_ name: String) async throws -> Bool {
    let existed = try await all().contains { $0.name == name }
    try await access.write { db in try db.execute(sql: "DELETE FROM apiToken WHERE name = ?", arguments: [name]) }
    return existed
  }

  /// Sorted by name.
  package func all() async throws -> [Entry] {
    try await access.read { db in
      try Row.fetchAll(db, sql: "SELECT name, createdAt, expiresAt FROM apiToken ORDER BY name").map { row in
        Entry(
          name: row["name"], createdAt: Date(timeIntervalSince1970: row["createdAt"]),
          expiresAt: (row["expiresAt"] as Double?).map { Date(timeIntervalSince1970: $0) })
      }
    }
  }

  /// The name of the token that a client sent; nil when it is none of ours, or expired.
  package func holder(of token: APIToken, now: Date) async throws -> String? {
    let rows = try await access.read { db in
      try Row.fetchAll(
        db, sql: "SELECT name, hash FROM apiToken WHERE expiresAt IS NULL OR expiresAt > ?",
        arguments: [now.timeIntervalSince1970]
      ).map { row in (name: row["name"] as String, hash: Array(row["hash"] as Data)) }
    }
    // All are compared, so that the time says nothing about which one came near.
    var holder: String?
    for row in rows where token.matches(row.hash) { holder = row.name }
    return holder
  }

  /// Makes sure that people on this machine find a token in `api-token`, mode 0600: keeps the one that is there when it is
  /// still good, and makes it anew otherwise.
  package func provideLocalToken(directory: String, now: Date) async throws {
    let path = directory + "/" + Self.fileName
    if let bytes = try PrivateFile.read(path, limit: 1024) {
      let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
      if try await holder(of: APIToken(text), now: now) != nil { return }
    }
    let token = APIToken.random()
    // The file first: a hub that is killed in between makes both anew at its next start.
    try PrivateFile.replace(path, bytes: Array((token.text.reveal() + "\n").utf8))
    try await access.write { db in
      try db.execute(sql: "DELETE FROM apiToken WHERE name = ?", arguments: [Self.localName])
      try Self.insert(token, name: Self.localName, now: now, expiresAt: nil, db)
    }
  }

  private static func insert(_ token: APIToken, name: String, now: Date, expiresAt: Date?, _ db: Database) throws {
    try db.execute(
      sql: "INSERT INTO apiToken VALUES (?,?,?,?)",
      arguments: [name, Data(token.hash), now.timeIntervalSince1970, expiresAt?.timeIntervalSince1970])
  }
}
