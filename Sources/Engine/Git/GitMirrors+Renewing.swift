import Foundation
import Logging
import Manifest

extension GitMirrors {
  /// Polls until cancelled.
  package func run() async {
    while !Task.isCancelled {
      await lookAgainWithNewAccess()
      let due = dueMirrors()
      await withTaskGroup(of: Void.self) { group in
        for (index, url) in due.enumerated() {
          if index >= options.width { await group.next() }
          group.addTask { await self.checkRecordingFailure(url) }
        }
      }
      objects.trim()
      if clearedAt.duration(to: clock.now) >= options.unusedLife {
        clear(unusedSince: clock.now - options.unusedLife)
      }
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
      let next = afterAnnouncement(url)
      mirrors[url]?.nextPoll = next
      mirrors[url]?.wasAnnounced = true
    }
    if !meant.isEmpty { alarm.ring() }
    return meant.count
  }

  /// These are the repositories that are named now; others are let go of when nobody has read them for a while.
  package func need(_ urls: Set<GitURL>) { needed = urls }

  /// Lets go of mirrors that nobody needs and that were not used since then, and of what an earlier run left on disk.
  ///
  /// As long as nobody has said what is needed, all stay.
  func clear(unusedSince then: ContinuousClock.Instant) {
    guard let needed else { return }
    clearedAt = clock.now
    for (url, mirror) in mirrors
    where !needed.contains(url) && mirror.check == nil && mirror.usedAt <= then {
      mirrors[url] = nil
      remove(folder(url).path, of: "\(url)")
    }
    let known = Set(needed.union(mirrors.keys).map { MirrorFolder.name(for: $0) })
    do {
      for name in try MirrorFolder.names(in: directory) where !known.contains(name) {
        remove(directory + "/" + name, of: "of an earlier run")
      }
    } catch {
      logger.warning("mirrors not listed", metadata: ["reason": "\(error.localizedDescription)"])
    }
  }

  private func remove(_ path: String, of repository: String) {
    objects.forget(path)
    do {
      try MirrorFolder.remove(path)
    } catch {
      logger.warning("mirror not removed", metadata: ["repository": "\(repository)", "error": "\(error)"])
    }
  }

  func folder(_ url: GitURL) -> MirrorFolder {
    MirrorFolder(
      url: url, commands: commands, limits: .init(deadline: options.fetchDeadline, bytes: options.maximumBytes))
  }

  /// Announcements may come from anybody, so that a second is between two looks.
  private func afterAnnouncement(_ url: GitURL) -> ContinuousClock.Instant {
    max(clock.now, (mirrors[url]?.lastAttempt ?? clock.now) + .seconds(1))
  }

  private func dueMirrors() -> [GitURL] {
    let now = clock.now
    return mirrors.values.filter { $0.nextPoll <= now && $0.check == nil }.map(\.url)
      .sorted { $0.identity < $1.identity }
  }

  /// Failures that other credentials, host keys or authorities may end.
  private static let failuresOfAccess: Set<String> = [
    "git.authentication", "git.credentials", "git.certificate", "git.host-key", "git.not-found",
  ]

  /// A repository that did not let us in is asked at once when something else is known of how to get in.
  private func lookAgainWithNewAccess() async {
    let refused = mirrors.values.filter { mirror in
      mirror.check == nil && mirror.nextPoll > clock.now
        && mirror.failure.map { Self.failuresOfAccess.contains($0.code) } ?? false
    }
    for mirror in refused {
      // What cannot be had is told by the look that was made.
      guard let now = try? await access(mirror.url), now != mirror.access else { continue }
      mirrors[mirror.url]?.nextPoll = clock.now
    }
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

  func mayLook(_ url: GitURL, after age: Duration) -> Bool {
    guard let last = mirrors[url]?.lastAttempt else { return true }
    return clock.now - last >= age
  }

  /// Makes sure that there is something to read; a repository that failed just now is not asked again at once.
  func ensure(_ url: GitURL, _ freshness: Freshness) async throws {
    if let mirror = mirrors[url], mirror.lastAttempt != nil, freshness == .polled {
      if mirror.refs != nil, !objects.isDamaged(folder(url).path) { return }
      if let failure = mirror.failure, !mayLook(url, after: mirror.patience) { throw failure }
    }
    do {
      // A look that is under way may have seen the repository before this call.
      if freshness == .now, let running = mirrors[url]?.check { _ = await running.result }
      try await check(url)
    } catch let failure as Failure {
      guard mirrors[url]?.refs != nil else { throw failure }
    }
  }

  /// Looks at the repository, and fetches when something moved. Calls for the same repository share one look.
  func check(_ url: GitURL) async throws {
    if mirrors[url] == nil {
      mirrors[url] = MirrorState(
        url: url, nextPoll: clock.now + jittered(options.pollInterval), usedAt: clock.now)
    }
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
      looks.read += 1
      mirrors[url]?.failure = nil
      mirrors[url]?.consecutiveFailures = 0
      if changed || hadFailed { feed.send([url]) }
    } catch {
      looks.failed += 1
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
      if before == nil, mirrors[url]?.refs == nil {
        let onDisk = try? await folder(url).open()  // What failed first is what is told.
        mirrors[url]?.refs = onDisk
      }
      if !hadFailed { feed.send([url]) }
      endCheck(url)
      throw failure
    }
    endCheck(url)
  }

  private func endCheck(_ url: GitURL) {
    guard let mirror = mirrors[url] else { return }
    let factor = 1 << min(mirror.consecutiveFailures, 3)
    let next = mirror.wasAnnounced ? afterAnnouncement(url) : clock.now + jittered(options.pollInterval * factor)
    mirrors[url]?.nextPoll = next
    mirrors[url]?.check = nil
    if mirror.wasAnnounced { alarm.ring() }
  }

  /// - Returns: whether branches, tags, HEAD or the mirror itself changed.
  private func renew(_ url: GitURL) async throws -> Bool {
    let folder = folder(url)
    mirrors[url]?.access = nil
    let access = try await access(url)
    mirrors[url]?.access = access
    let followed = mirrors[url]?.extras ?? [:]
    let (remote, extras) = try await folder.remoteRefs(access, extras: followed.keys.sorted())
    let moved = followed.keys.filter { followed[$0] != extras[$0] }.sorted()
    let isDamaged = objects.isDamaged(folder.path)
    var local = mirrors[url]?.refs
    if local == nil { local = try await folder.open() }
    if let local, local == remote, !isDamaged {
      await follow(moved, extras, folder, access)
      return adopt(local, for: url) || !moved.isEmpty
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
    looks.fetches += 1
    await follow(moved, extras, folder, access)
    await tidyNowAndThen(folder)
    return adopt(renewed, for: url) || isDamaged || !moved.isEmpty
  }

  /// Fetches refs beside branches and tags that moved, and forgets those that are gone. One that cannot be fetched is no
  /// trouble of the branches: it is forgotten too, and whoever asks for it hears why.
  /// - Parameter extras: what the repository has.
  private func follow(
    _ moved: [String], _ extras: [String: GitObjectID], _ folder: MirrorFolder, _ access: GitAccess
  ) async {
    let url = folder.url
    // Those that a new mirror does not have are fetched when they are asked for.
    let moved = moved.filter { mirrors[url]?.extras[$0] != nil }
    var now: [String: GitObjectID] = [:]
    do {
      try await folder.fetchExtras(moved.filter { extras[$0] != nil }, access)
      for name in moved where extras[name] != nil { now[name] = try await folder.object(keptAs: name) }
    } catch {
      logger.debug("refs not followed", metadata: ["repository": "\(url)", "error": "\(error)"])
    }
    for name in moved {
      mirrors[url]?.extras[name] = now[name]
      mirrors[url]?.resolved[name] = nil
    }
  }

  private func rebuild(
    _ folder: MirrorFolder, _ access: GitAccess, refs: GitRefs, because reason: String?
  ) async throws {
    if let reason {
      logger.warning("mirror is built anew", metadata: ["repository": "\(folder.url)", "reason": "\(reason)"])
    }
    try await folder.rebuild(access, refs: refs)
    mirrors[folder.url]?.extras = [:]
    mirrors[folder.url]?.resolved = [:]
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
