import Foundation
import Synchronization

/// The programs that a benchmark started: none outlives it, however it ends.
enum ChildProcesses {
  private static let running = Mutex<Set<pid_t>>([])
  /// Set once, and only kept alive.
  nonisolated(unsafe) private static let signals = [SIGTERM, SIGINT].map { number in
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler {
      for process in running.withLock({ $0 }) { kill(process, SIGKILL) }
      exit(128 + number)
    }
    source.resume()
    return source
  }

  /// From now on, SIGTERM and SIGINT end them too.
  static func endWithUs() { _ = signals }

  static func start(_ path: String, _ arguments: [String], output: Any, errors: Any? = nil) throws -> Process {
    let child = Process()
    child.executableURL = URL(fileURLWithPath: path)
    child.arguments = arguments
    child.standardOutput = output
    if let errors { child.standardError = errors }
    try child.run()
    running.withLock { _ = $0.insert(child.processIdentifier) }
    return child
  }

  /// Asks a program to end, and waits until it has.
  static func stop(_ child: Process) {
    child.terminate()
    child.waitUntilExit()
    running.withLock { _ = $0.remove(child.processIdentifier) }
  }
}
