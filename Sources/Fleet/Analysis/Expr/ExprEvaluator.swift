import Templating

/// Evaluates an expression, within its budgets.
struct ExprEvaluator {
  /// A list that is being walked through.
  private struct Loop {
    var item: ExprValue
    var index: Int
    var accumulator: ExprValue
  }

  let environment: ExprEnvironment
  private let limits: ExprLimits
  private var steps = 0
  private var memory = 0
  private var variables: [(name: String, value: ExprValue)] = []
  private var loops: [Loop] = []
  private var expressions: [String: LinearRegex] = [:]

  init(environment: ExprEnvironment, limits: ExprLimits = ExprLimits()) {
    self.environment = environment
    self.limits = limits
  }

  /// - Throws: ``ExprError``, with the place where the evaluation failed.
  mutating func evaluate(_ node: ExprNode) throws(ExprError) -> ExprValue {
    try spend(steps: 1)
    do throws(ExprError) {
      return try value(of: node)
    } catch {
      guard error.offset == nil else { throw error }
      throw ExprError(error.stage, error.message, at: node.offset)
    }
  }

  private mutating func value(of node: ExprNode) throws(ExprError) -> ExprValue {
    switch node.kind {
    case .null: return .null
    case .bool(let flag): return .bool(flag)
    case .int(let number): return .int(number)
    case .float(let number): return .float(number)
    case .string(let text): return .string(text)
    case .name(let name): return try value(ofName: name)
    case .unary(let unary, let operand): return try ExprOperators.apply(unary, try evaluate(operand))
    case .binary(let operation, let left, let right): return try value(of: operation, left, right)
    case .conditional(let condition, let then, let otherwise):
      return try evaluate(try flag(condition) ? then : otherwise)
    case .member, .chain: return try chained(node, isInside: false) ?? .null
    case .slice(let base, let from, let to): return try value(ofSlice: base, from, to)
    case .call(let name, let arguments): return try value(ofCall: name, try values(of: arguments))
    case .method(let base, let name, _): throw try notCallable(name, of: try evaluate(base))
    case .function(let function, let arguments):
      return try ExprFunctions.call(function, try values(of: arguments), now: environment.now) {
        (bytes) throws(ExprError) in try spend(memory: bytes)
      }
    case .loop(let loop, let over, let body, let last): return try value(of: loop, over, body, last)
    case .pointer(let name): return try value(ofPointer: name)
    case .declaration(let name, let value, let body):
      variables.append((name, try evaluate(value)))
      defer { variables.removeLast() }
      return try evaluate(body)
    case .sequence(let parts):
      var last = ExprValue.null
      for part in parts { last = try evaluate(part) }
      return last
    case .list(let items):
      try spend(memory: items.count)
      return .list(ExprList(try values(of: items)))
    case .map(let pairs): return try value(ofMap: pairs)
    }
  }

  // MARK: Budgets

  mutating func spend(steps count: Int) throws(ExprError) {
    steps += count
    guard steps <= limits.steps else {
      throw ExprError(.limit, "the expression takes more than \(limits.steps) steps")
    }
  }

  mutating func spend(memory count: Int) throws(ExprError) {
    memory += Swift.max(count, 0)
    guard memory < limits.memory else {
      throw ExprError(.limit, "the expression makes more than \(limits.memory) elements or bytes")
    }
  }

  // MARK: Parts

  private mutating func values(of nodes: [ExprNode]) throws(ExprError) -> [ExprValue] {
    var values: [ExprValue] = []
    for node in nodes { values.append(try evaluate(node)) }
    return values
  }

  private mutating func flag(_ node: ExprNode) throws(ExprError) -> Bool {
    let value = try evaluate(node)
    guard case .bool(let flag) = value else {
      throw ExprError(.run, "this is \(value.typeName), not true or false", at: node.offset)
    }
    return flag
  }

  private func value(ofName name: String) throws(ExprError) -> ExprValue {
    if let variable = variables.last(where: { $0.name == name }) { return variable.value }
    if name == ExprEnvironment.resultName, environment.names == .condition { return environment.result }
    throw ExprError(.run, "'\(name)' is a function: it has no value of its own")
  }

  private func value(ofPointer name: String) throws(ExprError) -> ExprValue {
    guard let loop = loops.last else { throw ExprError(.run, "'#' stands outside of a predicate") }
    switch name {
    case "": return loop.item
    case "acc": return loop.accumulator
    default: return .int(loop.index)
    }
  }

  private mutating func value(
    of operation: ExprBinary, _ left: ExprNode, _ right: ExprNode
  ) throws(ExprError) -> ExprValue {
    switch operation {
    case .or: return .bool(try flag(left) ? true : try flag(right))
    case .and: return .bool(try flag(left) ? try flag(right) : false)
    case .coalesce:
      let value = try evaluate(left)
      return value.isNull ? try evaluate(right) : value
    case .isIn: return .bool(try isIn(try evaluate(left), right))
    case .matches: return .bool(try matches(try evaluate(left), try evaluate(right)))
    case .range: return try range(try evaluate(left), try evaluate(right))
    default:
      let value = try ExprOperators.apply(operation, try evaluate(left), try evaluate(right))
      if operation == .plus, case .string(let text) = value { try spend(memory: text.utf8.count) }
      return value
    }
  }

  /// Beside a list of nothing but text expr looks a key up, which has to be text.
  private mutating func isIn(_ needle: ExprValue, _ node: ExprNode) throws(ExprError) -> Bool {
    let list = try evaluate(node)
    if case .list(let items) = node.kind, !items.isEmpty,
      items.allSatisfy({ if case .string = $0.kind { true } else { false } })
    {
      switch needle {
      case .null: return try ExprOperators.isIn(.string(""), list)
      case .string: break
      default: throw ExprError(.run, "\(needle.typeName) cannot be looked up among texts")
      }
    }
    if case .list(let found) = list { try spend(steps: found.items.count) }
    return try ExprOperators.isIn(needle, list)
  }

  private mutating func matches(_ text: ExprValue, _ pattern: ExprValue) throws(ExprError) -> Bool {
    if text.isNull || pattern.isNull { return false }
    guard case .string(let text) = text, case .string(let pattern) = pattern else {
      throw ExprError(.run, "'matches' compares text with text")
    }
    if let known = expressions[pattern] { return known.matches(text) }
    do {
      let expression = try LinearRegex(pattern)
      expressions[pattern] = expression
      return expression.matches(text)
    } catch {
      throw ExprError(.run, "bad regular expression: \(error.message)")
    }
  }

  private mutating func range(_ from: ExprValue, _ to: ExprValue) throws(ExprError) -> ExprValue {
    let lower = try ExprOperators.integer(from)
    let upper = try ExprOperators.integer(to)
    guard lower <= upper else { return .list(ExprList([], kind: .ints)) }
    let (size, isTooLarge) = upper.subtractingReportingOverflow(lower)
    try spend(memory: isTooLarge || size >= limits.memory ? limits.memory : size + 1)
    return .list(ExprList((lower...upper).map(ExprValue.int), kind: .ints))
  }

  private mutating func value(ofMap pairs: [(key: ExprNode, value: ExprNode)]) throws(ExprError) -> ExprValue {
    try spend(memory: pairs.count)
    var map = ExprMap()
    for pair in pairs {
      guard case .string(let key) = try evaluate(pair.key) else {
        throw ExprError(.run, "a key of a mapping is text", at: pair.key.offset)
      }
      map.set(key, to: try evaluate(pair.value))
    }
    return .map(map)
  }

  /// Nil where an optional member ended the chain.
  private mutating func chained(_ node: ExprNode, isInside: Bool) throws(ExprError) -> ExprValue? {
    switch node.kind {
    case .chain(let inner): return try chained(inner, isInside: true) ?? (isInside ? .some(.null) : nil)
    case .member(let base, let property, let isOptional):
      var value = ExprValue.null
      if isInside, case .member = base.kind {
        try spend(steps: 1)
        guard let inner = try chained(base, isInside: true) else { return nil }
        value = inner
      } else {
        value = try evaluate(base)
      }
      if isOptional, isInside, value.isNull { return nil }
      return try ExprOperators.member(try evaluate(property), of: value)
    default: return try evaluate(node)
    }
  }

  private mutating func value(ofSlice base: ExprNode, _ from: ExprNode?, _ to: ExprNode?) throws(ExprError) -> ExprValue
  {
    let value = try evaluate(base)
    let upper = try to.map { (node) throws(ExprError) in try ExprOperators.integer(try evaluate(node)) }
    let lower = try from.map { (node) throws(ExprError) in try ExprOperators.integer(try evaluate(node)) }
    return try ExprOperators.slice(value, from: lower, to: upper)
  }

  private func notCallable(_ name: String, of value: ExprValue) throws(ExprError) -> ExprError {
    ExprError(.run, "\(value.typeName) has no method '\(name)'")
  }

  // MARK: Functions of the environment

  private func value(ofCall name: String, _ arguments: [ExprValue]) throws(ExprError) -> ExprValue {
    guard let argument = arguments.first else { throw ExprError(.run, "\(name) needs an argument") }
    switch name {
    case "isNaN": return .bool(try float(argument, for: name).isNaN)
    case "isInf": return .bool(try float(argument, for: name).isInfinite)
    case "asInt": return .int(try ExprConversions.asInt(argument))
    case "asFloat": return .float(try ExprConversions.asFloat(argument))
    // Both look at the result itself, whatever argument they are given.
    case "isNil": return .bool(environment.result.isNull)
    case "default" where arguments.count == 2: return environment.result.isNull ? arguments[1] : environment.result
    default: throw ExprError(.run, "unknown function '\(name)'")
    }
  }

  private func float(_ value: ExprValue, for name: String) throws(ExprError) -> Double {
    guard case .float(let number) = value else {
      throw ExprError(.run, "\(name) takes a float, not \(value.typeName)")
    }
    return number
  }

  // MARK: Loops

  private mutating func value(
    of loop: ExprLoop, _ over: ExprNode, _ body: ExprNode?, _ last: ExprNode?
  ) throws(ExprError) -> ExprValue {
    let collection = try evaluate(over)
    guard case .list(let list) = collection else {
      throw ExprError(.run, "\(loop.rawValue) takes a list, not \(collection.typeName)", at: over.offset)
    }
    switch loop {
    case .all, .any, .none, .find, .findIndex, .findLast, .findLastIndex: return try search(loop, list.items, body)
    case .one: return .bool(try count(list.items, body) == 1)
    case .count: return .int(try count(list.items, body))
    case .filter: return .list(ExprList(try filter(list.items, body)))
    case .map: return .list(ExprList(try mapped(list.items, body)))
    case .sum: return try sum(list.items, body)
    case .groupBy: return try grouped(list.items, body)
    case .sortBy: return try sorted(list.items, body, last)
    case .reduce: return try reduced(list.items, body, last)
    }
  }

  private mutating func run(
    _ body: ExprNode?, on item: ExprValue, at index: Int, accumulator: ExprValue = .null
  ) throws(ExprError) -> ExprValue {
    guard let body else { return item }
    loops.append(Loop(item: item, index: index, accumulator: accumulator))
    defer { loops.removeLast() }
    return try evaluate(body)
  }

  private mutating func holds(_ body: ExprNode?, on item: ExprValue, at index: Int) throws(ExprError) -> Bool {
    let value = try run(body, on: item, at: index)
    guard case .bool(let flag) = value else {
      throw ExprError(.run, "a predicate is true or false, not \(value.typeName)")
    }
    return flag
  }

  /// The loops that end as soon as they know.
  private mutating func search(_ loop: ExprLoop, _ items: [ExprValue], _ body: ExprNode?) throws(ExprError) -> ExprValue
  {
    let isBackwards = loop == .findLast || loop == .findLastIndex
    for step in items.indices {
      let index = isBackwards ? items.count - 1 - step : step
      let found = try holds(body, on: items[index], at: index)
      switch loop {
      case .all where !found, .none where found: return .bool(false)
      case .any where found: return .bool(true)
      case .find where found, .findLast where found: return items[index]
      case .findIndex where found, .findLastIndex where found: return .int(index)
      default: break
      }
    }
    switch loop {
    case .all, .none: return .bool(true)
    case .any: return .bool(false)
    default: return .null
    }
  }

  private mutating func count(_ items: [ExprValue], _ body: ExprNode?) throws(ExprError) -> Int {
    var count = 0
    for (index, item) in items.enumerated() where try holds(body, on: item, at: index) { count += 1 }
    return count
  }

  private mutating func filter(_ items: [ExprValue], _ body: ExprNode?) throws(ExprError) -> [ExprValue] {
    var kept: [ExprValue] = []
    for (index, item) in items.enumerated() where try holds(body, on: item, at: index) { kept.append(item) }
    try spend(memory: kept.count)
    return kept
  }

  private mutating func mapped(_ items: [ExprValue], _ body: ExprNode?) throws(ExprError) -> [ExprValue] {
    try spend(memory: items.count)
    var values: [ExprValue] = []
    for (index, item) in items.enumerated() { values.append(try run(body, on: item, at: index)) }
    return values
  }

  private mutating func sum(_ items: [ExprValue], _ body: ExprNode?) throws(ExprError) -> ExprValue {
    var total = ExprValue.int(0)
    for (index, item) in items.enumerated() {
      total = try ExprOperators.apply(.plus, try run(body, on: item, at: index), total)
    }
    return total
  }

  private mutating func grouped(_ items: [ExprValue], _ body: ExprNode?) throws(ExprError) -> ExprValue {
    var groups: [[ExprValue]] = []
    var keys: [ExprValue] = []
    var positions: [ExprMap.Key: Int] = [:]
    for (index, item) in items.enumerated() {
      let value = try run(body, on: item, at: index)
      guard let key = value.key else { throw ExprError(.run, "\(value.typeName) cannot be the key of a group") }
      if let position = positions[key] {
        groups[position].append(item)
      } else {
        positions[key] = groups.count
        groups.append([item])
        keys.append(value)
      }
    }
    try spend(memory: items.count)
    var map = ExprMap(hasTextKeys: false)
    for (key, group) in zip(keys, groups) { try map.set(key, to: .list(ExprList(group))) }
    return .map(map)
  }

  private mutating func sorted(
    _ items: [ExprValue], _ body: ExprNode?, _ order: ExprNode?
  ) throws(ExprError) -> ExprValue {
    let isDescending = try ExprConversions.isDescending(
      try order.map { (node) throws(ExprError) in try evaluate(node) })
    let keys = try mapped(items, body)
    let pairs = try ExprConversions.sorted(Array(zip(keys, items)), isDescending: isDescending) { $0.0 }
    try spend(steps: items.count)
    return .list(ExprList(pairs.map(\.1)))
  }

  private mutating func reduced(
    _ items: [ExprValue], _ body: ExprNode?, _ initial: ExprNode?
  ) throws(ExprError) -> ExprValue {
    var accumulator = ExprValue.null
    var start = 0
    if let initial {
      accumulator = try evaluate(initial)
    } else {
      guard let first = items.first else {
        throw ExprError(.run, "reduce of an empty list needs a value to begin with")
      }
      accumulator = first
      start = 1
    }
    for index in items.indices.dropFirst(start) {
      accumulator = try run(body, on: items[index], at: index, accumulator: accumulator)
    }
    return accumulator
  }
}
