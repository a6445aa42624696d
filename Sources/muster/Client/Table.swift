import Manifest

/// Columns of text, padded; words of state are coloured on a terminal.
struct Table {
  /// What a column keeps where the screen is too narrow for all.
  private static let least = (last: 12, other: 24)
  private static let gap = 3

  var header: [String]
  var rows: [[String]] = []

  init(_ header: [String]) { self.header = header }

  /// As wide as the screen, where there is one.
  var text: String { text(whole: false) }

  /// - Parameters:
  ///   - whole: cuts nothing on a terminal either, as `-o wide` asks for.
  ///   - columns: of the screen; nil for none.
  /// - Returns: empty where there is no row: a header alone says nothing.
  func text(whole: Bool, columns: Int? = Terminal.columns) -> String {
    if rows.isEmpty { return "" }
    let all = [header] + rows.map { $0.map(Visible.text) }
    let room = whole ? nil : columns
    let widths = Self.shrunk(
      header.indices.map { column in
        all.map { $0.indices.contains(column) ? ScreenLine.width($0[column]) : 0 }.max() ?? 0
      }, to: room)
    return all.map { Self.line($0, widths, room) + "\n" }.joined()
  }

  /// The last column gives way first, then the widest; the first, which is a name, never.
  private static func shrunk(_ natural: [Int], to room: Int?) -> [Int] {
    var widths = natural
    guard let room, let last = widths.indices.last else { return widths }
    var over = widths.reduce(0, +) + gap * last - room
    func give(_ column: Int, _ least: Int) {
      let given = min(over, max(0, widths[column] - least))
      widths[column] -= given
      over -= given
    }
    if over > 0, last > 0 { give(last, least.last) }
    while over > 0, let widest = widths.indices.dropFirst().max(by: { widths[$0] < widths[$1] }),
      widths[widest] > least.other
    { give(widest, least.other) }
    return widths
  }

  private static func line(_ row: [String], _ widths: [Int], _ room: Int?) -> String {
    // Columns that are empty to the end of a line leave no blanks behind, and their room to the one before.
    let used = (row.lastIndex { !$0.isEmpty } ?? -1) + 1
    var text = ""
    var start = 0
    for (column, cell) in row.prefix(used).enumerated() {
      let width = widths.indices.contains(column) ? widths[column] : ScreenLine.width(cell)
      let isLast = column == used - 1
      let shown = room.map { ScreenLine.cut(cell, to: isLast ? max(width, $0 - start) : width) } ?? cell
      text += Paint.state(shown)
      if !isLast { text += String(repeating: " ", count: max(0, width - ScreenLine.width(shown)) + gap) }
      start += width + gap
    }
    return text
  }

  var csv: String {
    ([header] + rows).map { row in
      row.map { $0.contains(where: { ",\"\r\n".contains($0) }) ? "\"" + $0.replacing("\"", with: "\"\"") + "\"" : $0 }
        .joined(separator: ",")
    }.joined(separator: "\n") + "\n"
  }

  var markdown: String {
    let lines = ([header] + [header.map { _ in "---" }] + rows).map { row in
      "| " + row.map { $0.replacing("|", with: "\\|").replacing("\n", with: " ") }.joined(separator: " | ") + " |"
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
