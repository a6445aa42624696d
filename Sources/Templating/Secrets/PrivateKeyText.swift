import Crypto
import CryptoExtras
import Foundation
import X509

/// Private keys as PEM, in the forms that Go writes.
enum PrivateKeyText {
  enum Kind {
    case rsa(bits: Int)
    case ecdsa
    case ed25519
  }

  struct Problem: Error {
    var message: String
  }

  /// - Parameter random: gives as many bytes as asked for. RSA primes come from the library's own source.
  static func make(_ kind: Kind, random: (Int) -> [UInt8]) throws -> String {
    switch kind {
    case .rsa(let bits): return closed(try _RSA.Signing.PrivateKey(keySize: .init(bitCount: bits)).pemRepresentation)
    case .ed25519:
      // RFC 8410, section 7.
      let head: [UInt8] = [0x30, 0x2E, 2, 1, 0, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 4, 0x22, 4, 0x20]
      return pem("PRIVATE KEY", head + random(32))
    case .ecdsa:
      // Nearly every number is a key; the loop ends for a source that repeats itself, too.
      for _ in 0..<16 {
        if let key = try? P256.Signing.PrivateKey(rawRepresentation: random(32)) { return pem(key) }
      }
      return pem(P256.Signing.PrivateKey())
    }
  }

  /// RFC 5915.
  private static func pem(_ key: P256.Signing.PrivateKey) -> String {
    let curve: [UInt8] = [0xA0, 0x0A, 6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7]
    let body =
      [0x30, 0x77, 2, 1, 1, 4, 0x20] + Array(key.rawRepresentation) + curve + [0xA1, 0x44, 3, 0x42, 0]
      + Array(key.publicKey.x963Representation)
    return pem("EC PRIVATE KEY", body)
  }

  private static func pem(_ label: String, _ bytes: [UInt8]) -> String {
    let body = Array(Base64Lines.of(bytes))
    return "-----BEGIN \(label)-----\n" + body.joined(separator: "\n") + "\n-----END \(label)-----\n"
  }

  private static func closed(_ pem: String) -> String { pem.hasSuffix("\n") ? pem : pem + "\n" }

  /// - Throws: ``Problem``
  static func read(_ pem: String) throws(Problem) -> Certificate.PrivateKey {
    guard pem.contains("-----BEGIN ") else { throw Problem(message: "no PEM data in input") }
    do {
      return try Certificate.PrivateKey(pemEncoded: pem)
    } catch {
      // The library's own words may quote the key.
      throw Problem(message: "it is no RSA, EC or Ed25519 private key")
    }
  }
}
