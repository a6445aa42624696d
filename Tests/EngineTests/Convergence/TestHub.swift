import Fleet
import Foundation
import HTTPClient
import Kubernetes
import Logging
import Manifest

@testable import Engine

/// A running hub on a data directory, which may end gracefully or be killed.
struct TestHub: Sendable {
  let engine: HubEngine
  let mirrors: GitMirrors
  let repository: FleetRepository
  let transport: WiretappedTransport
  private let curl: CurlTransport
  private let running: Task<Void, Never>

  /// - Parameters:
  ///   - fleet: the directory that holds `clusters/` and `templates/`.
  ///   - death: kills the hub in the middle of its work.
  ///   - management: the context of the management cluster.
  init(
    fleet: String, data: String, id: String = "hub-one", death: WiretappedTransport.Death? = nil,
    control: String? = nil, web: WiretappedTransport.StandIn? = nil,
    management: String? = nil, denials: [WiretappedTransport.Denial] = [],
    adjust: (inout HubEngine.Options) -> Void = { _ in }
  ) throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    curl = try CurlTransport()
    transport = WiretappedTransport(curl, death: death, standIn: web, denials: denials)
    mirrors = try GitMirrors(directory: data + "/git", logger: logger)
    var looking = FleetRepository.Options()
    looking.pollInterval = .milliseconds(50)
    looking.settling = .milliseconds(10)
    repository = FleetRepository(.directory(fleet), mirrors: mirrors, options: looking, logger: logger)
    let store = try Store.open(directory: data, logger: logger)
    let connector = ClusterConnector(
      environment: AccessEnvironment(), directory: fleet, defaultKubeconfigs: [fleet + "/kubeconfig"]
    ) { name in
      // Tokens of registrations are not sealed here.
      guard let known = try await store.registrations.all().first(where: { $0.name == name.text }) else {
        throw Failure(
          "test.not-registered", subject: "cluster \(name)", stage: "connect", "it is not registered", retry: .never)
      }
      return StaticCredentials(bearerToken: Redacted(String(decoding: known.credentials, as: UTF8.self)))
    }
    var options = HubEngine.Options(hubID: id)
    options.controlFolder = control
    adjust(&options)
    let tapped = transport
    engine = HubEngine(
      options: options, repository: repository, mirrors: mirrors,
      store: store, transport: transport, connector: connector,
      management: management.map { context in
        ManagementCluster(namespace: "argocd", transport: tapped, userAgent: "test/1") {
          try Kubeconfig.load(paths: [fleet + "/kubeconfig"]).context(context).access
        }
      }, logger: logger)
    let engine = engine
    // Ended by stop() and kill(), one of which whoever made the hub calls.
    running = Task { await engine.run() }
  }

  func stop() async {
    running.cancel()
    await running.value
    curl.shutdown()
  }

  /// As `kill -9`: nothing gets out any more, and no answer is taken in.
  func kill() async {
    transport.kill()
    await stop()
  }
}
