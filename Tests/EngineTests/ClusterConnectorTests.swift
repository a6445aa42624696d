import Engine
import Fleet
import HTTPClient
import Kubernetes
import Manifest
import Synchronization
import Testing

/// How manifests, kubeconfigs and the environment become access.
struct ClusterConnectorTests {
  private static let pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
  private static let otherPEM = "-----BEGIN CERTIFICATE-----\nAQ==\n-----END CERTIFICATE-----\n"
  private static let key = "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"

  static func connector(_ files: [String: String], _ variables: [String: String] = [:]) -> ClusterConnector {
    let files = LocalFiles { (path, _) throws(LocalFiles.Problem) in
      guard let text = files[path] else { throw .missing }
      return Array(text.utf8)
    }
    return ClusterConnector(
      environment: AccessEnvironment(files: files), directory: "/fleet", defaultKubeconfigs: ["/home/config"],
      variables: variables
    ) { name in
      throw Failure(
        "test.not-registered", subject: "cluster \(name)", stage: "connect", "no cluster is registered", retry: .never)
    }
  }

  static func cluster(_ spec: String) throws -> Cluster {
    let text = "{apiVersion: muster.dev/v1alpha1, kind: Cluster, metadata: {name: edge}, spec: \(spec)}"
    let reading = ClusterManifest.read(try #require(try YAML.parse(Array(text.utf8)).first), file: "edge.yaml")
    return try #require(reading.value, "\(reading.diagnostics)")
  }

  private static func kubeconfig(_ cluster: String) -> String {
    """
    {apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: k, user: u}}],
     clusters: [{name: k, cluster: \(cluster)}],
     users: [{name: u, user: {token: abc, client-certificate: /cert, client-key: /key, as: boss}}]}
    """
  }

  private static let files = ["/cert": pem, "/key": key, "/ca": pem, "/fleet/ca": otherPEM]

  @Test func theManifestSaysWhereAndTheContextWho() async throws {
    let (ca, other) = (Array(Self.pem.utf8), Array(Self.otherPEM.utf8))
    let coded = Base64.encode(other)
    let table: [(context: String, spec: String, trust: HTTPEndpoint.Trust, name: String?, proxy: String?)] = [
      ("", "", .system, nil, nil),
      ("", "caFile: ca", .authorities(pem: other), nil, nil),
      ("certificate-authority: /ca", "", .authorities(pem: ca), nil, nil),
      ("certificate-authority: /ca", "caFile: ca", .authorities(pem: other), nil, nil),
      ("certificate-authority: /ca", "caData: \(coded)", .authorities(pem: other), nil, nil),
      ("certificate-authority: /absent", "caData: \(coded)", .authorities(pem: other), nil, nil),
      ("certificate-authority: /ca", "insecureSkipTLSVerify: true", .insecure, nil, nil),
      ("insecure-skip-tls-verify: true", "", .insecure, nil, nil),
      ("insecure-skip-tls-verify: true", "caFile: ca", .authorities(pem: other), nil, nil),
      ("tls-server-name: a, proxy-url: 'http://p:1'", "", .system, "a", "http://p:1"),
      (
        "tls-server-name: a, proxy-url: 'http://p:1'", "tlsServerName: b, proxyURL: 'socks5://q:2'", .system, "b",
        "socks5://q:2"
      ),
    ]
    for (context, spec, trust, name, proxy) in table {
      let kubeconfig = Self.kubeconfig("{server: 'https://prod:1', \(context)}")
      let connector = Self.connector(Self.files.merging(["/home/config": kubeconfig]) { $1 })
      let cluster = try Self.cluster("{server: 'https://edge:2/', credentials: {kubeconfig: {}}, \(spec)}")
      let access = try await connector.access(to: cluster)
      #expect(access.server == "https://edge:2", "\(context) \(spec)")
      #expect(access.endpoint.trust == trust, "\(context) \(spec)")
      #expect(access.endpoint.serverName == name, "\(context) \(spec)")
      #expect(access.endpoint.proxy?.reveal() == proxy, "\(context) \(spec)")
      #expect(try await access.credentials.authorization()?.reveal() == "Bearer abc")
      #expect(access.endpoint.clientCertificate == HTTPClientCertificate(chain: ca, key: Array(Self.key.utf8)))
      #expect(access.impersonation == [HTTPHeader("Impersonate-User", "boss")])
    }
  }

  @Test func aPluginIsToldOfTheManifestsServer() async throws {
    let kubeconfig = """
      {apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: k, user: u}}],
       clusters: [{name: k, cluster: {server: 'https://prod:1'}}],
       users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: cat, interactiveMode: Never,
       provideClusterInfo: true}}}]}
      """
    let told = Told()
    let files = LocalFiles { (_, _) throws(LocalFiles.Problem) in Array(kubeconfig.utf8) }
    let connector = ClusterConnector(
      environment: AccessEnvironment(files: files, commands: told), directory: "/fleet", defaultKubeconfigs: ["/config"]
    ) { _ in StaticCredentials.none }
    let access = try await connector.access(
      to: try Self.cluster("{server: 'https://edge:2', credentials: {kubeconfig: {}}}"))
    _ = try? await access.credentials.authorization()
    #expect(told.environments.count == 1)
    #expect(told.environments.first?.contains("https://edge:2") == true)
    #expect(told.environments.first?.contains("prod") == false)
  }

  /// Registrations and older manifests come here unread.
  @Test func plainHTTPIsRefusedBeyondLoopback() async throws {
    let table: [(server: String, isRefused: Bool)] = [
      ("http://127.0.0.1:8001", false), ("http://localhost:8001", false), ("https://10.0.0.1", false),
      ("http://10.0.0.1", true), ("http://k8s:8001", true), ("ftp://k8s", true), ("k8s", true),
    ]
    let credentials: [CredentialsReference] = [
      .tokenFile("/t"), .registered, .kubeconfig(path: nil, context: nil),
      .inline(InlineCredentials(bearerToken: Redacted("abc"))),
    ]
    let kubeconfig = Self.kubeconfig("{server: 'https://prod:1'}")
    let connector = Self.connector(Self.files.merging(["/home/config": kubeconfig, "/t": "abc"]) { $1 })
    for (server, isRefused) in table {
      for way in credentials {
        let cluster = Cluster(
          name: try #require(ClusterName("edge")), connection: .init(server: server), credentials: way)
        if isRefused {
          let failure = await expectFailure("cluster.bad-server") { try await connector.access(to: cluster) }
          #expect(failure?.message.hasPrefix("the server's URL ") == true && failure?.retry == .never)
        } else if way == .registered {
          await expectFailure("test.not-registered") { try await connector.access(to: cluster) }
        } else {
          #expect(try await connector.access(to: cluster).server == server)
        }
      }
    }
  }

  @Test func pluginsAreFoundFromTheFleetsFolderOn() async throws {
    let told = Told()
    let connector = ClusterConnector(
      environment: AccessEnvironment(commands: told), directory: "/fleet", defaultKubeconfigs: []
    ) { _ in StaticCredentials.none }
    let table = [("token", "token"), ("/bin/token", "/bin/token"), ("bin/token", "/fleet/bin/token")]
    for (command, program) in table {
      for way: CredentialsReference in [
        .exec(Fleet.ExecPlugin(apiVersion: "client.authentication.k8s.io/v1", command: command)),
        .inline(
          InlineCredentials(exec: Fleet.ExecPlugin(apiVersion: "client.authentication.k8s.io/v1", command: command))),
      ] {
        let cluster = Cluster(
          name: try #require(ClusterName("edge")), connection: .init(server: "https://edge"), credentials: way)
        _ = try? await connector.access(to: cluster).credentials.authorization()
        #expect(told.programs.last == program)
      }
    }
    #expect(told.programs.count == 6)
    let old = Cluster(
      name: try #require(ClusterName("edge")), connection: .init(server: "https://edge"),
      credentials: .exec(Fleet.ExecPlugin(apiVersion: "client.authentication.k8s.io/v1alpha1", command: "c")))
    let failure = await expectFailure("cluster.credentials") { try await connector.access(to: old) }
    #expect(failure?.message.contains("client.authentication.k8s.io/v1 or") == true)
  }

  @Test func theClusterThatTheHubRunsIn() async throws {
    let folder = "/var/run/secrets/kubernetes.io/serviceaccount"
    let files = Self.files.merging([folder + "/ca.crt": Self.pem, folder + "/token": "pod"]) { $1 }
    let variables = ["KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"]
    let (ca, other) = (Array(Self.pem.utf8), Array(Self.otherPEM.utf8))
    let table: [(spec: String, server: String, trust: HTTPEndpoint.Trust)] = [
      ("", "https://10.0.0.1:443", .authorities(pem: ca)),
      ("server: 'https://kubernetes.default.svc/', ", "https://10.0.0.1:443", .authorities(pem: ca)),
      ("server: 'https://balancer:6443', ", "https://balancer:6443", .authorities(pem: ca)),
      ("server: 'https://balancer:6443', caFile: ca, ", "https://balancer:6443", .authorities(pem: other)),
      ("insecureSkipTLSVerify: true, ", "https://10.0.0.1:443", .insecure),
    ]
    for (spec, server, trust) in table {
      let cluster = try Self.cluster("{\(spec)credentials: {inCluster: true}}")
      let access = try await Self.connector(files, variables).access(to: cluster)
      #expect(access.server == server, "\(spec)")
      #expect(access.endpoint.trust == trust, "\(spec)")
      #expect((access.certificateFiles != nil) == (trust != .insecure), "\(spec)")
      #expect(try await access.credentials.authorization()?.reveal() == "Bearer pod")
    }
    let cluster = try Self.cluster("{credentials: {inCluster: true}}")
    await expectFailure("cluster.not-in-cluster") { try await Self.connector(files).access(to: cluster) }
  }

  @Test func theEnvironmentsProxyIsForThoseThatNameNone() async throws {
    let variables = ["HTTPS_PROXY": "http://u:CANARY@proxy:3128", "NO_PROXY": "near"]
    let plain = Self.kubeconfig("{server: 'https://prod:1'}")
    let table: [(kubeconfig: String, spec: String, proxy: String?)] = [
      (plain, "server: 'https://far', credentials: {tokenFile: /t}", "http://u:CANARY@proxy:3128"),
      (plain, "server: 'https://near', credentials: {tokenFile: /t}", nil),
      (plain, "server: 'https://127.0.0.1', credentials: {tokenFile: /t}", nil),
      (plain, "server: 'https://far', credentials: {kubeconfig: {}}", "http://u:CANARY@proxy:3128"),
      (plain, "server: 'https://far', proxyURL: 'http://own:1', credentials: {kubeconfig: {}}", "http://own:1"),
      (
        Self.kubeconfig("{server: 'https://prod:1', proxy-url: 'http://file:1'}"),
        "server: 'https://far', credentials: {kubeconfig: {}}", "http://file:1"
      ),
    ]
    for (kubeconfig, spec, proxy) in table {
      let connector = Self.connector(
        Self.files.merging(["/home/config": kubeconfig, "/t": "abc"]) { $1 }, variables)
      let access = try await connector.access(to: try Self.cluster("{\(spec)}"))
      #expect(access.endpoint.proxy?.reveal() == proxy, "\(spec)")
    }
    let broken = Self.connector(["/t": "abc"], ["https_proxy": "ftp://u:CANARY@proxy"])
    let cluster = try Self.cluster("{server: 'https://far', credentials: {tokenFile: /t}}")
    let failure = await expectFailure("cluster.proxy") { try await broken.access(to: cluster) }
    #expect(failure?.message.contains("https_proxy") == true && failure?.message.contains("CANARY") == false)
  }
}

/// A plugin that says nothing, and what it was told.
private final class Told: CommandRunner {
  private let state = Mutex<[CredentialCommand]>([])

  var programs: [String] { state.withLock { $0.map(\.program) } }
  /// `KUBERNETES_EXEC_INFO` of each run.
  var environments: [String] {
    state.withLock { $0.map { $0.environment["KUBERNETES_EXEC_INFO"]?.reveal() ?? "" } }
  }

  func run(_ command: CredentialCommand) async throws -> CredentialCommandEnding {
    state.withLock { $0.append(command) }
    return .exited(code: 1)
  }
}
