import ArgumentParser

/// `muster completion SHELL`: the script that completes commands, options and the names that the hub knows.
struct CompletionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completion", abstract: "Prints a completion script for bash, zsh or fish.",
    discussion: """
      bash: source <(muster completion bash). Names of applications, sets and clusters are asked of the hub, with the \
      settings of the environment; without one they are not completed.
      """)

  @Argument(help: "bash, zsh or fish.", completion: .list(["bash", "zsh", "fish"])) var shell: String

  func run() throws {
    guard let known = CompletionShell(rawValue: shell) else {
      throw ValidationError("there are scripts for bash, zsh and fish, not for '\(shell)'")
    }
    print(Muster.completionScript(for: known))
  }
}
