package import HTTPClient
package import Manifest

/// Credentials from an exec plugin: run once for all who ask, kept until they expire or are refused.
package actor ExecCredentials: CredentialsProvider {
  /// Renewed this many seconds before they expire, so that none expires under way.
  private static let leeway = 10.0
  /// A plugin that failed is not run again for so many seconds, however many ask.
  private static let pause = 5.0
  private static let timeLimit = 60.0
  private static let outputLimit = 1 << 20

  private let plugin: ExecCredentialPlugin
  private let cluster: ExecClusterInfo?
  private let subject: String
  private let runner: any CommandRunner
  private let clock: WallClock
  private let turn = RequestWidth(1)
  private var cached: ExecCredential?
  private var failed: (failure: Failure, at: Double)?

  /// - Parameters:
  ///   - cluster: handed to the plugin where it asks for it.
  ///   - subject: what failures are about, such as `cluster edge-01`.
  package init(
    plugin: ExecCredentialPlugin, cluster: ExecClusterInfo?, subject: String, runner: any CommandRunner,
    clock: WallClock = .system
  ) {
    self.plugin = plugin
    self.cluster = cluster
    self.subject = subject
    self.runner = runner
    self.clock = clock
  }

  package func authorization() async throws -> Redacted<String>? { try await credential().authorization }

  package func clientCertificate() async throws -> HTTPClientCertificate? { try await credential().certificate }

  package func refused(_ header: Redacted<String>?) -> Bool {
    if cached?.authorization == header { cached = nil }
    return true
  }

  private var fresh: ExecCredential? {
    guard let cached else { return nil }
    guard let expires = cached.expires else { return cached }
    return clock.now() < expires - Self.leeway ? cached : nil
  }

  private func credential() async throws -> ExecCredential {
    if let fresh { return fresh }
    return try await turn.run { try await self.fetch() }
  }

  private func fetch() async throws -> ExecCredential {
    if let fresh { return fresh }
    let now = clock.now()
    if let failed, now >= failed.at, now - failed.at < Self.pause { throw failed.failure }
    let ending = try await runner.run(command)
    do {
      let credential = try read(ending)
      cached = credential
      failed = nil
      return credential
    } catch {
      failed = (error, clock.now())
      throw error
    }
  }

  private var command: CredentialCommand {
    var spec: Mapping = ["interactive": Node(.bool(false))]
    if plugin.providesClusterInfo, let cluster { spec["cluster"] = cluster.node }
    let info: Mapping = [
      "apiVersion": .string(plugin.version.rawValue), "kind": .string("ExecCredential"), "spec": .mapping(spec),
    ]
    var environment = plugin.environment
    environment["KUBERNETES_EXEC_INFO"] = Redacted(JSON.text(.mapping(info)))
    return CredentialCommand(
      program: plugin.command, arguments: plugin.arguments, environment: environment, timeLimit: Self.timeLimit,
      outputLimit: Self.outputLimit)
  }

  private func read(_ ending: CredentialCommandEnding) throws(Failure) -> ExecCredential {
    switch ending {
    case .finished(let output):
      do {
        return try ExecCredential(output: output, version: plugin.version)
      } catch {
        throw failure("gave no credentials: \(error.message)")
      }
    case .exited(let code): throw failure("ended with exit code \(code)")
    case .signalled(let signal): throw failure("ended by signal \(signal)")
    case .notFound:
      let hint = plugin.installHint.split(separator: "\n").first.map { "; \($0.prefix(200))" } ?? ""
      throw failure("is not installed\(hint)")
    case .tooSlow: throw failure("took longer than \(Int(Self.timeLimit)) seconds")
    case .tooMuchOutput: throw failure("wrote more than \(Self.outputLimit) bytes")
    }
  }

  private func failure(_ what: String) -> Failure {
    Failure(
      "cluster.credentials-plugin", subject: subject, stage: "authenticate",
      "the credential plugin '\(plugin.command)' \(what)", retry: .backOff)
  }
}
