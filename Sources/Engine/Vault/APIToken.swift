import Crypto
import Foundation
package import Manifest

/// A bearer token of the hub's API: 32 random bytes that are shown once and kept only as a hash.
package struct APIToken: Sendable {
  static let prefix = "muster_"

  package let text: Redacted<String>

  package static func random() -> APIToken {
    let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
    let encoded = bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
      "=", with: "")
    return APIToken(text: Redacted(prefix + encoded))
  }

  /// A token as a client sent it, whatever it is.
  package init(_ text: String) { self.text = Redacted(text) }

  private init(text: Redacted<String>) { self.text = text }

  /// SHA-256; a token has entropy enough to need no salt.
  var hash: [UInt8] { Array(SHA256.hash(data: Array(text.reveal().utf8))) }

  /// Compares in a time that does not depend on where they differ.
  func matches(_ hash: [UInt8]) -> Bool { ConstantTime.areEqual(self.hash, hash) }
}

/// Comparison of what an attacker may try to guess byte by byte.
enum ConstantTime {
  static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    var difference: UInt8 = 0
    for (x, y) in zip(a, b) { difference |= x ^ y }
    return difference == 0
  }
}
