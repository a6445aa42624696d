import Engine
import Fleet
import Foundation
import HTTPClient
import Kubernetes
import Logging
import Manifest

/// Puts the hub's parts together.
struct HubAssembly {
  struct Parts {
    var engine: HubEngine
    var store: Store
    var mirrors: GitMirrors
    var transport: CurlTransport
    var desk: RegistrationDesk
    /// Held for as long as the hub runs.
    var lock: DirectoryLock
  }

  let command: HubCommand
  let logger: Logger

  func make() async throws -> Parts {
    let location = try location()
    let directory = URL(fileURLWithPath: command.data).path
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let lock = try DirectoryLock(directory: directory)
    let store = try Store.open(directory: directory)
    try await store.tokens.provideLocalToken(directory: directory, now: Date())
    let transport = try CurlTransport()
    let desk = RegistrationDesk(
      store: store, vault: try Vault.open(directory: directory), transport: transport, logger: logger)
    var options = GitMirrors.Options()
    options.pollInterval = .seconds(command.poll)
    let management = try command.management.cluster(transport)
    let control = command.controlFolder.map { URL(fileURLWithPath: $0).path }
    let repositories = RepositoryAccess(
      controlFolder: control, management: management, namespace: command.management.namespace,
      directory: directory + "/git", logger: logger)
    let mirrors = try GitMirrors(
      directory: directory + "/git", options: options, access: repositories.provider,
      pushAccess: repositories.pushProvider)
    let repository = FleetRepository(location, mirrors: mirrors)
    var engine = HubEngine.Options(hubID: try hubID(directory))
    engine.userAgent = "muster/" + Version.text
    if let breaker = Breaker(command.breaker) { engine.breaker = breaker }
    engine.allowedHosts = Set(command.allowedHosts.map { $0.lowercased() })
    engine.baseHosts = Set(command.baseHosts.map { $0.lowercased() })
    engine.maximumStatusResources = command.maxResourcesStatusCount
    engine.prometheusAddress = ProcessInfo.processInfo.environment["ARGO_ROLLOUTS_PROMETHEUS_ADDRESS"] ?? ""
    engine.controlFolder = control
    let hub = HubEngine(
      options: engine, repository: repository, mirrors: mirrors, store: store, transport: transport,
      connector: connector(desk, location), management: management, logger: logger)
    return Parts(engine: hub, store: store, mirrors: mirrors, transport: transport, desk: desk, lock: lock)
  }

  private func location() throws -> FleetRepository.Location {
    do {
      let location = try FleetRepository.Location(
        command.fleet, revision: command.revision, in: FileManager.default.currentDirectoryPath)
      if case .git(let url, _) = location { PublicCredentials.warn(of: url) }
      return location
    } catch let failure as Failure {
      throw CommandError.failure(failure, exit: .usage)
    }
  }

  private func connector(_ desk: RegistrationDesk, _ location: FleetRepository.Location) -> ClusterConnector {
    let environment = ProcessInfo.processInfo.environment
    return ClusterConnector(
      environment: AccessEnvironment(commands: ProcessRunner()),
      directory: location.base(in: FileManager.default.currentDirectoryPath),
      defaultKubeconfigs: command.kubeconfig.map { [URL(fileURLWithPath: $0).path] }
        ?? Kubeconfig.defaultPaths(environment: environment), variables: environment
    ) { name in try await desk.credentials(of: name) }
  }

  /// What marks this hub's ApplySets in clusters: made once, and kept beside the data.
  private func hubID(_ directory: String) throws -> String {
    let path = directory + "/hub-id"
    if FileManager.default.fileExists(atPath: path), command.identity == nil {
      let known = try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
      if !known.isEmpty { return known }
    }
    let made = command.identity?.text ?? UUID().uuidString.lowercased()
    try Data((made + "\n").utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    return made
  }
}
