import Manifest

/// What the actor knows of one repository.
struct MirrorState {
  let url: GitURL
  /// Last good; nil until there is a mirror.
  var refs: GitRefs?
  var resolved: [String: ResolvedRevision] = [:]
  /// Full ref names that were fetched on their own, and what the repository last had under them.
  var extras: [String: GitObjectID] = [:]
  /// Revisions that were asked for by name in vain, and when.
  var missing: [String: ContinuousClock.Instant] = [:]
  var failure: Failure?
  var consecutiveFailures = 0
  var lastAttempt: ContinuousClock.Instant?
  var nextPoll: ContinuousClock.Instant
  /// When somebody last wanted to read it.
  var usedAt: ContinuousClock.Instant
  var wasAnnounced = false
  var check: Task<Void, any Error>?
  var fetches = 0
  /// What the last look was made with; nil where there was none to be had.
  var access: GitAccess?

  /// How long a failure answers for the repository before it is asked again.
  var patience: Duration { .seconds(min(1 << min(consecutiveFailures, 5), 30)) }

  init(url: GitURL, nextPoll: ContinuousClock.Instant, usedAt: ContinuousClock.Instant) {
    self.url = url
    self.nextPoll = nextPoll
    self.usedAt = usedAt
  }
}
