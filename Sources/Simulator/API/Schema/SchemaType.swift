import Manifest

/// A type by its place in a ``TypeTable``.
typealias TypeID = Int

/// What a value may look like, how two of them merge, and who can own which part of it.
///
/// The terms are those of structured-merge-diff: a granular type is owned and merged member by member, an atomic one as
/// a whole.
enum SchemaType: Sendable {
  case scalar(ScalarType)
  /// Free-form data: atomic, or granular as far as it is made of mappings.
  case anything(isAtomic: Bool)
  indirect case list(ListType)
  indirect case map(MapType)
  indirect case structure(StructureType)
}

enum ScalarType: Sendable, Equatable {
  case string, boolean, int32, int64, number, quantity, intOrString, time, microTime, bytes, duration
}

struct ListType: Sendable {
  enum Identity: Sendable, Equatable {
    /// An atomic list.
    case position
    /// A set of scalars.
    case value
    /// Items told apart by the values of these fields, sorted by name.
    case keys([Key])
  }

  struct Key: Sendable, Equatable {
    var name: String
    /// What an item without the field is taken to say, as JSON.
    var fallback: String?
  }

  var element: TypeID
  var identity: Identity
}

struct MapType: Sendable {
  var element: TypeID
  var isAtomic: Bool
}

struct StructureType: Sendable {
  struct Field: Sendable {
    var name: String
    var type: TypeID
    var presence: Presence
    var patch: PatchRule
  }

  /// Whether the server writes a field that has the zero value.
  enum Presence: Sendable, Equatable {
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
  struct PatchRule: Sendable, Equatable {
    /// The field that tells items apart; empty for scalars, nil for lists that are replaced.
    var mergeKey: String?
    /// The patch names the members that stay (`$retainKeys`).
    var retainsKeys = false
  }

  var name: String
  private(set) var fields: [Field]
  private let positions: [String: Int]
  var isAtomic: Bool
  /// The type of members that are not declared; nil where they are refused.
  var rest: TypeID?

  init(name: String, fields: [Field], isAtomic: Bool, rest: TypeID? = nil) {
    self.name = name
    self.fields = fields
    self.isAtomic = isAtomic
    self.rest = rest
    positions = Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })
  }

  func field(_ name: String) -> Field? { positions[name].map { fields[$0] } }

  func type(of name: String) -> TypeID? { field(name)?.type ?? rest }
}

/// The types of one family of kinds; types refer to each other by their place.
struct TypeTable: Sendable {
  private(set) var types: [SchemaType] = []

  subscript(id: TypeID) -> SchemaType { types[id] }

  mutating func add(_ type: SchemaType) -> TypeID {
    types.append(type)
    return types.count - 1
  }

  mutating func set(_ id: TypeID, to type: SchemaType) { types[id] = type }

  /// The type of a member of a mapping of this type; nil where nothing may stand.
  func memberType(_ name: String, of id: TypeID) -> TypeID? {
    switch types[id] {
    case .structure(let structure): structure.type(of: name)
    case .map(let map): map.element
    case .anything: id
    case .scalar, .list: nil
    }
  }
}
