import Manifest

/// Which commit of each repository one side of a preview reads.
///
/// What follows a branch is read at the previewed revision, in every repository that knows it by that name; what is pinned
/// to a tag or a commit stays there, as it would after the merge.
actor RevisionChoice {
  /// The fleet's own repository, and its commit; nil where the fleet is a plain folder.
  private let fleet: (url: GitURL, commit: String)?
  /// As the user wrote it.
  private let revision: String
  private let mirrors: GitMirrors
  private var chosen: [GitURL: [String: Result<String, Failure>]] = [:]
  /// The commits that were read, by repository, for people.
  private(set) var commits: [String: String] = [:]

  init(fleet: (url: GitURL, commit: String)?, revision: String, mirrors: GitMirrors) {
    self.fleet = fleet
    self.revision = revision
    self.mirrors = mirrors
    if let fleet { commits[fleet.url.text] = fleet.commit }
  }

  /// - Throws: ``Failure`` `git.…`
  func commit(of url: GitURL, at wanted: String) async throws -> String {
    if let known = chosen[url]?[wanted] { return try known.get() }
    let result: Result<String, Failure>
    do {
      result = .success(try await choose(url, wanted))
    } catch let failure as Failure {
      result = .failure(failure)
    }
    chosen[url, default: [:]][wanted] = result
    commits[url.text] = commits[url.text] ?? (try? result.get())
    return try result.get()
  }

  private func choose(_ url: GitURL, _ wanted: String) async throws -> String {
    let resolved = try await mirrors.resolve(url, revision: wanted, freshness: chosen[url] == nil ? .now : .polled)
    let followsBranch = wanted.isEmpty || wanted == "HEAD" || resolved.ref?.hasPrefix("refs/heads/") == true
    guard followsBranch else { return resolved.commit.hex }
    if let fleet, fleet.url == url { return fleet.commit }
    do {
      return try await mirrors.resolve(url, revision: revision, freshness: .polled).commit.hex
    } catch let failure as Failure where ["git.revision-unknown", "git.revision-invalid"].contains(failure.code) {
      return resolved.commit.hex
    }
  }
}
