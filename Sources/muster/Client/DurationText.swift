import Fleet

/// Durations on the command line.
enum DurationText {
  private static let longest = 1e8

  /// - Throws: ``CommandError`` for what is no duration above 0.
  static func seconds(_ text: String, _ option: String) throws -> Double {
    guard let seconds = GoDuration.seconds(text), seconds > 0, seconds < longest else {
      throw CommandError.message("\(option) is a duration such as 90s or 5m", exit: .usage)
    }
    return seconds
  }
}
