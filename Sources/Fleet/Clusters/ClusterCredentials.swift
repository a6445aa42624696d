package import Manifest

/// How the hub proves who it is to a cluster: nearly always a reference, so that nothing secret need be in Git.
package enum CredentialsReference: Sendable, Equatable {
  /// Credentials that Argo CD's Secret manifest carries itself.
  case inline(InlineCredentials)
  /// A context of a kubeconfig file on the hub's disk; nil for the hub's usual file, and for its current context.
  case kubeconfig(path: String?, context: String?)
  /// A file that holds a bearer token and is read anew when it changes.
  case tokenFile(String)
  case exec(ExecPlugin)
  /// The service account of the Pod that the hub runs in.
  case inCluster
  /// Kept by the hub, encrypted, since `muster cluster register`.
  case registered
}

/// What an Argo CD cluster Secret says in `config`.
package struct InlineCredentials: Sendable, Equatable {
  package struct Basic: Sendable, Equatable {
    package var username: String
    package var password: Redacted<String>
  }

  package struct ClientCertificate: Sendable, Equatable {
    /// PEM.
    package var certificate: [UInt8]
    /// PEM.
    package var key: Redacted<[UInt8]>
  }

  package var bearerToken: Redacted<String>?
  package var basic: Basic?
  package var clientCertificate: ClientCertificate?
  package var exec: ExecPlugin?

  package init(
    bearerToken: Redacted<String>? = nil, basic: Basic? = nil, clientCertificate: ClientCertificate? = nil,
    exec: ExecPlugin? = nil
  ) {
    self.bearerToken = bearerToken
    self.basic = basic
    self.clientCertificate = clientCertificate
    self.exec = exec
  }

  package var isEmpty: Bool { bearerToken == nil && basic == nil && clientCertificate == nil && exec == nil }
}

/// A program that prints credentials (client-go's exec credential plugins, KEP-541).
package struct ExecPlugin: Sendable, Equatable {
  package var apiVersion: String
  package var command: String
  package var args: [String]
  /// May hold secrets, so values are not shown.
  package var environment: [String: Redacted<String>]
  /// What to tell a user who has not installed ``command``; empty for nothing.
  package var installHint: String

  package init(
    apiVersion: String, command: String, args: [String] = [], environment: [String: Redacted<String>] = [:],
    installHint: String = ""
  ) {
    self.apiVersion = apiVersion
    self.command = command
    self.args = args
    self.environment = environment
    self.installHint = installHint
  }
}
