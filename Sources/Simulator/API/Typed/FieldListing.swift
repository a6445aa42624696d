import Manifest

extension TypeTable {
  /// The paths that whoever writes `node` owns, relative to it.
  func fields(of node: Node, _ type: TypeID) -> FieldSet {
    switch types[type] {
    case .scalar: return .member
    case .anything(let isAtomic):
      guard !isAtomic, let members = node.mapping else { return node.isNull && !isAtomic ? FieldSet() : .member }
      return fields(of: members, type)
    case .list(let list): return fields(ofList: node, list)
    case .map(let map): return map.isAtomic ? .member : fields(of: node.mapping ?? Mapping(), type)
    case .structure(let structure): return structure.isAtomic ? .member : fields(of: node.mapping ?? Mapping(), type)
    }
  }

  private func fields(of members: Mapping, _ type: TypeID) -> FieldSet {
    var children: [(element: String, set: FieldSet)] = []
    children.reserveCapacity(members.count)
    for member in members {
      guard let memberType = memberType(member.key, of: type) else { continue }
      var set = fields(of: member.value, memberType)
      if member.value.isNull || member.value.mapping?.isEmpty == true || !isDeclared(member.key, in: type) {
        set.insert([])
      }
      children.append(("f:" + member.key, set))
    }
    return FieldSet(isMember: false, children: children)
  }

  private func isDeclared(_ name: String, in type: TypeID) -> Bool {
    if case .structure(let structure) = types[type] { structure.field(name) != nil } else { false }
  }

  private func fields(ofList node: Node, _ list: ListType) -> FieldSet {
    guard list.identity != .position else { return .member }
    var children: [(element: String, set: FieldSet)] = []
    var positions: [String: Int] = [:]
    for item in node.sequence ?? [] {
      guard let element = element(of: item, in: list) else { continue }
      if let position = positions[element] {
        // Of items that share a key the key alone is owned.
        children[position].set = .member
        continue
      }
      positions[element] = children.count
      var set = fields(of: item, list.element)
      set.insert([])
      children.append((element, set))
    }
    return FieldSet(isMember: false, children: children)
  }

  /// `set` with the declared fields that lead to its members as members too.
  func withNamedFields(_ set: FieldSet, _ type: TypeID) -> FieldSet {
    let children = set.elements.map { child -> (element: String, set: FieldSet) in
      guard !child.set.elements.isEmpty, let below = typeBelow(child.element, of: type) else { return child }
      var named = withNamedFields(child.set, below)
      if child.element.hasPrefix("f:"), isDeclared(String(child.element.dropFirst(2)), in: type) { named.insert([]) }
      return (child.element, named)
    }
    return FieldSet(isMember: set.isMember, children: children)
  }

  /// The type that a path element leads to.
  private func typeBelow(_ element: String, of type: TypeID) -> TypeID? {
    if element.hasPrefix("f:") { return memberType(String(element.dropFirst(2)), of: type) }
    if case .list(let list) = types[type] { return list.element }
    return nil
  }
}
