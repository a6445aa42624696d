import Manifest
import Testing

@testable import Fleet

/// Rollouts of which the hub is killed again and again, with clusters that come and go.
struct WaveStormTests {
  private struct Dice: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      var mixed = state
      mixed = (mixed ^ (mixed >> 33)) &* 0xFF51_AFD7_ED55_8CCD
      return mixed ^ (mixed >> 33)
    }
  }

  private static let text = """
    onFailure: Rollback
    rollback: {mode: GitRevert, maxUpdate: 2}
    maxParallelClusters: 3
    steps:
    - {name: canary, matchExpressions: [{key: ring, operator: In, values: ['0']}], maxUpdate: 1, soak: 5s, timeout: 60s}
    - name: rest
      matchExpressions: [{key: ring, operator: In, values: ['1']}]
      maxUpdate: 50%
      timeout: 60s
      analysis: {templates: [{templateName: slo}]}
    """

  /// A hub that is killed at any instant brings about the same end, and begins nothing twice.
  @Test func theEndIsTheSameWhereverItIsKilled() throws {
    for seed in 0..<300 {
      var dice = Dice(state: UInt64(seed))
      var world = try WaveWorld(Self.text, rings: [2, 6])
      world.verdict = { _ in .failed }
      while !world.rollout.phase.isOver, world.now < 3_000 {
        world.turn(limit: Int.random(in: 0..<5, using: &dice) == 0 ? Int.random(in: 0..<3, using: &dice) : .max)
        world.pass(Double.random(in: 0.1..<3, using: &dice))
      }
      #expect(world.rollout.phase == .rolledBack, "seed \(seed): \(world.rollout.message)")
      #expect(world.clusters.values.allSatisfy { $0.version == "old" }, "seed \(seed)")
      #expect(world.begun.values.allSatisfy { $0 == 1 }, "seed \(seed)")
      #expect(world.rollout.targets.allSatisfy { $0.phase == .rolledBack }, "seed \(seed)")
    }
  }

  @Test func limitsAndOrderHoldWhateverHappens() throws {
    for seed in 0..<300 {
      var dice = Dice(state: UInt64(seed) &+ 7_777)
      var world = try WaveWorld(Self.text, rings: [3, 6])
      world.verdict = { _ in seed % 3 == 0 ? .failed : .successful }
      while !world.rollout.phase.isOver, world.now < 5_000 {
        if let name = world.clusters.keys.sorted().randomElement(using: &dice) {
          switch Int.random(in: 0..<30, using: &dice) {
          case 0: world.clusters[name]?.isReachable.toggle()
          case 1: world.clusters[name]?.health = .progressing
          case 2: world.clusters[name]?.health = .healthy
          default: break
          }
        }
        if world.now > 2_000 {
          for name in world.clusters.keys {
            world.clusters[name]?.isReachable = true
            world.clusters[name]?.health = .healthy
          }
        }
        let before = world.rollout
        world.turn(limit: Int.random(in: 0..<8, using: &dice) == 0 ? 0 : .max)
        check(before, world.rollout, seed)
        if world.rollout.phase == .paused { try? world.rollout.heed(.retry) }
        world.pass(Double.random(in: 0.1..<4, using: &dice))
      }
      #expect(world.rollout.phase.isOver, "seed \(seed): \(world.rollout.phase) \(world.rollout.message)")
      #expect(world.begun.values.allSatisfy { $0 == 1 }, "seed \(seed)")
      if world.rollout.phase == .rolledBack {
        for target in world.rollout.targets where target.phase != .rollbackFailed {
          #expect(world.clusters[target.application]?.version == "old", "seed \(seed)")
        }
      }
    }
  }

  private static let measured = """
    onFailure: Pause
    rollback: {maxUpdate: 3}
    failureBudget: {maxFailed: 50%, maxUnreachable: 50%}
    steps:
    - name: canary
      matchExpressions: [{key: ring, operator: In, values: ['0']}]
      soak: 5s
      failureBudget: {maxFailed: 2, maxUnreachable: 1}
      analysis: {scope: Cluster, templates: [{templateName: errors}]}
    - name: rest
      matchExpressions: [{key: ring, operator: In, values: ['1']}]
      maxUpdate: 50%
      analysis: {scope: Cluster, templates: [{templateName: errors}]}
    """

  /// Whatever is measured, whoever is away and whatever a person says: an end that is asked for comes.
  @Test func anEndThatIsAskedForComes() throws {
    let commands: [WaveCommand] = [
      .pause, .resume, .approve, .promote(full: false), .retry, .abort, .rollback,
    ]
    for seed in 0..<400 {
      var dice = Dice(state: UInt64(seed) &+ 4_242)
      var world = try WaveWorld(Self.measured, rings: [3, 6])
      world.verdict = { name in
        [.successful, .failed, .inconclusive, .running, .successful][name.utf8.reduce(seed) { $0 &+ Int($1) } % 5]
      }
      let end = Int.random(in: 0..<3, using: &dice)
      let moment = world.now + Double.random(in: 1..<90, using: &dice)
      var isAsked = false
      while !world.rollout.phase.isOver, world.now < moment + 1_000 {
        if world.now > moment + 200 {
          for name in world.clusters.keys {
            world.clusters[name]?.isReachable = true
            world.clusters[name]?.health = .healthy
          }
        } else if let name = world.clusters.keys.sorted().randomElement(using: &dice),
          Int.random(in: 0..<8, using: &dice) == 0
        {
          switch Int.random(in: 0..<3, using: &dice) {
          case 0: world.clusters[name]?.isReachable.toggle()
          case 1: world.clusters[name]?.health = .progressing
          default: world.clusters[name]?.health = .healthy
          }
        }
        if !isAsked, Int.random(in: 0..<12, using: &dice) == 0,
          let command = commands.dropLast(2).randomElement(using: &dice)
        {
          do { try world.rollout.heed(command) } catch { #expect(!error.message.isEmpty) }
        }
        if !isAsked, world.now >= moment {
          isAsked = true
          switch end {
          case 0: try world.rollout.heed(.abort)
          case 1: try world.rollout.heed(.rollback)
          default: world.rollout.isSuperseded = true
          }
        }
        world.turn(limit: Int.random(in: 0..<6, using: &dice) == 0 ? 0 : .max)
        if isAsked { #expect(world.rollout.phase != .paused, "seed \(seed): \(world.rollout.message)") }
        world.pass(Double.random(in: 0.1..<3, using: &dice))
      }
      #expect(world.rollout.phase.isOver, "seed \(seed): \(world.rollout.phase) \(world.rollout.message)")
      #expect(world.rollout.gates.allSatisfy { !$0.isOpen }, "seed \(seed)")
      if isAsked, end == 1 {
        for target in world.rollout.targets where target.wasTouched && target.phase != .rollbackFailed {
          #expect(world.clusters[target.application]?.version == "old", "seed \(seed)")
        }
      }
    }
  }

  private func check(_ before: FleetRollout, _ after: FleetRollout, _ seed: Int) {
    #expect(after.targets.count { $0.phase == .rollingBack } <= 2, "seed \(seed)")
    for (old, new) in zip(before.targets, after.targets) where old.phase == .queued && new.phase == .admitted {
      #expect(before.phase == .running || before.phase == .paused, "seed \(seed)")
      #expect(after.targets.count { $0.phase.isInFlight } <= 3, "seed \(seed)")
      for wave in 0..<new.wave { #expect(after.waves[wave].phase == .passed, "seed \(seed)") }
    }
    if before.phase == .rollingBack { #expect(after.phase == .rollingBack || after.phase.isOver, "seed \(seed)") }
  }
}
