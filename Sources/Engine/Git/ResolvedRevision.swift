package import Manifest

/// A revision and the commit that it is.
package struct ResolvedRevision: Sendable, Equatable {
  /// As it was asked for.
  package var revision: String
  package var commit: GitObjectID
  /// The full name of the branch or tag; nil when the revision is a commit's id.
  package var ref: String?
  /// Why the answer may be old: the last look at the repository failed so.
  package var staleBecause: Failure?

  func stale(because failure: Failure?) -> ResolvedRevision {
    var resolved = self
    resolved.staleBecause = failure
    return resolved
  }
}

/// What is known of one mirror.
package struct GitMirrorStatus: Sendable {
  package var url: GitURL
  /// Whether there is something to read.
  package var isUsable: Bool
  /// Of the last look; nil when that went well.
  package var lastFailure: Failure?
  package var consecutiveFailures: Int
}
