/// A minimum-first priority queue.
struct BinaryHeap<Element: Comparable & Sendable>: Sendable {
  private var items: [Element] = []

  var first: Element? { items.first }

  mutating func insert(_ element: Element) {
    items.append(element)
    var child = items.count - 1
    while child > 0, items[child] < items[(child - 1) / 2] {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func removeFirst() {
    guard let last = items.popLast(), !items.isEmpty else { return }
    items[0] = last
    var parent = 0
    while true {
      let left = 2 * parent + 1
      let right = left + 1
      var least = parent
      if left < items.count, items[left] < items[least] { least = left }
      if right < items.count, items[right] < items[least] { least = right }
      if least == parent { return }
      items.swapAt(parent, least)
      parent = least
    }
  }
}
