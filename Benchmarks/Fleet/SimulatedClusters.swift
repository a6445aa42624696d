import Foundation
import HTTPClient
import Manifest

/// A `muster simulate` of our own.
final class SimulatedClusters {
  let kubeconfig: String
  private let child: Process
  private let control: String
  private let transport: CurlTransport

  init(_ muster: String, count: Int, _ workspace: Workspace, transport: CurlTransport) throws {
    self.transport = transport
    kubeconfig = workspace.root + "/simulated.kubeconfig"
    let pipe = Pipe()
    child = try ChildProcesses.start(
      muster,
      [
        "simulate", "--clusters", "\(count)", "--kubeconfig", kubeconfig, "--port", "17443", "--ready-after", "100ms",
      ], output: pipe)
    var lines = LineBuffer()
    var ready: String?
    while ready == nil {
      let data = pipe.fileHandleForReading.availableData
      guard !data.isEmpty else { throw BenchmarkError("the simulated fleet ended") }
      ready = lines.take(Array(data)).first { $0.hasPrefix("ready") }
    }
    control = ready?.split(separator: " ").last.map(String.init) ?? ""
  }

  func stop() { ChildProcesses.stop(child) }

  /// Requests of all kinds that all clusters have answered, watches included.
  func requests() async throws -> Int {
    let answer = try JSON.parse(
      try await transport.send(HTTPRequest(url: control + "/clusters")).body, file: "clusters")
    return (answer["clusters"]?.sequence ?? []).reduce(0) { sum, cluster in
      (cluster["requests"]?.mapping ?? [:]).reduce(sum) { $0 + Int($1.value.int ?? 0) }
    }
  }

  /// Nothing reaches them any more, and nobody is told so.
  func blackHole(_ names: [String]) async throws {
    for name in names {
      let response = try await transport.send(
        HTTPRequest(
          method: "PATCH", url: control + "/clusters/\(name)/faults",
          headers: [HTTPHeader("Content-Type", "application/json")], body: Array(#"{"outage":"blackhole"}"#.utf8)))
      guard response.head.status == 200 else { throw BenchmarkError("\(name) cannot be cut off") }
    }
  }
}
