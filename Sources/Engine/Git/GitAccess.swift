package import Manifest

/// How a repository lets us in.
package enum GitCredentials: Sendable, Equatable {
  case none
  /// HTTP: a user and a password or token. Servers that take a bare token ignore the user, which must not be empty.
  case password(user: String, Redacted<String>)
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
    case .password(_, let password): [password.reveal()]
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

  package var credentials: GitCredentials
  package var hostKeys: HostKeys
  /// A PEM file of certificate authorities, beside the system's when nil.
  package var authorityFile: String?
  /// No TLS verification; only where the user says so.
  package var insecureTLS: Bool

  package init(
    credentials: GitCredentials = .none, hostKeys: HostKeys = .ofUser, authorityFile: String? = nil,
    insecureTLS: Bool = false
  ) {
    self.credentials = credentials
    self.hostKeys = hostKeys
    self.authorityFile = authorityFile
    self.insecureTLS = insecureTLS
  }

  /// Credentials that the address carries serve where none are known.
  func completed(for url: GitURL) -> GitAccess {
    guard credentials == .none else { return self }
    var access = self
    access.credentials = url.embedded
    return access
  }
}

/// Finds the access to a repository; asked before each command, so that renewed credentials are used at once.
package typealias GitAccessProvider = @Sendable (GitURL) async throws -> GitAccess
