import Fleet
import Kubernetes
import Manifest

/// What a look at a Rollout has to know.
extension RolloutController {
  /// Services, routes, the workload and Pods are asked for: they are few, and of no use between two looks.
  func scene(of found: Rollout) async throws -> RolloutScene {
    let namespace = found.namespace
    let workload = try await workload(of: found)
    var rollout = found
    if let workload { rollout.take(workload) }
    let sets = (caches[.replicaSets]?.all(in: namespace) ?? []).compactMap { RolloutReplicaSet($0) }
    var scene = RolloutScene(
      rollout: rollout, replicaSets: sets.filter { $0.controller == rollout.uid },
      now: AnalysisTime(seconds: services.clock.now()))
    scene.workload = workload
    scene.orphans = orphans(among: sets, of: rollout)
    if !scene.orphans.isEmpty { try await confirm(rollout) }
    let runs = (caches[.runs]?.all(in: namespace) ?? []).compactMap { RolloutRun($0) }
    scene.runs = runs.filter { $0.controller == rollout.uid }
    scene.takenRunNames = Set(runs.map(\.name))
    if rollout.hasAnalyses { readTemplates(into: &scene) }
    try await readServices(of: rollout, into: &scene)
    try await readRoutes(of: rollout, into: &scene)
    if RolloutMachine.needsPods(rollout, at: scene.now) {
      scene.pods = try await pods(of: rollout)
      scene.deniedEvictions = openDenials(of: rollout, at: scene.now)
    }
    return scene
  }

  private func workload(of rollout: Rollout) async throws -> Node? {
    guard let reference = rollout.workload, let resource = try await session.preferred(reference.gvk.groupKind) else {
      return nil
    }
    return try await client.get(resource, namespace: rollout.namespace, name: reference.name)
  }

  private func openDenials(of rollout: Rollout, at now: AnalysisTime) -> [String: AnalysisTime] {
    let key = Key(namespace: rollout.namespace, name: rollout.name)
    let open = denials[key]?.filter { $0.value > now } ?? [:]
    denials[key] = open.isEmpty ? nil : open
    return open
  }

  private func readServices(of rollout: Rollout, into scene: inout RolloutScene) async throws {
    let namespace = rollout.namespace
    for (_, name) in rollout.services {
      let service = try await client.get(.services, namespace: namespace, name: name)
      scene.services[name] = service
      guard let owner = service.flatMap(ServiceRelease.rollout), owner != rollout.name,
        try await isGone(Key(namespace: namespace, name: owner))
      else { continue }
      scene.goneRollouts.insert(owner)
    }
  }

  /// Asks whether the cluster still has it, and is not about to delete it: the cache may be behind, and what a Rollout
  /// adopts goes with it.
  /// - Throws: ``Failure`` `rollout.stale` where that is so.
  private func confirm(_ rollout: Rollout) async throws {
    let live: Node? =
      if let resource = resources[.rollouts] {
        try await client.get(resource, namespace: rollout.namespace, name: rollout.name)
      } else {
        nil
      }
    guard live?["metadata"]?["uid"]?.string == rollout.uid, live?["metadata"]?["deletionTimestamp"] == nil else {
      throw Failure(
        "rollout.stale", subject: "rollout \(rollout.namespace)/\(rollout.name)", stage: "rollout",
        "it is deleted, or another one has its name: nothing is adopted", retry: .after(seconds: 2))
    }
  }

  private func orphans(among sets: [RolloutReplicaSet], of rollout: Rollout) -> [RolloutReplicaSet] {
    guard let node = rollout.selector, let selector = try? LabelSelector(node, file: "selector"),
      !selector.isEverything
    else { return [] }
    return sets.filter { $0.controller == nil && !$0.isDeleting && selector.matches($0.labels) }
  }

  private func readTemplates(into scene: inout RolloutScene) {
    let namespace = scene.rollout.namespace
    scene.unreadable[.run] = refusal(of: .runs, in: namespace)
    scene.unreadable[.template] = refusal(of: .templates, in: namespace)
    scene.unreadable[.clusterTemplate] = refusal(of: .clusterTemplates, in: namespace)
    let nodes =
      (caches[.templates]?.all(in: namespace) ?? []) + (caches[.clusterTemplates].map { Array($0.nodes.values) } ?? [])
    for node in nodes {
      guard let reading = AnalysisManifest.read(node, file: "cluster", isLive: true) else { continue }
      if let template = reading.value {
        scene.templates.append(template)
        continue
      }
      let isClusterScoped = AnalysisManifest.kind(of: node) == .clusterTemplate
      let problem = reading.diagnostics.first { $0.severity == .error }
      scene.brokenTemplates[.init(name: node.key.name, isClusterScoped: isClusterScoped)] = problem?.message ?? ""
    }
  }

  private func readRoutes(of rollout: Rollout, into scene: inout RolloutScene) async throws {
    guard case .gatewayAPI(let gateway)? = rollout.canary?.router,
      let resource = try await session.preferred(RolloutWriting.httpRoute)
    else { return }
    let namespace = gateway.namespace.isEmpty ? rollout.namespace : gateway.namespace
    for name in gateway.routes {
      scene.routes[name] = try await client.get(resource, namespace: namespace, name: name)
    }
  }

  private func pods(of rollout: Rollout) async throws -> [RolloutPod] {
    guard let node = rollout.selector, let selector = try? LabelSelector(node, file: "selector"),
      !selector.isEverything
    else { return [] }
    return try await client.list(.pods, namespace: rollout.namespace, labelSelector: selector.description)
      .items.compactMap { RolloutPod($0.node) }
  }
}
