package import Manifest

// MARK: - As the API gives it out

extension FleetRollout {
  /// One object of kind `FleetRollout`, with the words of Kubernetes where it has them.
  /// - Parameters:
  ///   - withTargets: whether the clusters are told one by one.
  ///   - revisions: for people, of versions by their ids.
  package func node(withTargets: Bool, revisions: [String: String] = [:]) -> Node {
    var node: Mapping = [
      "name": .string(name), "set": .string(set), "number": Node(.int(number)), "phase": .string(phase.rawValue),
      "reason": .string(reason.rawValue), "message": .string(message), "trigger": .string(trigger),
      "changes": .sequence(changes.map(Node.string)), "createdAt": Self.time(createdAt),
    ]
    if let finishedAt { node["finishedAt"] = Self.time(finishedAt) }
    if let failedAt { node["failedAt"] = Self.time(failedAt) }
    if let restoredAt {
      node["restoredAt"] = Self.time(restoredAt)
      if let failedAt { node["secondsToRestore"] = Node(.int(Int64(max(0, restoredAt - failedAt).rounded(.up)))) }
    }
    if let waiting { node["waiting"] = .string(waiting.rawValue) }
    node["failed"] = Node(.bool(hasFailed))
    node["advice"] = .sequence(advice.map(Node.string))
    if let background { node["analysis"] = background.node }
    if let revert {
      node["revert"] = .mapping([
        "phase": .string(revert.phase.rawValue), "commits": .sequence(revert.commits.map(Node.string)),
        "message": .string(revert.message),
      ])
    }
    node["waves"] = .sequence(waves.indices.map { self.node(ofWave: $0) })
    if withTargets { node["targets"] = .sequence(targets.map { $0.node(waves, revisions) }) }
    return .mapping(node)
  }

  private func node(ofWave index: Int) -> Node {
    let wave = waves[index]
    var node: Mapping = [
      "name": .string(wave.name), "step": Node(.int(Int64(wave.step + 1))), "phase": .string(wave.phase.rawValue),
      "size": Node(.int(Int64(wave.size))),
    ]
    for (key, time) in [
      ("startedAt", wave.startedAt), ("finishedAt", wave.finishedAt), ("pausedUntil", wave.pausedUntil),
      ("soakUntil", wave.soakUntil),
    ] {
      if let time { node[key] = Self.time(time) }
    }
    if let gate = wave.gate { node["analysis"] = gate.node }
    var counts = Mapping()
    for phase in RolloutTarget.Phase.allCases {
      let count = targets.count { $0.wave == index && $0.phase == phase }
      if count > 0 { counts[phase.rawValue] = Node(.int(Int64(count))) }
    }
    node["counts"] = .mapping(counts)
    return .mapping(node)
  }

  fileprivate static func time(_ seconds: Double) -> Node { .string(AnalysisTime(seconds: seconds).text) }
}

extension RolloutTarget {
  fileprivate func node(_ waves: [RolloutWave], _ revisions: [String: String]) -> Node {
    var node: Mapping = [
      "application": .string(application), "cluster": .string(cluster),
      "wave": .string(waves.indices.contains(wave) ? waves[wave].name : ""), "phase": .string(phase.rawValue),
      "reason": .string(reason.rawValue), "message": .string(message), "attempt": Node(.int(Int64(attempt))),
      "touched": Node(.bool(wasTouched)),
    ]
    // One that is not there is new, or cannot be rendered; an empty one is not remembered any more.
    for (key, id) in [("from", from), ("to", to)] { if let id { node[key] = .string(revisions[id] ?? "") } }
    for (key, time) in [("admittedAt", admittedAt), ("finishedAt", finishedAt), ("deadline", deadline)] {
      if let time { node[key] = FleetRollout.time(time) }
    }
    if let gate { node["analysis"] = gate.node }
    return .mapping(node)
  }
}

extension RolloutGate {
  fileprivate var node: Node {
    .mapping(["name": .string(name), "phase": .string(verdict.rawValue), "message": .string(message)])
  }
}
