import ArgumentParser
import Foundation
import Manifest
import Simulator

/// `muster simulate`: a fleet of simulated Kubernetes API servers in this process.
struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Runs simulated Kubernetes API servers on loopback.",
    usage: "muster simulate (--fleet <dir> | --clusters <n>) [<options>]",
    discussion: """
      Writes a kubeconfig with one context a cluster, prints every server and then a line that begins with 'ready', \
      and runs until it is interrupted. State is kept in memory only. More: --help-hidden.
      """)

  @Option(help: ArgumentHelp("The clusters of DIR/clusters, at their loopback addresses.", valueName: "dir"))
  var fleet: String?

  @Option(help: ArgumentHelp("So many clusters, sim-0001 and so on.", valueName: "n"))
  var clusters: Int?

  @Option(help: ArgumentHelp("First address of clusters without one of their own.", valueName: "ip"))
  var listenBase = "127.77.0.1"

  @Option(help: ArgumentHelp("Their port.", valueName: "n"))
  var port = 6443

  @Option(help: ArgumentHelp("Time until a Pod is ready: 2s, 500ms.", valueName: "time"))
  var readyAfter: TimeSpan = TimeSpan(.seconds(2))

  @Option(
    help: ArgumentHelp("Divide every time of the controllers by this.", valueName: "number", visibility: .hidden))
  var timeScale: Double = 1

  @Option(
    help: ArgumentHelp(
      "Where the kubeconfig goes; else simulated.kubeconfig in $MUSTER_DATA or here.", valueName: "file"))
  var kubeconfig: String?

  @Option(help: ArgumentHelp("Where faults are set, plain HTTP.", valueName: "host:port"))
  var control = "127.0.0.1:0"

  @Option(help: ArgumentHelp("Images with this in their name are never pulled.", valueName: "text"))
  var brokenImage: [String] = ["broken"]

  @Flag(
    help: ArgumentHelp(
      "Serve watches that ask for sendInitialEvents; an API server on an old etcd refuses them.", visibility: .hidden))
  var streamingLists = false

  @Option(
    help: ArgumentHelp("Makes uids and generated names repeatable.", valueName: "number", visibility: .hidden))
  var seed: UInt64 = 1

  func validate() throws {
    guard (fleet == nil) != (clusters == nil) else { throw ValidationError("give either --fleet or --clusters") }
    if let clusters, !(1...10_000).contains(clusters) { throw ValidationError("--clusters takes 1 to 10000") }
    guard (0...65_535).contains(port) else { throw ValidationError("--port takes 0 to 65535") }
    guard Self.isLoopback(listenBase) else {
      throw ValidationError("--listen-base takes an address 127.x.y.z, not '\(listenBase)'")
    }
    guard timeScale > 0, timeScale.isFinite else { throw ValidationError("--time-scale has to be above 0") }
  }

  private static func isLoopback(_ text: String) -> Bool {
    let octets = text.split(separator: ".", omittingEmptySubsequences: false)
    return octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil }
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
      throw CommandError.message(
        "the simulated clusters cannot listen on their addresses: \(ErrorWords.text(error))",
        help: "another 'muster simulate' may run: --listen-base, --port and --control take other ones", exit: .usage)
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
