import Crypto
import Foundation
package import Manifest

/// Seals credentials that the hub keeps, with AES-256-GCM under a key that is not in the database.
///
/// A sealed value is bound to the name that it belongs to, so that one cluster's credentials cannot be put in another's
/// row: `version (1) | key id (4) | nonce (12) | ciphertext | tag (16)`.
package struct Vault: Sendable {
  /// Of the data directory.
  static let keyFileName = "vault.key"
  /// Holds the new key while ``KeyRotation`` runs.
  static let nextKeyFileName = "vault.key.next"
  package static let keyVariable = "MUSTER_KEY"

  private static let version: UInt8 = 1
  private static let keyBytes = 32
  private static let sealedLimit = 1 << 20

  /// Seals; the others only open what was sealed before.
  private let key: VaultKey
  private let others: [VaultKey]

  init(key: VaultKey, others: [VaultKey] = []) {
    self.key = key
    self.others = others
  }

  /// Opens the vault of a data directory: with the key in `MUSTER_KEY` (32 bytes in base64) when it is set, otherwise with
  /// `vault.key`, which is made, mode 0600, when there is none.
  /// - Throws: ``Failure`` `vault.key-invalid`, `file.mode-too-wide`, `file.not-read`, `file.not-written`.
  package static func open(
    directory: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> Vault {
    let next = try keyInFile(directory + "/" + nextKeyFileName)
    if let text = environment[keyVariable], !text.isEmpty {
      guard let key = VaultKey(base64: text) else { throw invalid("variable \(keyVariable)") }
      let old = try keyInFile(directory + "/" + keyFileName)
      return Vault(key: key, others: [old, next].compactMap { $0 })
    }
    if let key = try keyInFile(directory + "/" + keyFileName) {
      return Vault(key: key, others: [next].compactMap { $0 })
    }
    let made = VaultKey.random()
    try PrivateFile.create(directory + "/" + keyFileName, bytes: Array((made.base64 + "\n").utf8))
    return Vault(key: made, others: [next].compactMap { $0 })
  }

  /// A vault whose key is nowhere but in memory.
  package static func inMemory() -> Vault { Vault(key: .random()) }

  /// Encrypts `secret` for `name`.
  package func seal(_ secret: Redacted<[UInt8]>, for name: String) throws -> [UInt8] {
    do {
      let box = try AES.GCM.seal(
        secret.reveal(), using: key.symmetric, authenticating: Self.associated(name, key.id))
      guard let combined = box.combined else { throw Self.unsealable(name) }
      return [Self.version] + key.id + Array(combined)
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Self.unsealable(name)
    }
  }

  /// Decrypts what ``seal(_:for:)`` made for the same name.
  /// - Throws: ``Failure`` `vault.wrong-key` when it was sealed with a key that is not here, `vault.damaged` when it was
  ///   changed since, or belongs to another name.
  package func open(_ sealed: [UInt8], for name: String) throws -> Redacted<[UInt8]> {
    guard sealed.count > 1 + VaultKey.idBytes, sealed.count <= Self.sealedLimit, sealed[0] == Self.version else {
      throw Self.damaged(name)
    }
    let id = Array(sealed[1...VaultKey.idBytes])
    guard let key = ([key] + others).first(where: { $0.id == id }) else { throw Self.wrongKey(name) }
    do {
      let box = try AES.GCM.SealedBox(combined: sealed[(1 + VaultKey.idBytes)...])
      return Redacted(Array(try AES.GCM.open(box, using: key.symmetric, authenticating: Self.associated(name, id))))
    } catch {
      throw Self.damaged(name)
    }
  }

  /// Whether `sealed` was sealed with the key that seals now; what was not is to be sealed anew.
  package func isCurrent(_ sealed: [UInt8]) -> Bool {
    sealed.count > VaultKey.idBytes && Array(sealed[1...VaultKey.idBytes]) == key.id
  }

  /// The same vault sealing with `key`, and still opening what the old keys sealed.
  func sealing(with key: VaultKey) -> Vault { Vault(key: key, others: [self.key] + others) }

  static func keyInFile(_ path: String) throws -> VaultKey? {
    guard let bytes = try PrivateFile.read(path, limit: 256) else { return nil }
    guard let key = VaultKey(base64: String(decoding: bytes, as: UTF8.self)) else { throw invalid("file \(path)") }
    return key
  }

  private static func associated(_ name: String, _ keyID: [UInt8]) -> [UInt8] {
    [version] + keyID + Array(name.utf8)
  }

  private static func invalid(_ place: String) -> Failure {
    Failure(
      "vault.key-invalid", subject: place, stage: "open", "it does not hold \(keyBytes) bytes in base64", retry: .never)
  }

  private static func wrongKey(_ name: String) -> Failure {
    Failure(
      "vault.wrong-key", subject: "credentials of \(name)", stage: "open",
      "they were encrypted with another key; bring back the old \(keyFileName) or \(keyVariable), or register again",
      retry: .never)
  }

  private static func damaged(_ name: String) -> Failure {
    Failure(
      "vault.damaged", subject: "credentials of \(name)", stage: "open",
      "they were changed since they were encrypted, or belong to another name", retry: .never)
  }

  private static func unsealable(_ name: String) -> Failure {
    Failure(
      "vault.not-sealed", subject: "credentials of \(name)", stage: "seal", "they cannot be encrypted", retry: .never)
  }
}

/// One key, and the digits that what it sealed is told by.
struct VaultKey: Sendable {
  static let idBytes = 4

  let symmetric: SymmetricKey
  let id: [UInt8]

  private init(_ symmetric: SymmetricKey) {
    self.symmetric = symmetric
    var hash = SHA256()
    hash.update(data: Array("muster vault key id".utf8))
    symmetric.withUnsafeBytes { hash.update(bufferPointer: $0) }
    id = Array(hash.finalize().prefix(Self.idBytes))
  }

  static func random() -> VaultKey { VaultKey(SymmetricKey(size: .bits256)) }

  /// Nil unless `text` is 32 bytes in base64; white space around it does not count.
  init?(base64 text: String) {
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard let data = Data(base64Encoded: trimmed), data.count == 32 else { return nil }
    self.init(SymmetricKey(data: data))
  }

  var base64: String { symmetric.withUnsafeBytes { Data($0) }.base64EncodedString() }
}
