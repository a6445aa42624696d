import HTTPClient
import Manifest

/// What a credential plugin printed: the `status` of an `ExecCredential`.
struct ExecCredential: Sendable {
  var authorization: Redacted<String>?
  var certificate: HTTPClientCertificate?
  /// Seconds since 1970; nil for "until it is refused".
  var expires: Double?

  /// Why an output is not one, in words that quote nothing of it.
  struct Problem: Error, Equatable {
    var message: String
  }

  init(output: Redacted<[UInt8]>, version: ExecCredentialPlugin.Version) throws(Problem) {
    let root: Node
    do {
      root = try JSON.parse(output.reveal(), limits: TextLimits(bytes: 1 << 20, depth: 30))
    } catch {
      throw Problem(message: "its output is not JSON")
    }
    guard root["kind"]?.string == "ExecCredential" else { throw Problem(message: "its output is no ExecCredential") }
    guard root["apiVersion"]?.string == version.rawValue else {
      throw Problem(message: "its output is not of apiVersion \(version.rawValue)")
    }
    guard let status = root["status"], status.mapping != nil else { throw Problem(message: "its output has no status") }
    authorization = try Self.authorization(status)
    certificate = try Self.certificate(status)
    guard authorization != nil || certificate != nil else {
      throw Problem(message: "its output has neither a token nor a client certificate")
    }
    if let text = status["expirationTimestamp"]?.string {
      guard let seconds = Timestamp.seconds(text) else {
        throw Problem(message: "its expirationTimestamp is not RFC 3339")
      }
      expires = seconds
    }
  }

  private static func authorization(_ status: Node) throws(Problem) -> Redacted<String>? {
    guard let text = status["token"]?.string, !text.isEmpty else { return nil }
    guard let token = BearerToken.cleaned(Array(text.utf8)) else {
      throw Problem(message: "its token holds characters that an HTTP header cannot carry")
    }
    return Redacted("Bearer " + token.reveal())
  }

  private static func certificate(_ status: Node) throws(Problem) -> HTTPClientCertificate? {
    let chain = Array((status["clientCertificateData"]?.string ?? "").utf8)
    let key = Array((status["clientKeyData"]?.string ?? "").utf8)
    guard !chain.isEmpty || !key.isEmpty else { return nil }
    guard PEM.hasCertificate(chain), PEM.hasPrivateKey(key) else {
      throw Problem(message: "its client certificate and key are not both PEM")
    }
    return HTTPClientCertificate(chain: chain, key: key)
  }
}
