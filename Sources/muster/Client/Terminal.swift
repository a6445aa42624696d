import Foundation
import Glibc

/// The screen that standard output is shown on, where it is one.
enum Terminal {
  static let isThere = isatty(STDOUT_FILENO) == 1

  /// Whether a picture on it can be drawn over again.
  static let canRedraw = isThere && ProcessInfo.processInfo.environment["TERM"] != "dumb"

  /// Columns and lines; 80 and 24 where it does not say.
  static var size: (columns: Int, lines: Int) {
    var size = winsize()
    _ = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size)
    return (size.ws_col == 0 ? 80 : Int(size.ws_col), size.ws_row == 0 ? 24 : Int(size.ws_row))
  }

  /// How wide a line may be; nil in a pipe or file, where lines are for programs.
  static var columns: Int? { isThere ? max(40, size.columns) : nil }
}
