import Manifest
import Testing

@testable import Fleet

/// How rollouts come to an end that is not the good one, and what is told meanwhile.
struct WaveEndingTests {
  private static func strategy(_ steps: [String], _ more: String = "") -> String {
    "steps:\n"
      + steps.enumerated().map { ring, fields in
        "- {matchExpressions: [{key: ring, operator: In, values: ['\(ring)']}]\(fields.isEmpty ? "" : ", " + fields)}\n"
      }.joined() + more
  }

  private static let ofCluster = "analysis: {scope: Cluster, templates: [{templateName: errors}]}"
  private static let gated = "analysis: {templates: [{templateName: slo}]}"

  // MARK: Analyses that say nothing

  /// An analysis that does not end, or says neither yes nor no, holds up no end.
  @Test(arguments: [AnalysisPhase.inconclusive, .running])
  func noAnalysisHoldsUpTheEnd(_ verdict: AnalysisPhase) throws {
    for end in [FleetRollout.Phase.aborted, .superseded, .rolledBack] {
      var world = try WaveWorld(Self.strategy([Self.ofCluster, ""]), rings: [2, 1])
      world.verdict = { _ in verdict }
      world.run(for: 60)
      #expect(world.rollout.phase == (verdict == .running ? .running : .paused))
      switch end {
      case .aborted: try world.rollout.heed(.abort)
      case .superseded: world.rollout.isSuperseded = true
      default: try world.rollout.heed(.rollback)
      }
      world.run(for: 100)
      #expect(world.rollout.phase == end, "\(verdict): \(world.rollout.phase) \(world.rollout.message)")
      #expect(world.rollout.gates.allSatisfy { $0.verdict == .left }, "\(verdict), \(end)")
      #expect(world.versions(1) == ["old"])
    }
  }

  /// What the windows of a project do not let happen has not failed, there and back.
  @Test func noTimeRunsWhileTheWindowsOfAProjectAreClosed() throws {
    var world = try WaveWorld(Self.strategy(["timeout: 20s", ""], "onFailure: Rollback"), rings: [2, 1])
    for name in world.clusters.keys { world.clusters[name]?.isHeld = true }
    world.run(for: 300)
    #expect(world.rollout.phase == .running)
    #expect(world.rollout.targets.prefix(2).allSatisfy { $0.phase == .admitted })
    for name in world.clusters.keys { world.clusters[name]?.isHeld = false }
    world.run(for: 10)
    #expect(world.rollout.phase == .succeeded, "\(world.rollout.message)")
    for name in world.clusters.keys { world.clusters[name]?.isHeld = true }
    try world.rollout.heed(.rollback)
    world.run(for: 2_000)
    #expect(world.rollout.phase == .rollingBack)
    for name in world.clusters.keys { world.clusters[name]?.isHeld = false }
    world.run(for: 60)
    #expect(world.rollout.phase == .rolledBack, "\(world.rollout.message)")
    // What is to end at once waits for no window.
    world = try WaveWorld(Self.strategy(["timeout: 20s"]), rings: [1])
    for name in world.clusters.keys { world.clusters[name]?.isHeld = true }
    world.run(for: 100)
    try world.rollout.heed(.abort)
    world.run(for: 100)
    #expect(world.rollout.phase == .aborted)
  }

  /// What is inconclusive while a rollout is broken off does not stop that.
  @Test func whatIsInconclusiveLateDoesNotStopAnAbort() throws {
    var world = try WaveWorld(Self.strategy([Self.ofCluster]), rings: [2])
    world.verdict = { _ in .inconclusive }
    world.run(for: 4)
    try world.rollout.heed(.abort)
    while !world.rollout.phase.isOver, world.now < 2_000 {
      world.turn()
      #expect(world.rollout.phase == .aborting || world.rollout.phase == .aborted)
      world.pass(1)
    }
    #expect(world.rollout.phase == .aborted)
  }

  @Test func anAnalysisThatFailedBeforeTheEndCounts() throws {
    var world = try WaveWorld(Self.strategy([Self.ofCluster]), rings: [1])
    world.verdict = { _ in .failed }
    while world.gates.values.first?.scene.phase != .failed {
      world.turn()
      world.pass(1)
    }
    try world.rollout.heed(.abort)
    world.run(for: 60)
    #expect(world.rollout.phase == .aborted && world.rollout.targets[0].reason == .analysisFailed)
  }

  /// A cluster that was not well any more is measured anew, by a run of its own.
  @Test func whatFlapsIsMeasuredAgain() throws {
    var world = try WaveWorld(Self.strategy([Self.ofCluster + ", soak: 60s"]), rings: [1])
    world.run(for: 20)
    #expect(world.rollout.waves[0].phase == .soaking)
    world.clusters["app-0-00"]?.health = .progressing
    world.run(for: 3)
    world.verdict = { _ in .failed }
    world.clusters["app-0-00"]?.health = .healthy
    world.run(for: 30)
    #expect(world.gates.keys.sorted() == ["web#1.app:app-0-00.1", "web#1.app:app-0-00.1-2"])
    #expect(world.rollout.targets[0].reason == .analysisFailed && world.rollout.phase == .paused)
    #expect(world.begun.values.allSatisfy { $0 == 1 }, "it is not synced anew for that")
  }

  // MARK: Waves that did not pass

  @Test func theWaveThatFailedIsShownAsFailed() throws {
    let cases: [(String, WaveCommand?, RolloutWave.Phase)] = [
      ("Rollback", nil, .failed), ("Abort", nil, .failed), ("Pause", .abort, .stopped), ("Pause", .rollback, .stopped),
    ]
    for (action, asked, phase) in cases {
      var world = try WaveWorld(
        Self.strategy(["", "maxUpdate: 1", ""], "onFailure: \(action)\n"), rings: [1, 3, 1])
      if asked == nil { world.refused = ["new"] }
      world.run(for: 5)
      if let asked { try world.rollout.heed(asked) }
      world.run(for: 100)
      #expect(world.rollout.phase.holdsChange)
      let wave = try #require(world.rollout.currentWave)
      #expect(world.rollout.waves[wave].phase == phase, "\(action) \(world.rollout.waves.map(\.phase))")
    }
  }

  @Test func whyItFailedIsStillToldWhenItIsBack() throws {
    var world = try WaveWorld(Self.strategy([""], "onFailure: Rollback\n"), rings: [2])
    world.refused = ["new"]
    world.rollout.targets[1].from = nil
    world.run(for: 60)
    let targets = world.rollout.targets
    #expect(targets[0].phase == .rolledBack && targets[0].reason == .syncFailed && targets[0].message == "refused")
    #expect(targets[1].reason == .syncFailed && targets[1].message.hasPrefix("refused; it is new"))
  }

  // MARK: The way back

  /// A person's sync on the way back is as good, and one that got in the way is followed by another try.
  @Test func aPersonsSyncOnTheWayBackIsAsGood() throws {
    for ends in [SyncOperation.Phase.succeeded, .failed] {
      var world = try WaveWorld(Self.strategy([Self.gated], "onFailure: Rollback\n"), rings: [1])
      world.verdict = { _ in .failed }
      while world.rollout.phase != .rollingBack {
        world.turn()
        world.pass(1)
      }
      world.turn()
      world.pass(0.5)
      world.clusters["app-0-00"]?.operation = .init(
        request: nil, phase: ends, startedAt: world.now, finishedAt: world.now + 0.1)
      world.clusters["app-0-00"]?.endsAt = nil
      world.pass(1)
      world.run(for: 60)
      #expect(world.rollout.phase == .rolledBack && world.rollout.targets[0].phase == .rolledBack)
      #expect(world.begun["web#1.back.2 app-0-00"] == (ends == .failed ? 1 : nil))
      #expect(world.now < 1_100)
    }
  }

  @Test func whoWasAwayGoesBackWithTheOthers() throws {
    var world = try WaveWorld(Self.strategy(["", ""], "rollback: {maxUpdate: 1}\n"), rings: [1, 3])
    world.clusters["app-1-00"]?.isReachable = false
    world.clusters["app-1-02"]?.isReachable = false
    world.run(for: 60)
    #expect(world.rollout.phase == .succeeded && world.phases(1) == [.away, .done, .away])
    // As the hub does at a good end: they get it when they return; one has.
    for name in ["app-1-00", "app-1-02"] { world.clusters[name]?.version = "new" }
    world.clusters["app-1-02"]?.isReachable = true
    try world.rollout.heed(.rollback)
    let began = world.now
    world.run(for: 100)
    #expect(world.rollout.phase == .rolledBack && world.phases(1) == [.away, .rolledBack, .rolledBack])
    #expect(world.versions(0) == ["old"] && world.versions(1) == ["old", "old", "old"])
    #expect(world.now - began < 30, "who is away holds nobody up")
    #expect(throws: FleetRollout.Refusal.self) { try world.rollout.heed(.rollback) }
  }

  /// A repository that does not answer is left, if a person says so.
  @Test func aPersonMayLeaveGitAsItIs() throws {
    var world = try WaveWorld(
      Self.strategy([Self.gated], "onFailure: Rollback\nrollback: {mode: GitRevert}\n"), rings: [1])
    world.verdict = { _ in .failed }
    world.revert = .wanted
    world.run(for: 30)
    #expect(world.rollout.phase == .rollingBack && world.rollout.revert?.phase == .wanted)
    #expect(world.rollout.advice.contains { $0.contains("muster rollout resume web") })
    try world.rollout.heed(.resume)
    #expect(world.rollout.phase == .rolledBack && world.rollout.revert?.phase == .refused)
    // While clusters go back, there is nothing to leave.
    var other = try WaveWorld(
      Self.strategy([Self.gated], "onFailure: Rollback\nrollback: {mode: GitRevert}\n"), rings: [1])
    other.verdict = { _ in .failed }
    while other.rollout.phase != .rollingBack {
      other.turn()
      other.pass(1)
    }
    #expect(throws: FleetRollout.Refusal.self) { try other.rollout.heed(.resume) }
  }

  // MARK: Who ended it, and what was wrong

  @Test func whoEndsItIsToldWithWhatWasWrong() throws {
    let failing = Self.strategy([Self.gated, ""], "onFailure: Pause\n")
    for (commands, phase) in [
      ([WaveCommand.rollback], FleetRollout.Phase.rolledBack), ([.abort], .aborted),
      ([.abort, .rollback], .rolledBack),
    ] {
      var world = try WaveWorld(failing, rings: [2, 1])
      world.verdict = { _ in .failed }
      world.run(for: 60)
      #expect(world.rollout.phase == .paused && world.rollout.reason == .analysisFailed)
      let trouble = world.rollout.message
      for command in commands {
        try world.rollout.heed(command, actor: "ann")
        world.run(for: 100)
      }
      #expect(world.rollout.phase == phase && world.rollout.reason == .requested)
      #expect(world.rollout.message == "ann asked for it, after: " + trouble, "\(world.rollout.message)")
    }
    var calm = try WaveWorld(Self.strategy(["pause: {}"]), rings: [1])
    calm.run(for: 5)
    try calm.rollout.heed(.abort, actor: "ann")
    calm.run(for: 5)
    #expect(calm.rollout.message == "ann asked for it", "\(calm.rollout.message)")
  }

  @Test func whatIsNewHasNothingToGoBackTo() throws {
    var world = try WaveWorld(Self.strategy([Self.gated, ""], "onFailure: Pause\n"), rings: [1, 1])
    for index in world.rollout.targets.indices { world.rollout.targets[index].from = nil }
    world.verdict = { _ in .failed }
    world.run(for: 60)
    #expect(world.rollout.phase == .paused && !world.rollout.hasWayBack)
    #expect(!world.rollout.advice.contains { $0.contains("muster rollout rollback") }, "\(world.rollout.advice)")
    #expect(world.rollout.advice.contains { $0.hasPrefix("nothing can be taken back") })
    var aborting = try WaveWorld(Self.strategy([""]), rings: [2])
    aborting.turn()
    try aborting.rollout.heed(.abort)
    aborting.turn()
    #expect(aborting.rollout.phase == .aborting)
    #expect(aborting.rollout.advice.contains { $0.hasPrefix("muster rollout rollback web") })
  }

  // MARK: What holds a rollout up

  @Test func tooManyAwayPauseItUntilTheyReturnOrAPersonGoesOn() throws {
    let text = Self.strategy(["failureBudget: {maxUnreachable: 25%}", ""])
    for command in [nil, WaveCommand.resume, .promote(full: false)] {
      var world = try WaveWorld(text, rings: [4, 1])
      for name in ["app-0-01", "app-0-02"] { world.clusters[name]?.isReachable = false }
      world.run(for: 100)
      #expect(world.rollout.phase == .paused && world.rollout.reason == .clustersAway)
      #expect(world.rollout.advice.contains { $0.contains("muster rollout resume web") } && !world.rollout.hasFailed)
      #expect(world.phases(0) == [.done, .away, .away, .queued], "nothing more is admitted")
      if let command { try world.rollout.heed(command) } else { world.clusters["app-0-01"]?.isReachable = true }
      world.run(for: 100)
      #expect(world.rollout.phase == .succeeded && world.versions(1) == ["new"], "\(world.rollout.message)")
    }
  }

  @Test func whatItWaitsForIsTold() throws {
    var closed = try WaveWorld(Self.strategy([""]), rings: [1])
    closed.window = SyncWindowVerdict(.closed, "no window is open")
    var hand = try WaveWorld(Self.strategy(["maxUpdate: 0"]), rings: [1])
    var paused = try WaveWorld(Self.strategy(["pause: {duration: 1h}"]), rings: [1])
    var empty = try WaveWorld(Self.strategy(["", ""]), rings: [1, 1])
    empty.clusters["app-0-00"]?.isReachable = false
    for (world, waiting, words) in [
      (closed, FleetRollout.Waiting.window, "window opens"), (hand, .hand, "muster app sync app-0-00"),
      (paused, .time, "muster rollout approve web"), (empty, .nobody, "muster rollout promote web"),
    ] {
      var world = world
      world.run(for: 30)
      #expect(world.rollout.phase == .running && world.rollout.waiting == waiting)
      #expect(world.rollout.advice.contains { $0.contains(words) }, "\(world.rollout.advice)")
    }
    closed.run(for: 10)
    closed.window = nil
    closed.run(for: 30)
    #expect(closed.rollout.phase == .succeeded && closed.rollout.waiting == nil && closed.rollout.advice.isEmpty)
    hand.run(for: 10)
    paused.run(for: 10)
    try paused.rollout.heed(.approve)
    paused.run(for: 30)
    #expect(paused.rollout.phase == .succeeded)
    empty.run(for: 10)
    try empty.rollout.heed(.promote(full: false))
    empty.run(for: 30)
    #expect(empty.rollout.phase == .succeeded)
  }

  @Test func whatIsAdmittedByHandHasADeadlineToo() throws {
    var world = try WaveWorld(Self.strategy(["maxUpdate: 0, timeout: 30s"]), rings: [1])
    world.syncTime = 1_000
    world.turn()
    let isAdmitted = world.rollout.admit("app-0-00", now: world.now, timeout: world.strategy.steps[0].timeout)
    #expect(isAdmitted)
    world.run(for: 60)
    #expect(world.rollout.targets[0].reason == .timeout)
  }
}
