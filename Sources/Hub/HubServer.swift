package import Engine
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
package import Manifest
import NIOSSL
import ServiceLifecycle

/// The hub's HTTP API: `/api/v1`, `/healthz`, `/readyz`, `/metrics`.
package struct HubServer: Sendable {
  package struct TLS: Sendable {
    package var certificateFile: String
    package var keyFile: String

    package init(certificateFile: String, keyFile: String) {
      self.certificateFile = certificateFile
      self.keyFile = keyFile
    }
  }

  /// Limits and paces; the defaults are right outside of tests.
  package struct Options: Sendable {
    /// Tells this run of the hub from others in the ids of events.
    package var epoch: String
    package var maximumConnections = 1_024
    /// After so long without a request a connection is closed.
    package var idleSeconds: Int64 = 90
    /// Between two signs of life on a stream of events.
    package var heartbeat: Duration = .seconds(15)

    package init(epoch: String) { self.epoch = epoch }
  }

  private let engine: HubEngine
  private let store: Store
  private let mirrors: GitMirrors
  private let desk: RegistrationDesk
  private let host: String
  private let port: Int
  private let tls: TLS?
  private let webhookSecret: Redacted<String>?
  private let options: Options
  private let logger: Logger

  /// - Parameter webhookSecret: what Git servers sign their webhooks with; nil takes unsigned ones.
  package init(
    engine: HubEngine, store: Store, mirrors: GitMirrors, desk: RegistrationDesk, host: String, port: Int,
    tls: TLS? = nil, webhookSecret: Redacted<String>? = nil, options: Options, logger: Logger
  ) {
    self.engine = engine
    self.store = store
    self.mirrors = mirrors
    self.desk = desk
    self.host = host
    self.port = port
    self.tls = tls
    self.webhookSecret = webhookSecret
    self.options = options
    self.logger = logger
  }

  /// Looks at the certificate and the key before anything is started.
  /// - Throws: ``Failure`` `hub.tls-certificate`, `hub.tls-key`.
  package func checkTLS() throws { _ = try server() }

  /// Serves until cancelled. `onListening` is told the port, which the system chooses for 0.
  package func run(onListening: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
    let journal = ChangeJournal()
    let application = Application(
      router: router(routes(journal)), server: try server(),
      configuration: .init(
        address: .hostname(host, port: port), serverName: "muster",
        availableConnectionsDelegate: MaximumAvailableConnections(options.maximumConnections, logger: quiet)),
      onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) }, logger: quiet)
    let follower = ChangeFollower(engine: engine, journal: journal, heartbeat: options.heartbeat)
    try await withGracefulShutdownHandler {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await follower.run() }
        group.addTask { try await application.run() }
        // The follower ends only when it is cancelled.
        defer { group.cancelAll() }
        try await group.next()
      }
    } onGracefulShutdown: {
      // Streams never end by themselves, and a server waits for what it still writes.
      journal.close()
    }
  }

  /// What the server's framework says of each request is not worth a line of the hub's log.
  private var quiet: Logger {
    var logger = logger
    logger.logLevel = max(logger.logLevel, .warning)
    return logger
  }

  /// Everything that is served.
  func routes(_ journal: ChangeJournal) -> [Route] {
    let (mirrors, engine) = (mirrors, engine)
    return ProbeRoutes(engine: engine).routes
      + MetricsRoutes(engine: engine, mirrors: mirrors, journal: journal).routes
      + WebhookRoutes(
        notify: { await mirrors.notify(urls: $0) }, review: { await engine.reviewPullRequests(of: $0) },
        secret: webhookSecret
      ).routes
      + FleetRoutes(engine: engine, store: store, desk: desk).routes
      + ChangeRoutes(journal: journal, epoch: options.epoch).routes
      + ActionRoutes(engine: engine).routes
      + RolloutRoutes(engine: engine).routes
      + DiffRoutes(engine: engine).routes
      + ClusterRolloutRoutes(engine: engine).routes
      + ClusterRoutes(engine: engine, desk: desk, store: store).routes
      + TokenRoutes(store: store).routes
  }

  private func router(_ routes: [Route]) -> Router<HubContext> {
    let router = Router(context: HubContext.self, options: .autoGenerateHeadEndpoints)
    router.add(
      middleware: Gatekeeper(
        table: RouteTable(routes: routes), store: store, measurements: engine.measurements, logger: logger))
    for route in routes { router.on(route.pattern, method: route.method, use: route.handler) }
    return router
  }

  private func server() throws -> HTTPServerBuilder {
    let http1 = HTTPServerBuilder.http1(
      configuration: .init(
        idleTimeout: .seconds(options.idleSeconds),
        httpDecoderConfiguration: .init(
          maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100)))
    guard let tls else { return http1 }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try chain(tls.certificateFile), privateKey: .privateKey(try key(tls.keyFile)))
    configuration.minimumTLSVersion = .tlsv12
    return try .tls(http1, tlsConfiguration: configuration)
  }

  private func chain(_ path: String) throws -> [NIOSSLCertificateSource] {
    do {
      let chain = try NIOSSLCertificate.fromPEMFile(path)
      if !chain.isEmpty { return chain.map { .certificate($0) } }
    } catch {
      throw Self.failure("hub.tls-certificate", path, "is no PEM file of a certificate chain", error)
    }
    throw Self.failure("hub.tls-certificate", path, "holds no certificate", nil)
  }

  private func key(_ path: String) throws -> NIOSSLPrivateKey {
    do {
      return try NIOSSLPrivateKey(file: path, format: .pem)
    } catch {
      throw Self.failure("hub.tls-key", path, "is no PEM file of a private key", error)
    }
  }

  private static func failure(_ code: String, _ path: String, _ message: String, _ cause: (any Error)?) -> Failure {
    Failure(
      code, subject: "file \(path)", stage: "start", message, retry: .never, cause: cause.map { "\($0)" })
  }
}
