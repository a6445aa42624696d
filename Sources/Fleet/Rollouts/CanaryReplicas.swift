/// Replicas of the new and of the stable version.
package struct CanaryReplicas: Sendable, Equatable {
  package var canary: Int
  package var stable: Int

  package init(canary: Int, stable: Int) {
    self.canary = canary
    self.stable = stable
  }

  /// The most replicas that arithmetic here is asked about; products stay far from overflow.
  package static let maximumReplicas = 1_000_000_000

  /// The numbers that come closest to a weight without a traffic router (`utils/replicaset`,
  /// approximateWeightedCanaryStableReplicaCounts).
  ///
  /// Where rounding leaves Argo Rollouts without a candidate (10 replicas at 95 % without surge, say), it gives the canary
  /// none at all. A weight between 1 and 99 keeps at least one replica of each here.
  package static func target(
    replicas: Int, weight: Int, maxSurge: Int, maxWeight: Int = 100
  ) -> CanaryReplicas {
    guard replicas > 0, maxWeight > 0 else { return CanaryReplicas(canary: 0, stable: 0) }
    let product = replicas * weight
    let floor = product / maxWeight
    let ceiling = floor + (product % maxWeight > 0 ? 1 : 0)
    let mayBeZero = weight == maxWeight || weight == 0 || (replicas == 1 && maxSurge == 0)
    var options: [(canary: Int, total: Int)] = []
    if ceiling < replicas || mayBeZero { options.append((ceiling, replicas)) }
    if !isTied(weight, maxWeight, replicas), floor != 0 || mayBeZero { options.append((floor, replicas)) }
    if maxSurge > 0 {
      options.append((ceiling, replicas + 1))
      if !isTied(weight, maxWeight, replicas + 1), floor != 0 || mayBeZero { options.append((floor, replicas + 1)) }
    }
    guard var best = options.first else {
      let canary = min(ceiling, replicas - 1)
      return CanaryReplicas(canary: canary, stable: replicas - canary)
    }
    for option in options.dropFirst()
    where distance(option, weight, maxWeight) < distance(best, weight, maxWeight) { best = option }
    return CanaryReplicas(canary: best.canary, stable: best.total - best.canary)
  }

  /// Whether floor and ceiling are equally far from the weight.
  private static func isTied(_ weight: Int, _ maxWeight: Int, _ total: Int) -> Bool {
    let share = Double(total) * (Double(weight) / Double(maxWeight))
    return share - share.rounded(.towardZero) == 0.5
  }

  private static func distance(_ option: (canary: Int, total: Int), _ weight: Int, _ maxWeight: Int) -> Double {
    abs(Double(option.canary * maxWeight) / Double(option.total) - Double(weight))
  }
}

/// A ReplicaSet as the arithmetic sees it.
package struct ReplicaCount: Sendable, Equatable {
  /// `spec.replicas`.
  package var spec: Int
  /// `status.availableReplicas`.
  package var available: Int

  package init(spec: Int, available: Int) {
    self.spec = spec
    self.available = available
  }

  /// Replicas that count when others are to be taken away: not those that are on their way out already.
  fileprivate func counted(ignoringAvailability: Bool) -> Int {
    spec < available || ignoringAvailability ? spec : available
  }
}

/// One pass of a canary without a traffic router (`utils/replicaset`, CalculateReplicaCountsForBasicCanary).
package struct BasicCanaryPass: Sendable {
  package var replicas: Int
  package var weight: Int
  package var fenceposts: Fenceposts
  /// Nil before there is one.
  package var canary: ReplicaCount?
  /// Nil where there is none, or where it is the new one itself: then the new version is brought up without steps.
  package var stable: ReplicaCount?
  /// `spec.replicas` of all ReplicaSets that are neither.
  package var olderSpec: Int

  package init(
    replicas: Int, weight: Int, fenceposts: Fenceposts, canary: ReplicaCount?, stable: ReplicaCount?, olderSpec: Int = 0
  ) {
    self.replicas = replicas
    self.weight = weight
    self.fenceposts = fenceposts
    self.canary = canary
    self.stable = stable
    self.olderSpec = olderSpec
  }

  private var most: Int { replicas + fenceposts.maxSurge }
  private var leastAvailable: Int { replicas - min(fenceposts.maxUnavailable, replicas) }

  /// Where it is going.
  package var target: CanaryReplicas {
    guard stable != nil else { return CanaryReplicas(canary: replicas, stable: 0) }
    return CanaryReplicas.target(replicas: replicas, weight: weight, maxSurge: fenceposts.maxSurge)
  }

  /// What this pass may ask for, within the fenceposts: first more of the stable version, then more of the new one, then
  /// less of the one that shrinks, but nothing less as long as older ReplicaSets have replicas.
  package var next: CanaryReplicas {
    let target = target
    let grown = scaledUp(to: target)
    guard olderSpec <= 0 else { return grown }
    let isGrowing = canary.map { target.canary >= $0.spec } ?? true
    let counted =
      (canary?.counted(ignoringAvailability: !isGrowing) ?? 0)
      + (stable?.counted(ignoringAvailability: isGrowing) ?? 0)
    guard counted > leastAvailable else { return grown }
    return scaledDown(grown, to: target, isGrowing: isGrowing, by: counted - leastAvailable)
  }

  private func scaledUp(to target: CanaryReplicas) -> CanaryReplicas {
    var next = CanaryReplicas(canary: canary?.spec ?? 0, stable: stable?.spec ?? 0)
    var room = most - (next.canary + next.stable + olderSpec)
    if let stable, stable.spec < target.stable, room > 0 {
      next.stable = min(stable.spec + room, target.stable)
      room -= next.stable - stable.spec
    }
    if let canary, canary.spec < target.canary, room > 0 {
      next.canary = min(canary.spec + room, target.canary)
    }
    return next
  }

  private func scaledDown(
    _ grown: CanaryReplicas, to target: CanaryReplicas, isGrowing: Bool, by count: Int
  ) -> CanaryReplicas {
    func drained(_ set: ReplicaCount?, _ wanted: Int, _ now: Int) -> Int {
      guard let set, set.spec > wanted else { return now }
      return max(wanted, set.spec - count)
    }
    if !isGrowing {
      let canaryCount = drained(canary, target.canary, grown.canary)
      let (drain, adjusted) = limited(canary, stable, canaryCount, grown.stable)
      return CanaryReplicas(canary: drain, stable: adjusted)
    }
    guard stable != nil else { return grown }
    let stableCount = drained(stable, target.stable, grown.stable)
    let (drain, adjusted) = limited(stable, canary, stableCount, grown.canary)
    return CanaryReplicas(canary: adjusted, stable: drain)
  }

  /// Keeps the sum within the surge (`adjustReplicaWithinLimits`): first the other one is cut, then gets back what
  /// availability needs, and last the one that shrinks is cut.
  private func limited(
    _ drain: ReplicaCount?, _ other: ReplicaCount?, _ drainCount: Int, _ otherCount: Int
  ) -> (drain: Int, other: Int) {
    guard let other else { return (drainCount, otherCount) }
    var otherCount = otherCount - max(0, otherCount + drainCount - most)
    let available = (drain.map { min($0.available, drainCount) } ?? 0) + min(other.available, otherCount)
    let lost = max(0, other.available - otherCount)
    otherCount += min(lost, max(0, leastAvailable - available))
    return (drainCount - max(0, otherCount + drainCount - most), otherCount)
  }
}
