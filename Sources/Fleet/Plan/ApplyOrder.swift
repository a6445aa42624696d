/// Which objects go first: what others stand on before what stands on it.
///
/// Waves first (`argocd.argoproj.io/sync-wave`), then tiers of kinds. Argo CD's order of kinds is kept between tiers;
/// within one, objects do not need one another and are applied at the same time.
package struct ApplyOrder: Sendable, Hashable, Comparable {
  package var wave: Int
  package var tier: Int

  package init(wave: Int, kind: String) {
    self.wave = wave
    tier = Self.tiers[kind] ?? Self.lastTier
  }

  package static func < (a: ApplyOrder, b: ApplyOrder) -> Bool { (a.wave, a.tier) < (b.wave, b.tier) }

  private static let lastTier = 5

  private static let tiers: [String: Int] = {
    let order = [
      ["Namespace"],
      [
        "NetworkPolicy", "ResourceQuota", "LimitRange", "PodDisruptionBudget", "ServiceAccount", "Secret", "ConfigMap",
        "StorageClass", "PersistentVolume", "PersistentVolumeClaim", "PriorityClass",
      ],
      ["CustomResourceDefinition"],
      ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
      [
        "Service", "DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment",
        "HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob", "IngressClass", "Ingress",
      ],
    ]
    var tiers: [String: Int] = [:]
    for (tier, kinds) in order.enumerated() { for kind in kinds { tiers[kind] = tier } }
    return tiers
  }()
}
