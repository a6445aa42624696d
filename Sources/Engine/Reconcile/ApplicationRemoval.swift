import Fleet
import Kubernetes
import Manifest

/// Takes out of a cluster what an Application put there.
struct ApplicationRemoval: Sendable {
  /// How far it is.
  enum Progress: Equatable {
    case gone
    /// What it waits for.
    case waiting(String)
    /// A person has to agree to the deletion of this one first.
    case unconfirmed(ObjectID)
  }

  let application: String
  let applySet: String
  let session: ClusterSession
  /// Who acts.
  let client: KubernetesClient
  /// What the Application says for all of its objects.
  var options: SyncOptions = []
  var isConfirmed = false
  var propagation = APIRequest.Propagation.foreground
  /// What is out of its project's reach stays.
  var isDenied: @Sendable (ObjectID) -> Bool = { _ in false }

  /// Asks for the deletion of every object of the ApplySet that may go: the highest wave first, the next once that is gone.
  func removeObjects(of kinds: Set<GroupKind>) async throws -> Progress {
    let members = try await members(of: kinds).filter { live in
      // A definition takes every object of its kind with it, whoever's they are: it stays, as in Argo CD.
      live.hook == nil && live.gvk.kind != "CustomResourceDefinition" && !isDenied(live.id)
        && !live.options.within(options).contains(.keptOnDelete)
    }
    if !isConfirmed, let first = members.first(where: { $0.options.within(options).contains(.confirmsDelete) }) {
      return .unconfirmed(first.id)
    }
    guard let wave = members.map(\.wave).max() else { return .gone }
    let leaving = members.filter { $0.wave == wave }.sorted { $0.id > $1.id }
    let results = await Pruner(session: session, client: client).delete(
      leaving.filter { !$0.isDeleting }, propagation: propagation)
    // One that may not go yet holds up no other of its wave; what it says is told.
    if let failure = results.lazy.compactMap(\.failure).first(where: { $0.code != "cluster.conflict" }) {
      throw failure
    }
    return .waiting("waiting for deletion of \(leaving.count) objects of wave \(wave)")
  }

  /// Removes the hooks that syncs left behind.
  func removeHooks(of kinds: Set<GroupKind>) async throws {
    let runner = HookRunner(session: session, client: client, applySet: applySet)
    for live in try await members(of: kinds) where live.hook != nil && !live.isDeleting && !isDenied(live.id) {
      try await runner.remove(live)
    }
  }

  private func members(of kinds: Set<GroupKind>) async throws -> [LiveObject] {
    var resources: [APIResource] = []
    for kind in kinds.sorted() {
      if let resource = try await session.preferred(kind) { resources.append(resource) }
    }
    try await session.follow(resources)
    return await session.index.members(of: applySet).filter(\.ownsPartOf)
  }

  /// Deletes the ApplySet's parent: from here on nothing in the cluster names the Application.
  func forget() async throws {
    try await ParentWriter(application: application, session: session).delete()
    await session.forgetParent(of: applySet)
  }
}
