import Manifest

/// The runs that a status names.
struct CurrentRuns {
  var step: RolloutRun?
  var background: RolloutRun?
  var prePromotion: RolloutRun?
  var postPromotion: RolloutRun?
  /// All the others of the Rollout.
  var others: [RolloutRun] = []

  init() {}

  init(_ runs: [RolloutRun], _ status: RolloutStatus) {
    for run in runs {
      switch run.name {
      case status.stepRun?.name: step = run
      case status.backgroundRun?.name: background = run
      case status.prePromotionRun?.name: prePromotion = run
      case status.postPromotionRun?.name: postPromotion = run
      default: others.append(run)
      }
    }
  }

  var current: [RolloutRun] { [step, background, prePromotion, postPromotion].compactMap(\.self) }
}

/// Analyses of a Rollout (`rollout/analysis.go`).
extension RolloutPass {
  /// How the status names a run that goes on, or one that was made just now.
  private enum Choice {
    case none
    case keep(RolloutRun)
    case made(RolloutStatus.RunReference)

    var reference: RolloutStatus.RunReference? {
      switch self {
      case .none: nil
      case .keep(let run): run.reference
      case .made(let reference): reference
      }
    }
  }

  mutating func analyse() {
    let isCancelled =
      old.isFullyPromoted || isAborted || old.promotesFull || isFastRollback || old.stableHash.isEmpty
    if isCancelled {
      for run in runs.current { terminate(run) }
      // blueGreen keeps its last ones in the status once they are over.
      next.prePromotionRun = runs.prePromotion?.reference
      next.postPromotionRun = runs.postPromotion?.reference
      (runs.step, runs.background) = (nil, nil)
    } else if let canary = rollout.canary {
      analyseStep()
      analyseBackground(canary)
    } else if let blueGreen = rollout.blueGreen {
      analyseBeforeSwitch(blueGreen)
      analyseAfterSwitch(blueGreen)
    }
    endOtherRuns()
    tellOfRuns()
  }

  /// What became of its analyses since they were last written down (`rollout/analysis.go`, emitAnalysisRunStatusChanges).
  private mutating func tellOfRuns() {
    let kinds: [(type: String, before: RolloutStatus.RunReference?, run: RolloutRun?)] = [
      ("PostPromotion", old.postPromotionRun, runs.postPromotion),
      ("PrePromotion", old.prePromotionRun, runs.prePromotion), ("Step", old.stepRun, runs.step),
      ("Background", old.backgroundRun, runs.background),
    ]
    for (type, before, run) in kinds {
      guard let run, !run.phase.isEmpty, before.map({ $0.name == run.name && $0.phase != run.phase }) ?? true else {
        continue
      }
      plan.events.append(
        RolloutEvent(
          "AnalysisRun" + run.phase,
          "\(type) Analysis Run '\(run.name)' Status New: '\(run.phase)' "
            + "Previous: '\(before?.phase ?? "NoPreviousStatus")'",
          isWarning: AnalysisPhase(rawValue: run.phase)?.isBad ?? false))
    }
  }

  // MARK: Canary

  private mutating func analyseStep() {
    if !old.pauses.isEmpty || old.isAborted {
      next.stepRun = runs.step?.reference
      return
    }
    guard let current = currentStep, case .analysis(let analysis)? = current.step, !analysis.templates.isEmpty,
      runs.step.map({ $0.labels["step-index"] == String(current.index) }) ?? true
    else {
      if let run = runs.step { terminate(run) }
      runs.step = nil
      return
    }
    let index = String(current.index)
    let choice = choose(runs.step, analysis, infix: index, type: "Step", extra: ["step-index": index])
    next.stepRun = choice.reference
    runs.step = judged(choice, "Step-based analysis phase error/failed")
  }

  private mutating func analyseBackground(_ canary: CanaryStrategy) {
    guard let analysis = canary.analysis, !analysis.templates.isEmpty else {
      if let run = runs.background { terminate(run) }
      return
    }
    if old.currentHash.isEmpty || (currentStep.map { $0.index < analysis.startingStep } ?? false) { return }
    if old.pause(.inconclusive) != nil {
      next.backgroundRun = runs.background?.reference
      return
    }
    let choice = choose(runs.background, analysis, infix: nil, type: "Background")
    next.backgroundRun = choice.reference
    runs.background = judged(choice, "Background analysis phase error/failed")
  }

  // MARK: Blue and green

  private mutating func analyseBeforeSwitch(_ strategy: BlueGreenStrategy) {
    guard let analysis = strategy.prePromotionAnalysis else {
      if let run = runs.prePromotion { terminate(run) }
      return
    }
    if skipsAnalysisBeforeSwitch(strategy) {
      if let run = runs.prePromotion { terminate(run) }
      next.prePromotionRun = runs.prePromotion?.reference
    } else if old.pause(.inconclusive) != nil {
      next.prePromotionRun = runs.prePromotion?.reference
    } else {
      let choice = choose(runs.prePromotion, analysis, infix: "pre", type: "PrePromotion")
      next.prePromotionRun = choice.reference
      runs.prePromotion = kept(choice)
    }
    judge(runs.prePromotion, "Blue/green pre-promotion analysis phase error/failed")
  }

  private func skipsAnalysisBeforeSwitch(_ strategy: BlueGreenStrategy) -> Bool {
    if old.stableHash == new.hash || old.activeSelector.isEmpty || old.activeSelector == new.hash { return true }
    // One that began goes on, even when a Pod comes and goes.
    if runs.prePromotion != nil { return false }
    if let count = strategy.previewReplicaCount { return new.spec != count || new.available != count }
    return !new.isSaturated(replicas)
  }

  private mutating func analyseAfterSwitch(_ strategy: BlueGreenStrategy) {
    guard let analysis = strategy.postPromotionAnalysis else {
      if let run = runs.postPromotion { terminate(run) }
      return
    }
    if skipsAnalysisAfterSwitch {
      if let run = runs.postPromotion { terminate(run) }
      next.postPromotionRun = runs.postPromotion?.reference
    } else if old.pause(.inconclusive) != nil {
      next.postPromotionRun = runs.postPromotion?.reference
    } else {
      let choice = choose(runs.postPromotion, analysis, infix: "post", type: "PostPromotion")
      next.postPromotionRun = choice.reference
      runs.postPromotion = kept(choice)
    }
    judge(runs.postPromotion, "Blue/green post-promotion analysis phase error/failed")
  }

  var skipsAnalysisAfterSwitch: Bool {
    if old.stableHash == new.hash || old.activeSelector != new.hash { return true }
    return runs.postPromotion == nil && !new.isSaturated(replicas)
  }

  // MARK: Runs

  /// Whether the run that is there will not do: there is none, a person let the Rollout go on after an inconclusive
  /// one, or it is begun again after an abort.
  private func needsNewRun(_ run: RolloutRun?) -> Bool {
    guard let run else { return true }
    if old.isControllerPaused, old.pause(.canaryStep) == nil, old.pause(.blueGreen) == nil {
      return run.phase == AnalysisPhase.inconclusive.rawValue
    }
    return old.abortedAt != nil
  }

  private mutating func choose(
    _ run: RolloutRun?, _ analysis: RolloutAnalysis, infix: String?, type: String, extra: [String: String] = [:]
  ) -> Choice {
    if let run, !needsNewRun(run) { return .keep(run) }
    return make(analysis, infix: infix, labels: extra.merging(["rollout-type": type]) { $1 })
  }

  private func kept(_ choice: Choice) -> RolloutRun? { if case .keep(let run) = choice { run } else { nil } }

  private mutating func judged(_ choice: Choice, _ words: String) -> RolloutRun? {
    let run = kept(choice)
    judge(run, words)
    return run
  }

  private mutating func judge(_ run: RolloutRun?, _ words: String) {
    guard let run, let phase = AnalysisPhase(rawValue: run.phase) else { return }
    switch phase {
    case .inconclusive: pause.added.append(.inconclusive)
    case .error, .failed: pause.abort(run.message.isEmpty ? words : words + ": " + run.message)
    case .successful, .running, .pending: break
    }
  }

  private mutating func terminate(_ run: RolloutRun) {
    guard !run.isAskedToEnd, !run.isCompleted, !run.isDeleting, !plan.actions.contains(.terminateRun(run.name)) else {
      return
    }
    plan.actions.append(.terminateRun(run.name))
  }

  /// Others than those of this pass are ended, and forgotten when they are too many or their ReplicaSet is gone.
  private mutating func endOtherRuns() {
    let named = Set(
      [next.stepRun, next.backgroundRun, next.prePromotionRun, next.postPromotionRun].compactMap(\.?.name))
    let others = scene.runs.filter { run in
      !named.contains(run.name) && !runs.current.contains { $0.name == run.name }
    }
    for run in others { terminate(run) }
    var kept = (successful: 0, unsuccessful: 0)
    for run in others.sorted(by: { $0.created > $1.created }) where !run.isDeleting {
      let hash = run.labels[Rollout.hashLabel]
      let isOrphaned = !all.contains { !$0.hash.isEmpty && $0.hash == hash && !$0.isDeleting }
      if isOrphaned || isSurplus(run, &kept) { plan.actions.append(.deleteRun(run.name, uid: run.uid)) }
    }
  }

  private func isSurplus(_ run: RolloutRun, _ kept: inout (successful: Int, unsuccessful: Int)) -> Bool {
    switch AnalysisPhase(rawValue: run.phase) {
    case .successful:
      kept.successful += 1
      return kept.successful > rollout.successfulRunLimit
    case .failed, .error, .inconclusive:
      kept.unsuccessful += 1
      return kept.unsuccessful > rollout.unsuccessfulRunLimit
    case .running, .pending, nil: return false
    }
  }

  // MARK: A new run

  private mutating func make(_ analysis: RolloutAnalysis, infix: String?, labels: [String: String]) -> Choice {
    let revision = rollout.annotations[RolloutAnnotation.revision] ?? String(new.revision)
    let base = ([rollout.name, new.hash, revision] + (infix.map { [$0] } ?? [])).joined(separator: "-")
    if let known = unrecordedRun(base) { return .made(known.reference) }
    do {
      let name = freeRunName(base)
      let run = try RunBuilder(rollout: rollout, new: new, stable: stable, templates: scene.templates)
        .run(analysis, name: name, revision: revision, labels: labels)
      plan.actions.append(.createRun(run))
      return .made(.init(name: name, phase: "", message: ""))
    } catch {
      // What cannot be measured proves nothing: the update stops, as at an analysis that ends in an error.
      pause.abort("analysis cannot be made: " + error.message)
      return .none
    }
  }

  /// One that was made and not yet written down, since whoever made it was stopped.
  private func unrecordedRun(_ base: String) -> RolloutRun? {
    let current = Set(runs.current.map(\.name))
    return scene.runs.first { run in
      (run.name == base || run.name.hasPrefix(base + ".")) && !current.contains(run.name) && !run.isCompleted
        && !run.isAskedToEnd && !run.isDeleting
    }
  }

  private func freeRunName(_ base: String) -> String {
    let taken = scene.takenRunNames.union(scene.runs.map(\.name))
    guard taken.contains(base) else { return base }
    var number = 1
    while taken.contains("\(base).\(number)") { number += 1 }
    return "\(base).\(number)"
  }
}

/// Makes AnalysisRuns for a Rollout.
struct RunBuilder {
  struct Problem: Error {
    var message: String
  }

  let rollout: Rollout
  let new: RolloutReplicaSet
  let stable: RolloutReplicaSet?
  let templates: [AnalysisManifest]

  func run(
    _ analysis: RolloutAnalysis, name: String, revision: String, labels: [String: String]
  ) throws(Problem) -> Mapping {
    let spec: AnalysisSpec
    let arguments = try arguments(analysis)
    do {
      spec = try AnalysisAssembly(templates).spec(
        from: analysis.templates, arguments: arguments, dryRun: analysis.dryRun,
        measurementRetention: analysis.measurementRetention, at: SourceLocation(file: "rollout \(rollout.name)"))
    } catch {
      throw Problem(message: error.all.map(\.message).joined(separator: "; "))
    }
    var allLabels = labels.merging([Rollout.hashLabel: new.hash]) { $1 }
    allLabels.merge(analysis.labels) { $1 }
    allLabels.merge(rollout.selector?["matchLabels"].textMembers ?? [:]) { $1 }
    let annotations = [RolloutAnnotation.revision: revision].merging(analysis.annotations) { $1 }
    return [
      "apiVersion": .string(Rollout.apiVersion), "kind": .string(AnalysisManifest.Kind.run.rawValue),
      "metadata": .mapping([
        "name": .string(name), "namespace": .string(rollout.namespace), "labels": .mapping(Mapping(texts: allLabels)),
        "annotations": .mapping(Mapping(texts: annotations)),
        "ownerReferences": .sequence([RolloutPass.ownerReference(of: rollout)]),
      ]),
      "spec": spec.node,
    ]
  }

  /// The values that the Rollout gives (`utils/analysis`, BuildArgumentsForRolloutAnalysisRun).
  private func arguments(_ analysis: RolloutAnalysis) throws(Problem) -> [AnalysisArgument] {
    var arguments: [AnalysisArgument] = []
    for node in analysis.args {
      var argument = AnalysisArgument(node)
      let from = node["valueFrom"]
      if let which = from?["podTemplateHashValue"]?.string {
        argument.source = .value(which == "Latest" ? new.hash : stable?.hash ?? "")
      } else if let path = from?["fieldRef"]?["fieldPath"]?.string {
        do {
          argument.source = .value(try FieldReference.value(of: path, in: rollout.object))
        } catch {
          throw Problem(message: "argument '\(Visible.text(argument.name))': \(error.message)")
        }
      }
      arguments.append(argument)
    }
    return arguments
  }
}
