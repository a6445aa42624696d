import Fleet
import Foundation
import HTTPClient
import Manifest
import Synchronization
import Testing

@testable import Engine

/// What surrounds Rollouts: Services that they let go of, kinds that may not be read, Pods that may not go.
extension RolloutTests {
  private static let plain = "{canary: {maxSurge: 1, maxUnavailable: 0, stableService: stable}}"

  private func isReleased(_ fleet: TestFleet, _ name: String) async throws -> Bool {
    guard let service = try await fleet.object("edge-1", "services/\(name)") else { return false }
    return service["spec"]?["selector"] == .mapping(["app": .string("web")])
      && ServiceRelease.rollout(of: service) == nil
  }

  @Test func servicesThatNoRolloutSwitchesGetTheirSelectorBack() async throws {
    try await TestFleet.with { fleet in
      try await define(fleet)
      try await fleet.commit([
        "web/stable.yaml": service("stable"), "web/canary.yaml": service("canary"),
        "web/rollout.yaml": rollout("web:1", strategy: Self.canary, replicas: 2),
      ])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.until("both services are switched") {
        for name in ["stable", "canary"] {
          guard try await fleet.value("edge-1", "services/\(name)", "spec", "selector", Rollout.hashLabel) != nil else {
            return false
          }
        }
        return true
      }
      // The Rollout drops one, and goes itself later.
      try await fleet.commit(["web/rollout.yaml": rollout("web:1", strategy: Self.plain, replicas: 2)])
      try await fleet.until("the dropped one is released") { try await isReleased(fleet, "canary") }
      #expect(try await !isReleased(fleet, "stable"))
      try await fleet.commit(removing: ["web/rollout.yaml"])
      try await fleet.until("the other one is released") { try await isReleased(fleet, "stable") }
      // The selector is Git's again.
      try await fleet.commit(["web/stable.yaml": service("stable").replacing("app: web", with: "app: other")])
      try await fleet.until("Git has its say") {
        let selector = try await fleet.value("edge-1", "services/stable", "spec", "selector")
        let status = try await fleet.status(Self.application)
        return selector == .mapping(["app": .string("other")]) && status.sync == .synced
      }
    }
  }

  @Test func whatMayNotBeReadStopsOnlyThoseThatNeedIt() async throws {
    try await TestFleet.with { fleet in
      try await define(fleet)
      let analysed = """
        {canary: {steps: [{analysis: {templates: [{templateName: shared, clusterScope: true}]}}]}}
        """
      try await fleet.commit([
        "web/rollout.yaml": rollout("web:1", strategy: "{canary: {}}", replicas: 2),
        "web/other.yaml": rollout("web:1", strategy: analysed, replicas: 1)
          .replacing("name: web\n", with: "name: other\n").replacing("app: web", with: "app: other"),
      ])
      try fleet.writeSet()
      try fleet.startHub(denials: [("GET", "/clusteranalysistemplates?")])
      try await fleet.until("one is run") { try await status(fleet).phase == .healthy }
      try await fleet.until("the other says why it is not") {
        let other = RolloutStatus(try await live(fleet, "rollouts/other")?["status"] ?? .null)
        return other.message.contains("Muster may not read the ClusterAnalysisTemplates of the cluster")
      }
    }
  }

  @Test func aPodThatMayNotGoStopsNoUpdate() async throws {
    try await TestFleet.with { fleet in
      try await define(fleet)
      let strategy = "{canary: {maxSurge: 1, maxUnavailable: 1, steps: [{setWeight: 50}, {pause: {}}]}}"
      try await fleet.commit(["web/rollout.yaml": rollout("web:1", strategy: strategy, replicas: 2)])
      try fleet.writeSet()
      let tries = Mutex(0)
      let pods = try fleet.cluster("edge-1").server + "/api/v1/namespaces/\(TestFleet.namespace)/pods/"
      try fleet.startHub(
        web: (
          pods,
          { request in
            if request.url.contains("/eviction") { tries.withLock { $0 += 1 } }
            let body =
              #"{"apiVersion":"v1","kind":"Status","status":"Failure","reason":"TooManyRequests","code":429,"message":"budget"}"#
            return HTTPResponse(head: HTTPResponseHead(status: 429, headers: []), body: Array(body.utf8))
          }
        ))
      try await fleet.until("the first version is there") { try await stands(fleet, .healthy, ["web:1": 2]) }
      try await fleet.commit(["web/rollout.yaml": rollout("web:2", strategy: strategy, replicas: 2)])
      try await fleet.until("the canary pauses") { try await stands(fleet, .paused, ["web:1": 1, "web:2": 1]) }
      // Pods are made in whole seconds, and those of this one are not older than it.
      try await Task.sleep(for: .seconds(2))
      try await act(fleet, .restart)
      try await fleet.until("evictions are tried") { tries.withLock { $0 } >= 2 }
      try await act(fleet, .promote)
      try await fleet.until("the update goes on") {
        let now = try await status(fleet)
        guard now.isFullyPromoted, now.message == "rollout is restarting" else { return false }
        return try await replicas(fleet, "web:2") == 2
      }
      #expect(tries.withLock { $0 } < 20, "nobody asks again and again")
    }
  }
}
