import Foundation

/// A program to run to its end, with everything it may see and take said in advance.
///
/// The environment is exactly ``environment``: nothing of ours leaks into it. Secrets travel in the environment or on
/// standard input, never in ``arguments``, which every user of the machine can read.
package struct Command: Sendable {
  package enum Program: Sendable, Equatable {
    /// Looked up in the `PATH` of the command's own environment, in absolute folders only.
    case named(String)
    /// An absolute path.
    case path(String)

    package var name: String {
      switch self {
      case .named(let name): name
      case .path(let path): path.split(separator: "/").last.map(String.init) ?? path
      }
    }
  }

  package var program: Program
  package var arguments: [String]
  package var environment: [String: String]
  /// Nil is the hub's own.
  package var workingDirectory: String?
  package var input: [UInt8]
  /// Bytes of standard output; one more and the program is stopped.
  package var outputLimit: Int
  /// Bytes of standard error that are kept, the last ones; the rest is read and forgotten.
  package var errorLimit: Int
  /// From start to end; then its process group gets TERM, and two seconds later KILL.
  package var deadline: Duration
  /// Bytes of data segment and heap that it may take (`RLIMIT_DATA`); nil for as much as we may.
  package var memoryLimit: Int?
  /// Bytes of any file that it may write (`RLIMIT_FSIZE`); nil for as many as we may.
  package var fileLimit: Int?

  package init(
    _ program: Program, _ arguments: [String], environment: [String: String], workingDirectory: String? = nil,
    input: [UInt8] = [], outputLimit: Int = 1 << 20, errorLimit: Int = 16 << 10, deadline: Duration
  ) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.input = input
    self.outputLimit = outputLimit
    self.errorLimit = errorLimit
    self.deadline = deadline
  }
}

/// How a command ended, and what it wrote.
package struct CommandResult: Sendable {
  package enum Ending: Sendable, Equatable {
    case exited(Int32)
    case signalled(Int32)
  }

  package var ending: Ending
  package var output: [UInt8]
  /// The end of standard error, decoded; what is not UTF-8 is replaced.
  package var errorText: String

  package var succeeded: Bool { ending == .exited(0) }

  /// `exit code 128`, `signal 9`.
  package var endingText: String {
    switch ending {
    case .exited(let code): "exit code \(code)"
    case .signalled(let signal): "signal \(signal)"
    }
  }
}

/// What a child process may inherit of the hub's environment.
package enum ProcessEnvironment {
  /// What every program needs to be found, to write temporary files and to speak plainly.
  private static let basics = ["PATH", "TMPDIR"]

  /// The basics and `names` where they are set, with the C locale, and `additions` over all of that.
  package static func allowing(_ names: [String] = [], adding additions: [String: String] = [:]) -> [String: String] {
    let ours = ProcessInfo.processInfo.environment
    var environment = ["LC_ALL": "C", "PATH": "/usr/local/bin:/usr/bin:/bin"]
    for name in basics + names { environment[name] = ours[name] ?? environment[name] }
    return environment.merging(additions) { $1 }
  }
}
