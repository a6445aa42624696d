import Manifest

/// Runs Rollouts as Argo Rollouts does: what to do next, from all that is known. Without a clock, without I/O, and
/// without a memory: the Rollout's status holds all of it, so whoever takes over goes on at the same place.
package enum RolloutMachine {
  /// How often a Rollout is looked at whose specification is wrong: what it lacks may come.
  static let invalidRetry = 20.0

  package static func plan(_ scene: RolloutScene) -> RolloutPlan {
    guard !scene.rollout.isDeleting else { return RolloutPlan() }
    var scene = scene
    var plan = look(at: &scene)
    plan.actions = workloadNote(scene) + plan.actions
    return plan
  }

  /// The workload's generation as an annotation, which health compares with the one in the status
  /// (`rollout/templateref.go`).
  private static func workloadNote(_ scene: RolloutScene) -> [RolloutAction] {
    let (key, generation) = (RolloutAnnotation.workloadGeneration, scene.workloadGeneration)
    guard !generation.isEmpty, scene.rollout.annotations[key] != generation else { return [] }
    return [.patchRollout(["metadata": .mapping(["annotations": .mapping([key: .string(generation)])])])]
  }

  private static func look(at scene: inout RolloutScene) -> RolloutPlan {
    if let problem = RolloutRules.resolveWorkload(&scene) ?? RolloutRules.problem(in: scene) {
      return RolloutPass.invalid(scene, problem)
    }
    let strangers = scene.strangers
    if !scene.orphans.isEmpty || !strangers.isEmpty { return claims(scene, releasing: strangers) }
    guard scene.rollout.writtenReplicas != nil else {
      var plan = RolloutPlan()
      plan.actions = [.patchRollout(["spec": .mapping(["replicas": Node(.int(1))])])]
      return plan
    }
    guard let new = newReplicaSet(scene) else { return RolloutPass.creation(scene) }
    var pass = RolloutPass(scene, new: new)
    pass.run()
    return pass.plan
  }

  /// Whether its Pods have to be known: to restart them, or to label them by their role.
  package static func needsPods(_ rollout: Rollout, at now: AnalysisTime) -> Bool {
    let metadata = rollout.podMetadata
    return metadata.new != nil || metadata.stable != nil || needsRestart(rollout, at: now)
  }

  static func needsRestart(_ rollout: Rollout, at now: AnalysisTime) -> Bool {
    guard let restartAt = rollout.restartAt, restartAt < now else { return false }
    return rollout.status.restartedAt.map { $0.text != restartAt.text } ?? true
  }

  /// The ReplicaSet of the template that is wanted: by the hash, else by what the template says, so that those of
  /// another controller, or of another version of this one, are taken over (`utils/replicaset`, FindNewReplicaSet).
  package static func newReplicaSet(_ scene: RolloutScene) -> RolloutReplicaSet? {
    let hash = TemplateHash.of(template: scene.rollout.template, collisions: scene.rollout.status.collisionCount)
    let sets = scene.replicaSets.byAge
    return sets.first { $0.hash == hash }
      ?? sets.first {
        PodTemplate.areEqual(live: $0.template, desired: scene.rollout.template, injected: $0.injectedMetadata)
      }
  }

  /// Whether a ReplicaSet whose name was taken is the one that was to be made.
  package static func isWanted(_ set: RolloutReplicaSet, by rollout: Rollout) -> Bool {
    set.controller == rollout.uid
      && PodTemplate.areEqual(live: set.template, desired: rollout.template, injected: set.injectedMetadata)
  }

  /// Takes orphans, and lets go of those that the selector does not match any more (`controller_ref_manager.go`). Owners
  /// beside the controller stay.
  private static func claims(_ scene: RolloutScene, releasing strangers: [RolloutReplicaSet]) -> RolloutPlan {
    var plan = RolloutPlan()
    let owner = RolloutPass.ownerReference(of: scene.rollout)
    plan.actions =
      scene.orphans.map { ownersPatch($0, $0.owners + [owner]) }
      + strangers.map { set in ownersPatch(set, set.owners.filter { $0["uid"]?.string != scene.rollout.uid }) }
    return plan
  }

  private static func ownersPatch(_ set: RolloutReplicaSet, _ owners: [Node]) -> RolloutAction {
    .patchReplicaSet(set.name, ["metadata": .mapping(["ownerReferences": .sequence(owners), "uid": .string(set.uid)])])
  }
}

/// What a pass means to do with pauses and abortion (`rollout/pause.go`).
struct PauseChanges {
  var added: [RolloutStatus.PauseReason] = []
  var removed: Set<RolloutStatus.PauseReason> = []
  var clears = false
  var aborts = false
  var removesAbort = false
  var abortMessage = ""

  mutating func abort(_ message: String) {
    aborts = true
    abortMessage = message
  }
}

/// One look at a Rollout whose ReplicaSet is there.
struct RolloutPass {
  var scene: RolloutScene
  let rollout: Rollout
  let replicas: Int
  let now: AnalysisTime
  /// The status as it stands, and as it becomes.
  let old: RolloutStatus
  var next: RolloutStatus
  let all: [RolloutReplicaSet]
  let new: RolloutReplicaSet
  /// The last one that was rolled out wholly; may be the new one.
  let stable: RolloutReplicaSet?
  /// Neither new nor stable.
  let others: [RolloutReplicaSet]
  /// Whether the new one still was kept after an earlier switch when the pass began.
  let isNewWithinDelay: Bool
  var pause = PauseChanges()
  var plan = RolloutPlan()
  var runs = CurrentRuns()
  /// Whether this pass only follows another number of replicas.
  private(set) var isScaleOnly = false

  init(_ scene: RolloutScene, new: RolloutReplicaSet) {
    self.scene = scene
    rollout = scene.rollout
    replicas = scene.rollout.replicas
    now = scene.now
    old = scene.rollout.status
    all = scene.replicaSets.byAge
    self.new = new
    let stableHash = scene.rollout.status.stableHash
    if stableHash.isEmpty {
      stable = nil
    } else {
      stable = new.hash == stableHash ? new : all.first { $0.hash == stableHash }
    }
    let stableName = stable?.name
    others = all.filter { $0.name != new.name && $0.name != stableName }
    isNewWithinDelay = new.scaleDownDeadline.map { $0 > scene.now } ?? false
    next = RolloutStatus()
    next.restartedAt = old.restartedAt
    next.duration = old.duration
    next.weights = old.weights
    runs = CurrentRuns(scene.runs, old)
    if old.isFullyPromoted, old.isAborted { pause.removesAbort = true }
  }

  /// The stable one where it is another than the new one.
  var separateStable: RolloutReplicaSet? { stable?.name == new.name ? nil : stable }

  var isAborted: Bool { !pause.removesAbort && (pause.aborts || old.isAborted) }

  /// Why replicas and Services have to stay as they are.
  var isHalted: Bool { rollout.isPaused || old.pause(.inconclusive) != nil }

  mutating func run() {
    if let changed = conditionsOfPause() {
      next = changed
      return writeStatus()
    }
    syncRevision()
    if rollout.canary != nil {
      // Before any scaling: the weight of the old steps says nothing about the new version.
      if hasTemplateOrStepsChanged { return finishCanary() }
      if isScaling { return scaleOnly() }
      return runCanary()
    }
    if isScaling { return scaleOnly() }
    runBlueGreen()
  }

  // MARK: What changed

  var hasTemplateChanged: Bool { !old.currentHash.isEmpty && old.currentHash != new.hash }

  var stepHash: String { rollout.canary.map { TemplateHash.of(steps: $0.writtenSteps) } ?? "" }

  /// Earlier versions of Muster wrote another hash of the same steps.
  var hasStepsChanged: Bool {
    old.stepHash != stepHash && old.stepHash != rollout.canary.map { TemplateHash.sorted(steps: $0.writtenSteps) }
  }

  var hasTemplateOrStepsChanged: Bool { hasStepsChanged || hasTemplateChanged }

  /// Somebody asks for another number of replicas.
  private var isScaling: Bool {
    [new, separateStable].compactMap(\.self).contains { set in
      set.isActive && set.desiredReplicas.map { $0 != replicas } ?? false
    }
  }

  private mutating func scaleOnly() {
    isScaleOnly = true
    next = old
    if rollout.canary != nil {
      scaleCanary()
      next.availableReplicas = all.availableCount
      next.scaledReplicas = all.actualCount
    } else {
      scaleBlueGreen()
      let active = all.first { $0.hash == old.activeSelector }
      next.scaledReplicas = active?.replicas ?? all.actualCount
      next.availableReplicas = active?.available ?? all.availableCount
    }
    conclude()
  }

  // MARK: Revisions

  /// The new one has the highest revision; a version that comes back keeps its earlier numbers as history.
  private mutating func syncRevision() {
    let older = all.filter { $0.name != new.name }
    let revision = older.nextRevision
    var annotations = rollout.annotations.filter {
      !RolloutAnnotation.notCopied.contains($0.key) && new.annotations[$0.key] != $0.value
    }
    if new.revision < revision {
      annotations[RolloutAnnotation.revision] = String(revision)
      if new.revision > 0 {
        let history = new.annotations[RolloutAnnotation.revisionHistory].map { $0 + "," } ?? ""
        annotations[RolloutAnnotation.revisionHistory] = history + String(new.revision)
      }
    }
    var patch = Mapping()
    if !annotations.isEmpty { patch["metadata"] = .mapping(["annotations": .mapping(Mapping(texts: annotations))]) }
    if new.minReadySeconds != rollout.minReadySeconds {
      patch["spec"] = .mapping(["minReadySeconds": Node(.int(Int64(rollout.minReadySeconds)))])
    }
    if !patch.isEmpty { plan.actions.append(.patchReplicaSet(new.name, patch)) }
    let current = max(new.revision, revision)
    if rollout.annotations[RolloutAnnotation.revision] != String(current) {
      plan.actions.append(Self.revisionPatch(current))
      plan.events.append(RolloutEvent("RolloutUpdated", "Rollout updated to revision \(current)"))
    }
  }

  static func revisionPatch(_ revision: Int) -> RolloutAction {
    .patchRollout([
      "metadata": .mapping(["annotations": .mapping([RolloutAnnotation.revision: .string(String(revision))])])
    ])
  }

  // MARK: Scaling

  /// Whether a ReplicaSet got another number of replicas.
  @discardableResult
  mutating func scale(_ set: RolloutReplicaSet, to count: Int) -> Bool {
    let desired = String(replicas)
    var annotations = Mapping()
    if set.annotations[RolloutAnnotation.desiredReplicas] != desired {
      annotations[RolloutAnnotation.desiredReplicas] = .string(desired)
    }
    let isDropped = count == 0 && set.spec != 0 || count == 0 && replicas == 0
    if isDropped, set.hasScaleDownDeadline, !delaysScaleDownOnAbort {
      annotations[RolloutAnnotation.scaleDownDeadline] = .null
    }
    guard set.spec != count || !annotations.isEmpty else { return false }
    var patch = Mapping()
    if set.spec != count { patch["spec"] = .mapping(["replicas": Node(.int(Int64(count)))]) }
    if !annotations.isEmpty { patch["metadata"] = .mapping(["annotations": .mapping(annotations)]) }
    plan.actions.append(.patchReplicaSet(set.name, patch))
    guard set.spec != count else { return false }
    let direction = set.spec < count ? "up" : "down"
    let text = "Scaled \(direction) ReplicaSet \(set.name) (revision \(set.revision)) from \(set.spec) to \(count)"
    plan.events.append(RolloutEvent("ScalingReplicaSet", text))
    return true
  }
}
