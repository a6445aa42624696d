import ArgumentParser
import BenchmarkSupport
import Foundation
import HTTPClient
import Kubernetes
import Manifest
import Synchronization

/// From a foreign edit to its repair, as a watch of the cluster sees both.
struct DriftBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drift", abstract: "Time from a foreign edit to the repair applied.")

  @OptionGroup var programs: Programs
  @Option(help: "Simulate this many clusters instead of using real ones.") var simulated = 0
  @Option(help: "ConfigMaps a cluster; each is edited once.") var configMaps = 40
  @Option(help: "Edits a second over all clusters.") var rate = 20.0

  func run() async throws { try await programs.measure(measure) }

  private func measure(_ workspace: Workspace, _ transport: CurlTransport) async throws -> Report {
    let simulation =
      simulated > 0
      ? try SimulatedClusters(programs.muster, count: simulated, workspace, transport: transport) : nil
    defer { simulation?.stop() }
    let clusters = try await Target.read(simulation.map { [$0.kubeconfig] } ?? programs.kubeconfigs)
    guard !clusters.isEmpty else { throw ValidationError("give --kubeconfigs or --simulated") }
    let namespace = "bench-drift-\(workspace.id)"
    let objects = BenchObjects(configMaps: configMaps, deployments: 0, bytes: 256)
    let commit = try workspace.commit(objects.manifests("drift"), "drift.yaml")
    try workspace.writeFleet(clusters, namespace: namespace)
    let hub = try await HubProcess(programs.muster, workspace, transport: transport)
    defer { hub.stop() }
    _ = try await hub.wait(for: Set(clusters.map { workspace.application($0) }), at: commit)

    let quietMB = hub.megabytes
    let record = Repairs()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for cluster in clusters {
        group.addTask { try await watch(cluster, namespace, transport, record) }
      }
      try await Task.sleep(for: .seconds(simulated > 0 ? 10 : 3))
      try await edit(clusters, namespace, transport)
      try await Task.sleep(for: .seconds(5))
      group.cancelAll()
      do { while try await group.next() != nil {} } catch is CancellationError {}
    }
    let byCluster = record.times()
    let times = byCluster.values.flatMap(\.self)
    var report = Report("drift")
    report.add("clusters", Double(clusters.count))
    report.add("edits", Double(clusters.count * configMaps))
    report.add("repaired", Double(times.count))
    report.add("medianMs", times.quantile(0.5) * 1000)
    report.add("p99Ms", times.quantile(0.99) * 1000)
    report.add("maxMs", (times.max() ?? .nan) * 1000)
    // No cluster waits longer than others for its share.
    report.add("slowestClusterMedianMs", (byCluster.values.map { $0.quantile(0.5) }.max() ?? .nan) * 1000)
    report.add("quietHubMB", quietMB)
    report.add("hubMB", hub.megabytes)
    return report
  }

  private func watch(
    _ cluster: Target, _ namespace: String, _ transport: CurlTransport, _ record: Repairs
  ) async throws {
    let selection = ListWatcher.Selection(.configMaps, namespace: namespace, metadataOnly: false)
    try await ListWatcher(cluster.client(transport), selection).run { output in
      guard case .upsert(let object) = output else { return }
      let value = object.node["data"]?["k"]?.string ?? ""
      record.saw(value, of: object.key.name, in: cluster.name)
    }
  }

  /// One edit after the other at the given rate, going round the clusters; answers are not waited for.
  private func edit(_ clusters: [Target], _ namespace: String, _ transport: CurlTransport) async throws {
    let clients = clusters.map { $0.client(transport) }
    let began = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<configMaps {
        for (position, client) in clients.enumerated() {
          let due = began + .seconds(Double(index * clients.count + position) / rate)
          try await Task.sleep(until: due, clock: .continuous)
          group.addTask {
            _ = try await client.send(
              .mergePatch(
                .configMaps, namespace: namespace, name: "drift-config-\(index)",
                patch: mapping(["data": ["k": "edited"]]), manager: "bench-edit"))
          }
        }
      }
      try await group.waitForAll()
    }
  }
}

/// When each object was seen edited, and seen repaired.
private final class Repairs: Sendable {
  private struct State {
    var edited: [String: Double] = [:]
    /// By cluster.
    var seconds: [String: [Double]] = [:]
  }
  private let state = Mutex(State())

  func saw(_ value: String, of object: String, in cluster: String) {
    let now = Usage.wall()
    let key = cluster + "/" + object
    state.withLock { state in
      if value == "edited" {
        if state.edited[key] == nil { state.edited[key] = now }
      } else if let began = state.edited.removeValue(forKey: key) {
        state.seconds[cluster, default: []].append(now - began)
      }
    }
  }

  func times() -> [String: [Double]] { state.withLock { $0.seconds } }
}
