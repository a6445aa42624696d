package import Foundation
import Manifest

/// What people want to know of a commit.
package struct GitCommitSummary: Sendable, Equatable {
  package var commit: GitObjectID
  package var author: String
  /// Of the commit, not of its authoring: when it came to be on its branch.
  package var time: Date
  /// The first line of the message, 200 characters at most.
  package var subject: String

  private static let limit = 1 << 20

  init(repository: GitObjects.Repository, commit: GitObjectID) throws {
    let bytes: [UInt8]
    do throws(GitReadError) {
      bytes = try repository.objects.object(commit, .commit, in: repository.path, limit: Self.limit)
    } catch {
      throw Failure(
        "git.object-unreadable", subject: "commit \(commit.short)", stage: "read", "the commit cannot be read",
        retry: .backOff, cause: "\(error)")
    }
    self.init(commit: commit, text: String(decoding: bytes, as: UTF8.self))
  }

  /// Reads the header lines and the message of a commit object.
  init(commit: GitObjectID, text: String) {
    let parts = text.split(separator: "\n\n", maxSplits: 1)
    var headers: [Substring: Substring] = [:]
    for line in parts.first?.split(separator: "\n") ?? [] {
      let words = line.split(separator: " ", maxSplits: 1)
      if words.count == 2, headers[words[0]] == nil { headers[words[0]] = words[1] }
    }
    self.commit = commit
    let author = headers["author"] ?? ""
    self.author = author.prefix { $0 != "<" }.trimmingCharacters(in: .whitespaces)
    let committed = headers["committer"]?.split(separator: " ").dropLast().last.flatMap { Double($0) }
    time = Date(timeIntervalSince1970: committed ?? 0)
    let message = parts.count > 1 ? parts[1] : ""
    subject = String((message.split(separator: "\n").first ?? "").prefix(200))
  }
}

extension GitObjects {
  /// The tree of a commit.
  func rootTree(of commit: GitObjectID, in repository: String) throws(GitReadError) -> GitObjectID {
    if let root = knownRoot(of: commit) { return root }
    let bytes = try object(commit, .commit, in: repository, limit: 4 << 20)
    // The first line is "tree <id>".
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    guard line.starts(with: Array("tree ".utf8)),
      let root = GitObjectID(String(decoding: line.dropFirst(5), as: UTF8.self))
    else { throw .unreadable("commit \(commit.short) is malformed") }
    remember(root, of: commit)
    return root
  }
}
