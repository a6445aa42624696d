import Fleet
import Foundation
import Manifest

// MARK: - What people say

extension SetRollouts {
  /// Does what a person wants of the newest rollout.
  /// - Throws: ``Failure`` `rollout.none`, `rollout.refused`.
  func heed(_ command: WaveCommand, actor: String) async throws -> FleetRollout {
    let new = try await exclusively { try await self.carryOut(command, actor) }
    ring()
    return new
  }

  private func carryOut(_ command: WaveCommand, _ actor: String) async throws -> FleetRollout {
    guard var new = rollout else {
      throw Failure(
        "rollout.none", subject: "set \(name)", stage: "rollout", "nothing of set \(name) was rolled out yet",
        retry: .never)
    }
    if command == .retry, new.phase.holdsChange { return try await letGo(new, actor) }
    do {
      try new.heed(command, actor: actor)
    } catch {
      throw Failure("rollout.refused", subject: "rollout \(new.name)", stage: "rollout", error.message, retry: .never)
    }
    try await advance(to: new, RolloutChange(set: name))
    await services.record([fact(new, Self.word(command), cause: "requested", "", actor: actor)])
    return new
  }

  private static func word(_ command: WaveCommand) -> String {
    switch command {
    case .pause: "PauseRequested"
    case .resume: "ResumeRequested"
    case .approve: "Approved"
    case .promote: "Promoted"
    case .abort: "AbortRequested"
    case .rollback: "RollbackRequested"
    case .retry: "RetryRequested"
    }
  }

  /// What was taken back may be rolled out again.
  private func letGo(_ over: FleetRollout, _ actor: String) async throws -> FleetRollout {
    var change = RolloutChange(set: name)
    change.releasesHeld = true
    try await write(change)
    held = [:]
    await services.record([fact(over, "RetryRequested", cause: "requested", "", actor: actor)])
    review()
    return over
  }

  /// Takes the set back to what an earlier rollout brought.
  /// - Throws: ``Failure`` `rollout.no-such-rollout`, `rollout.refused`.
  func rollBack(to number: Int64, actor: String) async throws -> FleetRollout {
    let new = try await exclusively { try await self.planWayBack(to: number, actor) }
    ring()
    return new
  }

  private func planWayBack(to number: Int64, _ actor: String) async throws -> FleetRollout {
    if let rollout, !rollout.phase.isOver {
      throw Failure(
        "rollout.refused", subject: "rollout \(rollout.name)", stage: "rollout",
        rollout.phase == .aborting
          ? "\(rollout.name) is still being aborted: wait for its end, or take it back as a whole: "
            + "muster rollout rollback \(name)"
          : "\(rollout.name) is \(rollout.phase.rawValue): abort it first, or take it back as a whole: "
            + "muster rollout rollback \(name)", retry: .never)
    }
    let earlier = try await versions(after: number)
    var change = RolloutChange(set: name)
    var candidates: [WavePlan.Candidate] = []
    for (application, id) in earlier {
      guard let member = members[application], let cluster = member.cluster, let current = member.current,
        let version = versions[id], version.state != current.state
      else { continue }
      change.versions.append(version)
      candidates.append(
        .init(
          application: application, cluster: cluster.name.text, labels: member.wanted.labels, good: id,
          wanted: current.id))
    }
    let plan = WavePlan(candidates, strategy)
    guard !plan.targets.isEmpty else {
      throw Failure(
        "rollout.refused", subject: "set \(name)", stage: "rollout",
        "every cluster has already what \(name)#\(number) brought", retry: .never)
    }
    var new = FleetRollout(
      set: name, number: (rollout?.number ?? 0) + 1, createdAt: Date().timeIntervalSince1970, strategy: strategyText,
      trigger: "the way back to \(name)#\(number)", changes: [], waves: plan.waves, targets: plan.targets)
    for index in new.targets.indices {
      new.targets[index].phase = .done
      new.targets[index].wasTouched = true
    }
    new.wishes.wantsRollback = true
    new.wishes.actor = actor
    new.isWayBack = true
    planned = strategy
    revertTries = 0
    try await advance(to: new, change)
    await services.record([fact(new, "RollbackRequested", cause: "requested", new.trigger, actor: actor)])
    return new
  }

  /// The version of each Application after a rollout, as far as rollouts since are remembered.
  private func versions(after number: Int64) async throws -> [String: String] {
    let history = try await services.store.rollouts.newest(of: name, limit: Self.keptRollouts, withTargets: true)
    guard let there = history.first(where: { $0.number == number }), there.phase == .succeeded else {
      let known = history.filter { $0.phase == .succeeded }.map { "\($0.number)" }.joined(separator: ", ")
      throw Failure(
        "rollout.no-such-rollout", subject: "set \(name)", stage: "rollout",
        "no rollout \(number) that succeeded is remembered" + (known.isEmpty ? "" : "; there are \(known)"),
        retry: .never)
    }
    var ids: [String: String] = [:]
    // The newest says what was before it, and so on to the one that is wanted, which says what it brought.
    for rollout in history where rollout.number > number {
      for target in rollout.targets {
        // A way back is planned the other way round.
        if let before = rollout.isWayBack ? target.to : target.from { ids[target.application] = before }
      }
    }
    for target in there.targets { if let to = target.to { ids[target.application] = to } }
    for id in ids.values where versions[id] == nil {
      versions[id] = try await services.store.rollouts.version(id)
    }
    return ids
  }

  /// A person syncs an Application that waits for its turn: its turn has come where the step admits none by itself.
  func admit(_ application: String, actor: String) async throws {
    let isAdmitted = try await exclusively { try await self.admitNow(application, actor) }
    if isAdmitted { ring() }
  }

  private func admitNow(_ application: String, _ actor: String) async throws -> Bool {
    guard var new = rollout, let index = new.currentWave, let step = planned?.steps[new.waves[index].step],
      step.maxUpdate?.limit(of: new.waves[index].size) == 0,
      new.admit(application, now: Date().timeIntervalSince1970, timeout: step.timeout)
    else { return false }
    try await advance(to: new, RolloutChange(set: name))
    await services.record([fact(new, "Admitted", cause: "requested", "", application: application, actor: actor)])
    return true
  }

  /// Why an Application is at what it is; nil where there is nothing to tell.
  func word(on application: String) -> String? {
    guard let member = members[application], let rollout else { return nil }
    let version = member.wantedVersion
    let target = positions[application].flatMap { rollout.targets.indices.contains($0) ? rollout.targets[$0] : nil }
    return rollout.words(
      on: target, kept: member.current.map { Self.short($0.revision) } ?? "nothing",
      wanted: version.map { Self.short($0.revision) } ?? "what is wanted",
      isHeld: version.map { held[application] == $0.state && member.current?.state != $0.state } ?? false)
  }

  private static func short(_ revision: String) -> String {
    revision.split(separator: ",").map { $0.prefix(8) }.joined(separator: ",")
  }

  func view() -> HubEngine.FleetRolloutView {
    HubEngine.FleetRolloutView(
      set: name, rollout: rollout, problem: problem, unmatched: unmatched,
      held: held.filter { members[$0.key]?.wantedVersion?.state == $0.value }.keys.sorted())
  }
}
