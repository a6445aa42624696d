import Foundation
import Manifest

/// What a revert is of, and what it says.
package struct GitRevert: Sendable {
  /// The newest commit of the branch, which is taken back.
  package var held: GitObjectID
  /// The commit whose state is wanted again; an ancestor of `held`.
  package var good: GitObjectID
  /// The full name of the branch.
  package var branch: String
  /// Who asked, and for what: the lines behind the message (`Muster-Application: web`).
  package var trailers: [String]
  /// Why, for whoever reads the history: one line; empty for no word of it.
  package var reason: String

  package init(held: GitObjectID, good: GitObjectID, branch: String, trailers: [String], reason: String = "") {
    self.reason = reason
    self.held = held
    self.good = good
    self.branch = branch
    self.trailers = trailers
  }
}

extension GitMirrors {
  /// More commits than anybody takes back at once.
  private static let mostCommits = 100

  /// Pushes one commit that takes back those commits between `good` and `held` that concern whoever asks.
  ///
  /// Nothing is forced: a merge among the commits, lines that a later commit changed as well, or a branch that moved on and
  /// changed what whoever asks makes of it, or the same files, stop it for a person. A branch that has such a revert already
  /// gets no second one.
  /// - Parameter identity: what somebody makes of a commit; a commit is taken back when its parent gives another.
  /// - Returns: the commit that was pushed.
  /// - Throws: ``Failure`` `git.revert-…`, and what a push can fail with.
  package func revert(
    _ url: GitURL, _ revert: GitRevert, identity: @Sendable (GitObjectID) async throws -> UInt64
  ) async throws -> GitObjectID {
    let tip = try await resolve(url, revision: revert.branch, freshness: .now)
    if let failure = tip.staleBecause { throw failure }
    let folder = folder(url)
    if let known = try await earlierRevert(of: revert.held, upTo: tip.commit, folder) { return known }
    let commits = try await concerned(revert, folder, identity)
    guard !commits.isEmpty else {
      throw refusal(url, "git.revert-nothing", "no commit since \(revert.good.short) changed what is rendered")
    }
    if tip.commit != revert.held { try await checkMoved(revert, to: tip.commit, commits, folder, identity) }
    var tree = try await line(["rev-parse", tip.commit.hex + "^{tree}"], folder)
    for commit in commits.reversed() { tree = try await takeBack(commit, from: tree, folder) }
    let new = try await line(
      identityArguments + [
        "commit-tree", tree, "-p", tip.commit.hex, "-m", try await message(commits, revert, folder),
      ],
      folder)
    guard let id = GitObjectID(new) else { throw refusal(url, "git.revert-failed", "git gave no commit") }
    _ = try await commands.remote(
      ["push", "--quiet", "--no-verify", "--", url.text, "\(id.hex):\(revert.branch)"], in: folder.path, url: url,
      access: try await pushAccess(url), stage: "push", deadline: options.fetchDeadline)
    try await check(url)
    return id
  }

  /// A branch that moved on is reverted on top of its tip where what came meanwhile has nothing to do with it.
  private func checkMoved(
    _ revert: GitRevert, to tip: GitObjectID, _ commits: [GitObjectID], _ folder: MirrorFolder,
    _ identity: @Sendable (GitObjectID) async throws -> UInt64
  ) async throws {
    let moved = "\(revert.branch) moved on to \(tip.short) meanwhile"
    let isAncestor = try await commands.local(
      ["merge-base", "--is-ancestor", revert.held.hex, tip.hex], in: folder.path)
    guard isAncestor.succeeded else {
      throw refusal(folder.url, "git.revert-moved", moved + ", and its history was rewritten")
    }
    guard try await identity(tip) == identity(revert.held) else {
      throw refusal(folder.url, "git.revert-moved", moved + ", and what is rendered changed")
    }
    let later = try await files(["diff", "--name-only", "--no-renames", revert.held.hex, tip.hex], folder)
    for commit in commits {
      let touched = try await files(
        ["diff-tree", "-r", "--name-only", "--no-renames", "--no-commit-id", commit.hex + "^", commit.hex], folder)
      guard let both = touched.intersection(later).min() else { continue }
      throw refusal(
        folder.url, "git.revert-moved", moved + ", and changed \(GitFailure.shown(both, secrets: [])) as well")
    }
  }

  private func files(_ arguments: [String], _ folder: MirrorFolder) async throws -> Set<String> {
    Set(try await line(arguments, folder).split(separator: "\n").map(String.init))
  }

  private var identityArguments: [String] { ["-c", "user.name=muster", "-c", "user.email=muster@muster.dev"] }

  private static let trailer = "Muster-Reverts: "

  /// The commit behind `held`, up to `tip`, that says that it takes it back; nil where there is none.
  private func earlierRevert(
    of held: GitObjectID, upTo tip: GitObjectID, _ folder: MirrorFolder
  ) async throws -> GitObjectID? {
    guard held != tip else { return nil }
    return GitObjectID(
      try await line(
        [
          "log", "-1", "--format=%H", "--fixed-strings", "--grep=" + Self.trailer + held.hex,
          "\(held.hex)..\(tip.hex)",
        ], folder))
  }

  /// Oldest first.
  private func concerned(
    _ revert: GitRevert, _ folder: MirrorFolder, _ identity: @Sendable (GitObjectID) async throws -> UInt64
  ) async throws -> [GitObjectID] {
    let isAncestor = try await commands.local(
      ["merge-base", "--is-ancestor", revert.good.hex, revert.held.hex], in: folder.path)
    guard isAncestor.succeeded else {
      throw refusal(
        folder.url, "git.revert-history",
        "\(revert.good.short) is no ancestor of \(revert.held.short): history was rewritten")
    }
    let listed = try await line(
      ["rev-list", "--first-parent", "--reverse", "\(revert.good.hex)..\(revert.held.hex)"], folder)
    let commits = listed.split(separator: "\n").compactMap { GitObjectID(String($0)) }
    guard commits.count <= Self.mostCommits else {
      throw refusal(folder.url, "git.revert-many", "\(commits.count) commits lie between; take them back by hand")
    }
    var before = try await identity(revert.good)
    var concerned: [GitObjectID] = []
    for commit in commits {
      let now = try await identity(commit)
      if now != before { concerned.append(commit) }
      before = now
    }
    return concerned
  }

  /// The tree without what one commit brought: a three-way merge from the commit to its parent.
  private func takeBack(_ commit: GitObjectID, from tree: String, _ folder: MirrorFolder) async throws -> String {
    let parents = try await line(["rev-list", "--parents", "-n", "1", commit.hex], folder).split(separator: " ")
    guard parents.count == 2 else {
      throw refusal(folder.url, "git.revert-merge", "\(commit.short) is a merge; take it back by hand")
    }
    // Commits that exist for the merge alone: git finds the base of a merge by ancestry.
    let base = try await line(identityArguments + ["commit-tree", commit.hex + "^{tree}", "-m", "base"], folder)
    let ours = try await line(identityArguments + ["commit-tree", tree, "-p", base, "-m", "ours"], folder)
    let theirs = try await line(
      identityArguments + ["commit-tree", String(parents[1]) + "^{tree}", "-p", base, "-m", "theirs"], folder)
    let merged = try await commands.local(["merge-tree", "--write-tree", "--name-only", ours, theirs], in: folder.path)
    let lines = String(decoding: merged.output, as: UTF8.self).split(separator: "\n").map(String.init)
    guard merged.succeeded, let result = lines.first else {
      let files = lines.dropFirst().prefix { !$0.isEmpty && !$0.contains(" ") }.prefix(3).joined(separator: ", ")
      throw refusal(
        folder.url, "git.revert-conflict",
        "\(commit.short) cannot be taken back by itself, since later commits changed the same lines"
          + (files.isEmpty ? "" : " (\(files))"))
    }
    return result
  }

  private func message(_ commits: [GitObjectID], _ revert: GitRevert, _ folder: MirrorFolder) async throws -> String {
    var subjects: [String] = []
    for commit in commits { subjects.append(try await line(["log", "-1", "--format=%s", commit.hex], folder)) }
    let title = commits.count == 1 ? "Revert \"\(subjects[0])\"" : "Revert \(commits.count) commits"
    let list = zip(commits, subjects).map { "This reverts commit \($0.hex) (\($1.prefix(100)))." }
    let reason = Self.reason(revert.reason)
    return title + "\n\n" + (reason.isEmpty ? "" : reason + "\n\n") + list.joined(separator: "\n") + "\n\n"
      + (revert.trailers + [Self.trailer + revert.held.hex]).joined(separator: "\n")
  }

  private static let mostReason = 500

  /// It may quote a cluster or a metric, which is to make neither lines nor trailers.
  private static func reason(_ text: String) -> String {
    let line = Visible.text(String(text.prefix(mostReason))).replacing("Muster-", with: "muster-")
    return line.isEmpty ? "" : "Why: " + line
  }

  private func line(_ arguments: [String], _ folder: MirrorFolder) async throws -> String {
    let result = try await commands.local(arguments, in: folder.path)
    guard result.succeeded else {
      throw refusal(
        folder.url, "git.revert-failed",
        "git cannot make the revert: \(GitFailure.shown(result.errorText, secrets: []))")
    }
    return String(decoding: result.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func refusal(_ url: GitURL, _ code: String, _ message: String) -> Failure {
    Failure(code, subject: GitFailure.subject(url), stage: "revert", message, retry: .never)
  }
}
