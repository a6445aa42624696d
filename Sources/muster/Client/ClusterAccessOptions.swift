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
