/// Cuts a stream of bytes into lines, each of bounded length; a byte is looked at once.
package struct JSONLines: Sendable {
  package struct TooLong: Error, Sendable, Equatable {
    package var limit: Int

    package init(limit: Int) { self.limit = limit }
  }

  private let limit: Int
  private var partial: [UInt8] = []

  package init(limit: Int) { self.limit = limit }

  /// The lines that `part` completes, without empty ones; the rest is kept for the next part.
  package mutating func add(_ part: [UInt8]) throws(TooLong) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var start = part.startIndex
    while let end = part[start...].firstIndex(of: 0x0A) {
      guard partial.count + (end - start) <= limit else { throw TooLong(limit: limit) }
      if partial.isEmpty {
        if end > start { lines.append(Array(part[start..<end])) }
      } else {
        partial += part[start..<end]
        lines.append(partial)
        partial = []
      }
      start = part.index(after: end)
    }
    guard partial.count + (part.endIndex - start) <= limit else { throw TooLong(limit: limit) }
    partial += part[start...]
    return lines
  }
}
