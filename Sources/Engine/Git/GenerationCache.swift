/// A cache bounded by the cost of what it holds, in two generations: what is not asked for between two turnovers goes.
///
/// Nearly as good as least-recently-used, without its bookkeeping on each hit.
struct GenerationCache<Key: Hashable, Value> {
  private let limit: Int
  private var young: [Key: (value: Value, cost: Int)] = [:]
  private var old: [Key: (value: Value, cost: Int)] = [:]
  private var youngCost = 0

  /// - Parameter limit: the most that all entries may cost.
  init(limit: Int) { self.limit = limit }

  var count: Int { young.count + old.keys.count { young[$0] == nil } }

  /// A hit keeps the entry for another turn.
  subscript(key: Key) -> Value? {
    mutating get {
      if let entry = young[key] { return entry.value }
      guard let entry = old.removeValue(forKey: key) else { return nil }
      insert(entry.value, for: key, cost: entry.cost)
      return entry.value
    }
  }

  /// An entry that costs more than half of the limit is not kept.
  mutating func insert(_ value: Value, for key: Key, cost: Int) {
    old.removeValue(forKey: key)
    if let replaced = young.removeValue(forKey: key) { youngCost -= replaced.cost }
    guard cost <= limit / 2 else { return }
    if youngCost + cost > limit / 2 {
      old = young
      young = [:]
      youngCost = 0
    }
    young[key] = (value, cost)
    youngCost += cost
  }

  mutating func remove(_ key: Key) {
    old.removeValue(forKey: key)
    if let removed = young.removeValue(forKey: key) { youngCost -= removed.cost }
  }

  mutating func removeAll() {
    young = [:]
    old = [:]
    youngCost = 0
  }
}
