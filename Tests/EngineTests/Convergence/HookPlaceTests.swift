import Fleet
import Manifest
import Testing

@testable import Engine

/// What stands in a hook's place when its turn comes.
@Suite(.serialized) struct HookPlaceTests {
  private static let jobs = "/apis/batch/v1/namespaces/\(TestFleet.namespace)/jobs"

  private func job(_ fleet: TestFleet) async throws -> Node? {
    let answer = try await fleet.send("GET", Self.jobs + "/migrate", to: "edge-1")
    return answer.status == 404 ? nil : answer.body
  }

  private func hook(_ image: String = "job:1") -> String {
    """
    apiVersion: batch/v1
    kind: Job
    metadata:
      name: migrate
      annotations: {argocd.argoproj.io/hook: PreSync}
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: job, image: '\(image)'}]

    """
  }

  /// A Job of the hook's name that kubectl, or another tool, left behind and that has ended well.
  private func leave(_ fleet: TestFleet, metadata: String = "") async throws -> String {
    let namespace = #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"\#(TestFleet.namespace)"}}"#
    _ = try await fleet.send("POST", "/api/v1/namespaces", to: "edge-1", namespace)
    let answer = try await fleet.send(
      "POST", Self.jobs + "?fieldManager=kubectl-create", to: "edge-1",
      #"{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"migrate"\#(metadata)},"spec":{"template":{"spec":"#
        + #"{"restartPolicy":"Never","containers":[{"name":"job","image":"job:1"}]}}}}"#)
    try #require(answer.status == 201, "\(answer.body)")
    for _ in 0..<500 where try await job(fleet)?["status"]?["succeeded"]?.int != 1 {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(try await job(fleet)?["status"]?["succeeded"]?.int == 1)
    return try #require(answer.body["metadata"]?["uid"]?.string)
  }

  @Test func whatAnotherToolLeftThereIsNoRunOfIt() async throws {
    try await TestFleet.with { fleet in
      let old = try await leave(fleet)
      let revision = try await fleet.commit(["web/pre.yaml": hook(), "web/settings.yaml": WebSource.settings()])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"], revision: revision)
      let run = try #require(await job(fleet))
      #expect(run["metadata"]?["uid"]?.string != old, "the hook has run")
      #expect(try await fleet.hub.engine.syncs(of: "web-edge-1", limit: 9).map(\.phase) == [.succeeded])
    }
  }

  @Test func whatAnotherToolClaimsStaysAndStopsTheSync() async throws {
    try await TestFleet.with { fleet in
      let tracking = #","annotations":{"argocd.argoproj.io/tracking-id":"other:batch/Job:x/migrate"}"#
      let old = try await leave(fleet, metadata: tracking)
      try await fleet.commit(["web/pre.yaml": hook("job:2"), "web/settings.yaml": WebSource.settings()])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.until("told") {
        try await fleet.status("web-edge-1").conditions.contains {
          $0.type == "SyncError" && $0.message.contains("Argo CD application other claims it")
        }
      }
      #expect(try await job(fleet)?["metadata"]?["uid"]?.string == old)
      #expect(try await fleet.object("edge-1", "configmaps/settings") == nil)
    }
  }

  @Test func anotherApplicationsObjectStays() async throws {
    try await TestFleet.with { fleet in
      let plain = hook().replacing("annotations: {argocd.argoproj.io/hook: PreSync}", with: "labels: {a: b}")
      let revision = try await fleet.commit([
        "first/job.yaml": plain, "web/pre.yaml": hook("job:2"), "web/settings.yaml": WebSource.settings(),
      ])
      try fleet.writeSet("first", path: "first")
      try fleet.startHub()
      try await fleet.untilConverged(["first-edge-1"], revision: revision)
      let uid = try #require(await job(fleet)?["metadata"]?["uid"]?.string)
      try fleet.writeSet()
      try await fleet.until("told") {
        try await fleet.status("web-edge-1").conditions.contains {
          $0.type == "SyncError" && $0.message.contains("is part of another Application")
        }
      }
      let now = try #require(await job(fleet))
      #expect(now["metadata"]?["uid"]?.string == uid)
      #expect(now["spec"]?["template"]?["spec"]?["containers"]?.sequence?.first?["image"]?.string == "job:1")
    }
  }

  /// A commit that mends a hook which hangs does not wait for it beyond its time.
  @Test func aHookThatHangsHoldsNothingUpForEver() async throws {
    try await TestFleet.with { fleet in
      try await fleet.setFaults("edge-1") { $0.brokenImages = ["stuck:1"] }
      let stuck = hook("stuck:1").replacing("hook: PreSync", with: "hook: PreSync, muster.dev/hook-timeout: 2s")
      try await fleet.commit(["web/pre.yaml": stuck, "web/settings.yaml": WebSource.settings()])
      try fleet.writeSet(syncPolicy: "{automated: {}, syncOptions: [CreateNamespace=true], retry: {limit: 0}}")
      try fleet.startHub()
      try await fleet.until("the hook runs") { try await job(fleet) != nil }
      let revision = try await fleet.commit(["web/pre.yaml": hook("job:2")])
      try await fleet.untilConverged(["web-edge-1"], revision: revision)
    }
  }
}
