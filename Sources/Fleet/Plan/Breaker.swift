/// Refuses a pass that would remove too much (DESIGN §3.6).
package struct Breaker: Sendable, Equatable {
  /// A pass may remove this many whatever the share.
  package var count: Int
  /// … or this share (0 ... 1) of what there is, whichever is more.
  package var share: Double

  package init(count: Int, share: Double) {
    self.count = count
    self.share = share
  }

  /// Applications of one set.
  package static let applications = Breaker(count: 5, share: 0.1)
  /// Objects of one Application.
  package static let objects = Breaker(count: 20, share: 0.5)

  package func limit(outOf total: Int) -> Int { max(count, Int((Double(total) * share).rounded(.down))) }

  /// - Parameter approved: how many removals a person has agreed to, 0 for none.
  package func allows(removing removed: Int, outOf total: Int, approved: Int = 0) -> Bool {
    removed <= max(limit(outOf: total), approved)
  }
}
