package import Engine
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
package import Manifest
import NIOSSL

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

  private let engine: HubEngine
  private let store: Store
  private let mirrors: GitMirrors
  private let desk: RegistrationDesk
  private let host: String
  private let port: Int
  private let tls: TLS?
  private let webhookSecret: Redacted<String>?
  private let logger: Logger

  /// - Parameter webhookSecret: what Git servers sign their webhooks with; nil takes unsigned ones.
  package init(
    engine: HubEngine, store: Store, mirrors: GitMirrors, desk: RegistrationDesk, host: String, port: Int,
    tls: TLS? = nil, webhookSecret: Redacted<String>? = nil, logger: Logger
  ) {
    self.engine = engine
    self.store = store
    self.mirrors = mirrors
    self.desk = desk
    self.host = host
    self.port = port
    self.tls = tls
    self.webhookSecret = webhookSecret
    self.logger = logger
  }

  /// Serves until cancelled. `onListening` is told the port, which the system chooses for 0.
  package func run(onListening: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
    let mirrors = mirrors
    let router = Router(context: BasicRequestContext.self)
    HealthRoutes(engine: engine).add(to: router)
    MetricsRoutes(engine: engine).add(to: router)
    WebhookRoutes(notify: { await mirrors.notify(urls: $0) }, secret: webhookSecret).add(to: router)
    let api = router.group("api/v1").add(middleware: TokenCheck(store: store))
    FleetRoutes(engine: engine, store: store).add(to: api)
    let actions = ActionRoutes(engine: engine, desk: desk, store: store)
    actions.add(to: api)
    DiffRoutes(engine: engine).add(to: api)
    SetRoutes(engine: engine).add(to: api)
    actions.addClusters(to: api)
    let application = Application(
      router: router, server: try server(),
      configuration: .init(address: .hostname(host, port: port), serverName: "muster"),
      onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) }, logger: logger)
    try await application.run()
  }

  private func server() throws -> HTTPServerBuilder {
    guard let tls else { return .http1() }
    let chain = try NIOSSLCertificate.fromPEMFile(tls.certificateFile).map { NIOSSLCertificateSource.certificate($0) }
    let key = try NIOSSLPrivateKey(file: tls.keyFile, format: .pem)
    return try .tls(
      tlsConfiguration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key)))
  }
}
