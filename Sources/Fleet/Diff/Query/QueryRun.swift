import Manifest
import Templating

/// A value on its way through an expression, with the place in the document that it was found at; nil for values that
/// the expression made.
struct QueryItem {
  enum Step: Equatable {
    case key(String)
    case index(Int)
    case slice(Int, Int)
  }

  var path: [Step]?
  var value: Node
}

/// Why the evaluation of an expression ended early.
enum QueryStop: Error, Equatable {
  /// As jq would have it, an error of the expression.
  case failed
  /// The budget is spent.
  case exhausted
  /// Enough results were seen.
  case enough
}

/// Evaluates an expression on a document, every step against a budget.
struct QueryRun {
  private static let budget = 200_000
  private static let maximumDepth = 200

  private var steps = 0
  private var depth = 0

  /// The places in `document` that the expression names.
  /// - Returns: nil where the expression fails or yields something that is no place: then it has no effect, as in jq.
  /// - Throws: ``QueryStop/exhausted``
  static func places(_ expression: QueryExpression, in document: Node) throws(QueryStop) -> [[QueryItem.Step]]? {
    var run = QueryRun()
    var places: [[QueryItem.Step]] = []
    do throws(QueryStop) {
      try run.evaluate(expression, QueryItem(path: [], value: document)) { item throws(QueryStop) in
        guard let path = item.path else { throw .failed }
        places.append(path)
      }
    } catch .exhausted {
      throw .exhausted
    } catch {
      return nil
    }
    return places
  }

  typealias Sink = (QueryItem) throws(QueryStop) -> Void

  /// Charges work that grows with the size of a value.
  mutating func spend(_ amount: Int = 1) throws(QueryStop) {
    steps += amount
    if steps > Self.budget { throw .exhausted }
  }

  mutating func evaluate(_ expression: QueryExpression, _ input: QueryItem, _ sink: Sink) throws(QueryStop) {
    try spend()
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else { throw .exhausted }
    switch expression {
    case .identity: try sink(input)
    case .literal(let node): try sink(QueryItem(path: nil, value: node))
    case .everything: try descend(input, sink)
    case .member(let base, let key):
      for (key, item) in try pairs(key, base, input) { try sink(try member(item, key)) }
    case .slice(let base, let from, let to): try slice(base, from, to, input, sink)
    case .each(let base): for item in try results(base, input) { try each(item, sink) }
    case .attempt(let inner): try attempt(inner, input, sink)
    case .pipe(let left, let right):
      for item in try results(left, input) { try evaluate(right, item, sink) }
    case .comma(let left, let right):
      try evaluate(left, input, sink)
      try evaluate(right, input, sink)
    case .alternative(let left, let right):
      let found = try attempted(left, input).filter { $0.value.isTruthy }
      if found.isEmpty { return try evaluate(right, input, sink) }
      for item in found { try sink(item) }
    case .or, .and, .compare, .array, .condition: try combine(expression, input, sink)
    case .call(let function, let arguments): try call(function, arguments, input, sink)
    }
  }

  /// Every result at once; their number is bounded by the budget.
  mutating func results(_ expression: QueryExpression, _ input: QueryItem) throws(QueryStop) -> [QueryItem] {
    var items: [QueryItem] = []
    try evaluate(expression, input) { item throws(QueryStop) in items.append(item) }
    return items
  }

  /// The results up to an error of the expression.
  private mutating func attempted(_ expression: QueryExpression, _ input: QueryItem) throws(QueryStop) -> [QueryItem] {
    var items: [QueryItem] = []
    do throws(QueryStop) {
      try evaluate(expression, input) { item throws(QueryStop) in items.append(item) }
    } catch .failed {
      return items
    } catch {
      throw error
    }
    return items
  }

  private mutating func attempt(_ inner: QueryExpression, _ input: QueryItem, _ sink: Sink) throws(QueryStop) {
    for item in try attempted(inner, input) { try sink(item) }
  }

  private mutating func pairs(
    _ key: QueryExpression, _ base: QueryExpression, _ input: QueryItem
  ) throws(QueryStop) -> [(key: Node, item: QueryItem)] {
    var pairs: [(Node, QueryItem)] = []
    for item in try results(base, input) {
      for key in try results(key, input) { pairs.append((key.value, item)) }
    }
    return pairs
  }

  private mutating func combine(
    _ expression: QueryExpression, _ input: QueryItem, _ sink: Sink
  ) throws(QueryStop) {
    func tell(_ flag: Bool) throws(QueryStop) { try sink(QueryItem(path: nil, value: Node(.bool(flag)))) }
    switch expression {
    case .or(let left, let right):
      for item in try results(left, input) {
        if item.value.isTruthy {
          try tell(true)
        } else {
          for other in try results(right, input) { try tell(other.value.isTruthy) }
        }
      }
    case .and(let left, let right):
      for item in try results(left, input) {
        if !item.value.isTruthy {
          try tell(false)
        } else {
          for other in try results(right, input) { try tell(other.value.isTruthy) }
        }
      }
    case .compare(let comparison, let left, let right):
      for other in try results(right, input) {
        for item in try results(left, input) {
          try spend(item.value.size + other.value.size)
          try tell(comparison.holds(QueryOrder.compare(item.value, other.value)))
        }
      }
    case .array(let inner):
      let items = try inner.map { inner throws(QueryStop) in try results(inner, input) } ?? []
      try sink(QueryItem(path: nil, value: .sequence(items.map(\.value))))
    case .condition(let test, let then, let otherwise):
      for item in try results(test, input) { try evaluate(item.value.isTruthy ? then : otherwise, input, sink) }
    default: throw .failed
    }
  }

  private func member(_ item: QueryItem, _ key: Node) throws(QueryStop) -> QueryItem {
    switch (item.value.value, key.value) {
    case (.mapping(let members), .string(let name)): return item.below(.key(name), members[name] ?? .null)
    case (.null, .string(let name)): return item.below(.key(name), .null)
    case (.sequence(let items), .int(let number)):
      let index = number < 0 ? Int(clamping: number) + items.count : Int(clamping: number)
      return item.below(.index(index), items.indices.contains(index) ? items[index] : .null)
    case (.null, .int(let number)): return item.below(.index(Int(clamping: number)), .null)
    default: throw .failed
    }
  }

  private mutating func slice(
    _ base: QueryExpression, _ from: QueryExpression?, _ to: QueryExpression?, _ input: QueryItem, _ sink: Sink
  ) throws(QueryStop) {
    let starts = try from.map { from throws(QueryStop) in try results(from, input).map(\.value) } ?? [.null]
    let ends = try to.map { to throws(QueryStop) in try results(to, input).map(\.value) } ?? [.null]
    for item in try results(base, input) {
      guard let items = item.value.isNull ? [] : item.value.sequence else { throw .failed }
      for start in starts {
        for end in ends {
          let lower = try bound(start, items.count, otherwise: 0)
          let upper = max(lower, try bound(end, items.count, otherwise: items.count))
          try spend(upper - lower)
          try sink(item.below(.slice(lower, upper), .sequence(Array(items[lower..<upper]))))
        }
      }
    }
  }

  private func bound(_ node: Node, _ count: Int, otherwise: Int) throws(QueryStop) -> Int {
    let number: Int
    switch node.value {
    case .null: return otherwise
    case .int(let whole): number = Int(clamping: whole)
    case .double(let value): number = value < 0 ? -count : count
    default: throw .failed
    }
    return min(max(number < 0 ? max(number, -count) + count : number, 0), count)
  }

  mutating func each(_ item: QueryItem, _ sink: Sink) throws(QueryStop) {
    switch item.value.value {
    case .sequence(let items):
      for (index, value) in items.enumerated() {
        try spend()
        try sink(item.below(.index(index), value))
      }
    case .mapping(let members):
      for member in members {
        try spend()
        try sink(item.below(.key(member.key), member.value))
      }
    default: throw .failed
    }
  }

  mutating func descend(_ item: QueryItem, _ sink: Sink) throws(QueryStop) {
    try spend()
    try sink(item)
    var below: [QueryItem] = []
    if item.value.isIterable { try each(item) { child throws(QueryStop) in below.append(child) } }
    for child in below { try descend(child, sink) }
  }
}

extension QueryItem {
  func below(_ step: Step, _ value: Node) -> QueryItem { QueryItem(path: path.map { $0 + [step] }, value: value) }
}

extension QueryExpression.Comparison {
  fileprivate func holds(_ order: Int) -> Bool {
    switch self {
    case .equal: order == 0
    case .unequal: order != 0
    case .less: order < 0
    case .lessOrEqual: order <= 0
    case .greater: order > 0
    case .greaterOrEqual: order >= 0
    }
  }
}
