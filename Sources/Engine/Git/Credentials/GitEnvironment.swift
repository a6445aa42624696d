import Manifest

/// What git is told, through its environment, of how to reach one repository.
///
/// Credentials are confined to the repository's origin, so that a redirect to another host gets none.
struct GitEnvironment {
  private let access: GitAccess
  private let url: GitURL
  private let files: AccessFiles
  private var settings: [(key: String, value: String)] = [("credential.helper", "")]
  private(set) var variables: [String: String] = [:]

  /// - Throws: ``Failure`` `git.authentication` for credentials that cannot be passed on.
  init(access: GitAccess, url: GitURL, files: AccessFiles) throws {
    self.access = access
    self.url = url
    self.files = files
    switch url.transport {
    case .https, .http: try reachOverHTTP()
    case .ssh:
      variables["GIT_SSH_COMMAND"] = sshCommand
      variables["GIT_SSH_VARIANT"] = "ssh"
    case .file: break
    }
    variables["GIT_CONFIG_COUNT"] = String(settings.count)
    for (index, setting) in settings.enumerated() {
      variables["GIT_CONFIG_KEY_\(index)"] = setting.key
      variables["GIT_CONFIG_VALUE_\(index)"] = setting.value
    }
  }

  // MARK: HTTP

  private mutating func reachOverHTTP() throws {
    try giveCredentials()
    if let file = access.authorityFile { settings.append(("http.sslCAInfo", file)) }
    if access.insecureTLS { settings.append(("http.sslVerify", "false")) }
    if let certificate = files.certificate, let key = files.certificateKey {
      settings += [("http.sslCert", certificate), ("http.sslKey", key)]
    }
    if let proxy = access.proxy {
      settings.append(("http.proxy", proxy.url.reveal()))
      // Those of the hub's own environment are for the hub's own proxy.
      for name in ["no_proxy", "NO_PROXY"] { variables[name] = proxy.exceptions }
    }
  }

  private mutating func giveCredentials() throws {
    switch access.credentials {
    case .password(let user, let password) where access.sendsPasswordUnasked:
      try authorize("Basic " + Base64.encode(Array("\(user):\(password.reveal())".utf8)))
    case .password(let user, let password):
      let origin = try origin(for: [user, password.reveal()])
      variables["MUSTER_GIT_USER"] = user
      variables["MUSTER_GIT_PASSWORD"] = password.reveal()
      settings.append(("credential.\(origin).helper", Self.helper))
    case .bearer(let token): try authorize("Bearer " + token.reveal())
    case .none, .sshKey, .sshKeyFile: break
    }
  }

  private mutating func authorize(_ value: String) throws {
    let origin = try origin(for: [value])
    settings.append(("http.\(origin).extraHeader", "Authorization: " + value))
    // git would send the header to wherever it was sent on to.
    settings.append(("http.followRedirects", "false"))
  }

  private func origin(for texts: [String]) throws -> String {
    guard let origin = url.origin, texts.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x20 } }) else {
      throw GitFailure.unusableCredentials(url)
    }
    return origin
  }

  /// `printf` is built into the shell: the password does not become an argument of a process.
  private static let helper =
    #"!f() { test "$1" = get && printf 'username=%s\npassword=%s\n' "$MUSTER_GIT_USER" "$MUSTER_GIT_PASSWORD"; }; f"#

  // MARK: ssh

  private var sshCommand: String {
    var words = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "-o", "ServerAliveInterval=15"]
    if let key = files.sshKey {
      words += ["-F", "/dev/null", "-o", "IdentitiesOnly=yes", "-i", Self.quoted(key)]
    }
    switch access.hostKeys {
    case .ofUser: words += ["-o", "StrictHostKeyChecking=yes"]
    case .knownHostsFile(let file):
      words += ["-o", "StrictHostKeyChecking=yes", "-o", Self.quoted("UserKnownHostsFile=\"\(file)\"")]
      words += ["-o", "GlobalKnownHostsFile=/dev/null"]
    case .unchecked:
      words += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
    }
    return words.joined(separator: " ")
  }

  /// One word for the shell that reads `GIT_SSH_COMMAND`.
  private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: #"'\''"#) + "'" }
}
