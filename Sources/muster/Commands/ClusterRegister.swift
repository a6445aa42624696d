import ArgumentParser
import Engine
import Fleet
import Foundation
import HTTPClient
import Kubernetes
import Manifest

/// `muster cluster register NAME`.
struct ClusterRegister: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "register",
    abstract: "Brings a cluster in: makes the hub's account there, and hands its token to the hub.")

  @Argument(help: "The cluster's name; else that of the context or Secret.") var name: String?
  @Option(help: "The kubeconfig that may make the account; else KUBECONFIG.") var kubeconfig: String?
  @Option(help: "The context in it; else the current one.") var context: String?
  @Option(help: ArgumentHelp("An Argo CD cluster Secret manifest instead of a kubeconfig.", valueName: "file"))
  var secret: String?
  @Option(help: ArgumentHelp("The cluster's labels.", valueName: "k=v,…")) var labels = ""
  @Option(help: ArgumentHelp("Keeps the hub's rights to these namespaces.", valueName: "a,b")) var namespace = ""
  @Flag(help: "Prints what would be made, and makes nothing.") var dryRun = false
  @OptionGroup var hub: HubOptions

  func validate() throws {
    guard secret == nil || kubeconfig == nil else {
      throw ValidationError("--secret and --kubeconfig exclude each other")
    }
    _ = try parsedLabels()
  }

  func run() async throws {
    let namespaces = namespace.split(separator: ",").map(String.init)
    let manifests = RegistrationManifests(namespaces: namespaces)
    let (name, access) = try target()
    if dryRun {
      print(String(decoding: YAMLWriter.bytes(ofStream: manifests.objects), as: UTF8.self), terminator: "")
      return
    }
    let client = try hub.client()
    let transport = try CurlTransport()
    defer { transport.shutdown() }
    let registrar = ClusterRegistrar(
      client: KubernetesClient(access: access, transport: transport, userAgent: "muster/" + Version.text),
      subject: "cluster \(name)")
    let uid = try await registrar.clusterUID()
    try await registrar.prepare(manifests)
    let token = try await registrar.token()
    _ = try await client.post("clusters", entry(name, access, uid, namespaces, token))
    StandardError.write("cluster \(name) is registered")
  }

  /// Whom to register, and how it is reached by who registers it.
  private func target() throws -> (ClusterName, ClusterAccess) {
    if let secret { return try secretTarget(secret) }
    let paths = kubeconfig.map { [$0] } ?? Kubeconfig.defaultPaths(environment: ProcessInfo.processInfo.environment)
    let loaded = try Kubeconfig.load(paths: paths)
    let chosen = try loaded.context(context, in: AccessEnvironment(commands: ProcessRunner()))
    return (try clusterName(name ?? chosen.name), chosen.access)
  }

  private func secretTarget(_ path: String) throws -> (ClusterName, ClusterAccess) {
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
    let credentials: any CredentialsProvider
    if case .inline(let inline) = cluster.credentials, let token = inline.bearerToken {
      credentials = StaticCredentials(bearerToken: token)
    } else {
      credentials = StaticCredentials.none
    }
    let trust: HTTPEndpoint.Trust = cluster.connection.caData.map { .authorities(pem: $0) } ?? .system
    let access = ClusterAccess(
      server: cluster.server,
      endpoint: HTTPEndpoint(
        trust: cluster.connection.insecureSkipTLSVerify ? .insecure : trust,
        serverName: cluster.connection.tlsServerName),
      credentials: credentials)
    return (try clusterName(name ?? cluster.name.text), access)
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

  private func parsedLabels() throws -> [(String, String)] {
    try labels.split(separator: ",").map { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else { throw ValidationError("--labels takes k=v,…, not '\(pair)'") }
      return (String(parts[0]), String(parts[1]))
    }
  }

  private func entry(
    _ name: ClusterName, _ access: ClusterAccess, _ uid: String, _ namespaces: [String], _ token: ClusterRegistrar.Token
  ) throws -> Value {
    var labels = Mapping()
    for (key, value) in try parsedLabels() { labels[key] = .string(value) }
    var caData = ""
    if case .authorities(let pem) = access.endpoint.trust { caData = Base64.encode(pem) }
    return [
      "name": .string(name.text), "server": .string(access.server), "clusterUID": .string(uid),
      "labels": .mapping(labels), "namespaces": .sequence(namespaces.map { .string($0) }), "caData": .string(caData),
      "tlsServerName": .string(access.endpoint.serverName ?? ""), "token": .string(token.text.reveal()),
      "expiresAt": token.expiresAt.map { .int(Int64($0)) } ?? .null,
    ]
  }
}
