package import Manifest

/// Kubernetes' JSONPath (`client-go/util/jsonpath`), as far as it chooses one value: `{$.a.b[0]}`, `{.a['b.c']}`,
/// `{.items[*].x}`, `{..x}`, `{.items[?(@.name=="a")].x}`, `{.items[0:2]}`.
package struct JSONPath: Sendable {
  package struct Problem: Error, Sendable, Equatable {
    package var message: String
    init(_ message: String) { self.message = message }
  }

  private indirect enum Step: Sendable {
    case field(String)
    case wildcard
    /// Everything below, at any depth.
    case descend
    case index(Int)
    case slice(from: Int?, to: Int?, by: Int)
    case union([Step])
    case filter(Operand, Comparison?, Operand?)
  }

  private enum Operand: Sendable {
    case path([Step])
    case literal(Value)
  }

  private enum Comparison: String, CaseIterable, Sendable {
    case atLeast = ">="
    case atMost = "<="
    case equal = "=="
    case unequal = "!="
    case more = ">"
    case less = "<"
  }

  /// Values that are looked at in one evaluation.
  private static let maximumVisits = 1_000_000
  private static let maximumBytes = 4096

  private let paths: [[Step]]

  /// - Throws: ``Problem`` for what is no path in braces.
  package init(_ text: String) throws(Problem) {
    guard text.utf8.count <= Self.maximumBytes else { throw Problem("a path has at most \(Self.maximumBytes) bytes") }
    var reader = PathReader(text)
    paths = try reader.template()
  }

  /// The first value that the path leads to.
  /// - Throws: ``Problem`` where there is none.
  package func first(in root: Node) throws(Problem) -> Node {
    var visits = 0
    for path in paths {
      if let found = try Self.evaluate(path[...], on: [root], &visits).first { return found }
    }
    throw Problem("result of web metric produced no value")
  }

  // MARK: Evaluation

  private static func evaluate(_ steps: ArraySlice<Step>, on nodes: [Node], _ visits: inout Int) throws(Problem)
    -> [Node]
  {
    var nodes = nodes
    var steps = steps
    while let step = steps.popFirst() {
      var found: [Node] = []
      for node in nodes { found += try apply(step, to: node, &visits) }
      // Below everything, a field need not be everywhere.
      if case .descend = step, case .field(let name)? = steps.first {
        steps = steps.dropFirst()
        found = found.compactMap { $0[name] }
      }
      nodes = found
    }
    return nodes
  }

  private static func apply(_ step: Step, to node: Node, _ visits: inout Int) throws(Problem) -> [Node] {
    visits += 1
    guard visits <= maximumVisits else { throw Problem("the path leads to more than \(maximumVisits) values") }
    switch step {
    case .field(let name):
      guard let value = node[name] else { throw Problem("\(Visible.text(name)) is not found") }
      return [value]
    case .wildcard: return children(of: node)
    case .descend:
      var all: [Node] = []
      var open = [node]
      while let next = open.popLast() {
        visits += 1
        guard visits <= maximumVisits else { throw Problem("the path leads to more than \(maximumVisits) values") }
        all.append(next)
        open += children(of: next).reversed()
      }
      return all
    case .index(let index):
      let items = try list(node)
      let position = index < 0 ? items.count + index : index
      guard items.indices.contains(position) else {
        throw Problem("array index out of bounds: index \(index), length \(items.count)")
      }
      return [items[position]]
    case .slice(let from, let to, let by): return sliced(try list(node), from, to, by)
    case .union(let parts):
      var found: [Node] = []
      for part in parts { found += try apply(part, to: node, &visits) }
      return found
    case .filter(let left, let comparison, let right):
      var found: [Node] = []
      for child in children(of: node) where try holds(child, left, comparison, right, &visits) { found.append(child) }
      return found
    }
  }

  private static func children(of node: Node) -> [Node] {
    node.sequence ?? node.mapping?.members.map(\.value) ?? []
  }

  private static func list(_ node: Node) throws(Problem) -> [Node] {
    guard let items = node.sequence else { throw Problem("a \(node.value.kindName) is no array") }
    return items
  }

  private static func sliced(_ items: [Node], _ from: Int?, _ to: Int?, _ by: Int) -> [Node] {
    func place(_ bound: Int) -> Int { max(0, min(bound < 0 ? items.count + bound : bound, items.count)) }
    let lower = place(from ?? 0)
    let upper = place(to ?? items.count)
    return lower < upper ? stride(from: lower, to: upper, by: by).map { items[$0] } : []
  }

  private static func holds(
    _ node: Node, _ left: Operand, _ comparison: Comparison?, _ right: Operand?, _ visits: inout Int
  ) throws(Problem) -> Bool {
    guard let a = try value(of: left, in: node, &visits) else { return false }
    guard let comparison, let right else { return true }
    guard let b = try value(of: right, in: node, &visits) else { return false }
    switch comparison {
    case .equal: return order(a, b) == 0
    case .unequal: return order(a, b) != 0
    case .less: return order(a, b).map { $0 < 0 } ?? false
    case .more: return order(a, b).map { $0 > 0 } ?? false
    case .atMost: return order(a, b).map { $0 <= 0 } ?? false
    case .atLeast: return order(a, b).map { $0 >= 0 } ?? false
    }
  }

  private static func value(of operand: Operand, in node: Node, _ visits: inout Int) throws(Problem) -> Value? {
    switch operand {
    case .literal(let value): return value
    case .path(let steps):
      do throws(Problem) {
        return try evaluate(steps[...], on: [node], &visits).first?.value
      } catch {
        if visits > maximumVisits { throw error }
        return nil
      }
    }
  }

  /// Nil for values that have no order among them.
  private static func order(_ a: Value, _ b: Value) -> Int? {
    if let x = number(a), let y = number(b) { return x < y ? -1 : x > y ? 1 : x == y ? 0 : nil }
    switch (a, b) {
    case (.string(let x), .string(let y)):
      if x.utf8.elementsEqual(y.utf8) { return 0 }
      return x.utf8.lexicographicallyPrecedes(y.utf8) ? -1 : 1
    case (.bool(let x), .bool(let y)): return x == y ? 0 : nil
    default: return nil
    }
  }

  private static func number(_ value: Value) -> Double? {
    switch value {
    case .int(let number): Double(number)
    case .uint(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }

  // MARK: Reading

  private struct PathReader {
    private let text: [Unicode.Scalar]
    private var position = 0

    init(_ text: String) { self.text = Array(text.unicodeScalars) }

    private var current: Unicode.Scalar? { position < text.count ? text[position] : nil }

    private mutating func accept(_ scalar: Unicode.Scalar) -> Bool {
      guard current == scalar else { return false }
      position += 1
      return true
    }

    private mutating func skipSpaces() { while current == " " { position += 1 } }

    mutating func template() throws(Problem) -> [[Step]] {
      var paths: [[Step]] = []
      while position < text.count {
        guard accept("{") else { throw Problem("a path stands in braces, such as {$.data.value}") }
        skipSpaces()
        paths.append(try steps(until: "}"))
        guard accept("}") else { throw Problem("a brace is not closed") }
      }
      guard !paths.isEmpty else { throw Problem("a path stands in braces, such as {$.data.value}") }
      return paths
    }

    private mutating func steps(until end: Unicode.Scalar) throws(Problem) -> [Step] {
      var steps: [Step] = []
      if current == "$" || current == "@" { position += 1 }
      while let scalar = current, scalar != end {
        switch scalar {
        case " ": skipSpaces()
        case ".":
          position += 1
          if accept(".") { steps.append(.descend) }
          if accept("*") {
            steps.append(.wildcard)
          } else if current == end, steps.isEmpty {
            // `{.}` is the whole.
          } else if current != "[" {
            steps.append(.field(try name()))
          }
        case "[": steps.append(try bracket())
        default:
          if end == ")" { return steps }
          throw Problem("unexpected '\(scalar)' in a path")
        }
      }
      return steps
    }

    private mutating func name() throws(Problem) -> String {
      var name = String.UnicodeScalarView()
      while let scalar = current, !".[]{}() =<>!".unicodeScalars.contains(scalar) {
        position += 1
        if scalar == "\\", let escaped = current {
          name.append(escaped)
          position += 1
        } else {
          name.append(scalar)
        }
      }
      guard !name.isEmpty else { throw Problem("a name is missing in a path") }
      return String(name)
    }

    private mutating func bracket() throws(Problem) -> Step {
      position += 1
      if accept("?") {
        guard accept("(") else { throw Problem("a filter is written [?(...)]") }
        return try filter()
      }
      var parts: [Step] = []
      repeat {
        skipSpaces()
        parts.append(try element())
        skipSpaces()
      } while accept(",")
      guard accept("]") else { throw Problem("a bracket is not closed") }
      return parts.count == 1 ? parts[0] : .union(parts)
    }

    private mutating func element() throws(Problem) -> Step {
      if accept("*") { return .wildcard }
      if current == "'" || current == "\"" { return .field(try quoted()) }
      let from = integer()
      guard accept(":") else {
        guard let from else { throw Problem("a number, a name in quotes or * belongs in brackets") }
        return .index(from)
      }
      let to = integer()
      let by = accept(":") ? integer() ?? 1 : 1
      guard by > 0 else { throw Problem("a step goes forward") }
      return .slice(from: from, to: to, by: by)
    }

    private mutating func integer() -> Int? {
      var digits = ""
      if accept("-") { digits = "-" }
      while let scalar = current, ("0"..."9").contains(scalar), digits.utf8.count < 10 {
        digits.unicodeScalars.append(scalar)
        position += 1
      }
      return Int(digits)
    }

    private mutating func quoted() throws(Problem) -> String {
      let quote = current
      position += 1
      var value = String.UnicodeScalarView()
      while let scalar = current, scalar != quote {
        position += 1
        if scalar == "\\", let escaped = current {
          value.append(escaped)
          position += 1
        } else {
          value.append(scalar)
        }
      }
      guard current != nil else { throw Problem("a quote is not closed") }
      position += 1
      return String(value)
    }

    private mutating func filter() throws(Problem) -> Step {
      skipSpaces()
      let left = try operand()
      skipSpaces()
      var comparison: Comparison?
      for candidate in Comparison.allCases where comparison == nil {
        let scalars = Array(candidate.rawValue.unicodeScalars)
        if text[position...].starts(with: scalars) {
          position += scalars.count
          comparison = candidate
        }
      }
      skipSpaces()
      let right = comparison == nil ? nil : try operand()
      skipSpaces()
      guard accept(")"), accept("]") else { throw Problem("a filter is written [?(@.name==\"value\")]") }
      return .filter(left, comparison, right)
    }

    private mutating func operand() throws(Problem) -> Operand {
      switch current {
      case "@", "$", ".": return .path(try steps(until: ")"))
      case "'", "\"": return .literal(.string(try quoted()))
      default:
        let start = position
        while let scalar = current, !" )=<>!".unicodeScalars.contains(scalar) { position += 1 }
        var word = String.UnicodeScalarView()
        word.append(contentsOf: text[start..<position])
        switch String(word) {
        case "true": return .literal(.bool(true))
        case "false": return .literal(.bool(false))
        case let text:
          guard let number = Double(text) else { throw Problem("unexpected '\(Visible.text(text))' in a filter") }
          return .literal(.double(number))
        }
      }
    }
  }
}
