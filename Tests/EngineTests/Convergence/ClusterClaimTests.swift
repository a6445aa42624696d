import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

/// One cluster, one registration: what claims the name or the cluster of another one is told, and not used.
@Suite(.serialized) struct ClusterClaimTests {
  @Test func anUnrelatedLabelLiftsNoRefusal() async throws {
    try await TestFleet.with(["edge-1", "edge-2", "edge-3"]) { fleet in
      try await fleet.commit(WebSource.base)
      // Two manifests claim the name edge-1.
      let twin = try fleet.cluster("edge-2").server
      try fleet.writeCluster("edge-1")
      try fleet.repository.remove("clusters/edge-2.yaml")
      try fleet.writeCluster("edge-1", server: twin, file: "twin")
      try fleet.writeSet(destination: "name: '{{name}}'")
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-3"])
      let hub = try fleet.hub
      for label in ["x", "y"] {
        var override = ClusterOverride(name: "edge-3", actor: "test", time: Date())
        override.labels[label] = .some("1")
        try await hub.engine.store.clusterOverrides.put(override)
        await hub.engine.refreshFleet()
        #expect(await hub.engine.registry[try #require(ClusterName("edge-3"))]?.labels[label] == "1")
        #expect(await hub.engine.registry.ambiguousNames.map(\.text) == ["edge-1"])
        let problems = try #require(await hub.engine.setView("web")).problems
        #expect(problems.contains { $0.contains("there are several clusters named 'edge-1'") }, "\(problems)")
        #expect(await hub.engine.applicationView("web-edge-1") == nil)
      }
      #expect(try fleet.writes("edge-1").isEmpty && fleet.writes("edge-2").isEmpty)
    }
  }
}
