import Fleet
import Synchronization

/// What is counted and timed while the hub runs, for `/metrics`.
///
/// Labels are words of ours (outcomes, routes, status codes), never names of the fleet, so that the number of series is
/// bounded.
package final class Measurements: Sendable {
  package struct Series: Hashable, Sendable {
    /// As in Prometheus: `muster_…_total`, `muster_…_seconds`.
    package var name: String
    package var labels: [Label]
  }

  package struct Label: Hashable, Sendable {
    package var name: String
    package var value: String
  }

  package struct Histogram: Sendable, Equatable {
    /// How many were at most the bound of the same index; the last of the bounds' successor is `count`.
    package fileprivate(set) var buckets = [Int](repeating: 0, count: bounds.count)
    package fileprivate(set) var count = 0
    package fileprivate(set) var sum = 0.0

    /// Seconds.
    package static let bounds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30]

    fileprivate mutating func observe(_ seconds: Double) {
      count += 1
      sum += seconds
      for (index, bound) in Self.bounds.enumerated() where seconds <= bound { buckets[index] += 1 }
    }
  }

  private struct State {
    var counters: [Series: Int] = [:]
    var histograms: [Series: Histogram] = [:]
  }

  private let state = Mutex(State())

  package init() {}

  package var counters: [Series: Int] { state.withLock { $0.counters } }
  package var histograms: [Series: Histogram] { state.withLock { $0.histograms } }

  package func count(_ name: String, _ labels: KeyValuePairs<String, String> = [:], by amount: Int = 1) {
    guard amount > 0 else { return }
    let series = Self.series(name, labels)
    state.withLock { $0.counters[series, default: 0] += amount }
  }

  package func observe(_ name: String, _ labels: KeyValuePairs<String, String> = [:], seconds: Double) {
    let series = Self.series(name, labels)
    state.withLock { $0.histograms[series, default: Histogram()].observe(seconds) }
  }

  private static func series(_ name: String, _ labels: KeyValuePairs<String, String>) -> Series {
    Series(name: name, labels: labels.map { Label(name: $0.key, value: $0.value) })
  }
}

extension Measurements {
  /// One request of the API was answered.
  package func served(method: String, route: String, status: Int, seconds: Double) {
    count("muster_http_requests_total", ["method": method, "route": route, "status": String(status)])
    observe("muster_http_request_duration_seconds", seconds: seconds)
  }

  /// One pass over an Application ended.
  func reconciled(_ outcome: String, seconds: Double) {
    count("muster_reconciles_total", ["outcome": outcome])
    observe("muster_reconcile_duration_seconds", seconds: seconds)
  }

  /// So many objects were sent to clusters.
  func applied(_ count: Int, failed: Int) {
    self.count("muster_applied_objects_total", ["result": "applied"], by: count)
    self.count("muster_applied_objects_total", ["result": "failed"], by: failed)
  }

  /// A row of the history.
  /// A sync came to its end.
  func synced(_ operation: SyncOperation) {
    count("muster_syncs_total", ["phase": operation.phase.rawValue, "cause": operation.cause.rawValue])
    if let finished = operation.finishedAt {
      observe(
        "muster_sync_duration_seconds", ["phase": operation.phase.rawValue],
        seconds: max(0, finished - operation.startedAt))
    }
    for (key, result) in operation.results where result.isHook {
      count("muster_hooks_total", ["phase": key.phase.rawValue, "result": result.status.rawValue])
    }
  }

  /// A stage of a reconcile took so long.
  func staged(_ stage: String, seconds: Double) {
    observe("muster_reconcile_stage_seconds", ["stage": stage], seconds: seconds)
  }

  /// A rollout was planned, from the moment that something was found to be wanted.
  func planned(seconds: Double) { observe("muster_rollout_planning_seconds", [:], seconds: seconds) }

  /// Clusters were admitted, so long after others were seen to be done and made room for them.
  func admitted(_ count: Int, seconds: Double) {
    for _ in 0..<count { observe("muster_rollout_admission_seconds", [:], seconds: seconds) }
  }

  func happened(_ fact: Fact) {
    count("muster_events_total", ["kind": fact.kind.rawValue, "outcome": fact.outcome])
  }
}
