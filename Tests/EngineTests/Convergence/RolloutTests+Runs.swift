import Fleet
import Foundation
import HTTPClient
import Manifest
import Synchronization
import Testing

@testable import Engine

/// AnalysisRuns that no Rollout makes: those from Git, hooks among them.
extension RolloutTests {
  private static func run(_ name: String, _ spec: String, annotations: String = "{}") -> String {
    """
    apiVersion: argoproj.io/v1alpha1
    kind: AnalysisRun
    metadata:
      name: \(name)
      annotations: \(annotations)
    spec: \(spec)

    """
  }

  private static let config = """
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: config

    """

  /// Answers measurements, and counts them.
  private static func metrics(_ count: Counter) -> WiretappedTransport.StandIn {
    (
      "http://metrics.test/",
      { _ in
        count.increment()
        return HTTPResponse(head: HTTPResponseHead(status: 200, headers: []), body: Array(#"{"rate": 0.01}"#.utf8))
      }
    )
  }

  private func events(_ fleet: TestFleet) async throws -> Set<String> {
    let answer = try await fleet.send("GET", "/api/v1/namespaces/\(TestFleet.namespace)/events", to: "edge-1")
    return Set((answer.body["items"]?.sequence ?? []).compactMap { $0["reason"]?.string })
  }

  @Test func aHookOfMetricsOpensTheSync() async throws {
    try await TestFleet.with { fleet in
      try await define(fleet)
      let spec = """
        {ttlStrategy: {secondsAfterCompletion: 1}, metrics: [{name: rate, successCondition: result.rate < 0.1,
          provider: {web: {url: 'http://metrics.test/'}}}]}
        """
      try await fleet.commit([
        "web/gate.yaml": Self.run("gate", spec, annotations: "{argocd.argoproj.io/hook: PreSync}"),
        "web/config.yaml": Self.config,
      ])
      try fleet.writeSet()
      let count = Counter()
      try fleet.startHub(web: Self.metrics(count))
      try await fleet.until("what comes after the gate is there") {
        try await fleet.exists("edge-1", "configmaps/config")
      }
      #expect(count.value == 1, "the gate was measured once")
      try await fleet.until("its end is told") {
        try await events(fleet).isSuperset(of: ["MetricSuccessful", "AnalysisRunSuccessful"])
      }
      try await fleet.until("it goes when its time is over") {
        try await live(fleet, "analysisruns")?["items"]?.sequence?.isEmpty == true
      }
      #expect(try await fleet.status(Self.application).sync == .synced)
    }
  }

  @Test func aRunWithoutItsSecretEndsAtOnce() async throws {
    try await TestFleet.with { fleet in
      try await define(fleet)
      let spec = """
        {args: [{name: token, valueFrom: {secretKeyRef: {name: nowhere, key: token}}}],
         metrics: [{name: rate, provider: {web: {url: 'http://metrics.test/{{args.token}}'}}}]}
        """
      try await fleet.commit(["web/probe.yaml": Self.run("probe", spec)])
      try fleet.writeSet()
      let count = Counter()
      try fleet.startHub(web: Self.metrics(count))
      try await fleet.until("it ends in an error") {
        let status = try await live(fleet, "analysisruns/probe")?["status"]
        return status?["phase"]?.string == "Error"
          && status?["message"]?.string == "Unable to resolve metric arguments: secret 'nowhere' does not exist"
      }
      #expect(count.value == 0, "nothing was measured")
      try await fleet.until("its status is no drift") {
        let status = try await fleet.status(Self.application)
        return status.sync == .synced && status.health.health == .degraded
      }
    }
  }

  /// The watch has told nothing of its end.
  @Test func aRunThatTakesNoStatusIsGivenUp() async throws {
    try await TestFleet.with { fleet in
      try await define(fleet)
      let ours =
        try fleet.cluster("edge-1").server + Self.collection
        + "/analysisruns/probe?fieldManager=\(RolloutWriting.manager)"
      let spec = "{metrics: [{name: rate, interval: 20ms, provider: {web: {url: '\(ours)&measured'}}}]}"
      try await fleet.commit(["web/probe.yaml": Self.run("probe", spec)])
      try fleet.writeSet()
      let (measured, written) = (Counter(), Counter())
      try fleet.startHub(
        web: (
          ours,
          { request in
            let isMeasurement = request.url.hasSuffix("&measured")
            (isMeasurement ? measured : written).increment()
            let body = #"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}"#
            return HTTPResponse(
              head: HTTPResponseHead(status: isMeasurement ? 200 : 404, headers: []), body: Array(body.utf8))
          }
        ))
      try await fleet.until("its status is refused") { written.value > 0 }
      try await fleet.settle(Self.application)
      try await Task.sleep(for: .milliseconds(300))
      let before = (measured.value, written.value)
      try await Task.sleep(for: .milliseconds(500))
      #expect((measured.value, written.value) == before, "nobody goes on")
      #expect(written.value < 5)
    }
  }

  @Test func aRunThatIsGoneIsGivenUp() async throws {
    try await TestFleet.with { fleet in
      try await define(fleet)
      let spec = "{metrics: [{name: rate, interval: 20ms, provider: {web: {url: 'http://metrics.test/'}}}]}"
      try await fleet.commit(["web/probe.yaml": Self.run("probe", spec), "web/config.yaml": Self.config])
      try fleet.writeSet()
      let count = Counter()
      try fleet.startHub(web: Self.metrics(count))
      try await fleet.until("it is measured again and again") {
        let results = try await live(fleet, "analysisruns/probe")?["status"]?["metricResults"]
        return results?[0]?["count"]?.int ?? 0 > 3
      }
      try await fleet.commit(removing: ["web/probe.yaml"])
      try await fleet.until("it is gone") { try await live(fleet, "analysisruns/probe") == nil }
      try await fleet.until("nobody measures any more") {
        let before = count.value
        try await Task.sleep(for: .milliseconds(200))
        return count.value == before
      }
    }
  }
}
