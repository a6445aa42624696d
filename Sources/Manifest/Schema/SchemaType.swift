/// A type by its place in a ``TypeTable``.
package typealias TypeID = Int

/// What a value may look like, how two of them merge, and who can own which part of it.
///
/// The terms are those of structured-merge-diff: a granular type is owned and merged member by member, an atomic one as
/// a whole.
package enum SchemaType: Sendable {
  case scalar(ScalarType)
  /// Free-form data: atomic, or granular as far as it is made of mappings.
  case anything(isAtomic: Bool)
  indirect case list(ListType)
  indirect case map(MapType)
  indirect case structure(StructureType)
}

package enum ScalarType: Sendable, Equatable {
  case string, boolean, int32, int64, number, quantity, intOrString, time, microTime, bytes, duration
}

package struct ListType: Sendable {
  package enum Identity: Sendable, Equatable {
    /// An atomic list.
    case position
    /// A set of scalars.
    case value
    /// Items told apart by the values of these fields, sorted by name.
    case keys([Key])
  }

  package struct Key: Sendable, Equatable {
    package var name: String
    /// What an item without the field is taken to say, as JSON.
    package var fallback: String?

    package init(name: String, fallback: String?) {
      self.name = name
      self.fallback = fallback
    }
  }

  package var element: TypeID
  package var identity: Identity

  package init(element: TypeID, identity: Identity) {
    self.element = element
    self.identity = identity
  }
}

package struct MapType: Sendable {
  package var element: TypeID
  package var isAtomic: Bool

  package init(element: TypeID, isAtomic: Bool) {
    self.element = element
    self.isAtomic = isAtomic
  }
}

package struct StructureType: Sendable {
  package struct Field: Sendable {
    package var name: String
    package var type: TypeID
    package var presence: Presence
    package var patch: PatchRule

    package init(name: String, type: TypeID, presence: Presence, patch: PatchRule) {
      self.name = name
      self.type = type
      self.presence = presence
      self.patch = patch
    }
  }

  /// Whether the server writes a field that has the zero value.
  package enum Presence: Sendable, Equatable {
    /// Left out when empty, zero or false.
    case nonEmpty
    /// Left out only when absent.
    case optional
    /// Always written, with its zero value if need be.
    case always
    /// Always written, `null` when absent.
    case nullable
  }

  /// How a strategic merge patch treats the field.
  package struct PatchRule: Sendable, Equatable {
    /// The field that tells items apart; empty for scalars, nil for lists that are replaced.
    package var mergeKey: String?
    /// The patch names the members that stay (`$retainKeys`).
    package var retainsKeys: Bool

    package init(mergeKey: String? = nil, retainsKeys: Bool = false) {
      self.mergeKey = mergeKey
      self.retainsKeys = retainsKeys
    }
  }

  package var name: String
  package private(set) var fields: [Field]
  private let positions: [String: Int]
  package var isAtomic: Bool
  /// The type of members that are not declared; nil where they are refused.
  package var rest: TypeID?

  package init(name: String, fields: [Field], isAtomic: Bool, rest: TypeID? = nil) {
    self.name = name
    self.fields = fields
    self.isAtomic = isAtomic
    self.rest = rest
    positions = Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })
  }

  package func field(_ name: String) -> Field? { positions[name].map { fields[$0] } }

  package func type(of name: String) -> TypeID? { field(name)?.type ?? rest }
}

/// The types of one family of kinds; types refer to each other by their place.
package struct TypeTable: Sendable {
  package private(set) var types: [SchemaType] = []

  package init() {}

  package subscript(id: TypeID) -> SchemaType { types[id] }

  package mutating func add(_ type: SchemaType) -> TypeID {
    types.append(type)
    return types.count - 1
  }

  package mutating func set(_ id: TypeID, to type: SchemaType) { types[id] = type }

  /// The type of a member of a mapping of this type; nil where nothing may stand.
  package func memberType(_ name: String, of id: TypeID) -> TypeID? {
    switch types[id] {
    case .structure(let structure): structure.type(of: name)
    case .map(let map): map.element
    case .anything: id
    case .scalar, .list: nil
    }
  }
}
