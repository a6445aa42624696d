import Manifest

/// Columns of text, padded; words of state are coloured on a terminal.
struct Table {
  var header: [String]
  var rows: [[String]] = []

  init(_ header: [String]) { self.header = header }

  var text: String {
    let all = [header] + rows.map { $0.map(Visible.text) }
    let widths = header.indices.map { column in
      all.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
    }
    return all.map { row in
      // Columns that are empty to the end of a line leave no blanks behind.
      let used = (row.lastIndex { !$0.isEmpty } ?? -1) + 1
      return row.prefix(used).enumerated().map { column, cell in
        let padding = column == used - 1 ? 0 : widths[column] - cell.count + 3
        return Paint.state(cell) + String(repeating: " ", count: padding)
      }.joined()
    }.joined(separator: "\n") + "\n"
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
