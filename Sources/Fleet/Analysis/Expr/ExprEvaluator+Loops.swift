/// Functions that run a predicate over a list.
extension ExprEvaluator {
  mutating func value(
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
