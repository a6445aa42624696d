import Fleet
import Foundation
import Kubernetes
import Manifest

// MARK: - What its project lets it do

extension ManagedApplication {
  private static let mostDenials = 3

  var projectRefusal: String? { governance.refusal(of: application) }

  /// Objects that the project does not permit, or that lie outside of what the cluster is kept to, stop the whole
  /// sync before anything is applied, as in Argo CD.
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

  /// Why nothing is applied for now, though all is looked at, and for how many seconds, where that is known; nil where it may be.
  func hold(_ session: ClusterSession) -> (condition: Condition, seconds: Double?)? {
    if isCordoned { return (Condition("ClusterCordoned", Self.cordoned(session.name)), nil) }
    if isOnlyLookedAt {
      let reason =
        staging?.isSelected == false
        ? "no step of set \(owner ?? "") selects it, so it is not synced"
        : "it waits for its turn in a rollout of set \(owner ?? ""): muster rollout get \(owner ?? "")"
      return (Condition("AwaitsRollout", reason), nil)
    }
    return closedWindow().map { window in
      let seconds = window.nextChange.map { max(1, Double($0) - Date().timeIntervalSince1970) }
      return (Condition("SyncWindow", window.message), seconds)
    }
  }

  /// What keeps a sync that a person asks for from beginning, as far as it is known without another look.
  func obstacles(_ governance: Governance) -> [String] {
    if let refusal = governance.refusal(of: application) { return [refusal] }
    let known: Set<String> = ["ComparisonError", "InvalidSpecError", "ForeignHub", "ReconcileSkipped"]
    var notes = status.conditions.filter { known.contains($0.type) }.map(\.message)
    let window = governance.windows(
      application, now: Int64(Date().timeIntervalSince1970), isManual: true, startedAt: nil)
    if let window, !window.allows { notes.append(window.message) }
    return notes
  }

  static func cordoned(_ cluster: ClusterName) -> String {
    "cluster \(cluster) is cordoned, so nothing is changed there; to go on: muster cluster uncordon \(cluster)"
  }

  /// The sync windows' word where they let nothing be done now: no sync begins or goes on, and nothing is healed.
  private func closedWindow() -> SyncWindowVerdict? {
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
