import Manifest

/// The paths in which two objects differ; none is in more than one set.
struct Comparison {
  var added = FieldSet()
  var modified = FieldSet()
  var removed = FieldSet()

  var isEmpty: Bool { added.isEmpty && modified.isEmpty && removed.isEmpty }

  /// Without what lies at or below the paths of `excluded`.
  func excluding(_ excluded: [[String]]) -> Comparison {
    var result = self
    for path in excluded {
      result.added.remove(path)
      result.modified.remove(path)
      result.removed.remove(path)
    }
    return result
  }
}

extension TypeTable {
  /// How `new` differs from `old`; nil stands for absence.
  func compare(_ old: Node?, _ new: Node?, _ type: TypeID) -> Comparison {
    switch types[type] {
    case .scalar, .anything(isAtomic: true): return compareLeaf(old, new)
    case .anything(isAtomic: false):
      let isMapping = [old, new].allSatisfy { $0 == nil || $0?.isNull == true || $0?.mapping != nil }
      return isMapping ? compareMembers(old, new, type) : compareLeaf(old, new)
    case .map(let map): return map.isAtomic ? compareLeaf(old, new) : compareMembers(old, new, type)
    case .structure(let structure):
      return structure.isAtomic ? compareLeaf(old, new) : compareMembers(old, new, type)
    case .list(let list): return list.identity == .position ? compareLeaf(old, new) : compareItems(old, new, list)
    }
  }

  private func compareLeaf(_ old: Node?, _ new: Node?) -> Comparison {
    switch (old, new) {
    case (nil, nil): Comparison()
    case (nil, _): Comparison(added: .member)
    case (_, nil): Comparison(removed: .member)
    case (let old?, let new?): old == new ? Comparison() : Comparison(modified: .member)
    }
  }

  private func compareMembers(_ old: Node?, _ new: Node?, _ type: TypeID) -> Comparison {
    let (before, after) = (old?.mapping ?? Mapping(), new?.mapping ?? Mapping())
    if before.isEmpty && after.isEmpty { return compareLeaf(old, new) }
    var gathered = GatheredComparison()
    for member in before {
      guard let memberType = memberType(member.key, of: type) else { continue }
      gathered.add(compare(member.value, after[member.key], memberType), below: "f:", member.key)
    }
    for member in after where before.position(of: member.key) == nil {
      guard let memberType = memberType(member.key, of: type) else { continue }
      gathered.add(compare(nil, member.value, memberType), below: "f:", member.key)
    }
    return gathered.comparison(isAdded: old == nil, isRemoved: new == nil)
  }

  private func compareItems(_ old: Node?, _ new: Node?, _ list: ListType) -> Comparison {
    let (before, after) = (old?.sequence ?? [], new?.sequence ?? [])
    if before.isEmpty && after.isEmpty { return compareLeaf(old, new) }
    if let old, let new, old == new { return Comparison() }
    let (mine, theirs) = (itemsByElement(before, list), itemsByElement(after, list))
    var gathered = GatheredComparison()
    for (element, items) in mine.ordered(alsoIn: theirs) {
      gathered.add(compare(items.old, items.new, list), below: "", element)
    }
    return gathered.comparison(isAdded: old == nil, isRemoved: new == nil)
  }

  /// Items of one key; more than one only in objects that no apply wrote.
  private func compare(_ old: [Node], _ new: [Node], _ list: ListType) -> Comparison {
    switch (old.count > 1, new.count > 1) {
    case (false, false): return compare(old.first, new.first, list.element)
    case (true, true): return old == new ? Comparison() : Comparison(modified: .member)
    case (true, false):
      var comparison = new.isEmpty ? Comparison() : compare(nil, new.first, list.element)
      comparison.removed.insert([])
      return comparison
    case (false, true):
      var comparison = old.isEmpty ? Comparison() : compare(old.first, nil, list.element)
      comparison.added.insert([])
      return comparison
    }
  }

  private func itemsByElement(_ items: [Node], _ list: ListType) -> ItemIndex {
    var index = ItemIndex()
    for item in items {
      if let element = element(of: item, in: list) { index.add(item, as: element) }
    }
    return index
  }
}

/// The items of a list by their path elements, in order of first appearance.
private struct ItemIndex {
  private(set) var elements: [String] = []
  private var items: [String: [Node]] = [:]

  mutating func add(_ item: Node, as element: String) {
    if items[element] == nil { elements.append(element) }
    items[element, default: []].append(item)
  }

  func ordered(alsoIn other: ItemIndex) -> [(element: String, items: (old: [Node], new: [Node]))] {
    (elements + other.elements.filter { items[$0] == nil }).map {
      ($0, (items[$0] ?? [], other.items[$0] ?? []))
    }
  }
}

/// Collects the comparisons of members into one of the whole.
private struct GatheredComparison {
  private var added: [(element: String, set: FieldSet)] = []
  private var modified: [(element: String, set: FieldSet)] = []
  private var removed: [(element: String, set: FieldSet)] = []

  mutating func add(_ comparison: Comparison, below prefix: String, _ name: String) {
    if comparison.isEmpty { return }
    let element = prefix + name
    if !comparison.added.isEmpty { added.append((element, comparison.added)) }
    if !comparison.modified.isEmpty { modified.append((element, comparison.modified)) }
    if !comparison.removed.isEmpty { removed.append((element, comparison.removed)) }
  }

  func comparison(isAdded: Bool, isRemoved: Bool) -> Comparison {
    Comparison(
      added: FieldSet(isMember: isAdded, children: added), modified: FieldSet(isMember: false, children: modified),
      removed: FieldSet(isMember: isRemoved && !isAdded, children: removed))
  }
}
