import ArgumentParser
import BenchmarkSupport
import Foundation
import HTTPClient
import Kubernetes

/// New objects from a commit to every cluster, against a bare libcurl loop that sends the same requests.
struct ApplyBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Rate and cost of applying new objects to real API servers.")

  @OptionGroup var programs: Programs
  @Option(help: "ConfigMaps a cluster and round.") var configMaps = 2_000
  @Option(help: "Deployments a cluster and round.") var deployments = 0
  @Option(help: "Bytes of data in each ConfigMap.") var bytes = 320
  @Option var rounds = 3
  @Option(help: "Requests that the bare loop has under way at each cluster.") var width = 64
  @Option(help: "Process of the last cluster's API server: stopped in a further round.") var freeze: Int32?
  @Option var port = 18_431

  func run() async throws {
    let clusters = try await Target.read(programs.kubeconfigs)
    guard !clusters.isEmpty else { throw ValidationError("--kubeconfigs names no cluster") }
    let workspace = try Workspace()
    defer { if !programs.keep { workspace.remove() } }
    let transport = try CurlTransport()
    defer { transport.shutdown() }
    let namespaces = (bare: "bench-bare-\(workspace.id)", hub: "bench-hub-\(workspace.id)")
    for cluster in clusters { try await makeNamespace(namespaces.bare, cluster, transport) }
    let one = BenchObjects(configMaps: 1, deployments: min(1, deployments), bytes: 16)
    let names = Set(clusters.map { workspace.application($0) })
    let first = try workspace.commit(one.manifests("warm"), "warm.yaml")
    try workspace.writeFleet(clusters, namespace: namespaces.hub)
    let hub = try await HubProcess(programs.muster, workspace, port: port, transport: transport)
    defer { hub.stop() }
    _ = try await hub.wait(for: names, at: first)

    guard let bare = BareLoop(width: width) else { throw BenchmarkError("libcurl cannot start") }
    let objects = BenchObjects(configMaps: configMaps, deployments: deployments, bytes: bytes)
    _ = bare.run(clusters.flatMap { cluster in one.requests("warm", namespace: namespaces.bare).map(cluster.raw) })
    var ours: [Cost] = []
    var theirs: [Cost] = []
    let total = Double(objects.count * clusters.count)
    for round in 0..<rounds {
      theirs.append(
        bare.run(
          clusters.flatMap { cluster in
            objects.requests("r\(round)", namespace: namespaces.bare).map(cluster.raw)
          }))
      try await Task.sleep(for: .seconds(2))
      let commit = try workspace.commit(objects.manifests("r\(round)"), "r\(round).yaml")
      let began = (wall: Usage.wall(), cpu: hub.cpu)
      let done = try await hub.wait(for: names, at: commit) { try await hub.refresh(names.sorted()) }
      ours.append(
        Cost(rate: total / (done - began.wall), cpu: (hub.cpu - began.cpu) * 1000 / total))
      try await Task.sleep(for: .seconds(2))
    }
    var result = Result("apply")
    result["clusters"] = Double(clusters.count)
    result["objects"] = total
    result["rate"] = ours.map(\.rate).quantile(0.5)
    result["bareRate"] = theirs.map(\.rate).quantile(0.5)
    result["ratio"] = ours.map(\.rate).quantile(0.5) / theirs.map(\.rate).quantile(0.5)
    result["hubCpuMsPerObject"] = ours.map(\.cpu).quantile(0.5)
    result["bareCpuMsPerObject"] = theirs.map(\.cpu).quantile(0.5)
    result["seconds"] = total / ours.map(\.rate).quantile(0.5)
    result["hubCpuSeconds"] = ours.map(\.cpu).quantile(0.5) * total / 1000
    result["hubMB"] = hub.megabytes
    result["bareFailures"] = Double(bare.failures)
    if let freeze {
      try await frozenRound(freeze, objects, clusters, hub, workspace, &result)
    }
    result.print()
  }

  private func makeNamespace(_ name: String, _ cluster: Target, _ transport: CurlTransport) async throws {
    _ = try await cluster.client(transport).apply(
      BenchObjects.namespace, namespace: nil, name: name,
      body: mapping(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]]), manager: "bench")
  }

  /// The last cluster's server is stopped while the others get the commit, and goes on afterwards.
  private func frozenRound(
    _ server: pid_t, _ objects: BenchObjects, _ clusters: [Target], _ hub: HubProcess, _ workspace: Workspace,
    _ result: inout Result
  ) async throws {
    let others = Set(clusters.dropLast().map { workspace.application($0) })
    let last = Set(clusters.suffix(1).map { workspace.application($0) })
    let commit = try workspace.commit(objects.manifests("frozen"), "frozen.yaml")
    kill(server, SIGSTOP)
    defer { kill(server, SIGCONT) }
    let began = Usage.wall()
    result["othersSecondsBesideFrozen"] =
      try await hub.wait(for: others, at: commit) { try await hub.refresh((others.union(last)).sorted()) } - began
    try await Task.sleep(for: .seconds(10))
    kill(server, SIGCONT)
    let woken = Usage.wall()
    result["frozenCurrentAfterWakingSeconds"] = try await hub.wait(for: last, at: commit) - woken
  }
}
