package import Manifest

/// What can be said of a bearer token without its issuer.
package enum BearerToken {
  /// The longest token that is sent; an HTTP header holds no more everywhere.
  package static let maximumLength = 16 << 10

  /// A token as it may stand in a header: trimmed, and of visible ASCII only.
  /// - Returns: nil when it could break out of the header, is empty or too long.
  package static func cleaned(_ bytes: [UInt8]) -> Redacted<String>? {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
    guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
    else { return nil }
    let token = bytes[first...last]
    guard token.count <= maximumLength, token.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    return Redacted(String(decoding: token, as: UTF8.self))
  }

  /// The `exp` of a JSON Web Token in seconds since 1970; nil for tokens of other kinds. Unverified: only for messages
  /// and for renewing in time, never to decide whom to trust.
  package static func expiry(of token: Redacted<String>) -> Double? {
    let parts = token.reveal().split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1].utf8.count <= maximumLength else { return nil }
    var text = parts[1].map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
    while text.count % 4 != 0 { text.append("=") }
    guard let bytes = Base64.decode(String(text)),
      let claims = try? JSON.parse(bytes, limits: TextLimits(bytes: maximumLength, depth: 20))
    else { return nil }
    switch claims["exp"]?.value {
    case .int(let seconds): return Double(seconds)
    case .double(let seconds) where seconds.isFinite: return seconds
    default: return nil
    }
  }
}

/// PEM, as far as telling what a text holds.
enum PEM {
  static func hasCertificate(_ bytes: [UInt8]) -> Bool { has("CERTIFICATE-----", in: bytes) }
  static func hasPrivateKey(_ bytes: [UInt8]) -> Bool { has("PRIVATE KEY-----", in: bytes) }

  private static func has(_ label: String, in bytes: [UInt8]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    return text.contains("-----BEGIN ") && text.contains(label)
  }
}
