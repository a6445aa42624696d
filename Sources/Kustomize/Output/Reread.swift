import Manifest

/// What becomes of a tree where kustomize writes it as YAML, in the styles of its source, and reads that again: before it
/// prints a resource, and wherever it makes JSON of one.
///
/// Folded text may come back with more line breaks, see ``FoldedText``. A null that is written as nothing inside a mapping
/// or list in flow style is put in quotes by kustomize's writer (goyaml.v3), and comes back as an empty string.
struct Reread {
  /// Where there is a number that JSON has no word for.
  private(set) var infinite: SourceMark?

  /// Whether ``apply(to:inFlow:)`` would change or find anything.
  static func changes(_ node: Node, inFlow: Bool = false) -> Bool {
    switch node.value {
    case .mapping(let mapping):
      let inFlow = inFlow || node.style == .flow
      return mapping.members.contains { changes($0.value, inFlow: inFlow) }
    case .sequence(let nodes):
      let inFlow = inFlow || node.style == .flow
      return nodes.contains { changes($0, inFlow: inFlow) }
    case .null: return inFlow && node.spelling == ""
    case .double(let number): return !number.isFinite
    case .string: return node.style == .folded && !inFlow
    default: return false
    }
  }

  mutating func apply(to node: inout Node, inFlow: Bool = false) {
    let inFlow = inFlow || node.style == .flow
    switch node.value {
    case .mapping(var mapping):
      node.value = .null
      for position in 0..<mapping.count { mapping.updateValue(at: position) { apply(to: &$0, inFlow: inFlow) } }
      node.value = .mapping(mapping)
    case .sequence(var nodes):
      node.value = .null
      for position in nodes.indices { apply(to: &nodes[position], inFlow: inFlow) }
      node.value = .sequence(nodes)
    case .null where inFlow && node.spelling == "": node = Node(.string(""), mark: node.mark, style: .singleQuoted)
    case .double(let number) where !number.isFinite: infinite = node.mark
    case .string(let text) where node.style == .folded && !inFlow: node.value = .string(FoldedText.reread(text))
    default: return
    }
  }
}

extension Node {
  /// This tree, written and read again.
  var reread: Node {
    guard Reread.changes(self) else { return self }
    var node = self
    var pass = Reread()
    pass.apply(to: &node)
    return node
  }

  /// The tree as it comes out of Go's JSON decoder: every number a double, every scalar in the style that a YAML writer
  /// gives it, no spelling.
  var fromJSON: Node {
    switch value {
    case .mapping(var mapping):
      mapping.updateValues { $1 = $1.fromJSON }
      return Node(.mapping(mapping), mark: mark)
    case .sequence(let nodes): return Node(.sequence(nodes.map(\.fromJSON)), mark: mark)
    case .string(let text): return Node(.string(text), style: Self.writtenStyle(text))
    case .int(let number): return Node(Self.throughDouble(Double(number), value), mark: mark.isNote ? .none : mark)
    case .uint(let number): return Node(Self.throughDouble(Double(number), value), mark: mark.isNote ? .none : mark)
    default: return Node(value, mark: mark.isNote ? .none : mark)
    }
  }

  private static func writtenStyle(_ text: String) -> Style {
    if text.contains("\n") { return .literal }
    var text = text
    return text.withUTF8 { bytes in
      let isPlain = YAML11.readsAsString(bytes) && ScalarShape(of: bytes, allowsTabs: true).allowsPlain
      return isPlain ? .plain : .doubleQuoted
    }
  }

  private static func throughDouble(_ number: Double, _ value: Value) -> Value {
    number.magnitude < 9_007_199_254_740_992 ? value : .double(number)
  }
}
