import Fleet
import Kubernetes
import Manifest

/// Looks at what is about to be applied for the first time: whether it is there already, and whether another tool claims it.
struct AdoptionCheck: Sendable {
  /// From so many objects of one kind in one namespace on, a list is cheaper than asking for each.
  private static let listFrom = 8
  private static let pageSize = 500
  /// Beyond so many pages each object is asked for after all.
  private static let mostPages = 20
  private static let width = 16

  let session: ClusterSession
  /// Who acts.
  let client: KubernetesClient

  /// - Returns: what is there already of these.
  func found(_ objects: [DesiredObject]) async throws -> [ObjectID: LiveObject] {
    struct Place: Hashable {
      var gvk: GroupVersionKind
      var namespace: String
    }
    var found: [ObjectID: LiveObject] = [:]
    for (place, group) in Dictionary(grouping: objects, by: { Place(gvk: $0.gvk, namespace: $0.object.namespace) }) {
      let resource: APIResource
      do {
        resource = try await session.resource(for: place.gvk)
      } catch let failure as Failure where failure.code == "cluster.unknown-kind" {
        // Nothing of the kind can be there; the apply of each object tells, and its neighbours' go on.
        continue
      }
      var rest = group
      if group.count >= Self.listFrom, resource.verbs.contains("list") {
        let (listed, isWhole) = try await list(resource, place.namespace)
        for object in group { found[object.id] = listed[object.id] }
        if isWhole { rest = [] }
      }
      for (id, live) in try await get(rest.filter { found[$0.id] == nil }, resource) { found[id] = live }
    }
    return found
  }

  private func list(_ resource: APIResource, _ namespace: String) async throws -> ([ObjectID: LiveObject], Bool) {
    var listed: [ObjectID: LiveObject] = [:]
    var options = APIRequest.ListOptions(limit: Self.pageSize)
    for _ in 0..<Self.mostPages {
      let page = try await client.send(
        .list(resource, namespace: namespace.isEmpty ? nil : namespace, options: options, metadataOnly: true))
      for item in page["items"]?.sequence ?? [] {
        if let live = LiveObject(item, gvk: resource.gvk) { listed[live.id] = live }
      }
      guard let token = page["metadata"]?["continue"]?.string, !token.isEmpty else { return (listed, true) }
      options.continueToken = token
    }
    return (listed, false)
  }

  private func get(_ objects: [DesiredObject], _ resource: APIResource) async throws -> [(ObjectID, LiveObject)] {
    try await withThrowingTaskGroup(of: (ObjectID, LiveObject)?.self) { group in
      var found: [(ObjectID, LiveObject)] = []
      for (position, object) in objects.enumerated() {
        if position >= Self.width, let answer = try await group.next() { answer.map { found.append($0) } }
        group.addTask {
          do {
            let node = try await client.send(
              .get(resource, namespace: object.object.namespace, name: object.object.name, as: .metadata))
            return LiveObject(node, gvk: resource.gvk).map { (object.id, $0) }
          } catch let error as APIError where error.kind == .notFound {
            return nil
          }
        }
      }
      for try await answer in group { answer.map { found.append($0) } }
      return found
    }
  }
}
