/// A picture on a terminal that is drawn over again.
struct LiveScreen {
  /// Whether there is a terminal that can.
  let isLive = Terminal.canRedraw
  private var shown = 0

  init() {}

  /// Columns and lines that may be used.
  static var size: (columns: Int, lines: Int) {
    let size = Terminal.size
    return (max(40, size.columns) - 1, max(10, size.lines) - 1)
  }

  /// Shows these lines in the place of those before.
  mutating func draw(_ lines: some Collection<String>) {
    let lines = Self.fitted(Array(lines), to: Self.size)
    let up = shown > 0 ? "\u{1B}[\(shown)A\r\u{1B}[J" : ""
    StandardOutput.write(Array((up + lines.joined(separator: "\n") + "\n").utf8))
    shown = lines.count
  }

  /// What there is room for. A line that wraps would leave a rest behind when it is drawn over; lines that find no room
  /// below are counted in the last.
  static func fitted(_ lines: [String], to size: (columns: Int, lines: Int)) -> [String] {
    let cut = lines.prefix(size.lines).map { ScreenLine.cut($0, to: size.columns) }
    guard lines.count > size.lines else { return cut }
    return cut.dropLast() + ["… and \(lines.count - size.lines + 1) lines more"]
  }
}
