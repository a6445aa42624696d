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
  @Option(help: "CLUSTER=PID: its API server is stopped in a further round.") var freeze: FrozenServer?

  func run() async throws { try await programs.measure(measure) }

  private func measure(_ workspace: Workspace, _ transport: CurlTransport) async throws -> Report {
    let clusters = try await Target.read(programs.kubeconfigs)
    guard !clusters.isEmpty else { throw ValidationError("--kubeconfigs names no cluster") }
    let namespaces = (bare: "bench-bare-\(workspace.id)", hub: "bench-hub-\(workspace.id)")
    for cluster in clusters { try await makeNamespace(namespaces.bare, cluster, transport) }
    let one = BenchObjects(configMaps: 1, deployments: min(1, deployments), bytes: 16)
    let names = Set(clusters.map { workspace.application($0) })
    let first = try workspace.commit(one.manifests("warm"), "warm.yaml")
    try workspace.writeFleet(clusters, namespace: namespaces.hub)
    let hub = try await HubProcess(programs.muster, workspace, transport: transport)
    defer { hub.stop() }
    _ = try await hub.wait(for: names, at: first)

    guard let bare = BareLoop(width: width) else { throw BenchmarkError("libcurl cannot start") }
    _ = bare.run(clusters.flatMap { cluster in one.requests("warm", namespace: namespaces.bare).map(cluster.raw) })
    let objects = BenchObjects(configMaps: configMaps, deployments: deployments, bytes: bytes)
    let total = Double(objects.count * clusters.count)
    var costs: (hub: [Cost], bare: [Cost]) = ([], [])
    for round in 0..<rounds {
      let requests = clusters.flatMap { objects.requests("r\(round)", namespace: namespaces.bare).map($0.raw) }
      costs.bare.append(bare.run(requests))
      try await Task.sleep(for: .seconds(2))
      let commit = try workspace.commit(objects.manifests("r\(round)"), "r\(round).yaml")
      costs.hub.append(try await cost(of: commit, for: names, objects: total, hub))
      try await Task.sleep(for: .seconds(2))
    }
    var report = summary(costs, clusters: clusters.count, objects: total)
    report.add("hubMB", hub.megabytes)
    report.add("bareFailures", Double(bare.failures))
    if let freeze {
      try await frozenRound(freeze, objects, clusters, hub, workspace, &report)
    }
    return report
  }

  /// What it takes until every Application is synced at a commit.
  private func cost(
    of commit: String, for names: Set<String>, objects: Double, _ hub: HubProcess
  ) async throws -> Cost {
    let began = (wall: Usage.wall(), cpu: hub.cpu)
    let done = try await hub.wait(for: names, at: commit) { try await hub.refresh(names.sorted()) }
    return Cost(rate: objects / (done - began.wall), cpu: (hub.cpu - began.cpu) * 1000 / objects)
  }

  /// The medians of the rounds.
  private func summary(_ costs: (hub: [Cost], bare: [Cost]), clusters: Int, objects: Double) -> Report {
    let rate = (hub: costs.hub.map(\.rate).quantile(0.5), bare: costs.bare.map(\.rate).quantile(0.5))
    let cpu = costs.hub.map(\.cpu).quantile(0.5)
    var report = Report("apply")
    report.add("clusters", Double(clusters))
    report.add("objects", objects)
    report.add("rate", rate.hub)
    report.add("bareRate", rate.bare)
    report.add("ratio", rate.hub / rate.bare)
    report.add("hubCpuMsPerObject", cpu)
    report.add("bareCpuMsPerObject", costs.bare.map(\.cpu).quantile(0.5))
    report.add("seconds", objects / rate.hub)
    report.add("hubCpuSeconds", cpu * objects / 1000)
    return report
  }

  private func makeNamespace(_ name: String, _ cluster: Target, _ transport: CurlTransport) async throws {
    _ = try await cluster.client(transport).apply(
      BenchObjects.namespace, namespace: nil, name: name,
      body: mapping(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]]), manager: "bench")
  }

  /// One server is stopped while the others get the commit, and goes on afterwards.
  private func frozenRound(
    _ server: FrozenServer, _ objects: BenchObjects, _ clusters: [Target], _ hub: HubProcess, _ workspace: Workspace,
    _ report: inout Report
  ) async throws {
    let others = Set(clusters.filter { $0.name != server.cluster }.map { workspace.application($0) })
    let frozen = Set(clusters.filter { $0.name == server.cluster }.map { workspace.application($0) })
    guard !frozen.isEmpty else { throw ValidationError("--freeze names no cluster of the kubeconfigs") }
    let commit = try workspace.commit(objects.manifests("frozen"), "frozen.yaml")
    kill(server.process, SIGSTOP)
    defer { kill(server.process, SIGCONT) }
    let began = Usage.wall()
    report.add(
      "othersSecondsBesideFrozen",
      try await hub.wait(for: others, at: commit) { try await hub.refresh((others.union(frozen)).sorted()) } - began)
    try await Task.sleep(for: .seconds(10))
    kill(server.process, SIGCONT)
    let woken = Usage.wall()
    report.add("frozenCurrentAfterWakingSeconds", try await hub.wait(for: frozen, at: commit) - woken)
  }
}

/// A cluster and the process of its API server.
struct FrozenServer: ExpressibleByArgument {
  let cluster: String
  let process: pid_t

  init?(argument: String) {
    let parts = argument.split(separator: "=")
    guard parts.count == 2, let process = pid_t(parts[1]), process > 1 else { return nil }
    cluster = String(parts[0])
    self.process = process
  }
}
