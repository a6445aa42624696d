import Manifest

/// Which of the repository Secrets that are known lets us into which repository, and what its server is known by.
struct RepositoryCredentials: Sendable {
  enum Purpose: Sendable {
    case reading
    case pushing
  }

  private static let hostsName = "argocd-ssh-known-hosts-cm"
  private static let authoritiesName = "argocd-tls-certs-cm"
  /// ConfigMaps that are looked up by name, the one with host keys and the one with authorities.
  static let configMaps = [hostsName, authoritiesName]

  private let secrets: [RepositorySecret]
  /// Lines of `known_hosts`; nil where nobody gave any.
  private let knownHosts: String?
  /// PEM by the server's name.
  private let authorities: [String: String]

  /// - Parameter objects: Secrets and ConfigMaps; of two that say the same the first counts.
  init(_ objects: [Node]) {
    // What is for all projects goes before what is for one: mirrors belong to no project.
    let read = objects.compactMap { RepositorySecret($0) }
    secrets = read.filter(\.project.isEmpty) + read.filter { !$0.project.isEmpty }
    func data(_ name: String) -> Mapping? {
      objects.first { $0["kind"]?.string == "ConfigMap" && $0["metadata"]?["name"]?.string == name }?["data"]?.mapping
    }
    knownHosts = data(Self.hostsName)?["ssh_known_hosts"]?.string
    var authorities: [String: String] = [:]
    for member in data(Self.authoritiesName) ?? [:] {
      guard let pem = member.value.string, !pem.isEmpty else { continue }
      authorities[member.key.lowercased()] = pem
    }
    self.authorities = authorities
  }

  /// What is wrong with Secrets, without their values.
  var problems: [String] { secrets.compactMap { secret in secret.problem.map { "Secret '\(secret.name)': \($0)" } } }

  /// - Throws: ``Failure`` `git.credentials` where the Secret for this repository cannot be used, `git.data-directory`.
  func access(to url: GitURL, for purpose: Purpose, files: TrustFiles) throws -> GitAccess {
    var access = GitAccess()
    if url.transport == .ssh, let knownHosts {
      access.hostKeys = .knownHostsFile(try files.path(of: knownHosts))
    }
    if url.transport == .https, let pem = url.host.flatMap({ authorities[$0] }) {
      access.authorityFile = try files.path(of: pem)
    }
    guard let secret = secret(for: url, purpose) else { return access }
    if let problem = secret.problem { throw Self.failure(secret, url, problem) }
    if url.transport == .ssh {
      try secret.openSSH(&access, url)
    } else {
      try secret.openHTTP(&access, url)
    }
    return access
  }

  /// A push takes what is for pushing and, where there is nothing, what is for reading.
  private func secret(for url: GitURL, _ purpose: Purpose) -> RepositorySecret? {
    switch purpose {
    case .reading: secret(for: url, .repository, .credentials)
    case .pushing: secret(for: url, .writing, .writingCredentials) ?? secret(for: url, .repository, .credentials)
    }
  }

  /// The Secret of the address itself; where it has no credentials, or there is none, the one with the longest beginning.
  private func secret(
    for url: GitURL, _ own: RepositorySecret.Kind, _ shared: RepositorySecret.Kind
  ) -> RepositorySecret? {
    let known = secrets.first { $0.kind == own && $0.address?.isAddress(of: url) == true }
    if let known, !known.login.isEmpty { return known }
    var template: RepositorySecret?
    for secret in secrets where secret.kind == shared && secret.address?.isBeginning(of: url) == true {
      if (secret.address?.length ?? 0) > (template?.address?.length ?? 0) { template = secret }
    }
    guard let template else { return known }
    return known?.completed(from: template) ?? template
  }

  fileprivate static func failure(_ secret: RepositorySecret, _ url: GitURL, _ reason: String) -> Failure {
    Failure(
      "git.credentials", subject: GitFailure.subject(url), stage: "connect", "Secret '\(secret.name)': \(reason)",
      retry: .backOff)
  }
}

extension RepositorySecret {
  /// The user where a Secret names none: servers that take a token do not look at it (Argo CD, `util/git/creds.go`).
  private static let anyUser = "x-access-token"

  fileprivate func openHTTP(_ access: inout GitAccess, _ url: GitURL) throws {
    let forcesBasic = login.forcesBasic && !login.password.reveal().isEmpty
    access.sendsPasswordUnasked = forcesBasic
    if !login.bearerToken.reveal().isEmpty, !forcesBasic {
      access.credentials = .bearer(login.bearerToken)
    } else if !login.user.reveal().isEmpty || !login.password.reveal().isEmpty {
      let user = login.user.reveal()
      access.credentials = .password(user: user.isEmpty ? Self.anyUser : user, login.password)
    }
    let hasChain = !login.certificate.reveal().isEmpty
    guard hasChain == !login.certificateKey.reveal().isEmpty else {
      throw RepositoryCredentials.failure(self, url, "tlsClientCertData and tlsClientCertKey go together")
    }
    if hasChain { access.clientCertificate = .init(chain: login.certificate, key: login.certificateKey) }
    if access.credentials == .none { try refuseForeign(url) }
    access.insecureTLS = isInsecure
    if !login.proxy.reveal().isEmpty {
      access.proxy = .init(url: login.proxy, exceptions: login.proxyExceptions)
    }
  }

  fileprivate func openSSH(_ access: inout GitAccess, _ url: GitURL) throws {
    if login.sshKey.reveal().isEmpty {
      try refuseForeign(url)
    } else {
      access.credentials = .sshKey(login.sshKey)
    }
    if isInsecure { access.hostKeys = .unchecked }
    guard login.proxy.reveal().isEmpty else {
      throw RepositoryCredentials.failure(
        self, url, "a proxy is used for https and http only; take it out, or use the repository's https address")
    }
  }

  private func refuseForeign(_ url: GitURL) throws {
    guard let foreign = login.foreign else { return }
    throw RepositoryCredentials.failure(
      self, url,
      "signing in as \(foreign) is not supported; give it username and password (an access token), bearerToken or "
        + "sshPrivateKey")
  }
}
