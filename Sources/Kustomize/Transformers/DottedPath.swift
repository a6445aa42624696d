import Manifest

/// A path of replacements and vars: `spec.containers.[name=app].image`, `data.a\.b`, `rules.0.host`, `hosts.*`.
struct DottedPath {
  struct Problem: Error {
    var message: String
  }

  /// What a created field is.
  enum Kind {
    case scalar, sequence, mapping

    init(_ node: Node) {
      switch node.value {
      case .mapping: self = .mapping
      case .sequence: self = .sequence
      default: self = .scalar
      }
    }

    var emptyNode: Node {
      switch self {
      case .scalar: .string("")
      case .sequence: .sequence([])
      case .mapping: .mapping(Mapping())
      }
    }
  }

  let parts: [String]

  init(_ text: String) { parts = Self.split(text) }

  /// Splits at dots; a part in brackets may hold dots, and loses the brackets unless it selects by a value.
  private static func split(_ text: String) -> [String] {
    let split = FieldPath.split(text, by: ".")
    var result: [String] = []
    var position = 0
    while position < split.count {
      var part = split[position]
      position += 1
      guard part.hasPrefix("["), !part.hasSuffix("]") else {
        result.append(part)
        continue
      }
      while position < split.count {
        part += "." + split[position]
        position += 1
        if part.hasSuffix("]") { break }
      }
      let isKey = !part.contains("=")
      result.append(isKey ? part.trimmingBrackets : part)
    }
    return result
  }

  fileprivate static func isSelector(_ part: String) -> Bool { part.hasPrefix("[") && part.hasSuffix("]") }

  fileprivate static func isIndex(_ part: String) -> Bool { Int(part).map { $0 >= 0 } ?? false }

  /// `[name=value]` as name and value; an empty name means elements that are scalars.
  fileprivate static func selector(_ part: String) throws(Problem) -> (key: String, value: String) {
    let inner = part.dropFirst().dropLast()
    guard let equals = inner.firstIndex(of: "=") else {
      throw Problem(message: "'\(part)' must be of the form [field=value]")
    }
    return (String(inner[..<equals]), String(inner[inner.index(after: equals)...]))
  }

  // MARK: Reading

  /// The node at the path; nil where there is none. Selectors match exactly, `-` is the last element.
  func lookUp(in root: Node, problem: (String) -> Diagnostic) throws(Diagnostic) -> Node? {
    var node = root
    for part in parts.map(\.trimmingSpace) where !part.isEmpty {
      guard let next = try step(part, node, problem) else { return nil }
      node = next
    }
    return node
  }

  private func step(_ part: String, _ node: Node, _ problem: (String) -> Diagnostic) throws(Diagnostic) -> Node? {
    if part == "*" { throw problem("'*' is not allowed in a source path") }
    if part == "-" || Int(part) != nil || Self.isSelector(part) {
      if node.isNull { return nil }
      guard let nodes = node.sequence else {
        throw problem("'\(part)' needs a list, there is a \(node.value.kindName)")
      }
      if part == "-" { return nodes.last }
      if let index = Int(part) {
        if index < 0 { throw problem("index \(index) is negative") }
        return nodes.indices.contains(index) ? nodes[index] : nil
      }
      do {
        let (key, value) = try Self.selector(part)
        return nodes.first { (key.isEmpty ? $0 : $0[key])?.scalarText == value }
      } catch {
        throw problem(error.message)
      }
    }
    switch node.value {
    case .mapping(let mapping): return mapping[part]
    case .null: return nil
    default: throw problem("'\(part)' needs a mapping, there is a \(node.value.kindName)")
    }
  }

  // MARK: Writing

  /// Calls `body` with every node that the path reaches, and whether it was created. Selectors are regular expressions.
  /// - Returns: how many there were.
  func edit(
    _ root: inout Node, creating kind: Kind?, _ body: @escaping (inout Node, Bool) throws(Problem) -> Void
  ) throws(Problem) -> Int {
    try PathEditor(kind: kind, body: body).edit(&root, parts[...], isNew: false)
  }
}

/// Walks a path and changes what it reaches.
private struct PathEditor {
  let kind: DottedPath.Kind?
  let body: (inout Node, Bool) throws(DottedPath.Problem) -> Void

  func edit(_ node: inout Node, _ parts: ArraySlice<String>, isNew: Bool) throws(DottedPath.Problem) -> Int {
    guard let part = parts.first else {
      try body(&node, isNew)
      return 1
    }
    let rest = parts.dropFirst()
    if DottedPath.isIndex(part) { return try editIndex(&node, Int(part) ?? 0, rest) }
    if DottedPath.isSelector(part) { return try editSelected(&node, part, rest) }
    if part == "*" { return try editEvery(&node, rest) }
    return try editField(&node, part, rest)
  }

  /// What is created at a place that `next` goes on from.
  private func created(before next: String?) -> Node {
    guard let next, !next.isEmpty else { return (kind ?? .scalar).emptyNode }
    return DottedPath.isSelector(next) || DottedPath.isIndex(next) ? .sequence([]) : .mapping(Mapping())
  }

  private func elements(_ node: Node, _ what: String) throws(DottedPath.Problem) -> [Node] {
    guard let nodes = node.sequence else {
      throw DottedPath.Problem(message: "'\(what)' needs a list, there is a \(node.value.kindName)")
    }
    return nodes
  }

  private func editField(
    _ node: inout Node, _ part: String, _ rest: ArraySlice<String>
  ) throws(DottedPath.Problem) -> Int {
    switch node.value {
    case .null: return 0
    case .mapping(let mapping):
      var isNew = false
      var child: Node
      if let old = mapping[part] {
        child = old
      } else if kind != nil {
        child = created(before: rest.first)
        isNew = true
      } else {
        return 0
      }
      let count = try edit(&child, rest, isNew: isNew)
      node[part] = child
      return count
    default: throw DottedPath.Problem(message: "'\(part)' needs a mapping, there is a \(node.value.kindName)")
    }
  }

  private func editIndex(
    _ node: inout Node, _ index: Int, _ rest: ArraySlice<String>
  ) throws(DottedPath.Problem) -> Int {
    var nodes = try elements(node, String(index))
    let isNew = index == nodes.count && kind != nil
    if isNew { nodes.append(created(before: rest.first)) }
    guard index < nodes.count else {
      throw DottedPath.Problem(message: "index \(index) is out of range, the list has \(nodes.count) elements")
    }
    let count = try edit(&nodes[index], rest, isNew: isNew)
    node.value = .sequence(nodes)
    return count
  }

  private func editEvery(_ node: inout Node, _ rest: ArraySlice<String>) throws(DottedPath.Problem) -> Int {
    var nodes = try elements(node, "*")
    var count = 0
    for position in nodes.indices { count += try edit(&nodes[position], rest, isNew: false) }
    node.value = .sequence(nodes)
    return count
  }

  private func editSelected(
    _ node: inout Node, _ part: String, _ rest: ArraySlice<String>
  ) throws(DottedPath.Problem) -> Int {
    let (key, text) = try DottedPath.selector(part)
    var nodes = try elements(node, part)
    let pattern: Pattern
    do {
      pattern = try Pattern(text)
    } catch {
      throw DottedPath.Problem(message: "'\(text)' is no regular expression: \(error.message)")
    }
    func visit() throws(DottedPath.Problem) -> Int {
      var count = 0
      for position in nodes.indices {
        let field = key.isEmpty ? nodes[position] : nodes[position][key]
        guard let found = field?.scalarText, pattern.matches(found) else { continue }
        count += try edit(&nodes[position], rest, isNew: false)
      }
      return count
    }
    var count = try visit()
    if count == 0 && kind != nil {
      let value = Node.untyped(text)
      nodes.append(key.isEmpty ? value : .mapping([key: value]))
      count = try visit()
    }
    node.value = .sequence(nodes)
    return count
  }
}

extension String {
  fileprivate var trimmingBrackets: String {
    String(drop { $0 == "[" || $0 == "]" }.reversed().drop { $0 == "[" || $0 == "]" }.reversed())
  }
}
