import Crypto
import Foundation
import Manifest

/// One bare mirror on disk, and the commands that make and renew it.
///
/// Crash-safe: a mirror is made beside its place and put there by one rename; git itself adds objects before the refs that
/// need them. Nothing in a mirror's own `config` comes from the repository, and its address is not stored.
struct MirrorFolder: Sendable {
  struct Limits: Sendable {
    /// Of one transfer.
    var deadline: Duration
    /// Of the mirror's objects on disk.
    var bytes: Int
  }

  let url: GitURL
  let commands: GitCommands
  let limits: Limits

  private static let refspecs = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
  private static let temporaryPrefixes = ["new-", "old-"]

  var path: String { commands.directory + "/" + Self.name(for: url) }

  static func name(for url: GitURL) -> String {
    GitObjectID.hex(of: SHA256.hash(data: Array(url.identity.utf8)).prefix(16))
  }

  /// The names of all mirrors that are on disk.
  static func names(in directory: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory).filter { name in
      name.utf8.count == 32 && name.utf8.allSatisfy(GitObjectID.isHexDigit)
    }
  }

  /// Removes what a killed hub left half-made.
  static func removeLeftovers(in directory: String) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: directory)
    where temporaryPrefixes.contains(where: name.hasPrefix) {
      try FileManager.default.removeItem(atPath: directory + "/" + name)
    }
  }

  /// The mirror's refs; nil when there is no mirror, or one that is damaged.
  func open() async throws -> GitRefs? {
    guard FileManager.default.fileExists(atPath: path + "/HEAD") else { return nil }
    let listing = try await commands.local(
      ["for-each-ref", "--format=%(objectname) %(objecttype) %(refname)", "refs/heads", "refs/tags"], in: path,
      outputLimit: 64 << 20)
    guard listing.succeeded else { return nil }
    // The type was asked for so that a ref whose object is gone fails; it has no further use.
    let lines = String(decoding: listing.output, as: UTF8.self).split(separator: "\n").map { line in
      line.split(separator: " ", maxSplits: 2)
    }
    let plain = lines.filter { $0.count == 3 }.map { "\($0[0]) \($0[2])" }.joined(separator: "\n")
    let head = try await commands.local(["symbolic-ref", "--quiet", "HEAD"], in: path)
    let name = String(decoding: head.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    do {
      var refs = try GitRefs(forEachRef: Array(plain.utf8), head: head.succeeded ? name : nil)
      if !head.succeeded { refs.detachedHead = try await commit(named: "HEAD") }
      return refs
    } catch is GitRefs.ParseError {
      return nil
    }
  }

  /// What the repository has now; costs no objects.
  /// - Parameter extras: full names of other refs that are asked for.
  func remoteRefs(
    _ access: GitAccess, extras: [String] = []
  ) async throws -> (refs: GitRefs, extras: [String: GitObjectID]) {
    let result = try await commands.remote(
      ["ls-remote", "--quiet", "--symref", "--", url.text, "HEAD", "refs/heads/*", "refs/tags/*"] + extras, in: nil,
      url: url, access: access, stage: "look", deadline: .seconds(90))
    do {
      return (try GitRefs(lsRemote: result.output), GitRefs.ids(of: Set(extras), lsRemote: result.output))
    } catch GitRefs.ParseError.tooMany(let count) {
      throw Failure(
        "git.too-large", subject: GitFailure.subject(url), stage: "look", "it has more than \(count) branches and tags",
        retry: .backOff)
    }
  }

  /// Fetches branches and tags into the mirror that is there.
  func fetch(_ access: GitAccess, refs: GitRefs) async throws {
    try await fetch(Self.refspecs, prune: true, into: path, access)
    try await pointHead(in: path, at: refs)
  }

  /// Fetches commits or refs that no branch or tag reaches, and keeps them from being collected.
  func fetchExtras(_ revisions: [String], _ access: GitAccess) async throws {
    guard !revisions.isEmpty else { return }
    try await fetch(revisions.map { "+\($0):\(Self.keptName(of: $0))" }, prune: false, into: path, access)
  }

  /// What was fetched as `revision`, a tag not peeled; nil where nothing was.
  func object(keptAs revision: String) async throws -> GitObjectID? {
    let result = try await commands.local(
      ["rev-parse", "--verify", "--quiet", "--end-of-options", Self.keptName(of: revision)], in: path)
    guard result.succeeded else { return nil }
    return GitObjectID(String(decoding: result.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
  }

  /// Where ``fetchExtras(_:_:)`` keeps a revision.
  static func keptName(of revision: String) -> String {
    "refs/muster/" + GitObjectID.hex(of: SHA256.hash(data: Array(revision.utf8)).prefix(16))
  }

  /// Keeps these commits from being collected, as far as they are there, and no longer others that were kept for the same
  /// owner.
  func keep(_ commits: Set<GitObjectID>, for owner: String) async throws {
    let prefix = "refs/muster/staged/" + GitObjectID.hex(of: SHA256.hash(data: Array(owner.utf8)).prefix(16)) + "/"
    let listing = try await commands.local(
      ["for-each-ref", "--format=%(refname)", prefix], in: path, outputLimit: 4 << 20)
    guard listing.succeeded else { throw localFailure(listing, stage: "keep") }
    let names = String(decoding: listing.output, as: UTF8.self).split(separator: "\n")
    let kept = Set(names.compactMap { GitObjectID(String($0.dropFirst(prefix.count))) })
    for commit in commits.subtracting(kept).sorted(by: { $0.hex < $1.hex }) {
      guard try await self.commit(named: commit.hex) != nil else { continue }
      try await update([prefix + commit.hex, commit.hex])
    }
    for commit in kept.subtracting(commits).sorted(by: { $0.hex < $1.hex }) {
      try await update(["-d", prefix + commit.hex])
    }
  }

  private func update(_ arguments: [String]) async throws {
    let result = try await commands.local(["update-ref"] + arguments, in: path)
    guard result.succeeded else { throw localFailure(result, stage: "keep") }
  }

  /// Makes the mirror anew and puts it in its place; the old one serves until then.
  func rebuild(_ access: GitAccess, refs: GitRefs) async throws {
    let new = commands.directory + "/new-" + UUID().uuidString
    do {
      let made = try await commands.local(
        ["init", "--quiet", "--bare", "--object-format=\(refs.usesSHA256 ? "sha256" : "sha1")", "--", new], in: nil)
      guard made.succeeded else { throw localFailure(made, stage: "create") }
      try await fetch(Self.refspecs, prune: false, into: new, access)
      try await pointHead(in: new, at: refs)
      try putInPlace(new)
    } catch {
      try? FileManager.default.removeItem(atPath: new)  // What stays is removed at the next start.
      throw error
    }
  }

  /// Packs many small packs and loose objects into few. Readers keep working: they open packs anew when they miss one.
  func tidy() async throws {
    _ = try await commands.local(
      ["-c", "gc.auto=2000", "-c", "gc.autoPackLimit=40", "gc", "--auto", "--quiet"], in: path,
      deadline: limits.deadline)
  }

  /// The commit that `expression` names in the mirror, tags peeled; nil when it names none.
  func commit(named expression: String) async throws -> GitObjectID? {
    let result = try await commands.local(
      ["rev-parse", "--verify", "--quiet", "--end-of-options", expression + "^{commit}"], in: path)
    guard result.succeeded else { return nil }
    return GitObjectID(String(decoding: result.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
  }

  static func remove(_ path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    try FileManager.default.removeItem(atPath: path)
  }
}

extension MirrorFolder {
  private func fetch(_ refspecs: [String], prune: Bool, into folder: String, _ access: GitAccess) async throws {
    var arguments = [
      "fetch", "--quiet", "--force", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
      "--no-recurse-submodules", "--no-show-forced-updates",
    ]
    if prune { arguments.append("--prune") }
    arguments += ["--", url.text] + refspecs
    try await withSizeLimit(on: folder) { [arguments] in
      _ = try await commands.remote(
        arguments, in: folder, url: url, access: access, stage: "fetch", deadline: limits.deadline)
    }
  }

  /// git has no limit on what it fetches, so the folder is measured while it does.
  private func withSizeLimit(on folder: String, _ body: @escaping @Sendable () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await body() }
      group.addTask {
        while true {
          try await Task.sleep(for: .milliseconds(500))
          try checkSize(of: folder)
        }
      }
      defer { group.cancelAll() }
      try await group.next()
    }
    try checkSize(of: folder)
  }

  private func checkSize(of folder: String) throws {
    let packs = folder + "/objects/pack"
    var total = 0
    // Absent until git has made it.
    for name in (try? FileManager.default.contentsOfDirectory(atPath: packs)) ?? [] {
      var status = stat()
      guard lstat(packs + "/" + name, &status) == 0 else { continue }
      total += Int(status.st_size)
    }
    guard total <= limits.bytes else {
      throw Failure(
        "git.too-large", subject: GitFailure.subject(url), stage: "fetch",
        "its objects take more than \(limits.bytes >> 20) MB", retry: .backOff)
    }
  }

  private func pointHead(in folder: String, at refs: GitRefs) async throws {
    let arguments: [String]
    if let head = refs.head {
      arguments = ["symbolic-ref", "HEAD", head]
    } else if let id = refs.detachedHead {
      arguments = ["update-ref", "--no-deref", "HEAD", id.hex]
    } else {
      return
    }
    let result = try await commands.local(arguments, in: folder)
    guard result.succeeded else { throw localFailure(result, stage: "fetch") }
  }

  private func putInPlace(_ new: String) throws {
    let old = commands.directory + "/old-" + UUID().uuidString
    let hadOne = rename(path, old) == 0
    guard rename(new, path) == 0 else {
      let reason = String(cString: strerror(errno))
      if hadOne { rename(old, path) }
      throw Failure(
        "git.failed", subject: GitFailure.subject(url), stage: "create", "the mirror cannot be put in its place",
        retry: .backOff, cause: reason)
    }
    if hadOne { try FileManager.default.removeItem(atPath: old) }
  }

  private func localFailure(_ result: CommandResult, stage: String) -> Failure {
    GitFailure.classify(result, url: url, stage: stage, secrets: [])
  }
}
