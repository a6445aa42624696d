import Fleet
import Foundation
import Kubernetes
import Manifest

/// Does what a plan says, in its order; the first failure ends it, and the next look plans anew.
extension RolloutController {
  func perform(_ plan: RolloutPlan, for rollout: Rollout) async throws {
    for action in plan.actions {
      // The work ends by itself a moment later.
      if session.cordon.isSet { return }
      try await perform(action, for: rollout)
    }
    for event in plan.events.prefix(20) { await tell(event, of: .init(rollout)) }
  }

  private func resource(_ kind: Kind) throws -> APIResource {
    guard let resource = resources[kind] else {
      throw Failure(
        "cluster.unknown-kind", subject: "cluster \(session.name)", stage: "rollout",
        "the cluster has no kind \(kind.rawValue) of group 'argoproj.io'", retry: .backOff)
    }
    return resource
  }

  private func perform(_ action: RolloutAction, for rollout: Rollout) async throws {
    let namespace = rollout.namespace
    switch action {
    case .createReplicaSet(let body): try await createReplicaSet(body, for: rollout)
    case .patchReplicaSet(let name, let patch):
      try await write(patch, to: .replicaSets, Key(namespace: namespace, name: name))
    case .deleteReplicaSet(let name, let uid):
      try await client.delete(.replicaSets, namespace: namespace, name: name, uid: uid)
    case .patchRollout(let patch): try await write(patch, to: .rollouts, key(of: rollout))
    case .patchStatus(let patch): try await patchStatus(patch, of: rollout)
    case .patchService(let name, let patch): try await send(.services, namespace, name, patch)
    case .patchRoute(let namespace, let name, let patch):
      guard let resource = try await session.preferred(RolloutWriting.httpRoute) else { return }
      try await send(resource, namespace, name, patch)
    case .createRun(let body):
      let answer = try await client.send(
        .create(try resource(.runs), namespace: namespace, body: body, manager: RolloutServices.manager))
      note(answer, .runs)
    case .terminateRun(let name):
      try await write(
        ["spec": .mapping(["terminate": Node(.bool(true))])], to: .runs, Key(namespace: namespace, name: name))
    case .deleteRun(let name, let uid):
      try await client.delete(try resource(.runs), namespace: namespace, name: name, uid: uid)
    case .patchPod(let name, let patch): try await sendIfThere(.pods, namespace, name, patch)
    case .evictPod(let name): try await evict(name, of: rollout)
    case .scaleWorkload(let workload, let count): try await scale(workload, to: count, in: namespace)
    }
  }

  private func key(of rollout: Rollout) -> Key { Key(namespace: rollout.namespace, name: rollout.name) }

  // MARK: Patches

  /// Against the state that was planned with: what somebody changed since is looked at first.
  private func write(_ patch: Mapping, to kind: Kind, _ key: Key, subresource: String? = nil) async throws {
    var patch = patch
    var metadata = patch["metadata"]?.mapping ?? Mapping()
    metadata["resourceVersion"] = caches[kind]?[key]?["metadata"]?["resourceVersion"]
    patch["metadata"] = .mapping(metadata)
    let answer = try await client.send(
      .mergePatch(
        try resource(kind), namespace: key.namespace, name: key.name, patch: patch, manager: RolloutServices.manager,
        subresource: subresource))
    note(answer, kind)
  }

  private func patchStatus(_ patch: Mapping, of rollout: Rollout) async throws {
    let hasSubresource = try resource(.rollouts).subresources.contains("status")
    try await write(
      ["status": .mapping(patch)], to: .rollouts, key(of: rollout), subresource: hasSubresource ? "status" : nil)
  }

  @discardableResult
  private func send(_ resource: APIResource, _ namespace: String, _ name: String, _ patch: Mapping) async throws -> Node
  {
    try await client.send(
      .mergePatch(resource, namespace: namespace, name: name, patch: patch, manager: RolloutServices.manager))
  }

  /// Pods come and go.
  private func sendIfThere(
    _ resource: APIResource, _ namespace: String, _ name: String, _ patch: Mapping
  ) async throws {
    do {
      try await send(resource, namespace, name, patch)
    } catch let error as APIError where error.kind == .notFound {
      return
    }
  }

  // MARK: ReplicaSets

  private func createReplicaSet(_ body: Mapping, for rollout: Rollout) async throws {
    let name = body["metadata"]?["name"]?.string ?? ""
    do {
      note(
        try await client.send(
          .create(.replicaSets, namespace: rollout.namespace, body: body, manager: RolloutServices.manager)),
        .replicaSets)
    } catch let error as APIError where error.kind == .alreadyExists {
      try await takeExisting(name, for: rollout)
    } catch let error as APIError where [.invalid, .forbidden, .namespaceTerminating].contains(error.kind) {
      let now = AnalysisTime(seconds: services.clock.now())
      if let patch = RolloutMachine.failedCreation(rollout, name: name, error.message, at: now) {
        try await patchStatus(patch, of: rollout)
      }
      throw error
    }
  }

  /// Ours, made before we were stopped; else the hash is taken, and the next one is another.
  private func takeExisting(_ name: String, for rollout: Rollout) async throws {
    guard let node = try await client.get(.replicaSets, namespace: rollout.namespace, name: name),
      let set = RolloutReplicaSet(node)
    else { return }
    if RolloutMachine.isWanted(set, by: rollout) { return note(node, .replicaSets) }
    if let patch = RolloutMachine.collision(rollout) { try await patchStatus(patch, of: rollout) }
    throw Failure(
      "rollout.collision", subject: "rollout \(rollout.namespace)/\(rollout.name)", stage: "rollout",
      "ReplicaSet \(name) is another one's; a new hash is taken", retry: .after(seconds: 0.1))
  }

  // MARK: Pods and workloads

  /// Seconds for which a Pod is not tried again that a budget of disruptions keeps.
  private static let denialHold = 30.0

  private func evict(_ name: String, of rollout: Rollout) async throws {
    let namespace = rollout.namespace
    let body: Mapping = [
      "apiVersion": .string("policy/v1"), "kind": .string("Eviction"),
      "metadata": .mapping(["name": .string(name), "namespace": .string(namespace)]),
    ]
    do {
      _ = try await client.send(
        .create(
          .pods, namespace: namespace, body: body, manager: RolloutServices.manager, subresourceOf: name,
          subresource: "eviction"))
    } catch let error as APIError where error.kind == .notFound {
      return
    } catch let error as APIError where error.status == 429 || error.status == 500 {
      // A budget of disruptions does not allow it now; with 500 the server says that two of them meet the Pod.
      denials[key(of: rollout), default: [:]][name] = AnalysisTime(seconds: services.clock.now()) + Self.denialHold
      logger.info(
        "pod not evicted",
        metadata: ["cluster": "\(session.name)", "pod": "\(namespace)/\(name)", "reason": "\(error.message)"])
    }
  }

  private func scale(_ workload: WorkloadReference, to count: Int, in namespace: String) async throws {
    guard let resource = try await session.preferred(workload.gvk.groupKind) else { return }
    try await send(
      resource, namespace, workload.name, ["spec": .mapping(["replicas": Node(.int(Int64(count)))])])
  }

  // MARK: Events

  private static let longestMessage = 1_000

  /// What an Event is about.
  struct EventSubject: Sendable {
    var kind: Kind
    var key: Key
    var uid: String

    init(_ rollout: Rollout) {
      self.init(.rollouts, Key(namespace: rollout.namespace, name: rollout.name), rollout.uid)
    }

    init(_ kind: Kind, _ key: Key, _ uid: String) { (self.kind, self.key, self.uid) = (kind, key, uid) }
  }

  /// A service to people with kubectl: where it cannot be written nothing else suffers.
  func tell(_ event: RolloutEvent, of subject: EventSubject) async {
    let time = Node.string(AnalysisTime(seconds: services.clock.now()).text)
    let body: Mapping = [
      "apiVersion": .string("v1"), "kind": .string("Event"),
      "metadata": .mapping([
        "generateName": .string(String(subject.key.name.prefix(200)) + "."),
        "namespace": .string(subject.key.namespace),
      ]),
      "involvedObject": .mapping([
        "apiVersion": .string(Rollout.apiVersion), "kind": .string(subject.kind.rawValue),
        "name": .string(subject.key.name), "namespace": .string(subject.key.namespace), "uid": .string(subject.uid),
      ]), "reason": .string(event.reason), "type": .string(event.isWarning ? "Warning" : "Normal"),
      "message": .string(String(event.message.prefix(Self.longestMessage))), "firstTimestamp": time,
      "lastTimestamp": time, "count": Node(.int(1)), "source": .mapping(["component": .string("muster")]),
      "reportingComponent": .string("muster"), "reportingInstance": .string(""),
    ]
    do {
      _ = try await client.send(
        .create(.events, namespace: subject.key.namespace, body: body, manager: RolloutServices.manager))
    } catch {
      let failure = KubernetesClient.failure(from: error, subject: "event of \(subject.key.name)", stage: "event")
      logger.debug("event not written", metadata: ["of": "\(subject.key.name)", "reason": "\(failure.message)"])
    }
  }
}
