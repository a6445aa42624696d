/// A path into a document by RFC 6901: `/spec/containers/0/image`; the empty pointer is the document itself.
package struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
  package var tokens: [String]

  package init(tokens: [String]) { self.tokens = tokens }

  /// Nil when the text is not empty and does not begin with `/`, or holds a `~` that is neither `~0` nor `~1`.
  package init?(_ text: String) {
    guard !text.isEmpty else {
      self.init(tokens: [])
      return
    }
    guard text.utf8.first == UInt8(ascii: "/") else { return nil }
    var tokens: [String] = []
    for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let token = Self.unescaped(part) else { return nil }
      tokens.append(token)
    }
    self.init(tokens: tokens)
  }

  private static func unescaped(_ part: Substring) -> String? {
    guard part.utf8.contains(UInt8(ascii: "~")) else { return String(part) }
    var token = ""
    var rest = part
    while let mark = rest.firstIndex(of: "~") {
      token += rest[..<mark]
      rest = rest[rest.index(after: mark)...]
      switch rest.popFirst() {
      case "0": token += "~"
      case "1": token += "/"
      default: return nil
      }
    }
    return token + rest
  }

  package static func escaped(_ token: String) -> String {
    token.replacing("~", with: "~0").replacing("/", with: "~1")
  }

  package var description: String { tokens.map { "/" + Self.escaped($0) }.joined() }

  package func appending(_ token: String) -> JSONPointer { JSONPointer(tokens: tokens + [token]) }

  /// What stands there; nil when nothing does.
  package func node(in root: Node) -> Node? {
    var node = root
    for token in tokens {
      switch node.value {
      case .mapping(let mapping):
        guard let next = mapping[token] else { return nil }
        node = next
      case .sequence(let nodes):
        guard let index = Self.index(token), index < nodes.count else { return nil }
        node = nodes[index]
      default: return nil
      }
    }
    return node
  }

  /// An array index: digits without a leading zero.
  package static func index(_ token: String) -> Int? {
    guard let first = token.utf8.first, token.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
      first != 0x30 || token.utf8.count == 1
    else { return nil }
    return Int(token)
  }
}
