package import Manifest

/// A credential plugin to run: no standard input, no terminal, standard error discarded.
package struct CredentialCommand: Sendable {
  /// A bare name, looked up in `PATH`, or an absolute path.
  package var program: String
  package var arguments: [String]
  /// Set over the hub's own environment.
  package var environment: [String: Redacted<String>]
  /// Seconds, after which it and its children are ended.
  package var timeLimit: Double
  /// Bytes of standard output; one more ends it.
  package var outputLimit: Int
}

/// How a credential plugin ended.
package enum CredentialCommandEnding: Sendable, Equatable {
  /// Exit code 0; what it wrote to standard output.
  case finished(output: Redacted<[UInt8]>)
  case exited(code: Int32)
  case signalled(Int32)
  /// No such program, or it cannot be executed.
  case notFound
  case tooSlow
  case tooMuchOutput
}

/// Runs credential plugins. The seam to `Engine`, which has processes; tests script it.
package protocol CommandRunner: Sendable {
  /// - Throws: only `CancellationError`.
  func run(_ command: CredentialCommand) async throws -> CredentialCommandEnding
}
