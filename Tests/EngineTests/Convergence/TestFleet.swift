import Fleet
import Foundation
import Manifest
import Simulator
import Synchronization
import Testing

@testable import Engine

/// A simulated fleet, a fleet repository, a source repository and a hub that keeps the one at what the others say.
///
/// Each has its own loopback addresses, so that suites run beside each other.
final class TestFleet: Sendable {
  static let namespace = "shop"

  let simulated: SimulatedFleet
  let source: TestRepository
  /// Holds `clusters/` and `templates/`.
  let repository: TemporaryFolder
  let data: TemporaryFolder
  private let current = Mutex<TestHub?>(nil)

  private static let started = Counter()

  private init(_ names: [String]) async throws {
    var options = SimulatedFleet.Options()
    let (process, number) = (Int(getpid()) % 120, Self.started.increment())
    options.firstAddress = "127.\(100 + process).\(number % 250).1"
    options.threads = 1
    options.server.timeScale = 20
    simulated = try await SimulatedFleet.start(clusters: names, options: options)
    source = try await TestRepository()
    repository = try TemporaryFolder()
    data = try TemporaryFolder()
    try repository.write(simulated.kubeconfig, to: "kubeconfig")
    for name in names { try writeCluster(name) }
  }

  /// Starts everything but the hub, and ends everything when `body` has returned.
  static func with(
    _ names: [String] = ["edge-1"], _ body: (TestFleet) async throws -> Void
  ) async throws {
    let fleet = try await TestFleet(names)
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(fleet))
    } catch {
      result = .failure(error)
    }
    await fleet.takeHub()?.stop()
    await fleet.simulated.shutdown()
    try result.get()
  }

  // MARK: The hub

  /// The hub that runs.
  var hub: TestHub {
    get throws { try #require(current.withLock { $0 }, "no hub runs") }
  }

  private func takeHub() -> TestHub? {
    current.withLock { hub in
      defer { hub = nil }
      return hub
    }
  }

  @discardableResult
  func startHub(
    death: WiretappedTransport.Death? = nil, control: String? = nil, web: WiretappedTransport.StandIn? = nil,
    management: String? = nil, denials: [WiretappedTransport.Denial] = [],
    adjust: (inout HubEngine.Options) -> Void = { _ in }
  ) throws -> TestHub {
    let hub = try TestHub(
      fleet: repository.path, data: data.path, death: death, control: control, web: web, management: management,
      denials: denials, adjust: adjust)
    current.withLock { $0 = hub }
    return hub
  }

  func stopHub() async { await takeHub()?.stop() }

  func killHub() async { await takeHub()?.kill() }

  // MARK: What the hub reads

  /// - Parameters:
  ///   - spec: further fields, in flow style.
  ///   - file: where it does not go by its name.
  func writeCluster(
    _ name: String, tier: String = "edge", server: String? = nil, context: String? = nil,
    kubeconfig: String? = nil, spec: String = "", file: String? = nil
  ) throws {
    let server = try server ?? cluster(name).server
    let path = kubeconfig.map { "path: \($0), " } ?? ""
    try repository.write(
      """
      apiVersion: muster.dev/v1alpha1
      kind: Cluster
      metadata:
        name: \(name)
        labels:
          tier: \(tier)
      spec: {server: '\(server)', credentials: {kubeconfig: {\(path)context: \(context ?? name)}}, \(spec)}

      """, to: "clusters/\(file ?? name).yaml")
  }

  /// An ApplicationSet that puts the source's folder `path` on every cluster of the tier `edge`, as `NAME-CLUSTER`.
  func writeSet(
    _ name: String = "web", path: String = "web", tier: String = "edge", policy: String = "{}",
    annotations: String = "{}", destination: String = "server: '{{server}}'",
    syncPolicy: String = "{automated: {prune: true, selfHeal: true}, syncOptions: [CreateNamespace=true]}"
  ) throws {
    try repository.write(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: ApplicationSet
      metadata:
        name: \(name)
        annotations: \(annotations)
      spec:
        syncPolicy: \(policy)
        generators:
        - clusters:
            selector:
              matchLabels:
                tier: \(tier)
        template:
          metadata:
            name: '\(name)-{{name}}'
          spec:
            project: default
            source:
              repoURL: \(source.path)
              path: \(path)
              targetRevision: main
            destination:
              \(destination)
              namespace: \(Self.namespace)
            syncPolicy: \(syncPolicy)

      """, to: "templates/\(name).yaml")
  }

  /// A plain Application `web-CLUSTER` for one cluster.
  func writeApplication(cluster: String = "edge-1", finalizer: Bool) throws {
    let finalizers = finalizer ? "finalizers: [resources-finalizer.argocd.argoproj.io]" : "labels: {}"
    try repository.write(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: Application
      metadata:
        name: web-\(cluster)
        \(finalizers)
      spec:
        project: default
        source:
          repoURL: \(source.path)
          path: web
          targetRevision: main
        destination:
          name: \(cluster)
          namespace: \(Self.namespace)
        syncPolicy: {automated: {prune: true, selfHeal: true}, syncOptions: [CreateNamespace=true]}

      """, to: "templates/web.yaml")
  }

  /// Commits to the source, and lets the hub know, as a webhook would.
  @discardableResult
  func commit(_ files: [String: String] = [:], removing removed: [String] = []) async throws -> String {
    for name in removed { try source.folder.remove(name) }
    let id = try await source.commit(files)
    try await announce()
    return id.hex
  }

  /// Lets the hub look at the source now.
  func announce() async throws {
    guard let hub = current.withLock({ $0 }) else { return }
    _ = try await hub.mirrors.resolve(try GitURL(source.path), revision: "main", freshness: .now)
  }
}
