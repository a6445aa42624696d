import Manifest
import Testing

@testable import Fleet

/// Whatever happens in whatever order: what an update promises holds.
@Suite struct RolloutInvariantTests {
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
      return value ^ (value >> 31)
    }
  }

  @Test func updatesKeepTheirBounds() throws {
    for seed in 0..<20 {
      var numbers = Numbers(state: UInt64(seed))
      let surge = Int.random(in: 0...2, using: &numbers)
      let missing = surge == 0 ? Int.random(in: 1...2, using: &numbers) : Int.random(in: 0...2, using: &numbers)
      let replicas = Int.random(in: 2...9, using: &numbers)
      let strategy = """
        {"canary": {"maxSurge": \(surge), "maxUnavailable": \(missing),
          "steps": [{"setWeight": 20}, {"pause": {"duration": 20}}, {"setWeight": 60}, {"pause": {}}, {"setWeight": 80}]}}
        """
      var world = try RolloutWorld(RolloutWorld.spec(replicas: replicas, strategy: strategy))
      try world.settle()
      world.pass(60)
      world.readiness = 1
      try walk(&world, replicas: replicas, surge: surge, missing: missing, &numbers, seed: seed)
    }
  }

  private func walk(
    _ world: inout RolloutWorld, replicas: Int, surge: Int, missing: Int, _ numbers: inout Numbers, seed: Int
  ) throws {
    let least = replicas - missing
    var lastIndex = world.status.stepIndex ?? 0
    for turn in 0..<100 {
      switch Int.random(in: 0..<40, using: &numbers) {
      case 0: world.setImage("app:\(Int.random(in: 1...4, using: &numbers))")
      case 1: try world.patchStatus(#"{"pauseConditions": null}"#)
      case 2 where !world.status.isFullyPromoted: try world.patchStatus(#"{"abort": true}"#)
      case 3 where world.status.isAborted: try world.patchStatus(#"{"abort": false}"#)
      case 4...8: world.pass(Double.random(in: 1...30, using: &numbers))
      case 9: world.edit { $0["paused"] = Node(.bool(true)) }
      case 10, 11: world.edit { $0["paused"] = nil }
      default: break
      }
      let (before, keptBefore) = (world.status, world.totalKept)
      let wasPaused = world.rollout["spec"]?["paused"]?.bool == true
      let specs = world.sets.mapValues { $0["spec"]?["replicas"]?.int ?? 0 }
      try world.look()
      let what: Comment = "seed \(seed) turn \(turn)"
      #expect(world.totalSpec <= replicas + surge, what)
      // What is taken away leaves enough, unless too few were there anyway.
      #expect(world.totalKept >= min(least, keptBefore), what)
      if wasPaused {
        for (name, spec) in specs { #expect(world.sets[name]?["spec"]?["replicas"]?.int == spec, what) }
      }
      check(before, world.status, &lastIndex, what)
      if Bool.random(using: &numbers) { world.runKubelet() }
    }
  }

  /// Steps are taken one by one, and a pause is left by time or by a person.
  private func check(
    _ before: RolloutStatus, _ after: RolloutStatus, _ lastIndex: inout Int, _ what: Comment
  ) {
    let (old, new) = (before.stepIndex ?? 0, after.stepIndex ?? 0)
    let isJump = new > old + 1
    // Only a way back to the stable version, or the first version, goes past all steps at once.
    if isJump { #expect(after.stableHash == after.currentHash, what) }
    if new == old + 1, old == 3, after.currentHash == before.currentHash, before.stableHash != before.currentHash,
      after.stableHash == before.stableHash
    {
      #expect(before.isControllerPaused && before.pauses.isEmpty, "an indefinite pause was left by itself: \(what)")
    }
    lastIndex = new
  }

  /// From any turn on, an update that nobody disturbs comes to its end.
  @Test func everyUpdateEnds() throws {
    for seed in 0..<15 {
      var numbers = Numbers(state: UInt64(1_000 + seed))
      let surge = Int.random(in: 0...2, using: &numbers)
      let missing = surge == 0 ? 1 : Int.random(in: 0...2, using: &numbers)
      let replicas = Int.random(in: 1...9, using: &numbers)
      let weights = (0..<3).map { _ in Int.random(in: 0...100, using: &numbers) }.sorted()
      let steps = weights.map { #"{"setWeight": \#($0)}"# }.joined(separator: ",")
      let strategy = #"{"canary": {"maxSurge": \#(surge), "maxUnavailable": \#(missing), "steps": [\#(steps)]}}"#
      var world = try RolloutWorld(RolloutWorld.spec(replicas: replicas, strategy: strategy))
      try world.settle()
      world.pass(60)
      world.readiness = 1
      for number in 2...4 {
        world.setImage("app:\(number)")
        for _ in 0..<Int.random(in: 0...12, using: &numbers) {
          try world.look()
          if Bool.random(using: &numbers) { world.runKubelet() }
        }
      }
      try world.settle(limit: 600)
      #expect(world.status.phase == .healthy, "seed \(seed): \(world.status.message)")
      #expect(world.replicas("app:4") == [replicas] && world.totalSpec == replicas, "seed \(seed)")
    }
  }
}
