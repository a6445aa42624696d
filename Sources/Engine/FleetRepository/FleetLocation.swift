import Foundation
import Manifest

extension FleetRepository.Location {
  /// What somebody names as the fleet: an address, or a path.
  ///
  /// A path is a directory even while it is not there, for it may be mounted later, and a clone is read as its files are:
  /// only a bare repository is Git, known by its name (`….git`) or, where it is there, by what is in it.
  /// - Parameter working: what a relative path is relative to.
  /// - Throws: ``Failure`` `git.url-invalid`, `fleet.no-directory`.
  package init(_ text: String, revision: String, in working: String) throws {
    guard let path = Self.path(text, in: working) else {
      self = .git(try GitURL(text), revision: revision)
      return
    }
    if text.hasSuffix(".git") || Self.isBare(path) {
      self = .git(try GitURL(path), revision: revision)
    } else {
      self = .directory(path)
    }
    let isPlainName = !text.hasPrefix("/") && !text.hasPrefix(".")
    guard !isPlainName || FileManager.default.fileExists(atPath: path) else {
      throw Failure(
        "fleet.no-directory", subject: "fleet repository", stage: "open",
        "there is no directory '\(Visible.text(text))'; a Git repository is named by its whole address (https://…, "
          + "user@host:path), and a directory that will be there later by a path that begins with '/' or './'",
        retry: .never)
    }
  }

  /// What relative paths in the fleet's manifests are relative to: the fleet directory, or `working` for a Git repository,
  /// of which there are no files. Never made of an address, which may carry a password into messages.
  package func base(in working: String) -> String {
    switch self {
    case .directory(let path): path
    case .git: working
    }
  }

  /// Absolute; nil for an address.
  private static func path(_ text: String, in working: String) -> String? {
    if text.isEmpty || text.contains("://") { return nil }
    let path = URL(fileURLWithPath: text, relativeTo: URL(fileURLWithPath: working, isDirectory: true))
      .standardizedFileURL.path
    if text.hasPrefix("/") || text.hasPrefix(".") || FileManager.default.fileExists(atPath: path) { return path }
    // `user@host:path`, or a name that is nothing.
    return text.contains(":") ? nil : path
  }

  private static func isBare(_ path: String) -> Bool {
    ["HEAD", "objects", "refs"].allSatisfy { FileManager.default.fileExists(atPath: path + "/" + $0) }
  }
}
