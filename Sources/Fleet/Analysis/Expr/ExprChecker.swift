import Templating

/// Finds what cannot work with the types at hand, before anything is evaluated, as expr's checker does: so
/// `len(result) == 0 || result.foo > 1` is an error for a list, whatever its left side says.
struct ExprChecker {
  let environment: ExprEnvironment.Names
  let result: ExprType
  private var variables: [(name: String, type: ExprType)] = []
  private var loops: [(list: ExprType, pointers: [String: ExprType])] = []

  init(environment: ExprEnvironment.Names, result: ExprType) {
    self.environment = environment
    self.result = result
  }

  mutating func type(of node: ExprNode) throws(ExprError) -> ExprType {
    switch node.kind {
    case .null: return .null
    case .bool: return .bool
    case .int: return .int
    case .float: return .float
    case .string: return .string
    case .name(let name): return try type(ofName: name, node)
    case .unary(let unary, let operand): return try type(of: unary, operand, node)
    case .binary(let operation, let left, let right): return try type(of: operation, left, right, node)
    case .conditional(let condition, let then, let otherwise):
      return try type(ofConditional: condition, then, otherwise)
    case .member(let base, let property, _): return try type(ofMember: base, property, node)
    case .chain(let inner): return try type(of: inner)
    case .slice(let base, let from, let to): return try type(ofSlice: base, from, to, node)
    case .call(let name, let arguments): return try type(ofCall: name, arguments, node)
    case .method(let base, let name, let arguments): return try type(ofMethod: base, name, arguments, node)
    case .function(let function, let arguments):
      var types: [ExprType] = []
      for argument in arguments { types.append(try type(of: argument)) }
      return try ExprSignatures.type(of: function, types, at: node.offset)
    case .loop(let loop, let over, let body, let last): return try type(of: loop, over, body, last, node)
    case .pointer(let name): return try type(ofPointer: name, node)
    case .declaration(let name, let value, let body): return try type(ofDeclaration: name, value, body, node)
    case .sequence(let parts):
      var last = ExprType.null
      for part in parts { last = try type(of: part) }
      return last
    case .list(let items): return try type(ofList: items)
    case .map(let pairs):
      for pair in pairs {
        _ = try type(of: pair.key)
        _ = try type(of: pair.value)
      }
      return .textMap
    }
  }

  private func mismatch(_ word: String, _ types: [ExprType], _ node: ExprNode) -> ExprError {
    let names = types.map(\.name).joined(separator: " and ")
    return ExprError(.type, "'\(word)' does not work on \(names)", at: node.offset)
  }

  // MARK: Names

  private func type(ofName name: String, _ node: ExprNode) throws(ExprError) -> ExprType {
    if let variable = variables.last(where: { $0.name == name }) { return variable.type }
    if name == ExprEnvironment.resultName, environment == .condition { return result }
    let isFunction =
      ExprEnvironment.functions(environment).contains(name) || ExprFunction(rawValue: name) != nil
      || ExprLoop(rawValue: name) != nil
    guard !isFunction else { return .function }
    throw ExprEnvironment.unknown(name, environment, at: node.offset)
  }

  private mutating func type(
    ofDeclaration name: String, _ value: ExprNode, _ body: ExprNode, _ node: ExprNode
  ) throws(ExprError) -> ExprType {
    let isTaken =
      name == ExprEnvironment.resultName || ExprEnvironment.functions(environment).contains(name)
      || ExprFunction(rawValue: name) != nil || ExprLoop(rawValue: name) != nil
      || variables.contains { $0.name == name }
    guard !isTaken else { throw ExprError(.type, "'\(name)' is taken already", at: node.offset) }
    variables.append((name, try type(of: value)))
    let type = try type(of: body)
    variables.removeLast()
    return type
  }

  private func type(ofPointer name: String, _ node: ExprNode) throws(ExprError) -> ExprType {
    guard let loop = loops.last else {
      throw ExprError(.type, "'#' stands for an element only inside of a predicate", at: node.offset)
    }
    if name.isEmpty { return loop.list.isUnknown ? .unknown : loop.list.element }
    guard let type = loop.pointers[name] else { throw ExprError(.type, "unknown '#\(name)'", at: node.offset) }
    return type
  }

  // MARK: Operators

  private mutating func type(of unary: ExprUnary, _ operand: ExprNode, _ node: ExprNode) throws(ExprError) -> ExprType {
    let type = try type(of: operand)
    switch unary {
    case .not:
      guard type == .bool || type.isUnknown else { throw mismatch("not", [type], node) }
      return .bool
    case .minus, .plus:
      guard type.isNumber || type.isUnknown else { throw mismatch(unary == .minus ? "-" : "+", [type], node) }
      return type.isUnknown ? .unknown : type
    }
  }

  private mutating func type(
    of operation: ExprBinary, _ left: ExprNode, _ right: ExprNode, _ node: ExprNode
  ) throws(ExprError) -> ExprType {
    let l = try type(of: left)
    let r = try type(of: right)
    switch operation {
    case .matches:
      if case .string(let pattern) = right.kind {
        do { _ = try LinearRegex(pattern) } catch {
          throw ExprError(.type, "bad regular expression: \(error.message)", at: right.offset)
        }
      }
    case .isIn: return try checkIn(l, r, node)
    default: break
    }
    guard let type = Self.type(of: operation, l, r) else { throw mismatch(operation.rawValue, [l, r], node) }
    return type
  }

  /// Nil where the operator does not work on these.
  private static func type(of operation: ExprBinary, _ l: ExprType, _ r: ExprType) -> ExprType? {
    let areNumbers = l.isNumber && r.isNumber
    let promoted: ExprType = l == .float || r == .float ? .float : .int
    switch operation {
    case .equal, .unequal: return l.isComparable(to: r) ? .bool : nil
    case .or, .and: return (l == .bool && r == .bool) || l.mayFit(r) { $0 == .bool } ? .bool : nil
    case .less, .more, .atLeast, .atMost:
      let areAlike = areNumbers || (l == r && isOrdered(l))
      return areAlike || l.mayFit(r) { $0.isNumber || isOrdered($0) } ? .bool : nil
    case .plus:
      if areNumbers { return promoted }
      if l == .string, r == .string { return .string }
      if let type = addition(l, r) { return type }
      return l.mayFit(r) { $0.isNumber || isOrdered($0) } ? .unknown : nil
    case .minus:
      if areNumbers { return promoted }
      if l == .time, r == .time { return .duration }
      if l == .time || l == .duration, r == .duration { return l }
      return l.mayFit(r) { $0.isNumber || $0 == .time || $0 == .duration } ? .unknown : nil
    case .times:
      if areNumbers { return promoted }
      if (l == .duration && (r.isNumber || r == .duration)) || (l.isNumber && r == .duration) { return .duration }
      return l.mayFit(r) { $0.isNumber || $0 == .duration } ? .unknown : nil
    case .divide, .power: return areNumbers || l.mayFit(r) { $0.isNumber } ? .float : nil
    case .modulo: return (l == .int && r == .int) || l.mayFit(r) { $0 == .int } ? .int : nil
    case .range: return (l == .int && r == .int) || l.mayFit(r) { $0 == .int } ? .list(of: .int, kind: .any) : nil
    case .matches, .contains, .startsWith, .endsWith:
      return (l == .string && r == .string) || l.mayFit(r) { $0 == .string } ? .bool : nil
    case .coalesce: return coalesced(l, r)
    case .isIn: return nil
    }
  }

  private static func isOrdered(_ type: ExprType) -> Bool { type == .string || type == .time || type == .duration }

  private static func addition(_ l: ExprType, _ r: ExprType) -> ExprType? {
    switch (l, r) {
    case (.time, .duration), (.duration, .time): .time
    case (.duration, .duration): .duration
    default: nil
    }
  }

  private static func coalesced(_ l: ExprType, _ r: ExprType) -> ExprType {
    if l == .null { return r }
    if r == .null { return l }
    return r.isAssignable(to: l) ? l : .unknown
  }

  private func checkIn(_ l: ExprType, _ r: ExprType, _ node: ExprNode) throws(ExprError) -> ExprType {
    switch r {
    case .map(_, let hasTextKeys):
      guard !hasTextKeys || l.isUnknown || l == .string else { throw mismatch("in", [l, r], node) }
    case .list(let element, _):
      guard l.isComparable(to: element) else { throw mismatch("in", [l, r], node) }
    case .unknown, .any: break
    case .string where l.isUnknown: break
    default: throw mismatch("in", [l, r], node)
    }
    return .bool
  }

  private mutating func type(
    ofConditional condition: ExprNode, _ then: ExprNode, _ otherwise: ExprNode
  ) throws(ExprError) -> ExprType {
    let tested = try type(of: condition)
    guard tested == .bool || tested.isUnknown else {
      throw ExprError(.type, "a condition is true or false, not \(tested.name)", at: condition.offset)
    }
    let first = try type(of: then)
    let second = try type(of: otherwise)
    if first == .null { return second }
    if second == .null { return first }
    guard first.isAssignable(to: second) else { return .unknown }
    if first.isList, second.isList, first.element != second.element { return .anyList }
    return first
  }

  // MARK: Members and lists

  private mutating func type(
    ofMember base: ExprNode, _ property: ExprNode, _ node: ExprNode
  ) throws(ExprError) -> ExprType {
    let type = try type(of: base)
    let key = try self.type(of: property)
    if type.isUnknown { return .unknown }
    switch type {
    case .map(let element, let hasTextKeys):
      guard !hasTextKeys || key == .string || key.isUnknown else {
        throw ExprError(.type, "a mapping has no member of type \(key.name)", at: property.offset)
      }
      return element
    case .list(let element, _):
      guard key == .int || key.isUnknown else {
        throw ExprError(.type, "an element of a list is chosen by an integer, not \(key.name)", at: property.offset)
      }
      return element
    default:
      if case .string(let name) = property.kind {
        throw ExprError(.type, "\(type.name) has no field '\(name)'", at: node.offset)
      }
      throw ExprError(.type, "\(type.name) has no elements", at: node.offset)
    }
  }

  private mutating func type(
    ofSlice base: ExprNode, _ from: ExprNode?, _ to: ExprNode?, _ node: ExprNode
  ) throws(ExprError) -> ExprType {
    let type = try type(of: base)
    if type.isUnknown { return .unknown }
    guard type == .string || type.isList else {
      throw ExprError(.type, "\(type.name) cannot be sliced", at: node.offset)
    }
    for bound in [from, to] {
      guard let bound else { continue }
      let index = try self.type(of: bound)
      guard index == .int || index.isUnknown else {
        throw ExprError(.type, "the bound of a slice is an integer, not \(index.name)", at: bound.offset)
      }
    }
    return type
  }

  private mutating func type(ofList items: [ExprNode]) throws(ExprError) -> ExprType {
    var types: [ExprType] = []
    for item in items { types.append(try type(of: item)) }
    guard let last = types.last else { return .list(of: .unknown, kind: .any) }
    let areAlike = types.allSatisfy { $0 == last || ($0.isList && last.isList) }
    return areAlike ? .list(of: last, kind: .any) : .anyList
  }

  // MARK: Calls

  private mutating func type(
    ofCall name: String, _ arguments: [ExprNode], _ node: ExprNode
  ) throws(ExprError) -> ExprType {
    guard ExprEnvironment.functions(environment).contains(name) else {
      let type = try type(ofName: name, node)
      if type.isUnknown { return .unknown }
      throw ExprError(.type, "'\(name)' is no function", at: node.offset)
    }
    let wanted = name == "default" ? 2 : 1
    guard arguments.count == wanted else {
      throw ExprError(
        .type, "\(name) takes \(wanted) \(wanted == 1 ? "argument" : "arguments"), not \(arguments.count)",
        at: node.offset)
    }
    for argument in arguments {
      let type = try type(of: argument)
      guard name == "isNaN" || name == "isInf", !type.isNumber, !type.isUnknown else { continue }
      throw ExprError(.type, "\(name) takes a float, not \(type.name)", at: argument.offset)
    }
    switch name {
    case "asInt": return .int
    case "asFloat": return .float
    case "default": return .any
    default: return .bool
    }
  }

  private mutating func type(
    ofMethod base: ExprNode, _ name: String, _ arguments: [ExprNode], _ node: ExprNode
  ) throws(ExprError) -> ExprType {
    let type = try type(of: base)
    guard !type.isUnknown else { return .unknown }
    throw ExprError(.type, "\(type.name) has no method '\(name)'", at: node.offset)
  }

  private mutating func type(
    of loop: ExprLoop, _ over: ExprNode, _ body: ExprNode?, _ last: ExprNode?, _ node: ExprNode
  ) throws(ExprError) -> ExprType {
    let list = try type(of: over)
    guard list.isList || list.isUnknown else {
      throw ExprError(.type, "\(loop.rawValue) takes a list, not \(list.name)", at: over.offset)
    }
    var pointers: [String: ExprType] = [:]
    if loop == .map || loop == .reduce { pointers["index"] = .int }
    if loop == .reduce { pointers["acc"] = .unknown }
    var bodyType: ExprType?
    if let body {
      loops.append((list, pointers))
      bodyType = try type(of: body)
      loops.removeLast()
    }
    if let last {
      let order = try type(of: last)
      if loop == .sortBy, order != .string, !order.isUnknown {
        throw ExprError(.type, "the order of sortBy is \"asc\" or \"desc\"", at: last.offset)
      }
    }
    return try Self.type(of: loop, list, bodyType, body ?? node)
  }

  private static func type(
    of loop: ExprLoop, _ list: ExprType, _ body: ExprType?, _ node: ExprNode
  ) throws(ExprError) -> ExprType {
    if body == .null {
      throw ExprError(.type, "the predicate of \(loop.rawValue) gives nothing", at: node.offset)
    }
    switch loop {
    case .all, .none, .any, .one, .filter, .count, .find, .findIndex, .findLast, .findLastIndex:
      if let body, body != .bool, !body.isUnknown {
        throw ExprError(.type, "a predicate is true or false, not \(body.name)", at: node.offset)
      }
    case .map, .sum, .groupBy, .sortBy, .reduce: break
    }
    let element = list.isUnknown ? ExprType.unknown : list.element
    switch loop {
    case .all, .none, .any, .one: return .bool
    case .filter: return list.isUnknown ? .anyList : .list(of: element, kind: .any)
    case .map: return .list(of: body ?? .unknown, kind: .any)
    case .count, .findIndex, .findLastIndex: return .int
    case .sum: return body.map { $0.isUnknown ? .any : $0 } ?? element
    case .find, .findLast: return element
    case .groupBy: return .map(of: .anyList, hasTextKeys: false)
    case .sortBy: return list
    case .reduce: return body ?? .unknown
    }
  }
}
