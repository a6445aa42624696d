import Glibc
import Manifest

/// The one table of exit codes (DESIGN §5), the same for every command.
enum Exit: Int32 {
  case ok = 0
  /// It differs, or is not healthy (yet).
  case differs = 1
  /// Usage or configuration.
  case usage = 2
  /// Hub or cluster unreachable, or not allowed.
  case unreachable = 3
  /// A gate failed, or it was rolled back.
  case gate = 4
  /// Refused by the breaker.
  case breaker = 5
  case timeout = 6
  case interrupted = 130

  static func end(_ exit: Exit) -> Never {
    fflush(nil)
    Glibc.exit(exit.rawValue)
  }
}

/// Words for people; data goes to stdout.
enum StandardError {
  static func write(_ text: String) {
    var bytes = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if written <= 0 && errno != EINTR { return }
      bytes = bytes.dropFirst(max(written, 0))
    }
  }
}

/// How a command ends other than well: the exit code and what to say, rendered in one place.
enum CommandError: Error {
  case diagnostics([Diagnostic], exit: Exit = .usage)
  case failure(Failure, exit: Exit = .unreachable)
  case message(String, help: String? = nil, exit: Exit)
  /// The command has said everything already.
  case silent(Exit)

  var exit: Exit {
    switch self {
    case .diagnostics(_, let exit), .failure(_, let exit), .message(_, _, let exit), .silent(let exit): exit
    }
  }

  func report() {
    switch self {
    case .diagnostics(let all, _): StandardError.write(Report.text(for: all))
    case .failure(let failure, _): StandardError.write(Report.text(for: failure))
    case .message(let message, let help, _):
      StandardError.write("error: " + message)
      if let help { StandardError.write("help: " + help) }
    case .silent: break
    }
  }
}
