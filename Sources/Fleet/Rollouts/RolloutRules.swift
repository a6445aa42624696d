import Manifest

/// What makes a Rollout one that cannot be run (`pkg/apis/rollouts/validation`). The first problem counts, in
/// upstream's words where it has the rule.
enum RolloutRules {
  /// Puts the workload's template in, where the Rollout refers to one.
  static func resolveWorkload(_ scene: inout RolloutScene) -> String? {
    guard let reference = scene.rollout.workload else { return nil }
    let path = "spec.workloadRef"
    guard ["Deployment", "ReplicaSet", "PodTemplate"].contains(reference.kind) else {
      return invalid(
        path, reference.kind, "workload of type \(reference.gvk.apiVersion)/\(reference.kind) is not supported")
    }
    if let own = scene.rollout.object["spec"]?["template"]?["spec"]?["containers"]?.sequence, !own.isEmpty {
      return "spec.template: Internal error: template must be empty for workload reference rollout"
    }
    guard let workload = scene.workload, scene.rollout.take(workload) else {
      return invalid(path, reference.name, "\(reference.kind.lowercased()) \"\(reference.name)\" not found")
    }
    return nil
  }

  static func problem(in scene: RolloutScene) -> String? {
    problemOfSpec(scene.rollout) ?? problemOfStrategy(scene.rollout) ?? problemOfServices(scene)
      ?? problemOfAnalyses(scene) ?? problemOfRoutes(scene)
  }

  static func invalid(_ path: String, _ value: some CustomStringConvertible, _ words: String) -> String {
    let shown = value is String ? JSON.text(.string(value.description)) : value.description
    return "\(path): Invalid value: \(shown): \(words)"
  }

  private static func problemOfSpec(_ rollout: Rollout) -> String? {
    if rollout.replicas < 0 { return invalid("spec.replicas", rollout.replicas, "must be greater than or equal to 0") }
    guard let selector = rollout.selector else {
      return "spec.selector: Required value: Rollout has missing field '.spec.selector'"
    }
    guard let parsed = try? LabelSelector(selector, file: "selector") else {
      return invalid("spec.selector", JSON.text(selector), "invalid label selector")
    }
    if parsed.isEverything {
      return invalid("spec.selector", JSON.text(selector), "empty selector is invalid for deployment")
    }
    let labels = rollout.template["metadata"]?["labels"].textMembers ?? [:]
    if !parsed.matches(labels) {
      return invalid(
        "spec.template.metadata.labels", JSON.text(.mapping(Mapping(texts: labels))),
        "`selector` does not match template `labels`")
    }
    if rollout.minReadySeconds < 0 {
      return invalid("spec.minReadySeconds", rollout.minReadySeconds, "must be greater than or equal to 0")
    }
    if rollout.revisionHistoryLimit < 0 {
      return invalid("spec.revisionHistoryLimit", rollout.revisionHistoryLimit, "must be greater than or equal to 0")
    }
    if rollout.progressDeadline <= Double(rollout.minReadySeconds) {
      return invalid(
        "spec.progressDeadlineSeconds", Int(rollout.progressDeadline), "must be greater than minReadySeconds")
    }
    return nil
  }

  private static func problemOfStrategy(_ rollout: Rollout) -> String? {
    switch (rollout.canary, rollout.blueGreen) {
    case (nil, nil):
      return
        "spec.strategy: Required value: Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'"
    case (_?, _?):
      return invalid("spec.strategy", "blueGreen: true canary: true", "Multiple Strategies can not be listed")
    case (let canary?, nil): return problem(ofCanary: canary, rollout)
    case (nil, let blueGreen?): return problem(ofBlueGreen: blueGreen, rollout)
    }
  }

  private static func problem(ofBlueGreen strategy: BlueGreenStrategy, _ rollout: Rollout) -> String? {
    let path = "spec.strategy.blueGreen"
    if let problem = problemOfAntiAffinity(rollout.object["spec"]?["strategy"]?["blueGreen"], path) { return problem }
    guard let active = strategy.activeService else {
      return "\(path).activeService: Required value: Rollout has missing field '.spec.strategy.blueGreen.activeService'"
    }
    if active == strategy.previewService {
      return invalid(
        "\(path).activeService", active,
        "This rollout uses the same service for the active and preview services, but two different services are required."
      )
    }
    if let limit = strategy.scaleDownDelayRevisionLimit, rollout.revisionHistoryLimit < limit {
      return invalid(
        "\(path).scaleDownDelayRevisionLimit", limit,
        "This rollout's revision history limit can not be smaller than the rollout's scale down limit")
    }
    return nil
  }

  private static func problemOfAntiAffinity(_ strategy: Node?, _ path: String) -> String? {
    guard strategy?["antiAffinity"]?.mapping != nil else { return nil }
    return "\(path).antiAffinity: Forbidden: Muster puts no anti-affinity into ReplicaSets; write it in the template"
  }

  private static func problem(ofCanary canary: CanaryStrategy, _ rollout: Rollout) -> String? {
    let path = "spec.strategy.canary"
    if (canary.maxSurge ?? .percent(25)).isZero, (canary.maxUnavailable ?? .percent(25)).isZero {
      return invalid("\(path).maxSurge", 0, "MaxSurge and MaxUnavailable both can not be zero")
    }
    for (field, amount) in [("maxSurge", canary.maxSurge), ("maxUnavailable", canary.maxUnavailable)] {
      if case .number(let number)? = amount, number < 0 {
        return invalid("\(path).\(field)", number, "must be greater than or equal to 0")
      }
    }
    if let service = canary.stableService, service == canary.canaryService {
      return invalid(
        "\(path).stableService", service,
        "This rollout uses the same service for the stable and canary services, but two different services are required."
      )
    }
    return problemOfRouting(canary, rollout, path) ?? problemOfSteps(canary, path)
  }

  private static func problemOfRouting(_ canary: CanaryStrategy, _ rollout: Rollout, _ path: String) -> String? {
    let object = rollout.object["spec"]?["strategy"]?["canary"]
    if object?["pingPong"]?.mapping != nil {
      return "\(path).pingPong: Forbidden: Muster does not switch services by ping-pong"
    }
    if let problem = problemOfAntiAffinity(object, path) { return problem }
    guard let router = canary.router else {
      if canary.scaleDownDelay != nil {
        return invalid(
          "\(path).scaleDownDelaySeconds", Int(canary.scaleDownDelay ?? 0),
          "Canary scaleDownDelaySeconds can only be used with traffic routing")
      }
      if canary.dynamicStableScale {
        return invalid(
          "\(path).dynamicStableScale", true, "Canary dynamicStableScale can only be used with traffic routing")
      }
      return nil
    }
    if canary.scaleDownDelay != nil, canary.dynamicStableScale {
      return invalid(
        "\(path).dynamicStableScale", true,
        "Canary dynamicStableScale cannot be used with scaleDownDelaySeconds")
    }
    switch router {
    case .unsupported(let field):
      return
        "\(path).trafficRouting.\(field): Forbidden: Muster drives only plugins[\"\(GatewayRouting.plugin)\"] with HTTPRoutes"
    case .gatewayAPI(let gateway): return problem(ofGateway: gateway, canary, path)
    }
  }

  private static func problem(ofGateway gateway: GatewayRouting, _ canary: CanaryStrategy, _ path: String) -> String? {
    let place = "\(path).trafficRouting.plugins[\(GatewayRouting.plugin)]"
    if let foreign = gateway.foreignRoute {
      return "\(place).\(foreign): Forbidden: Muster drives only httpRoute and httpRoutes"
    }
    if gateway.routes.isEmpty { return "\(place).httpRoute: Required value: it names no HTTPRoute" }
    for (field, service) in [("stableService", canary.stableService), ("canaryService", canary.canaryService)]
    where service == nil {
      return invalid(
        "\(path).\(field)", "", "Canary service and Stable service must to be set to use Traffic Routing")
    }
    return nil
  }

  private static func problemOfSteps(_ canary: CanaryStrategy, _ path: String) -> String? {
    for (index, step) in canary.steps.enumerated() {
      let place = "\(path).steps[\(index)]"
      let kinds = ["setWeight", "pause", "experiment", "analysis"].filter {
        canary.writtenSteps[index][$0].map { !$0.isNull } ?? false
      }
      let words = "Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause"
      if kinds.count > 1 { return invalid(place, kinds.joined(separator: " "), words) }
      switch step {
      case .setWeight(let weight):
        guard (0...canary.maxTrafficWeight).contains(weight) else {
          return invalid(
            "\(place).setWeight", weight, "SetWeight needs to be between 0 and \(canary.maxTrafficWeight)")
        }
        if !canary.isRouted, weight > 100 {
          return invalid("\(place).setWeight", weight, "SetWeight needs to be between 0 and 100")
        }
      case .pause(let seconds?) where seconds < 0:
        return invalid("\(place).pause.duration", Int(seconds), "Duration needs to be greater than 0")
      case .setCanaryScale where !canary.isRouted:
        return "\(path).trafficRouting: Required value: SetCanaryScale requires TrafficRouting to be set"
      case .unsupported(""): return invalid(place, "", words)
      case .unsupported(let field): return "\(place).\(field): Forbidden: Muster does not carry out this step"
      case .pause, .analysis, .setCanaryScale: break
      }
    }
    return nil
  }

  // MARK: What it refers to

  private static func problemOfServices(_ scene: RolloutScene) -> String? {
    let labels = scene.rollout.template["metadata"]?["labels"].textMembers ?? [:]
    for (field, name) in scene.rollout.services {
      guard let service = scene.services[name] else {
        return invalid(field, name, "service \"\(name)\" not found")
      }
      let owner = service["metadata"]?["annotations"]?[RolloutAnnotation.managedBy]?.string
      if let owner, owner != scene.rollout.name, !scene.goneRollouts.contains(owner) {
        return invalid(field, name, "Service \"\(name)\" is managed by another Rollout")
      }
      for (key, value) in (service["spec"]?["selector"].textMembers ?? [:]).sorted(by: { $0.key < $1.key })
      where key != Rollout.hashLabel && labels[key] != value {
        return invalid(field, name, "Service \"\(name)\" has unmatch label \"\(key)\" in rollout")
      }
    }
    return nil
  }

  private static func problemOfRoutes(_ scene: RolloutScene) -> String? {
    guard let canary = scene.rollout.canary, case .gatewayAPI(let gateway)? = canary.router else { return nil }
    let path = "spec.strategy.canary.trafficRouting.plugins[\(GatewayRouting.plugin)]"
    for name in gateway.routes {
      guard let route = scene.routes[name] else {
        return invalid("\(path).httpRoute", name, "HTTPRoute \"\(name)\" not found")
      }
      let backends = RouteWeights.services(in: route)
      for service in [canary.stableService, canary.canaryService].compactMap(\.self) where !backends.contains(service) {
        return invalid("\(path).httpRoute", name, "HTTPRoute \"\(name)\" has no backend \"\(service)\"")
      }
    }
    return nil
  }
}
