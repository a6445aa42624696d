import ArgumentParser
import Manifest

/// The one command: hub, fleet tools, offline tools and the simulated fleet.
@main
struct Muster: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "muster",
    abstract: "Keeps a fleet of Kubernetes clusters at what Git says.",
    discussion: """
      Exit codes: 0 ok, 1 differs or not healthy, 2 usage or configuration, 3 unreachable or not allowed, \
      4 gate failed or rolled back, 5 refused by the breaker, 6 timed out, 130 interrupted.
      """,
    version: Version.text,
    subcommands: [
      HubCommand.self, Status.self, Why.self, Events.self, App.self, AppsetCommand.self, ClusterCommand.self,
      TokenCommand.self,
      Preview.self, Check.self, Diff.self,
      HealthCommand.self, HealthWorkerCommand.self, AnalysisCommand.self, RolloutCommand.self,
      Render.self, Simulate.self, CompletionCommand.self,
    ])

  static func main() async {
    await run(arguments: Array(CommandLine.arguments.dropFirst()))
  }
}

extension Muster {
  /// Parses, runs and ends the process with one of ``Exit``'s codes; words go to stderr.
  static func run(arguments: [String]) async {
    do {
      var command = try await asyncParseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let error as CommandError {
      error.report()
      Exit.end(error.exit)
    } catch let diagnostics as Diagnostics {
      CommandError.diagnostics(diagnostics.all).report()
      Exit.end(.usage)
    } catch let diagnostic as Diagnostic {
      CommandError.diagnostics([diagnostic]).report()
      Exit.end(.usage)
    } catch let failure as Failure {
      CommandError.failure(failure).report()
      Exit.end(.unreachable)
    } catch {
      endByParser(error)
    }
  }

  /// Help and version are data on stdout; a bad command line is code 2, whatever sysexits says.
  private static func endByParser(_ error: any Error) {
    let message = fullMessage(for: error)
    if exitCode(for: error).isSuccess {
      if !message.isEmpty { print(message) }
      Exit.end(.ok)
    }
    if let code = error as? ExitCode, let exit = Exit(rawValue: code.rawValue) { Exit.end(exit) }
    // What is not the parser's is a library's, whose text is not for people.
    if exitCode(for: error) == .failure {
      StandardError.write("error: " + ErrorWords.text(error))
      Exit.end(error is CancellationError ? .interrupted : .usage)
    }
    if !message.isEmpty { StandardError.write(message) }
    Exit.end(.usage)
  }
}
