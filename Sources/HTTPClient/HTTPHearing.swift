import Synchronization

/// When a server was last heard of, over any number of streams.
package final class HTTPHearing: Sendable {
  private let last = Atomic<UInt64>(0)

  package init() {}

  /// Seconds since bytes last arrived; nil before the first.
  package var quietSeconds: Double? {
    let heard = last.load(ordering: .relaxed)
    guard heard > 0 else { return nil }
    let now = Clock.now()
    return now > heard ? Double(now - heard) / 1e9 : 0
  }

  func note(_ now: UInt64) { last.store(now, ordering: .relaxed) }
}
