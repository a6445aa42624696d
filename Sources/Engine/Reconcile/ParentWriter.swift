import Fleet
import Kubernetes

/// Keeps the ApplySet parent of one Application in its cluster (DESIGN §3.3).
struct ParentWriter: Sendable {
  let application: String
  let session: ClusterSession

  /// Makes its namespace where that is not there yet.
  func write(_ parent: ApplySetParent) async throws {
    let request = APIRequest.apply(
      .configMaps, namespace: ApplySetParent.namespace, name: ApplySetParent.objectName(of: application),
      body: parent.configMap, manager: FieldManager.name)
    do {
      await session.noteParent(try await session.client.send(request))
    } catch let error as APIError where error.kind == .notFound {
      try await NamespaceMaker(client: session.client).ensure(ApplySetParent.namespace)
      await session.noteParent(try await session.client.send(request))
    }
  }

  func delete() async throws {
    do {
      _ = try await session.client.send(
        .delete(
          .configMaps, namespace: ApplySetParent.namespace, name: ApplySetParent.objectName(of: application),
          propagation: .background))
    } catch let error as APIError where error.kind == .notFound {
      return
    }
  }
}
