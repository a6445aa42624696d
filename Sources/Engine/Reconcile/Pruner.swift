import Fleet
import Kubernetes
import Manifest

/// Deletes exactly what was seen, and nothing that changed since.
struct Pruner: Sendable {
  let session: ClusterSession
  /// Who acts.
  let client: KubernetesClient

  /// - Throws: ``APIError`` conflict when the object is not any more what the plan saw.
  func delete(_ live: LiveObject, propagation: APIRequest.Propagation = .foreground) async throws {
    let resource = try await session.resource(for: live.gvk)
    do {
      _ = try await client.send(
        .delete(
          resource, namespace: live.id.namespace, name: live.id.name, propagation: propagation, uid: live.uid,
          resourceVersion: live.resourceVersion))
    } catch let error as APIError where error.kind == .notFound {
      await session.noteGone(live.id, uid: live.uid)
    }
  }
}

extension SyncPolicy {
  /// How dependents of what is pruned go (`PrunePropagationPolicy`); foreground unless said otherwise.
  var prunePropagation: APIRequest.Propagation {
    if has("PrunePropagationPolicy", "background") { return .background }
    return has("PrunePropagationPolicy", "orphan") ? .orphan : .foreground
  }
}
