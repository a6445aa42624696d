import Manifest

extension TypeTable {
  /// `node` without the paths of `set`; nil when nothing is left that keeps its form.
  func removing(_ set: FieldSet, from node: Node, _ type: TypeID) -> Node? {
    switch types[type] {
    case .scalar: return node
    case .anything(let isAtomic): return isAtomic || node.mapping == nil ? nil : removingMembers(set, node, type)
    case .map(let map): return map.isAtomic ? nil : removingMembers(set, node, type)
    case .structure(let structure): return structure.isAtomic ? nil : removingMembers(set, node, type)
    case .list(let list): return list.identity == .position ? nil : removingItems(set, node, list)
    }
  }

  private func removingMembers(_ set: FieldSet, _ node: Node, _ type: TypeID) -> Node? {
    guard let members = node.mapping, !members.isEmpty else { return nil }
    var kept = members
    for child in set.elements where child.element.hasPrefix("f:") {
      let name = String(child.element.dropFirst(2))
      guard let value = members[name] else { continue }
      if child.set.isMember {
        kept[name] = nil
      } else if let below = memberType(name, of: type) {
        kept[name] = removing(child.set, from: value, below) ?? Self.emptied(value)
      }
    }
    return kept.isEmpty ? nil : .mapping(kept)
  }

  private func removingItems(_ set: FieldSet, _ node: Node, _ list: ListType) -> Node? {
    guard let items = node.sequence, !items.isEmpty else { return nil }
    var kept: [Node] = []
    for item in items {
      guard let element = element(of: item, in: list), let below = set[element] else {
        kept.append(item)
        continue
      }
      if below.isMember { continue }
      kept.append(removing(below, from: item, list.element) ?? Self.emptied(item))
    }
    return kept.isEmpty ? nil : .sequence(kept)
  }

  /// What is left of a container whose members are all gone while it stays itself.
  private static func emptied(_ node: Node) -> Node {
    switch node.value {
    case .mapping: .mapping(Mapping())
    case .sequence: .sequence([])
    default: .null
    }
  }
}
