import Fleet
import Kubernetes
import Logging
import Manifest

/// What is known of the orphans in the namespaces of one cluster: looked for in the background, one namespace at a time, and each
/// at most once in five minutes.
actor OrphanWatch {
  private struct Place {
    var findings: OrphanScan.Findings?
    var dueAt = -Double.infinity
    var isWaiting = false
    /// The ApplySets of the Applications that want to know.
    var listeners: Set<String> = []
  }

  /// Seconds between two looks at a namespace.
  static let interval = 300.0

  private let scan: OrphanScan
  private let discover: @Sendable () async throws -> Discovery
  private let logger: Logger
  private let now: @Sendable () -> Double
  private var places: [String: Place] = [:]
  private nonisolated let wanted: AsyncStream<String>
  private nonisolated let want: AsyncStream<String>.Continuation

  init(
    client: KubernetesClient, logger: Logger, now: @escaping @Sendable () -> Double = { Seconds.now },
    discover: @escaping @Sendable () async throws -> Discovery
  ) {
    scan = OrphanScan(client: client)
    self.discover = discover
    self.logger = logger
    self.now = now
    (wanted, want) = AsyncStream.makeStream(of: String.self)
  }

  /// What is known of a namespace; nil before the first look. Asks for another look where one is due, and waits for none.
  func findings(in namespace: String, for applySet: String) -> OrphanScan.Findings? {
    places[namespace, default: Place()].listeners.insert(applySet)
    guard var place = places[namespace] else { return nil }
    if !place.isWaiting, now() >= place.dueAt {
      place.isWaiting = true
      places[namespace] = place
      want.yield(namespace)
    }
    return place.findings
  }

  /// Looks until cancelled; tells the ApplySets for which something is news.
  func run(_ tell: @Sendable (Set<String>) -> Void) async {
    for await namespace in wanted {
      let before = places[namespace]?.findings
      var found = before
      do {
        found = try await scan.findings(in: namespace, try await discover())
      } catch {
        if Task.isCancelled { return }
        let failure = KubernetesClient.failure(from: error, subject: "namespace \(namespace)", stage: "orphans")
        logger.debug("orphans not looked for", metadata: ["reason": "\(failure.message)"])
      }
      places[namespace]?.findings = found
      places[namespace]?.isWaiting = false
      places[namespace]?.dueAt = now() + Self.interval
      if found != before { tell(places[namespace]?.listeners ?? []) }
    }
  }
}
