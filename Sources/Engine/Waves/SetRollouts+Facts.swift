import Fleet
import Foundation

// MARK: - History

extension SetRollouts {
  /// Writes down what became another.
  func tell(_ old: FleetRollout?, _ new: FleetRollout) async {
    var facts: [Fact] = []
    if old == nil {
      let sizes = new.waves.map { "\($0.name) \($0.size)" }.joined(separator: ", ")
      facts.append(fact(new, "Planned", cause: new.trigger, ([sizes] + new.changes).joined(separator: "; ")))
    }
    for (index, wave) in new.waves.enumerated() {
      let before = old?.waves[index].phase ?? .waiting
      guard wave.phase != before else { continue }
      facts.append(fact(new, "Wave" + wave.phase.rawValue, cause: wave.name, wave.gate?.message ?? ""))
    }
    for (index, target) in new.targets.enumerated() where target.phase != old?.targets[index].phase ?? .queued {
      guard [.failed, .away, .rolledBack, .rollbackFailed].contains(target.phase) else { continue }
      facts.append(
        fact(
          new, target.phase.rawValue, cause: target.reason == .none ? new.reason.rawValue : target.reason.rawValue,
          target.message, application: target.application, cluster: target.cluster, revision: revision(of: target)))
    }
    if let old, old.phase != new.phase || old.reason != new.reason {
      facts.append(
        fact(new, new.phase.rawValue, cause: new.reason == .none ? new.trigger : new.reason.rawValue, new.message))
    }
    if let revert = new.revert, revert.phase != old?.revert?.phase, revert.phase != .wanted {
      facts.append(
        fact(
          new, revert.phase == .pushed ? "Reverted" : "RevertRefused", cause: "rollback",
          revert.message.isEmpty ? revert.commits.joined(separator: ", ") : revert.message))
    }
    await services.record(facts)
  }

  /// For people: what it has, or is to have, now.
  private func revision(of target: RolloutTarget) -> String {
    let id = target.phase == .rolledBack ? target.from ?? target.to : target.to
    return id.flatMap { versions[$0]?.revision } ?? ""
  }

  func fact(
    _ rollout: FleetRollout, _ outcome: String, cause: String, _ message: String, application: String = "",
    cluster: String = "", revision: String = "", actor: String = "hub"
  ) -> Fact {
    Fact(
      time: Date(), kind: .rollout, application: application, cluster: cluster, actor: actor, cause: cause,
      outcome: outcome, revision: revision, message: rollout.name + (message.isEmpty ? "" : ": " + message))
  }
}
