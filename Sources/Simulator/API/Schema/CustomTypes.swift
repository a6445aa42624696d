import Manifest

/// Makes types of the `openAPIV3Schema` of a custom resource.
///
/// Source: the structural schema of CustomResourceDefinitions, and how an API server hands it to structured-merge-diff.
struct CustomTypes {
  private(set) var table: TypeTable
  private let metadata: TypeID
  private let text: TypeID
  private let free: TypeID

  private static let maximumDepth = 100

  /// - Parameter schema: nil for a version without a schema, of which everything is kept.
  static func read(_ schema: Node?) -> (table: TypeTable, root: TypeID) {
    var types = CustomTypes()
    let root = types.root(schema ?? .mapping(["x-kubernetes-preserve-unknown-fields": Node(.bool(true))]))
    return (types.table, root)
  }

  private init() {
    table = BuiltInTypes.metaTable
    metadata = BuiltInTypes.metaTableObjectMetadata
    text = table.add(.scalar(.string))
    free = table.add(.anything(isAtomic: false))
  }

  private mutating func root(_ schema: Node) -> TypeID {
    table.add(.structure(resource(schema, name: "Object", depth: 0)))
  }

  /// An object with a type of its own: the root, or an embedded resource.
  private mutating func resource(_ schema: Node, name: String, depth: Int) -> StructureType {
    let own = ["apiVersion": text, "kind": text, "metadata": metadata]
    var fields = own.sorted { $0.key < $1.key }.map { field($0.key, $0.value) }
    for property in schema["properties"]?.mapping ?? Mapping() where own[property.key] == nil {
      fields.append(field(property.key, type(property.value, depth: depth + 1)))
    }
    return StructureType(name: name, fields: fields, isAtomic: false, rest: keepsUnknown(schema) ? free : nil)
  }

  private func field(_ name: String, _ type: TypeID) -> StructureType.Field {
    .init(name: name, type: type, presence: .optional, patch: .init())
  }

  private func keepsUnknown(_ schema: Node) -> Bool { schema["x-kubernetes-preserve-unknown-fields"]?.bool == true }

  private mutating func type(_ schema: Node, depth: Int) -> TypeID {
    guard depth < Self.maximumDepth else { return free }
    if schema["x-kubernetes-int-or-string"]?.bool == true { return table.add(.scalar(.intOrString)) }
    switch schema["type"]?.string {
    case "string": return text
    case "integer": return table.add(.scalar(.int64))
    case "number": return table.add(.scalar(.number))
    case "boolean": return table.add(.scalar(.boolean))
    case "array": return list(schema, depth: depth)
    case "object": return object(schema, depth: depth)
    default: return free
    }
  }

  private mutating func object(_ schema: Node, depth: Int) -> TypeID {
    let isAtomic = schema["x-kubernetes-map-type"]?.string == "atomic"
    if schema["x-kubernetes-embedded-resource"]?.bool == true {
      return table.add(.structure(resource(schema, name: "Resource", depth: depth)))
    }
    if let additional = schema["additionalProperties"], additional.bool != false {
      let element = type(additional, depth: depth + 1)
      return table.add(.map(MapType(element: element, isAtomic: isAtomic)))
    }
    let properties = schema["properties"]?.mapping ?? Mapping()
    if properties.isEmpty, keepsUnknown(schema) { return table.add(.anything(isAtomic: isAtomic)) }
    var fields: [StructureType.Field] = []
    for property in properties { fields.append(field(property.key, type(property.value, depth: depth + 1))) }
    return table.add(
      .structure(
        StructureType(name: "Object", fields: fields, isAtomic: isAtomic, rest: keepsUnknown(schema) ? free : nil)))
  }

  private mutating func list(_ schema: Node, depth: Int) -> TypeID {
    let items = schema["items"] ?? .null
    let element = type(items, depth: depth + 1)
    let identity: ListType.Identity
    switch schema["x-kubernetes-list-type"]?.string {
    case "set": identity = .value
    case "map":
      let names = (schema["x-kubernetes-list-map-keys"]?.sequence ?? []).compactMap(\.string).sorted()
      let keys = names.map { name in
        ListType.Key(name: name, fallback: items["properties"]?[name]?["default"].map { JSON.text($0) })
      }
      // Without keys no item could be told apart from another.
      identity = keys.isEmpty ? .position : .keys(keys)
    default: identity = .position
    }
    return table.add(.list(ListType(element: element, identity: identity)))
  }
}
