package import Logging
package import Manifest

/// The hub's input: `clusters/` and `templates/` of a directory or of a Git repository, read again whenever they change.
package actor FleetRepository {
  package enum Location: Sendable {
    /// Watched by polling.
    case directory(String)
    /// `revision` moves with its branch.
    case git(GitURL, revision: String)
  }

  package struct Options: Sendable {
    /// Between two looks at a small directory; each ``filesPerInterval`` files add as much.
    package var pollInterval: Duration = .seconds(1)
    package var filesPerInterval = 500
    /// How long a directory must be at rest before it is read, so that no half-written file is.
    package var settling: Duration = .milliseconds(200)
    /// Every so many looks the contents are compared too, whatever the file times say.
    package var fullReadEvery = 60
    /// From a Git repository that could not be read whole to the next try, doubled up to ``longestRetry``.
    package var retryInterval: Duration = .seconds(5)
    package var longestRetry: Duration = .seconds(60)

    package init() {}
  }

  package let location: Location
  private static let mostLogged = 50

  private let root: TreePath
  private let mirrors: GitMirrors?
  private let options: Options
  private let logger: Logger
  private let latest = LatestValue<FleetSnapshot>()
  private let alarm = Alarm()
  private var files = FleetFiles()
  private var revision = ""
  private var number = 0
  private var lastSettled: DirectorySignature?
  /// Loads in a row that could not read all there is.
  private var unread = 0
  private var hasNews = false

  /// - Parameters:
  ///   - path: the folder that holds `clusters` and `templates`.
  ///   - mirrors: needed for a Git repository; whoever made them runs them.
  package init(
    _ location: Location, path: TreePath = .root, mirrors: GitMirrors? = nil, options: Options = Options(),
    logger: Logger = Logger(label: "muster.fleet")
  ) {
    self.location = location
    root = path
    self.mirrors = mirrors
    self.options = options
    self.logger = logger
  }

  /// The snapshot that is there, if any, and every newer one; a slow reader misses those in between.
  nonisolated package func snapshots() -> LatestValue<FleetSnapshot>.Values { latest.values() }

  /// The newest snapshot; nil before the first load.
  nonisolated package var snapshot: FleetSnapshot? { latest.value }

  /// Reads the repository now. Whatever goes wrong is in the snapshot.
  @discardableResult
  package func load() async -> FleetSnapshot {
    do {
      switch location {
      case .directory(let directory): try await loadDirectory(directory)
      case .git(let url, let revision): try await loadGit(url, revision)
      }
    } catch {
      files.keepAll(because: Self.asFailure(error))
    }
    let snapshot = publish()
    let isRead = snapshot.failures.isEmpty && !snapshot.diagnostics.contains { $0.code == FleetFiles.unreadableFile }
    unread = isRead ? 0 : unread + 1
    return snapshot
  }

  /// Loads, and goes on loading as things change, until cancelled.
  package func run() async {
    switch location {
    case .directory(let directory): await watch(directory)
    case .git(let url, _): await follow(url)
    }
  }

  /// Asks the running watch for a look now.
  nonisolated package func refresh() { alarm.ring() }
}

extension FleetRepository {
  private func loadDirectory(_ directory: String) async throws {
    try await update(from: LocalFileTree(directory))
    revision = files.digest
  }

  private func loadGit(_ url: GitURL, _ revision: String) async throws {
    guard let mirrors else {
      throw Failure(
        "fleet.no-mirrors", subject: GitFailure.subject(url), stage: "open", "there is nothing to read it with",
        retry: .never)
    }
    let resolved = try await mirrors.resolve(url, revision: revision)
    try await update(from: await mirrors.tree(url, at: resolved.commit))
    self.revision = resolved.commit.hex
    // The last good commit still stands, but what became of the repository since is not known.
    if let failure = resolved.staleBecause { files.keepAll(because: failure) }
  }

  private func update(from tree: any FileTree) async throws {
    let (before, root) = (files, root)
    files = try await RenderThreads.shared.run {
      var files = before
      files.update(from: tree, root: root)
      return files
    }
  }

  private func publish() -> FleetSnapshot {
    let next = FleetSnapshot(answer: files.answer(), revision: revision, number: number + 1)
    if let current = latest.value, current.saysTheSame(as: next) { return current }
    number += 1
    log(next)
    latest.send(next)
    return next
  }

  private func log(_ snapshot: FleetSnapshot) {
    let content = snapshot.content
    logger.info(
      "fleet read",
      metadata: [
        "revision": "\(snapshot.revision)", "clusters": "\(content.registry.clusters.count)",
        "applicationSets": "\(content.applicationSets.count)", "applications": "\(content.applications.count)",
        "errors": "\(snapshot.diagnostics.count { $0.severity == .error } + snapshot.failures.count)",
      ])
    for diagnostic in snapshot.diagnostics.prefix(Self.mostLogged) {
      let place = diagnostic.location?.text ?? ""
      logger.warning(
        "fleet file is wrong",
        metadata: ["at": "\(place)", "code": "\(diagnostic.code)", "reason": "\(diagnostic.message)"])
    }
    for failure in snapshot.failures.prefix(Self.mostLogged) {
      logger.warning("fleet not read whole", metadata: ["reason": "\(failure.message)"])
    }
  }

  private func watch(_ directory: String) async {
    var looks = 0
    var seen: DirectorySignature?
    while !Task.isCancelled {
      let signature = await settledSignature(of: directory)
      looks += 1
      if signature != seen || looks.isMultiple(of: options.fullReadEvery) {
        await load()
        seen = signature
      }
      await alarm.wait(upTo: options.pollInterval * (1 + signature.count / options.filesPerInterval))
    }
  }

  /// Waits until two looks in a row agree, ten of them at most: a directory that is always being written is read anyway,
  /// and what is half-written is an error of that moment.
  private func settledSignature(of directory: String) async -> DirectorySignature {
    var signature = DirectorySignature(of: directory, root: root)
    guard signature != lastSettled else { return signature }
    for _ in 0..<10 {
      try? await Task.sleep(for: options.settling)  // Throws only when cancelled.
      let next = DirectorySignature(of: directory, root: root)
      if next == signature { break }
      signature = next
    }
    lastSettled = signature
    return signature
  }

  /// Loads when the mirror has news and, since what went wrong may have been on this machine, by the clock for as long as
  /// not all can be read.
  private func follow(_ url: GitURL) async {
    guard let mirrors else {
      await load()
      return
    }
    let changes = mirrors.changes()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await changed in changes where changed.contains(url) { await self.announceNews() }
      }
      hasNews = true
      while !Task.isCancelled {
        if hasNews || unread > 0 {
          hasNews = false
          await load()
        }
        if !hasNews { await alarm.wait(upTo: untilRetry) }
      }
      group.cancelAll()
    }
  }

  private func announceNews() {
    hasNews = true
    alarm.ring()
  }

  private var untilRetry: Duration {
    guard unread > 0 else { return .seconds(3_600) }
    return min(options.retryInterval * (1 << min(unread - 1, 10)), options.longestRetry)
  }

  private static func asFailure(_ error: any Error) -> Failure {
    (error as? Failure)
      ?? Failure(
        "fleet.unreadable", subject: "fleet repository", stage: "read", "it cannot be read", retry: .backOff,
        cause: "\(error)")
  }
}
