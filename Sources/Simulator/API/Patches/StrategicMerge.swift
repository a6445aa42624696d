import Manifest

/// Kubernetes' strategic merge patch: mappings merge, lists merge by their merge keys, directives delete and order.
///
/// Source: the API conventions and apimachinery's `strategicpatch`. Directives: `$patch` (`replace`, `delete`, `merge`),
/// `$retainKeys`, `$setElementOrder/LIST`, `$deleteFromPrimitiveList/LIST`.
struct StrategicMerge {
  /// A list item that does not say which one it is.
  struct MissingKey: Error {
    var message: String
  }

  let table: TypeTable

  private static let order = "$setElementOrder/"
  private static let deletion = "$deleteFromPrimitiveList/"

  func merge(_ patch: Mapping, into original: Mapping, _ type: TypeID?) throws(MissingKey) -> Mapping {
    switch patch["$patch"]?.string {
    case "replace": return patch.withoutDirectives
    case "delete": return Mapping()
    default: break
    }
    var result = original
    if let retained = patch["$retainKeys"]?.sequence?.compactMap(\.string) {
      result.filter { retained.contains($0.key) }
    }
    for member in patch where !member.key.hasPrefix("$") {
      let order = patch[Self.order + member.key]?.sequence
      result[member.key] = try merged(member.value, result[member.key], field(member.key, type), order: order)
    }
    for member in patch where member.key.hasPrefix(Self.order) || member.key.hasPrefix(Self.deletion) {
      try follow(member, of: patch, in: &result, type)
    }
    return result
  }

  private func field(_ name: String, _ type: TypeID?) -> (type: TypeID?, patch: StructureType.PatchRule) {
    guard let type else { return (nil, .init()) }
    if case .structure(let structure) = table[type], let field = structure.field(name) {
      return (field.type, field.patch)
    }
    return (table.memberType(name, of: type), .init())
  }

  private func merged(
    _ patch: Node, _ original: Node?, _ field: (type: TypeID?, patch: StructureType.PatchRule), order: [Node]?
  ) throws(MissingKey) -> Node? {
    switch patch.value {
    case .null: return nil
    case .mapping(let members):
      if members["$patch"]?.string == "delete" { return nil }
      return .mapping(try merge(members, into: original?.mapping ?? Mapping(), field.type))
    case .sequence(let items):
      guard let key = field.patch.mergeKey else { return .sequence(items.map(\.withoutDirectives)) }
      let before = original?.sequence ?? []
      return .sequence(
        key.isEmpty
          ? mergeScalars(items, into: before, order: order)
          : try mergeItems(items, into: before, key: key, elementType(field.type), order: order))
    default: return patch
    }
  }

  private func elementType(_ type: TypeID?) -> TypeID? {
    if let type, case .list(let list) = table[type] { list.element } else { nil }
  }

  /// Directives about a list that the patch may not name otherwise.
  private func follow(
    _ directive: Mapping.Member, of patch: Mapping, in result: inout Mapping, _ type: TypeID?
  ) throws(MissingKey) {
    let isOrder = directive.key.hasPrefix(Self.order)
    let name = String(directive.key.dropFirst(isOrder ? Self.order.count : Self.deletion.count))
    guard let items = result[name]?.sequence, let wanted = directive.value.sequence else { return }
    if !isOrder {
      result[name] = .sequence(items.filter { !wanted.contains($0) })
    } else if patch.position(of: name) == nil {
      result[name] = .sequence(
        ordered(items, by: wanted, original: items, key: field(name, type).patch.mergeKey ?? ""))
    }
  }

  private func mergeScalars(_ items: [Node], into before: [Node], order: [Node]?) -> [Node] {
    let merged = before + items.filter { !before.contains($0) }
    return order.map { ordered(merged, by: $0, original: before, key: "") } ?? merged
  }

  private func mergeItems(
    _ items: [Node], into before: [Node], key: String, _ element: TypeID?, order: [Node]?
  ) throws(MissingKey) -> [Node] {
    if items.contains(where: { $0["$patch"]?.string == "replace" }) {
      return items.filter { $0["$patch"] == nil }.map(\.withoutDirectives)
    }
    var merged = before
    for item in items {
      guard let members = item.mapping, let name = members[key] else {
        throw MissingKey(message: "map: \(TypeTable.shown(item)) does not contain declared merge key: \(key)")
      }
      let position = merged.firstIndex { $0[key] == name }
      if members["$patch"]?.string == "delete" {
        merged.removeAll { $0[key] == name }
      } else if let position {
        merged[position] = .mapping(try merge(members, into: merged[position].mapping ?? Mapping(), element))
      } else {
        merged.append(.mapping(try merge(members, into: Mapping(), element)))
      }
    }
    return order.map { ordered(merged, by: $0, original: before, key: key) } ?? merged
  }

  /// Puts the items that `order` names into its order; the others keep their places before what they preceded.
  private func ordered(_ items: [Node], by order: [Node], original: [Node], key: String) -> [Node] {
    func name(_ node: Node) -> Node { key.isEmpty ? node : node[key] ?? .null }
    let wanted = order.map(name)
    let known = wanted.compactMap { wanted in items.first { name($0) == wanted } }
    var others = items.filter { !wanted.contains(name($0)) }[...]
    let places = original.map(name)
    var result: [Node] = []
    for item in known {
      let place = places.firstIndex(of: name(item))
      while let other = others.first, let place, let otherPlace = places.firstIndex(of: name(other)), otherPlace < place
      {
        result.append(other)
        others.removeFirst()
      }
      result.append(item)
    }
    return result + others
  }
}

extension Mapping {
  fileprivate var withoutDirectives: Mapping {
    var copy = self
    copy.filter { !$0.key.hasPrefix("$") && !$0.value.isNull }
    copy.updateValues { $1 = $1.withoutDirectives }
    return copy
  }
}

extension Node {
  fileprivate var withoutDirectives: Node {
    switch value {
    case .mapping(let members): .mapping(members.withoutDirectives)
    case .sequence(let items): .sequence(items.map(\.withoutDirectives))
    default: self
    }
  }
}
