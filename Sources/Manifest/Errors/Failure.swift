/// Something about the world: a cluster, a server, a repository did not do what was asked.
///
/// Never carries secret data: messages that come from outside pass through the code that built the failure, which is
/// answerable for that.
package struct Failure: Error, Sendable, Equatable {
  package enum Retry: Sendable, Equatable {
    /// Nothing changes by trying again; the input has to.
    case never
    /// Try again after the usual back-off.
    case backOff
    /// The server said how long to wait, in seconds.
    case after(seconds: Double)
  }

  /// Stable and dotted: `cluster.unreachable`, `apply.invalid`, `git.authentication`.
  package var code: String
  /// What it is about, as users name it: `cluster edge-01`, `deployment apps/web`.
  package var subject: String
  /// The step that failed: `connect`, `discover`, `render`, `apply`, ….
  package var stage: String
  package var message: String
  package var retry: Retry
  /// The next deeper reason, already rendered.
  package var cause: String?

  package init(
    _ code: String, subject: String, stage: String, _ message: String, retry: Retry, cause: String? = nil
  ) {
    self.code = code
    self.subject = subject
    self.stage = stage
    self.message = message
    self.retry = retry
    self.cause = cause
  }
}
