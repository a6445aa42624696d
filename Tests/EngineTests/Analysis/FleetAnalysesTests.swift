import Fleet
import Foundation
import HTTPClient
import Kubernetes
import Manifest
import Synchronization
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct FleetAnalysesTests {
  /// The clock, and what the metrics give next: 1 when nothing else is said.
  private final class World: Sendable {
    private let seconds = Mutex(1_795_000_000.0)
    private let values = Mutex<[String]>([])

    var clock: WallClock { WallClock { self.seconds.withLock { $0 } } }
    func advance(_ by: Double) { seconds.withLock { $0 += by } }
    func answer(_ more: String...) { values.withLock { $0 += more } }
    func next() -> String { values.withLock { $0.isEmpty ? "1" : $0.removeFirst() } }
  }

  private let store: Store
  private let world: World
  private let transport: AnsweringTransport

  init() throws {
    let world = World()
    self.world = world
    store = try Store.inMemory()
    transport = AnsweringTransport { _ in HTTPResponse(200, world.next()) }
  }

  private static func metric(_ name: String, _ fields: String) -> String {
    "{name: \(name), successCondition: result == 1, provider: {web: {url: 'http://h/\(name)'}}, \(fields)}"
  }

  /// What a hub has that starts now; every hub has the same store.
  private func hub(
    _ spec: String, store: Store? = nil, width: Int = 256, writeInterval: Double = 0.5,
    secrets: @escaping SecretLookup = { _, _ in Redacted("hunter2") }
  ) throws -> FleetAnalyses {
    let text = "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: t}\nspec: {\(spec)}\n"
    let node = try #require(try YAML.parse(Array(text.utf8)).first)
    let template = try #require(AnalysisManifest.read(node, file: "t.yaml")).get()
    var options = FleetAnalyses.Options()
    options.width = width
    options.writeInterval = writeInterval
    return FleetAnalyses(
      store: store ?? self.store, source: MetricSource(transport: transport, clock: world.clock), clock: world.clock,
      secrets: secrets, options: options
    ) { [template] }
  }

  private func request(
    _ name: String, rollout: String = "r", template: String = "t", arguments: [AnalysisArgument] = []
  ) -> AnalysisRequest {
    AnalysisRequest(name: name, rollout: rollout, templates: [.init(name: template)], arguments: arguments)
  }

  /// Lets the hub work until a run is as wanted, and kills it then.
  private func carry(
    _ hub: FleetAnalyses, until name: String, _ isReached: @escaping @Sendable (AnalysisStatus?) -> Bool
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      let changes = hub.changes()
      group.addTask { await hub.run() }
      group.addTask {
        if isReached(try await hub.status(of: name)) { return }
        for await changed in changes where changed.contains(name) {
          if isReached(try await hub.status(of: name)) { return }
        }
      }
      try await group.next()
      group.cancelAll()
    }
  }

  private static let isOver: @Sendable (AnalysisStatus?) -> Bool = { $0?.phase.isCompleted == true }

  private func stored(_ name: String) async throws -> StoredAnalysis {
    try #require(try await store.analysisRuns.run(named: name))
  }

  @Test func runsOnceAndIsWrittenDown() async throws {
    let hub = try hub("metrics: [\(Self.metric("a", "count: 1")), \(Self.metric("b", "count: 1, failureLimit: 1"))]")
    try await hub.start(request("one"))
    #expect(try await hub.status(of: "one")?.phase == .pending)
    #expect(try await store.analysisRuns.incomplete().runs.map(\.name) == ["one"])
    world.answer("1", "2")
    try await carry(hub, until: "one", Self.isOver)
    #expect(try await hub.status(of: "one")?.phase == .successful)
    #expect(try await stored("one").status == hub.status(of: "one"))
    #expect(try await store.analysisRuns.incomplete().runs.isEmpty)
    try await hub.start(request("one"))
    let next = try self.hub("metrics: [\(Self.metric("a", "count: 1"))]")
    try await next.start(request("one"))
    try await next.resume()
    try await next.start(request("two"))
    try await carry(next, until: "two", Self.isOver)
    #expect(transport.requests.count == 3)
    #expect(try await next.runs(of: "r").map(\.name) == ["one", "two"])
    #expect(try await next.runs(of: "other").isEmpty)
    #expect(try await next.status(of: "three") == nil)
  }

  @Test func aHubThatIsKilledGoesOnWhereItStopped() async throws {
    let spec = "metrics: [\(Self.metric("a", "count: 3, interval: 1h, failureLimit: 1"))]"
    let first = try hub(spec)
    try await first.start(request("one"))
    world.answer("2")
    try await carry(first, until: "one") { $0?["a"]?.failed == 1 }
    let begun = try await stored("one")
    #expect(begun.status["a"]?.count == 1 && begun.status.phase == .running)
    // Before its time nothing is measured.
    let second = try hub(spec)
    try await second.resume()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await second.run() }
      group.addTask { try? await Task.sleep(for: .milliseconds(50)) }
      await group.next()
      group.cancelAll()
    }
    #expect(transport.requests.count == 1)
    world.advance(3_601)
    try await carry(second, until: "one") { $0?["a"]?.count == 2 }
    // The call that starts it is made again, as after a crash.
    let third = try hub(spec)
    world.advance(3_601)
    try await third.start(request("one"))
    try await third.resume()
    try await carry(third, until: "one", Self.isOver)
    let status = try await stored("one").status
    #expect(status.phase == .successful && status.startedAt == begun.status.startedAt)
    #expect(status["a"]?.count == 3 && status["a"]?.failed == 1 && status["a"]?.successful == 2)
    #expect(status["a"]?.measurements.map(\.phase) == [.failed, .successful, .successful])
    #expect(transport.requests.count == 3)
  }

  @Test func whatAKilledHubLeavesOnTheDiskIsEnough() async throws {
    let (living, dead) = (try TemporaryFolder(), try TemporaryFolder())
    defer { withExtendedLifetime((living, dead)) {} }
    let spec = "metrics: [\(Self.metric("a", "count: 2, interval: 1h")), \(Self.metric("b", "initialDelay: 30m"))]"
    let onDisk = try Store.open(directory: living.path)
    let first = try hub(spec, store: onDisk)
    try await first.start(request("one"))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await first.run() }
      while try await onDisk.analysisRuns.run(named: "one")?.status["a"]?.count != 1 {
        try await Task.sleep(for: .milliseconds(5))
      }
      // The files as they are at this moment, while the hub is at work.
      for name in ["muster.db", "muster.db-wal"] {
        try FileManager.default.copyItem(atPath: living.path + "/" + name, toPath: dead.path + "/" + name)
      }
      group.cancelAll()
    }
    world.advance(3_601)
    let left = try Store.open(directory: dead.path)
    let second = try hub(spec, store: left)
    try await second.resume()
    try await carry(second, until: "one", Self.isOver)
    let status = try #require(try await left.analysisRuns.run(named: "one")).status
    #expect(status.phase == .successful && status["a"]?.count == 2 && status["b"]?.count == 1)
    #expect(transport.requests.map(\.url).sorted() == ["http://h/a", "http://h/a", "http://h/b"])
  }

  @Test func whatComesSoonAfterAWriteIsWrittenLater() async throws {
    let hub = try hub(
      "metrics: [\(Self.metric("a", "count: 4, interval: 1ms")), \(Self.metric("b", "interval: 1h"))]",
      writeInterval: 0.05)
    try await hub.start(request("one"))
    let store = store
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await hub.run() }
      group.addTask {
        // The clock stands still: only writing late can write more than the first change.
        while try await store.analysisRuns.run(named: "one")?.status["a"]?.count != 4 {
          try await Task.sleep(for: .milliseconds(5))
          self.world.advance(0.01)
        }
      }
      try await group.next()
      group.cancelAll()
    }
    #expect(try await stored("one").status.phase == .running)
  }

  @Test func endsAsAPromotionEndsIt() async throws {
    let spec = "metrics: [\(Self.metric("a", "interval: 1h"))]"
    let first = try hub(spec)
    try await first.start(request("one"))
    try await carry(first, until: "one") { status in
      guard status?["a"]?.count == 1 else { return false }
      return true
    }
    try await first.terminate("one")
    try await carry(first, until: "one", Self.isOver)
    let status = try await stored("one").status
    #expect(status.phase == .successful && status.message == "Run Terminated" && status["a"]?.count == 1)
    // While it is carried.
    try await first.start(request("two"))
    let (asked, ask) = AsyncStream.makeStream(of: Void.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for await _ in asked { return try await first.terminate("two") }
      }
      try await self.carry(first, until: "two") { status in
        if status?["a"]?.count == 1 { ask.yield() }
        return status?.phase == .successful
      }
      ask.finish()
    }
    // A hub that is killed before it could: the next one ends it.
    try await first.start(request("three"))
    try await first.terminate("three")
    try await first.terminate("never started")
    let second = try hub(spec)
    try await second.resume()
    try await carry(second, until: "three", Self.isOver)
    let ended = try await stored("three").status
    #expect(ended.phase == .successful && ended.results.isEmpty)
    #expect(transport.requests.count == 2)
  }

  @Test func secretsAreNotWrittenDown() async throws {
    let asked = Mutex<[String]>([])
    let hub = try hub(
      """
      args: [{name: t, valueFrom: {secretKeyRef: {name: s, key: k}}}],
      metrics: [{name: a, successCondition: 'result == "fine"',
      provider: {web: {url: 'http://h/{{args.t}}', headers: [{key: Authorization, value: 'Bearer {{args.t}}'}]}}}]
      """
    ) { name, key in
      asked.withLock { $0.append(name + "/" + key) }
      return Redacted("hunter2")
    }
    try await hub.start(request("one"))
    world.answer("\"hunter2 is wrong\"")
    try await carry(hub, until: "one", Self.isOver)
    let run = try await stored("one")
    let text = JSON.text(run.spec.node) + JSON.text(run.status.node)
    #expect(asked.withLock { $0 } == ["s/k"])
    #expect(transport.requests.first?.header("authorization") == "Bearer hunter2")
    #expect(!text.contains("hunter2") && text.contains("secretKeyRef") && text.contains("*****"))
  }

  @Test func whatCannotBeRunIsRefused() async throws {
    let many = (0...200).map { Self.metric("m\($0)", "count: 1") }.joined(separator: ", ")
    let one = "args: [{name: x}], metrics: [\(Self.metric("a", "count: 1"))]"
    let table: [(String, AnalysisRequest, [String])] = [
      (one, request("n", template: "other"), ["analysis.no-template"]),
      (one, request("n"), ["analysis.unresolved-arg"]),
      (one, request("n", arguments: [.init(name: "x", source: .field("metadata.name"))]), ["analysis.unresolved-arg"]),
      (one, request("n", arguments: [.init(name: "x", source: .value("1"))]), []),
      ("metrics: [\(many)]", request("m"), ["analysis.too-many-metrics"]),
      (
        one, request("l", arguments: [.init(name: "x", source: .value(String(repeating: "x", count: 1 << 20)))]),
        ["analysis.too-large"]
      ),
    ]
    for (spec, request, codes) in table {
      var found: [String] = []
      do {
        try await hub(spec).start(request)
      } catch let error as Diagnostics {
        found = error.all.map(\.code)
      }
      #expect(found == codes)
    }
    #expect(try await store.analysisRuns.runs(of: "r").map(\.name) == ["n"])
  }

  @Test func manyRunsTakeTurns() async throws {
    let hub = try hub("metrics: [\(Self.metric("a", "interval: 1h"))]", width: 1)
    try await hub.start(request("one"))
    try await hub.start(request("two"))
    try await withThrowingTaskGroup(of: Void.self) { group in
      let changes = hub.changes()
      group.addTask { await hub.run() }
      group.addTask {
        for await changed in changes where changed.contains("one") {
          if try await hub.status(of: "one")?["a"]?.count == 1 { break }
        }
        #expect(try await hub.status(of: "two")?.phase == .pending)
        try await hub.terminate("one")
        for await changed in hub.changes() where changed.contains("two") {
          if try await hub.status(of: "two")?["a"]?.count == 1 { break }
        }
      }
      try await group.next()
      group.cancelAll()
    }
    #expect(try await hub.status(of: "one")?.phase == .successful)
    #expect(transport.requests.count == 2)
  }

  @Test func runsOfARolloutThatIsGoneAreForgotten() async throws {
    let hub = try hub("metrics: [\(Self.metric("a", "interval: 1h"))]")
    for (name, rollout) in [("one", "r"), ("two", "s"), ("three", "s"), ("four", "u")] {
      try await hub.start(request(name, rollout: rollout))
    }
    try await carry(hub, until: "four") { $0?["a"]?.count == 1 }
    try await hub.remove(of: "r")
    #expect(try await hub.status(of: "one") == nil)
    try await hub.trim(keeping: ["s"])
    #expect(try await hub.status(of: "four") == nil)
    #expect(try await hub.runs(of: "s").map(\.name) == ["two", "three"])
    // The name may be used anew, also while the hub is at work.
    try await hub.start(request("one", rollout: "r"))
    try await carry(hub, until: "one") { $0?["a"]?.count == 1 }
    let before = try await stored("one").uid
    try await hub.remove(of: "r")
    try await hub.start(request("one", rollout: "r"))
    try await carry(hub, until: "one") { $0?["a"]?.count == 1 }
    #expect(try await stored("one").uid != before)
    #expect(transport.requests.count >= 4)
  }

  @Test func aStatusThatIsTooLargeIsKeptInShort() async throws {
    var status = AnalysisStatus()
    status.phase = .running
    for name in ["a", "b"] {
      var result = MetricResult(name: name)
      for _ in 0..<50 {
        result.count(.successful)
        result.measurements.append(Measurement(.successful, value: String(repeating: "1", count: 4_000)))
      }
      status.results.append(result)
    }
    #expect(status.fitting(1 << 20) == status)
    for bytes in [200_000, 50_000, 10_000, 1_000] {
      let short = status.fitting(bytes)
      #expect(JSON.write(short.node).count <= max(bytes, 1_500), "\(bytes)")
      #expect(short.results.map(\.count) == [50, 50] && short.results.allSatisfy { !$0.measurements.isEmpty })
    }
  }
}
