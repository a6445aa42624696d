/// A value of expr, the language of conditions (expr-lang 1.17, as Argo Rollouts uses it).
///
/// Integers and floats stay apart, as they do in expr: `1` and `1.0` compare equal, but not inside of mappings.
package enum ExprValue: Sendable {
  case null
  case bool(Bool)
  case int(Int)
  case float(Double)
  case string(String)
  case list(ExprList)
  case map(ExprMap)
  /// Nanoseconds since 1970.
  case time(Int)
  /// Nanoseconds.
  case duration(Int)
}

/// A list, with what Go's slice type would say of its elements.
package struct ExprList: Sendable {
  package enum Kind: Sendable { case any, ints, floats, strings }

  package var items: [ExprValue]
  package var kind: Kind

  package init(_ items: [ExprValue], kind: Kind = .any) {
    self.items = items
    self.kind = kind
  }
}

/// A mapping. Its members keep their order.
package struct ExprMap: Sendable {
  package enum Key: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case float(Double)
    /// The bytes: equality is not that of Unicode.
    case string([UInt8])
  }

  /// Whether Go's key type is `string`; other keys are then errors.
  let hasTextKeys: Bool
  private(set) var keys: [ExprValue] = []
  private(set) var values: [ExprValue] = []
  private var positions: [Key: Int] = [:]

  package init(hasTextKeys: Bool = true) { self.hasTextKeys = hasTextKeys }

  package var count: Int { keys.count }

  subscript(key: Key) -> ExprValue? { positions[key].map { values[$0] } }

  /// - Throws: ``ExprError`` for a key that cannot be one: a list or a mapping.
  mutating func set(_ key: ExprValue, to value: ExprValue) throws(ExprError) {
    guard let found = key.key else {
      throw ExprError(.run, "a \(key.typeName) cannot be a key of a mapping")
    }
    if let position = positions[found] {
      values[position] = value
    } else {
      positions[found] = keys.count
      keys.append(key)
      values.append(value)
    }
  }

  package mutating func set(_ name: String, to value: ExprValue) {
    let key = Key.string(Array(name.utf8))
    if let position = positions[key] {
      values[position] = value
    } else {
      positions[key] = keys.count
      keys.append(.string(name))
      values.append(value)
    }
  }
}

extension ExprValue {
  static func floats(_ numbers: [Double]) -> ExprValue {
    .list(ExprList(numbers.map(ExprValue.float), kind: .floats))
  }

  static func strings(_ texts: [String]) -> ExprValue {
    .list(ExprList(texts.map(ExprValue.string), kind: .strings))
  }

  var isNull: Bool { if case .null = self { true } else { false } }

  /// Whether a walk over the value is more than one step.
  var hasParts: Bool {
    switch self {
    case .string, .list, .map: true
    default: false
    }
  }

  /// The word for this kind of value in messages, and what `type()` gives.
  package var typeName: String {
    switch self {
    case .null: "nil"
    case .bool: "bool"
    case .int: "int"
    case .float: "float"
    case .string: "string"
    case .list: "array"
    case .map: "map"
    case .time: "time"
    case .duration: "duration"
    }
  }

  /// The value as a key of a mapping; nil for lists and mappings.
  var key: ExprMap.Key? {
    switch self {
    case .null: .null
    case .bool(let flag): .bool(flag)
    case .int(let number), .time(let number), .duration(let number): .int(number)
    case .float(let number): .float(number)
    case .string(let text): .string(Array(text.utf8))
    case .list, .map: nil
    }
  }
}
