import Fleet
import Foundation
import Kubernetes
import Manifest

// MARK: - The way back in Git

extension SetRollouts {
  /// Tries before a repository that does not answer is left to a person.
  private static let mostReverts = 20

  /// A branch, and what of it is taken back.
  private struct Branch: Hashable {
    var repository: String
    var revision: String
    var held: String
    var good: String
  }

  /// What became of a try.
  private struct Outcome {
    /// Of the branches that are back.
    var commits: [String] = []
    var failure: Failure?
  }

  /// Takes back in Git what was taken back in the clusters, in one commit a branch; one that is there already is found again.
  ///
  /// A repository that does not answer holds up nothing else: nobody is kept waiting while it is asked.
  func revertInGit() async {
    guard !isReverting else { return }
    isReverting = true
    defer { isReverting = false }
    while !Task.isCancelled, let open = rollout, open.revert?.phase == .wanted {
      let outcome = await pushReverts(open)
      if Task.isCancelled { return }
      do {
        if try await exclusively({ try await self.take(outcome, of: open) }) { return ring() }
      } catch {
        services.logger.error("revert not written down", metadata: ["set": "\(name)", "reason": "\(error)"])
      }
      try? await Task.sleep(for: .seconds(Self.pace.retry))  // Throws only when cancelled.
    }
  }

  private func pushReverts(_ open: FleetRollout) async -> Outcome {
    var outcome = Outcome()
    do {
      for branch in try branches(of: open) {
        outcome.commits.append(try await revert(branch.key, branch.value, open))
      }
    } catch let error as Diagnostics {
      outcome.failure = refusal(error.all.first?.message ?? "what is rendered cannot be compared")
    } catch {
      outcome.failure = KubernetesClient.failure(from: error, subject: "set \(name)", stage: "revert")
    }
    return outcome
  }

  /// Writes down what became of a try, whatever was said meanwhile.
  /// - Returns: whether there is nothing more to try.
  private func take(_ outcome: Outcome, of open: FleetRollout) async throws -> Bool {
    guard var new = rollout, new.number == open.number, new.revert != nil else { return true }
    for commit in outcome.commits where new.revert?.commits.contains(commit) == false {
      new.revert?.commits.append(commit)
    }
    if let failure = outcome.failure {
      guard new.revert?.phase == .wanted else { return true }
      revertTries += 1
      if failure.retry == .never || revertTries >= Self.mostReverts {
        new.revert?.phase = .refused
        new.revert?.message = failure.message
      }
    } else {
      new.revert?.phase = .pushed
      new.revert?.message = ""
    }
    try await advance(to: new, RolloutChange(set: name))
    return new.revert?.phase != .wanted
  }

  /// What is to be taken back, and the versions that were made of it, those of one source each once.
  private func branches(
    of rollout: FleetRollout
  ) throws -> [(key: Branch, value: [ApplicationVersion])] {
    var branches: [Branch: [String: ApplicationVersion]] = [:]
    for target in rollout.targets where target.wasTouched {
      guard let from = target.from.flatMap({ versions[$0] }), let to = target.to.flatMap({ versions[$0] }) else {
        continue
      }
      for (index, source) in to.application.sources.enumerated()
      where source.chart.isEmpty && to.commits.indices.contains(index) && from.commits.indices.contains(index) {
        guard to.commits[index] != from.commits[index] else { continue }
        let branch = Branch(
          repository: source.repoURL, revision: source.targetRevision, held: to.commits[index],
          good: from.commits[index])
        // Applications that are read from the same files are one question.
        branches[branch, default: [:]][JSON.text(.sequence(to.application.sourceNodes))] = to
      }
    }
    guard !branches.isEmpty else {
      throw refusal("the change came with the manifest of the set: take it back in the fleet repository")
    }
    let perBranch = Dictionary(grouping: branches.keys) { [$0.repository, $0.revision] }
    if let several = perBranch.values.first(where: { $0.count > 1 })?.first {
      throw refusal("the clusters were at different commits of '\(Visible.text(several.revision))'")
    }
    return branches.map { (key: $0.key, value: Array($0.value.values)) }
      .sorted { ($0.key.repository, $0.key.revision) < ($1.key.repository, $1.key.revision) }
  }

  private func revert(
    _ branch: Branch, _ versions: [ApplicationVersion], _ rollout: FleetRollout
  ) async throws -> String {
    let mirrors = services.sources.mirrors
    let url = try GitURL(branch.repository)
    let resolved = try await mirrors.resolve(url, revision: branch.revision, freshness: .now)
    guard let ref = resolved.ref, ref.hasPrefix("refs/heads/"), let held = GitObjectID(branch.held),
      let good = GitObjectID(branch.good)
    else {
      throw refusal("'\(Visible.text(branch.revision))' is no branch, so there is nothing to push to")
    }
    let read = read
    let pushed = try await mirrors.revert(
      url,
      GitRevert(
        held: held, good: good, branch: ref, trailers: ["Muster-Rollout: \(rollout.name)"], reason: rollout.message)
    ) { commit in
      var hasher = ContentHasher()
      for version in versions {
        var there = version.application
        for index in there.sources.indices
        where there.sources[index].repoURL == branch.repository
          && there.sources[index].targetRevision == branch.revision
        {
          there.sources[index].targetRevision = commit.hex
        }
        do {
          hasher.add(try await read(there).identity)
        } catch let error where Self.isTheCommits(error) {
          // One that does not render is like no other: it is taken back too.
          hasher.add("not rendered: " + commit.hex)
        }
      }
      return hasher.digest.high
    }
    return pushed.hex
  }

  /// Whether a commit is to blame, and not a repository that does not answer.
  private static func isTheCommits(_ error: any Error) -> Bool {
    if let failure = error as? Failure { return failure.retry == .never }
    return error is Diagnostics
  }

  private func refusal(_ message: String) -> Failure {
    Failure("git.revert-sources", subject: "set \(name)", stage: "revert", message, retry: .never)
  }
}
