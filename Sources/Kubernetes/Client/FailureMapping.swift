import HTTPClient
package import Manifest

extension KubernetesClient {
  /// What a method threw, as the failure that the hub shows.
  /// - Parameters:
  ///   - subject: as users name it: `cluster edge-01`, `deployment apps/web`.
  ///   - stage: `connect`, `discover`, `apply`, ….
  package static func failure(from error: any Error, subject: String, stage: String) -> Failure {
    switch error {
    case let failure as Failure: failure
    case let error as APIError: error.failure(subject: subject, stage: stage)
    case let error as TransportError: error.failure(subject: subject, stage: stage)
    case let error as Unreadable: Interruption.unreadable(error).failure(subject: subject, stage: stage)
    case let diagnostics as Diagnostics:
      Failure(
        "cluster.configuration", subject: subject, stage: stage,
        diagnostics.all.first?.message ?? "the configuration is wrong", retry: .backOff)
    case is CancellationError: TransportError.cancelled.failure(subject: subject, stage: stage)
    default:
      Failure("cluster.error", subject: subject, stage: stage, "an unexpected error", retry: .backOff)
    }
  }
}

extension Failure {
  private static let codesOfAbsence: Set<String> = [
    "cluster.unreachable", "cluster.tls", "cluster.timeout", "cluster.disconnected", "cluster.proxy",
    "cluster.unauthorized", "cluster.credentials-expired", "cluster.not-an-api-server",
  ]

  /// Whether a failure that ``KubernetesClient/failure(from:subject:stage:)`` made says that the cluster as a whole
  /// cannot be spoken to, not that one request was wrong.
  package var saysClusterIsAway: Bool { Self.codesOfAbsence.contains(code) }
}
