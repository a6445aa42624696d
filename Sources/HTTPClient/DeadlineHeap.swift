/// The next deadline of each transfer, soonest first; every operation is O(log n).
struct DeadlineHeap {
  private var entries: [(time: UInt64, transfer: Transfer)] = []

  /// The soonest deadline, in nanoseconds of the loop's clock.
  var first: UInt64? { entries.first?.time }

  /// Sets a transfer's deadline, or takes it out.
  mutating func set(_ transfer: Transfer, at time: UInt64?) {
    guard let time else { return remove(transfer) }
    guard let index = transfer.heapIndex else {
      transfer.heapIndex = entries.count
      entries.append((time, transfer))
      return siftUp(entries.count - 1)
    }
    let before = entries[index].time
    entries[index].time = time
    if time < before { siftUp(index) } else { siftDown(index) }
  }

  mutating func remove(_ transfer: Transfer) {
    guard let index = transfer.heapIndex else { return }
    transfer.heapIndex = nil
    let last = entries.removeLast()
    guard index < entries.count else { return }
    place(last, at: index)
    siftUp(index)
    siftDown(index)
  }

  /// Takes out the soonest transfer if its deadline is not after `now`.
  mutating func popDue(_ now: UInt64) -> Transfer? {
    guard let entry = entries.first, entry.time <= now else { return nil }
    remove(entry.transfer)
    return entry.transfer
  }

  private mutating func place(_ entry: (time: UInt64, transfer: Transfer), at index: Int) {
    entries[index] = entry
    entry.transfer.heapIndex = index
  }

  private mutating func siftUp(_ start: Int) {
    var index = start
    while index > 0 {
      let parent = (index - 1) / 2
      guard entries[index].time < entries[parent].time else { return }
      swapEntries(index, parent)
      index = parent
    }
  }

  private mutating func siftDown(_ start: Int) {
    var index = start
    while true {
      let left = 2 * index + 1
      guard left < entries.count else { return }
      let right = left + 1
      let child = right < entries.count && entries[right].time < entries[left].time ? right : left
      guard entries[child].time < entries[index].time else { return }
      swapEntries(index, child)
      index = child
    }
  }

  private mutating func swapEntries(_ a: Int, _ b: Int) {
    entries.swapAt(a, b)
    entries[a].transfer.heapIndex = a
    entries[b].transfer.heapIndex = b
  }
}
