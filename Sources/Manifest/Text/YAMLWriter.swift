/// Writes values as YAML, byte for byte as the tools of the Kubernetes world do (`kubectl -o yaml`, `kustomize build`).
///
/// Block style, indent 2, sequences not indented under their key, keys in ``NaturalKeyOrder``, scalars quoted and folded
/// at 80 columns as goyaml v2 does. Marks, styles and spellings of the input do not matter: equal values give equal text.
package struct YAMLWriter {
  static let lineWidth = 80
  static let indentStep = 2
  /// Longer keys are written with `? `.
  private static let longestSimpleKey = 128

  var out: [UInt8] = []
  /// Where the next character goes, in Unicode scalars from 0.
  var column = 0
  var indent = -1
  /// The last thing written was white space, or nothing on this line.
  var afterSpace = true
  /// Only indentation and indicators (`- `, `? `) stand on this line so far.
  var inIndentation = true

  private init() {}

  /// One document, ended by a line break.
  package static func bytes(of node: Node) -> [UInt8] {
    var writer = YAMLWriter()
    writer.out.reserveCapacity(1024)
    writer.write(node, inMapping: false)
    writer.endDocument()
    return writer.out
  }

  package static func text(of node: Node) -> String { String(decoding: bytes(of: node), as: UTF8.self) }

  /// The documents in order, with `---` between them.
  package static func bytes(ofStream mappings: some Sequence<Mapping>) -> [UInt8] {
    var writer = YAMLWriter()
    for (position, mapping) in mappings.enumerated() {
      if position > 0 { writer.out.append(contentsOf: "---\n".utf8) }
      writer.resetLine()
      writer.write(.mapping(mapping), inMapping: false)
      writer.endDocument()
    }
    return writer.out
  }

  private mutating func resetLine() {
    column = 0
    indent = -1
    afterSpace = true
    inIndentation = true
  }

  private mutating func write(_ node: Node, inMapping: Bool) {
    switch node.value {
    case .mapping(let mapping): writeMapping(mapping)
    case .sequence(let nodes): writeSequence(nodes, inMapping: inMapping)
    default: writeScalar(node.value, asKey: false)
    }
  }

  private mutating func writeMapping(_ mapping: Mapping) {
    if mapping.isEmpty { return writeIndicator("{}", spaceBefore: true) }
    let outer = indent
    indent = indent < 0 ? 0 : indent + Self.indentStep
    for position in NaturalKeyOrder.positions(in: mapping) {
      let member = mapping.members[position]
      startLine()
      writeKey(member.key)
      write(member.value, inMapping: true)
    }
    indent = outer
  }

  private mutating func writeKey(_ key: String) {
    var key = key
    let isSimple = key.withUTF8 { $0.count <= Self.longestSimpleKey && !ScalarShape(of: $0).hasBreaks }
    if isSimple {
      writeScalar(.string(key), asKey: true)
      writeIndicator(":", spaceBefore: false)
    } else {
      writeIndicator("?", spaceBefore: true, keepsIndentation: true)
      writeScalar(.string(key), asKey: false)
      startLine()
      writeIndicator(":", spaceBefore: true, keepsIndentation: true)
    }
  }

  private mutating func writeSequence(_ nodes: [Node], inMapping: Bool) {
    if nodes.isEmpty { return writeIndicator("[]", spaceBefore: true) }
    let outer = indent
    if indent < 0 {
      indent = 0
    } else if !(inMapping && !inIndentation) {
      indent += Self.indentStep
    }
    for node in nodes {
      startLine()
      writeIndicator("-", spaceBefore: true, keepsIndentation: true)
      write(node, inMapping: false)
    }
    indent = outer
  }

  private mutating func writeScalar(_ value: Value, asKey: Bool) {
    let outer = indent
    indent = indent < 0 ? Self.indentStep : indent + Self.indentStep
    defer { indent = outer }
    switch value {
    case .string(var text): text.withUTF8 { writeString($0, asKey: asKey) }
    case .null: writePlainASCII("null")
    case .bool(let flag): writePlainASCII(flag ? "true" : "false")
    case .int(let number): writePlainASCII(String(number))
    case .uint(let number): writePlainASCII(String(number))
    case .double(let number): writePlainASCII(GoNumber.yaml(number))
    case .sequence, .mapping: break
    }
  }

  private mutating func writePlainASCII(_ text: String) {
    if !afterSpace { put(0x20) }
    out.append(contentsOf: text.utf8)
    column += text.utf8.count
    afterSpace = false
    inIndentation = false
  }

  mutating func writeIndicator(_ indicator: StaticString, spaceBefore: Bool, keepsIndentation: Bool = false) {
    if spaceBefore && !afterSpace { put(0x20) }
    indicator.withUTF8Buffer {
      out.append(contentsOf: $0)
      column += $0.count
    }
    afterSpace = false
    inIndentation = inIndentation && keepsIndentation
  }

  // MARK: Lines

  mutating func put(_ byte: UInt8) {
    out.append(byte)
    column += 1
  }

  mutating func breakLine() {
    out.append(0x0A)
    column = 0
  }

  /// A document that ends in a block scalar ends in its line break already.
  private mutating func endDocument() {
    if column > 0 || !inIndentation { breakLine() }
  }

  /// Goes to the current indentation, on a new line unless this one holds nothing but indentation up to there.
  mutating func startLine() {
    let target = max(indent, 0)
    if !inIndentation || column > target || (column == target && !afterSpace) { breakLine() }
    while column < target { put(0x20) }
    afterSpace = true
    inIndentation = true
  }
}
