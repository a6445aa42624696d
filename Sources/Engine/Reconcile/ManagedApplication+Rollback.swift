import Fleet
import Foundation
import Manifest

// MARK: - The way back

extension ManagedApplication {
  /// Takes the Application back to what an earlier sync brought about, and keeps it there until its source moves on.
  /// - Parameter wanted: the sync's number or the beginning of its revision; nil for the state before this one, and not for one
  ///   that was itself taken back.
  /// - Returns: the revision that it goes back to.
  /// - Throws: ``Failure`` `rollback.no-such-sync` and those of the store.
  func rollBack(to wanted: String?, actor: String) async throws -> String {
    let history = try await services.store.syncs.newestInShort(of: name, limit: Self.historyDepth)
    let target = try rollbackTarget(wanted, history)
    let held = pin?.heldRevision ?? status.revision
    let pin = Pin(
      application: name, revision: target.revision, sources: target.sources,
      heldRevision: held, heldSources: sourcesText, actor: actor, time: Date())
    try await services.store.pins.put(pin)
    self.pin = pin
    isPinLoaded = true
    requested = SyncRequest(
      options: .init(prune: application.syncPolicy.automated?.prune ?? false), approvals: .init(), actor: actor,
      cause: .rollback)
    return target.revision
  }

  /// Takes back in Git what the rollback took back in the cluster.
  /// - Returns: the commit that was pushed.
  /// - Throws: ``Failure`` `git.revert-…` where a person has to do it.
  func revertInGit(actor: String) async throws -> String {
    guard let pin, let source = application.sources.first, application.sources.count == 1 else {
      throw Failure(
        "git.revert-sources", subject: "application \(name)", stage: "revert",
        "only an application of one source that was rolled back can be reverted in Git", retry: .never)
    }
    let mirrors = services.sources.mirrors
    let url = try GitURL(source.repoURL)
    let resolved = try await mirrors.resolve(url, revision: source.targetRevision, freshness: .now)
    guard let branch = resolved.ref, branch.hasPrefix("refs/heads/"), let held = GitObjectID(pin.heldRevision),
      let good = GitObjectID(pin.revision)
    else {
      throw Failure(
        "git.revert-branch", subject: "application \(name)", stage: "revert",
        "its revision '\(source.targetRevision)' is no branch, so there is nothing to push to", retry: .never)
    }
    let revert = GitRevert(
      held: held, good: good, branch: branch,
      trailers: ["Muster-Application: \(name)", "Muster-Actor: \(actor.filter { !$0.isNewline })"])
    let (application, reader) = (application, services.sources)
    let pushed = try await mirrors.revert(url, revert) { commit in
      var there = application
      there.sources[0].targetRevision = commit.hex
      return try await reader.read(there, fresh: false).identity
    }
    await services.record([
      Fact(
        time: Date(), kind: .sync, application: name, cluster: "", actor: actor, cause: "rollback",
        outcome: "Reverted", revision: pushed.hex, message: "takes back \(held.short) on \(branch)")
    ])
    return pushed.hex
  }

  private static let historyDepth = 1_000

  private func rollbackTarget(_ wanted: String?, _ history: [SyncOperation]) throws -> SyncOperation {
    let good = history.filter { $0.phase == .succeeded && $0.options.selection.isEmpty }
    let found: SyncOperation?
    if let wanted {
      found =
        good.first { "\($0.number)" == wanted } ?? good.first { wanted.count >= 4 && $0.revision.hasPrefix(wanted) }
    } else {
      found = SyncOperation.before(desiredDigest ?? history.first?.digest, in: history)
    }
    if let found { return found }
    let known = good.prefix(5).map { "\($0.number) (\($0.revision.prefix(8)))" }.joined(separator: ", ")
    throw Failure(
      "rollback.no-such-sync", subject: "application \(name)", stage: "rollback",
      (wanted.map { "no sync \($0) that succeeded is remembered" } ?? "no earlier state that was synced is remembered")
        + (known.isEmpty ? "" : "; there are \(known)"), retry: .never)
  }

  var sourcesText: String { sourcesText(at: []) }

  /// The sources as JSON; at these commits where they are given, one for each.
  func sourcesText(at commits: [String]) -> String {
    var nodes = pin.flatMap { Self.sources(of: $0) } ?? application.sourceNodes
    if commits.isEmpty { nodes = application.sourceNodes }
    for (index, commit) in commits.enumerated() where nodes.indices.contains(index) {
      nodes[index]["targetRevision"] = .string(commit)
    }
    return JSON.text(.sequence(nodes), .init(sortsKeys: true))
  }

  private static func sources(of pin: Pin) -> [Node]? {
    guard let nodes = try? JSON.parse(Array(pin.sources.utf8)).sequence, !nodes.isEmpty else { return nil }
    return nodes
  }

  /// The Application as it is rendered now: at its pin, as long as its source is what it was taken back from.
  func pinned(fresh: Bool) async throws -> Application {
    if !isPinLoaded {
      pin = try await services.store.pins.pin(of: name)
      isPinLoaded = true
    }
    let approved = approved
    guard let pin else { return approved }
    let current = try await services.sources.revision(of: approved, fresh: fresh)
    guard current == pin.heldRevision, sourcesText == pin.heldSources else {
      try await unpin(because: "the source moved on to \(current.prefix(12))")
      return approved
    }
    guard let nodes = Self.sources(of: pin) else { return approved }
    var pinned = application
    pinned.sources = nodes.map(ApplicationSource.init)
    return pinned
  }

  /// Lets the Application follow its source again.
  func unpin(because reason: String) async throws {
    guard let pin else { return }
    try await services.store.pins.remove(name)
    self.pin = nil
    await services.record([
      Fact(
        time: Date(), kind: .sync, application: name, cluster: "", actor: "hub", cause: reason, outcome: "Released",
        revision: pin.heldRevision, message: "no longer kept at \(pin.revision.prefix(12))")
    ])
  }

  /// What is told of a pin.
  var pinCondition: Condition? {
    pin.map {
      Condition(
        "RolledBack",
        "kept at \($0.revision.prefix(12)) by \($0.actor); revision \($0.heldRevision.prefix(12)) is not synced again until a newer commit comes, or: muster app sync \(name)"
      )
    }
  }
}
