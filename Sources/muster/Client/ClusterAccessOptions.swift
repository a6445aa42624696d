import ArgumentParser
import Engine
import Fleet
import Foundation
import HTTPClient
import Kubernetes
import Manifest

/// How somebody who may make the hub's account reaches a cluster.
struct ClusterAccessOptions: ParsableArguments {
  @Option(help: "The kubeconfig that may make the account; else KUBECONFIG.") var kubeconfig: String?
  @Option(help: "The context in it; else the current one.") var context: String?
  @Option(help: ArgumentHelp("An Argo CD cluster Secret manifest instead of a kubeconfig.", valueName: "file"))
  var secret: String?
  @Flag(
    name: .customLong("insecure-skip-tls-verify"),
    help: "Lets the hub trust any certificate there, as the kubeconfig or Secret does.")
  var allowsInsecure = false

  func validate() throws {
    guard secret == nil || kubeconfig == nil else {
      throw ValidationError("--secret and --kubeconfig exclude each other")
    }
  }

  /// Whom to register, and how it is reached by who registers it.
  /// - Parameter name: the cluster's; else that of the context or Secret.
  func target(_ name: String?) async throws -> ClusterTarget {
    let target = try await anyTarget(name)
    let isInsecure = target.access.endpoint.trust == .insecure
    if isInsecure == allowsInsecure { return target }
    throw isInsecure
      ? CommandError.message(
        "\(target.way) trusts any certificate (insecure-skip-tls-verify): the hub would give its token to whoever answers "
          + "at \(target.access.server)",
        help: "give it the authority's certificate, or --insecure-skip-tls-verify", exit: .usage)
      : CommandError.message(
        "--insecure-skip-tls-verify is for what trusts any certificate itself, and \(target.way) does not",
        help: "leave it away", exit: .usage)
  }

  private func anyTarget(_ name: String?) async throws -> ClusterTarget {
    if let secret { return try await secretTarget(secret, name) }
    let paths = kubeconfig.map { [$0] } ?? Kubeconfig.defaultPaths(environment: ProcessInfo.processInfo.environment)
    let loaded = try Kubeconfig.load(paths: paths)
    let chosen = try loaded.context(context, in: AccessEnvironment(commands: ProcessRunner()))
    return ClusterTarget(
      name: try clusterName(name ?? chosen.name), access: chosen.access,
      way: "the kubeconfig's context '\(Visible.text(chosen.name))'")
  }

  private func secretTarget(_ path: String, _ name: String?) async throws -> ClusterTarget {
    let bytes = try InputFile.read(path)
    let nodes = try YAML.parse(bytes, file: path)
    guard let node = nodes.first, ClusterSecret.isOne(node) else {
      throw CommandError.diagnostics([
        Diagnostic(
          "cluster.not-a-secret", "the file holds no Argo CD cluster Secret", at: SourceLocation(file: path),
          help: "it needs the label \(ClusterSecret.typeLabel): \(ClusterSecret.typeValue)")
      ])
    }
    let cluster = try ClusterSecret.read(node, file: path).get()
    let connector = ClusterConnector(
      environment: AccessEnvironment(commands: ProcessRunner()), directory: FileManager.default.currentDirectoryPath,
      defaultKubeconfigs: []
    ) { name in
      throw Failure(
        "cluster.credentials", subject: "cluster \(name)", stage: "connect", "a Secret carries its own credentials",
        retry: .never)
    }
    let access = try await connector.access(to: cluster)
    return ClusterTarget(
      name: try clusterName(name ?? cluster.name.text), access: access, way: "the Secret in \(Visible.text(path))")
  }

  private func clusterName(_ text: String) throws -> ClusterName {
    guard let name = ClusterName(text) else {
      throw CommandError.message(
        // Reflected, so that no control character of a kubeconfig reaches the terminal.
        "\(String(reflecting: text)) \(ClusterName.problem(with: text) ?? "is no name of a cluster")",
        help: "give a NAME", exit: .usage)
    }
    return name
  }
}

/// A cluster that is to be registered, as who registers it reaches it.
struct ClusterTarget {
  var name: ClusterName
  var access: ClusterAccess
  /// What names it, in words: `the kubeconfig's context 'edge-1'`.
  var way: String
}

/// Makes what is handed to the hub of a cluster.
struct ClusterRegistration {
  let target: ClusterTarget
  let hub: HubClient
  var manifests: RegistrationManifests
  /// Whether an account that may act as others may go on to.
  var keepsImpersonation = false

  /// Makes the hub's account in the cluster, and takes a token for it.
  /// - Parameter check: looks at which cluster it is before anything is made there.
  func make(
    _ check: (RegistrationCheck) throws(RegistrationCheck.Problem) -> Void
  ) async throws -> Mapping {
    // First of all: who has no hub to tell makes no account.
    let known = try await hub.registeredClusters()
    let transport = try CurlTransport()
    defer { transport.shutdown() }
    let access = target.access
    let registrar = ClusterRegistrar(
      client: KubernetesClient(access: access, transport: transport, userAgent: "muster/" + Version.text),
      subject: "cluster \(target.name)")
    let uid = try await registrar.clusterUID()
    do throws(RegistrationCheck.Problem) {
      try check(RegistrationCheck(known: known, way: target.way, server: access.server, uid: uid))
    } catch {
      throw CommandError.message(Visible.text(error.message), help: Visible.text(error.help), exit: .usage)
    }
    var manifests = manifests
    if keepsImpersonation, try await registrar.mayImpersonate(manifests) { manifests.allowsImpersonation = true }
    try await registrar.prepare(manifests)
    let token = try await registrar.token()
    var entry = way
    entry["clusterUID"] = .string(uid)
    entry["token"] = .string(token.text.reveal())
    if let expiry = token.expiresAt { entry["expiresAt"] = Node(.int(Int64(expiry))) }
    return entry
  }

  /// How the hub is to reach it: as who registers it does.
  private var way: Mapping {
    let endpoint = target.access.endpoint
    var way: Mapping = ["name": .string(target.name.text), "server": .string(target.access.server)]
    switch endpoint.trust {
    case .system: break
    case .authorities(let pem): way["caData"] = .string(Base64.encode(pem))
    case .insecure: way["insecureSkipTLSVerify"] = Node(.bool(true))
    }
    if let name = endpoint.serverName { way["tlsServerName"] = .string(name) }
    if let proxy = endpoint.proxy { way["proxyURL"] = .string(proxy.reveal()) }
    return way
  }
}

extension HubClient {
  /// The clusters as a registration is checked against them.
  func registeredClusters() async throws -> [RegistrationCheck.Known] {
    (try await get("clusters")["items"]?.sequence ?? []).map { item in
      RegistrationCheck.Known(
        name: item["name"]?.string ?? "", server: item["server"]?.string ?? "",
        isRegistered: item["registered"]?.bool ?? false, clusterUID: item["clusterUID"]?.string)
    }
  }
}
