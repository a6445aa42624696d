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

/// Makes namespaces that are wanted and absent; never touches one that is there without being asked to.
struct NamespaceMaker: Sendable {
  /// Who acts.
  let client: KubernetesClient

  func ensure(_ name: String, metadata: SyncPolicy.NamespaceMetadata?) async throws {
    var object: Mapping = ["name": .string(name)]
    if let metadata {
      object["labels"] = texts(metadata.labels)
      object["annotations"] = texts(metadata.annotations)
    } else {
      do {
        _ = try await client.send(.get(.namespaces, namespace: nil, name: name, as: .metadata))
        return
      } catch let error as APIError where error.kind == .notFound {
        // It is made below.
      } catch let error as APIError where error.kind == .forbidden {
        // Rights kept to namespaces: what is applied will tell whether it is there.
        return
      }
    }
    _ = try await client.send(
      .apply(
        .namespaces, namespace: nil, name: name,
        body: ["apiVersion": .string("v1"), "kind": .string("Namespace"), "metadata": .mapping(object)],
        manager: FieldManager.name))
  }

  private func texts(_ texts: [String: String]) -> Node? {
    if texts.isEmpty { return nil }
    var mapping = Mapping()
    for (key, value) in texts.sorted(by: { $0.key < $1.key }) { mapping[key] = .string(value) }
    return .mapping(mapping)
  }
}

extension SyncPolicy {
  /// How dependents of what is pruned go (`PrunePropagationPolicy`); foreground unless said otherwise.
  var prunePropagation: APIRequest.Propagation {
    if has("PrunePropagationPolicy", "background") { return .background }
    return has("PrunePropagationPolicy", "orphan") ? .orphan : .foreground
  }
}
