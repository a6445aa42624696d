// MARK: - What to do now

extension FleetRollout {
  /// What a person may do now, each with why; empty where there is nothing to do but wait.
  package var advice: [String] {
    switch phase {
    case .succeeded, .superseded: []
    case .aborting: ["wait: what is under way comes to its end, and nothing new begins"] + back
    case .running: runningAdvice
    case .rollingBack:
      revert?.phase == .wanted
        ? ["muster rollout resume \(set)   leaves Git as it is, once the clusters are back; the change stays held"] : []
    case .paused: pausedAdvice
    case .aborted:
      back + [
        "muster rollout retry \(set)   rolls it out again",
        "or push a fix: it is held only until something else is wanted",
      ]
    case .rolledBack:
      revert?.phase == .pushed
        ? ["push a fix: the branch is back at what the clusters have"]
        : [
          "push a fix: the change is held until the branch moves on",
          "muster rollout retry \(set)   rolls the same out again",
        ]
    case .rollbackFailed:
      (firstOf(.rollbackFailed).map { ["muster app get \($0)   says what is wrong there"] } ?? [])
        + ["muster rollout rollback \(set)   tries again"]
    }
  }

  private var back: [String] {
    guard targets.contains(where: \.wasTouched) else {
      let isOpen = phase == .running || phase == .paused
      return isOpen ? ["muster rollout abort \(set)   ends it; nothing was touched yet"] : []
    }
    return hasWayBack
      ? ["muster rollout rollback \(set)   takes back what was touched"]
      : ["nothing can be taken back: every application that was touched is new"]
  }

  private var runningAdvice: [String] {
    guard let waiting, !isSuperseded else { return [] }
    switch waiting {
    case .window: return ["wait: it goes on by itself when its window opens"] + back
    case .time: return ["muster rollout approve \(set)   does not wait for the end of the pause"]
    case .hand:
      let next = targets.first { $0.phase == .queued && $0.wave == currentWave }?.application
      return (next.map { ["muster app sync \($0)   brings it there; so with each of the wave"] } ?? []) + back
    case .nobody:
      return [
        "wait: it goes on by itself when a cluster of the wave returns",
        "muster rollout promote \(set)   goes on without them; they get it when they return",
      ] + back
    }
  }

  private var pausedAdvice: [String] {
    switch reason {
    case .none, .superseded: return []
    case .requested: return ["muster rollout resume \(set)   goes on"] + back
    case .approval: return ["muster rollout approve \(set)   lets the next wave begin"] + back
    case .budget:
      return (firstOf(.failed).map { ["muster app get \($0)   says what is wrong there"] } ?? []) + [
        "muster rollout retry \(set)   tries what failed once more",
        "muster rollout resume \(set)   goes on, and leaves what failed as it is",
      ] + back + ["or push a fix: it takes the place of this one"]
    case .clustersAway:
      return [
        "wait: it goes on by itself when enough clusters return",
        "muster rollout resume \(set)   goes on without them; they get it when they return",
      ] + back
    case .analysisFailed, .analysisInconclusive:
      return [
        "muster rollout retry \(set)   measures once more",
        "muster rollout resume \(set)   goes on all the same",
      ] + back + ["or push a fix: it takes the place of this one"]
    case .revertConflict:
      return [
        "take the change back on the branch by hand, and push that",
        "muster rollout rollback \(set)   tries Git once more",
        "muster rollout resume \(set)   leaves Git as it is; the change stays held",
      ]
    }
  }

  private func firstOf(_ phase: RolloutTarget.Phase) -> String? {
    targets.first { $0.phase == phase }?.application
  }
}
