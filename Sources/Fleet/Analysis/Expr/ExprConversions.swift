import Manifest

/// Conversions between values of expr, and to and from JSON.
enum ExprConversions {
  /// Argo Rollouts' `asInt` (`utils/evaluate`): floats lose their fraction, text is read as a decimal integer.
  static func asInt(_ value: ExprValue) throws(ExprError) -> Int {
    switch value {
    case .int(let number): return number
    case .float(let number): return ExprNumber.int(number)
    case .string(let text):
      guard let number = Int(text) else {
        throw ExprError(.run, "asInt: \(ExprText.shown(value)) is no integer")
      }
      return number
    default: throw ExprError(.run, "asInt does not work on \(value.typeName)")
    }
  }

  static func asFloat(_ value: ExprValue) throws(ExprError) -> Double {
    switch value {
    case .int(let number): return Double(number)
    case .float(let number): return number
    case .string(let text):
      guard let number = ExprNumber.float(text) else {
        throw ExprError(.run, "asFloat: \(ExprText.shown(value)) is no number")
      }
      return number
    default: throw ExprError(.run, "asFloat does not work on \(value.typeName)")
    }
  }

  /// A JSON value as Go's decoder gives it: every number is a float.
  static func value(of node: Node) -> ExprValue {
    switch node.value {
    case .null: return .null
    case .bool(let flag): return .bool(flag)
    case .int(let number): return .float(Double(number))
    case .uint(let number): return .float(Double(number))
    case .double(let number): return .float(number)
    case .string(let text): return .string(text)
    case .sequence(let nodes): return .list(ExprList(nodes.map(value(of:))))
    case .mapping(let mapping):
      var map = ExprMap()
      for member in mapping { map.set(member.key, to: value(of: member.value)) }
      return .map(map)
    }
  }

  /// - Throws: ``ExprError`` for what JSON cannot hold.
  static func node(of value: ExprValue) throws(ExprError) -> Node {
    switch value {
    case .null: return .null
    case .bool(let flag): return Node(.bool(flag))
    case .int(let number), .duration(let number): return Node(.int(Int64(number)))
    case .float(let number):
      guard number.isFinite else { throw ExprError(.run, "JSON has no \(ExprText.of(value))") }
      return Node(.double(number))
    case .string(let text): return .string(text)
    case .time: return .string(ExprText.of(value))
    case .list(let list):
      var nodes: [Node] = []
      for item in list.items { nodes.append(try node(of: item)) }
      return .sequence(nodes)
    case .map(let map):
      guard map.hasTextKeys else { throw ExprError(.run, "JSON has no mapping with keys other than text") }
      var mapping = Mapping()
      for (key, value) in zip(map.keys, map.values) { mapping[ExprText.of(key)] = try node(of: value) }
      return .mapping(mapping)
    }
  }

  static func isDescending(_ order: ExprValue?) throws(ExprError) -> Bool {
    guard let order else { return false }
    switch order {
    case .string("asc"): return false
    case .string("desc"): return true
    default: throw ExprError(.run, "an order is \"asc\" or \"desc\", not \(ExprText.shown(order))")
    }
  }

  /// Sorted by a key, equal ones in their order.
  static func sorted<Element>(
    _ elements: [Element], isDescending: Bool, by key: (Element) -> ExprValue
  ) throws(ExprError) -> [Element] {
    do {
      return try elements.sorted { a, b in
        isDescending ? try ExprOperators.isLess(key(b), key(a)) : try ExprOperators.isLess(key(a), key(b))
      }
    } catch let error as ExprError {
      throw error
    } catch {
      throw ExprError(.run, "the elements cannot be put in order")
    }
  }
}
