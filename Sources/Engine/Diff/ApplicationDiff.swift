import Fleet
import Kubernetes
import Manifest

/// Asks a cluster what a sync of an Application would change, by one server-side dry run an object.
struct ApplicationDiff: Sendable {
  /// Requests under way at once.
  private static let width = 16

  let session: ClusterSession
  /// Who asks.
  let client: KubernetesClient
  let applySet: String

  /// What a dry run of one object came to.
  struct Prediction: Sendable {
    var kind: ObjectChange.Kind
    /// What is there; nil for nothing.
    var live: Node?
    var predicted: Node
    /// Why it is refused.
    var message = ""
  }

  init(session: ClusterSession, client: KubernetesClient? = nil, applySet: String) {
    self.session = session
    self.client = client ?? session.client
    self.applySet = applySet
  }

  /// - Returns: the objects that would change, in the order of their ids.
  /// - Throws: what the cluster refuses as a whole; refusals of single objects are changes.
  func changes(to desired: [DesiredObject], prunes: Bool) async throws -> [ObjectChange] {
    var changes: [ObjectChange] = []
    try await withThrowingTaskGroup(of: ObjectChange?.self) { group in
      for (position, object) in desired.enumerated() {
        if position >= Self.width, let change = try await group.next() { changes += [change].compactMap(\.self) }
        group.addTask { try await self.change(to: object) }
      }
      for try await change in group { changes += [change].compactMap(\.self) }
    }
    for live in try await leftovers(desired) { changes.append(try await removal(of: live, prunes: prunes)) }
    return changes.sorted { $0.id < $1.id }
  }

  private func change(to desired: DesiredObject) async throws -> ObjectChange? {
    let prediction = try await prediction(of: desired)
    let (kind, diff) = (prediction.kind, diff(of: desired.id, prediction))
    guard kind == .refused || !diff.isEmpty else { return nil }
    // What is refused would not become what it asks for.
    return ObjectChange(
      id: desired.id, version: desired.gvk.version, kind: kind, diff: kind == .refused ? "" : diff,
      message: prediction.message)
  }

  /// Empty where nothing would change.
  func diff(of id: ObjectID, _ prediction: Prediction) -> String { text(id, prediction.live, prediction.predicted) }

  /// - Throws: what the cluster refuses as a whole.
  func prediction(of desired: DesiredObject) async throws -> Prediction {
    let wanted = Node.mapping(desired.labelled(partOf: applySet))
    let resource: APIResource
    do {
      resource = try await session.resource(for: desired.gvk)
    } catch let failure as Failure where failure.code == "cluster.unknown-kind" {
      return Prediction(kind: .create, live: nil, predicted: wanted, message: failure.message)
    }
    let live = try await client.get(resource, namespace: desired.object.namespace, name: desired.object.name)
    let before = live.flatMap { LiveObject($0, gvk: desired.gvk) }
    do {
      var predicted = try await client.send(
        .apply(
          resource, namespace: desired.object.namespace, name: desired.object.name,
          body: desired.labelled(partOf: applySet, over: before),
          manager: FieldManager.name, dryRun: true),
        mayQuoteSecret: desired.gvk.kind == "Secret")
      if let live, let before {
        for path in desired.pathsToRelease(before) { predicted.restore(path[...], from: live) }
      }
      return Prediction(kind: live == nil ? .create : .update, live: live, predicted: predicted)
    } catch let error as APIError where error.kind == .notFound && live == nil {
      // Its namespace comes with the sync.
      return Prediction(kind: .create, live: nil, predicted: wanted)
    } catch let error as APIError where [.invalid, .forbidden, .conflict, .namespaceTerminating].contains(error.kind) {
      return Prediction(kind: .refused, live: live, predicted: wanted, message: error.message)
    }
  }

  private func text(_ id: ObjectID, _ live: Node?, _ predicted: Node?) -> String {
    UnifiedDiff.text(
      live: live.map(ShownObject.of), desired: predicted.map(ShownObject.of), name: "\(id.groupKind)/" + id.path)
  }

  /// What is ours in the cluster and no longer wanted.
  private func leftovers(_ desired: [DesiredObject]) async throws -> [LiveObject] {
    let wanted = Set(desired.map(\.id))
    return await session.index.members(of: applySet).filter {
      $0.hook == nil && $0.ownsPartOf && !wanted.contains($0.id)
    }
  }

  private func removal(of live: LiveObject, prunes: Bool) async throws -> ObjectChange {
    var before: Node?
    if let resource = try await session.preferred(live.gvk.groupKind) {
      before = try await session.client.get(resource, namespace: live.id.namespace, name: live.id.name)
    }
    let message =
      !live.options.isDisjoint(with: [.keptOnPrune, .confirmsPrune])
      ? "kept: its pruning is forbidden" : prunes ? "" : "kept: pruning is off"
    return ObjectChange(
      id: live.id, version: live.gvk.version, kind: .prune, diff: text(live.id, before, nil), message: message)
  }
}

extension ObjectID {
  fileprivate var path: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }
}
