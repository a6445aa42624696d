import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

/// Waves in which clusters, people and manifests do what nobody planned.
@Suite(.serialized) struct WaveFaultTests {
  private static let names = ["edge-1", "edge-2", "edge-3"]
  private static var applications: [String] { names.map { "web-" + $0 } }

  private func begun(_ fleet: TestFleet, _ files: [String: String] = WebSource.base) async throws -> String {
    let old = try await fleet.commit(files)
    try fleet.startHub()
    _ = try await fleet.untilRollout(1, .paused)
    _ = try await fleet.hub.engine.heed(.approve, of: "web", actor: "test")
    _ = try await fleet.untilRollout(1, .succeeded)
    try await fleet.untilConverged(Self.applications, revision: old)
    return old
  }

  private func migration(_ fleet: TestFleet) async throws -> Node? {
    let path = "/apis/batch/v1/namespaces/\(TestFleet.namespace)/jobs/migrate"
    let answer = try await fleet.send("GET", path, to: "edge-1")
    return answer.status == 404 ? nil : answer.body
  }

  /// A slip of the pen in the strategy does not bring everything everywhere at once, nor after a restart.
  @Test(arguments: ["RolingSync", "RollingSync # no steps"])
  func aStrategyThatIsNotUnderstoodReleasesNothing(_ type: String) async throws {
    try await TestFleet.with(Self.names) { fleet in
      try fleet.writeWaves(rest: ", pause: {}")
      let old = try await begun(fleet)
      try await fleet.commit(["web/more.yaml": WebSource.settings("more")])
      _ = try await fleet.untilRollout(2, .paused)
      try fleet.writeWaves(type: type, rest: ", pause: {}")
      if type.hasSuffix("no steps") {
        let file = try String(contentsOfFile: fleet.repository.path + "/templates/web.yaml", encoding: .utf8)
        let lines = file.split(separator: "\n", omittingEmptySubsequences: false).filter {
          !$0.contains("steps:") && !$0.contains("matchExpressions")
        }
        try fleet.repository.write(
          lines.joined(separator: "\n").replacing("rollingSync:", with: "rollingSync: {}"), to: "templates/web.yaml")
      }
      try await Task.sleep(for: .seconds(2))
      #expect(try await fleet.status("web-edge-2").revision == old)
      #expect(try await fleet.hub.engine.rolloutView("web")?.rollout?.phase == .paused)
      await fleet.stopHub()
      try fleet.startHub()
      try await Task.sleep(for: .seconds(2))
      for name in Self.applications.dropFirst() {
        #expect(try await fleet.hub.engine.syncs(of: name, limit: 10).allSatisfy { $0.revision == old }, "\(name)")
      }
    }
  }

  /// A cluster whose credentials are gone is away, and holds nobody up.
  @Test func aClusterWithoutCredentialsIsAway() async throws {
    try await TestFleet.with(Self.names) { fleet in
      try fleet.writeWaves(rest: ", pause: {}")
      _ = try await begun(fleet)
      try await fleet.commit(["web/more.yaml": WebSource.settings("more")])
      _ = try await fleet.untilRollout(2, .paused)
      let file = try String(contentsOfFile: fleet.repository.path + "/clusters/edge-3.yaml", encoding: .utf8)
      try fleet.repository.write(
        file.replacing("context: edge-3", with: "context: nothing"), to: "clusters/edge-3.yaml")
      try await fleet.until("it is known to be unreachable") {
        try await fleet.status("web-edge-3").stage == "registry"
      }
      _ = try await fleet.hub.engine.heed(.approve, of: "web", actor: "test")
      let done = try await fleet.untilRollout(2, .succeeded)
      #expect(done.targets.map(\.phase) == [.done, .done, .away])
    }
  }

  /// A cluster that a person took back has not shown that the new version is good.
  @Test func whatAPersonTookBackDoesNotCount() async throws {
    try await TestFleet.with(Self.names) { fleet in
      try fleet.writeWaves(rest: ", pause: {}")
      let old = try await begun(fleet)
      for name in Self.names { try await fleet.setFaults(name) { $0.brokenImages = ["web:2"] } }
      try await fleet.commit(["web/deployment.yaml": WebSource.deployment(image: "web:2")])
      try await fleet.until("the new version is there, and unwell") {
        try await fleet.hub.engine.rolloutView("web")?.rollout?.targets.first?.phase == .syncing
      }
      #expect(try await fleet.hub.engine.rollBack("web-edge-1", to: nil, actor: "somebody") == old)
      try await fleet.until("it is told, and waited for") {
        let target = try await fleet.hub.engine.rolloutView("web")?.rollout?.targets.first
        return target?.phase == .verifying && target?.message.contains("rolled back by somebody") == true
      }
      try await fleet.untilConverged(["web-edge-1"], revision: old)
      try await Task.sleep(for: .milliseconds(500))
      let rollout = try #require(try await fleet.hub.engine.rolloutView("web")?.rollout)
      #expect(rollout.number == 2 && rollout.targets[0].phase == .verifying, "\(rollout.targets[0])")
      #expect(rollout.waves[0].phase == .admitting && rollout.phase == .running)
    }
  }

  /// A hook of the bad version that does not come to its end is ended by the way back.
  @Test func aHookThatHangsDoesNotHoldUpTheWayBack() async throws {
    let hook = """
      apiVersion: batch/v1
      kind: Job
      metadata: {name: migrate, annotations: {argocd.argoproj.io/hook: PreSync}}
      spec:
        backoffLimit: 0
        template: {spec: {restartPolicy: Never, containers: [{name: job, image: 'stuck:1'}]}}

      """
    try await TestFleet.with(Self.names) { fleet in
      try fleet.writeWaves(rest: ", pause: {}")
      let old = try await begun(fleet)
      try await fleet.setFaults("edge-1") { $0.brokenImages = ["stuck:1"] }
      try await fleet.commit(["web/migrate.yaml": hook])
      try await fleet.until("the hook runs") { try await migration(fleet) != nil }
      _ = try await fleet.hub.engine.heed(.rollback, of: "web", actor: "test")
      let back = try await fleet.untilRollout(2, .rolledBack)
      #expect(back.targets.map(\.phase) == [.rolledBack, .queued, .queued])
      try await fleet.untilConverged(Self.applications, revision: old)
      try await fleet.until("the hook is gone") { try await migration(fleet) == nil }
    }
  }

  /// Where nothing syncs by itself, a cluster that was away catches up all the same.
  @Test func whoWasAwayCatchesUpWithoutAutomatedSyncs() async throws {
    try await TestFleet.with(Self.names) { fleet in
      try fleet.writeWaves(rest: ", pause: {}", syncPolicy: "{syncOptions: [CreateNamespace=true]}")
      _ = try await begun(fleet)
      try await fleet.setFaults("edge-3") { $0.outage = .refuse }
      try await fleet.until("it is away") { try await fleet.status("web-edge-3").stage == "connect" }
      let new = try await fleet.commit(["web/more.yaml": WebSource.settings("more")])
      _ = try await fleet.untilRollout(2, .paused)
      _ = try await fleet.hub.engine.heed(.approve, of: "web", actor: "test")
      _ = try await fleet.untilRollout(2, .succeeded)
      try await fleet.heal("edge-3")
      try await fleet.untilConverged(Self.applications, revision: new)
    }
  }
}
