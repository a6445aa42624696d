import Foundation
import SwiftASN1
import X509

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Certificates as Sprig makes them: a common name, addresses and names, for servers and clients.
struct CertificateText {
  struct Problem: Error {
    var message: String
  }

  var commonName: String
  var addresses: [String] = []
  var names: [String] = []
  /// Clamped to what a certificate's dates can hold.
  var days: Int
  var isAuthority = false
  /// Seconds since 1970.
  var now: Double
  /// 16 random bytes.
  var serial: [UInt8]

  /// - Parameter key: the holder's, PEM.
  /// - Parameter signer: nil for a certificate that signs itself.
  /// - Throws: ``Problem``, `PrivateKeyText.Problem`, or what the library refuses.
  func make(key: String, signer: GoCertificate? = nil) throws -> GoCertificate {
    let own = try PrivateKeyText.read(key)
    let subject = try DistinguishedName { CommonName(commonName) }
    let (issuer, signing, parent) = try signer.map(Self.parts) ?? (subject, own, nil)
    let certificate = try Certificate(
      version: .v3,
      serialNumber: Certificate.SerialNumber(bytes: [serial.first.map { $0 & 0x7F | 1 } ?? 1] + serial.dropFirst()),
      publicKey: own.publicKey, notValidBefore: Date(timeIntervalSince1970: now),
      notValidAfter: Date(timeIntervalSince1970: now + Double(min(max(days, -20_000), 2_500_000)) * 86_400),
      issuer: issuer, subject: subject, extensions: try extensions(own.publicKey, parent), issuerPrivateKey: signing)
    let text = try certificate.serializeAsPEM().pemString
    return GoCertificate(cert: text.hasSuffix("\n") ? text : text + "\n", key: key)
  }

  private static func parts(
    _ signer: GoCertificate
  ) throws -> (DistinguishedName, Certificate.PrivateKey, Certificate?) {
    let certificate = try read(signer.cert)
    return (certificate.subject, try PrivateKeyText.read(signer.key), certificate)
  }

  /// - Throws: ``Problem``
  static func read(_ pem: String) throws(Problem) -> Certificate {
    guard pem.contains("-----BEGIN ") else { throw Problem(message: "unable to decode certificate") }
    do {
      return try Certificate(pemEncoded: pem)
    } catch {
      throw Problem(message: "error parsing certificate")
    }
  }

  private func extensions(_ key: Certificate.PublicKey, _ parent: Certificate?) throws -> Certificate.Extensions {
    let alternatives = try addresses.map(Self.address) + names.map { GeneralName.dnsName($0) }
    let parentKey = try parent?.extensions.subjectKeyIdentifier?.keyIdentifier
    return try Certificate.Extensions {
      Critical(KeyUsage(digitalSignature: true, keyEncipherment: true, keyCertSign: isAuthority))
      try ExtendedKeyUsage([.serverAuth, .clientAuth])
      Critical(
        isAuthority ? BasicConstraints.isCertificateAuthority(maxPathLength: nil) : .notCertificateAuthority)
      if isAuthority { SubjectKeyIdentifier(hash: key) }
      if let parentKey { AuthorityKeyIdentifier(keyIdentifier: parentKey) }
      if !alternatives.isEmpty { SubjectAlternativeNames(alternatives) }
    }
  }

  /// - Throws: ``Problem`` for what is no IPv4 or IPv6 address.
  private static func address(_ text: String) throws -> GeneralName {
    for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] {
      var bytes = [UInt8](repeating: 0, count: size)
      if inet_pton(family, text, &bytes) == 1 { return .ipAddress(ASN1OctetString(contentBytes: bytes[...])) }
    }
    throw Problem(message: "error parsing ip: \(text.prefix(60))")
  }
}

/// Base64 in lines of 64 letters.
enum Base64Lines {
  static func of(_ bytes: [UInt8]) -> [String] {
    stride(from: 0, to: bytes.count, by: 48).map { Data(bytes[$0..<min($0 + 48, bytes.count)]).base64EncodedString() }
  }
}
