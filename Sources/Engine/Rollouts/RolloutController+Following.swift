import Fleet
import Kubernetes
import Manifest

/// What the controller knows of the cluster, and what news of it are a reason to look at.
extension RolloutController {
  func discover() async throws {
    resources = [.replicaSets: .replicaSets]
    for kind in Kind.allCases where kind != .replicaSets {
      resources[kind] = try await session.preferred(GroupKind(group: "argoproj.io", kind: kind.rawValue))
    }
    guard resources[.rollouts] != nil || resources[.runs] != nil else {
      throw Failure(
        "cluster.unknown-kind", subject: "cluster \(session.name)", stage: "rollouts",
        "the cluster has no kinds Rollout and AnalysisRun of group 'argoproj.io'", retry: .backOff)
    }
    if resources[.rollouts] == nil { resources[.replicaSets] = nil }
    caches = Dictionary(uniqueKeysWithValues: resources.keys.map { ($0, RolloutCache()) })
    nudges = resources[.rollouts] == nil ? [] : [.deployments]
    if !nudges.isEmpty, let routes = try await session.preferred(RolloutWriting.httpRoute) { nudges.append(routes) }
  }

  nonisolated func namespaces(of resource: APIResource) -> [String?] {
    resource.isNamespaced && !session.namespaces.isEmpty ? session.namespaces.map(Optional.some) : [nil]
  }

  func follow(_ kind: Kind, _ resource: APIResource, _ namespace: String?) async {
    let selector: String? =
      switch kind {
      case .rollouts: ApplySetLabel.partOf
      case .replicaSets: Rollout.hashLabel
      case .runs, .templates, .clusterTemplates: nil
      }
    let watcher = ListWatcher(
      client, .init(resource, namespace: namespace, labelSelector: selector, metadataOnly: false))
    do {
      try await watcher.run { output in self.take(output, kind, namespace) }
    } catch {
      // Only cancellation ends a watch.
    }
  }

  /// Metadata of our own objects is enough: what they say is asked for at the look.
  func follow(nudge resource: APIResource, _ namespace: String?) async {
    let watcher = ListWatcher(
      client, .init(resource, namespace: namespace, labelSelector: ApplySetLabel.partOf, metadataOnly: true))
    do {
      try await watcher.run { output in
        switch output {
        case .upsert(let object), .delete(let object): self.nudge(object.key)
        case .replaceAll, .synced, .interrupted: break
        }
      }
    } catch {
      // Only cancellation ends a watch.
    }
  }

  /// All of them, since those of a Rollout carry no label: of each that names a Rollout the metadata are kept.
  func followServices(_ namespace: String?) async {
    let watcher = ListWatcher(client, .init(.services, namespace: namespace, metadataOnly: true))
    do {
      try await watcher.run { output in self.takeServices(output, namespace) }
    } catch {
      // Only cancellation ends a watch.
    }
  }

  private func takeServices(_ output: WatchMachine.Output, _ namespace: String?) {
    switch output {
    case .replaceAll(let objects):
      let switched = objects.filter { ServiceRelease.rollout(of: $0.node) != nil }
      _ = switchedServices.replaceAll(switched, namespace: namespace)
      for object in switched { request(.service(object.key), after: 0) }
    case .upsert(let object):
      if ServiceRelease.rollout(of: object.node) == nil {
        switchedServices.forget(object.key, uid: object.uid)
      } else if switchedServices.note(object) {
        request(.service(object.key), after: 0)
      }
      nudge(object.key)
    case .delete(let object):
      switchedServices.forget(object.key, uid: object.uid)
      nudge(object.key)
    case .synced, .interrupted: break
    }
  }

  /// The Services that name a Rollout: it may have let go of one.
  private func requestServices(of rollout: Key) {
    for (key, node) in switchedServices.nodes
    where key.namespace == rollout.namespace && ServiceRelease.rollout(of: node) == rollout.name {
      request(.service(key), after: 0)
    }
  }

  private func nudge(_ key: Key) {
    for (rollout, node) in caches[.rollouts]?.nodes ?? [:] {
      guard let parsed = Rollout(node), parsed.refers(toName: key.name, in: key.namespace) else { continue }
      request(.rollout(rollout), after: 0)
    }
  }

  private func take(_ output: WatchMachine.Output, _ kind: Kind, _ namespace: String?) {
    switch output {
    case .replaceAll(let objects):
      for node in caches[kind]?.replaceAll(objects, namespace: namespace) ?? [] { concern(node, kind) }
      if kind == .runs { giveUpVanishedRuns() }
    case .upsert(let object):
      if caches[kind]?.note(object) == true { concern(object.node, kind) }
    case .delete(let object):
      guard caches[kind]?.forget(object.key, uid: object.uid) != nil else { return }
      if kind == .runs { runTasks[object.uid]?.cancel() }
      if kind == .rollouts {
        queue.remove(.rollout(object.key))
        lastPlans[object.key] = nil
        denials[object.key] = nil
        requestServices(of: object.key)
      } else {
        concern(object.node, kind)
      }
    case .synced:
      caches[kind]?.sync(namespace)
      refusals[kind]?[namespace ?? ""] = nil
      requestAll()
    case .interrupted(let interruption):
      takeRefusal(interruption, kind, namespace)
      let failure = interruption.failure(subject: "cluster \(session.name)", stage: "rollouts")
      let isRefused = if case .refused = interruption { true } else { false }
      logger.log(
        level: isRefused ? .warning : .debug, "rollouts cannot be followed",
        metadata: [
          "cluster": "\(session.name)", "kind": "\(kind.rawValue)", "reason": "\(failure.message)",
        ])
    }
  }

  /// A kind that may not be read counts as told: only Rollouts that refer to it wait for it.
  private func takeRefusal(_ interruption: Interruption, _ kind: Kind, _ namespace: String?) {
    guard case .refused(let error) = interruption, error.kind == .forbidden, kind.mayBeRefused,
      caches[kind]?.synced.contains(namespace ?? "") == false
    else { return }
    let isNews = refusals[kind]?[namespace ?? ""] == nil
    refusals[kind, default: [:]][namespace ?? ""] = error.message
    if isNews { requestAll() }
  }

  /// Why a kind cannot be read that is kept in a namespace.
  func refusal(of kind: Kind, in namespace: String) -> String? { refusals[kind]?[""] ?? refusals[kind]?[namespace] }

  private func requestAll() {
    guard isSynced else { return }
    for key in caches[.rollouts]?.nodes.keys ?? [:].keys { request(.rollout(key), after: 0) }
    for key in switchedServices.nodes.keys { request(.service(key), after: 0) }
    for (key, node) in caches[.runs]?.nodes ?? [:] where node.isLookedAtByItself { request(.run(key), after: 0) }
  }

  /// Whether everything was told at least once, as far as it may be read.
  var isSynced: Bool {
    resources.allSatisfy { kind, resource in
      namespaces(of: resource).allSatisfy {
        caches[kind]?.synced.contains($0 ?? "") == true || refusals[kind]?[$0 ?? ""] != nil
      }
    }
  }

  /// Puts the Rollouts before the queue that an object says something about.
  func concern(_ node: Node, _ kind: Kind) {
    let key = node.key
    switch kind {
    case .rollouts:
      request(.rollout(key), after: 0)
      requestServices(of: key)
    case .replicaSets, .runs:
      if kind == .runs, node.isLookedAtByItself { request(.run(key), after: 0) }
      guard let owner = node.controllingRollout else { return }
      request(.rollout(Key(namespace: key.namespace, name: owner.name)), after: 0)
    case .templates, .clusterTemplates:
      for other in caches[.rollouts]?.nodes.keys ?? [:].keys
      where kind == .clusterTemplates || other.namespace == key.namespace { request(.rollout(other), after: 0) }
    }
  }

  /// Takes in what a write of ours came to, ahead of the watch.
  func note(_ node: Node, _ kind: Kind) { caches[kind]?.note(node) }
}
