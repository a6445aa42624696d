import Fleet

/// When clusters are connected anew: those whose access could not be made, each by its own back-off, and those that
/// are out of reach, whose files are looked at now and then. Without clock and I/O.
struct ConnectionRetries: Sendable {
  private static let backoff = Backoff(base: 1, factor: 2, maximum: 60, jitter: 0.3)

  /// What is due.
  struct Due: Sendable, Equatable {
    /// Sorted: their access is to be made once more.
    var connections: [ClusterName] = []
    /// Sorted: whether the files that their access was made of are others by now is to be looked at.
    var files: [ClusterName] = []
  }

  private struct Failures {
    var count = 0
    var due = 0.0
  }

  private let fileInterval: Double
  private var failed: [ClusterName: Failures] = [:]
  private var away: Set<ClusterName> = []
  private var lookedAt = -Double.infinity

  /// - Parameter fileInterval: seconds between two looks at files.
  init(fileInterval: Double) { self.fileInterval = fileInterval }

  /// The access could not be made.
  /// - Parameter random: in 0 ..< 1.
  mutating func failed(_ name: ClusterName, now: Double, random: Double) {
    away.remove(name)
    failed[name, default: Failures()].count += 1
    let count = failed[name]?.count ?? 1
    failed[name]?.due = now + Self.backoff.delay(afterFailures: count, random: random)
  }

  /// The access was made, or nobody wants the cluster any more.
  mutating func forget(_ name: ClusterName) {
    failed[name] = nil
    away.remove(name)
  }

  /// The cluster does not answer, or does not know us.
  mutating func lost(_ name: ClusterName) { away.insert(name) }

  mutating func heard(_ name: ClusterName) { away.remove(name) }

  /// When something is due; nil for never.
  var next: Double? {
    let connection = failed.values.lazy.map(\.due).min()
    let file = away.isEmpty ? nil : lookedAt + fileInterval
    return [connection, file].compactMap(\.self).min()
  }

  /// What is due now. A connection is not due again before it failed again.
  mutating func takeDue(now: Double) -> Due {
    var due = Due()
    for (name, failures) in failed where failures.due <= now {
      due.connections.append(name)
      failed[name]?.due = .infinity
    }
    due.connections.sort()
    if !away.isEmpty, now >= lookedAt + fileInterval {
      lookedAt = now
      due.files = away.sorted()
    }
    return due
  }
}
