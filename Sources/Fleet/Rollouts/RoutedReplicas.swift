/// Replica counts where a router splits the traffic (`utils/replicaset`, CalculateReplicaCountsForTrafficRoutedCanary).
package struct RoutedReplicas: Sendable {
  /// The weights that the router reports.
  package struct Weights: Sendable, Equatable {
    package var canary: Int
    package var stable: Int

    package init(canary: Int, stable: Int) {
      self.canary = canary
      self.stable = stable
    }
  }

  package var replicas: Int
  package var weight: Int
  package var maxWeight = 100
  /// An explicit number from a `setCanaryScale` step.
  package var canaryScale: Int?
  package var dynamicStableScale = false
  package var minPodsPerReplicaSet: Int?
  package var isAborted = false
  package var actual: Weights?

  package init(replicas: Int, weight: Int) {
    self.replicas = replicas
    self.weight = weight
  }

  package var target: CanaryReplicas {
    var canary = canaryScale ?? atLeast(share(of: weight))
    guard dynamicStableScale else { return CanaryReplicas(canary: canary, stable: replicas) }
    var stable = share(of: maxWeight - weight)
    if let actual {
      stable = max(stable, share(of: actual.stable))
      if isAborted { canary = max(canary, share(of: actual.canary)) }
    }
    return CanaryReplicas(canary: atLeast(canary), stable: atLeast(stable))
  }

  private func share(of weight: Int) -> Int {
    guard maxWeight > 0 else { return 0 }
    return Int((Double(weight) * Double(replicas) / Double(maxWeight)).rounded(.up))
  }

  /// Never between none and the least, which is capped at the replicas themselves.
  private func atLeast(_ count: Int) -> Int {
    guard count != 0, let minPodsPerReplicaSet else { return count }
    return max(count, min(minPodsPerReplicaSet, replicas))
  }
}
