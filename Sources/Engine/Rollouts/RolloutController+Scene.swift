import Fleet
import Kubernetes
import Manifest

/// What a look at a Rollout has to know.
extension RolloutController {
  /// Services, routes, the workload and Pods are asked for: they are few, and of no use between two looks.
  func scene(of rollout: Rollout) async throws -> RolloutScene {
    let namespace = rollout.namespace
    let sets = (caches[.replicaSets]?.all(in: namespace) ?? []).compactMap { RolloutReplicaSet($0) }
    var scene = RolloutScene(
      rollout: rollout, replicaSets: sets.filter { $0.controller == rollout.uid },
      now: AnalysisTime(seconds: services.clock.now()))
    scene.orphans = orphans(among: sets, of: rollout)
    let runs = (caches[.runs]?.all(in: namespace) ?? []).compactMap { RolloutRun($0) }
    scene.runs = runs.filter { $0.controller == rollout.uid }
    scene.takenRunNames = Set(runs.map(\.name))
    if rollout.hasAnalyses { scene.templates = templates(in: namespace) }
    for (_, name) in rollout.services {
      scene.services[name] = try await client.get(.services, namespace: namespace, name: name)
    }
    try await readRoutes(of: rollout, into: &scene)
    if let workload = rollout.workload,
      let resource = try await session.preferred(workload.gvk.groupKind)
    {
      scene.workload = try await client.get(resource, namespace: namespace, name: workload.name)
    }
    if RolloutMachine.needsPods(rollout, at: scene.now) { scene.pods = try await pods(of: rollout) }
    return scene
  }

  private func orphans(among sets: [RolloutReplicaSet], of rollout: Rollout) -> [RolloutReplicaSet] {
    guard let node = rollout.selector, let selector = try? LabelSelector(node, file: "selector"),
      !selector.isEverything
    else { return [] }
    return sets.filter { $0.controller == nil && !$0.isDeleting && selector.matches($0.labels) }
  }

  private func templates(in namespace: String) -> [AnalysisManifest] {
    let nodes =
      (caches[.templates]?.all(in: namespace) ?? []) + (caches[.clusterTemplates].map { Array($0.nodes.values) } ?? [])
    return nodes.compactMap { AnalysisManifest.read($0, file: "cluster")?.value }
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
