import Fleet
import Foundation
import HTTPClient
import Kubernetes
import Manifest
import Simulator
import Synchronization
import Testing

@testable import Engine

/// Jobs of metrics in a simulated cluster, whose controllers run them.
@Suite(.serialized, .timeLimit(.minutes(2))) struct JobProviderTests {
  private struct Lab {
    let fleet: SimulatedFleet
    let curl: CurlTransport
    let client: KubernetesClient

    init() async throws {
      var options = SimulatedFleet.Options()
      options.firstAddress = "127.\(100 + Int(getpid()) % 120).251.1"
      options.threads = 1
      options.server.timeScale = 20
      options.server.failingImageMarkers = ["failing"]
      fleet = try await SimulatedFleet.start(clusters: ["c"], options: options)
      curl = try CurlTransport()
      let folder = try TemporaryFolder()
      try folder.write(fleet.kubeconfig, to: "kubeconfig")
      let access = try Kubeconfig.load(paths: [folder.path + "/kubeconfig"]).context("c").access
      client = KubernetesClient(access: access, transport: curl, userAgent: "test/1")
    }

    func provider(_ namespace: String = "default", _ clock: WallClock = .system) -> JobProvider {
      JobProvider(client: client, namespace: namespace, clock: clock)
    }

    func end() async {
      curl.shutdown()
      await fleet.shutdown()
    }

    func jobs() async throws -> [Node] {
      let resource = APIResource(
        gvk: .init(group: "batch", version: "v1", kind: "Job"), plural: "jobs", isNamespaced: true)
      return try await client.list(resource, namespace: "default").items.map(\.node)
    }
  }

  private static func with(_ body: (Lab) async throws -> Void) async throws {
    let lab = try await Lab()
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(lab))
    } catch {
      result = .failure(error)
    }
    await lab.end()
    try result.get()
  }

  private static let owner = AnalysisOwner(name: "run", uid: "0b1c2d3e-0000-4000-8000-000000000001")

  private static func metric(_ name: String, image: String, _ fields: String = "count: 1", job: String = "") -> String {
    """
    {name: \(name), \(fields), provider: {job: {metadata: {labels: {mine: "1"}}, spec: {backoffLimit: 0, \(job)
    template: {spec: {restartPolicy: Never, containers: [{name: c, image: '\(image)', args: ['{{args.a}}']}]}}}}}}
    """
  }

  private func spec(_ metrics: String...) throws -> AnalysisSpec {
    let text = "args: [{name: a, value: x}], metrics: [\(metrics.joined(separator: ", "))]"
    let document = "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisRun\nmetadata: {name: r}\nspec: {\(text)}\n"
    let node = try #require(try YAML.parse(Array(document.utf8)).first)
    return try #require(AnalysisManifest.read(node, file: "t.yaml")).get().spec
  }

  private func runner(_ lab: Lab) -> AnalysisRunner {
    let provider = lab.provider()
    return AnalysisRunner(
      source: MetricSource(transport: lab.curl, jobs: { _ in provider }),
      secrets: { _, _ in Redacted("") })
  }

  @Test func aJobIsAMeasurement() async throws {
    try await Self.with { lab in
      let spec = try spec(
        Self.metric("good", image: "app:1", "count: 2, interval: 10ms"),
        Self.metric("bad", image: "failing:1", "failureLimit: 1, count: 2, interval: 10ms"),
        Self.metric("stuck", image: "broken:1", "inconclusiveLimit: 1, count: 1"))
      let status = await runner(lab).run(spec, file: "t.yaml", owner: Self.owner) { _ in }
      #expect(status["good"]?.phase == .successful && status["good"]?.successful == 2)
      #expect(status["bad"]?.phase == .failed && status["bad"]?.failed == 2)
      #expect(status["bad"]?.measurements.last?.message.hasPrefix("BackoffLimitExceeded: ") == true)
      #expect(status["stuck"]?.inconclusive == 1)
      #expect(status["stuck"]?.measurements.last?.message.contains("(ImagePullBackOff)") == true)
      #expect(status.phase == .failed)
      let jobs = try await lab.jobs()
      let names = Set(jobs.compactMap { $0["metadata"]?["name"]?.string })
      let uid = Self.owner.uid
      #expect(names == ["\(uid).good.1", "\(uid).good.2", "\(uid).bad.1", "\(uid).bad.2", "\(uid).stuck.1"])
      for job in jobs {
        #expect(job["metadata"]?["labels"]?["analysisrun.argoproj.io/uid"]?.string == uid)
        #expect(job["metadata"]?["labels"]?["mine"]?.string == "1")
        #expect(job["metadata"]?["annotations"]?["analysisrun.argoproj.io/name"]?.string == "run")
        #expect(job["metadata"]?["ownerReferences"] == nil)
        #expect(job["spec"]?["ttlSecondsAfterFinished"]?.int == 3600)
        #expect(job["spec"]?["template"]?["spec"]?["containers"]?[0]?["args"]?[0]?.string == "x")
      }
    }
  }

  @Test func aRunThatIsEndedDeletesItsJob() async throws {
    try await Self.with { lab in
      // Without a Pod it never ends by itself.
      let spec = try spec(Self.metric("a", image: "app:1", "interval: 1h", job: "parallelism: 0, completions: 1,"))
      let runner = runner(lab)
      let (terminations, terminate) = AsyncStream.makeStream(of: Void.self)
      let status = await runner.run(
        spec, file: "t.yaml", owner: Self.owner, terminations: terminations
      ) { status in
        if status["a"]?.measurements.last?.metadata["job-name"] != nil { terminate.yield() }
      }
      #expect(status.phase == .inconclusive && status["a"]?.measurements.last?.message == "Metric Terminated")
      for _ in 0..<200 where try await !lab.jobs().isEmpty { try await Task.sleep(for: .milliseconds(20)) }
      #expect(try await lab.jobs().isEmpty)
      // One that is given up by hand.
      let task = Task { await runner.run(spec, file: "t.yaml", owner: Self.owner, givesUp: true) { _ in } }
      while try await lab.jobs().isEmpty { try await Task.sleep(for: .milliseconds(20)) }
      task.cancel()
      #expect(await task.value.phase == .running)
      for _ in 0..<200 where try await !lab.jobs().isEmpty { try await Task.sleep(for: .milliseconds(20)) }
      #expect(try await lab.jobs().isEmpty)
    }
  }

  @Test func aHubThatWasKilledFindsItsJob() async throws {
    try await Self.with { lab in
      let text =
        "{spec: {parallelism: 0, completions: 1, template: {spec: {restartPolicy: Never, "
        + "containers: [{name: c, image: a}]}}}}"
      let job = try #require(try YAML.parse(Array(text.utf8)).first)
      let provider = lab.provider()
      let first = await provider.start(job, metric: "a", number: 1, owner: Self.owner)
      // The measurement was lost: the same one is begun again.
      let again = await provider.start(job, metric: "a", number: 1, owner: Self.owner)
      #expect(again.phase == .running && again.metadata == first.metadata)
      #expect(try await lab.jobs().count == 1)
      #expect(await provider.resume(again).phase == .running)
      var lost = again
      lost.metadata["job-name"] = "no-such-job"
      let gone = await provider.resume(lost)
      #expect(gone.phase == .error && gone.message == "the Job 'no-such-job' is gone")
      #expect(await provider.resume(Measurement(.running)).phase == .error)
      #expect(await provider.cancel(lost).phase == .inconclusive)
    }
  }

  @Test func aJobOfSomebodyElseIsNotTaken() async throws {
    let transport = AnsweringTransport { request in
      request.method == "POST"
        ? HTTPResponse(409, #"{"kind": "Status", "reason": "AlreadyExists", "code": 409, "message": "exists"}"#)
        : HTTPResponse(200, #"{"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "labels": {}}}"#)
    }
    let measurement = await provider(transport).start(
      .mapping(["spec": .mapping([:])]), metric: "a", number: 1, owner: Self.owner)
    #expect(measurement.phase == .error && measurement.message.contains("not of this analysis"))
  }

  private func provider(_ transport: AnsweringTransport, _ clock: WallClock = .system) -> JobProvider {
    JobProvider(
      client: KubernetesClient(
        access: ClusterAccess(server: "https://c", endpoint: HTTPEndpoint(), credentials: StaticCredentials.none),
        transport: transport, userAgent: "test/1"), namespace: "n", clock: clock)
  }

  @Test func aClusterThatIsAwayIsWaitedForAWhile() async throws {
    let time = Mutex(1_795_000_000.0)
    let clock = WallClock { time.withLock { $0 } }
    let isAway = Mutex(false)
    let transport = AnsweringTransport { request in
      if isAway.withLock({ $0 }) { throw TransportError.unreachable(reason: "refused") }
      return HTTPResponse(200, #"{"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {}}"#)
    }
    let provider = provider(transport, clock)
    var measurement = await provider.start(
      .mapping(["spec": .mapping([:])]), metric: "a", number: 1, owner: Self.owner)
    #expect(measurement.phase == .running && measurement.resumeAt == AnalysisTime(seconds: clock.now() + 1))
    time.withLock { $0 += 200 }
    measurement = await provider.resume(measurement)
    #expect(measurement.resumeAt == AnalysisTime(seconds: clock.now() + 20))
    isAway.withLock { $0 = true }
    measurement = await provider.resume(measurement)
    #expect(measurement.phase == .running && measurement.message.contains("refused"))
    time.withLock { $0 += 299 }
    measurement = await provider.resume(measurement)
    #expect(measurement.phase == .running)
    isAway.withLock { $0 = false }
    #expect(await provider.resume(measurement).message.isEmpty)
    isAway.withLock { $0 = true }
    time.withLock { $0 += 2 }
    measurement = await provider.resume(measurement)
    #expect(measurement.phase == .error && measurement.message.contains("refused"))
    #expect(await provider.cancel(measurement).phase == .error)
  }

  @Test func aRunThatIsForgottenTakesItsJobWithIt() async throws {
    let transport = AnsweringTransport { _ in
      HTTPResponse(200, #"{"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {}}"#)
    }
    let provider = provider(transport)
    let metric = Self.metric("a", image: "app:1").replacing("{{args.a}}", with: "x")
    let text =
      "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: t}\nspec: {metrics: [\(metric)]}\n"
    let node = try #require(try YAML.parse(Array(text.utf8)).first)
    let template = try #require(AnalysisManifest.read(node, file: "t.yaml")).get()
    let store = try Store.inMemory()
    func hub() -> FleetAnalyses {
      FleetAnalyses(
        store: store, source: MetricSource(transport: transport, jobs: { _ in provider }),
        secrets: { _, _ in Redacted("") }, templates: { [template] })
    }
    func work(_ hub: FleetAnalyses, until isDone: () async throws -> Bool) async throws {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await hub.run() }
        while try await !isDone() { try await Task.sleep(for: .milliseconds(5)) }
        group.cancelAll()
      }
    }
    let first = hub()
    try await first.start(AnalysisRequest(name: "one", rollout: "r", templates: [.init(name: "t")]))
    try await work(first) { try await first.status(of: "one")?["a"]?.measurements.isEmpty == false }
    #expect(!transport.requests.contains { $0.method == "DELETE" }, "a hub that stops leaves it for the next")
    // The next one is told to forget it before its turn has come.
    let second = hub()
    try await second.resume()
    try await second.remove(of: "r")
    try await work(second) { transport.requests.contains { $0.method == "DELETE" } }
    let deletion = try #require(transport.requests.last { $0.method == "DELETE" })
    #expect(deletion.url.contains("/jobs/") && deletion.url.contains(".a.1") && deletion.text.contains("Foreground"))
    #expect(try await second.status(of: "one") == nil)
  }

  @Test func withoutAClusterItIsAnError() async throws {
    let spec = try spec(Self.metric("a", image: "x", "count: 1, consecutiveErrorLimit: 0"))
    let runner = AnalysisRunner(
      source: MetricSource(transport: AnsweringTransport { _ in HTTPResponse(200) }), secrets: { _, _ in Redacted("") })
    let status = await runner.run(spec, file: "t.yaml", owner: Self.owner) { _ in }
    #expect(status.phase == .error && status.message.contains("no cluster is given for Jobs"))
  }
}
