import Fleet
import HTTPClient
import Kubernetes
import Manifest
import Synchronization
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct AnalysisRunnerTests {
  private static let owner = AnalysisOwner(name: "r", uid: "u")

  private func spec(_ text: String) throws -> AnalysisSpec {
    let document = "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisRun\nmetadata: {name: r}\nspec: {\(text)}\n"
    let node = try #require(try YAML.parse(Array(document.utf8)).first)
    return try #require(AnalysisManifest.read(node, file: "t.yaml")).get().spec
  }

  private func runner(
    _ transport: AnsweringTransport,
    secrets: @escaping SecretLookup = { _, _ in throw Failure("x", subject: "", stage: "", "no secret", retry: .never) }
  ) -> AnalysisRunner {
    AnalysisRunner(source: MetricSource(transport: transport), secrets: secrets)
  }

  private static func web(_ name: String, _ fields: String) -> String {
    "{name: \(name), successCondition: result == 1, provider: {web: {url: 'http://h/\(name)'}}, \(fields)}"
  }

  @Test func runsToItsEnd() async throws {
    let count = Mutex(0)
    let transport = AnsweringTransport { request in
      guard request.url.hasSuffix("/a") else { return HTTPResponse(200, "1") }
      return HTTPResponse(
        200,
        count.withLock {
          $0 += 1; return $0 == 3 ? "2" : "1"
        })
    }
    let spec = try spec(
      "metrics: [\(Self.web("a", "interval: 10ms, count: 5, failureLimit: 1")), \(Self.web("b", "count: 1"))]")
    let changes = Mutex(0)
    let status = await runner(transport).run(spec, file: "t.yaml", owner: Self.owner) { _ in
      changes.withLock { $0 += 1 }
    }
    #expect(status.phase == .successful)
    #expect(status["a"]?.count == 5)
    #expect(status["a"]?.failed == 1)
    #expect(status["b"]?.count == 1)
    #expect(changes.withLock { $0 } >= 6)
    #expect(transport.requests.count == 6)
  }

  @Test func endsEarlyWhenItFailsAndWhenItsTimeIsOver() async throws {
    let transport = AnsweringTransport { request in HTTPResponse(200, request.url.hasSuffix("/bad") ? "2" : "1") }
    let failing = try spec(
      "metrics: [\(Self.web("bad", "interval: 1h, count: 5")), \(Self.web("late", "initialDelay: 1h"))]")
    let failed = await runner(transport).run(failing, file: "t.yaml", owner: Self.owner) { _ in }
    #expect(failed.phase == .failed)
    #expect(failed["late"] == nil)
    let endless = try spec("metrics: [\(Self.web("a", "interval: 10ms"))]")
    let ended = await runner(transport).run(endless, file: "t.yaml", owner: Self.owner, lifetime: 0.1) { _ in }
    #expect(ended.phase == .successful)
    #expect(ended.message == "Run Terminated")
    #expect((ended["a"]?.count ?? 0) > 1)
    let task = Task { await self.runner(transport).run(endless, file: "t.yaml", owner: Self.owner) { _ in } }
    try await Task.sleep(for: .milliseconds(50))
    task.cancel()
    #expect(await task.value.phase == .running)
  }

  @Test func secretsAreReadForEachMeasurementAndShownNowhere() async throws {
    let transport = AnsweringTransport { request in
      HTTPResponse(200, "token was \(request.header("authorization") ?? "")")
    }
    let spec = try spec(
      """
      args: [{name: t, valueFrom: {secretKeyRef: {name: s, key: k}}}],
      metrics: [{name: a, interval: 5ms, count: 2, successCondition: 'asInt(result) == 1', consecutiveErrorLimit: 1,
      provider: {web: {url: 'http://h/{{args.t}}', headers: [{key: Authorization, value: 'Bearer {{args.t}}'}]}}}]
      """)
    let asked = Mutex<[String]>([])
    let runner = runner(transport) { name, key in
      asked.withLock { $0.append(name + "/" + key) }
      return Redacted("hunter2")
    }
    let task = Task { await runner.run(spec, file: "t.yaml", owner: Self.owner, lifetime: 0.2) { _ in } }
    let status = await task.value
    #expect(asked.withLock { $0 } == ["s/k"])
    #expect(transport.requests.first?.header("authorization") == "Bearer hunter2")
    #expect(!JSON.text(status.node).contains("hunter2"))
    #expect(status["a"]?.measurements.first?.value == "token was Bearer *****")
  }

  @Test func whatCannotBeRunIsAnError() async throws {
    let transport = AnsweringTransport { _ in HTTPResponse(200, "1") }
    let table: [(String, String)] = [
      ("metrics: [{name: a, provider: {web: {url: 'http://h/{{args.x}}'}}}]", "failed to resolve {{args.x}}"),
      (
        "args: [{name: n, value: '5'}], metrics: [{name: a, count: '{{args.n}}', provider: {web: {url: 'http://h'}}}]",
        "interval must be specified"
      ),
      (
        "metrics: [\(Self.web("a", "count: 1"))], dryRun: [{metricName: b}]",
        "Analysis spec invalid: dryRun[0]: rule didn't match any metric name(s)"
      ),
      (
        "metrics: [\(Self.web("a", "count: 1"))], measurementRetention: [{metricName: b, limit: 2}]",
        "Analysis spec invalid: measurementRetention[0]: rule didn't match any metric name(s)"
      ),
      (
        "args: [{name: t, valueFrom: {secretKeyRef: {name: s, key: k}}}], metrics: [\(Self.web("a", "count: 1"))]",
        "no secret"
      ),
      (
        "args: [{name: t, valueFrom: {fieldRef: {fieldPath: metadata.name}}}], metrics: [\(Self.web("a", "count: 1"))]",
        "was not supplied"
      ),
    ]
    for (text, message) in table {
      let status = await runner(transport).run(try spec(text), file: "t.yaml", owner: Self.owner) { _ in }
      #expect(status.phase == .error && status.message.contains(message), "\(text): \(status.message)")
      #expect(status.completedAt != nil)
    }
    #expect(transport.requests.isEmpty)
  }
}
