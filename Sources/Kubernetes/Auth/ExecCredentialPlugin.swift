package import Manifest

/// A program that prints credentials (KEP-541, `client.authentication.k8s.io`).
package struct ExecCredentialPlugin: Sendable, Equatable {
  package enum Version: String, Sendable, CaseIterable {
    case v1 = "client.authentication.k8s.io/v1"
    case v1beta1 = "client.authentication.k8s.io/v1beta1"
  }

  package var version: Version
  /// A bare name or an absolute path.
  package var command: String
  package var arguments: [String]
  package var environment: [String: Redacted<String>]
  /// What to tell a user who has not installed ``command``.
  package var installHint: String
  /// Hands the cluster's address and trust to the plugin.
  package var providesClusterInfo: Bool

  package init(
    version: Version, command: String, arguments: [String] = [], environment: [String: Redacted<String>] = [:],
    installHint: String = "", providesClusterInfo: Bool = false
  ) {
    self.version = version
    self.command = command
    self.arguments = arguments
    self.environment = environment
    self.installHint = installHint
    self.providesClusterInfo = providesClusterInfo
  }
}

/// What a plugin may be told of its cluster: `spec.cluster` of `KUBERNETES_EXEC_INFO`.
package struct ExecClusterInfo: Sendable {
  package var server: String
  package var tlsServerName: String?
  package var isInsecure: Bool
  /// PEM.
  package var authorities: [UInt8]?
  package var proxy: Redacted<String>?
  /// The kubeconfig's extension `client.authentication.k8s.io/exec`.
  package var config: Node?

  package init(
    server: String, tlsServerName: String? = nil, isInsecure: Bool = false, authorities: [UInt8]? = nil,
    proxy: Redacted<String>? = nil, config: Node? = nil
  ) {
    self.server = server
    self.tlsServerName = tlsServerName
    self.isInsecure = isInsecure
    self.authorities = authorities
    self.proxy = proxy
    self.config = config
  }

  var node: Node {
    var cluster: Mapping = ["server": .string(server)]
    if let tlsServerName { cluster["tls-server-name"] = .string(tlsServerName) }
    if isInsecure { cluster["insecure-skip-tls-verify"] = Node(.bool(true)) }
    if let authorities { cluster["certificate-authority-data"] = .string(Base64.encode(authorities)) }
    if let proxy { cluster["proxy-url"] = .string(proxy.reveal()) }
    if let config { cluster["config"] = config }
    return .mapping(cluster)
  }
}
