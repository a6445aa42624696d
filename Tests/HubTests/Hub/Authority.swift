import Crypto
import Foundation
import HTTPClient
import X509

/// A certificate authority of a test's own.
struct Authority {
  private let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
  private let certificate: Certificate
  private let start = Date(timeIntervalSinceNow: -3600)
  let pem: [UInt8]

  init() throws {
    let name = try DistinguishedName { CommonName("test authority") }
    certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey, notValidBefore: start,
      notValidAfter: start + 86_400, issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
        Critical(KeyUsage(keyCertSign: true))
      }, issuerPrivateKey: key)
    pem = Array(try certificate.serializeAsPEM().pemString.utf8)
  }

  /// A certificate and its key.
  func issue(_ name: String, addresses: [[UInt8]] = [], validFor: TimeInterval = 86_400) throws -> HTTPClientCertificate
  {
    let own = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let names = [GeneralName.dnsName(name)] + addresses.map { .ipAddress(.init(contentBytes: $0[...])) }
    let leaf = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: own.publicKey, notValidBefore: start,
      notValidAfter: start + validFor, issuer: certificate.subject, subject: DistinguishedName { CommonName(name) },
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        SubjectAlternativeNames(names)
      }, issuerPrivateKey: key)
    return HTTPClientCertificate(
      chain: Array(try leaf.serializeAsPEM().pemString.utf8), key: Array(try own.serializeAsPEM().pemString.utf8))
  }
}
