import Crypto
import Foundation
import NIOSSL
import X509

/// The CA of a simulated fleet, made at start: it signs one certificate a server, and client certificates.
///
/// ECDSA P-256 throughout; all servers share one key, so that a certificate costs one signature.
struct CertificateAuthority: Sendable {
  private let key: Certificate.PrivateKey
  private let serverKey: Certificate.PrivateKey
  private let certificate: Certificate
  private let notBefore: Date

  /// The CA's certificate, in PEM.
  let pem: String

  init() throws {
    let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    self.key = key
    serverKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
    // A little earlier than now: clocks differ.
    notBefore = Date(timeIntervalSinceNow: -3600)
    let name = try DistinguishedName { CommonName("simulated fleet") }
    certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey, notValidBefore: notBefore,
      notValidAfter: notBefore + Self.lifetime, issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
        Critical(KeyUsage(keyCertSign: true, cRLSign: true))
        SubjectKeyIdentifier(hash: key.publicKey)
      }, issuerPrivateKey: key)
    pem = try certificate.serializeAsPEM().pemString + "\n"
  }

  private static let lifetime: TimeInterval = 10 * 365 * 86_400

  /// What a server on `address` needs to speak TLS; it asks for a client certificate and lives without one.
  func serverContext(address: String) throws -> NIOSSLContext {
    let leaf = try issue(
      subject: DistinguishedName { CommonName(address) }, publicKey: serverKey.publicKey,
      usage: ExtendedKeyUsage([.serverAuth]),
      names: [.ipAddress(.init(contentBytes: Self.octets(of: address))), .dnsName("localhost")])
    let chain = try NIOSSLCertificate(bytes: Array(leaf.serializeAsPEM().pemString.utf8), format: .pem)
    let key = try NIOSSLPrivateKey(bytes: Array(serverKey.serializeAsPEM().pemString.utf8), format: .pem)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: [.certificate(chain)], privateKey: .privateKey(key))
    configuration.applicationProtocols = ["h2", "http/1.1"]
    configuration.minimumTLSVersion = .tlsv12
    configuration.trustRoots = .certificates([try NIOSSLCertificate(bytes: Array(pem.utf8), format: .pem)])
    configuration.certificateVerification = .optionalVerification
    return try NIOSSLContext(configuration: configuration)
  }

  /// A client certificate for `user` with its own key, both in PEM.
  func clientCertificate(user: String, groups: [String]) throws -> (certificate: String, key: String) {
    let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let subject = try DistinguishedName {
      for group in groups { OrganizationName(group) }
      CommonName(user)
    }
    let leaf = try issue(
      subject: subject, publicKey: key.publicKey, usage: ExtendedKeyUsage([.clientAuth]), names: [])
    return (try leaf.serializeAsPEM().pemString + "\n", try key.serializeAsPEM().pemString + "\n")
  }

  private func issue(
    subject: DistinguishedName, publicKey: Certificate.PublicKey, usage: ExtendedKeyUsage, names: [GeneralName]
  ) throws -> Certificate {
    try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey, notValidBefore: notBefore,
      notValidAfter: notBefore + Self.lifetime, issuer: certificate.subject, subject: subject,
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
        usage
        AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: key.publicKey).keyIdentifier)
        if !names.isEmpty { SubjectAlternativeNames(names) }
      }, issuerPrivateKey: key)
  }

  private static func octets(of address: String) -> ArraySlice<UInt8> {
    ArraySlice(address.split(separator: ".").compactMap { UInt8($0) })
  }
}
