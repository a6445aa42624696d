package import Fleet
import Foundation
import Kubernetes
import Manifest

// MARK: - Rollouts of a cluster, whoever runs them there

extension HubEngine {
  /// A Rollout with what belongs to it.
  package struct RolloutView: Sendable {
    package var rollout: Rollout
    package var sets: [RolloutReplicaSet]
    package var runs: [RolloutRun]
    package var pods: [PodView]
  }

  /// A Pod as it is shown.
  package struct PodView: Sendable {
    package var name: String
    /// The uid of its ReplicaSet.
    package var controller: String
    /// `Running`, `CrashLoopBackOff`, `Terminating`, …
    package var state: String
    package var isReady: Bool
    package var restarts: Int
    package var created: AnalysisTime?
  }

  /// What sessions run Rollouts with.
  var rolloutServices: RolloutServices {
    RolloutServices(
      hubID: options.hubID,
      metrics: MetricSource(transport: transport, defaultPrometheus: options.prometheusAddress))
  }

  private static let maximumListed = 5_000

  private func rolloutSession(_ cluster: String) async throws -> (ClusterSession, APIResource)? {
    guard let name = ClusterName(cluster), let session = sessions[name]?.session else {
      if !isReady {
        throw Failure(
          "hub.not-ready", subject: "cluster \(cluster)", stage: "rollouts", "the fleet has not been read yet",
          retry: .backOff)
      }
      guard let problem = ClusterName(cluster).flatMap({ connectionProblems[$0] }) else { return nil }
      throw Failure(
        "cluster.unreachable", subject: "cluster \(cluster)", stage: "rollouts", problem, retry: .backOff)
    }
    if case .unreachable(let failure) = await session.reachability { throw failure }
    guard let resource = try await session.preferred(Rollout.groupKind) else {
      throw Failure(
        "cluster.unknown-kind", subject: "cluster \(cluster)", stage: "rollouts",
        "the cluster has no kind Rollout of group 'argoproj.io'", retry: .never)
    }
    return (session, resource)
  }

  /// All Rollouts of a cluster, or of a namespace there.
  /// - Returns: nil when there is no such cluster.
  /// - Throws: ``Failure``.
  package func rollouts(in cluster: String, namespace: String?) async throws -> [Rollout]? {
    try await asked("cluster \(cluster)") {
      let place: (ClusterSession, APIResource)?
      do {
        place = try await rolloutSession(cluster)
      } catch let failure as Failure where failure.code == "cluster.unknown-kind" {
        // Where nobody knows the kind there are none.
        return []
      }
      guard let (session, resource) = place else { return nil }
      let watched: [String?] = session.namespaces.isEmpty ? [nil] : session.namespaces
      let spaces = namespace.map { [$0] } ?? watched
      var found: [Rollout] = []
      for space in spaces {
        found += try await session.client.list(resource, namespace: space).items.compactMap { Rollout($0.node) }
      }
      return Array(found.sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }.prefix(Self.maximumListed))
    }
  }

  /// - Returns: nil when there is no such cluster, or no such Rollout.
  /// - Throws: ``Failure``.
  package func rollout(in cluster: String, namespace: String, name: String) async throws -> RolloutView? {
    try await asked("rollout \(namespace)/\(name)") {
      guard let (session, resource) = try await rolloutSession(cluster),
        let node = try await session.client.get(resource, namespace: namespace, name: name), let rollout = Rollout(node)
      else { return nil }
      return try await view(of: rollout, session)
    }
  }

  private func view(of rollout: Rollout, _ session: ClusterSession) async throws -> RolloutView {
    let client = session.client
    let sets = try await client.list(
      .replicaSets, namespace: rollout.namespace, labelSelector: Rollout.hashLabel
    ).items.compactMap { RolloutReplicaSet($0.node) }.filter { $0.controller == rollout.uid }
    var view = RolloutView(rollout: rollout, sets: sets, runs: [], pods: [])
    if let resource = try await session.preferred(GroupKind(group: "argoproj.io", kind: "AnalysisRun")) {
      view.runs = try await client.list(resource, namespace: rollout.namespace).items
        .compactMap { RolloutRun($0.node) }.filter { $0.controller == rollout.uid }
    }
    let uids = Set(sets.map(\.uid))
    view.pods = try await client.list(.pods, namespace: rollout.namespace, labelSelector: Rollout.hashLabel).items
      .compactMap { PodView($0.node) }.filter { uids.contains($0.controller) }
    return view
  }

  /// Does what a person asks, and records who did.
  /// - Returns: false when there is no such cluster or Rollout.
  /// - Throws: ``Failure`` `rollout.refused` where it makes no sense now, `cluster.cordoned`.
  package func act(
    _ verb: RolloutVerb, in cluster: String, namespace: String, name: String, actor: String
  ) async throws -> Bool {
    let done = try await asked("rollout \(namespace)/\(name)") { () -> Bool in
      guard let (session, resource) = try await rolloutSession(cluster),
        let node = try await session.client.get(resource, namespace: namespace, name: name), let rollout = Rollout(node)
      else { return false }
      if session.cordon.isSet {
        throw Failure(
          "cluster.cordoned", subject: "cluster \(cluster)", stage: "rollout",
          duplication(of: session.name)
            ?? "cluster \(cluster) is cordoned: nothing is done there; to go on: muster cluster uncordon \(cluster)",
          retry: .never)
      }
      let sets = try await view(of: rollout, session).sets
      let writes: [RolloutVerb.Write]
      do {
        writes = try verb.writes(to: rollout, sets: sets, now: AnalysisTime(seconds: Date().timeIntervalSince1970))
      } catch let refusal as RolloutVerb.Refusal {
        throw Failure(
          "rollout.refused", subject: "rollout \(namespace)/\(name)", stage: "rollout", refusal.message, retry: .never)
      }
      for write in writes { try await send(write, rollout, resource, session) }
      return true
    }
    if done {
      await services.record([
        Fact(
          time: Date(), kind: .cluster, cluster: cluster, actor: actor, cause: "requested",
          outcome: "Rollout" + verb.name.split(separator: "-").map(\.capitalized).joined(),
          message: "\(namespace)/\(name)")
      ])
    }
    return done
  }

  private func send(
    _ write: RolloutVerb.Write, _ rollout: Rollout, _ resource: APIResource, _ session: ClusterSession
  ) async throws {
    let (namespace, name) = (rollout.namespace, rollout.name)
    let request: APIRequest =
      switch write {
      case .object(let patch):
        .mergePatch(resource, namespace: namespace, name: name, patch: patch, manager: RolloutServices.manager)
      case .status(let patch):
        .mergePatch(
          resource, namespace: namespace, name: name, patch: ["status": .mapping(patch)],
          manager: RolloutServices.manager, subresource: resource.subresources.contains("status") ? "status" : nil)
      case .operations(let operations):
        .jsonPatch(resource, namespace: namespace, name: name, operations: operations, manager: RolloutServices.manager)
      }
    _ = try await session.client.send(request)
  }

  private func asked<Answer>(_ subject: String, _ body: () async throws -> Answer) async throws -> Answer {
    do {
      return try await body()
    } catch {
      throw KubernetesClient.failure(from: error, subject: subject, stage: "rollouts")
    }
  }
}

extension HubEngine.PodView {
  init?(_ node: Node) {
    guard let name = node["metadata"]?["name"]?.string,
      let owner = node["metadata"]?["ownerReferences"]?.sequence?.first(where: { $0["controller"]?.bool == true }),
      let controller = owner["uid"]?.string
    else { return nil }
    self.name = name
    self.controller = controller
    let statuses = node["status"]?["containerStatuses"]?.sequence ?? []
    restarts = statuses.reduce(0) { $0 + Int(min(max($1["restartCount"]?.int ?? 0, 0), 1_000_000)) }
    let conditions = node["status"]?["conditions"]?.sequence ?? []
    isReady = conditions.first { $0["type"]?.string == "Ready" }?["status"]?.string == "True"
    created = node["metadata"]?["creationTimestamp"]?.string.flatMap { AnalysisTime($0) }
    let waiting = statuses.lazy.compactMap { $0["state"]?["waiting"]?["reason"]?.string }.first
    let isGoing = node["metadata"]?["deletionTimestamp"]?.string != nil
    state = isGoing ? "Terminating" : waiting ?? node["status"]?["phase"]?.string ?? "Pending"
  }
}
