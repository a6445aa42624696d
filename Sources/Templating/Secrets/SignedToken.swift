import CryptoExtras
import Foundation
package import Manifest

/// JSON web tokens (RFC 7519), signed with an RSA key: what a GitHub App shows to get a token of its own.
package enum SignedToken {
  /// `RS256`, which gives the same signature for the same claims.
  /// - Parameter key: PEM.
  /// - Returns: nil where the key is no RSA key.
  package static func rs256(_ claims: Mapping, key: Redacted<String>) -> Redacted<String>? {
    let header: Mapping = ["alg": .string("RS256"), "typ": .string("JWT")]
    let text = coded(JSON.write(.mapping(header))) + "." + coded(JSON.write(.mapping(claims)))
    guard let key = try? _RSA.Signing.PrivateKey(pemRepresentation: key.reveal()),
      let signature = try? key.signature(for: Array(text.utf8), padding: .insecurePKCS1v1_5)
    else { return nil }
    return Redacted(text + "." + coded(Array(signature.rawRepresentation)))
  }

  /// Base64 for URLs, without padding.
  private static func coded(_ bytes: [UInt8]) -> String {
    String(Base64.encode(bytes).prefix { $0 != "=" }).replacing("+", with: "-").replacing("/", with: "_")
  }
}
