import Manifest

@testable import Fleet

/// A fleet that does what a rollout asks, as a hub with its clusters would, with a clock that is set by hand.
struct WaveWorld {
  struct Cluster {
    var version: String?
    var health = Health.healthy
    var isReachable = true
    var operation: WaveScene.Operation?
    /// When the open operation ends.
    var endsAt: Double?
    /// The windows of its project are closed.
    var isHeld = false
  }

  struct Gate {
    var scene: WaveScene.Gate
    var endsAt: Double
    var verdict: AnalysisPhase
  }

  var rollout: FleetRollout
  let strategy: WaveStrategy
  var now = 1_000.0
  var clusters: [String: Cluster] = [:]
  var gates: [String: Gate] = [:]
  var window: SyncWindowVerdict?
  /// Nothing was looked at since the hub was started.
  var isBlind = false
  var departed: Set<String> = []
  /// How often each sync was begun.
  var begun: [String: Int] = [:]
  /// Versions whose syncs fail, and versions that are unwell.
  var refused: Set<String> = []
  var sick: Set<String> = []
  /// By subject of the run: what it says, after how long.
  var verdict: (String) -> AnalysisPhase = { _ in .successful }
  var syncTime = 2.0
  var revert: FleetRollout.Revert.Phase = .pushed
  var reverts = 0

  /// - Parameter rings: how many clusters each step has.
  init(_ strategyText: String, rings: [Int]) throws {
    let node = try YAML.parse(Array(strategyText.utf8), file: "strategy.yaml")[0]
    guard let strategy = WaveStrategy(rolling: node) else { fatalError("no strategy") }
    self.strategy = strategy
    var candidates: [WavePlan.Candidate] = []
    for (ring, count) in rings.enumerated() {
      for number in 0..<count {
        let name = "app-\(ring)-\(number < 10 ? "0" : "")\(number)"
        candidates.append(
          .init(
            application: name, cluster: "c" + name, labels: ["ring": "\(ring)"], good: "old", wanted: "new"))
        clusters[name] = Cluster(version: "old")
      }
    }
    let plan = WavePlan(candidates, strategy)
    rollout = FleetRollout(
      set: "web", number: 1, createdAt: now, strategy: JSON.text(node), trigger: "revision abc", changes: [],
      waves: plan.waves, targets: plan.targets)
  }

  // MARK: Turns

  private var scene: WaveScene {
    var scene = WaveScene(
      targets: isBlind
        ? [:]
        : clusters.mapValues { cluster in
          var target = WaveScene.Target(
            version: cluster.version, isReachable: cluster.isReachable,
            sync: cluster.operation?.phase == .running ? .outOfSync : .synced,
            health: HealthReport(cluster.health), operation: cluster.operation, observedAt: now)
          target.isHeld = cluster.isHeld
          return target
        },
      gates: gates.mapValues(\.scene), closedWindow: window)
    scene.departed = departed
    return scene
  }

  /// One turn: decides, writes down, and does as much of it as `limit` allows before the hub is killed.
  /// - Returns: when to look again.
  @discardableResult
  mutating func turn(limit: Int = .max) -> Double? {
    let turn = WaveTurn(rollout, strategy, scene, now: now)
    rollout = turn.rollout
    // What an Application is kept at is written down together with the rollout.
    for action in turn.actions {
      switch action {
      case .admit(let index): clusters[rollout.targets[index].application]?.version = rollout.targets[index].to
      case .restore(let index): clusters[rollout.targets[index].application]?.version = rollout.targets[index].from
      case .measure, .revert: break
      }
    }
    for action in turn.actions.prefix(limit) { perform(action) }
    return turn.next
  }

  private mutating func perform(_ action: WaveAction) {
    switch action {
    case .admit(let index):
      let target = rollout.targets[index]
      begin(target.application, rollout.forwardID(of: target))
    case .restore(let index):
      let target = rollout.targets[index]
      begin(target.application, rollout.backID(of: target))
    case .measure(_, let name):
      if gates[name] == nil {
        gates[name] = Gate(
          scene: .init(phase: .running, message: "", completedAt: nil), endsAt: now + 5, verdict: verdict(name))
      }
    case .revert:
      reverts += 1
      rollout.revert?.phase = revert
      if revert == .refused { rollout.revert?.message = "conflict" }
    }
  }

  private mutating func begin(_ name: String, _ request: String) {
    guard var cluster = clusters[name] else { return }
    if cluster.isReachable, !cluster.isHeld, cluster.operation?.request != request {
      begun[request + " " + name, default: 0] += 1
      cluster.operation = .init(request: request, phase: .running, startedAt: now, finishedAt: nil)
      cluster.endsAt = now + syncTime
    }
    clusters[name] = cluster
  }

  /// Lets time pass.
  mutating func pass(_ seconds: Double) {
    now += seconds
    for (name, var cluster) in clusters {
      if let endsAt = cluster.endsAt, endsAt <= now, cluster.isReachable {
        cluster.endsAt = nil
        let fails = cluster.version.map(refused.contains) ?? false
        cluster.operation?.phase = fails ? .failed : .succeeded
        cluster.operation?.message = fails ? "refused" : ""
        cluster.operation?.finishedAt = now
        cluster.health = cluster.version.map(sick.contains) ?? false ? .degraded : .healthy
      }
      clusters[name] = cluster
    }
    for (name, var gate) in gates where gate.endsAt <= now && !gate.scene.phase.isCompleted {
      gate.scene = .init(phase: gate.verdict, message: "metric says so", completedAt: gate.endsAt)
      gates[name] = gate
    }
  }

  /// Goes on until nothing moves any more, or for so many seconds.
  mutating func run(for seconds: Double = 10_000, step: Double = 1) {
    let end = now + seconds
    while now < end, !rollout.phase.isOver {
      turn()
      pass(step)
    }
    turn()
  }

  func phases(_ wave: Int) -> [RolloutTarget.Phase] { rollout.targets.filter { $0.wave == wave }.map(\.phase) }
  func versions(_ wave: Int) -> [String] {
    rollout.targets.filter { $0.wave == wave }.map { clusters[$0.application]?.version ?? "-" }
  }
}
