import Glibc

/// What `git cat-file --batch` says about one id.
enum GitObject: Sendable {
  enum Kind: String, Sendable { case blob, tree, commit, tag }

  case found(Kind, [UInt8])
  case missing
  case tooLarge
}

/// Why an object cannot be had; `ended` may mean that the object is damaged.
typealias GitObjectError = ChannelError

/// A long-lived `git cat-file --batch`, asked and answered synchronously.
///
/// `@unchecked Sendable`: the channel has no lock, since the pool hands a process to one reader at a time.
final class CatFileProcess: @unchecked Sendable {
  private let channel: ChannelProcess

  /// What is skipped rather than ended over, in bytes.
  private static let skippable = 8 << 20

  init(repository: String, environment: [String: String]) throws(GitObjectError) {
    channel = try ChannelProcess(
      "git", ["git", "--git-dir=" + repository, "cat-file", "--batch"], environment: environment)
  }

  /// Reads one object. After a throw the process is of no more use.
  func read(_ id: GitObjectID, limit: Int, deadline: ContinuousClock.Instant) throws(GitObjectError) -> GitObject {
    try channel.send(Array((id.hex + "\n").utf8), deadline)
    let header = String(decoding: try channel.line(limit: 1024, deadline), as: UTF8.self).split(separator: " ")
    if header.count == 2, header[1] == "missing" { return .missing }
    guard header.count == 3, header[0] == id.hex, let kind = GitObject.Kind(rawValue: String(header[1])),
      let size = Int(header[2]), size >= 0
    else { throw .ended }
    guard size <= limit else {
      guard size <= Self.skippable else { throw .ended }
      try channel.skip(size + 1, deadline)
      return .tooLarge
    }
    let bytes = try channel.take(size, deadline)
    guard try channel.take(1, deadline) == [UInt8(ascii: "\n")] else { throw .ended }
    return .found(kind, bytes)
  }

  /// The process's own id, for tests that kill it.
  var processID: pid_t { channel.processID }
}
