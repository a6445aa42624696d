import Foundation
import HTTPClient
import Kubernetes
import Logging
import Manifest
import Testing

@testable import Engine

@Suite struct RepositorySecretTests {
  private static let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----\n"

  /// A Secret as people write it; `fields` are lines of its `stringData`.
  private static func secret(_ name: String, _ kind: String, _ fields: [String], namespace: String = "") -> String {
    """
    ---
    apiVersion: v1
    kind: Secret
    metadata:
      name: \(name)
      namespace: "\(namespace)"
      labels: {argocd.argoproj.io/secret-type: \(kind)}
    stringData:
    \(fields.map { "  " + $0 }.joined(separator: "\n"))

    """
  }

  private static func objects(_ text: String) throws -> [Node] {
    try YAML.parse(Array(text.utf8), file: "control.yaml", options: YAML.Options(schema: .yaml11))
  }

  /// Who is let in, as `user:password`, `bearer:token`, `key` or nothing.
  private static func name(_ credentials: GitCredentials) -> String {
    switch credentials {
    case .none: ""
    case .password(let user, let password): "\(user):\(password.reveal())"
    case .bearer(let token): "bearer:" + token.reveal()
    case .sshKey: "key"
    case .sshKeyFile(let path): "file:" + path
    }
  }

  @Test func addressesAreComparedAsArgoCDDoes() throws {
    // Of the Secret, of the repository, whether it is that, whether it begins with it.
    let table: [(secret: String, url: String, isSame: Bool, isBeginning: Bool)] = [
      ("https://github.com/org/app", "https://github.com/org/app.git", true, true),
      ("https://GitHub.com/Org/App.git", "https://github.com/org/app", true, true),
      ("https://github.com/org/app.git/", "https://github.com/org/app", true, true),
      (" https://someone@github.com:443/org/app ", "https://github.com/org/app/", true, true),
      ("git@github.com:org/app.git", "ssh://git@github.com/org/app", true, true),
      ("ssh://git@github.com:22/org/app", "git@github.com:org/app.git", true, true),
      ("https://github.com/org", "https://github.com/org/app", false, true),
      ("https://github.com/org/", "https://github.com/org/app", false, true),
      ("https://github.com/org/", "https://github.com/organ/app", false, false),
      ("https://github.com/org", "https://github.com/organ/app", false, true),
      ("https://github.com", "https://github.com/org/app", false, true),
      ("https://github.com", "https://github.com.evil.test/org/app", false, false),
      ("https://github.com:8443", "https://github.com/org/app", false, false),
      ("https://github.com", "http://github.com/org/app", false, false),
      ("git@github.com:", "git@github.com:org/app", false, true),
      ("git@github.com", "git@github.com:org/app", false, true),
      ("git@github.com:org/", "ssh://other@github.com/org/app", false, false),
      ("https://charts.example.org", "https://charts.example.org/-", true, true),
    ]
    for row in table {
      let pattern = try #require(RepositoryPattern(row.secret), "\(row.secret)")
      let url = try GitURL(row.url)
      #expect(pattern.isAddress(of: url) == row.isSame, "\(row)")
      #expect(pattern.isBeginning(of: url) == row.isBeginning, "\(row)")
    }
    let registry = try GitURL("https://registry.example.org/charts/web")
    for text in ["registry.example.org/charts/web", "oci://registry.example.org/charts/web"] {
      #expect(RepositoryPattern(text, isChart: true)?.isAddress(of: registry) == true, "\(text)")
    }
    for text in ["", "  ", "nothing", "ext::sh", "-x", "https://", "git://host/x", "https://a b/c", "\n"] {
      #expect(RepositoryPattern(text) == nil, "\(text)")
    }
  }

  @Test func theNearestSecretLetsIn() throws {
    let secrets = try Self.objects(
      Self.secret("own", "repository", ["url: https://h/org/own", "username: a", "password: b"])
        + Self.secret("bare", "repository", ["url: https://h/org/bare", "insecure: \"true\"", "proxy: http://p:1"])
        + Self.secret("project", "repository", ["url: https://h/org/own", "project: x", "password: c"])
        + Self.secret("only", "repository", ["url: https://h/org/only", "project: x", "password: 0123"])
        + Self.secret("host", "repo-creds", ["url: https://h", "password: host"])
        + Self.secret("org", "repo-creds", ["url: https://h/org", "bearerToken: org"])
        + Self.secret("key", "repo-creds", ["url: \"git@h:\"", "sshPrivateKey: |", "  x"])
        + Self.secret("push", "repository-write", ["url: https://h/org/own", "password: push"])
        + Self.secret("pushes", "repo-write-creds", ["url: https://h/w", "username: w", "password: push"])
        + Self.secret("cluster", "cluster", ["server: https://h/org/own", "name: x"]))
    let credentials = RepositoryCredentials(secrets)
    #expect(credentials.problems.isEmpty)
    let folder = try TemporaryFolder()
    let table: [(url: String, reading: String, pushing: String)] = [
      ("https://h/org/own.git", "a:b", "x-access-token:push"), ("https://h/org/bare", "bearer:org", "bearer:org"),
      ("https://h/org/only", "x-access-token:0123", "x-access-token:0123"),
      ("https://h/other/app", "x-access-token:host", "x-access-token:host"),
      ("https://h/w/app", "x-access-token:host", "w:push"), ("https://elsewhere/org/own", "", ""),
      ("git@h:org/app", "key", "key"), ("ssh://git@elsewhere/x", "", ""), ("/srv/git/app", "", ""),
    ]
    for row in table {
      let url = try GitURL(row.url)
      let files = TrustFiles(directory: folder.path)
      #expect(
        try Self.name(credentials.access(to: url, for: .reading, files: files).credentials) == row.reading, "\(row)")
      #expect(
        try Self.name(credentials.access(to: url, for: .pushing, files: files).credentials) == row.pushing, "\(row)")
    }
    let bare = try credentials.access(
      to: GitURL("https://h/org/bare"), for: .reading, files: TrustFiles(directory: folder.path))
    #expect(bare.insecureTLS && bare.proxy == .init(url: Redacted("http://p:1"), exceptions: ""))
  }

  @Test func whatCannotBeUsedSaysSo() throws {
    let folder = try TemporaryFolder()
    let table: [(fields: [String], url: String, words: String)] = [
      (["githubAppID: 1", "githubAppPrivateKey: hush-hush"], "https://h/a", "GitHub App is not supported"),
      (["gcpServiceAccountKey: hush-hush"], "https://h/a", "Google service account"),
      (["useAzureWorkloadIdentity: true"], "https://h/a", "Azure workload"),
      (["azureServicePrincipalClientSecret: hush-hush"], "https://h/a", "Azure service principal"),
      (["tlsClientCertData: hush-hush", "password: hush-hush"], "https://h/a", "go together"),
      (["tlsClientCertKey: hush-hush"], "https://h/a", "go together"),
      (["password: hush-hush", "insecure: yes-please"], "https://h/a", "insecure is neither"),
      (["sshPrivateKey: hush-hush", "proxy: http://u:hush-hush@p"], "git@h:a", "https and http only"),
    ]
    for row in table {
      let secret = Self.secret("s", "repository", ["url: \(row.url)"] + row.fields)
      let credentials = RepositoryCredentials(try Self.objects(secret))
      do {
        _ = try credentials.access(to: GitURL(row.url), for: .reading, files: TrustFiles(directory: folder.path))
        Issue.record("no failure: \(row)")
      } catch let failure as Failure {
        #expect(failure.code == "git.credentials" && failure.message.hasPrefix("Secret 's': "), "\(row)")
        #expect(failure.message.contains(row.words), "\(failure.message)")
        #expect(!"\(failure)".contains("hush-hush"))
      }
    }
    let undecoded = try Self.objects(
      "{kind: Secret, metadata: {name: s, labels: {argocd.argoproj.io/secret-type: repository}}, "
        + "data: {url: '!', password: '?'}}")
    #expect(RepositoryCredentials(undecoded).problems == ["Secret 's': data.url is not base64 of UTF-8 text"])
  }

  @Test func dataIsDecodedAndEndsOfLinesAreNoneOfIt() throws {
    func coded(_ text: String) -> String { Base64.encode(Array(text.utf8)) }
    let secret = """
      kind: Secret
      metadata: {name: s, labels: {argocd.argoproj.io/secret-type: repository}}
      data: {url: \(coded("https://h/a\n")), username: \(coded("me\n")), password: \(coded("from data"))}
      stringData: {password: "as text\\r\\n"}
      """
    let folder = try TemporaryFolder()
    let access = try RepositoryCredentials(try Self.objects(secret)).access(
      to: GitURL("https://h/a"), for: .reading, files: TrustFiles(directory: folder.path))
    #expect(Self.name(access.credentials) == "me:as text")
  }

  @Test func serversAreKnownByConfigMaps() throws {
    let objects = try Self.objects(
      """
      kind: ConfigMap
      metadata: {name: argocd-ssh-known-hosts-cm}
      data: {ssh_known_hosts: "h ssh-ed25519 AAAA"}
      ---
      kind: ConfigMap
      metadata: {name: argocd-tls-certs-cm}
      data: {Git.example.org: "-----BEGIN CERTIFICATE-----"}
      """)
    let folder = try TemporaryFolder()
    let credentials = RepositoryCredentials(objects)
    func access(_ url: String) throws -> GitAccess {
      try credentials.access(to: GitURL(url), for: .reading, files: TrustFiles(directory: folder.path))
    }
    let https = try access("https://git.example.org:8443/a")
    let authority = try #require(https.authorityFile)
    #expect(try String(contentsOfFile: authority, encoding: .utf8) == "-----BEGIN CERTIFICATE-----\n")
    #expect(https.hostKeys == .ofUser)
    #expect(try access("https://other.example.org/a").authorityFile == nil)
    let ssh = try access("git@h:a")
    guard case .knownHostsFile(let hosts) = ssh.hostKeys else {
      Issue.record("\(ssh.hostKeys)")
      return
    }
    #expect(try String(contentsOfFile: hosts, encoding: .utf8) == "h ssh-ed25519 AAAA\n")
    #expect(ssh.authorityFile == nil)
    // The same text is the same file; another hub's are cleared away.
    #expect(try access("git@other:b").hostKeys == ssh.hostKeys)
    _ = try GitMirrors(directory: folder.path)
    #expect(!FileManager.default.fileExists(atPath: hosts))
  }

  /// Each part of the access, as git and the programs under it see it.
  @Test func gitIsToldThroughItsEnvironment() async throws {
    let folder = try TemporaryFolder()
    let commands = try GitCommands(directory: folder.path)
    func seen(_ url: String, _ access: GitAccess) async throws -> String {
      let result = try await commands.remote(
        [
          "-c", "alias.told=!git config --list; env; for f in ${KEYS:-key-*}; do echo \"FILE $(cat $f)\"; done", "told",
        ],
        in: nil, url: try GitURL(url), access: access, stage: "look", deadline: .seconds(60))
      return String(decoding: result.output, as: UTF8.self)
    }
    let https = try await seen(
      "https://h:8443/a",
      GitAccess(
        credentials: .bearer(Redacted("tok")), authorityFile: "/ca",
        clientCertificate: .init(chain: Redacted("the chain"), key: Redacted("the key")), insecureTLS: true,
        proxy: .init(url: Redacted("http://u:p@proxy:3128"), exceptions: "a.test,b.test")))
    for line in [
      "http.https://h:8443.extraheader=Authorization: Bearer tok", "http.followredirects=false", "http.sslcainfo=/ca",
      "http.sslverify=false", "http.proxy=http://u:p@proxy:3128", "no_proxy=a.test,b.test", "NO_PROXY=a.test,b.test",
      "FILE the chain", "FILE the key",
    ] { #expect(https.contains("\n" + line + "\n"), "\(line)") }
    #expect(https.contains("http.sslcert=\(folder.path)/key-") && https.contains("http.sslkey=\(folder.path)/key-"))
    let ssh = try await seen(
      "git@h:a", GitAccess(credentials: .sshKey(Redacted(Self.key)), hostKeys: .knownHostsFile("/hosts")))
    let command = try #require(ssh.split(separator: "\n").first { $0.hasPrefix("GIT_SSH_COMMAND=") })
    #expect(command.contains("UserKnownHostsFile=\"/hosts\"") && command.contains("StrictHostKeyChecking=yes"))
    #expect(command.contains("-i '\(folder.path)/key-") && ssh.contains("FILE -----BEGIN OPENSSH PRIVATE KEY-----"))
    // A key for ssh is none of a server's that is asked over https, and a password is none of ssh's.
    let other = try await seen("https://h/a", GitAccess(credentials: .sshKey(Redacted(Self.key))))
    #expect(!other.contains("BEGIN OPENSSH") && !other.contains("GIT_SSH_COMMAND"))
    #expect(try await !seen("git@h:a", GitAccess(credentials: .bearer(Redacted("tok")))).contains("tok"))
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(!left.contains { $0.hasPrefix("key-") })
  }

  @Test func secretsOfTheFolderReachTheServerAndAreReadAgain() async throws {
    let spy = try CredentialSpy(secret: "first-token")
    let address = "http://127.0.0.1:\(spy.port)/org/app.git"
    let folder = try TemporaryFolder()
    func write(_ fields: [String]) throws {
      try folder.write(Self.secret("app", "repository", ["url: \(address)"] + fields), to: "control/app.yaml")
    }
    try write(["username: me", "password: first-token"])
    let access = RepositoryAccess(
      controlFolder: folder.path + "/control", directory: folder.path + "/git", life: .zero,
      logger: Logger(label: "test"))
    let mirrors = try GitMirrors(directory: folder.path + "/git", access: access.provider)
    let url = try GitURL(address)
    let failure = await expectFailure("git.not-found") { try await mirrors.resolve(url, revision: "main") }
    #expect(spy.authorizations.last == "Basic " + Base64.encode(Array("me:first-token".utf8)))
    #expect(spy.sight.argumentsWithSecret.isEmpty && !failure.debugDescription.contains("first-token"))
    try write(["bearerToken: first-token"])
    await expectFailure("git.not-found") { try await mirrors.resolve(url, revision: "main", freshness: .now) }
    #expect(spy.authorizations.last == "Bearer first-token")
    let asked = spy.sight.requests.count
    try write(["username: me", "password: first-token", "bearerToken: other", "forceHttpBasicAuth: \"true\""])
    await expectFailure("git.not-found") { try await mirrors.resolve(url, revision: "main", freshness: .now) }
    #expect(spy.authorizations.last == "Basic " + Base64.encode(Array("me:first-token".utf8)))
    #expect(spy.sight.requests.count == asked + 1, "it was asked for")
    #expect(spy.sight.argumentsWithSecret.isEmpty)
    for file in FileManager.default.enumerator(atPath: folder.path + "/git")?.compactMap({ $0 as? String }) ?? [] {
      let content = FileManager.default.contents(atPath: folder.path + "/git/" + file) ?? Data()
      #expect(content.range(of: Data("first-token".utf8)) == nil, "\(file)")
    }
  }

  @Test func aBearerTokenIsNotSentOnToAnotherHost() async throws {
    let thief = try CredentialSpy(secret: "bearer-token")
    let spy = try CredentialSpy(secret: "bearer-token", redirect: "http://127.0.0.1:\(thief.port)")
    let test = try TestMirrors(access: GitAccess(credentials: .bearer(Redacted("bearer-token"))))
    await #expect(throws: Failure.self) {
      try await test.mirrors.resolve(GitURL("http://127.0.0.1:\(spy.port)/org/app.git"), revision: "main")
    }
    #expect(spy.authorizations == ["Bearer bearer-token"])
    #expect(thief.sight.requests.isEmpty && thief.authorizations.isEmpty)
  }

  /// Nobody has to start the hub again, or to wait until a repository that refused it is due.
  @Test func aRepositoryIsAskedAgainWhenItsCredentialsChange() async throws {
    let spy = try CredentialSpy(secret: "second-token")
    let address = "http://127.0.0.1:\(spy.port)/org/app.git"
    let folder = try TemporaryFolder()
    let access = RepositoryAccess(
      controlFolder: folder.path, directory: folder.path + "/git", life: .zero, logger: Logger(label: "test"))
    var options = GitMirrors.Options()
    options.pollInterval = .seconds(3_600)
    let mirrors = try GitMirrors(directory: folder.path + "/git", options: options, access: access.provider)
    let url = try GitURL(address)
    await expectFailure("git.authentication") { try await mirrors.resolve(url, revision: "main") }
    #expect(spy.authorizations.isEmpty)
    try folder.write(
      Self.secret("all", "repo-creds", ["url: http://127.0.0.1:\(spy.port)", "password: second-token"]), to: "a.yaml")
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await mirrors.run() }
      for _ in 0..<600 where spy.authorizations.isEmpty { try await Task.sleep(for: .milliseconds(50)) }
      group.cancelAll()
    }
    #expect(spy.authorizations.last == "Basic " + Base64.encode(Array("x-access-token:second-token".utf8)))
  }

  @Test func secretsOfTheManagementClusterStandBehindThoseOfTheFolder() async throws {
    let folder = try TemporaryFolder()
    try folder.write(
      Self.secret("here", "repository", ["url: https://h/here", "password: folder"], namespace: "argocd")
        + Self.secret("elsewhere", "repository", ["url: https://h/elsewhere", "password: x"], namespace: "other"),
      to: "a.yaml")
    @Sendable func item(_ name: String, _ url: String) -> String {
      #"{"metadata": {"name": "\#(name)", "labels": {"argocd.argoproj.io/secret-type": "repository"}}, "data": "#
        + #"{"url": "\#(Base64.encode(Array(url.utf8)))", "password": "\#(Base64.encode(Array("cluster".utf8)))"}}"#
    }
    let answers = Counter()
    let transport = AnsweringTransport { request in
      if answers.value > 0, request.url.contains("/secrets") { throw TransportError.unreachable(reason: "refused") }
      if request.url.contains("/secrets?") {
        let items = [item("b", "https://h/here"), item("c", "https://h/there")].joined(separator: ", ")
        return HTTPResponse(200, #"{"kind": "SecretList", "apiVersion": "v1", "metadata": {}, "items": [\#(items)]}"#)
      }
      guard request.url.hasSuffix("/configmaps/argocd-ssh-known-hosts-cm") else {
        return HTTPResponse(404, #"{"kind": "Status", "code": 404}"#)
      }
      return HTTPResponse(
        200,
        #"{"kind": "ConfigMap", "metadata": {"name": "argocd-ssh-known-hosts-cm"}, "data": {"ssh_known_hosts": "h k"}}"#
      )
    }
    let management = ManagementCluster(namespace: "argocd", transport: transport, userAgent: "test") {
      ClusterAccess(server: "https://m", endpoint: HTTPEndpoint(), credentials: StaticCredentials.none)
    }
    let access = RepositoryAccess(
      controlFolder: folder.path, management: management, directory: folder.path, life: .zero,
      logger: Logger(label: "test"))
    let provider = access.provider
    for _ in 0..<2 {
      #expect(try await Self.name(provider(GitURL("https://h/here")).credentials) == "x-access-token:folder")
      #expect(try await Self.name(provider(GitURL("https://h/there")).credentials) == "x-access-token:cluster")
      #expect(try await Self.name(provider(GitURL("https://h/elsewhere")).credentials) == "")
      #expect(try await provider(GitURL("git@h:x")).hostKeys != .ofUser)
      // What was known goes on to count while the cluster does not answer.
      answers.increment()
    }
    let asked = transport.requests.map(\.url)
    #expect(asked.contains { $0.contains("labelSelector=argocd.argoproj.io") && $0.contains("repo-creds") }, "\(asked)")
  }

  @Test func aClusterThatMayNotBeListedLeavesTheOthersAlone() async throws {
    let folder = try TemporaryFolder()
    let transport = AnsweringTransport { _ in
      HTTPResponse(
        403, #"{"kind": "Status", "status": "Failure", "reason": "Forbidden", "code": 403, "message": "no"}"#)
    }
    let management = ManagementCluster(namespace: "argocd", transport: transport, userAgent: "test") {
      ClusterAccess(server: "https://m", endpoint: HTTPEndpoint(), credentials: StaticCredentials.none)
    }
    let access = RepositoryAccess(
      management: management,
      objects: try Self.objects(Self.secret("a", "repository", ["url: https://h/a", "password: x"])),
      directory: folder.path, logger: Logger(label: "test"))
    #expect(try await Self.name(access.provider(GitURL("https://h/a")).credentials) == "x-access-token:x")
    #expect(try await access.provider(GitURL("https://h/b")) == GitAccess())
  }
}

extension CredentialSpy {
  /// The values of the header, in order.
  fileprivate var authorizations: [String] {
    sight.authorizations.map { String($0.dropFirst("Authorization: ".count)) }
  }
}
