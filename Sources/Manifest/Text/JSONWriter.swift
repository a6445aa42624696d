extension JSON {
  package struct WriteOptions: Sendable {
    /// Members by the bytes of their keys, instead of in their own order.
    package var sortsKeys: Bool
    /// Escapes `<`, `>`, `&`, U+2028 and U+2029 as Go's encoding/json does.
    package var escapesHTML: Bool
    /// Spaces a level, each member on a line of its own; 0 for compact.
    package var indent: Int

    package init(sortsKeys: Bool = false, escapesHTML: Bool = false, indent: Int = 0) {
      self.sortsKeys = sortsKeys
      self.escapesHTML = escapesHTML
      self.indent = indent
    }
  }

  /// Writes a value. Doubles that JSON has no word for (infinities, NaN) become `null`.
  package static func write(_ node: Node, _ options: WriteOptions = WriteOptions()) -> [UInt8] {
    var writer = JSONWriter(options: options)
    writer.write(node, level: 0)
    return writer.bytes
  }

  package static func text(_ node: Node, _ options: WriteOptions = WriteOptions()) -> String {
    String(decoding: write(node, options), as: UTF8.self)
  }
}

private struct JSONWriter {
  let options: JSON.WriteOptions
  var bytes: [UInt8] = []

  init(options: JSON.WriteOptions) {
    self.options = options
    bytes.reserveCapacity(1024)
  }

  mutating func write(_ node: Node, level: Int) {
    switch node.value {
    case .null: append("null")
    case .bool(let flag): append(flag ? "true" : "false")
    case .int(let number): append(String(number))
    case .uint(let number): append(String(number))
    case .double(let number): append(number.isFinite ? GoNumber.json(number) : "null")
    case .string(let text): write(text)
    case .sequence(let nodes): write(nodes, level: level)
    case .mapping(let mapping): write(mapping, level: level)
    }
  }

  private mutating func append(_ text: String) { bytes += text.utf8 }

  private mutating func breakLine(level: Int) {
    guard options.indent > 0 else { return }
    bytes.append(0x0A)
    bytes += repeatElement(0x20, count: level * options.indent)
  }

  private mutating func write(_ nodes: [Node], level: Int) {
    bytes.append(UInt8(ascii: "["))
    for (index, node) in nodes.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      breakLine(level: level + 1)
      write(node, level: level + 1)
    }
    if !nodes.isEmpty { breakLine(level: level) }
    bytes.append(UInt8(ascii: "]"))
  }

  private mutating func write(_ mapping: Mapping, level: Int) {
    bytes.append(UInt8(ascii: "{"))
    let members =
      options.sortsKeys
      ? mapping.members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } : mapping.members
    for (index, member) in members.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      breakLine(level: level + 1)
      write(member.key)
      bytes.append(UInt8(ascii: ":"))
      if options.indent > 0 { bytes.append(0x20) }
      write(member.value, level: level + 1)
    }
    if !members.isEmpty { breakLine(level: level) }
    bytes.append(UInt8(ascii: "}"))
  }

  private mutating func write(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      var run = 0
      for (index, byte) in utf8.enumerated() {
        guard let escape = escape(byte, at: index, in: utf8) else { continue }
        bytes += UnsafeBufferPointer(rebasing: utf8[run..<index])
        bytes += escape.text
        run = index + escape.length
      }
      if run < utf8.count { bytes += UnsafeBufferPointer(rebasing: utf8[run...]) }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private func escape(
    _ byte: UInt8, at index: Int, in utf8: UnsafeBufferPointer<UInt8>
  ) -> (text: [UInt8], length: Int)? {
    switch byte {
    case UInt8(ascii: "\""): return (Array("\\\"".utf8), 1)
    case UInt8(ascii: "\\"): return (Array("\\\\".utf8), 1)
    case 0x0A: return (Array("\\n".utf8), 1)
    case 0x0D: return (Array("\\r".utf8), 1)
    case 0x09: return (Array("\\t".utf8), 1)
    case 0x08: return (Array("\\b".utf8), 1)
    case 0x0C: return (Array("\\f".utf8), 1)
    case 0..<0x20: return (Self.unicode(byte), 1)
    case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
      return options.escapesHTML ? (Self.unicode(byte), 1) : nil
    case 0xE2 where options.escapesHTML:
      guard index + 2 < utf8.count, utf8[index + 1] == 0x80, utf8[index + 2] & 0xFE == 0xA8 else { return nil }
      return (Array((utf8[index + 2] == 0xA8 ? "\\u2028" : "\\u2029").utf8), 3)
    default: return nil
    }
  }

  private static func unicode(_ byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    return Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }
}
