import Crypto
import Manifest

/// Issues and checks the tokens of service accounts: a JWT signed with a key that only this server has.
///
/// Nothing is kept: a token holds as long as its account does and its time has not come.
struct ServiceAccountTokens: Sendable {
  struct Claims: Equatable {
    var namespace: String
    var name: String
    var uid: String
    var expires: Moment
  }

  private static let maximumLength = 8192
  private static let header = encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))

  private let key: SymmetricKey

  init(seed: [UInt8]) { key = SymmetricKey(data: SHA256.hash(data: seed)) }

  func token(for claims: Claims, audience: String, issuedAt now: Moment) -> String {
    let payload: Node = .mapping([
      "iss": .string("https://kubernetes.default.svc"), "aud": .sequence([.string(audience)]),
      "iat": Node(.int(now.milliseconds / 1000)), "exp": Node(.int(claims.expires.milliseconds / 1000)),
      "sub": .string("system:serviceaccount:\(claims.namespace):\(claims.name)"),
      "kubernetes.io": .mapping([
        "namespace": .string(claims.namespace),
        "serviceaccount": .mapping(["name": .string(claims.name), "uid": .string(claims.uid)]),
      ]),
    ])
    let signed = Self.header + "." + Self.encode(WireJSON.bytes(payload))
    return signed + "." + signature(of: signed)
  }

  /// The claims of a token that this server signed and that holds at `now`.
  func claims(of token: String, at now: Moment) -> Claims? {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard token.utf8.count <= Self.maximumLength, parts.count == 3,
      signature(of: "\(parts[0]).\(parts[1])") == parts[2], let bytes = Self.decode(parts[1]),
      let payload = try? WireJSON.node(bytes), let seconds = payload["exp"]?.int,
      let bound = payload["kubernetes.io"], let namespace = bound["namespace"]?.string,
      let account = bound["serviceaccount"], let name = account["name"]?.string, let uid = account["uid"]?.string
    else { return nil }
    let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    let expires = Moment(milliseconds: milliseconds)
    guard !overflow, now < expires else { return nil }
    return Claims(namespace: namespace, name: name, uid: uid, expires: expires)
  }

  private func signature(of text: String) -> String {
    Self.encode(Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)))
  }

  /// Base64 in the alphabet of URLs, without padding (RFC 7515).
  static func encode(_ bytes: [UInt8]) -> String {
    let text: [UInt8] = Base64.encode(bytes).utf8.compactMap { byte in
      switch byte {
      case UInt8(ascii: "+"): UInt8(ascii: "-")
      case UInt8(ascii: "/"): UInt8(ascii: "_")
      case UInt8(ascii: "="): nil
      default: byte
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Bits behind the last whole byte do not count, as Go reads it.
  static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    for (index, byte) in text.utf8.enumerated() {
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = byte - 65
      case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = byte - 71
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte + 4
      case UInt8(ascii: "-"): digit = 62
      case UInt8(ascii: "_"): digit = 63
      default: return nil
      }
      bits = bits << 6 | UInt32(digit)
      if index % 4 != 0 { bytes.append(UInt8(truncatingIfNeeded: bits >> (6 - 2 * UInt32(index % 4)))) }
    }
    return bytes
  }
}
