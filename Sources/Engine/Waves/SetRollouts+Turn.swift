import Fleet
import Foundation
import Manifest

// MARK: - Turns: decide, write down, do

extension SetRollouts {
  /// One turn of the rollout that is under way.
  /// - Returns: when to look again; nil for when something changes.
  func turn() async throws -> Double? {
    var change = RolloutChange(set: name)
    let joinAgain = concludeJoining(&change)
    guard let open = rollout, !open.phase.isOver else {
      try await write(change)
      await tellRenewed()
      return joinAgain.map { Seconds.now + $0 }
    }
    guard let planned else {
      throw Failure(
        "rollout.strategy", subject: "rollout \(open.name)", stage: "rollout",
        "how it was planned cannot be read any more", retry: .never)
    }
    let now = Date().timeIntervalSince1970
    let turn = WaveTurn(open, planned, try await scene(open, planned, now: now), now: now)
    try await advance(to: turn.rollout, change)
    await tellRenewed()
    measureAdmissions(open, turn.rollout)
    var next = turn.next
    if let joinAgain { next = min(next ?? .infinity, now + joinAgain) }
    try await perform(turn.actions)
    if turn.rollout.phase.isOver, !turn.rollout.phase.holdsChange || turn.rollout.isSuperseded { review() }
    return next.map { Seconds.now + max($0 - now, 0.05) }
  }

  private func tellRenewed() async {
    for name in renewed.sorted() { await stage(name, staging(of: name)) }
    renewed = []
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
      members[name]?.joining = move.late
      members[name]?.isBehind = false
    }
    for name in change.removedStages {
      members[name]?.current = nil
      members[name]?.good = nil
      members[name]?.joining = nil
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
    /// The sync that is asked for when its cluster returns, though the rollout is over then.
    var late: String?
  }

  /// What Applications are kept at from now on.
  private func moves(
    from old: FleetRollout?, to new: FleetRollout, _ change: inout RolloutChange
  ) -> [String: Move] {
    var moves: [String: Move] = [:]
    for (index, target) in new.targets.enumerated() {
      let before = old.map { $0.targets[index] }
      if let move = move(of: target, before, new) {
        let name = target.application
        moves[name] = move
        change.stages.append(
          .init(
            application: name, current: move.current.id, good: (move.good ?? members[name]?.good)?.id,
            joining: move.late))
      }
      if new.phase.holdsChange, old?.phase.holdsChange != true {
        if let state = heldState(of: target, new) { change.held[target.application] = state }
        if isYetToCome(target) { change.removedStages.append(target.application) }
      }
    }
    if old != nil, new.phase.holdsChange, old?.phase.holdsChange != true {
      change.held.merge(heldOfJoined()) { first, _ in first }
    }
    return moves
  }

  /// Whether a new cluster, which was away when all others got what was taken back now, is still to get it: nothing of it
  /// was ever there.
  private func isYetToCome(_ target: RolloutTarget) -> Bool {
    guard target.phase == .away, target.from == nil, !target.wasTouched, let member = members[target.application] else {
      return false
    }
    return member.current?.id == target.to && member.sight?.target.isReachable != true
  }

  /// What is not to come again by itself.
  private func heldState(of target: RolloutTarget, _ rollout: FleetRollout) -> String? {
    guard rollout.isWayBack else { return target.to.flatMap { versions[$0] }?.state }
    return held[target.application] ?? members[target.application]?.wantedVersion?.state
  }

  private func move(of target: RolloutTarget, _ before: RolloutTarget?, _ rollout: FleetRollout) -> Move? {
    guard members[target.application] != nil else { return nil }
    let (from, to) = (target.from.flatMap { versions[$0] }, target.to.flatMap { versions[$0] })
    if rollout.phase == .succeeded, let to {
      // Who is away gets it when it returns; who failed, which was accepted, has not shown that it is good.
      guard target.phase == .done || target.phase == .away else { return nil }
      return Move(current: to, good: to, late: target.phase == .away ? rollout.lateID : nil)
    }
    if rollout.phase == .aborted || rollout.phase == .superseded, target.phase == .away, target.wasTouched {
      return to.map { Move(current: $0, late: rollout.lateID) }
    }
    guard before?.phase != target.phase || before?.goesBackLater != target.goesBackLater else { return nil }
    switch target.phase {
    case .admitted: return to.map { Move(current: $0) }
    case .rollingBack: return from.map { Move(current: $0) }
    case .rolledBack: return from.map { Move(current: $0, good: $0) }
    case .away where target.goesBackLater == true:
      return from.map { Move(current: $0, good: $0, late: rollout.lateBackID) }
    case .queued, .syncing, .verifying, .done, .failed, .away, .rollbackFailed, .gone: return nil
    }
  }

  func write(_ change: RolloutChange) async throws { try await services.store.rollouts.write(change) }

  // MARK: Doing

  private func perform(_ actions: [WaveAction]) async throws {
    for action in actions {
      switch action {
      case .admit(let index), .restore(let index): await bring(index)
      case .measure(let subject, let name): try await measure(subject, name)
      case .revert: wantRevert()
      }
    }
  }

  /// Tells the hub what an Application is kept at now; once for each sync.
  private func bring(_ index: Int) async {
    guard let rollout, rollout.targets.indices.contains(index) else { return }
    let target = rollout.targets[index]
    let request =
      target.goesBackLater == true
      ? rollout.lateBackID
      : target.phase == .rollingBack ? rollout.backID(of: target) : rollout.forwardID(of: target)
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
    keepVersionsInUse()
    wantKeep()
  }

  /// Forgets what nothing refers to any more: every commit gives each Application another version.
  func forgetVersions() async throws {
    try await services.store.rollouts.trim(name, keep: Self.keptRollouts)
    keepVersionsInUse()
  }

  private func keepVersionsInUse() {
    var ids = Set((rollout?.targets ?? []).flatMap { [$0.from, $0.to].compactMap(\.self) })
    for member in members.values { ids.formUnion([member.current?.id, member.good?.id].compactMap(\.self)) }
    for stage in stored.values { ids.formUnion([stage.current, stage.good].compactMap(\.self)) }
    versions = versions.filter { ids.contains($0.key) }
  }
}
