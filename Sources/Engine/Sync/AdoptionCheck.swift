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

  /// What a look came to.
  struct Findings: Sendable {
    /// What is there already.
    var found: [ObjectID: LiveObject] = [:]
    /// What may not be looked at: whether another tool claims it cannot be told.
    var refused: [ObjectID: Failure] = [:]
  }

  /// - Throws: what the cluster as a whole has to say; what it refuses of one object is among the findings.
  func look(at objects: [DesiredObject]) async throws -> Findings {
    struct Place: Hashable {
      var gvk: GroupVersionKind
      var namespace: String
    }
    var findings = Findings()
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
        for object in group { findings.found[object.id] = listed[object.id] }
        if isWhole { rest = [] }
      }
      try await get(rest.filter { findings.found[$0.id] == nil }, resource, &findings)
    }
    return findings
  }

  /// - Returns: what is there, and whether that is all; nothing of a collection that may not be listed.
  private func list(_ resource: APIResource, _ namespace: String) async throws -> ([ObjectID: LiveObject], Bool) {
    do {
      return try await pages(resource, namespace)
    } catch let error as APIError where error.kind == .forbidden {
      return ([:], false)
    }
  }

  private func pages(_ resource: APIResource, _ namespace: String) async throws -> ([ObjectID: LiveObject], Bool) {
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

  fileprivate enum Answer: Sendable {
    case found(LiveObject)
    case absent
    case refused(APIError)
  }

  private func get(_ objects: [DesiredObject], _ resource: APIResource, _ findings: inout Findings) async throws {
    try await withThrowingTaskGroup(of: (ObjectID, Answer).self) { group in
      for (position, object) in objects.enumerated() {
        if position >= Self.width, let (id, answer) = try await group.next() { findings.take(answer, of: id) }
        group.addTask { (object.id, try await get(object, resource)) }
      }
      for try await (id, answer) in group { findings.take(answer, of: id) }
    }
  }

  private func get(_ object: DesiredObject, _ resource: APIResource) async throws -> Answer {
    do {
      let node = try await client.send(
        .get(resource, namespace: object.object.namespace, name: object.object.name, as: .metadata))
      return LiveObject(node, gvk: resource.gvk).map(Answer.found) ?? .absent
    } catch let error as APIError where error.kind == .notFound {
      return .absent
    } catch let error as APIError where error.kind == .forbidden {
      return .refused(error)
    }
  }
}

extension AdoptionCheck.Findings {
  fileprivate mutating func take(_ answer: AdoptionCheck.Answer, of id: ObjectID) {
    switch answer {
    case .found(let live): found[id] = live
    case .absent: break
    case .refused(let error):
      refused[id] = Failure(
        "cluster.forbidden", subject: "\(id)", stage: "apply",
        "it cannot be told whether another tool claims it: \(error.message); grant 'get', or set the sync option Adopt=true",
        retry: .backOff)
    }
  }
}
