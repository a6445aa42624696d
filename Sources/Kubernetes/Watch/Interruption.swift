package import HTTPClient
package import Manifest

/// What keeps a list or watch from going on.
package enum Interruption: Error, Sendable, Equatable {
  /// The server said no, in an answer or in an ERROR event.
  case refused(APIError)
  /// The server was not reached, or the connection broke.
  case transport(TransportError)
  case unreadable(Unreadable)
  /// No credentials are to be had.
  case credentials(Failure)
  /// Nothing came for so long that the watch is not trusted any more.
  case silent(seconds: Double)

  /// The failure that the hub shows.
  package func failure(subject: String, stage: String) -> Failure {
    switch self {
    case .refused(let error): error.failure(subject: subject, stage: stage)
    case .transport(let error): error.failure(subject: subject, stage: stage)
    case .unreadable(let error):
      Failure("cluster.unreadable", subject: subject, stage: stage, error.reason, retry: .backOff)
    case .credentials(let failure): failure
    case .silent(let seconds):
      Failure(
        "cluster.silent", subject: subject, stage: stage, "nothing was heard for \(Int(seconds)) seconds",
        retry: .backOff)
    }
  }
}

extension TransportError {
  /// The failure that the hub shows: whether the cluster is away, distrusted, or slow.
  package func failure(subject: String, stage: String) -> Failure {
    let (code, message): (String, String)
    switch self {
    case .unresolvable(let host): (code, message) = ("cluster.unreachable", "the host '\(host)' cannot be resolved")
    case .unreachable(let reason): (code, message) = ("cluster.unreachable", reason)
    case .tls(let reason): (code, message) = ("cluster.tls", reason)
    case .deadline(let which, let seconds):
      let what =
        switch which {
        case .connect: "no connection within"
        case .firstByte: "no answer within"
        case .idle: "silence for"
        case .total: "not done within"
        }
      (code, message) = ("cluster.timeout", "\(what) \(Shown.seconds(seconds))")
    case .disconnected(let reason): (code, message) = ("cluster.disconnected", reason)
    case .bodyTooLarge(let limit): (code, message) = ("cluster.too-large", "the answer is larger than \(limit) bytes")
    case .proxy(let reason): (code, message) = ("cluster.proxy", reason)
    case .invalidRequest(let reason): (code, message) = ("cluster.invalid-request", reason)
    case .cancelled: (code, message) = ("cluster.cancelled", "the request was cancelled")
    case .closed: (code, message) = ("cluster.closed", "the transport is shut down")
    }
    let isFinal = if case .invalidRequest = self { true } else { false }
    return Failure(code, subject: subject, stage: stage, message, retry: isFinal ? .never : .backOff)
  }
}

/// Seconds in messages.
private enum Shown {
  static func seconds(_ seconds: Double) -> String {
    seconds == seconds.rounded() && abs(seconds) < 1e9 ? "\(Int(seconds)) s" : "\(seconds) s"
  }
}
