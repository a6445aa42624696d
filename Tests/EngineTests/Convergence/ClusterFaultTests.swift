import Fleet
import Manifest
import Simulator
import Testing

@testable import Engine

/// One cluster that misbehaves is marked with a reason, holds up no other, and catches up by itself.
@Suite(.serialized) struct ClusterFaultTests {
  private let sound = ["edge-1", "edge-3"]
  private let victim = "edge-2"

  private func withConverged(_ body: (TestFleet) async throws -> Void) async throws {
    try await TestFleet.with(["edge-1", "edge-2", "edge-3"]) { fleet in
      try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1", "web-edge-2", "web-edge-3"])
      try await body(fleet)
    }
  }

  /// Commits, and waits until the sound clusters have it.
  private func commit(_ fleet: TestFleet, color: String) async throws -> String {
    let revision = try await fleet.commit(["web/settings.yaml": WebSource.settings(color: color)])
    try await fleet.untilConverged(sound.map { "web-" + $0 }, revision: revision)
    return revision
  }

  private func view(_ fleet: TestFleet, _ name: String) async throws -> HubEngine.ClusterView? {
    try await fleet.hub.engine.clusterViews().first { $0.cluster.name.text == name }
  }

  private func expectCaughtUp(_ fleet: TestFleet, _ revision: String, color: String) async throws {
    try await fleet.untilConverged(["web-" + victim], revision: revision)
    #expect(try await fleet.value(victim, "configmaps/settings", "data", "color")?.string == color)
    #expect(try await view(fleet, victim)?.state == "Reachable")
    // And it is followed again.
    try await fleet.edit(victim, "configmaps/settings", .merge(#"{"data":{"size":"small"}}"#))
    try await fleet.until("drift is healed") {
      try await fleet.value(victim, "configmaps/settings", "data", "size")?.string == "large"
    }
  }

  private func expectOthersUnmarked(_ fleet: TestFleet) async throws {
    for name in sound {
      #expect(try await view(fleet, name)?.state == "Reachable")
      #expect(try await fleet.status("web-" + name).sync == .synced)
    }
  }

  @Test func anOfflineCluster() async throws {
    try await withConverged { fleet in
      try await fleet.setFaults(victim) { $0.outage = .refuse }
      let revision = try await commit(fleet, color: "blue")
      try await fleet.until("marked") {
        let (cluster, status) = (try await view(fleet, victim), try await fleet.status("web-" + victim))
        return cluster?.state == "Unreachable" && cluster?.message.isEmpty == false && status.stage == "connect"
          && status.message.contains(victim) && status.sync == .unknown
      }
      try await expectOthersUnmarked(fleet)
      try await fleet.heal(victim)
      try await expectCaughtUp(fleet, revision, color: "blue")
    }
  }

  @Test func aFrozenCluster() async throws {
    try await withConverged { fleet in
      try await fleet.setFaults(victim) { $0.isFrozen = true }
      let revision = try await commit(fleet, color: "blue")
      try await expectOthersUnmarked(fleet)
      try await fleet.heal(victim)
      try await expectCaughtUp(fleet, revision, color: "blue")
    }
  }

  @Test func aBlackHole() async throws {
    try await withConverged { fleet in
      try await fleet.setFaults(victim) { $0.outage = .blackHole }
      let revision = try await commit(fleet, color: "blue")
      try await expectOthersUnmarked(fleet)
      try await fleet.heal(victim)
      try await expectCaughtUp(fleet, revision, color: "blue")
    }
  }

  @Test func refusalsAreWaitedOut() async throws {
    try await withConverged { fleet in
      try await fleet.setFaults(victim) { $0.status = .init(code: 429, retryAfter: 1, remaining: 2) }
      let busy = try await commit(fleet, color: "busy")
      try await expectCaughtUp(fleet, busy, color: "busy")
      try await fleet.setFaults(victim) { $0.status = .init(code: 500) }
      let failing = try await commit(fleet, color: "failing")
      try await fleet.until("the refusal is told") {
        let status = try await fleet.status("web-" + victim)
        return status.sync != .synced && !status.message.isEmpty
      }
      try await expectOthersUnmarked(fleet)
      try await fleet.heal(victim)
      try await expectCaughtUp(fleet, failing, color: "failing")
    }
  }

  @Test func answersThatAreNoKubernetes() async throws {
    try await withConverged { fleet in
      try await fleet.setFaults(victim) { $0.sendsGarbage = true }
      let revision = try await commit(fleet, color: "blue")
      try await fleet.until("marked") {
        let status = try await fleet.status("web-" + victim)
        return status.sync == .unknown && status.message.contains("JSON")
      }
      try await expectOthersUnmarked(fleet)
      try await fleet.heal(victim)
      try await expectCaughtUp(fleet, revision, color: "blue")
    }
  }

  @Test func watchesThatEndAreResumed() async throws {
    try await withConverged { fleet in
      let server = try fleet.cluster(victim)
      for round in 0..<2 {
        try await round == 0 ? server.dropWatches() : server.expireHistory()
        // Nobody watches at this moment: the hub learns of it when it resumes, or lists again.
        try await fleet.edit(victim, "configmaps/settings", .merge(#"{"data":{"color":"red"}}"#))
        try await fleet.until("healed") {
          try await fleet.value(victim, "configmaps/settings", "data", "color")?.string == "green"
        }
      }
      #expect(try fleet.deletions(victim).isEmpty)
    }
  }

  @Test func anOfflineClusterAtTheStart() async throws {
    try await TestFleet.with(["edge-1", "edge-2", "edge-3"]) { fleet in
      try await fleet.setFaults(victim) { $0.outage = .refuse }
      try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      try fleet.writeSet()
      try fleet.startHub()
      let revision = try await commit(fleet, color: "blue")
      try await fleet.heal(victim)
      try await expectCaughtUp(fleet, revision, color: "blue")
    }
  }
}
