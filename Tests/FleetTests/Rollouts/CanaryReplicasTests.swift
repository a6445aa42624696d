import Testing

@testable import Fleet

@Suite struct CanaryReplicasTests {
  @Test func fenceposts() {
    let table: [(String, String, Int, Int, Int)] = [
      ("25%", "25%", 10, 3, 2), ("25", "25", 10, 3, 2), ("25%", "25%", 4, 1, 1), ("25%", "25%", 1, 1, 0),
      ("0%", "10%", 3, 0, 1),
      ("0%", "0%", 5, 0, 1), ("100%", "0%", 5, 5, 0), ("0%", "200%", 3, 0, 3), ("25%", "25%", 0, 0, 0),
    ]
    for (surge, unavailable, replicas, expectedSurge, expectedUnavailable) in table {
      let posts = Fenceposts(
        maxSurge: Fenceposts.Amount(surge) ?? .number(-1),
        maxUnavailable: Fenceposts.Amount(unavailable) ?? .number(-1),
        replicas: replicas)
      #expect(
        posts == Fenceposts(maxSurge: expectedSurge, maxUnavailable: expectedUnavailable),
        "\(surge) \(unavailable) \(replicas)")
    }
    for text in ["", "%", "-1%", "x", "1.5%"] { #expect(Fenceposts.Amount(text) == nil, "\(text)") }
  }

  @Test func targets() {
    let table: [(Int, Int, Int, Int, Int)] = [
      (1, 0, 0, 0, 1), (1, 50, 1, 1, 1), (1, 50, 0, 1, 0), (1, 99, 0, 1, 0), (2, 1, 0, 1, 1), (2, 99, 1, 2, 1),
      (10, 5, 1, 1, 10),
      (10, 10, 0, 1, 9), (10, 0, 1, 0, 10), (10, 100, 1, 10, 0), (3, 50, 0, 2, 1), (5, 60, 1, 3, 2),
      (100, 33, 0, 33, 67), (0, 50, 1, 0, 0),
      // Argo Rollouts gives the canary nothing in these: rounding leaves it no candidate.
      (2, 75, 0, 1, 1), (5, 90, 0, 4, 1), (10, 95, 0, 9, 1), (25, 98, 0, 24, 1), (50, 99, 0, 49, 1),
    ]
    for (replicas, weight, surge, canary, stable) in table {
      #expect(
        CanaryReplicas.target(replicas: replicas, weight: weight, maxSurge: surge)
          == CanaryReplicas(canary: canary, stable: stable), "\(replicas) \(weight) \(surge)")
    }
  }

  /// Between 1 and 99 each side has a replica, from two replicas on (surge included), and the sum stays within the surge.
  @Test func targetsKeepTheirBounds() {
    for replicas in 1...60 {
      for weight in 0...100 {
        for surge in [0, 1, 3] {
          let target = CanaryReplicas.target(replicas: replicas, weight: weight, maxSurge: surge)
          let total = target.canary + target.stable
          #expect(total == replicas || (surge > 0 && total == replicas + 1), "\(replicas) \(weight) \(surge)")
          if weight == 0 { #expect(target.canary == 0) }
          if weight == 100 { #expect(target.stable == 0) }
          guard (1...99).contains(weight), replicas + surge > 1 else { continue }
          #expect(target.canary > 0 && target.stable > 0, "\(replicas) \(weight) \(surge)")
        }
      }
    }
  }

  private func pass(
    _ replicas: Int, _ weight: Int, _ surge: Int, _ unavailable: Int, _ canary: (Int, Int)?, _ stable: (Int, Int)?,
    older: Int = 0
  ) -> CanaryReplicas {
    BasicCanaryPass(
      replicas: replicas, weight: weight, fenceposts: Fenceposts(maxSurge: surge, maxUnavailable: unavailable),
      canary: canary.map { ReplicaCount(spec: $0.0, available: $0.1) },
      stable: stable.map { ReplicaCount(spec: $0.0, available: $0.1) }, olderSpec: older
    ).next
  }

  @Test func passes() {
    let table: [(CanaryReplicas, Int, Int)] = [
      (pass(10, 30, 3, 0, (0, 0), (10, 10)), 3, 10), (pass(10, 30, 0, 5, (0, 0), (10, 10)), 0, 7),
      (pass(10, 30, 3, 0, (3, 0), (10, 10)), 3, 10), (pass(10, 30, 3, 0, (3, 3), (10, 10)), 3, 7),
      (pass(1, 5, 1, 0, (0, 0), (1, 1)), 1, 1), (pass(4, 100, 1, 0, (1, 1), (3, 3)), 2, 3),
      // The stable version comes first, and older ReplicaSets hold the scaling down up.
      (pass(10, 30, 1, 0, (0, 0), (1, 1), older: 3), 1, 7), (pass(10, 50, 1, 1, (0, 0), (6, 6), older: 4), 1, 6),
      // Unavailable pods of the version that goes away do not protect it.
      (pass(10, 0, 0, 2, (5, 0), (5, 5)), 3, 5), (pass(10, 0, 3, 2, (5, 0), (5, 5)), 3, 8),
      (pass(10, 0, 3, 2, (5, 0), (10, 10)), 0, 10),
      // No stable version, or it is the new one: no steps apply.
      (pass(5, 20, 1, 0, (2, 2), nil), 5, 0), (pass(5, 20, 1, 0, nil, nil), 0, 0),
    ]
    for (index, (next, canary, stable)) in table.enumerated() {
      #expect(next == CanaryReplicas(canary: canary, stable: stable), "row \(index)")
    }
  }

  /// From anywhere, and with pods that become available as they like: never more than the surge allows because of a pass,
  /// and at the end the target is reached.
  @Test func walksReachTheirTarget() {
    for seed in 0..<400 {
      var random = SeededGenerator(seed: UInt64(seed))
      let replicas = Int.random(in: 1...30, using: &random)
      let surge = Int.random(in: 0...3, using: &random)
      let posts = Fenceposts(
        maxSurge: surge, maxUnavailable: surge == 0 ? 1 : Int.random(in: 0...min(3, replicas), using: &random))
      var canary = ReplicaCount(spec: 0, available: 0)
      var stable = ReplicaCount(spec: replicas, available: replicas)
      for _ in 0..<4 {
        let weight = Int.random(in: 0...100, using: &random)
        var reached = false
        for round in 0..<200 where !reached {
          let pass = BasicCanaryPass(
            replicas: replicas, weight: weight, fenceposts: posts, canary: canary, stable: stable)
          let next = pass.next
          let grows = next.canary > canary.spec || next.stable > stable.spec
          if grows { #expect(next.canary + next.stable <= replicas + surge, "seed \(seed)") }
          let kept = min(next.canary, canary.available) + min(next.stable, stable.available)
          let before = canary.available + stable.available
          #expect(kept >= min(before, replicas - posts.maxUnavailable), "seed \(seed): \(pass) gives \(next)")
          canary.spec = next.canary
          stable.spec = next.stable
          let isLate = round > 100
          canary.available =
            isLate
            ? canary.spec
            : min(canary.spec, Int.random(in: min(canary.available, canary.spec)...canary.spec, using: &random))
          stable.available =
            isLate
            ? stable.spec
            : min(stable.spec, Int.random(in: min(stable.available, stable.spec)...stable.spec, using: &random))
          reached = next == pass.target && canary.available == canary.spec && stable.available == stable.spec
        }
        #expect(reached, "seed \(seed): \(replicas) at \(weight) % with \(posts)")
      }
    }
  }

  @Test func routedTraffic() {
    func routed(_ replicas: Int, _ weight: Int, _ change: (inout RoutedReplicas) -> Void = { _ in }) -> CanaryReplicas {
      var routed = RoutedReplicas(replicas: replicas, weight: weight)
      change(&routed)
      return routed.target
    }
    #expect(routed(10, 25) == CanaryReplicas(canary: 3, stable: 10))
    #expect(routed(10, 25) { $0.dynamicStableScale = true } == CanaryReplicas(canary: 3, stable: 8))
    #expect(routed(10, 0) { $0.minPodsPerReplicaSet = 2 } == CanaryReplicas(canary: 0, stable: 10))
    #expect(routed(10, 5) { $0.minPodsPerReplicaSet = 2 } == CanaryReplicas(canary: 2, stable: 10))
    #expect(routed(1, 5) { $0.minPodsPerReplicaSet = 2 } == CanaryReplicas(canary: 1, stable: 1))
    #expect(routed(10, 5) { $0.canaryScale = 7 } == CanaryReplicas(canary: 7, stable: 10))
    // The stable version stays until the traffic has left it, and so does a canary that is aborted.
    let weights = RoutedReplicas.Weights(canary: 60, stable: 40)
    #expect(
      routed(10, 80) {
        $0.dynamicStableScale = true
        $0.actual = weights
      } == CanaryReplicas(canary: 8, stable: 4))
    #expect(
      routed(10, 0) {
        $0.dynamicStableScale = true
        $0.actual = weights
        $0.isAborted = true
      } == CanaryReplicas(canary: 6, stable: 10))
  }
}
