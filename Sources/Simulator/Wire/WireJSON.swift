import Manifest

/// JSON on the wire: compact, read within bounds, and refused in the words of the server's own reader.
enum WireJSON {
  struct Malformed: Error {
    var message: String
  }

  private static let limits = TextLimits(bytes: 4 << 20, depth: 200)

  static func bytes(_ node: Node) -> [UInt8] { JSON.write(node) }

  static func node(_ bytes: [UInt8]) throws(Malformed) -> Node {
    do {
      return try JSON.parse(bytes, limits: limits)
    } catch {
      throw Malformed(message: message(for: bytes) ?? error.message)
    }
  }

  /// What Go's reader says about the commonest mistakes; nil for the others.
  private static func message(for bytes: [UInt8]) -> String? {
    let text = bytes.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    guard let first = text.first else { return "unexpected end of JSON input" }
    for literal in ["true", "false", "null"] where literal.utf8.first == first {
      for (byte, expected) in zip(text, literal.utf8) where byte != expected {
        return "invalid character '\(quoted(byte))' in literal \(literal) (expecting '\(quoted(expected))')"
      }
    }
    guard !"{[\"-0123456789tfn".utf8.contains(first) else { return nil }
    return "invalid character '\(quoted(first))' looking for beginning of value"
  }

  private static func quoted(_ byte: UInt8) -> String {
    (0x20..<0x7F).contains(byte)
      ? String(UnicodeScalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
}
