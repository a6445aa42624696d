import Glibc

/// The host and port that a transfer connects to, and their addresses once they are known.
struct CurlHost: Sendable, Hashable {
  var name: String
  var port: Int
  /// Numeric; empty where the name is an address itself, or the resolver has no part in it.
  var addresses: [String] = []

  /// Splits `http[s]://host[:port]/…`; nil for anything else.
  init?(url: String) {
    let scheme: Substring
    if url.hasPrefix("https://") {
      scheme = "https://"
    } else if url.hasPrefix("http://") {
      scheme = "http://"
    } else {
      return nil
    }
    let rest = url.dropFirst(scheme.count)
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard !authority.isEmpty, !authority.contains("@") else { return nil }
    self.init(authority: authority, defaultPort: scheme == "https://" ? 443 : 80)
  }

  /// The host and port of a proxy address, `[scheme://][user[:password]@]host[:port]`.
  init?(proxy: String) {
    let rest = proxy.firstRange(of: "://").map { proxy[$0.upperBound...] } ?? proxy[...]
    let authority = rest.prefix { $0 != "/" }
    let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
    self.init(authority: host, defaultPort: proxy.hasPrefix("https://") ? 443 : 1080)
  }

  /// Splits `host[:port]` or `[v6][:port]`.
  init?(authority: Substring, defaultPort: Int) {
    var host = authority
    var portText: Substring?
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return nil }
      host = authority[authority.index(after: authority.startIndex)..<end]
      let rest = authority[authority.index(after: end)...]
      if rest.hasPrefix(":") { portText = rest.dropFirst() } else if !rest.isEmpty { return nil }
    } else if let colon = authority.lastIndex(of: ":") {
      host = authority[..<colon]
      portText = authority[authority.index(after: colon)...]
    }
    guard !host.isEmpty else { return nil }
    name = String(host)
    port = defaultPort
    if let portText {
      guard let number = UInt16(portText), number > 0 else { return nil }
      port = Int(number)
    }
  }

  var isAddress: Bool {
    var v4 = in_addr()
    var v6 = in6_addr()
    return inet_pton(AF_INET, name, &v4) == 1 || inet_pton(AF_INET6, name, &v6) == 1
  }

  /// As an URL and a `Host` header write it.
  var authority: String { name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)" }
}
