import ArgumentParser

/// `muster rollout`: progressive delivery.
struct RolloutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollout",
    abstract: "Shows how rollouts go on.",
    subcommands: [RolloutReplicas.self])
}
