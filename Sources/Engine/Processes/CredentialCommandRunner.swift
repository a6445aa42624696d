import Foundation
package import Kubernetes
import Manifest

extension ProcessRunner: CommandRunner {
  /// Runs a credential plugin. It sees the hub's environment, but for the hub's own secrets in `MUSTER_…`.
  package func run(_ command: CredentialCommand) async throws -> CredentialCommandEnding {
    var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MUSTER_") }
    for (name, value) in command.environment { environment[name] = value.reveal() }
    let seconds = min(max(command.timeLimit, 0), 3_600)
    let program: Command.Program = command.program.contains("/") ? .path(command.program) : .named(command.program)
    do {
      let result = try await run(
        Command(
          program, command.arguments, environment: environment, outputLimit: command.outputLimit,
          deadline: .seconds(seconds)))
      switch result.ending {
      case .exited(0): return .finished(output: Redacted(result.output))
      case .exited(let code): return .exited(code: code)
      case .signalled(let signal): return .signalled(signal)
      }
    } catch let failure as Failure {
      switch failure.code {
      case "process.deadline": return .tooSlow
      case "process.output-limit": return .tooMuchOutput
      default: return .notFound
      }
    }
  }
}
