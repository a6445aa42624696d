import ArgumentParser
import BenchmarkSupport
import Foundation
import HTTPClient

/// The hub as people run it, in a process of its own, against real or simulated API servers.
@main struct FleetBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-fleet", abstract: "Measures the hub; each command prints one line of JSON.",
    subcommands: [
      ApplyBenchmark.self, DriftBenchmark.self, ScaleBenchmark.self, StartBenchmark.self, WaveBenchmark.self,
    ])
}

/// Where the program under test is, and which real clusters it manages.
struct Programs: ParsableArguments {
  @Option(help: "The muster to measure; else the one beside this program.")
  var muster = FleetBenchmark.neighbour

  @Option(parsing: .upToNextOption, help: "Kubeconfigs of real API servers; every context of theirs is a cluster.")
  var kubeconfigs: [String] = []

  @Flag(help: "Keep the working directory with the hub's log.")
  var keep = false

  /// Gives `body` a scratch directory and a transport, and clears both away.
  func measure(_ body: (Workspace, CurlTransport) async throws -> Report) async throws {
    ChildProcesses.endWithUs()
    let workspace = try Workspace()
    defer { if !keep { workspace.remove() } }
    let transport = try CurlTransport()
    defer { transport.shutdown() }
    try await body(workspace, transport).print()
  }
}

extension FleetBenchmark {
  static var neighbour: String {
    URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent().path
      + "/muster"
  }
}

struct BenchmarkError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// One line of JSON, in the order in which figures were added.
struct Report {
  private var fields: [String]

  init(_ benchmark: String) { fields = ["\"benchmark\":\"\(benchmark)\""] }

  mutating func add(_ name: String, _ figure: Double) {
    fields.append("\"\(name)\":\(figure.isFinite ? "\(figure.thousandths)" : "null")")
  }

  func print() { Swift.print("{\(fields.joined(separator: ","))}") }
}
