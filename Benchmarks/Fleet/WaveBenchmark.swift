import ArgumentParser
import BenchmarkSupport
import Foundation
import HTTPClient
import Manifest

/// A change that goes over many simulated clusters in waves.
struct WaveBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "waves", abstract: "Planning, admission, CPU and memory of a rollout over many simulated clusters.")

  @OptionGroup var programs: Programs
  @Option var clusters = 1_000
  @Option var waves = 5
  @Option(help: "Of each wave at once.") var maxUpdate = "20%"

  func run() async throws { try await programs.measure(measure) }

  private func measure(_ workspace: Workspace, _ transport: CurlTransport) async throws -> Report {
    let simulation = try SimulatedClusters(programs.muster, count: clusters, workspace, transport: transport)
    defer { simulation.stop() }
    let targets = try await Target.read([simulation.kubeconfig])
    let names = targets.map { workspace.application($0) }
    _ = try workspace.commit(TenKinds.manifests, "objects.yaml")
    try workspace.writeFleet(targets, namespace: "bench", waves: .init(count: waves, maxUpdate: maxUpdate))
    var report = Report("waves")
    report.add("clusters", Double(targets.count))
    report.add("waves", Double(waves))
    let hub = try await HubProcess(programs.muster, workspace, transport: transport)
    defer { hub.stop() }
    report.add("firstRolloutSeconds", try await wait(hub, for: 1))
    let before = try await Counts(hub)
    let began = (wall: Usage.wall(), cpu: hub.cpu)
    _ = try workspace.commit("\(TenKinds.manifests)\n---\n\(Self.extra)", "objects.yaml")
    try await hub.refresh([names[0]])
    _ = try await wait(hub, for: 2)
    let after = try await Counts(hub)
    report.add("planningSeconds", after.planning - before.planning)
    report.add("rolloutSeconds", Usage.wall() - began.wall)
    report.add("rolloutCpuSeconds", hub.cpu - began.cpu)
    report.add("hubMB", hub.megabytes)
    let admissions = after.admissions - before.admissions
    report.add("admissions", admissions)
    report.add("admissionMeanSeconds", (after.admission - before.admission) / admissions)
    report.add("admissionsWithin100ms", (after.fast - before.fast) / admissions)
    return report
  }

  private static let extra = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: second}
    data: {version: "2"}

    """

  /// - Returns: seconds until the rollout had succeeded.
  private func wait(_ hub: HubProcess, for number: Int64) async throws -> Double {
    let began = Usage.wall()
    while Usage.wall() - began < 900 {
      let items = try JSON.parse(try await hub.get("/api/v1/rollouts"), file: "rollouts")["items"]?.sequence ?? []
      if let rollout = items.first, rollout["number"]?.int == number {
        if rollout["phase"]?.string == "Succeeded" { return Usage.wall() - began }
        guard rollout["phase"]?.string == "Running" else {
          throw BenchmarkError("the rollout is \(rollout["phase"]?.string ?? ""): \(rollout["message"]?.string ?? "")")
        }
      }
      try await Task.sleep(for: .milliseconds(200))
    }
    throw BenchmarkError("rollout \(number) does not end")
  }

  /// What the hub has counted of rollouts.
  private struct Counts {
    var planning: Double
    var admissions: Double
    var admission: Double
    var fast: Double

    init(_ hub: HubProcess) async throws {
      planning = try await hub.metric("muster_rollout_planning_seconds_sum")
      admissions = try await hub.metric("muster_rollout_admission_seconds_count")
      admission = try await hub.metric("muster_rollout_admission_seconds_sum")
      fast = try await hub.metric("muster_rollout_admission_seconds_bucket{le=\"0.1\"}")
    }
  }
}
