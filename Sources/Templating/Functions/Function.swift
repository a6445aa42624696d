/// A function that templates can call.
struct Function: Sendable {
  typealias Body = @Sendable (Arguments, inout Run) throws -> GoValue

  let name: String
  let leastArguments: Int
  /// Nil for any number.
  let mostArguments: Int?
  let body: Body

  init(_ name: String, _ arguments: Int, _ body: @escaping Body) {
    self.init(name, arguments...arguments, body)
  }

  init(_ name: String, _ arguments: ClosedRange<Int>, _ body: @escaping Body) {
    self.name = name
    leastArguments = arguments.lowerBound
    mostArguments = arguments.upperBound
    self.body = body
  }

  init(_ name: String, _ arguments: PartialRangeFrom<Int>, _ body: @escaping Body) {
    self.name = name
    leastArguments = arguments.lowerBound
    mostArguments = nil
    self.body = body
  }

  /// The same function under further names.
  func also(_ names: String...) -> [Function] {
    [self] + names.map { Function($0, leastArguments, mostArguments, body) }
  }

  private init(_ name: String, _ least: Int, _ most: Int?, _ body: @escaping Body) {
    self.name = name
    leastArguments = least
    mostArguments = most
    self.body = body
  }

  func checkCount(_ count: Int) throws {
    guard count < leastArguments || count > mostArguments ?? .max else { return }
    let wanted = mostArguments == leastArguments ? "\(leastArguments)" : "at least \(leastArguments)"
    let problem = mostArguments.map { count > $0 ? "\($0)" : wanted } ?? wanted
    throw TemplateError(
      .function(name), "wrong number of args for \(name): want \(problem) got \(count)")
  }
}

/// What is left to spend while a template runs, and the world it runs in.
struct Run {
  var budget: Budget
  let world: TemplateWorld
  var depth = 0

  mutating func enter() throws {
    depth += 1
    if depth > budget.limits.depth {
      throw TemplateError(.limit, "the template nests or recurses deeper than the limit of \(budget.limits.depth)")
    }
    try budget.spend(1)
  }

  mutating func leave() { depth -= 1 }

  /// A text made by a function, checked against the bounds.
  mutating func text(_ text: String) throws -> GoValue {
    try budget.makeText(bytes: text.utf8.count)
    return .string(text)
  }

  mutating func list(_ values: [GoValue]) throws -> GoValue {
    try budget.makeList(count: values.count)
    return .list(GoList(values))
  }

  mutating func texts(_ texts: [String]) throws -> GoValue {
    try budget.makeList(count: texts.count)
    return .texts(texts)
  }
}

/// The arguments of one call, read as the types that Go's function has.
struct Arguments {
  let name: String
  let values: [GoValue]
  /// A bit for each of the first 64 that is a floating point literal: Go takes `3.0` where an integer is meant, as long as
  /// it is written so.
  var literals: UInt64 = 0

  var count: Int { values.count }

  subscript(index: Int) -> GoValue { values.indices.contains(index) ? values[index] : .absent }

  func from(_ index: Int) -> ArraySlice<GoValue> { values.dropFirst(index) }

  func string(_ index: Int) throws -> String {
    if case .string(let text) = self[index] { return text }
    throw mismatch("string", self[index])
  }

  func int(_ index: Int) throws -> Int {
    if case .int(let number, _) = self[index] { return Int(number) }
    guard case .float(let number) = self[index], index < 64, literals >> UInt64(index) & 1 == 1 else {
      throw mismatch("int", self[index])
    }
    guard let whole = Int(exactly: number) else {
      throw failure("expected integer; found \(GoFloat.shortest(number))")
    }
    return whole
  }

  func bool(_ index: Int) throws -> Bool {
    if case .bool(let flag) = self[index] { return flag }
    throw mismatch("bool", self[index])
  }

  func map(_ index: Int) throws -> GoMap {
    if case .map(let map) = self[index] { return map }
    throw mismatch("map[string]interface {}", self[index])
  }

  /// Any list. Go's functions look into it by reflection, and word the refusal themselves.
  func list(_ index: Int) throws -> GoList {
    if case .list(let list) = self[index] { return list }
    throw failure("cannot \(name) on type \(self[index].kindName): it needs a list (slice)")
  }

  func failure(_ message: String) -> TemplateError { TemplateError(.function(name), "\(name): \(message)") }

  private func mismatch(_ wanted: String, _ value: GoValue) -> TemplateError {
    switch value {
    case .absent: failure("invalid value; expected \(wanted)")
    case .null: failure("wrong type for value; expected \(wanted); got nil")
    default: failure("wrong type for value; expected \(wanted); got \(value.typeName)")
    }
  }
}
