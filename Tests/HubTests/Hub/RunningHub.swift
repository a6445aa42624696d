import Engine
import Foundation
import HTTPClient
import Kubernetes
import Logging
import Manifest

@testable import Hub

/// A hub on loopback with a small fleet whose clusters do not answer.
struct RunningHub {
  static let clusterToken = "cluster-token-that-nobody-may-see"
  /// As EKS names a cluster, and more.
  static let oddName = "arn:aws:eks:eu-west-1:1:cluster/x y 50%"
  static let repositoryPassword = "password-that-nobody-may-see"

  let engine: HubEngine
  let store: Store
  let server: HubServer
  let transport: CurlTransport
  let token: String
  let base: String
  let trust: HTTPEndpoint.Trust

  /// Runs `body` against a hub that has read its fleet.
  static func with(
    tls: HTTPClientCertificate? = nil, authority: [UInt8]? = nil, webhookSecret: String? = nil,
    heartbeat: Duration = .seconds(15), oddCluster: Bool = false, _ body: (RunningHub) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.path + "/muster-hub-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try writeFleet(folder, oddCluster: oddCluster)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let store = try Store.inMemory()
    let transport = try CurlTransport()
    defer { transport.shutdown() }
    let mirrors = try GitMirrors(directory: folder + "/git", logger: logger)
    let desk = RegistrationDesk(
      store: store, vault: try Vault.open(directory: folder), transport: WelcomingCluster(next: transport),
      logger: logger)
    let engine = HubEngine(
      options: .init(hubID: "test"),
      repository: FleetRepository(.directory(folder + "/fleet"), mirrors: mirrors, logger: logger),
      mirrors: mirrors, store: store, transport: transport,
      connector: ClusterConnector(
        environment: AccessEnvironment(commands: ProcessRunner()), directory: folder + "/fleet",
        defaultKubeconfigs: []
      ) { try await desk.credentials(of: $0) }, logger: logger)
    var options = HubServer.Options(epoch: "run")
    options.heartbeat = heartbeat
    let server = HubServer(
      engine: engine, store: store, mirrors: mirrors, desk: desk, host: "127.0.0.1", port: 0,
      tls: try tls.map { try write($0, in: folder) }, webhookSecret: webhookSecret.map { Redacted($0) },
      options: options, logger: logger)
    let token = try await store.tokens.make(name: "tester", now: Date())
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await engine.run() }
      group.addTask { try await server.run { port.yield($0) } }
      guard let chosen = await ports.first(where: { _ in true }) else { return }
      let hub = RunningHub(
        engine: engine, store: store, server: server, transport: transport, token: token.text.reveal(),
        base: "\(tls == nil ? "http" : "https")://127.0.0.1:\(chosen)",
        trust: authority.map { .authorities(pem: $0) } ?? .system)
      while !(await engine.isReady) { try await Task.sleep(for: .milliseconds(5)) }
      try await body(hub)
      group.cancelAll()
    }
  }

  struct Answer {
    var status: Int
    var headers: [HTTPHeader]
    var text: String
    var json: Node

    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
  }

  func ask(
    _ method: String = "GET", _ path: String, body: String? = nil, token: String? = nil, headers: [HTTPHeader] = []
  ) async throws -> Answer {
    let sent = token ?? self.token
    let response = try await transport.send(
      HTTPRequest(
        method: method, url: base + path,
        headers: (sent.isEmpty ? [] : [HTTPHeader("Authorization", "Bearer " + sent)]) + headers,
        body: body.map { Array($0.utf8) }, endpoint: HTTPEndpoint(trust: trust)))
    return Answer(
      status: response.head.status, headers: response.head.headers,
      text: String(decoding: response.body, as: UTF8.self), json: (try? JSON.parse(response.body)) ?? .null)
  }

  private static func write(_ certificate: HTTPClientCertificate, in folder: String) throws -> HubServer.TLS {
    try Data(certificate.chain).write(to: URL(fileURLWithPath: folder + "/chain.pem"))
    try Data(certificate.key).write(to: URL(fileURLWithPath: folder + "/key.pem"))
    return HubServer.TLS(certificateFile: folder + "/chain.pem", keyFile: folder + "/key.pem")
  }

  private static func writeFleet(_ folder: String, oddCluster: Bool) throws {
    for part in ["clusters", "templates"] {
      try FileManager.default.createDirectory(
        atPath: folder + "/fleet/" + part, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    let clusters = [
      ("alpha", "alpha", "tier: edge", 1), ("beta", "beta", "tier: edge", 2), ("gamma", "gamma", "tier: cloud", 3),
    ]
    for (file, name, label, port) in oddCluster ? clusters + [("odd", oddName, "of: nothing", 5)] : clusters {
      try """
      apiVersion: v1
      kind: Secret
      metadata:
        name: \(file)
        labels: {argocd.argoproj.io/secret-type: cluster, \(label)}
      stringData:
        name: '\(name)'
        server: https://127.0.0.1:\(port)
        config: '{"bearerToken": "\(clusterToken)"}'
      """.write(toFile: folder + "/fleet/clusters/\(file).yaml", atomically: true, encoding: .utf8)
    }
    try """
    apiVersion: argoproj.io/v1alpha1
    kind: ApplicationSet
    metadata: {name: shop}
    spec:
      generators: [{clusters: {selector: {matchExpressions: [{key: tier, operator: Exists}]}}}]
      template:
        metadata: {name: 'shop-{{name}}'}
        spec:
          project: default
          source: {repoURL: 'https://robot:\(repositoryPassword)@127.0.0.1:1/shop.git', path: ., targetRevision: main}
          destination: {name: '{{name}}', namespace: shop}
    """.write(toFile: folder + "/fleet/templates/shop.yaml", atomically: true, encoding: .utf8)
  }
}
