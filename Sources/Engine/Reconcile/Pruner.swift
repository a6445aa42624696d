import Fleet
import Kubernetes
import Manifest

/// Deletes exactly what was seen, and nothing that changed since.
struct Pruner: Sendable {
  let session: ClusterSession
  /// Who acts.
  let client: KubernetesClient

  /// What is deleted at once.
  private static let width = 16

  /// Deletes all of them at the same time; once the server has too much to do, the rest stays for another time.
  /// - Returns: those that it came to, each with what went wrong.
  func delete(
    _ going: [LiveObject], propagation: APIRequest.Propagation = .foreground
  ) async -> [(live: LiveObject, failure: Failure?)] {
    await withTaskGroup(of: (Int, Failure?).self) { group in
      var results: [(live: LiveObject, failure: Failure?)] = []
      var isBusy = false
      func take(_ index: Int, _ failure: Failure?) {
        results.append((going[index], failure))
        isBusy = isBusy || failure?.code == "cluster.busy"
      }
      for (index, live) in going.enumerated() {
        if index >= Self.width, let (done, failure) = await group.next() { take(done, failure) }
        if isBusy { break }
        group.addTask { (index, await failure(of: live, propagation)) }
      }
      for await (done, failure) in group { take(done, failure) }
      return results
    }
  }

  private func failure(of live: LiveObject, _ propagation: APIRequest.Propagation) async -> Failure? {
    do {
      try await delete(live, propagation: propagation)
      return nil
    } catch {
      return KubernetesClient.failure(from: error, subject: "\(live.id)", stage: "prune")
    }
  }

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
