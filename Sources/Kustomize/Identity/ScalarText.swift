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

  /// A null as it was written; empty for everything else.
  var writtenNull: String { isNull ? spelling ?? "null" : "" }

  /// This scalar with another text: the place and style stay, so what was quoted stays a string; a plain text without a
  /// type takes the type that YAML gives it.
  func replacingScalar(by text: String, as type: ScalarType) -> Node {
    if isQuoted { return Node(.string(text), mark: mark, style: style) }
    switch type {
    case .string: return Node(.string(text), mark: mark)
    case .integer: return Node(Int64(text).map { .int($0) } ?? .string(text), mark: mark)
    case .untyped: return YAML.plainScalar(text, mark: mark)
    }
  }
}
