package import Manifest

/// How a repository lets us in.
package enum GitCredentials: Sendable, Equatable {
  case none
  /// HTTP: a user and a password or token. Servers that take a bare token ignore the user, which must not be empty.
  case password(user: String, Redacted<String>)
  /// HTTP: a token that goes into each request's `Authorization: Bearer`.
  case bearer(Redacted<String>)
  /// ssh: a private key in PEM or OpenSSH form, put into a 0600 file while a command runs.
  case sshKey(Redacted<String>)
  /// ssh: the path of a private key that stays where it is.
  case sshKeyFile(String)

  /// An access token, for servers that take it as the password of any user.
  package static func token(_ token: Redacted<String>) -> GitCredentials { .password(user: "git", token) }

  /// What must not appear in any message.
  var secrets: [String] {
    switch self {
    case .none, .sshKeyFile: []
    case .password(let user, let password):
      [password.reveal(), Base64.encode(Array("\(user):\(password.reveal())".utf8))]
    case .bearer(let token): [token.reveal()]
    case .sshKey(let key): [key.reveal()]
    }
  }
}

/// Credentials, and how the other side proves itself.
package struct GitAccess: Sendable, Equatable {
  package enum HostKeys: Sendable, Equatable {
    /// The known hosts of the user who runs the hub.
    case ofUser
    /// Entries in the form of `known_hosts`.
    case knownHostsFile(String)
    /// Any key; only where the user says so.
    case unchecked
  }

  /// What proves us beside the credentials, in PEM; put into 0600 files while a command runs.
  package struct ClientCertificate: Sendable, Equatable {
    package var chain: Redacted<String>
    package var key: Redacted<String>

    package init(chain: Redacted<String>, key: Redacted<String>) {
      self.chain = chain
      self.key = key
    }
  }

  /// The way to the server over HTTP.
  package struct Proxy: Sendable, Equatable {
    /// Its URL, which may carry a user and a password.
    package var url: Redacted<String>
    /// Hosts that it is not for, as `no_proxy` has them.
    package var exceptions: String

    package init(url: Redacted<String>, exceptions: String) {
      self.url = url
      self.exceptions = exceptions
    }
  }

  package var credentials: GitCredentials
  /// A password goes with the first request, for servers that do not ask for one.
  package var sendsPasswordUnasked = false
  package var hostKeys: HostKeys
  /// A PEM file of certificate authorities, beside the system's when nil.
  package var authorityFile: String?
  package var clientCertificate: ClientCertificate?
  /// No TLS verification; only where the user says so.
  package var insecureTLS: Bool
  /// The environment's when nil.
  package var proxy: Proxy?

  package init(
    credentials: GitCredentials = .none, hostKeys: HostKeys = .ofUser, authorityFile: String? = nil,
    clientCertificate: ClientCertificate? = nil, insecureTLS: Bool = false, proxy: Proxy? = nil
  ) {
    self.credentials = credentials
    self.hostKeys = hostKeys
    self.authorityFile = authorityFile
    self.clientCertificate = clientCertificate
    self.insecureTLS = insecureTLS
    self.proxy = proxy
  }

  /// Credentials that the address carries serve where none are known.
  func completed(for url: GitURL) -> GitAccess {
    guard credentials == .none else { return self }
    var access = self
    access.credentials = url.embedded
    return access
  }

  /// What must not appear in any message.
  var secrets: [String] {
    credentials.secrets + (clientCertificate.map { [$0.key.reveal()] } ?? []) + (proxy.map { [$0.url.reveal()] } ?? [])
  }
}

/// Finds the access to a repository; asked before each command, so that renewed credentials are used at once.
package typealias GitAccessProvider = @Sendable (GitURL) async throws -> GitAccess
