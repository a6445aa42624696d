import Manifest

/// Removes what belongs to owners that are gone, and finishes foreground and orphaning deletions.
extension APIServer {
  /// - Parameter owner: the uid of an object that was removed.
  mutating func collectDependents(of owner: String) {
    guard let options = try? DeleteOptions(APIRequest(method: "DELETE", target: "/")) else { return }
    for (type, object) in objects(ownedBy: owner) {
      let others = object.ownerReferences.filter { $0.uid != owner && exists($0.uid) }
      if others.isEmpty {
        if !object.isBeingDeleted { remove(object, of: type, options) }
      } else {
        dropOwner(owner, from: object, type)
      }
    }
  }

  /// Carries a deletion on that waits for dependents.
  mutating func collect(_ owner: Mapping, _ work: WorkKey) {
    guard let type = catalog.all.first(where: { $0.storage == work.resource }) else { return }
    let owned = objects(ownedBy: owner.uid)
    if owner.finalizers.contains("orphan") {
      for (type, object) in owned { dropOwner(owner.uid, from: object, type) }
      return removeFinalizer("orphan", from: owner, type)
    }
    let blocking = owned.filter { _, object in
      object.ownerReferences.contains { $0.uid == owner.uid && $0.blocksOwnerDeletion }
    }
    guard !blocking.isEmpty else { return removeFinalizer("foregroundDeletion", from: owner, type) }
    guard
      let options = try? DeleteOptions(
        APIRequest(method: "DELETE", target: "/?propagationPolicy=Foreground"))
    else { return }
    for (type, object) in owned where !object.isBeingDeleted { remove(object, of: type, options) }
  }

  private func objects(ownedBy uid: String) -> [(ResourceType, Mapping)] {
    var owned: [(ResourceType, Mapping)] = []
    for resource in store.resources {
      let objects = store[resource].objects.filter { $0.ownerReferences.contains { $0.uid == uid } }
      guard !objects.isEmpty, let type = catalog.all.first(where: { $0.storage == resource }) else { continue }
      owned += objects.map { (type, $0) }
    }
    return owned
  }

  private func exists(_ uid: String) -> Bool {
    store.resources.contains { resource in store[resource].objects.contains { $0.uid == uid } }
  }

  private mutating func dropOwner(_ uid: String, from object: Mapping, _ type: ResourceType) {
    change(object, of: type, subresource: "") { object in
      let rest = (object["metadata"]?["ownerReferences"]?.sequence ?? []).filter { $0["uid"]?.string != uid }
      object.setMetadata("ownerReferences", rest.isEmpty ? nil : .sequence(rest))
    }
  }

  private mutating func removeFinalizer(_ finalizer: String, from object: Mapping, _ type: ResourceType) {
    change(object, of: type, subresource: "") { $0.setFinalizers($0.finalizers.filter { $0 != finalizer }) }
  }
}
