package import Fleet
import HTTPClient
package import Kubernetes
import Manifest

/// Turns a registered cluster into access to its API server.
package struct ClusterConnector: Sendable {
  private let environment: AccessEnvironment
  private let kubeconfigs: KubeconfigCache
  /// What relative kubeconfig paths are relative to, and the kubeconfigs of clusters that name none.
  private let directory: String
  private let defaultKubeconfigs: [String]
  /// The process's environment.
  private let variables: [String: String]
  private let proxies: EnvironmentProxies
  /// The token of a cluster that was registered with the hub.
  private let registeredToken: @Sendable (ClusterName) async throws -> any CredentialsProvider

  /// - Parameter variables: the process's environment, which tells where the cluster is that the hub runs in, and
  ///   names the proxy of clusters that name none.
  package init(
    environment: AccessEnvironment, directory: String, defaultKubeconfigs: [String], variables: [String: String] = [:],
    registeredToken: @escaping @Sendable (ClusterName) async throws -> any CredentialsProvider
  ) {
    self.environment = environment
    kubeconfigs = KubeconfigCache(files: environment.files)
    self.directory = directory
    self.defaultKubeconfigs = defaultKubeconfigs
    self.variables = variables
    proxies = EnvironmentProxies(variables)
    self.registeredToken = registeredToken
  }

  /// How a cluster is reached, and who the hub is there.
  ///
  /// What the manifest says of the connection counts. A kubeconfig's context gives its user, and what of the
  /// connection the manifest leaves open; its server never counts: another context that was made the current one is
  /// another user, and not another cluster.
  /// - Throws: ``Diagnostics`` of a kubeconfig, ``Failure`` where credentials are not to be had.
  package func access(to cluster: Cluster) async throws -> ClusterAccess {
    try checkServer(of: cluster)
    var access = try await directAccess(to: cluster)
    guard access.endpoint.proxy == nil,
      let proxy = try proxies.proxy(for: access.server, subject: "cluster \(cluster.name)")
    else { return access }
    access.endpoint.proxy = HTTPSecret(proxy)
    // Where the server is asked for fresh credentials, it is asked on the same way.
    return await access.credentials.access(by: access)
  }

  private func directAccess(to cluster: Cluster) async throws -> ClusterAccess {
    switch cluster.credentials {
    case .kubeconfig(let path, let context):
      let fields = cluster.connection.kubeconfigFields { absolute($0) }
      return try kubeconfig(path).context(context, overriding: fields, in: environment).access
    case .tokenFile(let path):
      return try access(
        cluster,
        TokenFileCredentials(path: absolute(path), subject: "cluster \(cluster.name)", files: environment.files))
    case .inline(let credentials): return try inline(cluster, credentials)
    case .exec(let plugin):
      return try access(cluster, exec(cluster, plugin))
    case .inCluster: return try inCluster(cluster)
    case .registered:
      return try await registeredToken(cluster.name).access(by: access(cluster, StaticCredentials.none))
    }
  }

  /// As for kubeconfigs; registrations have gone through no reader of manifests.
  private func checkServer(of cluster: Cluster) throws(Failure) {
    let problem: String
    do {
      let url = try ServerURL(cluster.server)
      guard url.isPlainHTTP, !url.isLoopback, !environment.allowsPlainHTTP else { return }
      problem = "is plain http, which would send credentials in the clear"
    } catch {
      problem = error.words
    }
    throw Failure(
      "cluster.bad-server", subject: "cluster \(cluster.name)", stage: "connect", "the server's URL \(problem)",
      retry: .never)
  }

  /// What tells of changes to the files that ``access(to:)`` reads once: kubeconfigs. Tokens, certificates and keys
  /// in files of their own are read again by themselves.
  package func stamps(of cluster: Cluster) -> [LocalFiles.Stamp?] {
    guard case .kubeconfig(let path, _) = cluster.credentials else { return [] }
    return kubeconfigPaths(path).map { environment.files.stamp($0) }
  }

  private func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : directory + "/" + path }

  private func kubeconfigPaths(_ path: String?) -> [String] { path.map { [absolute($0)] } ?? defaultKubeconfigs }

  private func kubeconfig(_ path: String?) throws -> Kubeconfig {
    try kubeconfigs.load(paths: kubeconfigPaths(path))
  }

  private func inline(_ cluster: Cluster, _ credentials: InlineCredentials) throws -> ClusterAccess {
    var provider: any CredentialsProvider = StaticCredentials.none
    if let plugin = credentials.exec {
      provider = try exec(cluster, plugin)
    } else if let token = credentials.bearerToken {
      provider = StaticCredentials(bearerToken: token)
    } else if let basic = credentials.basic {
      provider = StaticCredentials(username: basic.username, password: basic.password)
    }
    var access = try access(cluster, provider)
    if let certificate = credentials.clientCertificate {
      access.endpoint.clientCertificate = HTTPClientCertificate(
        chain: certificate.certificate, key: certificate.key.reveal())
    }
    return access
  }

  /// The Pod's own address stands for `https://kubernetes.default.svc`, as client-go has it: it needs no name server.
  /// Any other server counts, and so does a trust that the manifest names.
  private func inCluster(_ cluster: Cluster) throws -> ClusterAccess {
    let pod = try ClusterAccess.inCluster(variables: variables, in: environment)
    var own = try access(cluster, pod.credentials)
    if own.endpoint.trust == .system {
      own.endpoint.trust = pod.endpoint.trust
      own.certificateFiles = pod.certificateFiles
    }
    guard cluster.server == Destination.localServer else { return own }
    var access = ClusterAccess(server: pod.server, endpoint: own.endpoint, credentials: own.credentials)
    access.certificateFiles = own.certificateFiles
    return access
  }

  private func exec(_ cluster: Cluster, _ plugin: Fleet.ExecPlugin) throws -> ExecCredentials {
    func refusal(_ words: String) -> Failure {
      Failure("cluster.credentials", subject: "cluster \(cluster.name)", stage: "connect", words, retry: .never)
    }
    guard let version = ExecCredentialPlugin.Version(rawValue: plugin.apiVersion) else {
      let known = ExecCredentialPlugin.Version.allCases.map(\.rawValue).joined(separator: " or ")
      throw refusal("the credential plugin has to speak \(known)")
    }
    guard let runner = environment.commands else { throw refusal("credential plugins are not run by this command") }
    return ExecCredentials(
      plugin: ExecCredentialPlugin(
        version: version, command: plugin.command.contains("/") ? absolute(plugin.command) : plugin.command,
        arguments: plugin.args, environment: plugin.environment,
        installHint: plugin.installHint, providesClusterInfo: false),
      cluster: nil, subject: "cluster \(cluster.name)", runner: runner, clock: environment.clock)
  }

  private func access(_ cluster: Cluster, _ credentials: any CredentialsProvider) throws -> ClusterAccess {
    let connection = cluster.connection
    var trust = HTTPEndpoint.Trust.system
    if connection.insecureSkipTLSVerify {
      trust = .insecure
    } else if let data = connection.caData {
      trust = .authorities(pem: data)
    } else if let file = connection.caFile {
      do {
        trust = .authorities(pem: try environment.files.read(absolute(file), 1 << 20))
      } catch {
        throw Failure(
          "cluster.ca-file", subject: "cluster \(cluster.name)", stage: "connect",
          "the certificate authority file \(error.words)", retry: .backOff)
      }
    }
    var access = ClusterAccess(
      server: connection.server,
      endpoint: HTTPEndpoint(
        trust: trust, serverName: connection.tlsServerName,
        proxy: connection.proxyURL.map { HTTPSecret($0.reveal()) }),
      credentials: credentials)
    if !connection.insecureSkipTLSVerify, connection.caData == nil, let file = connection.caFile {
      access.certificateFiles = CertificateFiles(
        .init(authorities: absolute(file)), files: environment.files, clock: environment.clock)
    }
    return access
  }
}
