/// One line of a text as it may be shown: bounded, without control characters and secrets, and where the carets go.
struct QuotedLine {
  let text: String
  /// Terminal columns before the first caret.
  let caretOffset: Int
  let caretWidth: Int

  /// The most columns that are shown.
  private static let maximumWidth = 120
  /// What stays visible before the mark when a line is cut.
  private static let leadingWidth = 40

  /// Nil when the text has no such line.
  init?(in bytes: [UInt8], at mark: SourceMark) {
    guard let line = Self.line(Int(mark.line), of: bytes) else { return nil }
    var scalars = Array(String(decoding: bytes[line], as: UTF8.self).unicodeScalars)
    if SecretText.holdsSecrets(bytes, documentAround: line) { scalars = SecretText.masked(scalars) }
    let start = min(max(Int(mark.column) - 1, 0), scalars.count)
    let end = Self.endOfToken(scalars, from: start)
    let first = start > Self.maximumWidth / 2 ? start - Self.leadingWidth : 0
    let last = min(scalars.count, first + Self.maximumWidth)
    let before = Visible.line(scalars[first..<start])
    let prefix = first > 0 ? "…" : ""
    text =
      prefix + before + Visible.line(scalars[start..<max(last, start)]) + (last < scalars.count ? "…" : "")
    caretOffset = prefix.unicodeScalars.count + Visible.width(before)
    caretWidth = max(1, Visible.width(Visible.line(scalars[start..<max(start, min(end, last))])))
  }

  private static func line(_ number: Int, of bytes: [UInt8]) -> Range<Int>? {
    guard number >= 1 else { return nil }
    var start = 0
    for _ in 1..<number {
      guard let end = bytes[start...].firstIndex(of: 0x0A) else { return nil }
      start = end + 1
    }
    var end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
    if end > start, bytes[end - 1] == 0x0D { end -= 1 }
    return start..<end
  }

  /// The end of what begins at `start`: a template action, a quoted text, or up to the next separator.
  private static func endOfToken(_ scalars: [Unicode.Scalar], from start: Int) -> Int {
    guard start < scalars.count else { return start + 1 }
    if scalars[start...].starts(with: "{{".unicodeScalars) {
      var position = start + 2
      while position + 1 < scalars.count {
        if scalars[position] == "}", scalars[position + 1] == "}" { return position + 2 }
        position += 1
      }
      return scalars.count
    }
    if scalars[start] == "\"" || scalars[start] == "'" {
      let closing = scalars[(start + 1)...].firstIndex(of: scalars[start])
      return closing.map { $0 + 1 } ?? scalars.count
    }
    let end = scalars[start...].firstIndex { " ,]}\t".unicodeScalars.contains($0) } ?? scalars.count
    let isKey = end > start + 1 && scalars[end - 1] == ":"
    return max(start + 1, isKey ? end - 1 : end)
  }
}
