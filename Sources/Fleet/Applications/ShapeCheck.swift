package import Manifest

/// Compares a document with its ``Shape`` and says all that is wrong with it, by place.
///
/// A boolean or number where text is meant is turned into text, with a warning, as Argo CD's own reader does.
package struct ShapeCheck {
  /// What is beyond is not reported: nobody reads it, and a hostile file could make a million.
  private static let maximumDiagnostics = 100

  private let file: String
  /// Whether unknown fields are errors; warnings otherwise.
  private let strict: Bool
  /// Whether values must not be quoted.
  private let isSecret: Bool
  package private(set) var diagnostics: [Diagnostic] = []

  package init(file: String, strict: Bool = true, isSecret: Bool = false) {
    self.file = file
    self.strict = strict
    self.isSecret = isSecret
  }

  /// - Parameter path: how messages call `node`: `spec.source`; empty for the document.
  package mutating func check(_ node: inout Node, _ shape: Shape, path: String = "") {
    guard !node.isNull, diagnostics.count < Self.maximumDiagnostics else { return }
    switch shape {
    case .any: break
    case .string: checkText(&node, path)
    case .boolean: expect(node.bool != nil, "true or false", node, path)
    case .integer: expect(node.int != nil, "an integer", node, path)
    case .integerOrString: expect(node.int != nil || node.string != nil, "an integer or text", node, path)
    case .keyword(let words): checkKeyword(node, words, path)
    case .anyMapping: expect(node.mapping != nil, "a mapping", node, path)
    case .list(let element): checkList(&node, element, path)
    case .mapping(let value): checkMembers(&node, path) { _ in value }
    case .object(let fields): checkObject(&node, fields, path)
    }
  }

  package mutating func report(_ diagnostic: Diagnostic) {
    if diagnostics.count < Self.maximumDiagnostics { diagnostics.append(diagnostic) }
  }

  private mutating func checkText(_ node: inout Node, _ path: String) {
    guard node.string == nil else { return }
    guard let text = node.value.scalarText else { return expect(false, "text", node, path) }
    report(
      Diagnostic(
        "manifest.not-text", severity: .warning, "\(path) should be text, not a \(node.value.kindName)",
        at: location(node.mark), help: "put it in quotes" + (isSecret ? "" : ": \"\(node.spelling ?? text)\"")))
    node.value = .string(text)
  }

  private mutating func checkKeyword(_ node: Node, _ words: [String], _ path: String) {
    guard let text = node.string, !words.contains(text) else {
      return expect(node.string != nil, "text", node, path)
    }
    report(
      Diagnostic(
        "manifest.unknown-value", "\(path) is '\(text)', which is none of \(words.joined(separator: ", "))",
        at: location(node.mark), help: NearestName.of(text, among: words).map { "did you mean '\($0)'?" }))
  }

  private mutating func checkList(_ node: inout Node, _ element: Shape, _ path: String) {
    guard case .sequence(var nodes) = node.value else { return expect(false, "a list", node, path) }
    for index in nodes.indices { check(&nodes[index], element, path: "\(path)[\(index)]") }
    node.value = .sequence(nodes)
  }

  private mutating func checkObject(_ node: inout Node, _ fields: Shape.Fields, _ path: String) {
    guard let mapping = node.mapping else { return expect(false, "a mapping", node, path) }
    for member in mapping where fields.shapes[member.key] == nil { reportUnknown(member, fields, path) }
    let missing = fields.required.filter { mapping[$0]?.isNull ?? true }.map { Self.join(path, $0) }
    if !missing.isEmpty {
      report(
        Diagnostic(
          "manifest.missing-field",
          "\(missing.joined(separator: " and ")) \(missing.count == 1 ? "is" : "are") missing", at: location(node.mark))
      )
    }
    checkMembers(&node, path) { fields.shapes[$0] }
  }

  private mutating func checkMembers(_ node: inout Node, _ path: String, _ shape: (String) -> Shape?) {
    guard case .mapping(var mapping) = node.value else { return expect(false, "a mapping", node, path) }
    mapping.updateValues { key, value in
      if let shape = shape(key) { check(&value, shape, path: Self.join(path, key)) }
    }
    node.value = .mapping(mapping)
  }

  private mutating func reportUnknown(_ member: Mapping.Member, _ fields: Shape.Fields, _ path: String) {
    let near = NearestName.of(member.key, among: fields.shapes.keys)
    report(
      Diagnostic(
        "manifest.unknown-field", severity: strict ? .error : .warning,
        "unknown field '\(Self.join(path, member.key))'", at: location(member.keyMark),
        help: near.map { "did you mean '\($0)'?" } ?? Self.listing(fields)))
  }

  private mutating func expect(_ holds: Bool, _ what: String, _ node: Node, _ path: String) {
    guard !holds else { return }
    report(
      Diagnostic(
        "manifest.wrong-type",
        "\(path.isEmpty ? "the document" : path) must be \(what), not a \(node.value.kindName)",
        at: location(node.mark)))
  }

  private func location(_ mark: SourceMark) -> SourceLocation { SourceLocation(file: file, mark: mark) }

  private static func listing(_ fields: Shape.Fields) -> String? {
    fields.shapes.count > 12 ? nil : "known here: " + fields.shapes.keys.sorted().joined(separator: ", ")
  }

  static func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}

extension Value {
  /// A scalar as the text that Go's YAML reader makes of it where text is asked for; nil for null and collections.
  var scalarText: String? {
    switch self {
    case .string(let text): text
    case .bool(let flag): flag ? "true" : "false"
    case .int(let number): String(number)
    case .uint(let number): String(number)
    case .double(let number): number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : "\(number)"
    case .null, .sequence, .mapping: nil
    }
  }
}
