import Crypto
import Foundation
import Manifest

/// Host keys and authorities where git, ssh and helm can read them. There is nothing secret in them, and each is named by
/// what is in it, so that one that is in use never changes.
struct TrustFiles: Sendable {
  private static let prefix = "trust-"

  let directory: String

  /// Writes the text where that was not done yet.
  /// - Throws: ``Failure`` `git.data-directory`.
  func path(of text: String) throws -> String {
    let path = directory + "/" + Self.prefix + GitObjectID.hex(of: SHA256.hash(data: Array(text.utf8)).prefix(16))
    if FileManager.default.fileExists(atPath: path) { return path }
    do {
      try Data((text.hasSuffix("\n") ? text : text + "\n").utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw Failure(
        "git.data-directory", subject: "directory \(directory)", stage: "prepare", "cannot be written", retry: .backOff,
        cause: error.localizedDescription)
    }
    return path
  }

  /// Whether this name in the folder is what an earlier run left.
  static func isLeftover(_ name: String) -> Bool { name.hasPrefix(prefix) }
}
