import Fleet
import Kubernetes
import Manifest

/// The parents of all ApplySets of one cluster, whoever keeps them, as far as they are known.
struct KnownParents: Sendable {
  /// A parent as the server has it.
  private struct Known {
    var live: LiveObject
    var parent: ApplySetParent
  }

  private var known: [ObjectID: Known] = [:]

  var all: [ApplySetParent] { known.values.map(\.parent) }

  subscript(applySet: String) -> (parent: ApplySetParent, uid: String)? {
    known.values.first { $0.parent.applySet == applySet }.map { ($0.parent, $0.live.uid) }
  }

  mutating func forget(_ applySet: String) { known = known.filter { $0.value.parent.applySet != applySet } }

  /// Takes in one parent, unless something newer of it is known.
  /// - Returns: the ApplySet whose parent changed.
  @discardableResult
  mutating func note(_ node: Node) -> String? {
    guard let live = LiveObject(node, gvk: APIResource.configMaps.gvk), let parent = ApplySetParent(node) else {
      return nil
    }
    let before = known[live.id]
    if let before, before.live.uid == live.uid, !live.isNewer(than: before.live) { return nil }
    known[live.id] = Known(live: live, parent: parent)
    return before?.parent == parent ? nil : parent.applySet
  }

  /// Takes in what their watch says.
  /// - Returns: the ApplySets whose parents came, changed or went.
  mutating func take(_ output: WatchMachine.Output, _ gvk: GroupVersionKind) -> Set<String> {
    switch output {
    case .replaceAll(let objects): return replaceAll(objects)
    case .upsert(let object): return Set([note(object.node)].compactMap(\.self))
    case .delete(let object):
      let id = ObjectID(group: gvk.group, kind: gvk.kind, namespace: object.key.namespace, name: object.key.name)
      guard let gone = known[id], gone.live.uid == object.uid else { return [] }
      known[id] = nil
      return [gone.parent.applySet]
    case .synced, .interrupted: return []
    }
  }

  private mutating func replaceAll(_ objects: [WatchedObject]) -> Set<String> {
    let before = known
    known = [:]
    for object in objects { note(object.node) }
    var touched: Set<String> = []
    for (id, old) in before where known[id]?.parent != old.parent { touched.insert(old.parent.applySet) }
    for (id, new) in known where before[id]?.parent != new.parent { touched.insert(new.parent.applySet) }
    return touched
  }
}
