/// What is known of a value before an expression is evaluated (expr calls it a nature).
package indirect enum ExprType: Sendable, Equatable {
  /// Nothing is known.
  case unknown
  /// Go's `any`. As little is known, but everything can be assigned to it.
  case any
  case null
  case bool
  case int
  case float
  case string
  case time
  case duration
  case list(of: ExprType, kind: ListKind)
  /// With keys of text only, or of any kind.
  case map(of: ExprType, hasTextKeys: Bool)
  /// A function that is named, not called.
  case function

  /// Go's slice types: `[]any`, `[]float64`, `[]string`.
  package enum ListKind: Sendable, Equatable { case any, floats, strings }

  static let anyList = ExprType.list(of: .any, kind: .any)
  static let strings = ExprType.list(of: .string, kind: .strings)
  static let textMap = ExprType.map(of: .any, hasTextKeys: true)
  package static let vector = ExprType.list(of: .float, kind: .floats)

  /// The type of a value that is at hand.
  package static func of(_ value: ExprValue) -> ExprType {
    switch value {
    case .null: .null
    case .bool: .bool
    case .int: .int
    case .float: .float
    case .string: .string
    case .time: .time
    case .duration: .duration
    case .list(let list):
      switch list.kind {
      case .floats: .vector
      case .strings: .strings
      case .any, .ints: .anyList
      }
    case .map(let map): .map(of: .any, hasTextKeys: map.hasTextKeys)
    }
  }

  var isUnknown: Bool { self == .unknown || self == .any }
  var isNumber: Bool { self == .int || self == .float }
  var isList: Bool { if case .list = self { true } else { false } }

  /// The elements' type, as a loop sees them.
  var element: ExprType {
    switch self {
    case .list(let element, _), .map(let element, _): element
    default: .unknown
    }
  }

  /// The elements' type as Go's slice type has it.
  var nominalElement: ExprType {
    guard case .list(_, let kind) = self else { return .unknown }
    switch kind {
    case .any: return .any
    case .floats: return .float
    case .strings: return .string
    }
  }

  func isAssignable(to other: ExprType) -> Bool {
    switch (self, other) {
    case (.unknown, _), (_, .unknown), (_, .null): false
    case (.null, .any), (.null, .list), (.null, .map), (.null, .function): true
    case (.null, _): false
    case (_, .any): true
    case (.list(_, let kind), .list(_, let otherKind)): kind == otherKind
    case (.map(_, let textKeys), .map(_, let otherTextKeys)): textKeys == otherTextKeys
    default: self == other
    }
  }

  func isComparable(to other: ExprType) -> Bool {
    isUnknown || other.isUnknown || self == .null || other == .null || (isNumber && other.isNumber)
      || (isList && other.isList) || isAssignable(to: other)
  }

  /// Whether one side is unknown, and the other is unknown too or passes `check`.
  func mayFit(_ other: ExprType, _ check: (ExprType) -> Bool) -> Bool {
    (isUnknown && other.isUnknown) || (isUnknown && check(other)) || (other.isUnknown && check(self))
  }

  /// For messages.
  package var name: String {
    switch self {
    case .unknown, .any: "any"
    case .null: "nil"
    case .bool: "bool"
    case .int: "int"
    case .float: "float"
    case .string: "string"
    case .time: "time"
    case .duration: "duration"
    case .list(.float, .floats): "list of floats"
    case .list: "list"
    case .map: "mapping"
    case .function: "function"
    }
  }
}
