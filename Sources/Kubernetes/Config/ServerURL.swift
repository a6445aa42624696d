/// The address of an API server or proxy, checked.
package struct ServerURL: Sendable, Hashable {
  package enum Role: Sendable {
    case server
    case proxy

    fileprivate var schemes: [String] { self == .server ? ["https", "http"] : ["http", "https", "socks5"] }
    fileprivate var allowsUserInfo: Bool { self == .proxy }
  }

  /// Why a text is none; continues a sentence that says which URL it is, and never quotes user info.
  package struct Problem: Error, Sendable, Equatable {
    package var words: String
  }

  /// Without a trailing slash; for a server without user info, query and fragment.
  package let text: String
  package let scheme: String
  /// Without the brackets of an IPv6 address.
  package let host: String

  package init(_ text: String, role: Role = .server) throws(Problem) {
    guard text.utf8.count <= 2048, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw Problem(words: "holds characters that a URL cannot hold, or is too long")
    }
    guard let mark = text.firstRange(of: "://") else { throw Problem(words: "has no scheme, such as https://") }
    let scheme = text[..<mark.lowerBound].lowercased()
    guard role.schemes.contains(scheme) else {
      throw Problem(words: "has the scheme '\(scheme.prefix(20))', not \(role.schemes.joined(separator: " or "))")
    }
    let rest = text[mark.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    if rest.contains("?") || rest.contains("#") { throw Problem(words: "has a query or a fragment") }
    if authority.contains("@"), !role.allowsUserInfo {
      throw Problem(words: "carries a user name or password, which belongs into the credentials")
    }
    host = try Self.host(authority.split(separator: "@", omittingEmptySubsequences: false).last ?? "")
    self.scheme = scheme
    var trimmed = Substring(text)
    while trimmed.last == "/" { trimmed = trimmed.dropLast() }
    self.text = String(trimmed)
  }

  package var isPlainHTTP: Bool { scheme == "http" }

  /// An address that never leaves this machine.
  package var isLoopback: Bool {
    let name = host.lowercased()
    if name == "localhost" || name.hasSuffix(".localhost") || name == "::1" { return true }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  private static func host(_ hostAndPort: Substring) throws(Problem) -> String {
    var host = hostAndPort
    var port: Substring?
    if hostAndPort.hasPrefix("[") {
      guard let close = hostAndPort.firstIndex(of: "]") else { throw Problem(words: "has an unclosed IPv6 address") }
      host = hostAndPort[hostAndPort.index(after: hostAndPort.startIndex)..<close]
      let rest = hostAndPort[hostAndPort.index(after: close)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { throw Problem(words: "has something behind its IPv6 address") }
      if !rest.isEmpty { port = rest.dropFirst() }
    } else if let colon = hostAndPort.firstIndex(of: ":") {
      host = hostAndPort[..<colon]
      port = hostAndPort[hostAndPort.index(after: colon)...]
    }
    if host.isEmpty { throw Problem(words: "has no host") }
    if let port, UInt16(port) ?? 0 == 0 || !port.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      throw Problem(words: "has the port '\(port.prefix(20))', which is none")
    }
    return String(host)
  }
}
