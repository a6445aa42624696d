/// Finds what a user probably meant by a name that nobody knows.
package enum NearestName {
  /// The longest name that is looked at; hostile names cost nothing.
  private static let maximumLength = 64

  /// The candidate nearest to `name` by edits (insert, delete, replace, swap of neighbours), upper and lower case taken
  /// as one; nil when none is near enough to be worth a guess. Ties go to the first in byte order.
  package static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased().unicodeScalars)
    guard !wanted.isEmpty, wanted.count <= maximumLength else { return nil }
    var best: (distance: Int, name: String)?
    for candidate in candidates.sorted() {
      let letters = Array(candidate.lowercased().unicodeScalars)
      guard letters.count <= maximumLength else { continue }
      let distance = edits(wanted, letters)
      if distance <= max(1, min(wanted.count, letters.count) / 3), distance < best?.distance ?? .max {
        best = (distance, candidate)
      }
    }
    return best?.name
  }

  /// The optimal string alignment distance.
  private static func edits(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      row.reserveCapacity(b.count + 1)
      for j in b.indices {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        row.append(cost)
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
