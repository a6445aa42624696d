import Manifest

extension TypeTable {
  /// `new` laid over `old`: granular parts member by member, everything else as a whole.
  func merge(_ old: Node?, _ new: Node?, _ type: TypeID) -> Node? {
    guard let old else { return new }
    guard let new else { return old }
    switch types[type] {
    case .scalar, .anything(isAtomic: true): return new
    case .anything(isAtomic: false):
      return old.mapping != nil && (new.mapping != nil || new.isNull) ? mergeMembers(old, new, type) : new
    case .map(let map): return map.isAtomic ? new : mergeMembers(old, new, type)
    case .structure(let structure): return structure.isAtomic ? new : mergeMembers(old, new, type)
    case .list(let list): return list.identity == .position ? new : mergeItems(old, new, list)
    }
  }

  private func mergeMembers(_ old: Node, _ new: Node, _ type: TypeID) -> Node {
    guard var members = old.mapping, !members.isEmpty else { return new }
    for member in new.mapping ?? Mapping() {
      if let memberType = memberType(member.key, of: type) {
        members[member.key] = merge(members[member.key], member.value, memberType)
      }
    }
    return .mapping(members)
  }

  /// Keeps the items that only `old` has at their places among those of `new`, whose order wins.
  private func mergeItems(_ old: Node, _ new: Node, _ list: ListType) -> Node {
    guard let before = old.sequence, !before.isEmpty else { return new }
    guard let after = new.sequence, !after.isEmpty else { return old }
    var merge = ItemMerge(before: elements(before, list), after: elements(after, list))
    merge.run { old, new in self.merge(old, new, list.element) ?? .null }
    return .sequence(merge.result)
  }

  private func elements(_ items: [Node], _ list: ListType) -> [(element: String, item: Node)] {
    items.compactMap { item in element(of: item, in: list).map { ($0, item) } }
  }
}

/// The merge of two lists of items with keys.
///
/// Source: structured-merge-diff's rule that the relative order of the applied items wins, and that items of the live
/// list stay before the item that they preceded.
private struct ItemMerge {
  private let before: [(element: String, item: Node)]
  private let after: [(element: String, item: Node)]
  private var old: [String: Node?] = [:]
  private var new: [String: Node] = [:]
  /// Elements of both lists, in the order of the new one, that are still to come.
  private var shared: ArraySlice<String> = []
  private var done: Set<String> = []
  private(set) var result: [Node] = []

  init(before: [(element: String, item: Node)], after: [(element: String, item: Node)]) {
    self.before = before
    self.after = after
    // An element that the live list has twice is replaced, not merged.
    for (element, item) in before { old[element] = old[element] == nil ? .some(item) : .some(nil) }
    for (element, item) in after { new[element] = item }
    shared = after.map(\.element).filter { old[$0] != nil }[...]
    result.reserveCapacity(max(before.count, after.count))
  }

  mutating func run(_ merge: (Node?, Node?) -> Node) {
    var (left, right) = (0, 0)
    while left < before.count || right < after.count {
      if left < before.count, right < after.count {
        let element = before[left].element
        if element == after[right].element {
          take(element, merge)
          left += 1
          right += 1
          continue
        }
        if new[element] != nil, let next = shared.first, next != element {
          left += 1
          continue
        }
      }
      if left < before.count {
        let (element, item) = before[left]
        if new[element] == nil {
          result.append(merge(item, nil))
          left += 1
          continue
        }
        if done.contains(element) { left += 1 }
      }
      if right < after.count {
        take(after[right].element, merge)
        right += 1
      }
    }
  }

  private mutating func take(_ element: String, _ merge: (Node?, Node?) -> Node) {
    done.insert(element)
    result.append(merge(old[element] ?? nil, new[element]))
    if shared.first == element { shared.removeFirst() }
  }
}
