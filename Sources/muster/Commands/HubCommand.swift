import ArgumentParser
import CMalloc
import Engine
import Fleet
import Foundation
import Glibc
import HTTPClient
import Hub
import Kubernetes
import Logging
import Manifest
import ServiceLifecycle

/// `muster hub`: the services under one ServiceGroup.
struct HubCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hub", abstract: "Runs the hub: keeps every cluster of a fleet repository at what Git says.",
    discussion: """
      MUSTER_WEBHOOK_SECRET: what Git servers sign the webhooks to /api/v1/webhooks/git with. \
      MUSTER_KEY: the key of stored credentials, 32 bytes in base64. More: --help-hidden.
      """)

  @Option(help: ArgumentHelp("The fleet repository: a directory or a Git URL.", valueName: "dir|url"))
  var fleet: String

  @Option(help: "Branch, tag or commit of a Git fleet repository.")
  var revision = "HEAD"

  @Option(help: "Where the hub keeps its database, mirrors and keys.")
  var data: String

  @Option(
    name: .customLong("hub-id"),
    help: ArgumentHelp("Goes on as the hub whose data was lost; its id stands in the clusters.", valueName: "id"))
  var identity: HubIdentity?

  @Option(help: "Address and port of the HTTP API.")
  var listen = "127.0.0.1:8420"

  @Option(help: ArgumentHelp("The kubeconfig of clusters that name none; else KUBECONFIG.", valueName: "file"))
  var kubeconfig: String?

  @Option(help: "Seconds between two looks at a Git repository.")
  var poll = 60

  @Option(
    name: .customLong("control"),
    help: ArgumentHelp("Folder of generators' objects and repository Secrets.", valueName: "dir"))
  var controlFolder: String?

  @OptionGroup var management: ManagementOptions

  @Option(
    name: .customLong("allow-host"),
    help: ArgumentHelp("Hosts that generators may ask over HTTP; all where none is named.", valueName: "host"))
  var allowedHosts: [String] = []

  @Option(
    name: .customLong("allow-remote-bases"),
    help: ArgumentHelp(
      "Hosts of kustomizations' remote bases; '*' for all.", valueName: "host"))
  var baseHosts: [String] = []

  @Option(
    name: .customLong("max-removals"),
    help: ArgumentHelp("What a pass may remove of a set's Applications unasked.", valueName: "count,share%"))
  var breaker = "5,10%"

  @Option(
    help: ArgumentHelp(
      "How many Applications the status of a set lists at most; 0 for all.", valueName: "count", visibility: .hidden))
  var maxResourcesStatusCount = 5_000

  @Option(help: ArgumentHelp("PEM file of the API's certificate chain.", valueName: "pem"))
  var tlsCertificate: String?

  @Option(help: "PEM file of the API's private key.")
  var tlsKey: String?

  @Flag(help: "Serves plain HTTP on other addresses than loopback.")
  var insecureHttp = false

  func validate() throws {
    guard ListenAddress(listen) != nil else { throw ValidationError("--listen takes HOST:PORT, not '\(listen)'") }
    guard poll > 0 else { throw ValidationError("--poll takes a number of seconds above 0") }
    guard Breaker(breaker) != nil else { throw ValidationError("--max-removals takes 20, 25% or 5,10%") }
    guard maxResourcesStatusCount >= 0 else {
      throw ValidationError("--max-resources-status-count takes a number, 0 or more")
    }
    guard (tlsCertificate == nil) == (tlsKey == nil) else {
      throw ValidationError("--tls-certificate and --tls-key go together")
    }
  }

  /// Not an option, for arguments are seen by everybody on the machine.
  private var webhookSecret: Redacted<String>? {
    let text = ProcessInfo.processInfo.environment["MUSTER_WEBHOOK_SECRET"] ?? ""
    return text.isEmpty ? nil : Redacted(text)
  }

  func run() async throws {
    LoggingSystem.bootstrap(StreamLogHandler.standardError)
    let logger = Logger(label: "muster")
    guard let address = ListenAddress(listen) else { return }
    guard address.isLoopback || tlsCertificate != nil || insecureHttp else {
      throw CommandError.message(
        "plain HTTP on \(address.host) would send tokens in the clear",
        help: "give --tls-certificate and --tls-key, or --insecure-http", exit: .usage)
    }
    try checkPlaces(address)
    let hub = try await HubAssembly(command: self, logger: logger).make()
    let server = HubServer(
      engine: hub.engine, store: hub.store, mirrors: hub.mirrors, desk: hub.desk, host: address.host,
      port: address.port,
      tls: tlsCertificate.flatMap { certificate in
        tlsKey.map { HubServer.TLS(certificateFile: certificate, keyFile: $0) }
      }, webhookSecret: webhookSecret,
      options: .init(epoch: String(UInt64.random(in: .min ... .max), radix: 36)), logger: logger)
    do {
      try server.checkTLS()
    } catch let failure as Failure {
      throw CommandError.failure(failure, exit: .usage)
    }
    let group = ServiceGroup(
      configuration: .init(
        services: [
          .init(service: EngineService(engine: hub.engine), successTerminationBehavior: .gracefullyShutdownGroup),
          .init(service: MemoryService(), successTerminationBehavior: .ignore),
          .init(
            service: ServerService(
              server: server, address: address, data: URL(fileURLWithPath: data).path, logger: logger),
            successTerminationBehavior: .gracefullyShutdownGroup),
        ], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
    hub.transport.shutdown()
  }
}

/// What is asked of this machine, looked at before anything is started.
extension HubCommand {
  private func checkPlaces(_ address: ListenAddress) throws {
    if let problem = address.problem {
      throw CommandError.message(
        "the hub cannot listen on \(address.host):\(address.port): \(problem)",
        help: "another hub may run there: --listen takes another address", exit: .usage)
    }
    var isDirectory: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: fleet, isDirectory: &isDirectory)
    // What is neither there nor an address is a directory that somebody meant.
    if !exists, !fleet.contains(":") {
      throw CommandError.message("--fleet: directory '\(Visible.text(fleet))' does not exist", exit: .usage)
    }
    if exists, !isDirectory.boolValue {
      throw CommandError.message("--fleet: '\(Visible.text(fleet))' is a file, not a directory", exit: .usage)
    }
    if let controlFolder, !FileManager.default.fileExists(atPath: controlFolder, isDirectory: &isDirectory) {
      throw CommandError.message("--control: directory '\(Visible.text(controlFolder))' does not exist", exit: .usage)
    }
    if controlFolder != nil, !isDirectory.boolValue {
      throw CommandError.message("--control takes a directory, not a file", exit: .usage)
    }
    try makeData()
  }

  private func makeData() throws {
    do {
      try FileManager.default.createDirectory(
        atPath: URL(fileURLWithPath: data).path, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch {
      throw CommandError.message(
        "--data: the directory cannot be made: \(ErrorWords.text(error))", exit: .usage)
    }
  }
}

/// A host and a port.
struct ListenAddress {
  var host: String
  var port: Int

  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    host = text[..<colon].trimmingCharacters(in: ["[", "]"])
    self.port = Int(port)
    if host.isEmpty { return nil }
  }

  /// Why nobody can listen there now; nil where one can.
  var problem: String? {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &found) == 0, let first = found else {
      return "the host is not known"
    }
    defer { freeaddrinfo(first) }
    let descriptor = socket(first.pointee.ai_family, first.pointee.ai_socktype, first.pointee.ai_protocol)
    guard descriptor >= 0 else { return ErrorWords.ofSystem(errno) }
    defer { close(descriptor) }
    var reuse: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
    guard bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0, listen(descriptor, 1) == 0 else {
      return ErrorWords.ofSystem(errno)
    }
    return nil
  }

  var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}

private struct EngineService: Service {
  let engine: HubEngine

  func run() async throws {
    await cancelWhenGracefulShutdown { await engine.run() }
  }
}

/// Gives memory that work is done with back to the system, which the C library by itself keeps for the next time.
private struct MemoryService: Service {
  func run() async throws {
    await cancelWhenGracefulShutdown {
      while (try? await Task.sleep(for: .seconds(60))) != nil { malloc_trim(0) }
    }
  }
}

private struct ServerService: Service {
  let server: HubServer
  let address: ListenAddress
  let data: String
  let logger: Logger

  func run() async throws {
    try await server.run { port in
      remember(port)
      StandardError.write("muster hub listens on \(address.host):\(port)")
    }
  }

  private func remember(_ port: Int) {
    do {
      try LocalHub(environment: ProcessInfo.processInfo.environment)?.remember(address, port: port, data: data)
    } catch {
      logger.warning("commands on this machine need --data", metadata: ["reason": "\(error.localizedDescription)"])
    }
  }
}

/// What marks a hub's ApplySets in clusters.
struct HubIdentity: ExpressibleByArgument {
  let text: String

  init?(argument: String) {
    let isPlain = argument.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "-")
    }
    guard isPlain, (1...63).contains(argument.utf8.count) else { return nil }
    text = argument
  }
}
