package import Manifest

/// Remembers who keeps being undone: the first heals of a field are immediate, then each waits longer (DESIGN §3.2).
///
/// A machine: times are seconds on any clock that does not go back.
package struct HealLedger: Sendable {
  package struct Limits: Sendable {
    /// Heals of one field within ``window`` that are done at once.
    package var immediate: Int
    /// After this long without a heal of it a field is at peace again.
    package var window: Double
    package var backoff: Backoff

    package init(
      immediate: Int = 5, window: Double = 120, backoff: Backoff = Backoff(base: 2, factor: 3, maximum: 300, jitter: 0)
    ) {
      self.immediate = immediate
      self.window = window
      self.backoff = backoff
    }
  }

  private struct Dispute {
    var heals: Int
    var last: Double
  }

  private let limits: Limits
  private var disputes: [ObjectID: [String: Dispute]] = [:]

  package init(limits: Limits = Limits()) { self.limits = limits }

  /// How long a heal of these fields must wait from `now`; 0 for at once. Fields are ``FieldPath`` texts.
  package func delay(of id: ObjectID, fields: [String], now: Double) -> Double {
    guard let known = disputes[id] else { return 0 }
    var delay = 0.0
    for field in fields {
      guard let dispute = known[field], now - dispute.last < limits.window + wait(dispute) else { continue }
      delay = max(delay, dispute.last + wait(dispute) - now)
    }
    return max(delay, 0)
  }

  /// Takes in that these fields were healed.
  package mutating func healed(_ id: ObjectID, fields: [String], now: Double) {
    var known = disputes[id] ?? [:]
    known = known.filter { now - $0.value.last < limits.window + wait($0.value) }
    for field in fields {
      known[field] = Dispute(heals: (known[field]?.heals ?? 0) + 1, last: now)
    }
    disputes[id] = known.isEmpty ? nil : known
  }

  /// The fields of an object that are taken again and again, sorted.
  package func contested(_ id: ObjectID, now: Double) -> [String] {
    (disputes[id] ?? [:]).filter {
      $0.value.heals >= limits.immediate && now - $0.value.last < limits.window + wait($0.value)
    }
    .keys.sorted()
  }

  package mutating func forget(_ id: ObjectID) { disputes[id] = nil }

  private func wait(_ dispute: Dispute) -> Double {
    dispute.heals < limits.immediate
      ? 0 : limits.backoff.delay(afterFailures: dispute.heals - limits.immediate + 1, random: 0)
  }
}
