package import Manifest

/// What the hub knows to be in one cluster of what it manages: metadata by object, and membership by ApplySet.
///
/// Fed by lists, watch events and the answers to our own applies; older news of an object never replaces newer.
package struct LiveIndex: Sendable {
  private var objects: [ObjectID: LiveObject] = [:]
  private var members: [String: Set<ObjectID>] = [:]

  package init() {}

  package var count: Int { objects.count }

  package subscript(id: ObjectID) -> LiveObject? { objects[id] }

  /// The objects whose label names `applySet`, in no order.
  package func members(of applySet: String) -> [LiveObject] {
    (members[applySet] ?? []).compactMap { objects[$0] }
  }

  package var applySets: Set<String> { Set(members.keys) }

  /// What taking in one piece of news changed.
  package enum Change: Sendable, Equatable {
    case none
    /// ApplySets that had or have the object.
    case changed(applySets: Set<String>)
  }

  /// Takes in an object as it is; stale news is ignored.
  @discardableResult
  package mutating func upsert(_ object: LiveObject) -> Change {
    let known = objects[object.id]
    if let known {
      if known == object || !object.isNewer(than: known) { return .none }
    }
    return set(object, for: object.id, known: known)
  }

  /// Takes in that an object is gone, or has left the selection.
  @discardableResult
  package mutating func remove(_ id: ObjectID, uid: String? = nil) -> Change {
    guard let known = objects[id], uid == nil || uid == known.uid else { return .none }
    return set(nil, for: id, known: known)
  }

  /// Takes in a whole list of one kind, within `namespace` when the list was of one namespace only.
  @discardableResult
  package mutating func replaceAll(
    of kind: GroupKind, namespace: String? = nil, with listed: [LiveObject]
  ) -> Change {
    let names = Set(listed.map(\.id))
    var touched: Set<String> = []
    func note(_ change: Change) {
      if case .changed(let applySets) = change { touched.formUnion(applySets) }
    }
    for id in Array(objects.keys)
    where id.groupKind == kind && (namespace == nil || namespace == id.namespace) && !names.contains(id) {
      note(remove(id))
    }
    // A list is the truth of its moment even where numbers went back: an older store was restored.
    for object in listed { note(set(object, for: object.id, known: objects[object.id])) }
    return touched.isEmpty ? .none : .changed(applySets: touched)
  }

  private mutating func set(_ object: LiveObject?, for id: ObjectID, known: LiveObject?) -> Change {
    if known == object { return .none }
    var touched: Set<String> = []
    if let before = known?.partOf {
      touched.insert(before)
      if before != object?.partOf {
        members[before]?.remove(id)
        if members[before]?.isEmpty == true { members[before] = nil }
      }
    }
    if let after = object?.partOf {
      touched.insert(after)
      members[after, default: []].insert(id)
    }
    objects[id] = object
    return .changed(applySets: touched)
  }
}
