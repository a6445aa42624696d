import ArgumentParser
import Foundation
import Manifest
import Simulator

/// `muster simulate`: a fleet of simulated Kubernetes API servers in this process.
struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Runs simulated Kubernetes API servers, one loopback address each.",
    discussion: """
      Writes a kubeconfig with one context a cluster, prints every server and then a line that begins with 'ready', \
      and runs until it is interrupted. State is kept in memory only.
      """)

  @Option(help: "Simulate the clusters of DIR/clusters; loopback addresses there are listened on.")
  var fleet: String?

  @Option(help: "Simulate this many clusters, sim-0001 and so on.")
  var clusters: Int?

  @Option(help: "First address, 127.x.y.z; clusters without an address of their own are counted up from it.")
  var listenBase = "127.77.0.1"

  @Option(help: "Port of every server without an address of its own.")
  var port = 6443

  @Option(help: "Time from the creation of a Pod to its readiness: 2s, 500ms.")
  var readyAfter: TimeSpan = TimeSpan(.seconds(2))

  @Option(help: "Divide every time of the controllers by this.")
  var timeScale: Double = 1

  @Option(help: "Where the kubeconfig goes (default: simulated.kubeconfig in $MUSTER_DATA or here).")
  var kubeconfig: String?

  @Option(help: "HOST:PORT of the control endpoint, plain HTTP; port 0 lets the kernel choose.")
  var control = "127.0.0.1:0"

  @Option(help: "An image whose name contains this can never be pulled; may be repeated.")
  var brokenImage: [String] = ["broken"]

  @Flag(help: "Serve watches that ask for sendInitialEvents; an API server on an old etcd refuses them.")
  var streamingLists = false

  @Option(help: "Makes uids and generated names repeatable.")
  var seed: UInt64 = 1

  func validate() throws {
    guard (fleet == nil) != (clusters == nil) else { throw ValidationError("give either --fleet or --clusters") }
    if let clusters, !(1...10_000).contains(clusters) { throw ValidationError("--clusters takes 1 to 10000") }
    guard (0...65_535).contains(port) else { throw ValidationError("--port takes 0 to 65535") }
    guard timeScale > 0, timeScale.isFinite else { throw ValidationError("--time-scale has to be above 0") }
  }

  func run() async throws {
    let (names, options) = try plan()
    let (host, controlPort) = try controlAddress()
    let simulation: SimulatedFleet
    let boundPort: Int
    do {
      simulation = try await SimulatedFleet.start(clusters: names, options: options)
      boundPort = try await simulation.startControl(host: host, port: controlPort)
    } catch {
      throw Failure(
        "simulate.listen", subject: "simulated fleet", stage: "listen", "an address can not be listened on",
        retry: .never, cause: "\(error)")
    }
    let path = kubeconfigPath
    try PrivateFile.write(simulation.kubeconfig, to: path)
    for cluster in simulation.clusters { print("\(cluster.name)\t\(cluster.server)") }
    print("ready \(names.count) clusters, kubeconfig \(path), control http://\(host):\(boundPort)")
    fflush(nil)
    await TerminationSignal.wait()
    await simulation.shutdown()
  }

  private var kubeconfigPath: String {
    if let kubeconfig { return kubeconfig }
    let folder = ProcessInfo.processInfo.environment["MUSTER_DATA"] ?? "."
    return folder + "/simulated.kubeconfig"
  }

  private func plan() throws -> (names: [String], options: SimulatedFleet.Options) {
    var options = SimulatedFleet.Options()
    options.firstAddress = listenBase
    options.port = port
    options.server.readyAfter = readyAfter.duration
    options.server.timeScale = timeScale
    options.server.brokenImageMarkers = brokenImage
    options.server.allowsStreamingLists = streamingLists
    options.server.seed = seed
    guard let fleet else { return ((1...(clusters ?? 1)).map(Self.name), options) }
    let directory = try FleetDirectory(reading: fleet)
    if !directory.problems.isEmpty { throw Diagnostics(directory.problems) }
    guard !directory.entries.isEmpty else {
      throw CommandError.message("no clusters in \(fleet)/clusters", exit: .usage)
    }
    for entry in directory.entries {
      if let address = entry.address { options.addresses[entry.name] = (address.host, address.port) }
      if let token = entry.bearerToken { options.administratorTokens[entry.name] = token }
    }
    return (directory.entries.map(\.name), options)
  }

  private static func name(_ number: Int) -> String {
    let digits = String(number)
    return "sim-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  private func controlAddress() throws -> (host: String, port: Int) {
    let parts = control.split(separator: ":", maxSplits: 1)
    guard parts.count == 2, parts[0].hasPrefix("127.") || parts[0] == "localhost", let port = Int(parts[1]),
      (0...65_535).contains(port)
    else {
      throw CommandError.message("--control takes HOST:PORT with a loopback host, not '\(control)'", exit: .usage)
    }
    return (String(parts[0]), port)
  }
}

/// A time span as options spell it: `2s`, `500ms`, `1m`.
struct TimeSpan: ExpressibleByArgument {
  let duration: Duration

  init(_ duration: Duration) { self.duration = duration }

  init?(argument: String) {
    let number = argument.prefix { $0.isNumber || $0 == "." }
    guard let value = Double(number), value.isFinite, value >= 0, value < 1e9 else { return nil }
    switch argument.dropFirst(number.count) {
    case "ms": duration = .milliseconds(value)
    case "s", "": duration = .seconds(value)
    case "m": duration = .seconds(value * 60)
    case "h": duration = .seconds(value * 3600)
    default: return nil
    }
  }

  var defaultValueDescription: String { "\(duration)" }
}
