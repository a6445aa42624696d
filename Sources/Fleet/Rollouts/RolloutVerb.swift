package import Manifest

/// What people ask of a Rollout, in the words of `kubectl argo rollouts` and of Argo CD's actions.
package enum RolloutVerb: Sendable, Equatable {
  case pause
  case resume
  /// Ends a pause, or skips the step that goes on.
  case promote
  /// Skips everything that is left.
  case promoteFull
  case skipCurrentStep
  case abort
  case retry
  case restart
  /// Back to an earlier revision; nil for the one before this one.
  case undo(revision: Int?)
  case setImage(container: String, image: String)

  /// A verb without arguments, by its name.
  package init?(name: String) {
    switch name {
    case "pause": self = .pause
    case "resume": self = .resume
    case "promote": self = .promote
    case "promote-full": self = .promoteFull
    case "skip-current-step": self = .skipCurrentStep
    case "abort": self = .abort
    case "retry": self = .retry
    case "restart": self = .restart
    default: return nil
    }
  }

  package var name: String {
    switch self {
    case .pause: "pause"
    case .resume: "resume"
    case .promote: "promote"
    case .promoteFull: "promote-full"
    case .skipCurrentStep: "skip-current-step"
    case .abort: "abort"
    case .retry: "retry"
    case .restart: "restart"
    case .undo: "undo"
    case .setImage: "set-image"
    }
  }

  /// Why it cannot be done.
  package struct Refusal: Error, Sendable, Equatable {
    package var message: String
  }

  /// One write to the Rollout, in order.
  package enum Write: Sendable, Equatable {
    /// A merge patch of the object.
    case object(Mapping)
    /// A merge patch of its `status`.
    case status(Mapping)
    /// A JSON patch of the object.
    case operations([Node])
  }

  /// What has to be written (`pkg/kubectl-argo-rollouts/cmd`).
  /// - Parameter sets: those of the Rollout.
  package func writes(
    to rollout: Rollout, sets: [RolloutReplicaSet], now: AnalysisTime
  ) throws(Refusal) -> [Write] {
    switch self {
    case .pause: return [.object(["spec": .mapping(["paused": Node(.bool(true))])])]
    case .resume: return Self.unpaused(rollout) + [.status(["pauseConditions": .null])]
    case .promote: return Self.promotion(of: rollout)
    case .promoteFull:
      guard !rollout.status.isFullyPromoted || rollout.status.currentHash.isEmpty else {
        throw Refusal(message: "it is promoted already")
      }
      return Self.unpaused(rollout) + [.status(["promoteFull": Node(.bool(true))])]
    case .skipCurrentStep:
      guard let canary = rollout.canary, !canary.steps.isEmpty else {
        throw Refusal(message: "it has no steps to skip")
      }
      let next = min((rollout.status.stepIndex ?? 0) + 1, canary.steps.count)
      return Self.unpaused(rollout) + [
        .status(["pauseConditions": .null, "currentStepIndex": Node(.int(Int64(next)))])
      ]
    case .abort:
      if rollout.status.isFullyPromoted, !rollout.status.currentHash.isEmpty {
        throw Refusal(message: "it is promoted: there is nothing to abort; to go back, use undo")
      }
      return [.status(["abort": Node(.bool(true))])]
    case .retry:
      guard rollout.status.isAborted else { throw Refusal(message: "it is not aborted") }
      return [.status(["abort": Node(.bool(false))])]
    case .restart: return [.object(["spec": .mapping(["restartAt": .string(now.text)])])]
    case .undo(let revision): return [.operations([try Self.undo(rollout, sets, to: revision)])]
    case .setImage(let container, let image): return [.object(try Self.image(rollout, container, image))]
    }
  }

  private static func unpaused(_ rollout: Rollout) -> [Write] {
    rollout.isPaused ? [.object(["spec": .mapping(["paused": Node(.bool(false))])])] : []
  }

  /// Ends a pause, or skips the step; never both, but where an analysis said neither yes nor no.
  private static func promotion(of rollout: Rollout) -> [Write] {
    let status = rollout.status
    var writes = unpaused(rollout)
    let next = rollout.canary.flatMap { canary -> Node? in
      guard !canary.steps.isEmpty else { return nil }
      return Node(.int(Int64(min((status.stepIndex ?? 0) + 1, canary.steps.count))))
    }
    let isInconclusive = [status.stepRun, status.backgroundRun].contains {
      $0?.phase == AnalysisPhase.inconclusive.rawValue
    }
    if isInconclusive, !status.pauses.isEmpty, status.isControllerPaused, let next {
      writes.append(
        .status(["pauseConditions": .null, "controllerPause": Node(.bool(false)), "currentStepIndex": next]))
    } else if !status.pauses.isEmpty {
      writes.append(.status(["pauseConditions": .null]))
    } else if let next, !status.isFullyPromoted, !rollout.isPaused {
      writes.append(.status(["currentStepIndex": next]))
    }
    return writes
  }

  private static func undo(
    _ rollout: Rollout, _ sets: [RolloutReplicaSet], to revision: Int?
  ) throws(Refusal) -> Node {
    if let workload = rollout.workload {
      throw Refusal(message: "its template is that of \(workload.kind) \(workload.name): roll that back")
    }
    let sorted = sets.filter { $0.revision > 0 }.newestRevisionFirst
    let found = revision.map { wanted in sorted.first { $0.revision == wanted } } ?? sorted.dropFirst().first
    guard let found else {
      let known = sorted.map { String($0.revision) }.joined(separator: ", ")
      throw Refusal(
        message: revision.map { "there is no revision \($0); there are \(known.isEmpty ? "none" : known)" }
          ?? "there is no revision before this one")
    }
    return .mapping([
      "op": .string("replace"), "path": .string("/spec/template"), "value": PodTemplate.original(of: found),
    ])
  }

  private static func image(_ rollout: Rollout, _ container: String, _ image: String) throws(Refusal) -> Mapping {
    if let workload = rollout.workload {
      throw Refusal(message: "its template is that of \(workload.kind) \(workload.name): set the image there")
    }
    let spec = rollout.template["spec"]
    for list in ["containers", "initContainers"] {
      let containers = spec?[list]?.sequence ?? []
      guard containers.contains(where: { $0["name"]?.string == container }) else { continue }
      let changed = containers.map { node -> Node in
        guard node["name"]?.string == container else { return node }
        var node = node
        node["image"] = .string(image)
        return node
      }
      return [
        "spec": .mapping(["template": .mapping(["spec": .mapping([list: .sequence(changed)])])])
      ]
    }
    let names = (spec?["containers"]?.sequence ?? []).compactMap { $0["name"]?.string }.joined(separator: ", ")
    throw Refusal(message: "it has no container '\(Visible.text(container))'; it has \(names)")
  }
}
