import ArgumentParser

/// `muster analysis`: the gates of a rollout, by hand.
struct AnalysisCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analysis",
    abstract: "Runs, checks and explains analyses of metrics.",
    subcommands: [AnalysisRunCommand.self, AnalysisLintCommand.self, AnalysisEval.self, AnalysisAssess.self])
}
