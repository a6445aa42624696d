/// How many replicas may be there beyond those that are wanted, and how many may be missing.
///
/// As Argo Rollouts resolves `maxSurge` and `maxUnavailable` (`utils/replicaset`, resolveFenceposts): percentages of the
/// surge are rounded up, those of the missing ones down, and where both come to 0 one may be missing.
package struct Fenceposts: Sendable, Equatable {
  /// A number, or a share in percent.
  package enum Amount: Sendable, Equatable {
    case number(Int)
    case percent(Int)

    /// Reads `25%`; a text without a sign is a percentage too, as Argo Rollouts' default of "25" is. Nil for other texts.
    package init?(_ text: String) {
      let digits = text.hasSuffix("%") ? text.dropLast() : text[...]
      guard let share = Int(digits), (0...1_000_000).contains(share) else { return nil }
      self = .percent(share)
    }

    func resolved(of replicas: Int, roundsUp: Bool) -> Int {
      switch self {
      case .number(let number): return number
      case .percent(let share):
        let (product, isTooLarge) = share.multipliedReportingOverflow(by: replicas)
        guard !isTooLarge else { return replicas }
        return product / 100 + (roundsUp && product % 100 > 0 ? 1 : 0)
      }
    }
  }

  package var maxSurge: Int
  package var maxUnavailable: Int

  package init(maxSurge: Int, maxUnavailable: Int) {
    self.maxSurge = maxSurge
    self.maxUnavailable = maxUnavailable
  }

  package init(maxSurge: Amount = .percent(25), maxUnavailable: Amount = .percent(25), replicas: Int) {
    let surge = max(0, maxSurge.resolved(of: replicas, roundsUp: true))
    var unavailable = max(0, maxUnavailable.resolved(of: replicas, roundsUp: false))
    if surge == 0, unavailable == 0 { unavailable = 1 }
    self.maxSurge = surge
    self.maxUnavailable = min(unavailable, replicas)
  }
}
