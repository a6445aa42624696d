/// Applies operations to one document, in place.
struct JSONPatchRun {
  struct Problem: Error {
    var code: String
    var message: String
  }

  /// `copy` can double a document with each operation: what copies add, and how deep they nest, is bounded.
  private static let maximumCopiedWeight = 16 << 20
  private static let maximumDepth = 400

  private(set) var document: Node
  private let rules: JSONPatch.Rules
  private var copiedWeight = 0

  init(document: Node, rules: JSONPatch.Rules) {
    self.document = document
    self.rules = rules
  }

  mutating func apply(_ operation: JSONPatch.Operation) throws(Problem) {
    switch operation.action {
    case .add(let value): try add(value, at: operation.path)
    case .remove: _ = try remove(at: operation.path)
    case .replace(let value): try replace(with: value, at: operation.path)
    case .move(let from): try move(from: from, to: operation.path)
    case .copy(let from): try copy(from: from, to: operation.path)
    case .test(let value): try test(value, at: operation.path)
    }
  }

  // MARK: - Operations

  private mutating func add(_ value: Node, at path: JSONPointer) throws(Problem) {
    try checkDepth(of: value, at: path)
    guard let last = path.tokens.last else {
      guard rules == .rfc6902 else { throw Self.root }
      document = value
      return
    }
    let rules = rules
    try edit(parentOf: path) { (parent) throws(Problem) in
      switch parent.kind {
      case .mapping: parent.setMember(last, value)
      case .sequence(let count):
        let index = last == "-" ? count : try Self.index(last, upTo: count, count: count + 1, rules)
        parent.insert(value, at: index)
      case .scalar: throw Self.scalarParent
      }
    }
  }

  private mutating func remove(at path: JSONPointer) throws(Problem) -> Node {
    guard let last = path.tokens.last else { throw Self.root }
    let rules = rules
    var removed = Node.null
    try edit(parentOf: path) { (parent) throws(Problem) in
      switch parent.kind {
      case .mapping:
        guard let value = parent[last] else { throw Self.missing }
        removed = value
        parent.setMember(last, nil)
      case .sequence(let count):
        removed = parent.removeElement(at: try Self.index(last, upTo: count - 1, count: count, rules))
      case .scalar: throw Self.scalarParent
      }
    }
    return removed
  }

  private mutating func replace(with value: Node, at path: JSONPointer) throws(Problem) {
    try checkDepth(of: value, at: path)
    guard let last = path.tokens.last else {
      guard rules == .rfc6902 else { throw Self.root }
      document = value
      return
    }
    let rules = rules
    try edit(parentOf: path) { (parent) throws(Problem) in
      switch parent.kind {
      case .mapping:
        guard rules == .kubernetes || parent[last] != nil else { throw Self.missing }
        parent.setMember(last, value)
      case .sequence(let count):
        parent.setElement(at: try Self.index(last, upTo: count - 1, count: count, rules), value)
      case .scalar: throw Self.scalarParent
      }
    }
  }

  private mutating func move(from: JSONPointer, to path: JSONPointer) throws(Problem) {
    if from.tokens.count < path.tokens.count, path.tokens.starts(with: from.tokens) {
      throw Problem(code: "into-itself", message: "'\(from)' cannot move into itself")
    }
    try add(try remove(at: from), at: path)
  }

  private mutating func copy(from: JSONPointer, to path: JSONPointer) throws(Problem) {
    let value: Node
    if let found = try find(from) {
      value = found
    } else if rules == .kubernetes, try parentIsMapping(of: from) {
      value = .null
    } else {
      throw Problem(code: "missing", message: "nothing is at '\(from)' to copy")
    }
    copiedWeight += Self.weight(of: value, budget: Self.maximumCopiedWeight - copiedWeight)
    guard copiedWeight < Self.maximumCopiedWeight else {
      throw Problem(code: "too-large", message: "the patch copies more than \(Self.maximumCopiedWeight) bytes")
    }
    try add(value, at: path)
  }

  private func test(_ expected: Node, at path: JSONPointer) throws(Problem) {
    let found = try find(path)
    if found == nil, rules == .kubernetes, expected.isNull, try parentIsMapping(of: path) { return }
    guard let found else { throw Self.missing }
    guard JSONEquality.areEqual(found, expected) else {
      throw Problem(code: "test", message: "the value there is not the one that the patch tests for")
    }
  }

  // MARK: - Paths

  private static let missing = Problem(code: "missing", message: "nothing is there")
  private static let root = Problem(code: "root", message: "the whole document cannot be the target")
  private static let scalarParent = Problem(
    code: "parent", message: "what stands above it is neither a mapping nor a sequence")

  private func find(_ path: JSONPointer) throws(Problem) -> Node? {
    var node = document
    for (position, token) in path.tokens.enumerated() {
      switch node.value {
      case .mapping(let mapping):
        guard let next = mapping[token] else {
          if position == path.tokens.count - 1 { return nil }
          throw missingParent(path, position)
        }
        node = next
      case .sequence(let nodes):
        node = nodes[try Self.index(token, upTo: nodes.count - 1, count: nodes.count, rules)]
      default: throw missingParent(path, position)
      }
    }
    return node
  }

  private func parentIsMapping(of path: JSONPointer) throws(Problem) -> Bool {
    try find(JSONPointer(tokens: path.tokens.dropLast()))?.mapping != nil
  }

  private func missingParent(_ path: JSONPointer, _ position: Int) -> Problem {
    Problem(
      code: "missing", message: "nothing is at '\(JSONPointer(tokens: Array(path.tokens.prefix(position + 1))))'")
  }

  /// Walks to the parent and edits it in place, without copying what is on the way.
  private mutating func edit(
    parentOf path: JSONPointer, _ body: (inout Node) throws(Problem) -> Void
  ) throws(Problem) {
    // Looked for first, so that no half-taken-apart document is left behind.
    _ = try find(JSONPointer(tokens: path.tokens.dropLast())).orThrow(Self.missing)
    try Self.edit(&document, path.tokens.dropLast(), rules, body)
  }

  /// Recursion ends with the tokens, which are no more than the document is deep.
  private static func edit(
    _ node: inout Node, _ tokens: ArraySlice<String>, _ rules: JSONPatch.Rules,
    _ body: (inout Node) throws(Problem) -> Void
  ) throws(Problem) {
    guard let token = tokens.first else { return try body(&node) }
    switch node.kind {
    case .mapping:
      guard var child = node.takeMember(token) else { throw missing }
      defer { node.setMember(token, child) }
      try edit(&child, tokens.dropFirst(), rules, body)
    case .sequence(let count):
      let index = try index(token, upTo: count - 1, count: count, rules)
      var child = node.takeElement(at: index)
      defer { node.setElement(at: index, child) }
      try edit(&child, tokens.dropFirst(), rules, body)
    case .scalar: throw scalarParent
    }
  }

  /// - Parameter count: what negative indices are counted from.
  private static func index(
    _ token: String, upTo last: Int, count: Int, _ rules: JSONPatch.Rules
  ) throws(Problem) -> Int {
    let number: Int?
    switch rules {
    case .rfc6902: number = JSONPointer.index(token)
    case .kubernetes: number = Int(token).map { $0 < 0 && $0 >= -count ? $0 + count : $0 }
    }
    guard let number else { throw Problem(code: "index", message: "'\(token)' is no index of a sequence") }
    guard number >= 0, number <= last else {
      throw Problem(code: "index", message: "index \(token) is beyond the sequence's \(last + 1) places")
    }
    return number
  }

  // MARK: - Bounds

  private func checkDepth(of value: Node, at path: JSONPointer) throws(Problem) {
    guard Self.isShallow(value, Self.maximumDepth - path.tokens.count) else {
      throw Problem(code: "too-large", message: "the result nests deeper than \(Self.maximumDepth) levels")
    }
  }

  private static func isShallow(_ node: Node, _ levels: Int) -> Bool {
    guard levels > 0 else { return false }
    switch node.value {
    case .sequence(let nodes): return nodes.allSatisfy { isShallow($0, levels - 1) }
    case .mapping(let mapping): return mapping.allSatisfy { isShallow($0.value, levels - 1) }
    default: return true
    }
  }

  /// About the bytes it takes when written; stops counting at `budget`.
  private static func weight(of node: Node, budget: Int) -> Int {
    var weight = 8
    switch node.value {
    case .string(let text): weight += text.utf8.count
    case .sequence(let nodes):
      for node in nodes where weight < budget { weight += Self.weight(of: node, budget: budget - weight) }
    case .mapping(let mapping):
      for member in mapping where weight < budget {
        weight += member.key.utf8.count + Self.weight(of: member.value, budget: budget - weight)
      }
    default: break
    }
    return weight
  }
}

extension Optional {
  fileprivate func orThrow<Problem: Error>(_ problem: Problem) throws(Problem) -> Wrapped {
    guard let self else { throw problem }
    return self
  }
}

// MARK: - In-place edits of a node that is known to be a mapping or a sequence

extension Node {
  fileprivate enum Kind {
    case mapping
    case sequence(count: Int)
    case scalar
  }

  fileprivate var kind: Kind {
    switch value {
    case .mapping: .mapping
    case .sequence(let nodes): .sequence(count: nodes.count)
    default: .scalar
    }
  }

  fileprivate mutating func withMapping<Result>(_ body: (inout Mapping) -> Result) -> Result? {
    guard case .mapping(var mapping) = value else { return nil }
    value = .null
    defer { value = .mapping(mapping) }
    return body(&mapping)
  }

  fileprivate mutating func withSequence<Result>(_ body: (inout [Node]) -> Result) -> Result? {
    guard case .sequence(var nodes) = value else { return nil }
    value = .null
    defer { value = .sequence(nodes) }
    return body(&nodes)
  }

  fileprivate mutating func setMember(_ key: String, _ child: Node?) { withMapping { $0[key] = child } }

  /// Leaves a null in its place.
  fileprivate mutating func takeMember(_ key: String) -> Node? {
    withMapping { mapping in
      let child = mapping[key]
      if child != nil { mapping[key] = Node.null }
      return child
    }.flatMap { $0 }
  }

  fileprivate mutating func insert(_ child: Node, at index: Int) { withSequence { $0.insert(child, at: index) } }

  fileprivate mutating func setElement(at index: Int, _ child: Node) { withSequence { $0[index] = child } }

  fileprivate mutating func removeElement(at index: Int) -> Node { withSequence { $0.remove(at: index) } ?? .null }

  /// Leaves a null in its place.
  fileprivate mutating func takeElement(at index: Int) -> Node {
    withSequence { nodes in
      let child = nodes[index]
      nodes[index] = .null
      return child
    } ?? .null
  }
}
