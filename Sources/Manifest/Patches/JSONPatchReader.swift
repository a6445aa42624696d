extension JSONPatch {
  /// Reads a patch document: a sequence of operations.
  /// - Throws: ``Diagnostics`` with every problem: `json-patch.type`, `.operation`, `.missing-field`, `.path`,
  ///   `.too-many`.
  package init(_ node: Node, rules: Rules = .rfc6902, file: String) throws(Diagnostics) {
    var reader = JSONPatchReader(file: file, rules: rules)
    let operations = reader.read(node)
    guard reader.problems.isEmpty else { throw Diagnostics(reader.problems) }
    self.init(operations, rules: rules, file: file)
  }
}

private struct JSONPatchReader {
  private static let names = ["add", "copy", "move", "remove", "replace", "test"]

  let file: String
  let rules: JSONPatch.Rules
  var problems: [Diagnostic] = []

  init(file: String, rules: JSONPatch.Rules) {
    self.file = file
    self.rules = rules
  }

  mutating func read(_ node: Node) -> [JSONPatch.Operation] {
    guard let elements = node.sequence else {
      report("type", "a JSON patch is a sequence of operations, not a \(node.value.kindName)", node.mark)
      return []
    }
    guard elements.count <= JSONPatch.maximumOperations else {
      report("too-many", "more than \(JSONPatch.maximumOperations) operations", node.mark)
      return []
    }
    return elements.compactMap { readOperation($0) }
  }

  private mutating func readOperation(_ node: Node) -> JSONPatch.Operation? {
    guard let mapping = node.mapping else {
      report("type", "an operation is a mapping, not a \(node.value.kindName)", node.mark)
      return nil
    }
    guard let name = text("op", of: mapping, at: node.mark), let path = pointer("path", of: mapping, at: node.mark),
      let action = action(name, mapping, at: node.mark)
    else { return nil }
    return JSONPatch.Operation(action, path, mark: node.mark)
  }

  private mutating func action(_ name: String, _ mapping: Mapping, at mark: SourceMark) -> JSONPatch.Action? {
    switch name {
    case "add": value(of: mapping, at: mark).map { .add($0) }
    case "remove": .remove
    case "replace": value(of: mapping, at: mark).map { .replace($0) }
    case "move": pointer("from", of: mapping, at: mark).map { .move(from: $0) }
    case "copy": pointer("from", of: mapping, at: mark).map { .copy(from: $0) }
    case "test": value(of: mapping, at: mark).map { .test($0) }
    default: unknown(name, mapping["op"]?.mark ?? mark)
    }
  }

  private mutating func unknown(_ name: String, _ mark: SourceMark) -> JSONPatch.Action? {
    let guess = NearestName.of(name, among: Self.names).map { "did you mean '\($0)'? " } ?? ""
    report(
      "operation", "'\(name)' is no operation", mark,
      help: guess + "the operations are \(Self.names.joined(separator: ", "))")
    return nil
  }

  private mutating func value(of mapping: Mapping, at mark: SourceMark) -> Node? {
    if let value = mapping["value"] { return value }
    if rules == .kubernetes { return .null }
    report("missing-field", "the operation needs 'value'", mark, help: "write 'value: null' for null")
    return nil
  }

  private mutating func text(_ field: String, of mapping: Mapping, at mark: SourceMark) -> String? {
    guard let node = mapping[field] else {
      report("missing-field", "the operation needs '\(field)'", mark)
      return nil
    }
    guard let text = node.string else {
      report("type", "'\(field)' must be a string, not a \(node.value.kindName)", node.mark)
      return nil
    }
    return text
  }

  private mutating func pointer(_ field: String, of mapping: Mapping, at mark: SourceMark) -> JSONPointer? {
    guard let written = text(field, of: mapping, at: mark) else { return nil }
    if rules == .kubernetes, let pointer = lenientPointer(written) { return pointer }
    if rules == .rfc6902, let pointer = JSONPointer(written) { return pointer }
    report(
      "path", "'\(field)' is no JSON pointer", mapping[field]?.mark ?? mark,
      help: "write it as /spec/replicas; a '/' in a name is '~1', a '~' is '~0'")
    return nil
  }

  /// Splits at every `/` and leaves out what stands before the first one.
  private func lenientPointer(_ text: String) -> JSONPointer? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count >= 2 else { return nil }
    return JSONPointer(
      tokens: parts.dropFirst().map { String($0.replacing("~1", with: "/").replacing("~0", with: "~")) })
  }

  private mutating func report(_ code: String, _ message: String, _ mark: SourceMark, help: String? = nil) {
    problems.append(
      Diagnostic("json-patch.\(code)", message, at: SourceLocation(file: file, mark: mark), help: help))
  }
}
