import Fleet
import Kubernetes
import Manifest

/// Objects of one kind, as the watch and our own writes tell of them; whatever is newer counts.
struct RolloutCache {
  typealias Key = WatchedObject.Key

  private(set) var nodes: [Key: Node] = [:]
  /// Namespaces of watches that told everything once; an empty name stands for all.
  private(set) var synced: Set<String> = []

  subscript(key: Key) -> Node? { nodes[key] }

  /// - Returns: whether it is news.
  @discardableResult
  mutating func note(_ node: Node) -> Bool {
    guard let object = WatchedObject(node) else { return false }
    return note(object)
  }

  @discardableResult
  mutating func note(_ object: WatchedObject) -> Bool {
    if let known = nodes[object.key], known["metadata"]?["uid"]?.string == object.uid,
      let old = known["metadata"]?["resourceVersion"]?.string.flatMap({ UInt64($0) }),
      let new = UInt64(object.resourceVersion), new <= old
    {
      return false
    }
    nodes[object.key] = object.node
    return true
  }

  /// Forgets an object, unless another one has its name now.
  @discardableResult
  mutating func forget(_ key: Key, uid: String) -> Node? {
    guard let known = nodes[key], known["metadata"]?["uid"]?.string == uid else { return nil }
    nodes[key] = nil
    return known
  }

  /// Takes in a whole list of a namespace, or of all.
  /// - Returns: what was there or is there now.
  mutating func replaceAll(_ objects: [WatchedObject], namespace: String?) -> [Node] {
    let before = nodes.filter { namespace == nil || $0.key.namespace == namespace }
    let listed = Dictionary(objects.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
    for key in before.keys where listed[key] == nil { nodes[key] = nil }
    for object in objects { note(object) }
    return Array(before.values) + objects.map(\.node)
  }

  mutating func sync(_ namespace: String?) { synced.insert(namespace ?? "") }

  mutating func clear() { self = RolloutCache() }

  func all(in namespace: String) -> [Node] { nodes.filter { $0.key.namespace == namespace }.map(\.value) }
}

extension Node {
  /// The Rollout that controls the object: its uid and name.
  var controllingRollout: (uid: String, name: String)? {
    guard let owner = self["metadata"]?["ownerReferences"]?.sequence?.first(where: { $0["controller"]?.bool == true }),
      owner["kind"]?.string == "Rollout", owner["apiVersion"]?.string?.hasPrefix("argoproj.io/") == true,
      let uid = owner["uid"]?.string, let name = owner["name"]?.string
    else { return nil }
    return (uid, name)
  }

  var key: WatchedObject.Key {
    WatchedObject.Key(
      namespace: self["metadata"]?["namespace"]?.string ?? "", name: self["metadata"]?["name"]?.string ?? "")
  }
}
