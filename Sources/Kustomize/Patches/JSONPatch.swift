import Manifest

/// A JSON patch as kustomize's library applies it: RFC 6902 with its leniencies.
///
/// `replace` of a missing key adds it, `copy` of a missing source writes null, `test` of a missing path equals null, a
/// missing value is null, negative indexes count from the end, and what stands before the first `/` is not read.
struct JSONPatch: Sendable {
  struct Operation: Sendable {
    enum Kind: String, Sendable { case add, remove, replace, move, copy, test }

    var kind: Kind
    var path: String
    var from: String
    var value: Node
    var mark: SourceMark
  }

  /// Why a patch cannot be read or applied, and where in the patch.
  struct Problem: Error {
    var message: String
    var mark: SourceMark
  }

  let operations: [Operation]

  /// Whether it copies or moves all annotations of a resource.
  var copiesAnnotations: Bool { operations.contains { ["/metadata", "/metadata/annotations"].contains($0.from) } }

  /// - Throws: ``Problem`` when `node` is no list of operations.
  init(_ node: Node) throws(Problem) {
    guard case .sequence(let nodes) = node.value else {
      throw Problem(message: "a JSON patch must be a list of operations", mark: node.mark)
    }
    var operations: [Operation] = []
    for node in nodes { operations.append(try Self.operation(node)) }
    self.operations = operations
  }

  private static func operation(_ node: Node) throws(Problem) -> Operation {
    guard let mapping = node.mapping else {
      throw Problem(message: "an operation must be a mapping, not a \(node.value.kindName)", mark: node.mark)
    }
    let name = mapping["op"]?.string ?? ""
    guard let kind = Operation.Kind(rawValue: name) else {
      let nearest = NearestName.of(name, among: ["add", "remove", "replace", "move", "copy", "test"])
      let hint = nearest.map { ", did you mean '\($0)'?" } ?? ""
      throw Problem(message: "unknown operation '\(name)'\(hint)", mark: mapping["op"]?.mark ?? node.mark)
    }
    guard let path = mapping["path"]?.string else {
      throw Problem(message: "operation '\(name)' has no 'path'", mark: node.mark)
    }
    let from = mapping["from"]?.string
    if from == nil && (kind == .move || kind == .copy) {
      throw Problem(message: "operation '\(name)' has no 'from'", mark: node.mark)
    }
    return Operation(
      kind: kind, path: path, from: from ?? "", value: (mapping["value"] ?? .null).fromJSON, mark: node.mark)
  }

  /// - Throws: ``Problem`` with the operation that fails.
  func apply(to root: inout Node) throws(Problem) {
    for operation in operations { try apply(operation, to: &root) }
  }

  private func apply(_ operation: Operation, to root: inout Node) throws(Problem) {
    let path = try Pointer(operation.path, operation)
    switch operation.kind {
    case .add: try path.add(operation.value, to: &root)
    case .remove: try path.remove(from: &root)
    case .replace: try path.replace(by: operation.value, in: &root)
    case .test: try test(path, operation, in: root)
    case .move:
      let from = try Pointer(operation.from, operation)
      let value = try from.value(in: root)
      try from.remove(from: &root)
      try path.add(value ?? .null, to: &root)
    case .copy:
      let from = try Pointer(operation.from, operation)
      try path.add(try from.value(in: root) ?? .null, to: &root)
    }
  }

  private func test(_ path: Pointer, _ operation: Operation, in root: Node) throws(Problem) {
    let found = try path.value(in: root) ?? .null
    if Self.equal(found.value, operation.value.value) { return }
    throw Problem(message: "test failed: the value at '\(operation.path)' is another", mark: operation.mark)
  }

  /// Equal as JSON: 1 is 1.0.
  static func equal(_ a: Value, _ b: Value) -> Bool {
    switch (a, b) {
    case (.sequence(let a), .sequence(let b)):
      return a.count == b.count && zip(a, b).allSatisfy { equal($0.value, $1.value) }
    case (.mapping(let a), .mapping(let b)):
      return a.count == b.count
        && a.allSatisfy { member in b[member.key].map { equal(member.value.value, $0.value) } ?? false }
    default:
      if let a = a.number, let b = b.number { return a == b }
      return a == b
    }
  }
}

/// A path of a JSON patch, read with kustomize's leniencies.
private struct Pointer {
  let keys: [String]
  let text: String
  let mark: SourceMark

  init(_ text: String, _ operation: JSONPatch.Operation) throws(JSONPatch.Problem) {
    self.text = text
    mark = operation.mark
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count > 1 else {
      throw JSONPatch.Problem(
        message: "path '\(text)' names the whole resource; it must begin with '/'", mark: operation.mark)
    }
    keys = parts.dropFirst().map { part in
      part.contains("~")
        ? Self.replace("~0", by: "~", in: Self.replace("~1", by: "/", in: String(part))) : String(part)
    }
  }

  private static func replace(_ pattern: String, by text: String, in source: String) -> String {
    var result = ""
    var rest = Substring(source)
    while let range = rest.firstRange(of: pattern) {
      result += rest[..<range.lowerBound] + text
      rest = rest[range.upperBound...]
    }
    return result + rest
  }

  private func problem(_ message: String) -> JSONPatch.Problem {
    JSONPatch.Problem(message: "\(message) at path '\(text)'", mark: mark)
  }

  /// Nil where a key is missing; an index must be there.
  func value(in root: Node) throws(JSONPatch.Problem) -> Node? {
    var node = root
    for key in keys {
      switch node.value {
      case .mapping(let mapping):
        guard let next = mapping[key] else { return nil }
        node = next
      case .sequence(let nodes): node = nodes[try index(key, count: nodes.count)]
      default: return nil
      }
    }
    return node
  }

  private func index(_ key: String, count: Int) throws(JSONPatch.Problem) -> Int {
    guard let number = Int(key) else { throw problem("'\(key)' is no index of a list") }
    let index = number < 0 ? number &+ count : number
    guard index >= 0 && index < count else {
      throw problem("index \(key) is out of range, the list has \(count) elements")
    }
    return index
  }

  func add(_ value: Node, to root: inout Node) throws(JSONPatch.Problem) {
    try editParent(of: &root) { (parent: inout Node, key) throws(JSONPatch.Problem) in
      switch parent.value {
      case .mapping: parent[key] = value
      case .sequence(var nodes):
        if key == "-" {
          nodes.append(value)
        } else {
          guard let number = Int(key) else { throw problem("'\(key)' is no index of a list") }
          let index = number < 0 ? number &+ nodes.count &+ 1 : number
          guard index >= 0 && index <= nodes.count else {
            throw problem("index \(key) is out of range, the list has \(nodes.count) elements")
          }
          nodes.insert(value, at: index)
        }
        parent.value = .sequence(nodes)
      default: throw problem("cannot add below a \(parent.value.kindName)")
      }
    }
  }

  func replace(by value: Node, in root: inout Node) throws(JSONPatch.Problem) {
    try editParent(of: &root) { (parent: inout Node, key) throws(JSONPatch.Problem) in
      switch parent.value {
      case .mapping: parent[key] = value
      case .sequence(var nodes):
        nodes[try index(key, count: nodes.count)] = value
        parent.value = .sequence(nodes)
      default: throw problem("cannot replace below a \(parent.value.kindName)")
      }
    }
  }

  func remove(from root: inout Node) throws(JSONPatch.Problem) {
    try editParent(of: &root) { (parent: inout Node, key) throws(JSONPatch.Problem) in
      switch parent.value {
      case .mapping(let mapping):
        guard mapping[key] != nil else {
          let nearest = NearestName.of(key, among: mapping.keys)
          throw problem("nothing to remove" + (nearest.map { ", did you mean '\($0)'?" } ?? ""))
        }
        parent[key] = nil
      case .sequence(var nodes):
        nodes.remove(at: try index(key, count: nodes.count))
        parent.value = .sequence(nodes)
      default: throw problem("cannot remove below a \(parent.value.kindName)")
      }
    }
  }

  private func editParent(
    of root: inout Node, _ body: (inout Node, String) throws(JSONPatch.Problem) -> Void
  ) throws(JSONPatch.Problem) {
    try descend(keys[...], &root, body)
  }

  private func descend(
    _ keys: ArraySlice<String>, _ node: inout Node,
    _ body: (inout Node, String) throws(JSONPatch.Problem) -> Void
  ) throws(JSONPatch.Problem) {
    guard let key = keys.first else { return }
    if keys.count == 1 { return try body(&node, key) }
    switch node.value {
    case .mapping(let mapping):
      guard var child = mapping[key] else { throw missing(key, in: mapping) }
      try descend(keys.dropFirst(), &child, body)
      node[key] = child
    case .sequence(var nodes):
      let position = try index(key, count: nodes.count)
      try descend(keys.dropFirst(), &nodes[position], body)
      node.value = .sequence(nodes)
    default: throw problem("'\(key)' does not exist: there is a \(node.value.kindName) above it")
    }
  }

  private func missing(_ key: String, in mapping: Mapping) -> JSONPatch.Problem {
    let nearest = NearestName.of(key, among: mapping.keys)
    return problem("'\(key)' does not exist" + (nearest.map { ", did you mean '\($0)'?" } ?? ""))
  }
}

extension Value {
  fileprivate var number: Double? {
    switch self {
    case .int(let number): Double(number)
    case .uint(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }
}
