/// A proxy's URL, checked. Its user information is a secret, and so is the whole.
struct ProxyAddress {
  var host: String
  var port: Int
  /// As libcurl takes it.
  var url: HTTPSecret

  /// - Throws: ``TransportError/invalidRequest(reason:)``, without the URL.
  init(_ secret: HTTPSecret) throws(TransportError) {
    let text = secret.reveal()
    guard let separator = text.firstRange(of: "://") else {
      throw .invalidRequest(reason: "the proxy's URL has no scheme")
    }
    let scheme = text[..<separator.lowerBound].lowercased()
    guard ["http", "https", "socks5", "socks5h"].contains(scheme) else {
      throw .invalidRequest(reason: "the proxy's scheme is none of http, https and socks5")
    }
    var authority = text[separator.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let userEnd = authority.lastIndex(of: "@")
    let user = userEnd.map { authority[...$0] } ?? ""
    if let userEnd { authority = authority[authority.index(after: userEnd)...] }
    let hasPort = authority.hasPrefix("[") ? authority.contains("]:") : authority.contains(":")
    let defaultPort = ["http": 80, "https": 443][scheme] ?? 1080
    let address = try Site("http://" + (hasPort ? authority : "\(authority):\(defaultPort)"))
    host = address.host
    port = address.port
    // The proxy resolves names, as Go's clients have it for both spellings.
    let wanted = scheme.hasPrefix("socks5") ? "socks5h" : scheme
    url = HTTPSecret("\(wanted)://\(user)\(address.bracketedHost):\(address.port)")
  }
}
