import Manifest

/// What an apply would make of a live object.
///
/// By types: mappings merge, lists with a merge key merge item by item, sets unite, other lists are replaced. Without types
/// mappings merge, and the items of equally long lists do by their place; other lists are replaced.
/// Source: Kubernetes' strategic merge patch; JSON merge patch (RFC 7386) for custom resources.
struct ThreeWayMerge {
  private let types: (table: TypeTable, root: TypeID)?

  init(_ types: (table: TypeTable, root: TypeID)?) { self.types = types }

  func merge(_ sides: ComparedSides) -> Node {
    merge(sides.live, sides.desired, last: sides.lastApplied, types?.root)
  }

  private func merge(_ live: Node, _ desired: Node, last: Node?, _ type: TypeID?) -> Node {
    switch (live.value, desired.value) {
    case (.mapping(let liveMembers), .mapping(let desiredMembers)):
      return .mapping(merge(liveMembers, desiredMembers, last: last?.mapping, type))
    case (.sequence(let liveItems), .sequence(let desiredItems)) where type == nil:
      guard liveItems.count == desiredItems.count else { return desired }
      return .sequence(zip(liveItems, desiredItems).map { merge($0, $1, last: nil, nil) })
    default: return desired
    }
  }

  private func merge(_ live: Mapping, _ desired: Mapping, last: Mapping?, _ type: TypeID?) -> Mapping {
    var merged = live
    for member in last ?? Mapping() where desired[member.key] == nil { merged[member.key] = nil }
    for member in desired {
      let before = live[member.key]
      let lastValue = last?[member.key]
      if member.value.isNull {
        if lastValue?.isNull == false { merged[member.key] = nil }
        continue
      }
      merged[member.key] = mergeMember(before, member, last: lastValue, type)
    }
    return merged
  }

  private func mergeMember(_ live: Node?, _ desired: Mapping.Member, last: Node?, _ type: TypeID?) -> Node {
    guard let live else { return desired.value }
    guard let type, let table = types?.table else { return merge(live, desired.value, last: last, nil) }
    let memberType = table.memberType(desired.key, of: type)
    guard case .structure(let structure) = table[type], let field = structure.field(desired.key) else {
      return merge(live, desired.value, last: last, memberType)
    }
    if let liveItems = live.sequence, let items = desired.value.sequence {
      guard let key = field.patch.mergeKey, case .list(let list) = table[field.type] else { return desired.value }
      return .sequence(
        ListMerge(names: ItemNames(key: key, list), order: items)
          .merge(liveItems, last: last?.sequence ?? []) { merge($0, $1, last: $2, list.element) })
    }
    let merged = merge(live, desired.value, last: last, field.type)
    return field.patch.retainsKeys && merged != live ? kept(merged, of: desired.value) : merged
  }

  /// Where one of alternatives is replaced by another, only what is asked for stays.
  private func kept(_ merged: Node, of desired: Node) -> Node {
    guard case .mapping(var members) = merged.value, let wanted = desired.mapping else { return merged }
    members.filter { wanted[$0.key] != nil }
    return .mapping(members)
  }
}

/// By what the items of a list are told apart.
struct ItemNames {
  private let keys: [ListType.Key]
  /// Items are scalars and name themselves.
  private let isSet: Bool

  init(key: String, _ list: ListType) {
    isSet = key.isEmpty
    if case .keys(let keys) = list.identity, keys.contains(where: { $0.name == key }) {
      self.keys = keys
    } else {
      keys = [ListType.Key(name: key, fallback: nil)]
    }
  }

  func name(of item: Node) -> String {
    if isSet { return JSON.text(item) }
    return keys.map { key in item[key.name].map { JSON.text($0) } ?? key.fallback ?? "" }.joined(separator: "\n")
  }
}

/// Merges lists whose items have names; the order of the desired items wins.
struct ListMerge {
  private let names: ItemNames
  private let order: [Node]

  init(names: ItemNames, order: [Node]) {
    self.names = names
    self.order = order
  }

  /// - Parameter mergeItem: (live, desired, last applied) to what they come to.
  func merge(_ live: [Node], last: [Node], _ mergeItem: (Node, Node, Node?) -> Node) -> [Node] {
    let desired = byName(order)
    let lastByName = byName(last)
    let liveNames = live.map(names.name(of:))
    var merged: [String: Node] = [:]
    for (name, item) in zip(liveNames, live) {
      if let wanted = desired[name] {
        merged[name] = mergeItem(item, wanted, lastByName[name])
      } else if lastByName[name] == nil {
        merged[name] = item
      }
    }
    let wantedNames = order.map(names.name(of:))
    let isInOrder = liveNames.filter { desired[$0] != nil } == wantedNames
    guard !isInOrder else { return liveNames.compactMap { merged[$0] } }
    let others = liveNames.filter { desired[$0] == nil }
    return wantedNames.compactMap { merged[$0] ?? desired[$0] } + others.compactMap { merged[$0] }
  }

  private func byName(_ items: [Node]) -> [String: Node] {
    Dictionary(items.map { (names.name(of: $0), $0) }) { first, _ in first }
  }
}
