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
    case is CancellationError: TransportError.cancelled.failure(subject: subject, stage: stage)
    default:
      Failure("cluster.error", subject: subject, stage: stage, "an unexpected error", retry: .backOff)
    }
  }
}
