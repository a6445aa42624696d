package import Manifest

/// `status` of a Rollout, in Argo Rollouts' fields, so that its dashboards and `kubectl get rollout` read it.
package struct RolloutStatus: Sendable, Equatable {
  package enum Phase: String, Sendable {
    case healthy = "Healthy"
    case degraded = "Degraded"
    case progressing = "Progressing"
    case paused = "Paused"
  }

  package enum PauseReason: String, Sendable {
    case canaryStep = "CanaryPauseStep"
    case blueGreen = "BlueGreenPause"
    case inconclusive = "InconclusiveAnalysisRun"
    /// Only read: Muster runs no experiments.
    case inconclusiveExperiment = "InconclusiveExperiment"
  }

  package struct Pause: Sendable, Equatable {
    package var reason: PauseReason
    package var startTime: AnalysisTime
  }

  /// An analysis as the status names it.
  package struct RunReference: Sendable, Equatable {
    package var name: String
    /// Empty before it was begun.
    package var phase: String
    package var message: String
  }

  package struct WeightDestination: Sendable, Equatable {
    package var weight: Int
    package var service: String
    package var hash: String
  }

  package struct Weights: Sendable, Equatable {
    package var canary: WeightDestination
    package var stable: WeightDestination
  }

  package var phase: Phase?
  package var message = ""
  package var isAborted = false
  package var abortedAt: AnalysisTime?
  package var pauses: [Pause] = []
  package var isControllerPaused = false
  package var promotesFull = false
  /// The hash of the template that is wanted.
  package var currentHash = ""
  /// The hash of the last one that was rolled out wholly; empty before the first.
  package var stableHash = ""
  package var stepIndex: Int?
  package var stepHash = ""
  package var collisionCount: Int?
  package var replicas = 0
  package var updatedReplicas = 0
  package var readyReplicas = 0
  package var availableReplicas = 0
  package var scaledReplicas = 0
  package var selector = ""
  /// A text, as upstream has it.
  package var observedGeneration = ""
  package var workloadObservedGeneration = ""
  package var restartedAt: AnalysisTime?
  package var conditions = RolloutConditions()
  package var stepRun: RunReference?
  package var backgroundRun: RunReference?
  package var weights: Weights?
  package var activeSelector = ""
  package var previewSelector = ""
  package var hasPassedPreview = false
  package var prePromotionRun: RunReference?
  package var postPromotionRun: RunReference?
  package var duration: RolloutDuration?

  package init() {}

  package func pause(_ reason: PauseReason) -> Pause? { pauses.first { $0.reason == reason } }

  package var isFullyPromoted: Bool { stableHash == currentHash }

  /// Whether somebody resumed it, and that was not yet taken in (`utils/rollout`, IsUnpausing).
  package var isUnpausing: Bool { isControllerPaused && pauses.isEmpty }
}

// MARK: From an object's field

extension RolloutStatus {
  /// What is not understood is left out.
  package init(_ node: Node) {
    self.init()
    phase = node["phase"]?.string.flatMap(Phase.init)
    message = node["message"]?.string ?? ""
    isAborted = node["abort"]?.bool ?? false
    abortedAt = node["abortedAt"].time
    pauses = (node["pauseConditions"]?.sequence ?? []).compactMap { pause in
      guard let reason = pause["reason"]?.string.flatMap(PauseReason.init) else { return nil }
      return Pause(reason: reason, startTime: pause["startTime"].time ?? AnalysisTime(seconds: 0))
    }
    isControllerPaused = node["controllerPause"]?.bool ?? false
    promotesFull = node["promoteFull"]?.bool ?? false
    currentHash = node["currentPodHash"]?.string ?? ""
    stableHash = node["stableRS"]?.string ?? ""
    stepIndex = node["currentStepIndex"].count.map { max($0, 0) }
    stepHash = node["currentStepHash"]?.string ?? ""
    collisionCount = node["collisionCount"].count
    for (name, path) in Self.counters { self[keyPath: path] = max(node[name].count ?? 0, 0) }
    selector = node["selector"]?.string ?? ""
    observedGeneration = node["observedGeneration"]?.string ?? ""
    workloadObservedGeneration = node["workloadObservedGeneration"]?.string ?? ""
    restartedAt = node["restartedAt"].time
    conditions = RolloutConditions(node["conditions"])
    stepRun = RunReference(node["canary"]?["currentStepAnalysisRunStatus"])
    backgroundRun = RunReference(node["canary"]?["currentBackgroundAnalysisRunStatus"])
    weights = Weights(node["canary"]?["weights"])
    activeSelector = node["blueGreen"]?["activeSelector"]?.string ?? ""
    previewSelector = node["blueGreen"]?["previewSelector"]?.string ?? ""
    hasPassedPreview = node["blueGreen"]?["scaleUpPreviewCheckPoint"]?.bool ?? false
    prePromotionRun = RunReference(node["blueGreen"]?["prePromotionAnalysisRunStatus"])
    postPromotionRun = RunReference(node["blueGreen"]?["postPromotionAnalysisRunStatus"])
    duration = RolloutDuration(node["duration"])
  }

  private static let counters: [(String, any WritableKeyPath<RolloutStatus, Int> & Sendable)] = [
    ("HPAReplicas", \.scaledReplicas), ("availableReplicas", \.availableReplicas), ("readyReplicas", \.readyReplicas),
    ("replicas", \.replicas), ("updatedReplicas", \.updatedReplicas),
  ]
}

// MARK: As an object's field

extension RolloutStatus {
  /// Every field that Muster keeps; what is empty is left out, as upstream leaves it.
  package var mapping: Mapping {
    var mapping = Mapping()
    for (name, path) in Self.counters { mapping.set(name, self[keyPath: path]) }
    mapping.set("abort", isAborted)
    mapping.set("abortedAt", abortedAt)
    mapping["blueGreen"] = .mapping(blueGreenMapping)
    mapping["canary"] = .mapping(canaryMapping)
    if let collisionCount { mapping["collisionCount"] = Node(.int(Int64(collisionCount))) }
    if !conditions.all.isEmpty { mapping["conditions"] = conditions.node }
    mapping.set("controllerPause", isControllerPaused)
    mapping.set("currentPodHash", currentHash)
    mapping.set("currentStepHash", stepHash)
    if let stepIndex { mapping["currentStepIndex"] = Node(.int(Int64(stepIndex))) }
    if let duration { mapping["duration"] = duration.node }
    mapping.set("message", message)
    mapping.set("observedGeneration", observedGeneration)
    if !pauses.isEmpty { mapping["pauseConditions"] = .sequence(pauses.map(\.node)) }
    mapping.set("phase", phase?.rawValue ?? "")
    mapping.set("promoteFull", promotesFull)
    mapping.set("restartedAt", restartedAt)
    mapping.set("selector", selector)
    mapping.set("stableRS", stableHash)
    mapping.set("workloadObservedGeneration", workloadObservedGeneration)
    return mapping
  }

  private var canaryMapping: Mapping {
    var mapping = Mapping()
    mapping["currentBackgroundAnalysisRunStatus"] = backgroundRun?.node
    mapping["currentStepAnalysisRunStatus"] = stepRun?.node
    mapping["weights"] = weights?.node
    return mapping
  }

  private var blueGreenMapping: Mapping {
    var mapping = Mapping()
    mapping.set("activeSelector", activeSelector)
    mapping["postPromotionAnalysisRunStatus"] = postPromotionRun?.node
    mapping["prePromotionAnalysisRunStatus"] = prePromotionRun?.node
    mapping.set("previewSelector", previewSelector)
    mapping.set("scaleUpPreviewCheckPoint", hasPassedPreview)
    return mapping
  }

  /// Fields of `status`, and of its two parts, that Muster keeps; others stay as they are.
  private static let kept = [
    "HPAReplicas", "abort", "abortedAt", "availableReplicas", "collisionCount", "conditions", "controllerPause",
    "currentPodHash", "currentStepHash", "currentStepIndex", "duration", "message", "observedGeneration",
    "pauseConditions", "phase", "promoteFull", "readyReplicas", "replicas", "restartedAt", "selector", "stableRS",
    "updatedReplicas", "workloadObservedGeneration",
  ]
  private static let keptOfCanary = [
    "currentBackgroundAnalysisRunStatus", "currentStepAnalysisRunStatus", "weights",
  ]
  private static let keptOfBlueGreen = [
    "activeSelector", "postPromotionAnalysisRunStatus", "prePromotionAnalysisRunStatus", "previewSelector",
    "scaleUpPreviewCheckPoint",
  ]

  /// A merge patch of `status` that makes `written`, the field as it stands, into this; nil where that is so already.
  package func patch(from written: Node?) -> Mapping? {
    let wanted = mapping
    var patch = Self.difference(Self.kept, written, wanted)
    for (part, fields) in [("canary", Self.keptOfCanary), ("blueGreen", Self.keptOfBlueGreen)] {
      let changes = Self.difference(fields, written?[part], wanted[part]?.mapping ?? Mapping())
      if !changes.isEmpty || written?[part] == nil { patch[part] = .mapping(changes) }
    }
    return patch.isEmpty ? nil : patch
  }

  private static func difference(_ fields: [String], _ old: Node?, _ new: Mapping) -> Mapping {
    var patch = Mapping()
    for field in fields where old?[field] != new[field] {
      // A merge would keep members that are no longer there.
      if let value = new[field] {
        patch[field] = replacement(of: old?[field], by: value)
      } else {
        patch[field] = .null
      }
    }
    return patch
  }

  private static func replacement(of old: Node?, by new: Node) -> Node {
    guard let old = old?.mapping, var members = new.mapping else { return new }
    for member in old {
      if let value = members[member.key] {
        members[member.key] = replacement(of: member.value, by: value)
      } else {
        members[member.key] = .null
      }
    }
    return .mapping(members)
  }
}

extension RolloutStatus.Pause {
  var node: Node { .mapping(["reason": .string(reason.rawValue), "startTime": .string(startTime.text)]) }
}

extension RolloutStatus.RunReference {
  init?(_ node: Node?) {
    guard let name = node?["name"]?.string, !name.isEmpty else { return nil }
    self.init(name: name, phase: node?["status"]?.string ?? "", message: node?["message"]?.string ?? "")
  }

  var node: Node {
    var mapping: Mapping = ["name": .string(name), "status": .string(phase)]
    mapping.set("message", message)
    return .mapping(mapping)
  }
}

extension RolloutStatus.Weights {
  init?(_ node: Node?) {
    guard let node, let canary = node["canary"], let stable = node["stable"] else { return nil }
    self.init(canary: .init(canary), stable: .init(stable))
  }

  var node: Node { .mapping(["canary": canary.node, "stable": stable.node]) }
}

extension RolloutStatus.WeightDestination {
  init(_ node: Node) {
    self.init(
      weight: max(node["weight"].count ?? 0, 0), service: node["serviceName"]?.string ?? "",
      hash: node["podTemplateHash"]?.string ?? "")
  }

  var node: Node {
    var mapping: Mapping = ["weight": Node(.int(Int64(weight)))]
    mapping.set("serviceName", service)
    mapping.set("podTemplateHash", hash)
    return .mapping(mapping)
  }
}

extension Mapping {
  mutating func set(_ key: String, _ text: String) { if !text.isEmpty { self[key] = .string(text) } }
  fileprivate mutating func set(_ key: String, _ number: Int) {
    if number != 0 { self[key] = Node(.int(Int64(number))) }
  }
  fileprivate mutating func set(_ key: String, _ flag: Bool) { if flag { self[key] = Node(.bool(true)) } }
  mutating func set(_ key: String, _ time: AnalysisTime?) { if let time { self[key] = .string(time.text) } }
}

extension Node? {
  var time: AnalysisTime? { self?.string.flatMap { AnalysisTime($0) } }
}
