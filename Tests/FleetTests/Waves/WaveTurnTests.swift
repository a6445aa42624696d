import Manifest
import Testing

@testable import Fleet

struct WaveTurnTests {
  /// Steps by the label `ring`, each with more fields.
  private static func strategy(_ steps: [String], _ more: String = "") -> String {
    "steps:\n"
      + steps.enumerated().map { ring, fields in
        "- {matchExpressions: [{key: ring, operator: In, values: ['\(ring)']}]\(fields.isEmpty ? "" : ", " + fields)}\n"
      }.joined() + more
  }

  @Test func wavesFollowEachOther() throws {
    var world = try WaveWorld(Self.strategy(["maxUpdate: 1", "maxUpdate: 25%", ""]), rings: [2, 8, 3])
    var most = 0
    while !world.rollout.phase.isOver, world.now < 2_000 {
      world.turn()
      most = max(most, world.rollout.targets.count { $0.wave == 1 && $0.phase.isInFlight })
      let first = world.rollout.targets.filter { $0.phase != .queued }.map(\.wave).max() ?? 0
      for target in world.rollout.targets where target.wave < first { #expect(target.phase == .done) }
      world.pass(1)
    }
    #expect(world.rollout.phase == .succeeded)
    #expect(most == 2)
    #expect(world.clusters.values.allSatisfy { $0.version == "new" })
    #expect(world.begun.values.allSatisfy { $0 == 1 })
  }

  /// Nothing to do with a label: plain Argo CD manifests say no more than this.
  @Test func onlyWhatAStepSelectsIsPlanned() throws {
    let world = try WaveWorld(Self.strategy([""]), rings: [1, 2])
    #expect(world.rollout.targets.count == 1)
  }

  @Test func aFailureStopsEverythingAndAPersonDecides() throws {
    var world = try WaveWorld(Self.strategy(["maxUpdate: 1", ""]), rings: [3, 2])
    world.refused = ["new"]
    world.run(for: 60)
    #expect(world.rollout.phase == .paused && world.rollout.reason == .budget)
    #expect(world.phases(0) == [.failed, .queued, .queued])
    #expect(world.rollout.message.contains("app-0-00: SyncFailed: refused"))
    world.refused = []
    try world.rollout.heed(.retry)
    world.run(for: 60)
    #expect(world.rollout.phase == .succeeded)
  }

  @Test func whatMendsItselfGoesOn() throws {
    var world = try WaveWorld(Self.strategy(["", ""]), rings: [1, 1])
    world.sick = ["new"]
    world.run(for: 60)
    #expect(world.rollout.phase == .paused && world.rollout.targets[0].reason == .degraded)
    world.clusters["app-0-00"]?.health = .healthy
    world.sick = []
    world.run(for: 60)
    #expect(world.rollout.phase == .succeeded)
  }

  @Test func whatFailedMayBeAccepted() throws {
    var world = try WaveWorld(Self.strategy(["", ""]), rings: [2, 1])
    world.clusters["app-0-01"]?.version = "old"
    world.refused = ["new"]
    world.run(for: 30)
    try world.rollout.heed(.resume)
    world.refused = []
    world.run(for: 60)
    #expect(world.rollout.phase == .succeeded)
    #expect(world.phases(0) == [.failed, .failed] && world.phases(1) == [.done])
  }

  @Test func aBudgetAllowsSome() throws {
    var world = try WaveWorld(
      Self.strategy(["failureBudget: {maxFailed: 1}", ""]), rings: [3, 1])
    world.turn()
    world.pass(1)
    world.clusters["app-0-00"]?.operation?.phase = .failed
    world.clusters["app-0-00"]?.endsAt = nil
    world.run(for: 60)
    #expect(world.rollout.phase == .succeeded)
    #expect(world.phases(0) == [.failed, .done, .done])
  }

  @Test func timeRunsOut() throws {
    var world = try WaveWorld(Self.strategy(["timeout: 30s"]), rings: [1])
    world.syncTime = 100
    world.run(for: 40)
    #expect(world.rollout.targets[0].reason == .timeout)
    #expect(world.rollout.phase == .paused)
    world.run(for: 200)
    #expect(world.rollout.phase == .succeeded, "it came after all")
  }

  @Test func approvalIsWaitedFor() throws {
    var world = try WaveWorld(Self.strategy(["", "pause: {}"]), rings: [1, 1])
    world.run(for: 60)
    #expect(world.rollout.phase == .paused && world.rollout.reason == .approval)
    #expect(world.versions(1) == ["old"])
    #expect(throws: FleetRollout.Refusal.self) { try world.rollout.heed(.resume) }
    try world.rollout.heed(.approve)
    world.run(for: 60)
    #expect(world.rollout.phase == .succeeded)
  }

  @Test func aTimedPauseEndsByItself() throws {
    var world = try WaveWorld(Self.strategy(["", "pause: {duration: 5m}"]), rings: [1, 1])
    world.run(for: 200)
    #expect(world.rollout.phase == .running && world.rollout.waves[1].phase == .paused)
    world.run(for: 200)
    #expect(world.rollout.phase == .succeeded)
  }

  @Test func anyFlapBeginsTheSoakAnew() throws {
    var world = try WaveWorld(Self.strategy(["soak: 100s", ""]), rings: [2, 1])
    world.run(for: 50)
    #expect(world.rollout.waves[0].phase == .soaking)
    world.clusters["app-0-00"]?.health = .progressing
    world.run(for: 5)
    #expect(world.rollout.waves[0].phase == .admitting)
    world.clusters["app-0-00"]?.health = .healthy
    world.run(for: 90)
    #expect(world.rollout.waves[0].phase == .soaking, "100 seconds from the flap on")
    world.run(for: 60)
    #expect(world.rollout.phase == .succeeded)
  }

  // MARK: Gates

  private static let gated = "analysis: {templates: [{templateName: slo}]}, soak: 10s"

  @Test func aWaveIsHeldToItsMetric() throws {
    var world = try WaveWorld(Self.strategy([Self.gated, ""], "onFailure: Rollback\n"), rings: [2, 3])
    world.verdict = { _ in .failed }
    world.run(for: 300)
    #expect(world.rollout.phase == .rolledBack && world.rollout.reason == .analysisFailed)
    #expect(world.rollout.message == "step 1: analysis web#1.w1.1: metric says so")
    #expect(world.clusters.values.allSatisfy { $0.version == "old" })
    #expect(world.phases(1) == [.queued, .queued, .queued], "no cluster outside the first wave was touched")
    #expect(world.rollout.targets.count { $0.wasTouched } == 2)
    let (failed, restored) = (try #require(world.rollout.failedAt), try #require(world.rollout.restoredAt))
    #expect(restored > failed && restored < failed + 10)
  }

  @Test func eachClusterMayHaveItsOwnAnalysis() throws {
    var world = try WaveWorld(
      Self.strategy(
        ["analysis: {scope: Cluster, templates: [{templateName: errors}]}, failureBudget: {maxFailed: 1}", ""]),
      rings: [3, 1])
    world.verdict = { $0.contains("app-0-01") ? .failed : .successful }
    world.run(for: 100)
    #expect(world.rollout.phase == .succeeded)
    #expect(world.phases(0) == [.done, .failed, .done])
    #expect(world.rollout.targets[1].reason == .analysisFailed)
    #expect(Set(world.gates.keys) == ["web#1.app:app-0-00.1", "web#1.app:app-0-01.1", "web#1.app:app-0-02.1"])
  }

  @Test func whatIsInconclusiveWaitsForAPerson() throws {
    var world = try WaveWorld(Self.strategy([Self.gated, ""], "onFailure: Rollback\n"), rings: [1, 1])
    world.verdict = { _ in .inconclusive }
    world.run(for: 100)
    #expect(world.rollout.phase == .paused && world.rollout.reason == .analysisInconclusive)
    var other = world
    try world.rollout.heed(.resume)
    world.run(for: 100)
    #expect(world.rollout.phase == .succeeded)
    other.verdict = { _ in .successful }
    try other.rollout.heed(.retry)
    other.run(for: 100)
    #expect(other.rollout.phase == .succeeded && other.gates["web#1.w1.2"] != nil)
  }

  @Test func anAnalysisBesideTheWavesActsAtOnce() throws {
    var world = try WaveWorld(
      Self.strategy(["soak: 1000s", ""], "onFailure: Rollback\nanalysis: {templates: [{templateName: slo}]}\n"),
      rings: [2, 2])
    world.verdict = { _ in .failed }
    world.run(for: 60)
    #expect(world.rollout.phase == .rolledBack)
    #expect(world.now < 1_100)
  }

  @Test func anAnalysisBesideTheWavesEndsWithThem() throws {
    var world = try WaveWorld(
      Self.strategy(["", ""], "analysis: {startingStep: 1, templates: [{templateName: slo}]}\n"), rings: [1, 1])
    world.verdict = { _ in .running }
    world.turn()
    #expect(world.gates.isEmpty)
    world.run(for: 60)
    #expect(world.rollout.phase == .succeeded && world.rollout.background?.verdict == .left)
  }

  @Test(arguments: [("Abort", FleetRollout.Phase.aborted), ("Continue", .succeeded), ("Pause", .paused)])
  func otherWaysToFail(_ action: String, _ end: FleetRollout.Phase) throws {
    var world = try WaveWorld(Self.strategy([Self.gated, ""], "onFailure: \(action)\n"), rings: [1, 1])
    world.verdict = { _ in .failed }
    world.run(for: 100)
    #expect(world.rollout.phase == end)
    #expect(world.versions(0) == ["new"], "what is there stays")
    #expect(world.versions(1) == [end == .succeeded ? "new" : "old"])
  }

  // MARK: The way back

  @Test func theLastWaveGoesBackFirst() throws {
    var world = try WaveWorld(
      Self.strategy(["", Self.gated], "onFailure: Rollback\nrollback: {maxUpdate: 1}\n"), rings: [2, 2])
    world.verdict = { _ in .failed }
    var order: [String] = []
    while !world.rollout.phase.isOver, world.now < 2_000 {
      world.turn()
      let moving = world.rollout.targets.filter { $0.phase == .rollingBack }.map(\.application)
      #expect(moving.count <= 1)
      for name in moving where !order.contains(name) { order.append(name) }
      world.pass(1)
    }
    #expect(order == ["app-1-00", "app-1-01", "app-0-00", "app-0-01"])
    #expect(world.rollout.phase == .rolledBack)
  }

  @Test func itsScopeMayBeLess() throws {
    var world = try WaveWorld(
      Self.strategy(["", Self.gated], "onFailure: Rollback\nrollback: {scope: Wave}\n"), rings: [1, 2])
    world.verdict = { _ in .failed }
    world.run(for: 200)
    #expect(world.versions(0) == ["new"] && world.versions(1) == ["old", "old"])
  }

  @Test func gitIsTakenBackAfterTheClusters() throws {
    let text = Self.strategy([Self.gated], "onFailure: Rollback\nrollback: {mode: GitRevert}\n")
    var world = try WaveWorld(text, rings: [1])
    world.verdict = { _ in .failed }
    world.run(for: 100)
    #expect(world.rollout.phase == .rolledBack && world.reverts == 1)
    var stuck = try WaveWorld(text, rings: [1])
    stuck.verdict = { _ in .failed }
    stuck.revert = .refused
    stuck.run(for: 100)
    #expect(stuck.rollout.phase == .paused && stuck.rollout.reason == .revertConflict)
    #expect(stuck.versions(0) == ["old"])
    try stuck.rollout.heed(.resume)
    #expect(stuck.rollout.phase == .rolledBack)
  }

  @Test func aWayBackMayFail() throws {
    var world = try WaveWorld(Self.strategy([Self.gated], "onFailure: Rollback\n"), rings: [2])
    world.verdict = { _ in .failed }
    world.refused = ["old"]
    world.run(for: 100)
    #expect(world.rollout.phase == .rollbackFailed)
    world.refused = []
    try world.rollout.heed(.rollback)
    world.run(for: 100)
    #expect(world.rollout.phase == .rolledBack && world.versions(0) == ["old", "old"])
  }

  @Test func whatIsDoneMayBeTakenBack() throws {
    var world = try WaveWorld(Self.strategy(["", ""]), rings: [2, 2])
    world.run(for: 100)
    #expect(world.rollout.phase == .succeeded)
    try world.rollout.heed(.rollback)
    world.run(for: 100)
    #expect(world.rollout.phase == .rolledBack)
    #expect(world.clusters.values.allSatisfy { $0.version == "old" })
  }

  @Test func whatIsNewHasNothingToGoBackTo() throws {
    var world = try WaveWorld(Self.strategy([Self.gated], "onFailure: Rollback\n"), rings: [1])
    world.rollout.targets[0].from = nil
    world.verdict = { _ in .failed }
    world.run(for: 100)
    #expect(world.rollout.phase == .rolledBack && world.versions(0) == ["new"])
    #expect(world.rollout.targets[0].message.contains("nothing to go back to"))
  }

  // MARK: Clusters that are away

  @Test func whoIsAwayHoldsNobodyUp() throws {
    var world = try WaveWorld(Self.strategy(["", "soak: 500s"]), rings: [2, 1])
    world.clusters["app-0-01"]?.isReachable = false
    world.run(for: 60)
    #expect(world.phases(0) == [.done, .away] && world.rollout.waves[0].phase == .passed)
    world.clusters["app-0-01"]?.isReachable = true
    world.run(for: 60)
    #expect(world.phases(0) == [.done, .done] && world.versions(0) == ["new", "new"])
  }

  /// Who returns at the end, when its wave admits but one at a time, is not forgotten.
  @Test func whoReturnsLateIsWaitedFor() throws {
    var world = try WaveWorld(Self.strategy(["maxUpdate: 1", "soak: 20s"]), rings: [4, 1])
    for name in ["app-0-01", "app-0-02", "app-0-03"] { world.clusters[name]?.isReachable = false }
    world.run(for: 8)
    for name in ["app-0-01", "app-0-02", "app-0-03"] { world.clusters[name]?.isReachable = true }
    world.syncTime = 30
    world.run(for: 500)
    #expect(world.rollout.phase == .succeeded && world.versions(0) == ["new", "new", "new", "new"])
    #expect(world.phases(0) == [.done, .done, .done, .done])
  }

  @Test func aWaveThatNobodyWasThereForHasShownNothing() throws {
    var world = try WaveWorld(Self.strategy(["", ""]), rings: [1, 1])
    world.clusters["app-0-00"]?.isReachable = false
    world.run(for: 500)
    #expect(world.phases(0) == [.away] && world.versions(1) == ["old"])
    #expect(world.rollout.phase == .running)
  }

  @Test func tooManyAwayHoldItUp() throws {
    var world = try WaveWorld(
      Self.strategy(["failureBudget: {maxUnreachable: 25%}", ""]), rings: [4, 1])
    for name in ["app-0-01", "app-0-02"] { world.clusters[name]?.isReachable = false }
    world.run(for: 100)
    #expect(world.versions(1) == ["old"])
    #expect(world.rollout.message.contains("2 of 4 clusters of step 1 are away, 1 may be"))
    world.clusters["app-0-01"]?.isReachable = true
    world.run(for: 100)
    #expect(world.rollout.phase == .succeeded)
  }

  @Test func aClusterThatIsLostInTheMiddleIsNotFailed() throws {
    var world = try WaveWorld(Self.strategy(["timeout: 30s"]), rings: [2])
    world.turn()
    world.clusters["app-0-00"]?.isReachable = false
    world.run(for: 100)
    #expect(world.rollout.targets[0].phase == .away && world.rollout.targets[0].reason == .unreachable)
    #expect(world.rollout.phase == .succeeded)
  }

  @Test func whoIsLostOnTheWayBackGoesBackLater() throws {
    var world = try WaveWorld(Self.strategy([Self.gated], "onFailure: Rollback\n"), rings: [2])
    world.verdict = { _ in .failed }
    world.run(for: 14)
    world.clusters["app-0-00"]?.isReachable = false
    world.run(for: 100)
    #expect(world.rollout.phase == .rolledBack)
    #expect(world.versions(0) == ["old", "old"], "what it is to be is known")
    #expect(world.phases(0) == [.away, .rolledBack])
  }

  // MARK: What people say

  @Test func apausedRolloutAdmitsNothing() throws {
    var world = try WaveWorld(Self.strategy(["maxUpdate: 1"]), rings: [3])
    world.turn()
    try world.rollout.heed(.pause)
    world.run(for: 60)
    #expect(world.rollout.phase == .paused && world.phases(0) == [.done, .queued, .queued])
    try world.rollout.heed(.resume)
    world.run(for: 60)
    #expect(world.rollout.phase == .succeeded)
  }

  @Test func abortFinishesWhatIsUnderWay() throws {
    var world = try WaveWorld(Self.strategy(["maxUpdate: 1"]), rings: [3])
    world.turn()
    try world.rollout.heed(.abort)
    world.run(for: 60)
    #expect(world.rollout.phase == .aborted && world.phases(0) == [.done, .queued, .queued])
    #expect(throws: FleetRollout.Refusal.self) { try world.rollout.heed(.resume) }
  }

  @Test func promoteSkipsWhatIsWaitedFor() throws {
    var world = try WaveWorld(Self.strategy(["soak: 1h", "pause: {}, soak: 1h"]), rings: [1, 1])
    world.run(for: 30)
    try world.rollout.heed(.promote(full: false))
    world.run(for: 30)
    #expect(world.rollout.reason == .approval)
    try world.rollout.heed(.promote(full: true))
    world.run(for: 30)
    #expect(world.rollout.phase == .succeeded)
  }

  @Test func zeroAtOnceIsByHand() throws {
    var world = try WaveWorld(Self.strategy(["maxUpdate: 0"]), rings: [1])
    world.run(for: 30)
    #expect(world.rollout.message.contains("muster app sync app-0-00"))
    let isAdmitted = world.rollout.admit("app-0-00", now: world.now, timeout: nil)
    #expect(isAdmitted)
    world.run(for: 30)
    #expect(world.rollout.phase == .succeeded)
  }

  @Test func somethingNewerTakesItsPlaceWhenNothingMoves() throws {
    var world = try WaveWorld(Self.strategy(["maxUpdate: 1"]), rings: [3])
    world.turn()
    world.rollout.isSuperseded = true
    world.turn()
    #expect(world.rollout.phase == .running)
    world.run(for: 10)
    #expect(world.rollout.phase == .superseded && world.phases(0) == [.done, .queued, .queued])
  }

  @Test func whatCannotBeRenderedFailsWhenItsTurnComes() throws {
    var world = try WaveWorld(Self.strategy(["", ""]), rings: [1, 2])
    world.rollout.targets[1].to = nil
    world.rollout.targets[1].message = "apps/x.yaml:3:1: no such file"
    world.run(for: 60)
    #expect(world.rollout.phase == .paused && world.rollout.targets[1].reason == .notRendered)
    #expect(world.phases(0) == [.done])
    #expect(world.rollout.message.contains("apps/x.yaml:3:1"))
  }

  @Test func noMoreThanSoManyClustersAtOnce() throws {
    var world = try WaveWorld(Self.strategy([""], "maxParallelClusters: 2\n"), rings: [7])
    while !world.rollout.phase.isOver, world.now < 2_000 {
      world.turn()
      #expect(world.rollout.targets.count { $0.phase.isInFlight } <= 2)
      world.pass(1)
    }
    #expect(world.rollout.phase == .succeeded)
  }

  // MARK: What a started hub does not know yet

  @Test func whoWasNotSeenYetIsNeitherAwayNorGone() throws {
    var world = try WaveWorld(Self.strategy(["timeout: 30s", ""]), rings: [2, 2])
    world.turn()
    world.isBlind = true
    world.run(for: 100)
    #expect(world.phases(0) == [.admitted, .admitted] && world.phases(1) == [.queued, .queued])
    world.isBlind = false
    world.run(for: 100)
    #expect(world.rollout.phase == .succeeded || world.rollout.phase == .paused)
  }

  @Test func aWayBackWaitsUntilClustersAreSeen() throws {
    var world = try WaveWorld(
      Self.strategy([Self.gated], "onFailure: Rollback\nrollback: {maxUpdate: 1}\n"), rings: [3])
    world.verdict = { _ in .failed }
    while world.rollout.phase != .rollingBack {
      world.turn()
      world.pass(1)
    }
    world.isBlind = true
    world.run(for: 300)
    #expect(world.rollout.phase == .rollingBack && world.rollout.count([.rollingBack]) <= 1)
    world.isBlind = false
    world.run(for: 300)
    #expect(world.rollout.phase == .rolledBack && world.versions(0) == ["old", "old", "old"])
  }

  @Test func whoLeftTheSetHoldsNobodyUp() throws {
    var world = try WaveWorld(Self.strategy(["", ""]), rings: [2, 1])
    world.turn()
    world.departed = ["app-0-00"]
    world.clusters["app-0-00"] = nil
    world.run(for: 60)
    #expect(world.rollout.phase == .succeeded && world.phases(0) == [.gone, .done])
  }

  @Test func allThatFailedWithinItsBudgetStopsIt() throws {
    var world = try WaveWorld(Self.strategy(["failureBudget: {maxFailed: 1}", ""]), rings: [1, 1])
    world.refused = ["new"]
    world.run(for: 60)
    #expect(world.rollout.phase == .paused && world.rollout.message.contains("no cluster of step 1 was verified"))
  }

  @Test func acceptingOneFailureAcceptsNoOther() throws {
    var world = try WaveWorld(Self.strategy(["maxUpdate: 1"]), rings: [3])
    world.refused = ["new"]
    world.run(for: 30)
    try world.rollout.heed(.resume)
    world.run(for: 30)
    #expect(world.rollout.phase == .paused && world.phases(0) == [.failed, .failed, .queued])
  }

  @Test func whatHangsDoesNotHoldUpTheEnd() throws {
    var world = try WaveWorld(Self.strategy([""]), rings: [1])
    world.syncTime = 100_000
    world.turn()
    world.rollout.isSuperseded = true
    world.run(for: 100)
    #expect(world.rollout.phase == .superseded)
  }

  @Test func theMiddleOfAChangeGoesBackWhateverTheScope() throws {
    var world = try WaveWorld(Self.strategy([""], "onFailure: Rollback\nrollback: {scope: Failed}\n"), rings: [3])
    world.syncTime = 20
    world.turn()
    world.clusters["app-0-00"]?.operation?.phase = .failed
    world.clusters["app-0-00"]?.endsAt = nil
    world.run(for: 200)
    #expect(world.rollout.phase == .rolledBack && world.versions(0) == ["old", "old", "old"])
  }

  /// Whatever a person says when, nothing that was taken back comes again by itself.
  @Test func noWordAtAnyTimeBringsBackWhatWasTakenBack() throws {
    let commands: [WaveCommand] = [
      .pause, .resume, .approve, .promote(full: false), .promote(full: true), .abort, .rollback, .retry,
    ]
    let text = Self.strategy(
      ["soak: 5s, " + Self.gated.replacing(", soak: 10s", with: ""), "pause: {}"],
      "onFailure: Rollback\nrollback: {mode: GitRevert}\n")
    for (first, command) in commands.enumerated() {
      for moment in stride(from: 0, through: 40, by: 2) {
        for verdict in [AnalysisPhase.failed, .successful, .inconclusive] {
          var world = try WaveWorld(text, rings: [2, 2])
          world.verdict = { _ in verdict }
          world.revert = moment % 4 == 0 ? .refused : .pushed
          world.run(for: Double(moment))
          let wasBack = world.rollout.phase == .rolledBack || world.rollout.reason == .revertConflict
          do { try world.rollout.heed(command) } catch { #expect(!error.message.isEmpty) }
          world.run(for: 300)
          let isBack = world.rollout.phase == .rolledBack || world.rollout.reason == .revertConflict
          if wasBack { #expect(isBack, "\(commands[first]) at \(moment), \(verdict): \(world.rollout.phase)") }
          if isBack { #expect(world.clusters.values.allSatisfy { $0.version == "old" }, "\(command) at \(moment)") }
          #expect(world.rollout.phase != .running || verdict == .running, "\(command) at \(moment), \(verdict)")
        }
      }
    }
  }
}
