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
    /// Who held it when it was healed last.
    var managers: [String]
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
  /// - Parameter managers: who held them, as far as that is known.
  package mutating func healed(_ id: ObjectID, fields: [String], of managers: [String] = [], now: Double) {
    var known = disputes[id] ?? [:]
    known = known.filter { now - $0.value.last < limits.window + wait($0.value) }
    for field in fields {
      known[field] = Dispute(heals: (known[field]?.heals ?? 0) + 1, last: now, managers: managers)
    }
    disputes[id] = known.isEmpty ? nil : known
  }

  /// What of an object is taken again and again; nil for nothing.
  package func contest(over id: ObjectID, now: Double) -> Contest? {
    let open = (disputes[id] ?? [:]).filter {
      $0.value.heals >= limits.immediate && now - $0.value.last < limits.window + wait($0.value)
    }
    if open.isEmpty { return nil }
    return Contest(id: id, fields: open.keys.sorted(), managers: Set(open.values.flatMap(\.managers)).sorted())
  }

  package mutating func forget(_ id: ObjectID) { disputes[id] = nil }

  private func wait(_ dispute: Dispute) -> Double {
    dispute.heals < limits.immediate
      ? 0 : limits.backoff.delay(afterFailures: dispute.heals - limits.immediate + 1, random: 0)
  }
}
