/// A value with the place and the style it was written in.
///
/// The building block of every document: 24 bytes, copied on write. Equality compares values only.
package struct Node: Sendable, Equatable {
  /// How a scalar or collection was written; what a YAML writer may want to keep.
  package enum Style: UInt8, Sendable {
    /// Not from a text, or written plain (scalars) or in block form (collections).
    case plain, singleQuoted, doubleQuoted, literal, folded, flow
  }

  private enum Storage: Sendable {
    case value(Value)
    /// A scalar whose text its value does not give back: `0x1F`, `1_000`, `1.0`, `~`, `True`.
    case spelled(Spelled)
  }

  private final class Spelled: Sendable {
    let value: Value
    let text: String
    init(value: Value, text: String) {
      self.value = value
      self.text = text
    }
  }

  private var storage: Storage
  private var line: UInt32
  private var columnAndStyle: UInt32

  package init(_ value: Value, mark: SourceMark = .none, style: Style = .plain) {
    storage = .value(value)
    line = mark.line
    columnAndStyle = Self.pack(mark.column, style)
  }

  /// A scalar that was written as `spelling`, which its value alone would not reproduce.
  package init(_ value: Value, spelling: String, mark: SourceMark = .none, style: Style = .plain) {
    storage = .spelled(Spelled(value: value, text: spelling))
    line = mark.line
    columnAndStyle = Self.pack(mark.column, style)
  }

  /// Setting the value keeps mark and style, and forgets the spelling.
  package var value: Value {
    get {
      switch storage {
      case .value(let value): value
      case .spelled(let spelled): spelled.value
      }
    }
    set { storage = .value(newValue) }
    _modify {
      var value = self.value
      storage = .value(.null)
      defer { storage = .value(value) }
      yield &value
    }
  }

  /// The text of a plain scalar that its value does not give back (`0x1F`, `010`, `1e3`, `~`), else nil.
  package var spelling: String? {
    if case .spelled(let spelled) = storage { spelled.text } else { nil }
  }

  package var mark: SourceMark {
    get { SourceMark(line: line, column: columnAndStyle >> 8) }
    set {
      line = newValue.line
      columnAndStyle = Self.pack(newValue.column, style)
    }
  }

  package var style: Style {
    get { Style(rawValue: UInt8(truncatingIfNeeded: columnAndStyle)) ?? .plain }
    set { columnAndStyle = Self.pack(columnAndStyle >> 8, newValue) }
  }

  /// Columns beyond 2^24 saturate.
  private static func pack(_ column: UInt32, _ style: Style) -> UInt32 {
    min(column, 0xFF_FFFF) << 8 | UInt32(style.rawValue)
  }

  package static func == (a: Node, b: Node) -> Bool { a.value == b.value }
}

extension Node {
  package static func string(_ text: String) -> Node { Node(.string(text)) }
  package static func mapping(_ mapping: Mapping) -> Node { Node(.mapping(mapping)) }
  package static func sequence(_ nodes: [Node]) -> Node { Node(.sequence(nodes)) }
  package static let null = Node(.null)

  package var isNull: Bool { if case .null = value { true } else { false } }
  package var string: String? { if case .string(let text) = value { text } else { nil } }
  package var bool: Bool? { if case .bool(let flag) = value { flag } else { nil } }
  package var int: Int64? { if case .int(let number) = value { number } else { nil } }
  package var sequence: [Node]? { if case .sequence(let nodes) = value { nodes } else { nil } }
  package var mapping: Mapping? { if case .mapping(let mapping) = value { mapping } else { nil } }

  /// The member `key` of a mapping; nil on absence and on every other kind of value.
  ///
  /// Setting on a node that is not a mapping replaces its value by a mapping; setting nil removes the member.
  package subscript(key: String) -> Node? {
    get { if case .mapping(let mapping) = value { mapping[key] } else { nil } }
    set {
      if case .mapping(var mapping) = value {
        value = .null
        mapping[key] = newValue
        value = .mapping(mapping)
      } else if let newValue {
        value = .mapping([key: newValue])
      }
    }
  }

  /// The element at `index` of a sequence; nil when there is none.
  package subscript(index: Int) -> Node? {
    guard case .sequence(let nodes) = value, nodes.indices.contains(index) else { return nil }
    return nodes[index]
  }
}
