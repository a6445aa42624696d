import Templating

/// Evaluates an expression, within its budgets.
struct ExprEvaluator {
  /// A list that is being walked through.
  struct Loop {
    var item: ExprValue
    var index: Int
    var accumulator: ExprValue
  }

  let environment: ExprEnvironment
  private let limits: ExprLimits
  private var steps = 0
  private var memory = 0
  private var variables: [(name: String, value: ExprValue)] = []
  var loops: [Loop] = []
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
    case .call(let name, let arguments):
      let values = try values(of: arguments)
      try spend(steps: values.reduce(0) { $0 + weight(of: $1) })
      return try value(ofCall: name, values)
    case .method(let base, let name, _): throw try notCallable(name, of: try evaluate(base))
    case .function(let function, let arguments):
      let values = try values(of: arguments)
      if !function.isConstantWork(on: values) { try spend(steps: values.reduce(0) { $0 + weight(of: $1) }) }
      return try ExprFunctions.call(function, values, now: environment.now) {
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

  /// Steps that a walk over the whole of a value counts as: one for each element, and for each 64 bytes of text.
  private func weight(of value: ExprValue) -> Int {
    var weight = 0
    var open = [value]
    while let next = open.popLast(), weight <= limits.steps {
      switch next {
      case .string(let text): weight += text.utf8.count / 64
      case .list(let list):
        weight += list.items.count
        if list.kind == .any || list.kind == .strings { open += list.items.lazy.filter(\.hasParts) }
      case .map(let map):
        weight += map.count
        open += map.values.lazy.filter(\.hasParts)
      default: break
      }
    }
    return weight
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
      let (first, second) = (try evaluate(left), try evaluate(right))
      try spend(steps: weight(of: first) + weight(of: second))
      let value = try ExprOperators.apply(operation, first, second)
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
    try spend(steps: weight(of: list) + weight(of: needle))
    return try ExprOperators.isIn(needle, list)
  }

  private mutating func matches(_ text: ExprValue, _ pattern: ExprValue) throws(ExprError) -> Bool {
    if text.isNull || pattern.isNull { return false }
    guard case .string(let text) = text, case .string(let pattern) = pattern else {
      throw ExprError(.run, "'matches' compares text with text")
    }
    do {
      let expression = try expressions[pattern] ?? LinearRegex(pattern)
      expressions[pattern] = expression
      // A thread of the engine at one place is less work than a node.
      return try expression.firstMatch(in: Array(text.unicodeScalars), from: 0) { try spend(steps: 1 + $0 / 8) } != nil
    } catch let error as ExprError {
      throw error
    } catch {
      throw ExprError(.run, "bad regular expression: \((error as? RegexError)?.message ?? "")")
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
      if case .string = value { try spend(steps: weight(of: value)) }
      return try ExprOperators.member(try evaluate(property), of: value)
    default: return try evaluate(node)
    }
  }

  private mutating func value(ofSlice base: ExprNode, _ from: ExprNode?, _ to: ExprNode?) throws(ExprError) -> ExprValue
  {
    let value = try evaluate(base)
    try spend(steps: weight(of: value))
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
}
