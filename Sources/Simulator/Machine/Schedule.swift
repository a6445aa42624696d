/// Things to do later, soonest first.
struct Schedule<Item: Sendable>: Sendable {
  private var entries: [(due: Moment, item: Item)] = []

  var next: Moment? { entries.last?.due }
  var count: Int { entries.count }

  /// Kept latest first, so that the soonest is taken from the end; equal times keep their order.
  mutating func add(_ item: Item, at due: Moment) {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].due >= due { low = middle + 1 } else { high = middle }
    }
    // Before the entries of the same time: they were added earlier and leave earlier.
    var position = low
    while position > 0, entries[position - 1].due == due { position -= 1 }
    entries.insert((due, item), at: position)
  }

  mutating func removeDue(at now: Moment) -> Item? {
    guard let last = entries.last, last.due <= now else { return nil }
    entries.removeLast()
    return last.item
  }
}
