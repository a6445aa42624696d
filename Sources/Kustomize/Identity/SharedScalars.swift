import Manifest

/// Scalars that kustomize holds as one node in several places.
///
/// A label or annotation that one transformer creates at several places of a resource is, in kustomize, the same node in
/// memory: what changes one of them later in place changes them all. The output depends on it (a patch of
/// `metadata.labels.app` above `commonLabels` changes the selector as well), so it is part of the format.
///
/// A node that a transformer makes has no place in a text, so its mark carries the number of its group instead, wherever
/// merges move it.
struct SharedScalars: Sendable {
  /// The value of each group, by its number less one.
  private var values: [Value] = []

  var isEmpty: Bool { values.isEmpty }

  /// A new group for `value`; nodes with this mark are in it.
  mutating func makeGroup(_ value: Value) -> SourceMark {
    values.append(value)
    return SourceMark(line: 0, column: UInt32(clamping: values.count))
  }

  /// After a change in place: gives all places of a group the value of the one that changed last, in the order in which
  /// a merge walks.
  mutating func settle(_ root: inout Node) {
    var changed: [Int: Node] = [:]
    findChanges(in: root, &changed)
    guard !changed.isEmpty else { return }
    for (group, node) in changed { values[group] = node.value }
    write(changed, into: &root)
  }

  private func group(of node: Node) -> Int? {
    guard let number = node.sharedGroup, number <= values.count else { return nil }
    return number - 1
  }

  private func findChanges(in node: Node, _ changed: inout [Int: Node]) {
    switch node.value {
    case .mapping(let mapping):
      for member in mapping.members.sorted(by: { $0.key < $1.key }) { findChanges(in: member.value, &changed) }
    case .sequence(let nodes): for node in nodes { findChanges(in: node, &changed) }
    default:
      if let group = group(of: node), node.value != values[group] { changed[group] = node }
    }
  }

  private func write(_ changed: [Int: Node], into node: inout Node) {
    switch node.value {
    case .mapping(var mapping):
      node.value = .null
      for position in 0..<mapping.count { mapping.updateValue(at: position) { write(changed, into: &$0) } }
      node.value = .mapping(mapping)
    case .sequence(var nodes):
      node.value = .null
      for position in nodes.indices { write(changed, into: &nodes[position]) }
      node.value = .sequence(nodes)
    default:
      guard let group = group(of: node), var new = changed[group] else { return }
      new.mark = node.mark
      node = new
    }
  }
}

extension SourceMark {
  /// Of a scalar that was created without a type: what its text means is decided when it is printed.
  static let untyped = SourceMark(line: 0, column: 0x80_0000)

  /// Whether this is a note of the build, not a place.
  var isNote: Bool { line == 0 && column > 0 }
}

extension Node {
  /// The number of the group of ``SharedScalars`` that a scalar is in.
  var sharedGroup: Int? { mark.isNote && !isUntyped ? Int(mark.column) : nil }

  var isUntyped: Bool { mark == .untyped }
}
