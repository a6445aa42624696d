import Manifest

extension Node {
  enum ScalarType { case string, integer, untyped }

  var isScalar: Bool {
    switch value {
    case .sequence, .mapping: false
    default: true
    }
  }

  var isQuoted: Bool {
    switch style {
    case .singleQuoted, .doubleQuoted, .literal, .folded: true
    case .plain, .flow: false
    }
  }

  /// A scalar as it was written; nil for null, mappings and sequences.
  var scalarText: String? {
    if let spelling, !isNull { return spelling }
    switch value {
    case .string(let text): return text
    case .bool(let flag): return flag ? "true" : "false"
    case .int(let number): return String(number)
    case .uint(let number): return String(number)
    case .double(let number): return GoNumber.yaml(number)
    case .null, .sequence, .mapping: return nil
    }
  }

  /// Whether this is a date: a scalar of type `!!timestamp`. Its value is the time, its spelling what was written.
  var isTimestamp: Bool { if case .string = value { spelling != nil } else { false } }

  /// A scalar that is set without a type: what YAML takes its text for.
  static func untyped(_ text: String, mark: SourceMark = .none) -> Node {
    YAML.plainScalar(text, schema: .kustomize, mark: mark)
  }

  /// A tree that was read without timestamps, with them.
  var withTimestamps: Node {
    var node = self
    switch value {
    case .mapping(var mapping):
      mapping.updateValues { $1 = $1.withTimestamps }
      node.value = .mapping(mapping)
    case .sequence(let nodes): node.value = .sequence(nodes.map(\.withTimestamps))
    case .string(let text):
      if style == .plain, mark.isKnown, YAML11.isTimestamp(text) { return .untyped(text, mark: mark) }
    default: break
    }
    return node
  }

  /// A null as it was written; empty for everything else.
  var writtenNull: String { isNull ? spelling ?? "null" : "" }

  /// This scalar with another text: the place and style stay, so what was quoted stays a string; a plain text without a
  /// type takes the type that YAML gives it.
  func replacingScalar(by text: String, as type: ScalarType) -> Node {
    if isQuoted { return Node(.string(text), mark: mark, style: style) }
    switch type {
    case .string: return Node(.string(text), mark: mark)
    case .integer: return Node(Int64(text).map { .int($0) } ?? .string(text), mark: mark)
    case .untyped: return Node.untyped(text, mark: mark)
    }
  }
}
