import Fleet
import Foundation
import HTTPClient
import Manifest
import Synchronization
import Testing

@testable import Engine

/// Waves that are held to a metric.
@Suite(.serialized) struct WaveGateTests {
  private static let names = ["edge-1", "edge-2", "edge-3"]
  private static var applications: [String] { names.map { "web-" + $0 } }

  private final class Metric: Sendable {
    let value = Mutex("1")
    let asked = Mutex<[String]>([])

    func answer(_ request: HTTPRequest) -> HTTPResponse {
      asked.withLock { $0.append(request.url) }
      return HTTPResponse(
        head: HTTPResponseHead(status: 200, headers: [HTTPHeader("Content-Type", "application/json")]),
        body: Array("{\"errors\": \(value.withLock { $0 })}".utf8))
    }
  }

  private func write(_ fleet: TestFleet, analysis: String, more: String = "") throws {
    try fleet.repository.write(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: ClusterAnalysisTemplate
      metadata: {name: errors}
      spec:
        args: [{name: clusters}]
        metrics:
        - name: errors
          interval: 1s
          count: 2
          successCondition: result < 5
          provider:
            web:
              url: "https://metrics.example.org/errors?clusters={{args.clusters}}"
              jsonPath: "{$.errors}"
      ---
      apiVersion: argoproj.io/v1alpha1
      kind: ApplicationSet
      metadata: {name: web}
      spec:
        goTemplate: true
        generators: [{clusters: {}}]
        strategy:
          type: RollingSync
          rollingSync:
            onFailure: Rollback
            \(more)
            steps:
            - name: canary
              matchExpressions: [{key: ring, operator: In, values: ['edge-1']}]
              analysis: \(analysis)
            - {name: rest, matchExpressions: [{key: ring, operator: NotIn, values: ['edge-1']}]}
        template:
          metadata: {name: 'web-{{.name}}', labels: {ring: '{{.name}}'}}
          spec:
            project: default
            source: {repoURL: \(fleet.source.path), path: web, targetRevision: main}
            destination: {server: '{{.server}}', namespace: \(TestFleet.namespace)}
            syncPolicy: {automated: {prune: true, selfHeal: true}, syncOptions: [CreateNamespace=true], retry: {limit: 0}}

      """, to: "templates/web.yaml")
  }

  private static let ofWave =
    "{templates: [{templateName: errors, clusterScope: true}], args: [{name: clusters, valueFrom: {fieldRef: {fieldPath: wave.clusters}}}]}"
  private static let ofCluster =
    "{scope: Cluster, templates: [{templateName: errors, clusterScope: true}], args: [{name: clusters, valueFrom: {fieldRef: {fieldPath: target.cluster.name}}}]}"

  @Test(arguments: [Self.ofWave, Self.ofCluster])
  func aBadVersionThatOnlyTheMetricShowsGoesBack(_ analysis: String) async throws {
    try await TestFleet.with(Self.names) { fleet in
      let metric = Metric()
      try write(fleet, analysis: analysis)
      let old = try await fleet.commit(["web/settings.yaml": WebSource.settings("settings")])
      try fleet.startHub(web: ("https://metrics.example.org", { metric.answer($0) }))
      _ = try await fleet.untilRollout(1, .succeeded)
      #expect(metric.asked.withLock { $0.contains { $0.hasSuffix("clusters=edge-1") } })
      metric.value.withLock { $0 = "9" }
      try await fleet.commit(["web/more.yaml": WebSource.settings("more")])
      let back = try await fleet.untilRollout(2, .rolledBack)
      #expect(back.targets.count { $0.wasTouched } == 1, "no cluster outside the first wave was touched")
      #expect(back.message.contains("AnalysisFailed") || back.reason == .analysisFailed)
      try await fleet.untilConverged(Self.applications, revision: old)
      let seconds = try #require(back.restoredAt) - (try #require(back.failedAt))
      #expect(seconds >= 0 && seconds < 30)
    }
  }

  @Test func theRevertIsPushedToo() async throws {
    try await TestFleet.with(Self.names) { fleet in
      let metric = Metric()
      try write(fleet, analysis: Self.ofWave, more: "rollback: {mode: GitRevert}")
      try await fleet.commit(["web/settings.yaml": WebSource.settings("settings")])
      try await fleet.source.git("checkout", "--quiet", "--detach")
      try fleet.startHub(web: ("https://metrics.example.org", { metric.answer($0) }))
      _ = try await fleet.untilRollout(1, .succeeded)
      metric.value.withLock { $0 = "9" }
      try await fleet.source.git("checkout", "--quiet", "main")
      let bad = try await fleet.source.commit(["web/more.yaml": WebSource.settings("more")])
      try await fleet.source.git("checkout", "--quiet", "--detach")
      try await fleet.announce()
      let back = try await fleet.untilRollout(2, .rolledBack)
      #expect(back.revert?.phase == .pushed)
      let message = try await fleet.source.git("log", "-1", "--format=%B", "main")
      #expect(message.contains("Muster-Rollout: web#2") && message.contains("Muster-Reverts: \(bad.hex)"))
      let tip = try await fleet.source.git("rev-parse", "main")
      try await fleet.untilConverged(Self.applications, revision: tip)
      #expect(try await fleet.hub.engine.rolloutView("web")?.rollout?.number == 2, "the revert needs no rollout")
    }
  }

  /// A commit between the two that does not render, and one that came meanwhile, do not stop the revert.
  @Test func aCommitThatDoesNotRenderDoesNotStopTheRevert() async throws {
    try await TestFleet.with(Self.names) { fleet in
      let metric = Metric()
      try write(fleet, analysis: Self.ofWave, more: "rollback: {mode: GitRevert}")
      try await fleet.commit(["web/settings.yaml": WebSource.settings("settings")])
      try await fleet.source.git("checkout", "--quiet", "--detach")
      try fleet.startHub(web: ("https://metrics.example.org", { metric.answer($0) }))
      _ = try await fleet.untilRollout(1, .succeeded)
      metric.value.withLock { $0 = "9" }
      try await fleet.source.git("checkout", "--quiet", "main")
      _ = try await fleet.source.commit(["web/broken.yaml": "kind: [\n"])
      try await fleet.source.git("rm", "--quiet", "web/broken.yaml")
      _ = try await fleet.source.commit(["web/more.yaml": WebSource.settings("more")])
      try await fleet.source.git("checkout", "--quiet", "--detach")
      try await fleet.announce()
      let back = try await fleet.untilRollout(2, .rolledBack)
      #expect(back.revert?.phase == .pushed, "\(back.revert?.message ?? "")")
      let files = try await fleet.source.git("ls-tree", "-r", "--name-only", "main")
      #expect(files == "web/settings.yaml")
    }
  }

  @Test func anAnalysisThatCannotBeMadeHasAPersonDecide() async throws {
    try await TestFleet.with(Self.names) { fleet in
      try write(fleet, analysis: "{templates: [{templateName: nothing}]}")
      try await fleet.commit(["web/settings.yaml": WebSource.settings("settings")])
      try fleet.startHub()
      let paused = try await fleet.untilRollout(1, .paused)
      #expect(paused.reason == .analysisInconclusive)
      #expect(paused.message.contains("there is no AnalysisTemplate 'nothing'"))
      _ = try await fleet.hub.engine.heed(.resume, of: "web", actor: "test")
      _ = try await fleet.untilRollout(1, .succeeded)
    }
  }

  /// A wave would wait for ever.
  @Test func aMetricWithoutAnEndIsNotBegunWhereAWaveWaits() throws {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: AnalysisTemplate
      metadata: {name: t}
      spec: {metrics: [{name: m, interval: 5s, provider: {web: {url: 'https://example.org'}}}]}
      """
    let template = try #require(
      AnalysisManifest.read(try YAML.parse(Array(text.utf8), file: "t.yaml")[0], file: "t.yaml")?.value)
    var request = AnalysisRequest(name: "web#1.w1.1", rollout: "web#1", templates: [.init(name: "t")])
    #expect(try request.spec([template]).metrics.count == 1)
    request.mustEnd = true
    let error = try #require(throws: Diagnostics.self) { try request.spec([template]) }
    #expect(error.all.map(\.code) == ["analysis.endless"] && error.all[0].message.contains("'m'"))
  }

  /// A hub that is killed while a metric is measured goes on with it.
  @Test func aKilledHubGoesOnMeasuring() async throws {
    try await TestFleet.with(Self.names) { fleet in
      let metric = Metric()
      try write(fleet, analysis: Self.ofWave)
      try await fleet.commit(["web/settings.yaml": WebSource.settings("settings")])
      try fleet.startHub(web: ("https://metrics.example.org", { metric.answer($0) }))
      try await fleet.until("one measurement") { metric.asked.withLock { $0.count } == 1 }
      await fleet.killHub()
      try fleet.startHub(web: ("https://metrics.example.org", { metric.answer($0) }))
      _ = try await fleet.untilRollout(1, .succeeded)
      #expect(metric.asked.withLock { $0.count } <= 3)
    }
  }
}
