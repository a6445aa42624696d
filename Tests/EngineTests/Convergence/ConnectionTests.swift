import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

/// Clusters whose credentials come late, or are mended: the hub finds out by itself.
@Suite(.serialized) struct ConnectionTests {
  private let late = "edge-2"

  /// A cluster whose kubeconfig lies where nothing else of the fleet does.
  private func writeLate(_ fleet: TestFleet) throws -> String {
    let path = fleet.data.path + "/late.kubeconfig"
    try fleet.writeCluster(late, kubeconfig: path)
    return "late.kubeconfig"
  }

  private func view(_ fleet: TestFleet) async throws -> HubEngine.ClusterView? {
    try await fleet.hub.engine.clusterViews().first { $0.cluster.name.text == late }
  }

  @Test func aKubeconfigThatComesLate() async throws {
    try await TestFleet.with(["edge-1", "edge-2"]) { fleet in
      let revision = try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      let file = try writeLate(fleet)
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"], revision: revision)
      try await fleet.until("marked") {
        let status = try await fleet.status("web-" + late)
        return try await view(fleet)?.message.contains("does not exist") == true
          && status.message.contains("cluster edge-2 cannot be reached") && status.sync == .unknown
      }
      // Half of it is tried too, and told.
      try fleet.data.write("{apiVersion: v1", to: file)
      try await fleet.until("told") { try await view(fleet)?.message.contains("does not exist") == false }
      try fleet.data.write(fleet.simulated.kubeconfig, to: file)
      try await fleet.untilConverged(["web-" + late], revision: revision)
      #expect(try await view(fleet)?.state == "Reachable")
    }
  }

  @Test func aTokenThatIsMended() async throws {
    try await TestFleet.with(["edge-1", "edge-2"]) { fleet in
      let revision = try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      let file = try writeLate(fleet)
      let token = try fleet.cluster(late).administratorToken
      let stale = fleet.simulated.kubeconfig.replacingOccurrences(of: token, with: "stale")
      try fleet.data.write(stale, to: file)
      try fleet.writeSet()
      try fleet.startHub { $0.fileInterval = 0.1 }
      try await fleet.untilConverged(["web-edge-1"], revision: revision)
      try await fleet.until("refused") { try await view(fleet)?.message.contains("nauthorized") == true }
      try fleet.data.write(fleet.simulated.kubeconfig, to: file)
      try await fleet.untilConverged(["web-" + late], revision: revision)
    }
  }

  /// Nothing can be taken out of a cluster that cannot be connected: it is not forgotten either.
  @Test func whatIsToGoIsNotForgotten() async throws {
    try await TestFleet.with(["edge-1", "edge-2"]) { fleet in
      let file = try writeLate(fleet)
      try fleet.data.write(fleet.simulated.kubeconfig, to: file)
      let revision = try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1", "web-edge-2"], revision: revision)
      await fleet.stopHub()
      try fleet.data.remove(file)
      try fleet.startHub()
      try await fleet.until("marked") {
        try await fleet.status("web-" + late).message.contains("cannot be reached")
      }
      try fleet.writeCluster(late, tier: "lab", kubeconfig: fleet.data.path + "/" + file)
      try await fleet.until("to be deleted") {
        try await fleet.hub.engine.applicationView("web-" + late)?.isDeleting == true
      }
      try await fleet.settle("web-" + late)
      #expect(try await fleet.exists(late, "configmaps/settings"))
      try fleet.data.write(fleet.simulated.kubeconfig, to: file)
      try await fleet.until("gone") {
        let view = try await fleet.hub.engine.applicationView("web-" + late)
        return try await !fleet.exists(late, "configmaps/settings") && view == nil
      }
    }
  }
}
