import Fleet
import Kubernetes
import Manifest

/// What the Rollouts of every cluster need of the hub.
struct RolloutServices: Sendable {
  /// Marks the ApplySets whose Rollouts are run.
  var hubID: String
  var metrics: MetricSource
  var clock = WallClock.system
  /// Seconds between two looks for another controller.
  var turfInterval = 60.0

  /// The field manager of everything that is written here: never that of the syncs, whose entry says what Git wants.
  static let manager = RolloutWriting.manager
}

/// Kinds that a Rollout is made of, apart from its own group's.
extension APIResource {
  static let replicaSets = APIResource(
    gvk: .init(group: "apps", version: "v1", kind: "ReplicaSet"), plural: "replicasets", isNamespaced: true)
  static let deployments = APIResource(
    gvk: .init(group: "apps", version: "v1", kind: "Deployment"), plural: "deployments", isNamespaced: true)
  static let services = APIResource(
    gvk: .init(group: "", version: "v1", kind: "Service"), plural: "services", isNamespaced: true)
  static let pods = APIResource(
    gvk: .init(group: "", version: "v1", kind: "Pod"), plural: "pods", isNamespaced: true)
  static let leases = APIResource(
    gvk: .init(group: "coordination.k8s.io", version: "v1", kind: "Lease"), plural: "leases", isNamespaced: true)
}
