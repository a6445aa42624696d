import Foundation
package import Logging
import Manifest

/// Bare mirrors of all the repositories that the hub reads, kept fresh.
///
/// Users of one repository share its mirror and its fetches. A repository that cannot be reached keeps its last good
/// mirror; one that is damaged or half-made is built anew by itself.
package actor GitMirrors {
  package struct Options: Sendable {
    /// Between two looks at a repository that nobody announced a change of; varied by a tenth.
    package var pollInterval: Duration = .seconds(60)
    /// Of one fetch.
    package var fetchDeadline: Duration = .seconds(600)
    /// Of one mirror's objects on disk.
    package var maximumBytes: Int = 4 << 30
    /// How many repositories are looked at at a time.
    package var width = 4
    /// How long a mirror is kept that nobody needs or reads.
    package var unusedLife: Duration = .seconds(3_600)

    package init() {}
  }

  /// What was asked of Git servers since the start.
  package struct Looks: Sendable, Equatable {
    package internal(set) var read = 0
    package internal(set) var failed = 0
    /// Looks that found news.
    package internal(set) var fetches = 0
  }

  /// How old knowledge of a repository may be.
  package enum Freshness: Sendable, Equatable {
    /// What polling brought.
    case polled
    /// Looked at after this call began.
    case now
  }

  let directory: String
  let options: Options
  let access: GitAccessProvider
  let pushAccess: GitAccessProvider
  let commands: GitCommands
  nonisolated let objects: GitObjects
  let logger: Logger
  let alarm = Alarm()
  let feed = ChangeFeed<GitURL>()
  let clock = ContinuousClock()
  var mirrors: [GitURL: MirrorState] = [:]
  package internal(set) var looks = Looks()
  /// What somebody names; nil as long as nobody has said.
  var needed: Set<GitURL>?
  /// Of the start, or the last clearing away.
  var clearedAt: ContinuousClock.Instant

  /// - Parameters:
  ///   - directory: where the mirrors live; made when absent, and may be deleted while no hub runs.
  ///   - pushAccess: for reverts; that for reading where it is nil.
  /// - Throws: ``Failure`` `git.data-directory`.
  package init(
    directory: String, options: Options = Options(), logger: Logger = Logger(label: "muster.git"),
    access: @escaping GitAccessProvider = { _ in GitAccess() }, pushAccess: GitAccessProvider? = nil
  ) throws {
    self.directory = directory
    self.options = options
    self.access = access
    self.pushAccess = pushAccess ?? access
    self.logger = logger
    clearedAt = .now
    commands = try GitCommands(directory: directory)
    objects = GitObjects(environment: commands.environment)
    try Self.removeLeftovers(in: directory)
  }

  private static func removeLeftovers(in directory: String) throws {
    do {
      try MirrorFolder.removeLeftovers(in: directory)
    } catch {
      throw Failure(
        "git.data-directory", subject: "directory \(directory)", stage: "prepare", "cannot be tidied", retry: .never,
        cause: error.localizedDescription)
    }
  }
}

extension GitMirrors {
  /// The commit that `revision` of `url` is: a branch, a tag (an annotated one peeled), a commit's id or a unique
  /// beginning of it, a full ref name, a range of semantic versions over tags, or `HEAD` and `""` for the default branch.
  ///
  /// When the repository cannot be reached, the last good mirror answers, and the answer says so.
  /// - Throws: ``Failure`` `git.revision-unknown`, which names the nearest branches and tags; and, where there is no
  ///   mirror yet, `git.authentication`, `git.credentials`, `git.not-found`, `git.unreachable`, `git.host-key`, `git.certificate`,
  ///   `git.timeout`, `git.too-large`, `git.failed`.
  package func resolve(
    _ url: GitURL, revision: String, freshness: Freshness = .polled
  ) async throws -> ResolvedRevision {
    try Self.validate(revision, of: url)
    mirrors[url]?.usedAt = clock.now
    try await ensure(url, freshness)
    if let resolved = try await lookUp(url, revision) { return resolved }
    // It may have been pushed since the last look.
    if freshness != .now, mayLook(url, after: .seconds(5)) {
      try await check(url)
      if let resolved = try await lookUp(url, revision) { return resolved }
    }
    if let resolved = try await fetchByName(url, revision) { return resolved }
    throw unknown(revision, of: url)
  }

  /// The files of `commit`. Reads nothing yet.
  package func tree(_ url: GitURL, at commit: GitObjectID) -> GitFileTree {
    GitFileTree(
      repository: objects.repository(at: folder(url).path), commit: commit,
      displayPrefix: Self.displayName(url) + "@" + commit.short + ":")
  }

  /// Keeps commits that something may go back to, though no branch or tag leads to them any more; those that are not in
  /// this repository are left out, and those that were kept for the same owner before are let go.
  /// - Throws: ``Failure`` `git.…` where the mirror cannot be written.
  package func keep(_ url: GitURL, _ commits: Set<GitObjectID>, for owner: String) async throws {
    guard mirrors[url]?.refs != nil else { return }
    try await folder(url).keep(commits, for: owner)
  }

  /// Author, time and first line of a commit, for people.
  /// - Throws: ``Failure`` `git.object-unreadable`.
  package func summary(_ url: GitURL, of commit: GitObjectID) async throws -> GitCommitSummary {
    let repository = objects.repository(at: folder(url).path)
    return try await RenderThreads.shared.run { try GitCommitSummary(repository: repository, commit: commit) }
  }

  /// Repositories whose branches, tags or HEAD moved, or whose state of being reachable changed.
  nonisolated package func changes() -> ChangeFeed<GitURL>.Changes { feed.changes() }

  /// What is known of a repository without asking it; nil when it was never asked for.
  package func status(_ url: GitURL) -> GitMirrorStatus? {
    guard let mirror = mirrors[url] else { return nil }
    return GitMirrorStatus(
      url: url, isUsable: mirror.refs != nil, lastFailure: mirror.failure,
      consecutiveFailures: mirror.consecutiveFailures)
  }

  package var statuses: [GitMirrorStatus] {
    mirrors.keys.sorted { $0.identity < $1.identity }.compactMap { status($0) }
  }

  private static func validate(_ revision: String, of url: GitURL) throws {
    let isPlain =
      revision.utf8.count <= 512 && !revision.hasPrefix("-")
      && revision.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F || $0 == " " }
    guard isPlain, !revision.contains(".."), !revision.contains("@{") else {
      throw Failure(
        "git.revision-invalid", subject: GitFailure.subject(url), stage: "resolve",
        "'\(GitFailure.shown(revision, secrets: []))' cannot be the name of a revision", retry: .never)
    }
  }

  /// The last two parts of the path, as people name repositories.
  private static func displayName(_ url: GitURL) -> String {
    let parts = url.identity.split(separator: "/").suffix(url.transport == .file ? 1 : 2)
    return parts.joined(separator: "/")
  }

  private func lookUp(_ url: GitURL, _ revision: String) async throws -> ResolvedRevision? {
    guard let mirror = mirrors[url], let refs = mirror.refs else { return nil }
    if let known = mirror.resolved[revision] { return known.stale(because: mirror.failure) }
    guard let found = try await find(revision, in: refs, folder: folder(url)) else { return nil }
    // Only if nothing moved while git was asked.
    if mirrors[url]?.refs == refs, mirrors[url]?.resolved.count ?? 0 < 1_000 {
      mirrors[url]?.resolved[revision] = found
    }
    return found.stale(because: mirror.failure)
  }

  private func find(_ revision: String, in refs: GitRefs, folder: MirrorFolder) async throws -> ResolvedRevision? {
    if let match = refs.match(revision) ?? VersionRange(revision)?.newest(in: refs) {
      guard let commit = try await folder.commit(named: match.id.hex) else { return nil }
      return ResolvedRevision(revision: revision, commit: commit, ref: match.name)
    }
    let isAbbreviation = (7...64).contains(revision.utf8.count) && revision.utf8.allSatisfy(GitObjectID.isHexDigit)
    if isAbbreviation, let commit = try await folder.commit(named: revision.lowercased()) {
      return ResolvedRevision(revision: revision, commit: commit, ref: nil)
    }
    if mirrors[folder.url]?.extras[revision] != nil,
      let commit = try await folder.commit(named: MirrorFolder.keptName(of: revision))
    {
      return ResolvedRevision(revision: revision, commit: commit, ref: revision)
    }
    return nil
  }

  /// Full ref names beside branches and tags that are followed in one repository.
  private static let mostExtras = 500

  /// A whole id or a full ref name that no branch or tag reaches may still be asked for by name.
  private func fetchByName(_ url: GitURL, _ revision: String) async throws -> ResolvedRevision? {
    guard GitObjectID(revision) != nil || revision.hasPrefix("refs/"), mirrors[url]?.refs != nil else { return nil }
    if let last = mirrors[url]?.missing[revision], clock.now - last < options.pollInterval { return nil }
    do {
      try await folder(url).fetchExtras([revision], try await access(url))
    } catch let failure as Failure {
      logger.debug("revision not found by name", metadata: ["repository": "\(url)", "code": "\(failure.code)"])
      if mirrors[url]?.missing.count ?? 0 >= 1_000 { mirrors[url]?.missing = [:] }
      mirrors[url]?.missing[revision] = clock.now
      return nil
    }
    if GitObjectID(revision) == nil, let id = try await folder(url).object(keptAs: revision) {
      // Those that somebody still wants are fetched again.
      if mirrors[url]?.extras.count ?? 0 >= Self.mostExtras { mirrors[url]?.extras = [:] }
      mirrors[url]?.extras[revision] = id
    }
    return try await lookUp(url, revision)
  }

  private func unknown(_ revision: String, of url: GitURL) -> Failure {
    let refs = mirrors[url]?.refs
    let shown = revision.isEmpty ? "HEAD" : revision
    guard let refs, !refs.ids.isEmpty else {
      return Failure(
        "git.revision-unknown", subject: GitFailure.subject(url), stage: "resolve",
        "there is no '\(shown)': the repository has no branches yet", retry: .backOff)
    }
    let nearest = refs.nearest(to: revision)
    let hint = nearest.isEmpty ? "" : "; did you mean " + nearest.map { "'\($0)'" }.joined(separator: " or ") + "?"
    return Failure(
      "git.revision-unknown", subject: GitFailure.subject(url), stage: "resolve",
      "no branch, tag or commit '\(shown)'\(hint)", retry: .backOff, cause: mirrors[url]?.failure?.message)
  }
}
