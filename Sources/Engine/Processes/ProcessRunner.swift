import CLimits
import Glibc
import Manifest
import Subprocess

/// Runs programs within the bounds that their ``Command`` states.
///
/// Each runs in a process group of its own, which is stopped as a whole when the deadline passes, when it writes too
/// much, or when the calling task is cancelled.
package struct ProcessRunner: Sendable {
  private static let patience: Duration = .seconds(2)

  /// A child that goes away while we write to it must be an error of that write, not a signal that ends the hub.
  private static let brokenPipesAreErrors: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

  package init() { Self.brokenPipesAreErrors }

  /// Runs `command` to its end. A non-zero exit code is a result.
  /// - Throws: ``Failure`` `process.not-found`, `process.not-started`, `process.deadline`, `process.output-limit`,
  ///   none of which quotes arguments or environment; `CancellationError`.
  package func run(_ command: Command) async throws -> CommandResult {
    try await withThrowingTaskGroup(of: CommandResult.self) { group in
      group.addTask { try await Self.runWithoutDeadline(command) }
      group.addTask {
        try await Task.sleep(for: command.deadline)
        throw Self.failure(
          command, "process.deadline", "did not end within \(Self.seconds(command.deadline)) s", retry: .backOff)
      }
      defer { group.cancelAll() }
      guard let result = try await group.next() else { throw CancellationError() }
      return result
    }
  }

  private static func runWithoutDeadline(_ command: Command) async throws -> CommandResult {
    do {
      let outcome = try await Subprocess.run(
        executable(command.program), arguments: Arguments(command.arguments),
        environment: .custom(variables(command.environment)),
        workingDirectory: command.workingDirectory.map { .init($0) }, platformOptions: ownGroup(),
        input: .inputWriter, output: .sequence, error: .sequence
      ) { execution in
        limit(execution.processIdentifier.value, to: command)
        async let errors = Tail.reading(execution.standardError, limit: command.errorLimit)
        async let fed: Void = feed(command.input, to: execution.standardInputWriter)
        let output = try await read(execution.standardOutput, of: command)
        try await fed
        return try await (output, errors)
      }
      try Task.checkCancellation()
      let (output, errors) = outcome.closureResult
      return CommandResult(
        ending: ending(outcome.terminationStatus), output: output, errorText: String(decoding: errors, as: UTF8.self))
    } catch let error as SubprocessError {
      try Task.checkCancellation()
      throw failure(command, from: error)
    }
  }

  /// Bounds what the process may take from here on; one that has ended already needs no bounds.
  private static func limit(_ process: pid_t, to command: Command) {
    if let bytes = command.memoryLimit, bytes > 0 { _ = muster_limit_data(process, UInt64(bytes)) }
    if let bytes = command.fileLimit, bytes > 0 { _ = muster_limit_file_size(process, UInt64(bytes)) }
  }

  private static func executable(_ program: Command.Program) -> Executable {
    switch program {
    case .named(let name): .name(name)
    case .path(let path): .path(.init(path))
    }
  }

  private static func variables(_ environment: [String: String]) -> [Environment.Key: String] {
    var variables: [Environment.Key: String] = [:]
    for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
    return variables
  }

  private static func ownGroup() -> PlatformOptions {
    var options = PlatformOptions()
    options.processGroupID = 0
    options.teardownSequence = [
      .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: patience)
    ]
    return options
  }

  /// A program that ends without reading its input is not an error of ours: how it ended says enough.
  private static func feed(_ input: [UInt8], to writer: StandardInputWriter) async throws {
    let written: Result<Int, SubprocessError>
    do throws(SubprocessError) {
      written = .success(input.isEmpty ? 0 : try await writer.write(input))
    } catch {
      written = .failure(error)
    }
    try await writer.finish()
    if case .failure(let error) = written, error.code != .failedToWriteToSubprocess, error.code != .asyncIOFailed {
      throw error
    }
  }

  private static func read(_ stream: SubprocessOutputSequence, of command: Command) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await buffer in stream {
      guard buffer.count <= command.outputLimit - bytes.count else {
        throw failure(
          command, "process.output-limit", "wrote more than \(command.outputLimit) bytes", retry: .backOff)
      }
      buffer.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  private static func ending(_ status: TerminationStatus) -> CommandResult.Ending {
    switch status {
    case .exited(let code): .exited(code)
    case .signaled(let signal): .signalled(signal)
    }
  }

  private static func failure(_ command: Command, from error: SubprocessError) -> Failure {
    if error.code == .executableNotFound {
      return failure(command, "process.not-found", "is not installed, or not in PATH", retry: .backOff)
    }
    let reason = error.underlyingError.map { String(cString: strerror($0.rawValue)) }
    return failure(command, "process.not-started", "could not be run", retry: .backOff, cause: reason)
  }

  private static func failure(
    _ command: Command, _ code: String, _ message: String, retry: Failure.Retry, cause: String? = nil
  ) -> Failure {
    Failure(code, subject: "program \(command.program.name)", stage: "run", message, retry: retry, cause: cause)
  }

  private static func seconds(_ duration: Duration) -> Int64 { duration.components.seconds }
}

/// The last bytes of a stream that is read to its end.
private enum Tail {
  static func reading(_ stream: SubprocessOutputSequence, limit: Int) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await buffer in stream {
      buffer.withUnsafeBytes { bytes.append(contentsOf: $0) }
      if bytes.count > 2 * limit { bytes.removeFirst(bytes.count - limit) }
    }
    return Array(bytes.suffix(limit))
  }
}
