import ArgumentParser
import Engine
import Glibc

/// `muster health-worker`: the process in which health scripts run. The hub and `muster health` start it.
struct HealthWorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: HealthScripts.Program.subcommand, abstract: "Runs health scripts for the hub.", shouldDisplay: false)

  func run() throws {
    let code = HealthWorker.run()
    if code != 0 { throw ExitCode(code) }
  }
}
