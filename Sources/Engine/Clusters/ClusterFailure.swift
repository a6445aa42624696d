import HTTPClient
import Kubernetes
import Manifest

/// Words for what a cluster did not do.
enum ClusterFailure {
  /// - Parameter subject: `cluster edge-01`, or an object in it.
  static func of(_ error: any Error, subject: String, stage: String) -> Failure {
    switch error {
    case let failure as Failure: return failure
    case let error as APIError: return error.failure(subject: subject, stage: stage)
    case let error as TransportError:
      return Failure("cluster.unreachable", subject: subject, stage: stage, words(error), retry: .backOff)
    case let diagnostics as Diagnostics:
      return Failure(
        "cluster.configuration", subject: subject, stage: stage,
        diagnostics.all.first?.message ?? "the configuration is wrong", retry: .backOff)
    case is CancellationError: return Failure("cancelled", subject: subject, stage: stage, "stopped", retry: .never)
    default: return Failure("cluster.error", subject: subject, stage: stage, "\(type(of: error))", retry: .backOff)
    }
  }

  /// Whether the failure says that the cluster cannot be spoken to at all.
  static func isUnreachable(_ error: any Error) -> Bool {
    switch error {
    case let error as TransportError: if case .bodyTooLarge = error { false } else { true }
    case let error as APIError: [.unauthorized, .notAnAPIServer].contains(error.kind)
    case let failure as Failure: failure.code == "cluster.unreachable"
    default: false
    }
  }

  static func words(_ error: TransportError) -> String {
    switch error {
    case .unresolvable(let host): "the name \(host) cannot be resolved"
    case .unreachable(let reason), .tls(let reason), .disconnected(let reason), .proxy(let reason),
      .invalidRequest(let reason):
      reason
    case .deadline(let deadline, let seconds): "no answer within \(seconds) s (\(deadline.rawValue))"
    case .bodyTooLarge(let limit): "the answer has more than \(limit) bytes"
    case .cancelled, .closed: "stopped"
    @unknown default: "the connection failed"
    }
  }
}
