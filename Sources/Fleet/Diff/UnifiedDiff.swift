package import Manifest

/// The difference of two texts as `diff -u` writes it.
package enum UnifiedDiff {
  fileprivate enum Edit {
    case keep(Substring)
    case remove(Substring)
    case add(Substring)
  }

  private static let context = 3
  /// The most edits that are looked for; texts further apart are told as replaced.
  private static let maximumEdits = 1000

  /// The difference of two trees written as YAML, Secret values masked; a side that is not there is an empty text.
  /// - Parameter name: what stands behind `--- live/` and `+++ desired/`.
  /// - Returns: an empty text where nothing differs.
  package static func text(live: Node?, desired: Node?, name: String) -> String {
    let masked = SecretMask.mask(live, desired)
    return text(
      masked.before.map { YAMLWriter.text(of: $0.withSortedKeys) } ?? "",
      masked.after.map { YAMLWriter.text(of: $0.withSortedKeys) } ?? "", names: ("live/" + name, "desired/" + name))
  }

  static func text(_ before: String, _ after: String, names: (String, String)) -> String {
    guard before != after else { return "" }
    var text = "--- \(names.0)\n+++ \(names.1)\n"
    for hunk in hunks(edits(lines(before), lines(after))) { text += hunk }
    return text
  }

  private static func lines(_ text: String) -> [Substring] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  private static func edits(_ a: [Substring], _ b: [Substring]) -> [Edit] {
    let prefix = zip(a, b).prefix { $0 == $1 }.count
    let (restA, restB) = (a.dropFirst(prefix), b.dropFirst(prefix))
    let suffix = zip(restA.reversed(), restB.reversed()).prefix { $0 == $1 }.count
    let middle = shortest(Array(restA.dropLast(suffix)), Array(restB.dropLast(suffix)))
    return a.prefix(prefix).map { .keep($0) } + middle + a.suffix(suffix).map { .keep($0) }
  }

  /// Myers' greedy algorithm.
  private static func shortest(_ a: [Substring], _ b: [Substring]) -> [Edit] {
    let replaced = a.map { Edit.remove($0) } + b.map { Edit.add($0) }
    guard !a.isEmpty, !b.isEmpty else { return replaced }
    let limit = min(a.count + b.count, maximumEdits)
    var reach = [Int](repeating: 0, count: 2 * limit + 3)
    var trace: [[Int]] = []
    for distance in 0...limit {
      trace.append(reach)
      for diagonal in stride(from: -distance, through: distance, by: 2) {
        let place = diagonal + limit + 1
        let goesDown = diagonal == -distance || (diagonal != distance && reach[place - 1] < reach[place + 1])
        var x = goesDown ? reach[place + 1] : reach[place - 1] + 1
        while x < a.count, x - diagonal < b.count, x - diagonal >= 0, a[x] == b[x - diagonal] { x += 1 }
        reach[place] = x
        if x >= a.count, x - diagonal >= b.count { return walk(trace, a, b, offset: limit + 1) }
      }
    }
    return replaced
  }

  private static func walk(_ trace: [[Int]], _ a: [Substring], _ b: [Substring], offset: Int) -> [Edit] {
    var edits: [Edit] = []
    var (x, y) = (a.count, b.count)
    for (distance, reach) in trace.enumerated().reversed() {
      let diagonal = x - y
      let place = diagonal + offset
      let goesDown = diagonal == -distance || (diagonal != distance && reach[place - 1] < reach[place + 1])
      let before = goesDown ? diagonal + 1 : diagonal - 1
      let fromX = distance == 0 ? 0 : reach[before + offset]
      let fromY = distance == 0 ? 0 : fromX - before
      while x > fromX, y > fromY {
        edits.append(.keep(a[x - 1]))
        (x, y) = (x - 1, y - 1)
      }
      guard distance > 0 else { break }
      if goesDown { edits.append(.add(b[y - 1])) } else { edits.append(.remove(a[x - 1])) }
      (x, y) = (fromX, fromY)
    }
    return edits.reversed()
  }

  private static func hunks(_ edits: [Edit]) -> [String] {
    var hunks: [String] = []
    var (lineA, lineB) = (1, 1)
    var index = 0
    while index < edits.count {
      guard let change = edits[index...].firstIndex(where: { !$0.isKeep }) else { break }
      let start = max(index, change - context)
      lineA += start - index
      lineB += start - index
      let end = self.end(of: change, in: edits)
      let hunk = edits[start..<end]
      let countA = hunk.count { !$0.isAdd }
      let countB = hunk.count { !$0.isRemove }
      hunks.append(
        "@@ -\(range(lineA, countA)) +\(range(lineB, countB)) @@\n" + hunk.map { $0.line + "\n" }.joined())
      lineA += countA
      lineB += countB
      index = end
    }
    return hunks
  }

  /// Behind the last change that the context connects, with its own context.
  private static func end(of change: Int, in edits: [Edit]) -> Int {
    var last = change
    while let next = edits[(last + 1)...].prefix(2 * context + 1).firstIndex(where: { !$0.isKeep }) { last = next }
    return min(last + 1 + context, edits.count)
  }

  private static func range(_ line: Int, _ count: Int) -> String {
    count == 1 ? "\(line)" : "\(count == 0 ? line - 1 : line),\(count)"
  }
}

extension UnifiedDiff.Edit {
  fileprivate var isKeep: Bool { if case .keep = self { true } else { false } }
  fileprivate var isAdd: Bool { if case .add = self { true } else { false } }
  fileprivate var isRemove: Bool { if case .remove = self { true } else { false } }

  fileprivate var line: String {
    switch self {
    case .keep(let text): " " + text
    case .remove(let text): "-" + text
    case .add(let text): "+" + text
    }
  }
}

extension Node {
  /// The same data with the members of every mapping in the order of their keys.
  fileprivate var withSortedKeys: Node {
    var sorted = self
    switch value {
    case .mapping(var members):
      members.updateValues { $1 = $1.withSortedKeys }
      members.sortKeys()
      sorted.value = .mapping(members)
    case .sequence(let items): sorted.value = .sequence(items.map(\.withSortedKeys))
    default: break
    }
    return sorted
  }
}
