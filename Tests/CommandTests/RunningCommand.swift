import Foundation
import Glibc

/// The command in the background, ended by ``end()``.
struct RunningCommand {
  struct Silent: Error {
    var output: String
  }

  private let process: Process
  private let output: String

  /// Starts the command in the home of another; standard output and standard error go into one file.
  init(_ arguments: [String], home: String) throws {
    output = home + "/" + UUID().uuidString
    try Data().write(to: URL(fileURLWithPath: output))
    process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // Whatever becomes of the test.
    process.arguments = ["timeout", "240", BuiltCommand.executable] + arguments
    process.environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": home]
    let file = FileHandle(forWritingAtPath: output)
    process.standardOutput = file
    process.standardError = file
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  /// Waits, half a minute at most, for a line of its output that holds `text`.
  func line(with text: String) throws -> String {
    for _ in 0..<600 {
      let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
      if let line = lines.first(where: { $0.contains(text) }) { return String(line) }
      guard process.isRunning else { break }
      Thread.sleep(forTimeInterval: 0.05)
    }
    throw Silent(output: try String(contentsOfFile: output, encoding: .utf8))
  }

  func end() {
    // Tests run on threads that block signals, and what they start inherits that. timeout(1) leads a group of its own.
    kill(-process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
