package import Foundation
import GRDB
import Manifest

/// A cluster that was registered through the hub. Its credentials are sealed by the ``Vault`` for its name.
package struct Registration: Sendable, Equatable {
  package var name: String
  package var server: String
  /// UID of the namespace `kube-system`, which tells clusters apart whatever they are called.
  package var clusterUID: String
  package var labels: [String: String]
  /// Namespaces the hub was given rights to; empty for all.
  package var namespaces: [String]
  /// PEM; empty for the system's authorities.
  package var caData: [UInt8]
  package var tlsServerName: String
  /// Whether any certificate of the server is taken; only ever on the word of who registered.
  package var insecureSkipTLSVerify: Bool
  /// The URL of a proxy, which may carry a password: sealed for ``proxySubject(_:)``; empty for none.
  package var proxy: [UInt8]
  /// Sealed; see ``Vault/seal(_:for:)``.
  package var credentials: [UInt8]
  package var registeredAt: Date
  package var renewedAt: Date
  /// Nil when the credentials do not expire.
  package var expiresAt: Date?

  package init(
    name: String, server: String, clusterUID: String, labels: [String: String] = [:], namespaces: [String] = [],
    caData: [UInt8] = [], tlsServerName: String = "", insecureSkipTLSVerify: Bool = false, proxy: [UInt8] = [],
    credentials: [UInt8], registeredAt: Date, renewedAt: Date, expiresAt: Date? = nil
  ) {
    self.name = name
    self.server = server
    self.clusterUID = clusterUID
    self.labels = labels
    self.namespaces = namespaces
    self.caData = caData
    self.tlsServerName = tlsServerName
    self.insecureSkipTLSVerify = insecureSkipTLSVerify
    self.proxy = proxy
    self.credentials = credentials
    self.registeredAt = registeredAt
    self.renewedAt = renewedAt
    self.expiresAt = expiresAt
  }

  /// What a registration's proxy is sealed for: no name of a cluster, so that token and proxy cannot change places.
  package static func proxySubject(_ name: String) -> String { name + "\u{1F}proxy" }
}

/// Data: the clusters that were registered through the hub.
package struct Registrations: Sendable {
  private let access: TableAccess

  init(reader: any DatabaseReader, commit: GroupCommit) { access = TableAccess(reader: reader, commit: commit) }

  static func register(in migrator: inout DatabaseMigrator) {
    migrator.registerMigration("registration-1") { db in
      try db.execute(
        sql: """
          CREATE TABLE registration (
            name TEXT NOT NULL PRIMARY KEY, server TEXT NOT NULL, clusterUID TEXT NOT NULL UNIQUE,
            labels TEXT NOT NULL, namespaces TEXT NOT NULL, caData BLOB NOT NULL, tlsServerName TEXT NOT NULL,
            credentials BLOB NOT NULL, registeredAt REAL NOT NULL, renewedAt REAL NOT NULL, expiresAt REAL
          ) WITHOUT ROWID, STRICT
          """)
    }
    migrator.registerMigration("registration-2") { db in
      try db.execute(
        sql: """
          ALTER TABLE registration ADD COLUMN insecureSkipTLSVerify INTEGER NOT NULL DEFAULT 0;
          ALTER TABLE registration ADD COLUMN proxy BLOB NOT NULL DEFAULT x'';
          """)
    }
  }

  /// Adds a cluster, or replaces the registration of the same name.
  /// - Throws: ``Failure`` `registration.duplicate` when the same cluster is registered under another name.
  package func put(_ registration: Registration) async throws {
    let (labels, namespaces) = (try JSONText.of(registration.labels), try JSONText.of(registration.namespaces))
    try await access.write { db in
      let other = try String.fetchOne(
        db, sql: "SELECT name FROM registration WHERE clusterUID = ? AND name <> ?",
        arguments: [registration.clusterUID, registration.name])
      if let other { throw Self.duplicate(registration.name, of: other) }
      try db.execute(
        sql: """
          INSERT OR REPLACE INTO registration (
            name, server, clusterUID, labels, namespaces, caData, tlsServerName, credentials, registeredAt, renewedAt,
            expiresAt, insecureSkipTLSVerify, proxy
          ) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)
          """,
        arguments: [
          registration.name, registration.server, registration.clusterUID, labels, namespaces,
          Data(registration.caData), registration.tlsServerName, Data(registration.credentials),
          registration.registeredAt.timeIntervalSince1970, registration.renewedAt.timeIntervalSince1970,
          registration.expiresAt?.timeIntervalSince1970, registration.insecureSkipTLSVerify, Data(registration.proxy),
        ])
    }
  }

  /// Puts new credentials in the place of those that `old` holds.
  /// - Throws: ``Failure`` `registration.replaced` when others were put there meanwhile, or the cluster was forgotten.
  func renew(_ old: Registration, as new: Registration) async throws {
    try await access.write { db in
      try db.execute(
        sql: "UPDATE registration SET credentials = ?, renewedAt = ?, expiresAt = ? WHERE name = ? AND credentials = ?",
        arguments: [
          Data(new.credentials), new.renewedAt.timeIntervalSince1970, new.expiresAt?.timeIntervalSince1970, old.name,
          Data(old.credentials),
        ])
      guard db.changesCount == 1 else {
        throw Failure(
          "registration.replaced", subject: "cluster \(old.name)", stage: "renew",
          "the cluster was registered anew or forgotten meanwhile", retry: .never)
      }
    }
  }

  /// - Returns: whether there was one.
  @discardableResult
  package func remove(_ name: String) async throws -> Bool {
    let existed = try await self[name] != nil
    try await access.write { db in
      try db.execute(sql: "DELETE FROM registration WHERE name = ?", arguments: [name])
    }
    return existed
  }

  package subscript(name: String) -> Registration? {
    get async throws {
      try await access.read { db in
        try Row.fetchOne(db, sql: "SELECT * FROM registration WHERE name = ?", arguments: [name]).map(Self.read)
      }
    }
  }

  /// Sorted by name.
  package func all() async throws -> [Registration] {
    try await access.read { db in
      try Row.fetchAll(db, sql: "SELECT * FROM registration ORDER BY name").map(Self.read)
    }
  }

  func name(ofClusterUID uid: String) async throws -> String? {
    try await access.read { db in
      try String.fetchOne(db, sql: "SELECT name FROM registration WHERE clusterUID = ?", arguments: [uid])
    }
  }

  /// The uid of each registered cluster, by name.
  package func clusterUIDs() async throws -> [String: String] {
    try await access.read { db in
      let rows = try Row.fetchAll(db, sql: "SELECT name, clusterUID FROM registration")
      return Dictionary(rows.map { row -> (String, String) in (row["name"], row["clusterUID"]) }) { $1 }
    }
  }

  /// Seals all credentials with the key that `vault` seals with now, in one transaction.
  package func resealAll(with vault: Vault) async throws {
    try await access.write { db in
      for row in try Row.fetchAll(db, sql: "SELECT name, credentials, proxy FROM registration") {
        let (name, token, proxy): (String, Data, Data) = (row["name"], row["credentials"], row["proxy"])
        try db.execute(
          sql: "UPDATE registration SET credentials = ?, proxy = ? WHERE name = ?",
          arguments: [
            try Self.resealed(token, name, vault), try Self.resealed(proxy, Registration.proxySubject(name), vault),
            name,
          ])
      }
    }
  }

  private static func resealed(_ sealed: Data, _ subject: String, _ vault: Vault) throws -> Data {
    guard !sealed.isEmpty, !vault.isCurrent(Array(sealed)) else { return sealed }
    return Data(try vault.seal(try vault.open(Array(sealed), for: subject), for: subject))
  }

  private static func read(_ row: Row) throws -> Registration {
    let (caData, credentials, proxy): (Data, Data, Data) = (row["caData"], row["credentials"], row["proxy"])
    return Registration(
      name: row["name"], server: row["server"], clusterUID: row["clusterUID"],
      labels: try JSONText.value(of: row["labels"]), namespaces: try JSONText.value(of: row["namespaces"]),
      caData: Array(caData), tlsServerName: row["tlsServerName"],
      insecureSkipTLSVerify: row["insecureSkipTLSVerify"], proxy: Array(proxy), credentials: Array(credentials),
      registeredAt: Date(timeIntervalSince1970: row["registeredAt"]),
      renewedAt: Date(timeIntervalSince1970: row["renewedAt"]),
      expiresAt: (row["expiresAt"] as Double?).map { Date(timeIntervalSince1970: $0) })
  }

  static func duplicate(_ name: String, of other: String) -> Failure {
    Failure(
      "registration.duplicate", subject: "cluster \(name)", stage: "register",
      "it is registered already, as '\(other)'", retry: .never)
  }
}

/// Small collections in one column.
enum JSONText {
  static func of(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func value<T: Decodable>(of text: String) throws -> T {
    try JSONDecoder().decode(T.self, from: Data(text.utf8))
  }
}
