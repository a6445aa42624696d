import Fleet
import Kubernetes
import Manifest

/// Takes out of a cluster what an Application put there.
struct ApplicationRemoval: Sendable {
  let application: String
  let applySet: String
  let session: ClusterSession

  /// Asks for the deletion of every object of the ApplySet that may go.
  /// - Returns: whether none is left.
  func removeObjects(of kinds: Set<GroupKind>) async throws -> Bool {
    var resources: [APIResource] = []
    for kind in kinds.sorted() {
      if let resource = try await session.preferred(kind) { resources.append(resource) }
    }
    try await session.follow(resources)
    let members = await session.index.members(of: applySet).filter {
      // A definition takes every object of its kind with it, whoever's they are: it stays, as in Argo CD.
      $0.ownsPartOf && !$0.options.contains(.keptOnDelete) && $0.gvk.kind != "CustomResourceDefinition"
    }
    for live in members.sorted(by: { $0.id > $1.id }) where !live.isDeleting {
      try await Pruner(session: session).delete(live)
    }
    return members.isEmpty
  }

  /// Deletes the ApplySet's parent: from here on nothing in the cluster names the Application.
  func forget() async throws {
    try await ParentWriter(application: application, session: session).delete()
    await session.forgetParent(of: applySet)
  }
}
