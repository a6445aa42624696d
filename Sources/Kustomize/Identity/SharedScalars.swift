import Manifest

/// Scalars that kustomize holds as one node in several places.
///
/// A label or annotation that one transformer creates at several places of a resource is, in kustomize, the same node in
/// memory: what changes one of them later in place changes them all. The output depends on it (a patch of
/// `metadata.labels.app` above `commonLabels` changes the selector as well), so it is part of the format.
struct SharedScalars: Sendable {
  /// Each group: paths of mapping keys that lead to one scalar.
  private var groups: [[[String]]] = []

  var isEmpty: Bool { groups.isEmpty }

  mutating func add(_ paths: [[String]]) {
    if paths.count > 1 { groups.append(paths) }
  }

  /// After a change in place: gives all places of a group the value of the one that changed last, in the order in which
  /// a merge walks.
  mutating func settle(_ root: inout Node, before: Node) {
    for position in groups.indices {
      let alive = groups[position].filter { root.node(at: $0[...]) != nil }
      let changed = alive.sorted { $0.lexicographicallyPrecedes($1) }.last { path in
        let old = before.node(at: path[...])
        return old != nil && root.node(at: path[...]) != old
      }
      groups[position] = alive
      guard let changed, let value = root.node(at: changed[...]) else { continue }
      for path in alive where path != changed { root.set(value, at: path[...]) }
    }
    groups.removeAll { $0.count < 2 }
  }
}

extension Node {
  fileprivate func node(at path: ArraySlice<String>) -> Node? {
    guard let key = path.first else { return self }
    return self[key]?.node(at: path.dropFirst())
  }

  fileprivate mutating func set(_ node: Node, at path: ArraySlice<String>) {
    guard let key = path.first else {
      self = node
      return
    }
    guard case .mapping(var mapping) = value, let position = mapping.position(of: key) else { return }
    value = .null
    mapping.updateValue(at: position) { $0.set(node, at: path.dropFirst()) }
    value = .mapping(mapping)
  }
}
