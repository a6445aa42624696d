import Manifest

/// Where an object lies within its collection; cluster-scoped ones have no namespace.
struct ObjectKey: Sendable, Hashable, Comparable {
  var namespace: String
  var name: String

  init(namespace: String, name: String) {
    self.namespace = namespace
    self.name = name
  }

  static func < (a: ObjectKey, b: ObjectKey) -> Bool {
    a.namespace == b.namespace ? a.name < b.name : a.namespace < b.namespace
  }
}

/// The objects of one resource, sorted by namespace and name as etcd lists them.
struct ObjectCollection: Sendable {
  private(set) var keys: [ObjectKey] = []
  private(set) var objects: [Mapping] = []

  var count: Int { keys.count }

  /// The first position whose key is not before `key`.
  func lowerBound(of key: ObjectKey) -> Int {
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  subscript(key: ObjectKey) -> Mapping? {
    let position = lowerBound(of: key)
    return position < keys.count && keys[position] == key ? objects[position] : nil
  }

  mutating func put(_ object: Mapping, at key: ObjectKey) {
    let position = lowerBound(of: key)
    if position < keys.count && keys[position] == key {
      objects[position] = object
    } else {
      keys.insert(key, at: position)
      objects.insert(object, at: position)
    }
  }

  mutating func remove(_ key: ObjectKey) {
    let position = lowerBound(of: key)
    guard position < keys.count && keys[position] == key else { return }
    keys.remove(at: position)
    objects.remove(at: position)
  }
}

/// One write as watches see it.
struct Change: Sendable {
  var revision: UInt64
  var resource: GroupResource
  var key: ObjectKey
  /// What was stored before; nil for a creation.
  var before: Mapping?
  /// What is stored now; nil for a deletion.
  var after: Mapping?
}

/// The state of one server: objects by resource, one revision counter, and a bounded past.
///
/// Stands for etcd and the watch cache: every write takes the next revision, and the oldest changes are forgotten.
struct ObjectStore: Sendable {
  private(set) var revision: UInt64
  /// Changes at or before this revision are forgotten: a watch from before it is expired.
  private(set) var compacted: UInt64
  private(set) var history: [Change] = []
  private var collections: [GroupResource: ObjectCollection] = [:]
  private let historyLimit: Int

  init(revision: UInt64, historyLimit: Int) {
    self.revision = revision
    compacted = revision
    self.historyLimit = max(1, historyLimit)
  }

  subscript(resource: GroupResource) -> ObjectCollection { collections[resource] ?? ObjectCollection() }

  func object(_ resource: GroupResource, _ key: ObjectKey) -> Mapping? { collections[resource]?[key] }

  /// The resources that hold objects, sorted.
  var resources: [GroupResource] { collections.filter { $0.value.count > 0 }.keys.sorted() }

  var count: Int { collections.values.reduce(0) { $0 + $1.count } }

  /// Stores `object` under the next revision, which it carries as `metadata.resourceVersion`.
  mutating func put(_ object: Mapping, in resource: GroupResource, at key: ObjectKey) -> Change {
    revision += 1
    var stored = object
    stored["metadata"]?["resourceVersion"] = .string(String(revision))
    let before = collections[resource]?[key]
    collections[resource, default: ObjectCollection()].put(stored, at: key)
    return remember(Change(revision: revision, resource: resource, key: key, before: before, after: stored))
  }

  /// - Returns: nil when there is no such object.
  mutating func remove(_ resource: GroupResource, _ key: ObjectKey) -> Change? {
    guard let before = collections[resource]?[key] else { return nil }
    revision += 1
    collections[resource]?.remove(key)
    return remember(Change(revision: revision, resource: resource, key: key, before: before, after: nil))
  }

  private mutating func remember(_ change: Change) -> Change {
    history.append(change)
    // Forgotten in lots, so that a write costs constant time.
    if history.count >= historyLimit * 2 { forget(history.count - historyLimit) }
    return change
  }

  private mutating func forget(_ count: Int) {
    guard count > 0 else { return }
    compacted = history[count - 1].revision
    history.removeFirst(count)
  }

  /// Forgets every change, as a compaction of etcd does.
  mutating func compact() {
    history.removeAll()
    compacted = revision
  }

  /// Takes the revision counter back, as an etcd does that was restored from a backup; the past is forgotten.
  mutating func rewind(to earlier: UInt64) {
    revision = min(earlier, revision)
    history.removeAll()
    compacted = revision
  }

  /// The changes after `revision`, oldest first.
  func changes(after revision: UInt64) -> ArraySlice<Change> {
    var (low, high) = (0, history.count)
    while low < high {
      let middle = (low + high) / 2
      if history[middle].revision <= revision { low = middle + 1 } else { high = middle }
    }
    return history[low...]
  }
}
