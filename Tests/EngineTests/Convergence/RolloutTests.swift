import Fleet
import Foundation
import HTTPClient
import Manifest
import Synchronization
import Testing

@testable import Engine

/// Rollouts in clusters where nobody else runs them.
@Suite(.serialized, .timeLimit(.minutes(4))) struct RolloutTests {
  static let application = "web-edge-1"
  static let collection = "/apis/argoproj.io/v1alpha1/namespaces/\(TestFleet.namespace)"

  private static func definition(_ plural: String, _ kind: String, scope: String = "Namespaced", status: Bool) -> String
  {
    let subresources = status ? #","subresources":{"status":{}}"# : ""
    return """
      {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
       "metadata":{"name":"\(plural).argoproj.io"},
       "spec":{"group":"argoproj.io","scope":"\(scope)",
         "names":{"plural":"\(plural)","singular":"\(kind.lowercased())","kind":"\(kind)"},
         "versions":[{"name":"v1alpha1","served":true,"storage":true\(subresources),
           "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}
      """
  }

  func define(_ fleet: TestFleet) async throws {
    let definitions = [
      Self.definition("rollouts", "Rollout", status: true),
      Self.definition("analysisruns", "AnalysisRun", status: false),
      Self.definition("analysistemplates", "AnalysisTemplate", status: false),
      Self.definition("clusteranalysistemplates", "ClusterAnalysisTemplate", scope: "Cluster", status: false),
    ]
    for body in definitions {
      let answer = try await fleet.send(
        "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", to: "edge-1", body)
      try #require(answer.status == 201, "\(answer.body)")
    }
    for plural in ["rollouts", "analysisruns", "analysistemplates"] {
      for _ in 0..<200 where try await fleet.send("GET", Self.collection + "/" + plural, to: "edge-1").status != 200 {
        try await Task.sleep(for: .milliseconds(20))
      }
    }
  }

  func rollout(_ image: String, strategy: String, replicas: Int = 4) -> String {
    """
    apiVersion: argoproj.io/v1alpha1
    kind: Rollout
    metadata:
      name: web
    spec:
      replicas: \(replicas)
      selector:
        matchLabels: {app: web}
      template:
        metadata:
          labels: {app: web}
        spec:
          containers:
          - name: web
            image: \(image)
      strategy: \(strategy)

    """
  }

  func service(_ name: String) -> String {
    """
    apiVersion: v1
    kind: Service
    metadata:
      name: \(name)
    spec:
      selector: {app: web}
      ports:
      - port: 80

    """
  }

  func live(_ fleet: TestFleet, _ path: String = "rollouts/web") async throws -> Node? {
    let answer = try await fleet.send("GET", Self.collection + "/" + path, to: "edge-1")
    return answer.status == 200 ? answer.body : nil
  }

  func status(_ fleet: TestFleet) async throws -> RolloutStatus {
    RolloutStatus(try await live(fleet)?["status"] ?? .null)
  }

  func replicas(_ fleet: TestFleet, _ image: String) async throws -> Int64 {
    let answer = try await fleet.send(
      "GET", "/apis/apps/v1/namespaces/\(TestFleet.namespace)/replicasets", to: "edge-1")
    let set = answer.body["items"]?.sequence?.first {
      $0["spec"]?["template"]?["spec"]?["containers"]?[0]?["image"]?.string == image
    }
    return set?["status"]?["availableReplicas"]?.int ?? 0
  }

  /// Whether the Rollout is in a phase, with so many available replicas of each image.
  func stands(
    _ fleet: TestFleet, _ phase: RolloutStatus.Phase, _ images: [String: Int64] = [:]
  ) async throws -> Bool {
    guard try await status(fleet).phase == phase else { return false }
    for (image, count) in images where try await replicas(fleet, image) != count { return false }
    return true
  }

  func act(_ fleet: TestFleet, _ verb: RolloutVerb) async throws {
    let done = try await fleet.hub.engine.act(
      verb, in: "edge-1", namespace: TestFleet.namespace, name: "web", actor: "tester")
    #expect(done)
  }

  static let canary = """
    {canary: {maxSurge: 1, maxUnavailable: 0, stableService: stable, canaryService: canary,
      steps: [{setWeight: 50}, {pause: {}}]}}
    """

  @Test func aCanaryGoesItsWay() async throws {
    try await TestFleet.with { fleet in
      try await define(fleet)
      let files = ["web/stable.yaml": service("stable"), "web/canary.yaml": service("canary")]
      try await fleet.commit(
        files.merging(["web/rollout.yaml": rollout("web:1", strategy: Self.canary)]) { $1 })
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.until("the first version is there") {
        guard try await fleet.status(Self.application).health.health == .healthy else { return false }
        return try await stands(fleet, .healthy)
      }
      #expect(try await replicas(fleet, "web:1") == 4)
      let revision = try await fleet.commit(["web/rollout.yaml": rollout("web:2", strategy: Self.canary)])
      try await fleet.until("the canary pauses") { try await status(fleet).phase == .paused }
      #expect(try await stands(fleet, .paused, ["web:1": 2, "web:2": 2]))
      let paused = try await status(fleet)
      #expect(paused.stepIndex == 1 && paused.message == "CanaryPauseStep")
      try await fleet.until("the Application is suspended") {
        let status = try await fleet.status(Self.application)
        return status.health.health == .suspended && status.sync == .synced && status.revision == revision
      }
      // Services are told apart by the hash, and nothing takes that back.
      try await fleet.until("the services are apart") {
        let stable = try await fleet.value("edge-1", "services/stable", "spec", "selector", Rollout.hashLabel)?.string
        let canary = try await fleet.value("edge-1", "services/canary", "spec", "selector", Rollout.hashLabel)?.string
        return stable == paused.stableHash && canary == paused.currentHash
      }
      try await fleet.settle(Self.application)
      let applies = try fleet.writes("edge-1").filter { $0.contains("fieldManager=muster&") }
      try await fleet.settle(Self.application)
      #expect(try fleet.writes("edge-1").filter { $0.contains("fieldManager=muster&") } == applies)
      try await act(fleet, .promote)
      try await fleet.until("it is promoted") {
        let now = try await status(fleet)
        return now.phase == .healthy && now.stableHash == paused.currentHash
      }
      #expect(try await stands(fleet, .healthy, ["web:1": 0, "web:2": 4]))
      let entries = Ownership(managedFields: try await live(fleet)?["metadata"]?["managedFields"]?.sequence ?? [])
      #expect(!entries.hasOurUpdate && entries.ours != nil)
    }
  }

  @Test func whatAPersonUndoesStaysUntilGitSaysSomethingNew() async throws {
    try await TestFleet.with { fleet in
      try await define(fleet)
      let plain = "{canary: {maxSurge: 1, maxUnavailable: 0}}"
      try await fleet.commit(["web/rollout.yaml": rollout("web:1", strategy: plain, replicas: 2)])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.until("the first version is there") { try await status(fleet).phase == .healthy }
      try await fleet.commit(["web/rollout.yaml": rollout("web:2", strategy: plain, replicas: 2)])
      try await fleet.until("the second version is there") {
        try await stands(fleet, .healthy, ["web:2": 2])
      }
      try await act(fleet, .undo(revision: nil))
      try await fleet.until("the first version is back") {
        try await stands(fleet, .healthy, ["web:1": 2, "web:2": 0])
      }
      try await fleet.settle(Self.application)
      try await fleet.settle(Self.application)
      #expect(try await replicas(fleet, "web:1") == 2)
      #expect(try await fleet.status(Self.application).sync == .synced)
      try await fleet.commit(["web/rollout.yaml": rollout("web:3", strategy: plain, replicas: 2)])
      try await fleet.until("Git wins") {
        try await stands(fleet, .healthy, ["web:3": 2])
      }
    }
  }

  @Test func anAnalysisThatFailsTakesItBack() async throws {
    try await TestFleet.with { fleet in
      try await define(fleet)
      let template = """
        apiVersion: argoproj.io/v1alpha1
        kind: AnalysisTemplate
        metadata:
          name: errors
        spec:
          args: [{name: hash}]
          metrics:
          - name: rate
            interval: 1s
            count: 2
            successCondition: result.rate < 0.1
            provider:
              web: {url: 'http://metrics.test/{{args.hash}}', jsonPath: '{$}'}

        """
      let strategy = """
        {canary: {maxSurge: 1, maxUnavailable: 0, steps: [{setWeight: 50},
          {analysis: {templates: [{templateName: errors}], args: [{name: hash, valueFrom: {podTemplateHashValue: Latest}}]}}]}}
        """
      try await fleet.commit([
        "web/template.yaml": template, "web/rollout.yaml": rollout("web:1", strategy: strategy, replicas: 2),
      ])
      try fleet.writeSet()
      let rate = Mutex("0.5")
      try fleet.startHub(
        web: (
          "http://metrics.test/",
          { _ in
            let body = rate.withLock { #"{"rate": \#($0)}"# }
            return HTTPResponse(head: HTTPResponseHead(status: 200, headers: []), body: Array(body.utf8))
          }
        ))
      try await fleet.until("the first version is there") { try await status(fleet).phase == .healthy }
      try await fleet.commit(["web/rollout.yaml": rollout("web:2", strategy: strategy, replicas: 2)])
      try await fleet.until("it is taken back") {
        try await stands(fleet, .degraded, ["web:1": 2, "web:2": 0])
      }
      let aborted = try await status(fleet)
      #expect(aborted.isAborted)
      #expect(
        aborted.message.contains("Step-based analysis phase error/failed: Metric \"rate\" assessed Failed"),
        "\(aborted.message)")
      let name = "web-\(aborted.currentHash)-2-1"
      #expect(try await live(fleet, "analysisruns/\(name)")?["status"]?["phase"]?.string == "Failed")
      rate.withLock { $0 = "0.01" }
      try await act(fleet, .retry)
      try await fleet.until("the second try succeeds") {
        try await stands(fleet, .healthy, ["web:2": 2])
      }
      #expect(try await live(fleet, "analysisruns/\(name).1")?["status"]?["phase"]?.string == "Successful")
    }
  }

  @Test func whereArgoRolloutsRunsItOnlyReads() async throws {
    try await TestFleet.with { fleet in
      try await define(fleet)
      let deployment = """
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"argo-rollouts",
          "labels":{"app.kubernetes.io/name":"argo-rollouts"}},
         "spec":{"selector":{"matchLabels":{"app":"argo"}},"template":{"metadata":{"labels":{"app":"argo"}},
           "spec":{"containers":[{"name":"c","image":"argo:1"}]}}}}
        """
      let made = try await fleet.send("POST", "/apis/apps/v1/namespaces/default/deployments", to: "edge-1", deployment)
      try #require(made.status == 201, "\(made.body)")
      try await fleet.commit(["web/rollout.yaml": rollout("web:1", strategy: Self.canary)])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.until("it is applied") { try await fleet.status(Self.application).sync == .synced }
      try await fleet.settle(Self.application)
      #expect(try await live(fleet)?["status"] == nil)
      #expect(try fleet.writes("edge-1").allSatisfy { !$0.contains("muster-rollouts") })
      let listed = try await fleet.hub.engine.rollouts(in: "edge-1", namespace: nil)
      #expect(listed?.map(\.name) == ["web"])
    }
  }

  @Test func blueGreenSwitchesItsService() async throws {
    try await TestFleet.with { fleet in
      try await define(fleet)
      let strategy =
        "{blueGreen: {activeService: active, previewService: preview, autoPromotionEnabled: false, scaleDownDelaySeconds: 2}}"
      try await fleet.commit([
        "web/active.yaml": service("active"), "web/preview.yaml": service("preview"),
        "web/rollout.yaml": rollout("web:1", strategy: strategy, replicas: 2),
      ])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.until("the first version is there") { try await status(fleet).phase == .healthy }
      try await fleet.commit(["web/rollout.yaml": rollout("web:2", strategy: strategy, replicas: 2)])
      try await fleet.until("it pauses before the switch") {
        try await stands(fleet, .paused, ["web:2": 2])
      }
      let paused = try await status(fleet)
      #expect(paused.message == "BlueGreenPause" && paused.previewSelector == paused.currentHash)
      #expect(paused.activeSelector == paused.stableHash)
      try await act(fleet, .promote)
      try await fleet.until("it is switched, and the old version goes later") {
        guard try await status(fleet).activeSelector == paused.currentHash else { return false }
        return try await stands(fleet, .healthy, ["web:1": 0])
      }
      #expect(
        try await fleet.value("edge-1", "services/active", "spec", "selector", Rollout.hashLabel)?.string
          == paused.currentHash)
    }
  }
}
