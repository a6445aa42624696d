import BenchmarkSupport
import Foundation
import HTTPClient
import Manifest

/// A running `muster hub` and what it says of itself.
final class HubProcess {
  let process: pid_t
  private let child: Process
  private let transport: CurlTransport
  private let server: String
  private let token: String
  /// From the start of the process to the first `/readyz` that is 200.
  let secondsToReady: Double

  init(_ muster: String, _ workspace: Workspace, transport: CurlTransport) async throws {
    let log = workspace.root + "/hub.log"
    let began = Usage.wall()
    try Data().write(to: URL(fileURLWithPath: log))
    let handle = FileHandle(forWritingAtPath: log) ?? .standardError
    child = try ChildProcesses.start(
      muster,
      ["hub", "--fleet", workspace.fleet, "--data", workspace.data, "--listen", "127.0.0.1:0", "--poll", "3600"],
      output: handle, errors: handle)
    process = child.processIdentifier
    self.transport = transport
    var address: String?
    while true {
      address = try address ?? Self.address(in: log)
      if let address, (try? await transport.send(HTTPRequest(url: address + "/readyz")))?.head.status == 200 { break }
      guard child.isRunning, Usage.wall() - began < 120 else {
        throw BenchmarkError("the hub is not ready: see \(log)")
      }
      try await Task.sleep(for: .milliseconds(5))
    }
    secondsToReady = Usage.wall() - began
    server = address ?? ""
    token = try String(contentsOfFile: workspace.data + "/api-token", encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Where the hub says that it listens.
  private static func address(in log: String) throws -> String? {
    let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
    return lines.first { $0.hasPrefix("muster hub listens on ") }?.split(separator: " ").last.map { "http://" + $0 }
  }

  var cpu: Double { Usage.cpu(of: process) }
  var megabytes: Double { Double(Usage.memory(of: process)) / 1e6 }

  func stop() { ChildProcesses.stop(child) }

  private func request(_ method: String, _ path: String) -> HTTPRequest {
    HTTPRequest(
      method: method, url: server + path, headers: [HTTPHeader("Authorization", "Bearer " + token)],
      body: method == "POST" ? [] : nil)
  }

  func get(_ path: String) async throws -> [UInt8] {
    let response = try await transport.send(request("GET", path))
    guard response.head.status == 200 else { throw BenchmarkError("GET \(path): \(response.head.status)") }
    return response.body
  }

  /// Lets it look at Git and the clusters now.
  func refresh(_ applications: [String]) async throws {
    for application in applications {
      let response = try await transport.send(request("POST", "/api/v1/applications/\(application)/refresh"))
      guard response.head.status == 202 else { throw BenchmarkError("refresh \(application): \(response.head.status)") }
    }
  }

  /// The sum of a metric over its labels; of one series where those are named.
  func metric(_ name: String) async throws -> Double {
    let lines = String(decoding: try await get("/metrics"), as: UTF8.self).split(separator: "\n")
    let values = lines.filter { $0.hasPrefix(name + "{") || $0.hasPrefix(name + " ") }
    return values.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
  }

  /// Names of the Applications that are synced at `revision`.
  func synced(at revision: String) async throws -> Set<String> {
    let answer = try JSON.parse(try await get("/api/v1/applications"), file: "applications")
    var names: Set<String> = []
    for item in answer["items"]?.sequence ?? [] {
      guard let name = item["name"]?.string, item["status"]?["sync"]?["status"]?.string == "Synced" else { continue }
      if item["status"]?["sync"]?["revision"]?.string == revision { names.insert(name) }
    }
    return names
  }

  /// Waits until all of them are synced at `revision`, hearing of it by the stream of changes.
  /// - Returns: when the last one was.
  func wait(
    for applications: Set<String>, at revision: String, after trigger: () async throws -> Void = {}
  ) async throws -> Double {
    var request = request("GET", "/api/v1/changes")
    request.deadlines = HTTPDeadlines(connect: 5, firstByte: 30, idle: 60, total: 90)
    let stream = try await transport.stream(request)
    var missing = applications
    var lines = LineBuffer()
    var hasAsked = false
    for try await part in stream.body {
      if !hasAsked {
        // The first bytes say that the stream has begun: nothing after this is missed.
        hasAsked = true
        missing.subtract(try await synced(at: revision))
        try await trigger()
        if missing.isEmpty { return Usage.wall() }
      }
      for line in lines.take(part) where line.hasPrefix("data: ") {
        let data = try JSON.parse(Array(line.dropFirst(6).utf8), file: "changes")
        guard let name = data["name"]?.string, data["sync"]?.string == "Synced" else { continue }
        if data["revision"]?.string == revision { missing.remove(name) }
      }
      if missing.isEmpty { return Usage.wall() }
    }
    throw BenchmarkError("the stream of changes ended; \(missing.count) applications are not synced")
  }
}

/// Cuts a stream into lines.
struct LineBuffer {
  private var rest: [UInt8] = []

  mutating func take(_ bytes: [UInt8]) -> [String] {
    rest += bytes
    var parts = rest.split(separator: 10, omittingEmptySubsequences: false)
    rest = parts.popLast().map(Array.init) ?? []
    return parts.map { String(decoding: $0, as: UTF8.self) }
  }
}
