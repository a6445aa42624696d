import Fleet
import Kubernetes
import Manifest

/// Creates hooks in a cluster, lets go of them when they have ended, and takes them away.
struct HookRunner: Sendable {
  /// A release races with whoever else writes to the hook; each try reads again.
  private static let tries = 5

  let session: ClusterSession
  /// Who acts.
  let client: KubernetesClient
  let applySet: String

  /// Creating it twice under the same name and mark is the same as once.
  func start(_ hook: DesiredObject, name: String, mark: String) async throws {
    let resource = try await session.resource(for: hook.gvk)
    let answer = try await client.send(
      .apply(
        resource, namespace: hook.object.namespace, name: name,
        body: hook.hookRun(name, mark: mark, partOf: applySet), manager: FieldManager.name),
      mayQuoteSecret: hook.gvk.kind == "Secret")
    guard await session.note(answer, gvk: hook.gvk) != nil else {
      throw APIError(kind: .notAnAPIServer, status: 200, message: "the answer to the apply is no object")
    }
  }

  /// Takes the finalizer off, so that it may go. By a patch that tests what it changes: an apply would create a hook that is
  /// gone a second time.
  func release(_ live: LiveObject) async throws {
    let resource = try await session.resource(for: live.gvk)
    for attempt in 1...Self.tries {
      do {
        let now = try await client.send(
          .get(resource, namespace: live.id.namespace, name: live.id.name, as: .metadata))
        guard let metadata = now["metadata"], metadata["uid"]?.string == live.uid else {
          return await session.noteGone(live.id, uid: live.uid)
        }
        let finalizers = metadata["finalizers"]?.sequence ?? []
        guard let index = finalizers.firstIndex(where: { $0.string == Hook.finalizer }) else { return }
        let answer = try await client.send(
          .jsonPatch(
            resource, namespace: live.id.namespace, name: live.id.name,
            operations: [
              operation("test", "/metadata/uid", .string(live.uid)),
              operation("test", "/metadata/finalizers/\(index)", .string(Hook.finalizer)),
              operation("remove", "/metadata/finalizers/\(index)", nil),
            ], manager: FieldManager.name))
        _ = await session.note(answer, gvk: live.gvk)
        return
      } catch let error as APIError where error.kind == .notFound {
        return await session.noteGone(live.id, uid: live.uid)
      } catch let error as APIError where [.conflict, .invalid].contains(error.kind) && attempt < Self.tries {
        continue
      }
    }
  }

  func remove(_ live: LiveObject) async throws {
    if live.hook?.holdsFinalizer == true { try await release(live) }
    let resource = try await session.resource(for: live.gvk)
    do {
      _ = try await client.send(
        .delete(
          resource, namespace: live.id.namespace, name: live.id.name, propagation: .background, uid: live.uid))
    } catch let error as APIError where error.kind == .notFound || error.kind == .conflict {
      // Gone, or another one of its name stands there: neither is the one that was to go.
      await session.noteGone(live.id, uid: live.uid)
    }
  }

  private func operation(_ op: String, _ path: String, _ value: Node?) -> Node {
    var operation: Mapping = ["op": .string(op), "path": .string(path)]
    if let value { operation["value"] = value }
    return .mapping(operation)
  }
}
