/// What a connection belongs to. Transfers with equal keys share connections, others never do.
struct OriginKey: Hashable {
  var endpoint: HTTPEndpoint
  /// Scheme, host and port as the URL writes them: `https://host:6443`.
  var site: Substring
  var lane: HTTPLane
}

/// The parts of a site that connecting needs.
struct Site: Equatable {
  var isSecure: Bool
  /// Without brackets.
  var host: String
  var port: Int

  /// As a URL writes it: IPv6 addresses in brackets.
  var bracketedHost: String { Site.bracketed(host) }
  var isDefaultPort: Bool { port == (isSecure ? 443 : 80) }

  static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

  /// Splits `scheme://authority` from the rest of a URL.
  ///
  /// - Throws: ``TransportError/invalidRequest(reason:)``
  static func split(_ url: String) throws(TransportError) -> (site: Substring, rest: Substring) {
    guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else {
      throw .invalidRequest(reason: "the URL has no scheme")
    }
    let authority = url.index(colon, offsetBy: 3)
    let end = url[authority...].utf8.firstIndex { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 } ?? url.endIndex
    return (url[..<end], url[end...])
  }

  /// - Throws: ``TransportError/invalidRequest(reason:)``
  init(_ site: Substring) throws(TransportError) {
    guard let scheme = site.firstRange(of: "://") else { throw .invalidRequest(reason: "the URL has no scheme") }
    switch site[..<scheme.lowerBound].lowercased() {
    case "https": isSecure = true
    case "http": isSecure = false
    case let other: throw .invalidRequest(reason: "the URL's scheme '\(other)' is neither http nor https")
    }
    var authority = site[scheme.upperBound...]
    guard !authority.contains("@") else { throw .invalidRequest(reason: "the URL has user information in it") }
    var port = isSecure ? 443 : 80
    let afterHost = authority.hasPrefix("[") ? authority.firstIndex(of: "]") : authority.startIndex
    guard let afterHost else { throw .invalidRequest(reason: "the URL's address has no closing bracket") }
    if let colon = authority[afterHost...].lastIndex(of: ":") {
      let digits = authority[authority.index(after: colon)...]
      if !digits.isEmpty {
        guard let number = UInt16(digits), number > 0 else {
          throw .invalidRequest(reason: "the URL's port is not a number from 1 to 65535")
        }
        port = Int(number)
      }
      authority = authority[..<colon]
    }
    if authority.hasPrefix("["), authority.hasSuffix("]") { authority = authority.dropFirst().dropLast() }
    guard !authority.isEmpty else { throw .invalidRequest(reason: "the URL has no host") }
    guard authority.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      throw .invalidRequest(reason: "the URL's host has control characters or spaces in it")
    }
    host = String(authority)
    self.port = port
  }
}
