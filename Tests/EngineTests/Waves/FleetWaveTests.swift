import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

/// Changes that go over simulated clusters in waves.
@Suite(.serialized) struct FleetWaveTests {
  private static let names = ["edge-1", "edge-2", "edge-3"]
  private static var applications: [String] { names.map { "web-" + $0 } }

  private func rollout(_ fleet: TestFleet) async throws -> FleetRollout? {
    try await fleet.hub.engine.rolloutView("web")?.rollout
  }

  @Test func aChangeGoesOverTheClustersInWaves() async throws {
    try await TestFleet.with(Self.names) { fleet in
      try fleet.writeWaves(rest: ", pause: {}")
      try await fleet.commit(["web/settings.yaml": WebSource.settings("settings")])
      try fleet.startHub()
      // The first rollout brings everything in, in waves too.
      _ = try await fleet.untilRollout(1, .paused)
      try await fleet.untilConverged(["web-edge-1"])
      #expect(try await fleet.status("web-edge-2").sync == .outOfSync)
      _ = try await fleet.hub.engine.heed(.approve, of: "web", actor: "test")
      _ = try await fleet.untilRollout(1, .succeeded)
      try await fleet.untilConverged(Self.applications)

      let new = try await fleet.commit(["web/more.yaml": WebSource.settings("more")])
      let paused = try await fleet.untilRollout(2, .paused)
      #expect(paused.reason == .approval && paused.trigger == "revision \(new.prefix(12))")
      #expect(try await fleet.status("web-edge-1").revision == new)
      #expect(try await fleet.status("web-edge-2").revision != new)
      #expect(try await fleet.status("web-edge-2").sync == .synced, "a later wave keeps its old state")
      _ = try await fleet.hub.engine.heed(.approve, of: "web", actor: "test")
      _ = try await fleet.untilRollout(2, .succeeded)
      try await fleet.untilConverged(Self.applications, revision: new)
    }
  }

  /// A commit that changes nothing that is rendered rolls nothing out.
  @Test func whatIsThereAlreadyNeedsNoRollout() async throws {
    try await TestFleet.with(["edge-1", "edge-2"]) { fleet in
      try fleet.writeSet()
      try await fleet.commit(["web/settings.yaml": WebSource.settings("settings")])
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1", "web-edge-2"])
      try fleet.writeWaves()
      let new = try await fleet.commit(["README.md": "nothing"])
      try await fleet.untilConverged(["web-edge-1", "web-edge-2"], revision: new)
      #expect(try await rollout(fleet) == nil)
    }
  }

  @Test func aClusterThatJoinsGetsWhatTheOthersHave() async throws {
    try await TestFleet.with(Self.names) { fleet in
      try fleet.repository.remove("clusters/edge-3.yaml")
      try fleet.writeWaves(rest: ", pause: {}")
      let old = try await fleet.commit(["web/settings.yaml": WebSource.settings("settings")])
      try fleet.startHub()
      _ = try await fleet.untilRollout(1, .paused)
      _ = try await fleet.hub.engine.heed(.approve, of: "web", actor: "test")
      _ = try await fleet.untilRollout(1, .succeeded)
      try await fleet.commit(["web/more.yaml": WebSource.settings("more")])
      _ = try await fleet.untilRollout(2, .paused)
      // It joins while something is under way: it gets what was approved last.
      try fleet.writeCluster("edge-3")
      try await fleet.untilConverged(["web-edge-3"], revision: old)
      _ = try await fleet.hub.engine.heed(.approve, of: "web", actor: "test")
      _ = try await fleet.untilRollout(2, .succeeded)
    }
  }

  @Test func aWayBackIsHeldUntilGitMovesOn() async throws {
    try await TestFleet.with(Self.names) { fleet in
      try fleet.writeWaves()
      let old = try await fleet.commit(["web/settings.yaml": WebSource.settings("settings")])
      try fleet.startHub()
      _ = try await fleet.untilRollout(1, .succeeded)
      let bad = try await fleet.commit(["web/more.yaml": WebSource.settings("more")])
      _ = try await fleet.untilRollout(2, .succeeded)
      try await fleet.untilConverged(Self.applications, revision: bad)
      _ = try await fleet.hub.engine.heed(.rollback, of: "web", actor: "test")
      let back = try await fleet.untilRollout(2, .rolledBack)
      #expect(back.targets.allSatisfy { $0.phase == .rolledBack })
      try await fleet.untilConverged(Self.applications, revision: old)
      let view = try await fleet.hub.engine.rolloutView("web")
      #expect(
        view?.held == Self.applications, "\(view?.rollout?.name ?? "") \(view?.held ?? []) \(view?.problem ?? "")")
      let next = try await fleet.commit(["web/other.yaml": WebSource.settings("other")])
      _ = try await fleet.untilRollout(3, .succeeded)
      try await fleet.untilConverged(Self.applications, revision: next)
    }
  }

  @Test func aFailedSyncStopsTheNextWave() async throws {
    try await TestFleet.with(Self.names) { fleet in
      try fleet.writeWaves("      onFailure: Rollback")
      let old = try await fleet.commit(["web/settings.yaml": WebSource.settings("settings")])
      try fleet.startHub()
      _ = try await fleet.untilRollout(1, .succeeded)
      try await fleet.commit(["web/bad.yaml": WebSource.settings("-not-a-name-")])
      let back = try await fleet.untilRollout(2, .rolledBack)
      #expect(back.reason == .budget && back.message.contains("web-edge-1: SyncFailed"))
      #expect(back.targets.count { $0.wasTouched } == 1)
      try await fleet.untilConverged(Self.applications, revision: old)
    }
  }

  /// A killed hub goes on where it was.
  @Test func aKilledHubGoesOn() async throws {
    try await TestFleet.with(Self.names) { fleet in
      try fleet.writeWaves(rest: ", pause: {}")
      try await fleet.commit(["web/settings.yaml": WebSource.settings("settings")])
      try fleet.startHub()
      _ = try await fleet.untilRollout(1, .paused)
      await fleet.killHub()
      try fleet.startHub()
      _ = try await fleet.untilRollout(1, .paused)
      #expect(try await fleet.hub.engine.syncs(of: "web-edge-1", limit: 10).count == 1)
      _ = try await fleet.hub.engine.heed(.approve, of: "web", actor: "test")
      _ = try await fleet.untilRollout(1, .succeeded)
      for name in Self.applications {
        #expect(try await fleet.hub.engine.syncs(of: name, limit: 10).count == 1, "\(name)")
      }
    }
  }

  /// Without waves everything follows its source again.
  @Test func aSetMayGiveUpItsWaves() async throws {
    try await TestFleet.with(["edge-1", "edge-2"]) { fleet in
      try fleet.writeWaves(rest: ", pause: {}")
      try await fleet.commit(["web/settings.yaml": WebSource.settings("settings")])
      try fleet.startHub()
      _ = try await fleet.untilRollout(1, .paused)
      try fleet.writeSet()
      try await fleet.untilConverged(["web-edge-1", "web-edge-2"])
      #expect(try await fleet.hub.engine.rolloutViews().isEmpty)
    }
  }

  /// Generators that ask outside have no answer when a hub starts: what was staged stays.
  @Test func aRestartForgetsNothingThatIsNotAnsweredYet() async throws {
    try await TestFleet.with(Self.names) { fleet in
      try fleet.writeWaves(rest: ", pause: {}")
      let file = try String(contentsOfFile: fleet.repository.path + "/templates/web.yaml", encoding: .utf8)
      let git = "{git: {repoURL: \(fleet.source.path), revision: main, directories: [{path: web}]}}"
      try fleet.repository.write(
        file.replacing(
          "generators: [{clusters: {}}]", with: "generators: [{matrix: {generators: [\(git), {clusters: {}}]}}]"),
        to: "templates/web.yaml")
      let old = try await fleet.commit(["web/settings.yaml": WebSource.settings("settings")])
      try fleet.startHub()
      _ = try await fleet.untilRollout(1, .paused)
      _ = try await fleet.hub.engine.heed(.approve, of: "web", actor: "test")
      _ = try await fleet.untilRollout(1, .succeeded)
      try await fleet.commit(["web/more.yaml": WebSource.settings("more")])
      _ = try await fleet.untilRollout(2, .paused)
      for _ in 0..<3 {
        await fleet.killHub()
        try fleet.startHub()
        let paused = try await fleet.untilRollout(2, .paused)
        #expect(paused.reason == .approval && !paused.targets.contains { $0.phase == .gone })
        try await fleet.untilConverged(["web-edge-2", "web-edge-3"], revision: old)
      }
      _ = try await fleet.hub.engine.heed(.approve, of: "web", actor: "test")
      _ = try await fleet.untilRollout(2, .succeeded)
    }
  }

  /// Clusters that have something are not taken for new ones.
  @Test func wavesThatComeLaterAreNotRunAheadOf() async throws {
    try await TestFleet.with(Self.names) { fleet in
      try fleet.writeSet()
      let old = try await fleet.commit(["web/settings.yaml": WebSource.settings("settings")])
      try fleet.startHub()
      try await fleet.untilConverged(Self.applications)
      await fleet.stopHub()
      try fleet.writeWaves(rest: ", pause: {}")
      try await fleet.commit(["web/more.yaml": WebSource.settings("more")])
      try fleet.startHub()
      _ = try await fleet.untilRollout(1, .paused)
      // One has the new state: it is no measure for those that wait.
      try await Task.sleep(for: .milliseconds(300))
      #expect(try await fleet.status("web-edge-2").sync == .outOfSync)
      #expect(try await fleet.hub.engine.syncs(of: "web-edge-2", limit: 5).allSatisfy { $0.revision == old })
      _ = try await fleet.hub.engine.heed(.approve, of: "web", actor: "test")
      _ = try await fleet.untilRollout(1, .succeeded)
    }
  }

  /// A set that is gone by mistake, and whose Applications stay, moves nothing.
  @Test func aSetThatIsGoneMovesNothing() async throws {
    try await TestFleet.with(Self.names) { fleet in
      try fleet.writeWaves(rest: ", pause: {}")
      let old = try await fleet.commit(["web/settings.yaml": WebSource.settings("settings")])
      try fleet.startHub { $0.breaker = Breaker("1,10%") ?? .applications }
      _ = try await fleet.untilRollout(1, .paused)
      _ = try await fleet.hub.engine.heed(.approve, of: "web", actor: "test")
      _ = try await fleet.untilRollout(1, .succeeded)
      try await fleet.commit(["web/more.yaml": WebSource.settings("more")])
      _ = try await fleet.untilRollout(2, .paused)
      let file = try String(contentsOfFile: fleet.repository.path + "/templates/web.yaml", encoding: .utf8)
      try fleet.repository.remove("templates/web.yaml")
      try await fleet.until("the removal is refused") {
        try await fleet.hub.engine.setViews().contains { $0.name == "web" && $0.refusedRemovals > 0 }
      }
      try await Task.sleep(for: .milliseconds(300))
      #expect(try await fleet.status("web-edge-2").revision == old)
      try fleet.repository.write(file, to: "templates/web.yaml")
      _ = try await fleet.untilRollout(2, .paused)
      _ = try await fleet.hub.engine.heed(.approve, of: "web", actor: "test")
      _ = try await fleet.untilRollout(2, .succeeded)
    }
  }
}
