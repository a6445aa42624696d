import Fleet
import HTTPClient
import Kubernetes
import Manifest

/// Sends the requests of providers: where to, whom to trust, and how to prove who asks.
struct MetricRequests: Sendable {
  static let maximumBodyBytes = 16 << 20

  let transport: any Transport
  let tokens: OAuth2Tokens

  /// One request of a provider, with its credentials.
  struct Call {
    var method: String
    var url: String
    var headers: [MetricHeader]
    var body: [UInt8]?
    var contentType: String?
    var authentication: MetricAuthentication
    var timeout: Double
    var endpoint: HTTPEndpoint
  }

  /// - Throws: ``MetricFailure``
  func send(_ call: Call) async throws -> HTTPResponse {
    let address = try MetricAddress(call.url)
    var headers = try Self.headers(call)
    if let basic = try Self.basic(call.authentication, address) {
      headers.append(HTTPHeader("Authorization", basic))
    } else if let oauth2 = call.authentication.oauth2 {
      let token = try await tokens.token(oauth2, endpoint: call.endpoint, timeout: call.timeout, transport: transport)
      headers.append(HTTPHeader("Authorization", "Bearer " + token.reveal()))
    }
    return try await Self.send(
      HTTPRequest(
        method: call.method, url: address.url, headers: headers, body: call.body, endpoint: call.endpoint,
        deadlines: Self.deadlines(call.timeout), maximumBodyBytes: Self.maximumBodyBytes), by: transport)
  }

  static func send(_ request: HTTPRequest, by transport: any Transport) async throws -> HTTPResponse {
    do {
      return try await transport.send(request)
    } catch let error as TransportError {
      throw MetricFailure(error.failure(subject: "", stage: "").message)
    }
  }

  static func deadlines(_ timeout: Double) -> HTTPDeadlines {
    let seconds = max(timeout, 0.001)
    return HTTPDeadlines(connect: min(10, seconds), firstByte: seconds, idle: seconds, total: seconds)
  }

  /// - Throws: ``MetricFailure`` for a bundle that holds no certificate.
  static func endpoint(isInsecure: Bool, caBundle: String?) throws -> HTTPEndpoint {
    if isInsecure { return HTTPEndpoint(trust: .insecure) }
    guard let caBundle, !caBundle.isEmpty else { return HTTPEndpoint() }
    let pem = caBundle.contains("-----BEGIN") ? Array(caBundle.utf8) : Base64.decode(caBundle) ?? []
    guard String(decoding: pem, as: UTF8.self).contains("-----BEGIN CERTIFICATE-----") else {
      throw MetricFailure("caBundle holds no certificate: it is PEM, or Base64 of PEM")
    }
    return HTTPEndpoint(trust: .authorities(pem: pem))
  }

  private static func headers(_ call: Call) throws -> [HTTPHeader] {
    var headers: [HTTPHeader] = []
    for header in call.headers {
      let value = header.value.reveal()
      // A line break would begin another header.
      guard !header.name.isEmpty,
        (header.name + value).unicodeScalars.allSatisfy({ $0 != "\r" && $0 != "\n" && $0 != "\0" })
      else { throw MetricFailure("header '\(Visible.text(header.name))' has a name or value that cannot be sent") }
      headers.removeAll { $0.name.lowercased() == header.name.lowercased() }
      headers.append(HTTPHeader(header.name, value))
    }
    if let type = call.contentType {
      headers.removeAll { $0.name.lowercased() == "content-type" }
      headers.append(HTTPHeader("Content-Type", type))
    }
    return headers
  }

  private static func basic(_ authentication: MetricAuthentication, _ address: MetricAddress) throws -> String? {
    if authentication.isSigned { throw MetricFailure("requests are not signed for AWS here (sigv4)") }
    if let basic = authentication.basic {
      let password = basic.password.reveal()
      guard !basic.username.isEmpty else {
        throw MetricFailure("missing mandatory parameter in metric for basic auth setup: username")
      }
      guard !password.isEmpty else {
        throw MetricFailure("missing mandatory parameter in metric for basic auth setup: password")
      }
      return "Basic " + Base64.encode(Array("\(basic.username):\(password)".utf8))
    }
    return address.userInfo.map { "Basic " + Base64.encode(Array($0.reveal().utf8)) }
  }
}

/// An address of a provider, with the user info taken out of it.
struct MetricAddress {
  let url: String
  /// `user:password`, decoded.
  let userInfo: Redacted<String>?

  /// - Throws: ``MetricFailure`` for what is no URL of http or https with a host.
  init(_ text: String) throws {
    let scheme = text.hasPrefix("http://") ? "http://" : text.hasPrefix("https://") ? "https://" : nil
    guard let scheme, !text.unicodeScalars.contains(where: { $0.properties.isWhitespace || $0.value < 0x20 }) else {
      throw MetricFailure("the address is no URL with http or https: '\(Visible.text(ShownAddress.of(text)))'")
    }
    let rest = text.dropFirst(scheme.count)
    let authority = rest.prefix { !"/?#".contains($0) }
    guard let at = authority.lastIndex(of: "@") else {
      guard !authority.isEmpty else { throw MetricFailure("the address has no host") }
      url = text
      userInfo = nil
      return
    }
    let host = authority[authority.index(after: at)...]
    guard !host.isEmpty else { throw MetricFailure("the address has no host") }
    userInfo = Redacted(Self.decoded(authority[..<at]))
    url = scheme + host + rest[authority.endIndex...]
  }

  private static func decoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(code)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
