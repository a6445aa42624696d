/// Reads a tree into the server's own types and out again: what a round trip through its structures keeps.
package struct TypedDecoder {
  private let table: TypeTable
  /// Paths that no type declares, as strict decoding names them.
  package private(set) var unknownFields: [String] = []
  /// The declared fields that lead here, and the structure that declares the last one; for messages.
  private var goPath: [String] = []
  private var structure = ""

  private static let maximumUnknownFields = 100

  private let keepsUnknownFields: Bool
  private let writesZeroes: Bool

  /// - Parameters:
  ///   - keepsUnknownFields: whether what no type declares stays in the tree, as it was given.
  ///   - writesZeroes: whether fields that the server always writes come into being with their zero value.
  package init(_ table: TypeTable, keepsUnknownFields: Bool = false, writesZeroes: Bool = true) {
    self.table = table
    self.keepsUnknownFields = keepsUnknownFields
    self.writesZeroes = writesZeroes
  }

  /// - Returns: nil for null.
  package mutating func decode(_ node: Node, _ type: TypeID, path: String = "") throws(DecodeProblem) -> Node? {
    if node.isNull { return nil }
    switch table[type] {
    case .scalar(let scalar): return try decode(node, scalar)
    case .anything: return node
    case .list(let list): return try decode(node, list, type, path: path)
    case .map(let map): return try decode(node, map, type, path: path)
    case .structure(let structure): return try decode(node, structure, path: path)
    }
  }

  /// What a type says when nothing is said.
  package func zero(of type: TypeID) -> Node {
    switch table[type] {
    case .scalar(.string), .scalar(.bytes): .string("")
    case .scalar(.quantity): .string("0")
    case .scalar(.duration): .string("0s")
    case .scalar(.boolean): Node(.bool(false))
    case .scalar(.int32), .scalar(.int64), .scalar(.number), .scalar(.intOrString): Node(.int(0))
    case .scalar(.time), .scalar(.microTime), .anything, .list, .map: .null
    case .structure(let structure): .mapping(zeroMembers(of: structure))
    }
  }

  private func zeroMembers(of structure: StructureType) -> Mapping {
    var members = Mapping()
    for field in structure.fields {
      switch field.presence {
      case .always: members[field.name] = zero(of: field.type)
      case .nullable: members[field.name] = .null
      case .nonEmpty, .optional: break
      }
    }
    return members
  }

  private mutating func decode(
    _ node: Node, _ structure: StructureType, path: String
  ) throws(DecodeProblem) -> Node {
    guard let members = node.mapping else { throw mismatch(node, "v1.\(structure.name)") }
    let outer = self.structure
    defer { self.structure = outer }
    var decoded = Mapping(minimumCapacity: members.count + 2)
    for member in members {
      guard let field = structure.field(member.key) else {
        if unknownFields.count < Self.maximumUnknownFields {
          unknownFields.append(path.isEmpty ? member.key : "\(path).\(member.key)")
        }
        if keepsUnknownFields { decoded[member.key] = member.value }
        continue
      }
      self.structure = structure.name
      goPath.append(member.key)
      defer { goPath.removeLast() }
      let value = try decode(member.value, field.type, path: path.isEmpty ? member.key : "\(path).\(member.key)")
      if let value, field.presence != .nonEmpty || !isZero(value) { decoded[member.key] = value }
    }
    guard writesZeroes else { return .mapping(decoded) }
    for field in structure.fields where field.presence == .always || field.presence == .nullable {
      if decoded.position(of: field.name) == nil {
        decoded[field.name] = field.presence == .always ? zero(of: field.type) : .null
      }
    }
    return .mapping(decoded)
  }

  private func isZero(_ node: Node) -> Bool {
    switch node.value {
    case .null: true
    case .bool(let flag): !flag
    case .int(let number): number == 0
    case .uint(let number): number == 0
    case .double(let number): number == 0
    case .string(let text): text.isEmpty
    case .sequence(let items): items.isEmpty
    case .mapping(let members): members.isEmpty
    }
  }

  private mutating func decode(
    _ node: Node, _ list: ListType, _ type: TypeID, path: String
  ) throws(DecodeProblem) -> Node {
    guard let items = node.sequence else { throw mismatch(node, goName(type)) }
    var decoded: [Node] = []
    decoded.reserveCapacity(items.count)
    for (index, item) in items.enumerated() {
      decoded.append(try decode(item, list.element, path: "\(path)[\(index)]") ?? zero(of: list.element))
    }
    return .sequence(decoded)
  }

  private mutating func decode(
    _ node: Node, _ map: MapType, _ type: TypeID, path: String
  ) throws(DecodeProblem) -> Node {
    guard let members = node.mapping else { throw mismatch(node, goName(type)) }
    var decoded = Mapping(minimumCapacity: members.count)
    for member in members {
      let value = try decode(member.value, map.element, path: "\(path).\(member.key)")
      decoded.append(.init(key: member.key, value: value ?? zero(of: map.element)))
    }
    return .mapping(decoded)
  }
}

extension TypedDecoder {
  private func decode(_ node: Node, _ scalar: ScalarType) throws(DecodeProblem) -> Node {
    switch (scalar, node.value) {
    case (.string, .string), (.duration, .string), (.boolean, .bool), (.int64, .int), (.number, .int),
      (.number, .double),
      (.intOrString, .int), (.intOrString, .string):
      return node
    case (.int32, .int(let number)) where Int32(exactly: number) != nil: return node
    case (.int32, .double(let number)), (.int64, .double(let number)):
      if let whole = Int64(exactly: number), scalar == .int64 || Int32(exactly: whole) != nil {
        return Node(.int(whole))
      }
      throw mismatch("number \(JSON.text(node))", goName(scalar))
    case (.int32, .int), (.int64, .uint), (.int32, .uint): throw mismatch("number \(JSON.text(node))", goName(scalar))
    case (.quantity, .string(let text)): return .string(try Self.canonicalQuantity(text))
    case (.quantity, .int), (.quantity, .double), (.quantity, .uint):
      return .string(try Self.canonicalQuantity(JSON.text(node)))
    case (.time, .string(let text)), (.microTime, .string(let text)):
      try TimeText.check(text, isMicro: scalar == .microTime)
      return node
    case (.bytes, .string(let text)):
      if let position = Base64Text.firstIllegalByte(text) {
        throw DecodeProblem(message: "illegal base64 data at input byte \(position)")
      }
      return node
    default: throw mismatch(node, goName(scalar))
    }
  }

  private static func canonicalQuantity(_ text: String) throws(DecodeProblem) -> String {
    guard let quantity = Quantity(text) else {
      throw DecodeProblem(
        message: "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    }
    return quantity.canonical
  }

  private func mismatch(_ node: Node, _ type: String) -> DecodeProblem {
    mismatch(TypeTable.jsonKind(node), type)
  }

  private func mismatch(_ given: String, _ type: String) -> DecodeProblem {
    guard !goPath.isEmpty else {
      return DecodeProblem(message: "json: cannot unmarshal \(given) into Go value of type \(type)")
    }
    return DecodeProblem(
      message: "json: cannot unmarshal \(given) into Go struct field \(structure).\(goPath.joined(separator: ".")) "
        + "of type \(type)")
  }

  /// The Go type behind a type, as decoding errors name it.
  private func goName(_ type: TypeID) -> String {
    switch table[type] {
    case .scalar(let scalar): goName(scalar)
    case .anything: "interface {}"
    case .list(let list): "[]" + goName(list.element)
    case .map(let map): "map[string]" + goName(map.element)
    case .structure(let structure): "v1." + structure.name
    }
  }

  private func goName(_ scalar: ScalarType) -> String {
    switch scalar {
    case .string, .duration: "string"
    case .boolean: "bool"
    case .int32, .intOrString: "int32"
    case .int64: "int64"
    case .number: "float64"
    case .quantity: "resource.Quantity"
    case .time, .microTime: "string"
    case .bytes: "[]uint8"
    }
  }
}

extension TypeTable {
  /// The word of Go's JSON decoder for a kind of value.
  package static func jsonKind(_ node: Node) -> String {
    switch node.value {
    case .null: "null"
    case .bool: "bool"
    case .int, .uint, .double: "number"
    case .string: "string"
    case .sequence: "array"
    case .mapping: "object"
    }
  }
}
