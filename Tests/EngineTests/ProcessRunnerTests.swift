import Foundation
import Manifest
import Testing

@testable import Engine
@testable import Kubernetes

@Suite struct ProcessRunnerTests {
  private func shell(
    _ script: String, environment: [String: String] = [:], input: String = "", limit: Int = 1 << 20,
    deadline: Duration = .seconds(30)
  ) -> Command {
    Command(
      .path("/bin/sh"), ["-c", script], environment: ProcessEnvironment.allowing(adding: environment),
      input: Array(input.utf8), outputLimit: limit, deadline: deadline)
  }

  @Test func bringsOutputErrorsAndExitCode() async throws {
    let result = try await ProcessRunner().run(shell("cat; echo oops >&2; exit 7", input: "hello"))
    #expect(String(decoding: result.output, as: UTF8.self) == "hello")
    #expect(result.errorText == "oops\n")
    #expect(result.ending == .exited(7))
  }

  @Test func givesOnlyTheEnvironmentThatWasSaid() async throws {
    let result = try await ProcessRunner().run(shell("env | cut -d= -f1 | sort", environment: ["ONLY": "this"]))
    let names = Set(String(decoding: result.output, as: UTF8.self).split(separator: "\n").map(String.init))
    #expect(names.contains("ONLY"))
    #expect(names.isSubset(of: ["ONLY", "LC_ALL", "PATH", "TMPDIR", "PWD", "OLDPWD", "SHLVL", "_"]))
  }

  @Test func aProgramThatIgnoresItsInputIsNoError() async throws {
    let result = try await ProcessRunner().run(shell("exit 0", input: String(repeating: "x", count: 1 << 20)))
    #expect(result.succeeded)
  }

  @Test func stopsWhatWritesTooMuch() async throws {
    await expectFailure("process.output-limit") {
      try await ProcessRunner().run(shell("while :; do echo more than enough; done", limit: 4096))
    }
  }

  @Test func stopsTheWholeGroupAtTheDeadline() async throws {
    let folder = try TemporaryFolder()
    let script = "sleep 600 & echo $! > '\(folder.path)/child'; wait"
    await expectFailure("process.deadline") {
      try await ProcessRunner().run(shell(script, deadline: .milliseconds(500)))
    }
    let text = try String(contentsOfFile: folder.path + "/child", encoding: .utf8)
    let child = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    // The signal was sent to the whole group; the kernel may still be at work on the child.
    for _ in 0..<500 where !Self.isGone(child) { try await Task.sleep(for: .milliseconds(10)) }
    #expect(Self.isGone(child), "the child of the stopped program is stopped too")
  }

  @Test func aMissingProgramHasItsOwnCode() async throws {
    await expectFailure("process.not-found") {
      try await ProcessRunner().run(
        Command(.named("no-such-program-here"), [], environment: ProcessEnvironment.allowing(), deadline: .seconds(60)))
    }
  }

  @Test func runsCredentialPlugins() async throws {
    func plugin(_ script: String, timeLimit: Double = 30) -> CredentialCommand {
      CredentialCommand(
        program: "sh", arguments: ["-c", script], environment: ["GIVEN": Redacted("value")], timeLimit: timeLimit,
        outputLimit: 1000)
    }
    let cases: [(CredentialCommand, CredentialCommandEnding)] = [
      (plugin("printf \"$GIVEN\""), .finished(output: Redacted(Array("value".utf8)))),
      (plugin("exit 3"), .exited(code: 3)), (plugin("kill -9 $$"), .signalled(9)),
      (plugin("sleep 600", timeLimit: 0.1), .tooSlow), (plugin("yes"), .tooMuchOutput),
      (
        CredentialCommand(program: "/no/such", arguments: [], environment: [:], timeLimit: 5, outputLimit: 9), .notFound
      ),
    ]
    for (command, ending) in cases {
      #expect(try await (ProcessRunner() as any CommandRunner).run(command) == ending, "\(command.arguments)")
    }
  }

  /// Gone, or dead and waiting for a parent that does not reap.
  private static func isGone(_ pid: pid_t) -> Bool {
    guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return true }
    return stat.split(separator: ")").last?.split(separator: " ").first == "Z"
  }
}
