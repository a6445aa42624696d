import Fleet
import Manifest

// MARK: - Commits that are not to be lost

extension SetRollouts {
  /// Keeps in the mirrors the commits that Applications are at, or may go back to: a branch that is pushed anew by force
  /// must not take them away.
  func keepCommits() async {
    do {
      let all = try await services.store.rollouts.commits(of: name)
      guard all != keptCommits else { return }
      let commits = Set(all.compactMap { GitObjectID($0) })
      for url in repositories { try await services.sources.mirrors.keep(url, commits, for: name) }
      keptCommits = all
    } catch {
      services.logger.error("commits not kept", metadata: ["set": "\(name)", "reason": "\(error)"])
    }
  }

  private var repositories: [GitURL] {
    let sources = members.values.flatMap(\.wanted.sources).filter(\.chart.isEmpty)
    // What is no address is told of where it is read.
    return Set(sources.map(\.repoURL)).sorted().compactMap { try? GitURL($0) }
  }
}
