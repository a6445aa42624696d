/// Walks an object by its type and applies the rules of each structure, outer ones first.
package struct DefaultFiller: Sendable {
  package static let builtIn = DefaultFiller(BuiltInTypes.table)

  private let table: TypeTable
  /// Whether a type or anything below it has rules.
  private let isConcerned: [Bool]

  init(_ table: TypeTable) {
    self.table = table
    isConcerned = Self.concerned(table)
  }

  package func fill(_ node: inout Node, _ type: TypeID) {
    guard isConcerned[type] else { return }
    switch (table[type], node.value) {
    case (.structure(let structure), .mapping(var members)):
      node.value = .null
      if let rule = DefaultRules.byStructure[structure.name] { rule(&members) }
      members.updateValues { key, value in
        if let field = structure.field(key) { fill(&value, field.type) }
      }
      node.value = .mapping(members)
    case (.map(let map), .mapping(var members)):
      node.value = .null
      members.updateValues { fill(&$1, map.element) }
      node.value = .mapping(members)
    case (.list(let list), .sequence(var items)):
      node.value = .null
      for index in items.indices { fill(&items[index], list.element) }
      node.value = .sequence(items)
    default: break
    }
  }

  private static func concerned(_ table: TypeTable) -> [Bool] {
    var concerned = table.types.map { type in
      if case .structure(let structure) = type { DefaultRules.byStructure[structure.name] != nil } else { false }
    }
    var hasGrown = true
    while hasGrown {
      hasGrown = false
      for (id, type) in table.types.enumerated() where !concerned[id] && below(type).contains(where: { concerned[$0] })
      {
        concerned[id] = true
        hasGrown = true
      }
    }
    return concerned
  }

  private static func below(_ type: SchemaType) -> [TypeID] {
    switch type {
    case .scalar, .anything: []
    case .list(let list): [list.element]
    case .map(let map): [map.element]
    case .structure(let structure): structure.fields.map(\.type)
    }
  }
}

extension Mapping {
  /// Sets a member that is not there.
  ///
  /// The module is named because `Value` alone may also mean the type of a dictionary literal's values here.
  mutating func fill(_ key: String, _ value: Manifest.Value) {
    if position(of: key) == nil { self[key] = Node(value) }
  }

  /// Changes a member that is a mapping; one that is not there counts as an empty one and comes into being.
  mutating func edit(_ key: String, _ body: (inout Mapping) -> Void) {
    var members = self[key]?.mapping ?? Mapping()
    body(&members)
    self[key] = .mapping(members)
  }

  /// Changes each item that is a mapping.
  mutating func editItems(_ key: String, _ body: (inout Mapping) -> Void) {
    guard let items = self[key]?.sequence else { return }
    self[key] = .sequence(
      items.map { item in
        guard var members = item.mapping else { return item }
        body(&members)
        return .mapping(members)
      })
  }
}
