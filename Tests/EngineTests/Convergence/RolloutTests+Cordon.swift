import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

/// Rollouts of a cluster that is out of service.
extension RolloutTests {
  private func cordon(_ isCordoned: Bool, _ fleet: TestFleet) async throws {
    let engine = try fleet.hub.engine
    try await engine.store.clusterOverrides.put(
      ClusterOverride(name: "edge-1", cordoned: isCordoned, actor: "tester", time: Date()))
    await engine.refreshFleet()
  }

  private func surge(_ fleet: TestFleet, to replicas: Int) async throws {
    let answer = try await fleet.send(
      "PATCH", Self.collection + "/rollouts/web?fieldManager=intruder", to: "edge-1",
      #"{"spec":{"replicas":\#(replicas)}}"#, type: "application/merge-patch+json")
    try #require(answer.status == 200, "\(answer.body)")
  }

  private func wantedReplicas(_ fleet: TestFleet) async throws -> Int64 {
    let answer = try await fleet.send(
      "GET", "/apis/apps/v1/namespaces/\(TestFleet.namespace)/replicasets", to: "edge-1")
    return (answer.body["items"]?.sequence ?? []).reduce(0) { $0 + ($1["spec"]?["replicas"]?.int ?? 0) }
  }

  @Test func aCordonStopsRolloutsToo() async throws {
    try await TestFleet.with { fleet in
      try await define(fleet)
      let files = ["web/stable.yaml": service("stable"), "web/canary.yaml": service("canary")]
      try await fleet.commit(
        files.merging(["web/rollout.yaml": rollout("web:1", strategy: Self.canary)]) { $1 })
      try fleet.writeSet(syncPolicy: "{automated: {prune: true}, syncOptions: [CreateNamespace=true]}")
      try fleet.startHub()
      try await fleet.until("the first version is there") { try await stands(fleet, .healthy, ["web:1": 4]) }
      try await fleet.commit(["web/rollout.yaml": rollout("web:2", strategy: Self.canary)])
      try await fleet.until("the canary pauses") { try await stands(fleet, .paused, ["web:1": 2, "web:2": 2]) }
      try await fleet.settle(Self.application)
      try await cordon(true, fleet)
      let writes = try fleet.writes("edge-1").count
      try await surge(fleet, to: 8)
      for verb in [RolloutVerb.promote, .abort] {
        let failure = await expectFailure("cluster.cordoned") { try await act(fleet, verb) }
        #expect(failure?.message.contains("muster cluster uncordon edge-1") == true && failure?.retry == .never)
      }
      // Long enough for several looks of a controller that did not know.
      try await Task.sleep(for: .seconds(2))
      #expect(try fleet.writes("edge-1").count == writes)
      #expect(try await wantedReplicas(fleet) == 4)
      try await cordon(false, fleet)
      try await fleet.until("the controller goes on") { try await wantedReplicas(fleet) == 8 }
      try await act(fleet, .promote)
      try await fleet.until("promoted") { try await stands(fleet, .healthy, ["web:2": 8]) }
    }
  }
}
