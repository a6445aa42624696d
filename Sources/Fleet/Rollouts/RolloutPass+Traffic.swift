package import Manifest

/// Backends of an HTTPRoute of the Gateway API.
package enum RouteWeights {
  /// The Services that its rules send traffic to.
  package static func services(in route: Node) -> Set<String> {
    Set(backends(in: route).compactMap { $0["name"]?.string })
  }

  private static func backends(in route: Node) -> [Node] {
    (route["spec"]?["rules"]?.sequence ?? []).flatMap { $0["backendRefs"]?.sequence ?? [] }.filter(isService)
  }

  private static func isService(_ backend: Node) -> Bool {
    (backend["kind"]?.string ?? "Service") == "Service" && backend["group"]?.string ?? "" == ""
  }

  /// The rules with these weights, where a rule has both Services; nil where they stand so already.
  package static func rules(of route: Node, _ weights: [String: Int]) -> Node? {
    let rules = route["spec"]?["rules"]?.sequence ?? []
    let changed = rules.map { rule in
      let backends = rule["backendRefs"]?.sequence ?? []
      let names = Set(backends.filter(isService).compactMap { $0["name"]?.string })
      guard weights.keys.allSatisfy(names.contains) else { return rule }
      var rule = rule
      rule["backendRefs"] = .sequence(
        backends.map { backend in
          guard isService(backend), let name = backend["name"]?.string, let weight = weights[name] else {
            return backend
          }
          var backend = backend
          backend["weight"] = Node(.int(Int64(weight)))
          return backend
        })
      return rule
    }
    return changed == rules ? nil : .sequence(changed)
  }
}

/// Traffic by weights (`rollout/trafficrouting.go`).
extension RolloutPass {
  private static let progressLabel = "rollouts.argoproj.io/gatewayapi-canary"

  mutating func routeTraffic() {
    guard let canary = rollout.canary, case .gatewayAPI(let gateway)? = canary.router else {
      next.weights = nil
      return
    }
    var canaryHash = new.hash
    if isRoutedBackToStable, let weights = old.weights { canaryHash = weights.canary.hash }
    let weight = wantedWeight
    if isAborted, !canary.dynamicStableScale || weight == 0 {
      direct(canary.canaryService, to: stable, checksAvailability: false)
    }
    guard isStableReady(for: maxWeight - weight) else { return }
    guard let stableService = canary.stableService, let canaryService = canary.canaryService else { return }
    for name in gateway.routes {
      setWeights(gateway, name, [stableService: maxWeight - weight, canaryService: weight])
    }
    let weights = RolloutStatus.Weights(
      canary: .init(weight: weight, service: canaryService, hash: canaryHash),
      stable: .init(weight: maxWeight - weight, service: stableService, hash: stable?.hash ?? ""))
    if weights != old.weights, old.weights?.canary.weight != weight {
      let before = old.weights.map { "from \($0.canary.weight) to \(weight)" } ?? "to \(weight)"
      plan.events.append(RolloutEvent("TrafficWeightUpdated", "Traffic weight updated \(before)"))
    }
    next.weights = weights
  }

  private mutating func setWeights(_ gateway: GatewayRouting, _ name: String, _ weights: [String: Int]) {
    guard let route = scene.routes[name] else { return }
    let isUnderWay = weights[rollout.canary?.canaryService ?? ""] ?? 0 > 0
    let isLabelled = route["metadata"]?["labels"]?[Self.progressLabel] != nil
    var patch = Mapping()
    if let rules = RouteWeights.rules(of: route, weights) { patch["spec"] = .mapping(["rules": rules]) }
    if isUnderWay != isLabelled {
      patch["metadata"] = .mapping([
        "labels": .mapping([Self.progressLabel: isUnderWay ? .string("in-progress") : .null])
      ])
    }
    guard !patch.isEmpty else { return }
    // A list is replaced as a whole: not over what somebody else wrote meanwhile.
    var metadata = patch["metadata"]?.mapping ?? Mapping()
    metadata["resourceVersion"] = route["metadata"]?["resourceVersion"]
    patch["metadata"] = .mapping(metadata)
    let namespace = gateway.namespace.isEmpty ? rollout.namespace : gateway.namespace
    plan.actions.append(.patchRoute(namespace: namespace, name: name, patch))
  }

  /// The weight of the canary: it rises when the Pods are there, and falls before they go.
  private var wantedWeight: Int {
    if isRoutedBackToStable { return weightOnTheWayBack }
    if old.isFullyPromoted { return 0 }
    if isAborted { return weightOnTheWayBack }
    if new.available == 0 || stable == nil { return 0 }
    if old.promotesFull {
      guard rollout.canary?.dynamicStableScale == true else { return old.weights?.canary.weight ?? 0 }
      return replicas > 0 ? min(maxWeight, maxWeight * new.available / replicas) : 0
    }
    // Without steps the stable Service itself goes over, when all of the Pods are there.
    guard let current = currentStep else { return 0 }
    guard isAtDesiredReplicas(nil) else { return weightBefore(current.index) }
    return current.step == nil ? maxWeight : currentSetWeight
  }

  private func weightBefore(_ index: Int) -> Int {
    for step in (rollout.canary?.steps ?? []).prefix(index).reversed() {
      if case .setWeight(let weight) = step { return weight }
    }
    return 0
  }

  private func isStableReady(for weight: Int) -> Bool {
    guard let stable else { return false }
    let needed = weight * replicas / max(maxWeight, 1)
    return stable.available >= needed
      || rollout.canary?.progressThreshold?.isMet(available: stable.available, of: needed) == true
  }

  // MARK: The way back with a stable version that shrank

  /// The weight to which an aborted canary falls next; step by step where the stable version grows again.
  var desiredCanaryWeight: Int {
    guard old.isAborted, let canary = rollout.canary, canary.dynamicStableScale, let stable else {
      return currentSetWeight
    }
    var canaryReplicas = replicas - stable.available
    // A time of its own keeps the canary whole: its size must not hold the weight up then.
    if canary.abortScaleDownDelay ?? 0 == 0 { canaryReplicas = max(canaryReplicas, new.available) }
    for step in canary.steps.reversed() {
      guard case .setWeight(let weight) = step else { continue }
      var routed = RoutedReplicas(replicas: replicas, weight: weight)
      routed.maxWeight = maxWeight
      if routed.target.canary < canaryReplicas { return weight }
    }
    return 0
  }

  private var weightOnTheWayBack: Int {
    guard let canary = rollout.canary, canary.dynamicStableScale, let stable, replicas > 0 else { return 0 }
    let desired = desiredCanaryWeight
    let stableWeight = maxWeight * stable.available / replicas
    let expected = max(0, maxWeight - stableWeight)
    guard let current = old.weights?.canary.weight else { return max(expected, desired) }
    if desired <= 0 { return min(expected, current) }
    return stableWeight < maxWeight - desired ? current : min(desired, current)
  }
}
