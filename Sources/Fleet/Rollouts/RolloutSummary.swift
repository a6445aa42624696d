import Manifest

/// A Rollout in the words that `kubectl argo rollouts get rollout` has for people.
package struct RolloutSummary: Sendable {
  package var namespace: String
  package var name: String
  /// `Canary` or `BlueGreen`.
  package var strategy: String
  package var phase: String
  package var message: String
  /// Steps that are done; nil where there are none.
  package var step: Int?
  package var steps: [String]
  /// The weight that is asked for, and the one that is there, in percent; nil for blueGreen.
  package var setWeight: Int?
  package var actualWeight: Int?
  package var desired: Int
  package var current: Int
  package var updated: Int
  package var ready: Int
  package var available: Int
  package var revision: Int
  package var images: [Image]

  /// An image, and the roles of the versions that run it.
  package struct Image: Sendable, Equatable {
    package var image: String
    package var roles: [String]
  }

  /// - Parameter sets: those of the Rollout; none where only the Rollout is known.
  package init(_ rollout: Rollout, sets: [RolloutReplicaSet] = []) {
    let status = rollout.status
    namespace = rollout.namespace
    name = rollout.name
    strategy = rollout.blueGreen == nil ? "Canary" : "BlueGreen"
    (phase, message) = Self.phase(rollout)
    steps = rollout.canary?.steps.map(\.text) ?? []
    step = steps.isEmpty ? nil : min(status.stepIndex ?? 0, steps.count)
    desired = rollout.replicas
    current = status.replicas
    updated = status.updatedReplicas
    ready = status.readyReplicas
    available = status.availableReplicas
    revision = rollout.revision
    images = []
    if let canary = rollout.canary {
      setWeight = Self.setWeight(canary, status)
      actualWeight = Self.actualWeight(canary, status, sets)
    }
    images = Self.images(rollout, sets)
  }

  /// What was not observed yet is under way, whatever the status says (`utils/rollout`, GetRolloutPhase).
  private static func phase(_ rollout: Rollout) -> (String, String) {
    let status = rollout.status
    if let observed = Int64(status.observedGeneration), observed < rollout.generation {
      return ("Progressing", "waiting for rollout spec update to be observed")
    }
    if status.isUnpausing { return ("Progressing", "waiting for rollout to unpause") }
    guard let phase = status.phase else { return ("Progressing", "no controller has looked at it yet") }
    return (phase.rawValue, status.message)
  }

  private static func setWeight(_ canary: CanaryStrategy, _ status: RolloutStatus) -> Int {
    if status.isAborted { return 0 }
    if status.isFullyPromoted { return canary.maxTrafficWeight }
    guard let index = status.stepIndex, index < canary.steps.count else { return canary.maxTrafficWeight }
    for step in canary.steps[...max(index, 0)].reversed() {
      if case .setWeight(let weight) = step { return weight }
    }
    return 0
  }

  private static func actualWeight(
    _ canary: CanaryStrategy, _ status: RolloutStatus, _ sets: [RolloutReplicaSet]
  ) -> Int? {
    if status.isFullyPromoted { return canary.maxTrafficWeight }
    if canary.isRouted { return status.weights?.canary.weight ?? 0 }
    guard !sets.isEmpty else { return nil }
    let total = sets.availableCount
    let canaries = sets.filter { $0.hash == status.currentHash }.availableCount
    return total == 0 ? 0 : canaries * 100 / total
  }

  private static func images(_ rollout: Rollout, _ sets: [RolloutReplicaSet]) -> [Image] {
    guard !sets.isEmpty else { return images(of: rollout.template).map { Image(image: $0, roles: []) } }
    var found: [Image] = []
    for set in sets.newestRevisionFirst where set.spec > 0 || set.replicas > 0 {
      let roles = roles(of: set, in: rollout)
      for image in images(of: set.template) {
        if let position = found.firstIndex(where: { $0.image == image }) {
          found[position].roles += roles.filter { !found[position].roles.contains($0) }
        } else {
          found.append(Image(image: image, roles: roles))
        }
      }
    }
    return found
  }

  private static func images(of template: Node) -> [String] {
    (template["spec"]?["containers"]?.sequence ?? []).compactMap { $0["image"]?.string }
  }

  /// What a version is to the Rollout: `stable`, `canary`, `active`, `preview`; none for an old one.
  package static func roles(of set: RolloutReplicaSet, in rollout: Rollout) -> [String] {
    let status = rollout.status
    var roles: [String] = []
    guard !set.hash.isEmpty else { return roles }
    if set.hash == status.stableHash { roles.append("stable") }
    if rollout.blueGreen != nil {
      if set.hash == status.activeSelector { roles.append("active") }
      if set.hash == status.previewSelector, status.previewSelector != status.activeSelector { roles.append("preview") }
    } else if set.hash == status.currentHash, status.currentHash != status.stableHash {
      roles.append("canary")
    }
    return roles
  }
}
