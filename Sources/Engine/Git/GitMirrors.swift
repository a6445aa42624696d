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

    package init() {}
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
  let commands: GitCommands
  nonisolated let objects: GitObjects
  let logger: Logger
  let alarm = Alarm()
  let feed = ChangeFeed<GitURL>()
  private let clock = ContinuousClock()
  private var mirrors: [GitURL: Mirror] = [:]

  /// - Parameter directory: where the mirrors live; made when absent, and may be deleted while no hub runs.
  /// - Throws: ``Failure`` `git.data-directory`.
  package init(
    directory: String, options: Options = Options(), logger: Logger = Logger(label: "muster.git"),
    access: @escaping GitAccessProvider = { _ in GitAccess() }
  ) throws {
    self.directory = directory
    self.options = options
    self.access = access
    self.logger = logger
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

// MARK: - Reading

extension GitMirrors {
  /// The commit that `revision` of `url` is: a branch, a tag (an annotated one peeled), a commit's id or a unique
  /// beginning of it, a full ref name, a range of semantic versions over tags, or `HEAD` and `""` for the default branch.
  ///
  /// When the repository cannot be reached, the last good mirror answers, and the answer says so.
  /// - Throws: ``Failure`` `git.revision-unknown`, which names the nearest branches and tags; and, where there is no
  ///   mirror yet, `git.authentication`, `git.not-found`, `git.unreachable`, `git.host-key`, `git.certificate`,
  ///   `git.timeout`, `git.too-large`, `git.failed`.
  package func resolve(
    _ url: GitURL, revision: String, freshness: Freshness = .polled
  ) async throws -> ResolvedRevision {
    try Self.validate(revision, of: url)
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
    if mirrors[folder.url]?.extras.contains(revision) == true,
      let commit = try await folder.commit(named: MirrorFolder.keptName(of: revision))
    {
      return ResolvedRevision(revision: revision, commit: commit, ref: revision)
    }
    return nil
  }

  /// A whole id or a full ref name that no branch or tag reaches may still be asked for by name.
  private func fetchByName(_ url: GitURL, _ revision: String) async throws -> ResolvedRevision? {
    guard GitObjectID(revision) != nil || revision.hasPrefix("refs/"), mirrors[url]?.refs != nil else { return nil }
    if let last = mirrors[url]?.missing[revision], clock.now - last < options.pollInterval { return nil }
    do {
      try await folder(url).fetchExtra(revision, try await access(url))
    } catch let failure as Failure {
      logger.debug("revision not found by name", metadata: ["repository": "\(url)", "code": "\(failure.code)"])
      if mirrors[url]?.missing.count ?? 0 >= 1_000 { mirrors[url]?.missing = [:] }
      mirrors[url]?.missing[revision] = clock.now
      return nil
    }
    if GitObjectID(revision) == nil { mirrors[url]?.extras.insert(revision) }
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

// MARK: - Renewing

extension GitMirrors {
  /// Polls until cancelled.
  package func run() async {
    while !Task.isCancelled {
      let due = dueMirrors()
      await withTaskGroup(of: Void.self) { group in
        for (index, url) in due.enumerated() {
          if index >= options.width { await group.next() }
          group.addTask { await self.checkRecordingFailure(url) }
        }
      }
      objects.trim()
      await alarm.wait(upTo: untilNextPoll())
    }
    for mirror in mirrors.values { mirror.check?.cancel() }
  }

  /// A webhook says that these addresses, in whatever form, have news: they are looked at now.
  /// - Returns: how many mirrors are meant.
  @discardableResult
  package func notify(urls: [String]) -> Int {
    let keys = Set(urls.prefix(64).compactMap { try? GitURL($0).webhookKey })  // Others are nobody's repositories.
    let meant = mirrors.keys.filter { keys.contains($0.webhookKey) }
    for url in meant {
      mirrors[url]?.nextPoll = clock.now
      mirrors[url]?.wasAnnounced = true
    }
    if !meant.isEmpty { alarm.ring() }
    return meant.count
  }

  /// Forgets every other repository and deletes its mirror.
  package func keepOnly(_ urls: Set<GitURL>) {
    for (url, mirror) in mirrors where !urls.contains(url) && mirror.check == nil {
      mirrors[url] = nil
      objects.forget(folder(url).path)
      do {
        try folder(url).remove()
      } catch {
        logger.warning("mirror not removed", metadata: ["repository": "\(url)", "error": "\(error)"])
      }
    }
  }

  private func folder(_ url: GitURL) -> MirrorFolder {
    MirrorFolder(
      url: url, commands: commands, limits: .init(deadline: options.fetchDeadline, bytes: options.maximumBytes))
  }

  private func dueMirrors() -> [GitURL] {
    let now = clock.now
    return mirrors.values.filter { $0.nextPoll <= now && $0.check == nil }.map(\.url)
      .sorted { $0.identity < $1.identity }
  }

  private func untilNextPoll() -> Duration {
    let next = mirrors.values.filter { $0.check == nil }.map(\.nextPoll).min()
    guard let next else { return .seconds(5) }
    return max(.milliseconds(50), min(clock.now.duration(to: next), .seconds(5)))
  }

  private func checkRecordingFailure(_ url: GitURL) async {
    do {
      try await check(url)
    } catch {
      // Recorded in the mirror's status, and logged, by the check itself.
    }
  }

  private func mayLook(_ url: GitURL, after age: Duration) -> Bool {
    guard let last = mirrors[url]?.lastAttempt else { return true }
    return clock.now - last >= age
  }

  /// Makes sure that there is something to read; a repository that failed just now is not asked again at once.
  private func ensure(_ url: GitURL, _ freshness: Freshness) async throws {
    if let mirror = mirrors[url], mirror.lastAttempt != nil, freshness == .polled {
      if mirror.refs != nil, !objects.isDamaged(folder(url).path) { return }
      if let failure = mirror.failure, !mayLook(url, after: mirror.patience) { throw failure }
    }
    do {
      try await check(url)
    } catch let failure as Failure {
      guard mirrors[url]?.refs != nil else { throw failure }
    }
  }

  /// Looks at the repository, and fetches when something moved. Calls for the same repository share one look.
  private func check(_ url: GitURL) async throws {
    if mirrors[url] == nil { mirrors[url] = Mirror(url: url, nextPoll: clock.now + jittered(options.pollInterval)) }
    let task: Task<Void, any Error>
    if let running = mirrors[url]?.check {
      task = running
    } else {
      // Shared by its callers, so it is no child of one of them; bounded by git's deadlines, cancelled by run().
      task = Task { try await self.performCheck(url) }
      mirrors[url]?.check = task
      mirrors[url]?.lastAttempt = clock.now
      mirrors[url]?.wasAnnounced = false
    }
    try await task.waiting()
  }

  private func performCheck(_ url: GitURL) async throws {
    let before = mirrors[url]?.refs
    let hadFailed = mirrors[url]?.failure != nil
    do {
      let changed = try await renew(url)
      mirrors[url]?.failure = nil
      mirrors[url]?.consecutiveFailures = 0
      if changed || hadFailed { feed.send([url]) }
    } catch {
      let failure = Self.asFailure(error, url: url)
      if mirrors[url]?.failure?.code != failure.code {
        logger.warning(
          "repository not read",
          metadata: [
            "repository": "\(url)", "code": "\(failure.code)", "cause": "\(failure.cause ?? failure.message)",
          ])
      }
      mirrors[url]?.failure = failure
      mirrors[url]?.consecutiveFailures += 1
      if before == nil, mirrors[url]?.refs == nil { mirrors[url]?.refs = try? await folder(url).open() }
      if !hadFailed { feed.send([url]) }
      endCheck(url)
      throw failure
    }
    endCheck(url)
  }

  private func endCheck(_ url: GitURL) {
    guard let mirror = mirrors[url] else { return }
    let factor = 1 << min(mirror.consecutiveFailures, 3)
    mirrors[url]?.nextPoll = mirror.wasAnnounced ? clock.now : clock.now + jittered(options.pollInterval * factor)
    mirrors[url]?.check = nil
    if mirror.wasAnnounced { alarm.ring() }
  }

  /// - Returns: whether branches, tags, HEAD or the mirror itself changed.
  private func renew(_ url: GitURL) async throws -> Bool {
    let folder = folder(url)
    let access = try await access(url)
    let remote = try await folder.remoteRefs(access)
    let isDamaged = objects.isDamaged(folder.path)
    var local = mirrors[url]?.refs
    if local == nil { local = try await folder.open() }
    if let local, local == remote, !isDamaged {
      return adopt(local, for: url)
    }
    if local != nil, !isDamaged {
      do {
        try await folder.fetch(access, refs: remote)
      } catch let failure as Failure where Self.mayBeDamage(failure) {
        try await rebuild(folder, access, refs: remote, because: failure.cause ?? failure.message)
      }
    } else {
      try await rebuild(folder, access, refs: remote, because: isDamaged ? "objects are damaged" : nil)
    }
    var renewed = try await folder.open()
    if renewed == nil {
      try await rebuild(folder, access, refs: remote, because: "refs are damaged")
      renewed = try await folder.open()
    }
    guard let renewed else {
      throw Failure(
        "git.failed", subject: GitFailure.subject(url), stage: "fetch", "the new mirror cannot be read",
        retry: .backOff)
    }
    await tidyNowAndThen(folder)
    return adopt(renewed, for: url) || isDamaged
  }

  private func rebuild(
    _ folder: MirrorFolder, _ access: GitAccess, refs: GitRefs, because reason: String?
  ) async throws {
    if let reason {
      logger.warning("mirror is built anew", metadata: ["repository": "\(folder.url)", "reason": "\(reason)"])
    }
    try await folder.rebuild(access, refs: refs)
    objects.forget(folder.path)
  }

  private func adopt(_ refs: GitRefs, for url: GitURL) -> Bool {
    guard mirrors[url]?.refs != refs else { return false }
    mirrors[url]?.refs = refs
    mirrors[url]?.resolved = [:]
    mirrors[url]?.missing = [:]
    return true
  }

  private func tidyNowAndThen(_ folder: MirrorFolder) async {
    mirrors[folder.url]?.fetches += 1
    guard let fetches = mirrors[folder.url]?.fetches, fetches.isMultiple(of: 50) else { return }
    do {
      try await folder.tidy()
    } catch {
      logger.warning("mirror not tidied", metadata: ["repository": "\(folder.url)", "error": "\(error)"])
    }
  }

  /// Of failures to fetch just after a successful look, those that the network or the server did not cause.
  private static func mayBeDamage(_ failure: Failure) -> Bool {
    ["git.failed", "git.not-found"].contains(failure.code)
  }

  private static func asFailure(_ error: any Error, url: GitURL) -> Failure {
    if let failure = error as? Failure { return failure }
    let isCancelled = error is CancellationError
    return Failure(
      isCancelled ? "git.cancelled" : "git.failed", subject: GitFailure.subject(url), stage: "fetch",
      isCancelled ? "was stopped" : "the mirror cannot be renewed", retry: .backOff,
      cause: isCancelled ? nil : error.localizedDescription)
  }

  private func jittered(_ duration: Duration) -> Duration { duration * Double.random(in: 0.9...1.1) }
}

/// What the actor knows of one repository.
private struct Mirror {
  let url: GitURL
  /// Last good; nil until there is a mirror.
  var refs: GitRefs?
  var resolved: [String: ResolvedRevision] = [:]
  /// Full ref names that were fetched on their own.
  var extras: Set<String> = []
  /// Revisions that were asked for by name in vain, and when.
  var missing: [String: ContinuousClock.Instant] = [:]
  var failure: Failure?
  var consecutiveFailures = 0
  var lastAttempt: ContinuousClock.Instant?
  var nextPoll: ContinuousClock.Instant
  var wasAnnounced = false
  var check: Task<Void, any Error>?
  var fetches = 0

  /// How long a failure answers for the repository before it is asked again.
  var patience: Duration { .seconds(min(1 << min(consecutiveFailures, 5), 30)) }

  init(url: GitURL, nextPoll: ContinuousClock.Instant) {
    self.url = url
    self.nextPoll = nextPoll
  }
}
