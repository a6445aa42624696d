package import Manifest

/// How writes of Rollouts are told from those of syncs.
package enum RolloutWriting {
  /// The field manager of what is written for a Rollout: the Rollout's status, revision and, where a person asks for
  /// it, template and pause; selectors of Services; weights of routes; ReplicaSets and AnalysisRuns.
  package static let manager = "muster-rollouts"

  /// Kinds with fields that Git and a Rollout's controller both write.
  package static func touches(_ kind: GroupKind) -> Bool { kinds.contains(kind) }

  /// Whether what was written for a Rollout gives way when Git says something new about an object of the kind.
  package static func givesWay(_ kind: GroupKind) -> Bool { kind == Rollout.groupKind || kind == httpRoute }

  private static let kinds: Set<GroupKind> = [
    Rollout.groupKind, httpRoute, analysisRun, GroupKind(group: "", kind: "Service"),
    // Workloads that a Rollout takes over from (`workloadRef.scaleDown`).
    GroupKind(group: "apps", kind: "Deployment"), GroupKind(group: "apps", kind: "ReplicaSet"),
  ]

  /// Its status is no subresource, but a field like others.
  package static let analysisRun = GroupKind(group: "argoproj.io", kind: "AnalysisRun")
  package static let httpRoute = GroupKind(group: "gateway.networking.k8s.io", kind: "HTTPRoute")
}
