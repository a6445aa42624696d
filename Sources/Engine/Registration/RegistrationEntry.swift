package import Fleet
import HTTPClient
import Kubernetes
package import Manifest

/// What a person who registers a cluster hands in.
package struct RegistrationEntry: Sendable {
  package var name: ClusterName
  package var server: String
  package var clusterUID: String
  /// Nil keeps those of a registration that is renewed; so do nil namespaces.
  package var labels: [String: String]?
  package var namespaces: [String]?
  /// PEM; empty for the system's authorities.
  package var caData: [UInt8] = []
  package var tlsServerName = ""
  /// Takes any certificate.
  package var insecureSkipTLSVerify = false
  /// May carry a password.
  package var proxyURL: Redacted<String>?
  package var token: Redacted<String>
  /// Seconds since 1970; nil for a token without an end.
  package var expiresAt: Double?

  package init(name: ClusterName, server: String, clusterUID: String, token: Redacted<String>) {
    self.name = name
    self.server = server
    self.clusterUID = clusterUID
    self.token = token
  }

  /// Why the cluster cannot be reached as it is said; nil when it may be. Never quotes what may be secret.
  package var problem: String? {
    if insecureSkipTLSVerify, !caData.isEmpty { return "'caData' and 'insecureSkipTLSVerify' exclude each other" }
    guard let proxyURL else { return nil }
    do {
      _ = try ServerURL(proxyURL.reveal(), role: .proxy)
      return nil
    } catch {
      return "'proxyURL' \(error.words)"
    }
  }

  /// How the hub will get there.
  var access: ClusterAccess {
    let trust: HTTPEndpoint.Trust = caData.isEmpty ? .system : .authorities(pem: caData)
    return ClusterAccess(
      server: server,
      endpoint: HTTPEndpoint(
        trust: insecureSkipTLSVerify ? .insecure : trust, serverName: tlsServerName.isEmpty ? nil : tlsServerName,
        proxy: proxyURL.map { HTTPSecret($0.reveal()) }),
      credentials: StaticCredentials(bearerToken: token))
  }
}
