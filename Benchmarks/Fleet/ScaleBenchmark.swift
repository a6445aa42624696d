import ArgumentParser
import BenchmarkSupport
import Foundation
import HTTPClient

/// Many simulated clusters with one Application of ten kinds each: converging, idle, refreshed, started again.
struct ScaleBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale", abstract: "Memory, idle cost, refresh and start with many simulated clusters.")

  @OptionGroup var programs: Programs
  @Option var clusters = 1_000
  @Option(help: "Clusters that drop every packet when the hub starts again.") var blackHoled = 10
  @Option(help: "Seconds of idleness that are measured: whole minutes, since bookmarks come in bursts.") var idle = 60
  @Option(help: "Seconds from convergence to the measurement of memory and idleness.") var settling = 100

  func run() async throws { try await programs.measure(measure) }

  private func measure(_ workspace: Workspace, _ transport: CurlTransport) async throws -> Report {
    let simulation = try SimulatedClusters(programs.muster, count: clusters, workspace, transport: transport)
    defer { simulation.stop() }
    let targets = try await Target.read([simulation.kubeconfig])
    let names = Set(targets.map { workspace.application($0) })
    let commit = try workspace.commit(TenKinds.manifests, "objects.yaml")
    try workspace.writeFleet(targets, namespace: "bench")
    var report = Report("scale")
    report.add(
      "clusters", Double(targets.count)
    )
    let began = Usage.wall()
    let hub = try await HubProcess(programs.muster, workspace, transport: transport)
    var running: HubProcess? = hub
    defer { running?.stop() }
    report.add("firstReadySeconds", hub.secondsToReady)
    report.add("convergedSeconds", try await hub.wait(for: names, at: commit) - began)
    report.add("convergedCpuSeconds", hub.cpu)
    report.add("convergedMB", hub.megabytes)
    try await Task.sleep(for: .seconds(settling))
    report.add("hubMB", hub.megabytes)
    report.add("idleCpuPercent", try await idleShare(hub) * 100)
    try await refresh(hub, names.sorted(), simulation, &report)
    hub.stop()
    running = nil

    try await simulation.blackHole(targets.suffix(blackHoled).map(\.name))
    let second = try await HubProcess(programs.muster, workspace, transport: transport)
    running = second
    report.add("againReadySeconds", second.secondsToReady)
    let reachable = Set(targets.dropLast(blackHoled).map { workspace.application($0) })
    report.add(
      "againSyncedSeconds", second.secondsToReady - Usage.wall() + (try await second.wait(for: reachable, at: commit)))
    report.add("againCpuSeconds", second.cpu)
    report.add("againMB", second.megabytes)
    return report
  }

  private func idleShare(_ hub: HubProcess) async throws -> Double {
    let began = (wall: Usage.wall(), cpu: hub.cpu)
    try await Task.sleep(for: .seconds(idle))
    return (hub.cpu - began.cpu) / (Usage.wall() - began.wall)
  }

  /// Every Application is looked at again, and nothing has changed.
  private func refresh(
    _ hub: HubProcess, _ names: [String], _ simulation: SimulatedClusters, _ report: inout Report
  ) async throws {
    let passes = try await hub.metric("muster_reconciles_total")
    let requests = try await simulation.requests()
    let began = (wall: Usage.wall(), cpu: hub.cpu)
    try await hub.refresh(names)
    while try await hub.metric("muster_reconciles_total") < passes + Double(names.count) {
      guard Usage.wall() - began.wall < 120 else { throw BenchmarkError("the refresh does not end") }
      try await Task.sleep(for: .milliseconds(400))
    }
    report.add("refreshCpuSeconds", hub.cpu - began.cpu)
    report.add("refreshSeconds", Usage.wall() - began.wall)
    report.add("refreshRequestsToClusters", Double(try await simulation.requests() - requests))
  }
}

/// One object of each of ten kinds.
enum TenKinds {
  static let manifests = """
    {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {a: "1", b: "2"}}
    ---
    {apiVersion: v1, kind: Secret, metadata: {name: credentials}, stringData: {user: bench}}
    ---
    {apiVersion: v1, kind: ServiceAccount, metadata: {name: server}}
    ---
    {apiVersion: v1, kind: Service, metadata: {name: server}, spec: {selector: {app: server}, ports: [{port: 80}]}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: server}
    spec:
      replicas: 1
      selector: {matchLabels: {app: server}}
      template:
        metadata: {labels: {app: server}}
        spec: {containers: [{name: server, image: "registry.example/server:1.0"}]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: reader}
    rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: reader}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
    subjects: [{kind: ServiceAccount, name: server, namespace: bench}]
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: server}
    spec: {podSelector: {matchLabels: {app: server}}, policyTypes: [Ingress]}
    ---
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: server}
    spec: {maxUnavailable: 1, selector: {matchLabels: {app: server}}}
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: server}
    spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: server}}
    """
}
