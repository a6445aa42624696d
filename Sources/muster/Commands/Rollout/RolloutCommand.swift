import ArgumentParser

/// `muster rollout`: progressive delivery.
struct RolloutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollout",
    abstract: "How changes go over the clusters of a set, and what to do about it.",
    discussion: """
      Of an ApplicationSet with 'strategy: {type: RollingSync}', or, with --cluster, of a Rollout in one cluster. Exit code 4 where a gate failed, too many clusters \
      failed, or it was taken back.
      """,
    subcommands: [
      RolloutList.self, RolloutGet.self, RolloutWatch.self, RolloutHistory.self, RolloutPause.self,
      RolloutResume.self, RolloutApprove.self, RolloutPromote.self, RolloutAbort.self, RolloutRollback.self,
      RolloutRetry.self, RolloutRestart.self, RolloutReplicas.self,
    ])
}
