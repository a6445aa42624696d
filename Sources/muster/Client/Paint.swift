import Foundation
import Glibc

/// Colours, where a person looks: on a terminal, unless `NO_COLOR` is set.
enum Paint {
  private static let isOn: Bool = {
    let environment = ProcessInfo.processInfo.environment
    return isatty(STDOUT_FILENO) == 1 && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }()

  static func bold(_ text: String) -> String { painted(text, "1") }
  static func red(_ text: String) -> String { painted(text, "31") }
  static func green(_ text: String) -> String { painted(text, "32") }
  static func yellow(_ text: String) -> String { painted(text, "33") }

  static func diffLine(_ line: String) -> String {
    switch line.first {
    case "+": green(line)
    case "-": red(line)
    case "@": painted(line, "36")
    default: line
    }
  }

  /// The words of sync, health, reachability and rollouts.
  static func state(_ word: String) -> String {
    switch word {
    case "Synced", "Healthy", "Reachable", "Passed", "Done": green(word)
    case "OutOfSync", "Progressing", "Suspended", "Missing", "Cordoned", "Paused", "Away": yellow(word)
    case "Degraded", "Unreachable", "CredentialsExpired", "Failed", "RollingBack", "RolledBack", "RollbackFailed",
      "Aborted":
      red(word)
    default: word
    }
  }

  private static func painted(_ text: String, _ code: String) -> String {
    isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
