import Fleet
import Foundation
import HTTPClient
import Kubernetes
import Logging
import Manifest
import Synchronization
import Testing

@testable import Engine

/// The rollouts of one set, with clusters that do at once what they are told, and sources that render to what a test says.
final class StagedSet: Sendable {
  struct Cluster {
    var isReachable = true
    /// Whether anything of the Application was ever there.
    var isNew = true
    /// What it is kept at.
    var version: ApplicationVersion?
    var operation: WaveScene.Operation?
    /// The requests that were begun, in order.
    var requests: [String] = []
  }

  private struct World {
    var clusters: [String: Cluster] = [:]
    /// What the branch is at.
    var tip = "c1"
    /// Of each commit, what it renders to.
    var contents: [String: String] = ["c1": "A"]
    /// Contents whose sync fails.
    var refused: Set<String> = []
    var names: [String] = []
    /// A field of the template.
    var template = ""
  }

  let store: Store
  private let folder: TemporaryFolder
  private let world = Mutex(World())
  private let driver = Mutex<SetRollouts?>(nil)
  private let analyses: FleetAnalyses
  private let services: HubServices
  private let rolling: String
  private let repository: String

  init(_ rolling: String, clusters: [String], repository: String = "https://example.org/r.git") throws {
    self.rolling = rolling
    self.repository = repository
    store = try .inMemory()
    folder = try TemporaryFolder()
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    services = HubServices(
      sources: SourceReader(mirrors: try GitMirrors(directory: folder.path, logger: logger)), store: store,
      hubID: "hub", logger: logger)
    analyses = FleetAnalyses(
      store: store, source: MetricSource(transport: AnsweringTransport { _ in HTTPResponse(500) }),
      secrets: { _, _ in Redacted("") }, logger: logger
    ) { [] }
    world.withLock { world in
      world.names = clusters
      for name in clusters { world.clusters[name] = Cluster() }
    }
  }

  /// Runs the rollouts while `body` does.
  func run(_ body: @Sendable @escaping (StagedSet) async throws -> Void) async throws {
    let rollouts = try make()
    driver.withLock { $0 = rollouts }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await rollouts.run() }
      group.addTask { try await body(self) }
      // Whoever ends first is the test: rollouts go on for ever.
      _ = try await group.next()
      group.cancelAll()
    }
    driver.withLock { $0 = nil }
  }

  private var rollouts: SetRollouts {
    get throws { try #require(driver.withLock { $0 }) }
  }

  private func set() throws -> ApplicationSet {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: ApplicationSet
      metadata: {name: web}
      spec:
        generators: [{clusters: {}}]
        strategy: {type: RollingSync, rollingSync: \(rolling)}
        template:
          metadata: {name: web}
          spec: {project: default, source: {repoURL: '\(repository)', path: a}, destination: {name: b}}
      """
    return try #require(
      ApplicationSet.read(try YAML.parse(Array(text.utf8), file: "set.yaml")[0], file: "set.yaml").value)
  }

  private func make() throws -> SetRollouts {
    let set = try set()
    return SetRollouts(
      set, try #require(WaveStrategy(set.strategy)), services: services, analyses: analyses,
      read: { [weak self] application in
        guard let self else { throw CancellationError() }
        return try self.render(application)
      }, stage: { [weak self] name, staging in await self?.stage(name, staging) })
  }

  func word(on application: String) async throws -> String? { try await rollouts.word(on: application) }

  // MARK: What is wanted

  private func application(_ name: String, _ template: String) throws -> (Application, Fleet.Cluster?) {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: Application
      metadata: {name: \(name), labels: {app: \(name)}}
      spec:
        project: default
        source: {repoURL: '\(repository)', path: web, targetRevision: main, kustomize: {namePrefix: 'p\(template)-'}}
        destination: {server: 'https://\(name)', namespace: shop}
      """
    let node = try YAML.parse(Array(text.utf8), file: "application.yaml")[0]
    let cluster = Fleet.Cluster(
      name: try #require(ClusterName("c" + name)), connection: .init(server: "https://" + name),
      credentials: .registered)
    return (Application(node.mapping ?? Mapping(), origin: nil), cluster)
  }

  /// Tells what the set makes, as a hub does when the fleet repository or a branch changed.
  func tell() async throws {
    let (names, template) = world.withLock { ($0.names, $0.template) }
    let wanted = try names.map { try application($0, template) }
    let set = try set()
    try await rollouts.take(set, try #require(WaveStrategy(set.strategy)), wanted, isWhole: true)
    for name in names { await show(name) }
  }

  /// A commit that renders to `content`.
  func commit(_ commit: String, _ content: String) async throws {
    world.withLock { world in
      world.tip = commit
      world.contents[commit] = content
    }
    await (try rollouts).review()
  }

  func change(template: String) async throws {
    world.withLock { $0.template = template }
    try await tell()
  }

  func join(_ name: String, isNew: Bool = true) async throws {
    world.withLock { world in
      world.names.append(name)
      world.clusters[name] = Cluster(isNew: isNew)
    }
    try await tell()
  }

  func refuse(_ contents: Set<String>) { world.withLock { $0.refused = contents } }

  func set(reachable: Bool, _ name: String) async {
    world.withLock { $0.clusters[name]?.isReachable = reachable }
    if reachable, let staging = await driver.withLock({ $0 })?.staging(of: name) { await stage(name, staging) }
    await show(name)
  }

  private func render(_ application: Application) throws -> SourceReader.Answer {
    let named = application.sources.first?.targetRevision ?? ""
    let prefix = application.root["spec"]?["source"]?["kustomize"]?["namePrefix"]?.string ?? ""
    let (commit, content) = world.withLock { world in
      let commit = named == "main" ? world.tip : named
      return (commit, world.contents[commit])
    }
    guard let content else {
      throw Failure("git.revision-unknown", subject: "test", stage: "render", "no commit \(commit)", retry: .never)
    }
    var hasher = ContentHasher()
    hasher.add(prefix + content)
    let text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: '\(prefix)web'}, data: {content: '\(content)'}}"
    let node = try YAML.parse(Array(text.utf8), file: "web.yaml")[0]
    return SourceReader.Answer(
      objects: [try #require(Object(node.mapping ?? Mapping()))], warnings: [], identity: hasher.digest.high,
      revision: commit, commits: [commit])
  }

  // MARK: What clusters do

  private func stage(_ name: String, _ staging: Staging) async {
    world.withLock { world in
      guard var cluster = world.clusters[name] else { return }
      cluster.version = staging.version
      let content = staging.version?.commits.first.flatMap { world.contents[$0] } ?? ""
      if cluster.isReachable, let request = staging.request, !cluster.requests.contains(request) {
        cluster.requests.append(request)
        let fails = world.refused.contains(content)
        let now = Date().timeIntervalSince1970
        cluster.operation = .init(
          request: request, phase: fails ? .failed : .succeeded, message: fails ? "refused" : "", startedAt: now,
          finishedAt: now)
        cluster.isNew = false
      }
      world.clusters[name] = cluster
    }
    await show(name)
  }

  private func show(_ name: String) async {
    guard let driver = driver.withLock({ $0 }), let cluster = cluster(name) else { return }
    let isThere = cluster.operation?.phase == .succeeded && cluster.version != nil
    let target = WaveScene.Target(
      version: cluster.version?.id, isReachable: cluster.isReachable,
      sync: !cluster.isReachable ? .unknown : isThere ? .synced : .outOfSync,
      health: HealthReport(cluster.operation?.phase == .succeeded ? .healthy : .missing), operation: cluster.operation,
      observedAt: Date().timeIntervalSince1970)
    await driver.see(name, .init(target: target, identity: 0, isNew: cluster.isNew))
  }

  // MARK: What is seen

  func cluster(_ name: String) -> Cluster? { world.withLock { $0.clusters[name] } }

  /// What a cluster is kept at, as the contents of the commit; `-` for nothing.
  func content(_ name: String) -> String {
    world.withLock { world in
      world.clusters[name]?.version?.commits.first.flatMap { world.contents[$0] } ?? "-"
    }
  }

  /// The field of the template in what a cluster is kept at.
  func template(_ name: String) -> String {
    cluster(name)?.version?.application.root["spec"]?["source"]?["kustomize"]?["namePrefix"]?.string ?? "-"
  }

  func view() async throws -> HubEngine.FleetRolloutView { try await rollouts.view() }

  func heed(_ command: WaveCommand) async throws { _ = try await rollouts.heed(command, actor: "test") }

  /// Waits until the newest rollout is this one, in this phase.
  @discardableResult
  func until(
    _ number: Int64, _ phase: FleetRollout.Phase, sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) async throws -> FleetRollout {
    for _ in 0..<1_000 {
      if let rollout = try await view().rollout, rollout.number == number, rollout.phase == phase { return rollout }
      try await Task.sleep(for: .milliseconds(10))
    }
    let now = try await view()
    Issue.record(
      "rollout is #\(now.rollout?.number ?? 0) \(now.rollout?.phase.rawValue ?? "-"): \(now.rollout?.message ?? "") \(now.problem)",
      sourceLocation: sourceLocation)
    return try #require(now.rollout)
  }

  func until(
    _ what: String, sourceLocation: Testing.SourceLocation = #_sourceLocation, _ isTrue: () async throws -> Bool
  ) async throws {
    for _ in 0..<1_000 {
      if try await isTrue() { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("not so after a while: \(what)", sourceLocation: sourceLocation)
  }

  /// Long enough for everything that would follow by itself.
  func settle() async throws { try await Task.sleep(for: .milliseconds(250)) }
}
