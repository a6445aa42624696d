package import Manifest

/// An analysis that a strategy or a step asks for.
package struct RolloutAnalysis: Sendable, Equatable {
  package var templates: [AnalysisTemplateReference]
  /// As they are written; their values come from the Rollout when the run is made.
  package var args: [Node]
  package var dryRun: [String]
  package var measurementRetention: [MeasurementRetention]
  package var labels: [String: String]
  package var annotations: [String: String]
  /// The step from which on it runs in the background.
  package var startingStep: Int

  init(_ node: Node) {
    let spec = AnalysisSpec(node)
    templates = spec.templates
    args = node["args"]?.sequence ?? []
    dryRun = spec.dryRun
    measurementRetention = spec.measurementRetention
    labels = node["analysisRunMetadata"]?["labels"].textMembers ?? [:]
    annotations = node["analysisRunMetadata"]?["annotations"].textMembers ?? [:]
    startingStep = node["startingStep"].count ?? 0
  }
}

/// Labels and annotations for Pods, without a part in the template's hash.
package struct PodMetadata: Sendable, Equatable {
  package var labels: [String: String]
  package var annotations: [String: String]

  package init(labels: [String: String] = [:], annotations: [String: String] = [:]) {
    self.labels = labels
    self.annotations = annotations
  }

  init?(_ node: Node?) {
    guard let node, node.mapping != nil else { return nil }
    labels = node["labels"].textMembers
    annotations = node["annotations"].textMembers
  }

  /// As the annotation on a ReplicaSet remembers it.
  var node: Node {
    var mapping = Mapping()
    for (key, texts) in [("annotations", annotations), ("labels", labels)] where !texts.isEmpty {
      mapping[key] = .mapping(Mapping(texts: texts))
    }
    return .mapping(mapping)
  }
}

/// One step of a canary.
package enum CanaryStep: Sendable, Equatable {
  case setWeight(Int)
  /// Seconds; nil until somebody resumes it.
  case pause(Double?)
  case analysis(RolloutAnalysis)
  case setCanaryScale(replicas: Int?, weight: Int?, matchesTraffic: Bool)
  /// One that Muster does not carry out, by its field.
  case unsupported(String)

  init(_ node: Node) {
    if let weight = node["setWeight"].count {
      self = .setWeight(weight)
    } else if let pause = node["pause"], !pause.isNull {
      self = .pause(Self.duration(pause["duration"]))
    } else if let analysis = node["analysis"], !analysis.isNull {
      self = .analysis(RolloutAnalysis(analysis))
    } else if let scale = node["setCanaryScale"], !scale.isNull {
      self = .setCanaryScale(
        replicas: scale["replicas"].count, weight: scale["weight"].count,
        matchesTraffic: scale["matchTrafficWeight"]?.bool ?? false)
    } else {
      self = .unsupported(node.mapping?.keys.first ?? "")
    }
  }

  /// Negative for what is no duration.
  private static func duration(_ node: Node?) -> Double? {
    guard let node, !node.isNull else { return nil }
    if let seconds = node.int { return Double(min(max(seconds, -1), 1_000_000_000)) }
    guard let text = node.string, let seconds = GoDuration.seconds(text), seconds < 1e9 else { return -1 }
    return max(seconds, -1)
  }

  /// The step in the words of `kubectl argo rollouts`.
  package var text: String {
    switch self {
    case .setWeight(let weight): "setWeight: \(weight)"
    case .pause(nil): "pause"
    case .pause(let seconds?): "pause: \(Self.seconds(seconds))"
    case .analysis: "analysis"
    case .setCanaryScale(_, let weight?, _): "setCanaryScale{weight: \(weight)}"
    case .setCanaryScale(_, nil, true): "setCanaryScale{matchTrafficWeight: true}"
    case .setCanaryScale(let replicas, nil, false): "setCanaryScale{replicas: \(replicas ?? 0)}"
    case .unsupported(let field): field
    }
  }

  private static func seconds(_ seconds: Double) -> String {
    seconds == seconds.rounded() ? "\(Int(seconds))s" : "\(seconds)s"
  }

  /// Steps whose length says nothing about progress.
  var isIndefinite: Bool {
    switch self {
    case .pause, .analysis: true
    case .setWeight, .setCanaryScale, .unsupported: false
    }
  }
}

/// How many of the replicas that a step asks for have to be available (`replicaProgressThreshold`).
package struct ReplicaProgressThreshold: Sendable, Equatable {
  package var isPercent: Bool
  package var value: Int

  init?(_ node: Node?) {
    guard let node, let value = node["value"].count else { return nil }
    isPercent = node["type"]?.string == "Percent"
    self.value = value
  }

  /// Nil where it does not decide.
  func isMet(available: Int, of desired: Int) -> Bool? {
    guard value >= 0 else { return nil }
    guard isPercent else { return available >= value }
    return desired == 0 || Double(available) / Double(desired) * 100 >= Double(value) - 1e-10
  }
}

/// The router of a canary.
package enum TrafficRouter: Sendable, Equatable {
  /// HTTPRoutes of the Gateway API, by the configuration of Argo Rollouts' plugin `argoproj-labs/gatewayAPI`.
  case gatewayAPI(GatewayRouting)
  /// One that Muster does not drive, by its field.
  case unsupported(String)
}

/// HTTPRoutes whose weights are set.
package struct GatewayRouting: Sendable, Equatable {
  /// The key under `trafficRouting.plugins`.
  package static let plugin = "argoproj-labs/gatewayAPI"

  package var routes: [String]
  /// Empty for the Rollout's own.
  package var namespace: String
  /// A kind of route that is configured, and not driven.
  package var foreignRoute: String?

  init(_ node: Node) {
    var names: [String] = []
    if let name = node["httpRoute"]?.string { names.append(name) }
    for route in node["httpRoutes"]?.sequence ?? [] {
      if let name = route["name"]?.string, !names.contains(name) { names.append(name) }
    }
    routes = names
    namespace = node["namespace"]?.string ?? ""
    foreignRoute = ["grpcRoute", "grpcRoutes", "tcpRoute", "tcpRoutes", "tlsRoute", "tlsRoutes", "httpRouteSelector"]
      .first { node[$0] != nil }
  }
}

/// `spec.strategy.canary`.
package struct CanaryStrategy: Sendable {
  package let steps: [CanaryStep]
  /// What the hash of the steps is made of.
  let writtenSteps: [Node]
  package let canaryService: String?
  package let stableService: String?
  /// Nil for what is no number and no percentage.
  let maxSurge: Fenceposts.Amount?
  let maxUnavailable: Fenceposts.Amount?
  package let analysis: RolloutAnalysis?
  package let canaryMetadata: PodMetadata?
  package let stableMetadata: PodMetadata?
  package let router: TrafficRouter?
  package let maxTrafficWeight: Int
  package let dynamicStableScale: Bool
  package let minPodsPerReplicaSet: Int?
  package let progressThreshold: ReplicaProgressThreshold?
  package let scaleDownDelay: Double?
  package let scaleDownDelayRevisionLimit: Int?
  package let abortScaleDownDelay: Double?

  init(_ node: Node) {
    writtenSteps = node["steps"]?.sequence ?? []
    steps = writtenSteps.map(CanaryStep.init)
    canaryService = node["canaryService"]?.string.nonEmpty
    stableService = node["stableService"]?.string.nonEmpty
    maxSurge = Fenceposts.Amount(node["maxSurge"])
    maxUnavailable = Fenceposts.Amount(node["maxUnavailable"])
    analysis = node["analysis"]?.mapping != nil ? node["analysis"].map(RolloutAnalysis.init) : nil
    canaryMetadata = PodMetadata(node["canaryMetadata"])
    stableMetadata = PodMetadata(node["stableMetadata"])
    router = Self.router(node["trafficRouting"])
    maxTrafficWeight = max(1, node["trafficRouting"]?["maxTrafficWeight"].count ?? 100)
    dynamicStableScale = node["dynamicStableScale"]?.bool ?? false
    minPodsPerReplicaSet = node["minPodsPerReplicaSet"].count
    progressThreshold = ReplicaProgressThreshold(node["replicaProgressThreshold"])
    scaleDownDelay = node["scaleDownDelaySeconds"].count.map(Double.init)
    scaleDownDelayRevisionLimit = node["scaleDownDelayRevisionLimit"].count
    abortScaleDownDelay = node["abortScaleDownDelaySeconds"].count.map(Double.init)
  }

  private static func router(_ node: Node?) -> TrafficRouter? {
    guard let members = node?.mapping else { return nil }
    let routers = members.filter { !["managedRoutes", "maxTrafficWeight"].contains($0.key) && !$0.value.isNull }
    guard let first = routers.first else { return nil }
    guard first.key == "plugins", routers.count == 1, let plugins = first.value.mapping else {
      return .unsupported(routers.first { $0.key != "plugins" }?.key ?? first.key)
    }
    guard plugins.count == 1, let settings = plugins[GatewayRouting.plugin] else {
      return .unsupported("plugins." + (plugins.keys.first { $0 != GatewayRouting.plugin } ?? ""))
    }
    return .gatewayAPI(GatewayRouting(settings))
  }

  var isRouted: Bool { router != nil }
}

/// `spec.strategy.blueGreen`.
package struct BlueGreenStrategy: Sendable {
  package let activeService: String?
  package let previewService: String?
  package let previewReplicaCount: Int?
  package let autoPromotionEnabled: Bool
  package let autoPromotionSeconds: Double
  let maxUnavailable: Fenceposts.Amount?
  package let prePromotionAnalysis: RolloutAnalysis?
  package let postPromotionAnalysis: RolloutAnalysis?
  package let previewMetadata: PodMetadata?
  package let activeMetadata: PodMetadata?
  package let scaleDownDelay: Double?
  package let scaleDownDelayRevisionLimit: Int?
  package let abortScaleDownDelay: Double?

  init(_ node: Node) {
    activeService = node["activeService"]?.string.nonEmpty
    previewService = node["previewService"]?.string.nonEmpty
    previewReplicaCount = node["previewReplicaCount"].count
    autoPromotionEnabled = node["autoPromotionEnabled"]?.bool ?? true
    autoPromotionSeconds = Double(node["autoPromotionSeconds"].count ?? 0)
    maxUnavailable = Fenceposts.Amount(node["maxUnavailable"])
    prePromotionAnalysis = Self.analysis(node["prePromotionAnalysis"])
    postPromotionAnalysis = Self.analysis(node["postPromotionAnalysis"])
    previewMetadata = PodMetadata(node["previewMetadata"])
    activeMetadata = PodMetadata(node["activeMetadata"])
    scaleDownDelay = node["scaleDownDelaySeconds"].count.map(Double.init)
    scaleDownDelayRevisionLimit = node["scaleDownDelayRevisionLimit"].count
    abortScaleDownDelay = node["abortScaleDownDelaySeconds"].count.map(Double.init)
  }

  private static func analysis(_ node: Node?) -> RolloutAnalysis? {
    guard let node, node.mapping != nil else { return nil }
    let analysis = RolloutAnalysis(node)
    return analysis.templates.isEmpty ? nil : analysis
  }

  /// Whether the switch waits for a person or for a time.
  var pausesBeforeSwitch: Bool { !autoPromotionEnabled || autoPromotionSeconds > 0 }
}

extension Fenceposts.Amount {
  /// An IntOrString.
  init?(_ node: Node?) {
    if let number = node.count {
      self = .number(number)
    } else if let text = node?.string {
      self.init(text)
    } else {
      return nil
    }
  }

  var isZero: Bool {
    switch self {
    case .number(let number), .percent(let number): number == 0
    }
  }
}

extension String? {
  fileprivate var nonEmpty: String? { self?.isEmpty == false ? self : nil }
}

extension Mapping {
  /// Texts in the order of their keys.
  package init(texts: [String: String]) {
    self.init()
    for (key, text) in texts.sorted(by: { $0.key < $1.key }) { self[key] = .string(text) }
  }
}
