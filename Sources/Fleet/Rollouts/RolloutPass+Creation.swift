package import Manifest

extension RolloutPass {
  static func ownerReference(of rollout: Rollout) -> Node {
    .mapping([
      "apiVersion": .string(Rollout.apiVersion), "kind": .string("Rollout"), "name": .string(rollout.name),
      "uid": .string(rollout.uid), "controller": Node(.bool(true)), "blockOwnerDeletion": Node(.bool(true)),
    ])
  }

  /// Makes the ReplicaSet of a template that has none; the rest is for the next look.
  static func creation(_ scene: RolloutScene) -> RolloutPlan {
    let rollout = scene.rollout
    let revision = scene.replicaSets.nextRevision
    let set = replicaSet(scene, revision: revision)
    let name = set["metadata"]?["name"]?.string ?? ""
    var status = rollout.status
    status.conditions.set(
      .init(
        .progressing, .isTrue, RolloutConditions.Reason.created, "Created new replica set \"\(name)\"", at: scene.now))
    var plan = RolloutPlan()
    plan.actions = [.createReplicaSet(set), revisionPatch(revision)]
    if let patch = status.patch(from: rollout.object["status"]) { plan.actions.append(.patchStatus(patch)) }
    plan.events = [
      RolloutEvent(RolloutConditions.Reason.created, "Created ReplicaSet \(name) (revision \(revision))"),
      RolloutEvent("RolloutUpdated", "Rollout updated to revision \(revision)"),
    ]
    return plan
  }

  /// Without replicas: it grows as the strategy says.
  private static func replicaSet(_ scene: RolloutScene, revision: Int) -> Mapping {
    let rollout = scene.rollout
    let hash = TemplateHash.of(template: rollout.template, collisions: rollout.status.collisionCount)
    var labels = rollout.template["metadata"]?["labels"]?.mapping ?? Mapping()
    labels[Rollout.hashLabel] = .string(hash)
    var template = rollout.template
    var templateMetadata = template["metadata"]?.mapping ?? Mapping()
    templateMetadata["labels"] = .mapping(labels)
    template["metadata"] = .mapping(templateMetadata)
    var annotations = rollout.annotations.filter { !RolloutAnnotation.notCopied.contains($0.key) }
    annotations[RolloutAnnotation.revision] = String(revision)
    annotations[RolloutAnnotation.desiredReplicas] = String(rollout.replicas)
    let isFirst = !scene.replicaSets.contains { $0.hash == rollout.status.stableHash }
    if let metadata = isFirst ? rollout.podMetadata.stable : rollout.podMetadata.new {
      template = template.replacingMetadata(nil, by: metadata)
      annotations[RolloutAnnotation.ephemeralMetadata] = JSON.text(metadata.node)
    }
    var selector = rollout.selector ?? .mapping([:])
    var matchLabels = selector["matchLabels"]?.mapping ?? Mapping()
    matchLabels[Rollout.hashLabel] = .string(hash)
    selector["matchLabels"] = .mapping(matchLabels)
    return [
      "apiVersion": .string("apps/v1"), "kind": .string("ReplicaSet"),
      "metadata": .mapping([
        "name": .string(rollout.name + "-" + hash), "namespace": .string(rollout.namespace),
        "labels": .mapping(labels), "annotations": .mapping(Mapping(texts: annotations)),
        "ownerReferences": .sequence([ownerReference(of: rollout)]),
      ]),
      "spec": .mapping([
        "replicas": Node(.int(0)), "minReadySeconds": Node(.int(Int64(rollout.minReadySeconds))),
        "selector": selector, "template": template,
      ]),
    ]
  }

  // MARK: A wrong specification

  static func invalid(_ scene: RolloutScene, _ problem: String) -> RolloutPlan {
    let rollout = scene.rollout
    var status = rollout.status
    let message = "The Rollout \"\(rollout.name)\" is invalid: \(problem)"
    if status.conditions[.invalidSpec]?.message != message { status.conditions.remove(.invalidSpec) }
    status.conditions.set(
      .init(.invalidSpec, .isTrue, RolloutConditions.Reason.invalidSpec, message, at: scene.now))
    status.observedGeneration = String(rollout.generation)
    if !scene.workloadGeneration.isEmpty { status.workloadObservedGeneration = scene.workloadGeneration }
    (status.phase, status.message) = phase(rollout, status)
    var plan = RolloutPlan()
    if let patch = status.patch(from: rollout.object["status"]) { plan.actions = [.patchStatus(patch)] }
    plan.wake(at: scene.now + RolloutMachine.invalidRetry)
    return plan
  }
}

extension RolloutMachine {
  /// A merge patch of `status` for a ReplicaSet that could not be made.
  package static func failedCreation(
    _ rollout: Rollout, name: String, _ message: String, at now: AnalysisTime
  ) -> Mapping? {
    var status = rollout.status
    status.conditions.set(
      .init(
        .progressing, .isFalse, RolloutConditions.Reason.createError,
        "Failed to create new replica set \"\(name)\": \(message)", at: now))
    status.observedGeneration = String(rollout.generation)
    (status.phase, status.message) = RolloutPass.phase(rollout, status)
    return status.patch(from: rollout.object["status"])
  }

  /// A merge patch of `status` for a ReplicaSet whose name another one has: the next hash is another one.
  package static func collision(_ rollout: Rollout) -> Mapping? {
    var status = rollout.status
    status.collisionCount = min((status.collisionCount ?? 0) + 1, 1_000_000)
    return status.patch(from: rollout.object["status"])
  }
}
