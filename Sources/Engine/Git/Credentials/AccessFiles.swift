import Foundation
import Glibc
import Manifest

/// Keys and certificates where git and ssh can read them, while one command runs.
struct AccessFiles: Sendable {
  private static let prefix = "key-"

  private(set) var sshKey: String?
  private(set) var certificate: String?
  private(set) var certificateKey: String?
  private var temporary: [String] = []

  /// Writes what `access` needs for an address of this transport, each into a file of its own with mode 0600.
  /// - Throws: ``Failure`` `file.not-written`; nothing is left behind then.
  init(_ access: GitAccess, url: GitURL, in directory: String) throws {
    do {
      switch access.credentials {
      case .sshKeyFile(let path): sshKey = path
      case .sshKey(let key) where url.transport == .ssh: sshKey = try write(key, in: directory)
      case .none, .password, .bearer, .sshKey: break
      }
      if let identity = access.clientCertificate, url.transport == .https {
        certificate = try write(identity.chain, in: directory)
        certificateKey = try write(identity.key, in: directory)
      }
    } catch {
      remove()
      throw error
    }
  }

  /// Whether this name in the folder is what a killed hub left.
  static func isLeftover(_ name: String) -> Bool { name.hasPrefix(prefix) }

  private mutating func write(_ secret: Redacted<String>, in directory: String) throws -> String {
    let text = secret.reveal()
    let path = directory + "/" + Self.prefix + UUID().uuidString
    // ssh reads no key whose last line has no end.
    try PrivateFile.create(path, bytes: Array((text.hasSuffix("\n") ? text : text + "\n").utf8))
    temporary.append(path)
    return path
  }

  func remove() { for path in temporary { unlink(path) } }
}
