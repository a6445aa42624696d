import Fleet
import Foundation
import Kubernetes
import Manifest

/// Finds out whether Argo Rollouts' own controller runs in a cluster: two controllers would undo each other.
///
/// It runs where a Deployment labelled `app.kubernetes.io/name=argo-rollouts` asks for Pods, where somebody renews its
/// leader lease, or where it wrote a Rollout's status a short while ago. What cannot be asked counts as there.
struct RolloutTurf: Sendable {
  enum Answer: Sendable, Equatable {
    case free
    /// Who runs it, in words.
    case taken(String)
  }

  private static let lease = "argo-rollouts-controller-lock"
  private static let label = "app.kubernetes.io/name=argo-rollouts"
  private static let statusManager = "rollouts-controller"
  /// Seconds after which a lease or a status that nobody renewed tells of nobody.
  private static let memory = 120.0

  let client: KubernetesClient
  /// Where we may look; empty for everywhere.
  let namespaces: [String]

  /// - Parameter rollouts: those of the hub, as they stand, and AnalysisRuns.
  /// - Throws: what the cluster refuses.
  func look(_ rollouts: [Node], at now: Double) async throws -> Answer {
    if let writer = rollouts.lazy.compactMap({ Self.freshWriter($0, at: now) }).first { return .taken(writer) }
    for namespace in namespaces.isEmpty ? [nil] : namespaces.map(Optional.some) {
      let found = try await client.list(.deployments, namespace: namespace, labelSelector: Self.label)
      if let one = found.items.first(where: { Self.isController($0.node) }) {
        return .taken("Deployment \(one.key.namespace)/\(one.key.name) runs Argo Rollouts")
      }
      let leases = try await client.list(
        .leases, namespace: namespace, fieldSelector: "metadata.name=" + Self.lease)
      if let one = leases.items.first(where: { Self.isRenewed($0.node, at: now) }) {
        return .taken("lease \(one.key.namespace)/\(one.key.name) is renewed by Argo Rollouts")
      }
    }
    return .free
  }

  /// One that asks for Pods, and is not the dashboard of Argo Rollouts' chart.
  private static func isController(_ deployment: Node) -> Bool {
    (deployment["spec"]?["replicas"]?.int ?? 1) > 0
      && deployment["metadata"]?["labels"]?["app.kubernetes.io/component"]?.string != "rollouts-dashboard"
  }

  private static func isRenewed(_ lease: Node, at now: Double) -> Bool {
    guard lease["spec"]?["holderIdentity"]?.string?.isEmpty == false,
      let renewed = lease["spec"]?["renewTime"]?.string.flatMap({ AnalysisTime($0) })
    else { return false }
    return now - renewed.seconds < memory
  }

  private static func freshWriter(_ rollout: Node, at now: Double) -> String? {
    let entries = rollout["metadata"]?["managedFields"]?.sequence ?? []
    let isFresh = entries.contains { entry in
      guard entry["manager"]?.string == statusManager,
        let time = entry["time"]?.string.flatMap({ AnalysisTime($0) })
      else { return false }
      return now - time.seconds < memory
    }
    return isFresh
      ? "Argo Rollouts wrote \(rollout["kind"]?.string ?? "") \(rollout["metadata"]?["name"]?.string ?? "") a moment ago"
      : nil
  }
}
