import Fleet
import Foundation
import Manifest

// MARK: - Turns: decide, write down, do

extension SetRollouts {
  /// One turn of the rollout that is under way.
  /// - Returns: when to look again; nil for when something changes.
  func turn() async throws -> Double? {
    var change = RolloutChange(set: name)
    concludeJoining(&change)
    guard let open = rollout, !open.phase.isOver else {
      try await write(change)
      return nil
    }
    guard let planned else {
      throw Failure(
        "rollout.strategy", subject: "rollout \(open.name)", stage: "rollout",
        "how it was planned cannot be read any more", retry: .never)
    }
    let now = Date().timeIntervalSince1970
    let turn = WaveTurn(open, planned, try await scene(open, planned, now: now), now: now)
    try await advance(to: turn.rollout, change)
    measureAdmissions(open, turn.rollout)
    var next = turn.next
    if try await perform(turn.actions) { next = min(next ?? .infinity, now + Self.pace.retry) }
    if turn.rollout.phase.isOver, !turn.rollout.phase.holdsChange || turn.rollout.isSuperseded { review() }
    return next.map { Seconds.now + max($0 - now, 0.05) }
  }

  /// How long those that were admitted had waited for those that were done.
  private func measureAdmissions(_ old: FleetRollout, _ new: FleetRollout) {
    var admitted = 0
    var madeRoom: Double?
    for (before, after) in zip(old.targets, new.targets) where before.phase != after.phase {
      if after.phase == .admitted { admitted += 1 }
      if after.phase == .done, let seen = members[after.application]?.sight?.target.observedAt {
        madeRoom = min(madeRoom ?? seen, seen)
      }
    }
    guard admitted > 0, let madeRoom else { return }
    services.measurements.admitted(admitted, seconds: max(0, Date().timeIntervalSince1970 - madeRoom))
  }

  private func scene(_ open: FleetRollout, _ strategy: WaveStrategy, now: Double) async throws -> WaveScene {
    var sights: [String: WaveScene.Target] = [:]
    let isOverdue = Seconds.now - startedAt > Self.longestUnseen
    for target in open.targets {
      guard let member = members[target.application], !gone.contains(target.application) else { continue }
      var sight = member.sight?.target
      if sight == nil, isOverdue {
        sight = WaveScene.Target(
          version: nil, isReachable: false, sync: .unknown, health: HealthReport(.unknown), observedAt: 0)
      }
      if member.cluster?.cordoned == true {
        sight?.isReachable = false
        sight?.message = "its cluster is cordoned"
      }
      sights[target.application] = sight
    }
    var scene = WaveScene(targets: sights, gates: try await gates(of: open))
    scene.departed = gone
    if !strategy.windows.isEmpty {
      let verdict = SyncWindows(strategy.windows).verdict(
        at: Int64(now), isManual: false, zones: TimeZones.table)
      if !verdict.allows { scene.closedWindow = verdict }
    }
    return scene
  }

  /// Seconds after the start of the hub until an Application that was not looked at counts as away.
  private static let longestUnseen = 120.0

  /// Writes down what a rollout has become with all that follows from it, and only then takes it for true.
  func advance(to new: FleetRollout, _ given: RolloutChange) async throws {
    guard !isStopped else { throw CancellationError() }
    var change = given
    let old = rollout.flatMap { $0.number == new.number ? $0 : nil }
    if old != new {
      change.rollout = new
      change.targets = old.map { old in new.targets.indices.filter { old.targets[$0] != new.targets[$0] } }
    }
    let moved = moves(from: old, to: new, &change)
    try await write(change)
    rollout = new
    if old == nil { positions = Self.positions(in: new) }
    for (name, move) in moved {
      members[name]?.current = move.current
      if let good = move.good { members[name]?.good = good }
    }
    for name in change.released { held[name] = nil }
    held.merge(change.held) { $1 }
    await tell(old, new)
    await endLeft(old, new)
    if new.phase.isOver, old?.phase.isOver != true { await settle(new) }
  }

  private struct Move {
    var current: ApplicationVersion
    var good: ApplicationVersion?
  }

  /// What Applications are kept at from now on.
  private func moves(
    from old: FleetRollout?, to new: FleetRollout, _ change: inout RolloutChange
  ) -> [String: Move] {
    var moves: [String: Move] = [:]
    for (index, target) in new.targets.enumerated() {
      let before = old.map { $0.targets[index].phase }
      if let move = move(of: target, before, new) {
        let name = target.application
        moves[name] = move
        change.stages.append(
          .init(application: name, current: move.current.id, good: (move.good ?? members[name]?.good)?.id))
      }
      if new.phase.holdsChange, old?.phase.holdsChange != true, let state = heldState(of: target, new) {
        change.held[target.application] = state
      }
    }
    return moves
  }

  /// What is not to come again by itself.
  private func heldState(of target: RolloutTarget, _ rollout: FleetRollout) -> String? {
    guard rollout.isWayBack else { return target.to.flatMap { versions[$0] }?.state }
    return held[target.application] ?? members[target.application]?.wantedVersion?.state
  }

  private func move(of target: RolloutTarget, _ before: RolloutTarget.Phase?, _ rollout: FleetRollout) -> Move? {
    guard members[target.application] != nil else { return nil }
    let (from, to) = (target.from.flatMap { versions[$0] }, target.to.flatMap { versions[$0] })
    if rollout.phase == .succeeded, let to {
      // Who is away gets it when it returns; who failed, which was accepted, has not shown that it is good.
      let isGood = target.phase == .done || target.phase == .away
      return isGood ? Move(current: to, good: to) : nil
    }
    guard before != target.phase else { return nil }
    switch target.phase {
    case .admitted: return to.map { Move(current: $0) }
    case .rollingBack: return from.map { Move(current: $0) }
    case .rolledBack: return from.map { Move(current: $0, good: $0) }
    case .queued, .syncing, .verifying, .done, .failed, .away, .rollbackFailed, .gone: return nil
    }
  }

  func write(_ change: RolloutChange) async throws { try await services.store.rollouts.write(change) }

  // MARK: Doing

  /// - Returns: whether something is to be tried once more.
  private func perform(_ actions: [WaveAction]) async throws -> Bool {
    var isUnfinished = false
    for action in actions {
      switch action {
      case .admit(let index), .restore(let index): await bring(index)
      case .measure(let subject, let name): try await measure(subject, name)
      case .revert: isUnfinished = try await takeBackInGit() || isUnfinished
      }
    }
    return isUnfinished
  }

  /// Tells the hub what an Application is kept at now; once for each sync.
  private func bring(_ index: Int) async {
    guard let rollout, rollout.targets.indices.contains(index) else { return }
    let target = rollout.targets[index]
    let request = target.phase == .rollingBack ? rollout.backID(of: target) : rollout.forwardID(of: target)
    guard issued.insert(request + " " + target.application).inserted else { return }
    await stage(target.application, staging(of: target.application))
  }

  /// Ends analyses that nobody waits for any more.
  func endLeft(_ old: FleetRollout?, _ new: FleetRollout) async {
    let left =
      if let old {
        Set(old.gates.filter(\.isOpen).map(\.name)).subtracting(new.gates.filter(\.isOpen).map(\.name))
      } else {
        Set(new.gates.filter { $0.verdict == .left }.map(\.name))
      }
    for name in left {
      do { try await analyses.terminate(name) } catch {
        services.logger.error("analysis not ended", metadata: ["analysis": "\(name)", "reason": "\(error)"])
      }
    }
  }

  /// After the end: every Application is told at what it stays.
  private func settle(_ over: FleetRollout) async {
    issued = []
    for target in over.targets where target.phase != .gone && members[target.application] != nil {
      await stage(target.application, staging(of: target.application))
    }
    do {
      try await services.store.rollouts.trim(name, keep: Self.keptRollouts)
      try await analyses.remove(of: "\(name)#\(over.number - Int64(Self.keptRollouts))")
    } catch {
      services.logger.error("old rollouts not forgotten", metadata: ["set": "\(name)", "reason": "\(error)"])
    }
    var ids = Set(over.targets.flatMap { [$0.from, $0.to].compactMap(\.self) })
    for member in members.values { ids.formUnion([member.current?.id, member.good?.id].compactMap(\.self)) }
    versions = versions.filter { ids.contains($0.key) }
  }
}
