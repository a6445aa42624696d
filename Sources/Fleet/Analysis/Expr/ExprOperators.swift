import func Glibc.pow

/// What the operators of expr do with values (`vm/runtime`). Integers wrap around, as they do in Go.
enum ExprOperators {
  private static func failure(_ operation: String, _ a: ExprValue, _ b: ExprValue) -> ExprError {
    ExprError(.run, "'\(operation)' does not work on \(a.typeName) and \(b.typeName)")
  }

  static func apply(_ unary: ExprUnary, _ value: ExprValue) throws(ExprError) -> ExprValue {
    switch (unary, value) {
    case (.not, .bool(let flag)): return .bool(!flag)
    case (.minus, .int(let number)): return .int(0 &- number)
    case (.minus, .float(let number)): return .float(-number)
    case (.plus, _): return value
    case (.not, _): throw ExprError(.run, "'not' does not work on \(value.typeName)")
    case (.minus, _): throw ExprError(.run, "'-' does not work on \(value.typeName)")
    }
  }

  /// All operators that evaluate both sides.
  static func apply(_ operation: ExprBinary, _ a: ExprValue, _ b: ExprValue) throws(ExprError) -> ExprValue {
    switch operation {
    case .equal: return .bool(isEqual(a, b))
    case .unequal: return .bool(!isEqual(a, b))
    case .less: return .bool(try isLess(a, b))
    case .more: return .bool(try isLess(b, a, as: ">"))
    case .atMost: return .bool(try isAtMost(a, b))
    case .atLeast: return .bool(try isAtMost(b, a, as: ">="))
    case .contains, .startsWith, .endsWith: return .bool(try search(operation, a, b))
    case .plus: return try plus(a, b)
    case .minus: return try minus(a, b)
    case .times: return try times(a, b)
    case .divide: return .float(try number(a, "/", b) / number(b, "/", a))
    case .power: return .float(pow(try number(a, "**", b), try number(b, "**", a)))
    case .modulo: return try modulo(a, b)
    case .isIn: return .bool(try isIn(a, b))
    case .or, .and, .coalesce, .matches, .range: throw failure(operation.rawValue, a, b)
    }
  }

  // MARK: Order and equality

  static func isLess(_ a: ExprValue, _ b: ExprValue, as operation: String = "<") throws(ExprError) -> Bool {
    switch (a, b) {
    case (.int(let x), .int(let y)), (.time(let x), .time(let y)), (.duration(let x), .duration(let y)): return x < y
    case (.int(let x), .float(let y)): return Double(x) < y
    case (.float(let x), .int(let y)): return x < Double(y)
    case (.float(let x), .float(let y)): return x < y
    case (.string(let x), .string(let y)): return x.utf8.lexicographicallyPrecedes(y.utf8)
    default: throw operation == "<" ? failure(operation, a, b) : failure(operation, b, a)
    }
  }

  private static func isAtMost(_ a: ExprValue, _ b: ExprValue, as operation: String = "<=") throws(ExprError) -> Bool {
    switch (a, b) {
    case (.int(let x), .float(let y)): return Double(x) <= y
    case (.float(let x), .int(let y)): return x <= Double(y)
    case (.float(let x), .float(let y)): return x <= y
    default: return !(try isLess(b, a, as: operation))
    }
  }

  static func isEqual(_ a: ExprValue, _ b: ExprValue) -> Bool {
    switch (a, b) {
    case (.int(let x), .float(let y)): return Double(x) == y
    case (.float(let x), .int(let y)): return x == Double(y)
    case (.list(let x), .list(let y)):
      guard x.kind == y.kind || x.kind == .any || y.kind == .any, x.items.count == y.items.count else { return false }
      return zip(x.items, y.items).allSatisfy(isEqual)
    default: return isIdentical(a, b)
    }
  }

  /// Go's `reflect.DeepEqual`, by which mappings are compared: `1` is not `1.0`.
  private static func isIdentical(_ a: ExprValue, _ b: ExprValue) -> Bool {
    switch (a, b) {
    case (.null, .null): return true
    case (.bool(let x), .bool(let y)): return x == y
    case (.int(let x), .int(let y)), (.time(let x), .time(let y)), (.duration(let x), .duration(let y)): return x == y
    case (.float(let x), .float(let y)): return x == y
    case (.string(let x), .string(let y)): return x.utf8.elementsEqual(y.utf8)
    case (.list(let x), .list(let y)):
      return x.kind == y.kind && x.items.count == y.items.count && zip(x.items, y.items).allSatisfy(isIdentical)
    case (.map(let x), .map(let y)):
      guard x.hasTextKeys == y.hasTextKeys, x.count == y.count else { return false }
      return zip(x.keys, x.values).allSatisfy { key, value in
        key.key.flatMap { y[$0] }.map { isIdentical(value, $0) } ?? false
      }
    default: return false
    }
  }

  // MARK: Arithmetic

  private static func number(_ value: ExprValue, _ operation: String, _ other: ExprValue) throws(ExprError) -> Double {
    switch value {
    case .int(let number): return Double(number)
    case .float(let number): return number
    default: throw failure(operation, value, other)
    }
  }

  private static func plus(_ a: ExprValue, _ b: ExprValue) throws(ExprError) -> ExprValue {
    switch (a, b) {
    case (.int(let x), .int(let y)): return .int(x &+ y)
    case (.string(let x), .string(let y)): return .string(x + y)
    case (.time(let x), .duration(let y)), (.duration(let x), .time(let y)): return .time(x &+ y)
    case (.duration(let x), .duration(let y)): return .duration(x &+ y)
    default: return .float(try number(a, "+", b) + number(b, "+", a))
    }
  }

  private static func minus(_ a: ExprValue, _ b: ExprValue) throws(ExprError) -> ExprValue {
    switch (a, b) {
    case (.int(let x), .int(let y)): return .int(x &- y)
    case (.time(let x), .duration(let y)): return .time(x &- y)
    case (.time(let x), .time(let y)), (.duration(let x), .duration(let y)): return .duration(x &- y)
    default: return .float(try number(a, "-", b) - number(b, "-", a))
    }
  }

  private static func times(_ a: ExprValue, _ b: ExprValue) throws(ExprError) -> ExprValue {
    switch (a, b) {
    case (.int(let x), .int(let y)): return .int(x &* y)
    case (.int(let x), .duration(let y)), (.duration(let x), .int(let y)), (.duration(let x), .duration(let y)):
      return .duration(x &* y)
    case (.float(let x), .duration(let y)), (.duration(let y), .float(let x)):
      return .duration(ExprNumber.int(x * Double(y)))
    default: return .float(try number(a, "*", b) * number(b, "*", a))
    }
  }

  private static func modulo(_ a: ExprValue, _ b: ExprValue) throws(ExprError) -> ExprValue {
    guard case .int(let x) = a, case .int(let y) = b else { throw failure("%", a, b) }
    guard y != 0 else { throw ExprError(.run, "an integer is divided by zero") }
    return .int(y == -1 ? 0 : x % y)
  }

  /// A number as an index: floats lose their fraction.
  static func integer(_ value: ExprValue) throws(ExprError) -> Int {
    switch value {
    case .int(let number): return number
    case .float(let number): return ExprNumber.int(number)
    default: throw ExprError(.run, "\(value.typeName) is no integer")
    }
  }

  // MARK: Text and collections

  private static func search(_ operation: ExprBinary, _ a: ExprValue, _ b: ExprValue) throws(ExprError) -> Bool {
    if a.isNull || b.isNull { return false }
    guard case .string(let text) = a, case .string(let part) = b else { throw failure(operation.rawValue, a, b) }
    switch operation {
    case .startsWith: return text.utf8.starts(with: part.utf8)
    case .endsWith: return text.utf8.reversed().starts(with: part.utf8.reversed())
    default: return ExprText.position(of: part, in: text) != nil
    }
  }

  static func isIn(_ needle: ExprValue, _ collection: ExprValue) throws(ExprError) -> Bool {
    switch collection {
    case .null: return false
    case .list(let list): return list.items.contains { isEqual($0, needle) }
    case .map(let map): return try lookUp(needle, in: map) != nil
    default: throw ExprError(.run, "'in' does not work on \(collection.typeName)")
    }
  }

  static func member(_ key: ExprValue, of value: ExprValue) throws(ExprError) -> ExprValue {
    switch value {
    case .list(let list):
      let position = try index(key, count: list.items.count)
      return list.items[position]
    case .string(let text):
      let bytes = Array(text.utf8)
      return .int(Int(bytes[try index(key, count: bytes.count)]))
    case .map(let map): return try lookUp(key, in: map) ?? .null
    default:
      throw ExprError(.run, "cannot take \(ExprText.shown(key)) from \(value.typeName)")
    }
  }

  private static func index(_ key: ExprValue, count: Int) throws(ExprError) -> Int {
    let wanted = try integer(key)
    let index = wanted < 0 ? count &+ wanted : wanted
    guard index >= 0, index < count else {
      throw ExprError(
        .run, "index out of range: \(wanted) (the list has \(count) \(count == 1 ? "element" : "elements"))")
    }
    return index
  }

  /// - Throws: ``ExprError`` for a key that the mapping cannot have.
  static func lookUp(_ key: ExprValue, in map: ExprMap) throws(ExprError) -> ExprValue? {
    if map.hasTextKeys {
      switch key {
      case .null: return map[.string([])]
      case .string: break
      default: throw ExprError(.run, "a mapping has no member of type \(key.typeName)")
      }
    }
    guard let found = key.key else { throw ExprError(.run, "a mapping has no member of type \(key.typeName)") }
    return map[found]
  }

  static func slice(_ value: ExprValue, from: Int?, to: Int?) throws(ExprError) -> ExprValue {
    switch value {
    case .list(let list):
      return .list(ExprList(Array(list.items[bounds(from, to, count: list.items.count)]), kind: list.kind))
    case .string(let text):
      let bytes = Array(text.utf8)
      return .string(String(decoding: bytes[bounds(from, to, count: bytes.count)], as: UTF8.self))
    default: throw ExprError(.run, "\(value.typeName) cannot be sliced")
    }
  }

  /// Bounds below zero count from the end; all are cut to what is there.
  private static func bounds(_ from: Int?, _ to: Int?, count: Int) -> Range<Int> {
    func place(_ bound: Int) -> Int { max(0, min(bound < 0 ? count &+ bound : bound, count)) }
    let upper = place(to ?? count)
    return min(place(from ?? 0), upper)..<upper
  }
}
