package import Manifest

/// What an Application is to be, to the letter: its manifest, and the commits of its sources.
///
/// While a rollout goes over a set, each of its Applications is kept at a version, and gets the next one when its turn comes.
package struct ApplicationVersion: Sendable, Equatable {
  package var application: Application
  /// Of each source: a commit, or a chart's version.
  package var commits: [String]
  /// Digest of what it renders to, and how that is applied: versions that agree in it are the same to a cluster.
  package var state: String
  /// Digest of all of it.
  package var id: String

  package init(_ application: Application, commits: [String], state: String) {
    self.application = application
    self.commits = commits
    self.state = state
    var hasher = ContentHasher()
    hasher.add(Node(.mapping(application.root)))
    for commit in commits { hasher.add(commit) }
    id = hasher.digest.description
  }

  /// The Application with its sources at the commits that were approved.
  package var fixed: Application { application.at(commits) }

  /// For people: the commits, each once.
  package var revision: String { Self.revision(of: commits) }

  /// For people: each commit once.
  package static func revision(of commits: [String]) -> String {
    var seen: [String] = []
    for commit in commits where !seen.contains(commit) { seen.append(commit) }
    return seen.joined(separator: ",")
  }

  /// Digest of how an Application is applied, without where it is read from.
  /// - Parameter objects: digest of what its sources render to.
  package static func state(of application: Application, objects: ContentDigest) -> String {
    var hasher = ContentHasher()
    hasher.add(objects)
    var spec = application.root["spec"]?.mapping ?? Mapping()
    spec["source"] = nil
    spec["sources"] = nil
    spec["revisionHistoryLimit"] = nil
    spec["info"] = nil
    hasher.add(Node(.mapping(spec)))
    for key in application.annotations.keys.sorted() where key.hasPrefix("muster.dev/") {
      hasher.add(key)
      hasher.add(application.annotations[key] ?? "")
    }
    return hasher.digest.description
  }
}

extension Application {
  /// With its sources at these commits, one for each.
  package func at(_ commits: [String]) -> Application {
    var fixed = self
    for (index, commit) in commits.enumerated() where fixed.sources.indices.contains(index) {
      fixed.sources[index].targetRevision = commit
    }
    return fixed
  }
}
