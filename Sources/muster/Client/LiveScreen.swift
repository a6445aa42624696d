import Foundation
import Glibc

/// A picture on a terminal that is drawn over again.
struct LiveScreen {
  /// Whether there is a terminal that can.
  let isLive = isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  private var shown = 0

  init() {}

  /// Columns and lines that may be used.
  static var size: (columns: Int, lines: Int) {
    var size = winsize()
    _ = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size)
    return (
      max(40, size.ws_col == 0 ? 80 : Int(size.ws_col)) - 1, max(10, size.ws_row == 0 ? 24 : Int(size.ws_row)) - 1
    )
  }

  /// Shows these lines in the place of those before; what does not fit is cut off at the end.
  mutating func draw(_ lines: some Collection<String>) {
    let lines = lines.prefix(Self.size.lines)
    let up = shown > 0 ? "\u{1B}[\(shown)A\r\u{1B}[J" : ""
    StandardOutput.write(Array((up + lines.joined(separator: "\n") + "\n").utf8))
    shown = lines.count
  }
}
