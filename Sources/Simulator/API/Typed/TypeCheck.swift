import Manifest

extension TypeTable {
  /// Checks that a configuration fits its type: declared fields, scalar types, no two items of one key.
  func check(_ node: Node, _ type: TypeID) throws(TypedProblem) {
    var entries: [TypedProblem.Entry] = []
    check(node, type, path: "", into: &entries)
    if !entries.isEmpty { throw TypedProblem(entries: entries) }
  }

  private func check(_ node: Node, _ type: TypeID, path: String, into entries: inout [TypedProblem.Entry]) {
    if node.isNull { return }
    switch types[type] {
    case .scalar(let scalar):
      if let message = Self.mismatch(node, scalar) { entries.append(.init(path: path, message: message)) }
    case .anything: break
    case .list(let list): checkList(node, list, path: path, into: &entries)
    case .map, .structure: checkMembers(node, type, path: path, into: &entries)
    }
  }

  private func checkList(_ node: Node, _ list: ListType, path: String, into entries: inout [TypedProblem.Entry]) {
    guard let items = node.sequence else {
      entries.append(.init(path: path, message: "expected list, got \(Self.reference(node))"))
      return
    }
    var seen: Set<String> = []
    for (index, item) in items.enumerated() {
      guard list.identity != .position else {
        check(item, list.element, path: "\(path)[\(index)]", into: &entries)
        continue
      }
      guard let element = element(of: item, in: list) else {
        entries.append(.init(path: path, message: "element \(index): \(whyNoElement(item, in: list))"))
        return
      }
      let shown = FieldPath.text(CollectionOfOne(element))
      if !seen.insert(element).inserted {
        entries.append(.init(path: path, message: "duplicate entries for key \(shown)"))
      }
      check(item, list.element, path: path + shown, into: &entries)
    }
  }

  private func checkMembers(_ node: Node, _ type: TypeID, path: String, into entries: inout [TypedProblem.Entry]) {
    guard let members = node.mapping else {
      entries.append(.init(path: path, message: "expected map, got \(Self.reference(node))"))
      return
    }
    for member in members {
      guard let memberType = memberType(member.key, of: type) else {
        entries.append(.init(path: "\(path).\(member.key)", message: "field not declared in schema"))
        return
      }
      check(member.value, memberType, path: "\(path).\(member.key)", into: &entries)
    }
  }

  private static func mismatch(_ node: Node, _ scalar: ScalarType) -> String? {
    switch (scalar, node.value) {
    case (.int32, .int), (.int32, .uint), (.int32, .double), (.int64, .int), (.int64, .uint), (.int64, .double),
      (.number, .int), (.number, .uint), (.number, .double), (.boolean, .bool), (.intOrString, _):
      nil
    case (.string, .string), (.time, .string), (.microTime, .string), (.bytes, .string), (.duration, .string): nil
    case (.quantity, .sequence), (.quantity, .mapping): "expected any scalar, got \(Self.reference(node))"
    case (.quantity, _): nil
    case (.int32, _), (.int64, _), (.number, _): "expected numeric (int or float), got \(goType(node))"
    case (.boolean, _): "expected boolean, got \(Self.reference(node))"
    default: "expected string, got &value.valueUnstructured{Value:\(goSyntax(node))}"
    }
  }

  /// As `%v` prints a pointer to a value.
  private static func reference(_ node: Node) -> String { "&{\(shown(node))}" }

  /// The Go type that holds a value, as `%T` prints it.
  static func goType(_ node: Node) -> String {
    switch node.value {
    case .null: "<nil>"
    case .bool: "bool"
    case .int, .uint: "int64"
    case .double: "float64"
    case .string: "string"
    case .sequence: "[]interface {}"
    case .mapping: "map[string]interface {}"
    }
  }

  /// As `%v` prints a value.
  static func shown(_ node: Node) -> String {
    switch node.value {
    case .null: "<nil>"
    case .string(let text): text
    case .sequence(let items): "[" + items.map(shown).joined(separator: " ") + "]"
    case .mapping(let members):
      "map["
        + members.sorted { $0.key < $1.key }.map { "\($0.key):\(shown($0.value))" }.joined(separator: " ") + "]"
    default: JSON.text(node)
    }
  }

  /// As `%#v` prints a value.
  private static func goSyntax(_ node: Node) -> String {
    switch node.value {
    case .null: "interface {}(nil)"
    case .sequence(let items): "[]interface {}{" + items.map(goSyntax).joined(separator: ", ") + "}"
    case .mapping(let members):
      "map[string]interface {}{"
        + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\(goSyntax($0.value))" }.joined(separator: ", ") + "}"
    default: JSON.text(node)
    }
  }
}
