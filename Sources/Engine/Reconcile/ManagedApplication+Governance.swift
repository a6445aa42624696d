import Fleet
import Foundation
import Kubernetes

// MARK: - What its project lets it do

extension ManagedApplication {
  private static let mostDenials = 3

  var projectRefusal: String? { governance.refusal(of: application) }

  /// Objects that the project does not permit stop the whole sync before anything is applied, as in Argo CD.
  func objectRefusal(_ state: DesiredState) -> String? {
    let ids = state.objects.map(\.id) + state.hooks.map(\.object.id)
    var denials: [String] = []
    for id in ids {
      if let denial = governance.denial(of: id, application) { denials.append("\(id): \(denial)") }
    }
    if denials.isEmpty { return nil }
    let more = denials.count > Self.mostDenials ? " and \(denials.count - Self.mostDenials) more" : ""
    return "one or more synchronization tasks are not valid: "
      + denials.prefix(Self.mostDenials).joined(separator: "; ") + more
  }

  /// The sync windows' word where they let nothing be done now: no sync begins or goes on, and nothing is healed.
  func closedWindow() -> SyncWindowVerdict? {
    let isManual =
      requested != nil
      || (syncs.open.map { $0.cause != .automated && $0.request == nil } ?? false)
    let verdict = governance.windows(
      application, now: Int64(Date().timeIntervalSince1970), isManual: isManual,
      startedAt: syncs.open.flatMap { Int64(exactly: $0.startedAt.rounded(.down)) })
    return verdict.flatMap { $0.allows ? nil : $0 }
  }

  /// The client whose rights the Application's objects are applied with.
  func client(_ session: ClusterSession) throws -> KubernetesClient {
    try governance.identity(of: application).map { session.client.impersonating($0) } ?? session.client
  }
}
