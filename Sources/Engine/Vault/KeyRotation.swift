import Glibc
import Manifest

/// Replaces the vault's key file, in steps of which each may be the last before a crash.
///
/// ``begin(_:directory:)`` writes the new key beside the old one, then everything is sealed anew in one transaction, then
/// ``finish(directory:)`` puts the new key in the old one's place. A vault that is opened in between opens both.
package enum KeyRotation {
  /// - Returns: a vault that seals with the new key.
  package static func begin(_ vault: Vault, directory: String) throws -> Vault {
    let path = directory + "/" + Vault.nextKeyFileName
    if let begun = try Vault.keyInFile(path) { return vault.sealing(with: begun) }
    let key = VaultKey.random()
    try PrivateFile.create(path, bytes: Array((key.base64 + "\n").utf8))
    return vault.sealing(with: key)
  }

  /// Call when nothing sealed with the old key is left.
  package static func finish(directory: String) throws {
    let (next, current) = (directory + "/" + Vault.nextKeyFileName, directory + "/" + Vault.keyFileName)
    guard rename(next, current) == 0 else {
      throw Failure(
        "file.not-written", subject: "file \(current)", stage: "rotate", "cannot be replaced", retry: .never,
        cause: String(cString: strerror(errno)))
    }
  }

  /// Whether one was begun and not finished.
  package static func isBegun(directory: String) -> Bool { access(directory + "/" + Vault.nextKeyFileName, F_OK) == 0 }
}
