import ArgumentParser
import Manifest

struct RolloutPause: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Admits no more clusters; what is under way comes to its end.")
  @OptionGroup var subject: RolloutSubject

  func run() async throws { try await subject.tell("pause", inCluster: .pause) }
}

struct RolloutResume: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Goes on after a pause, or after a failure, which is accepted.")
  @OptionGroup var subject: RolloutSubject

  func run() async throws { try await subject.tell("resume", inCluster: .resume) }
}

struct RolloutApprove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Lets the wave begin that waits for approval.",
    discussion: "In a cluster, ends the pause of a Rollout.")
  @OptionGroup var subject: RolloutSubject

  func run() async throws { try await subject.tell("approve", inCluster: .promote) }
}

struct RolloutPromote: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "promote", abstract: "Does not wait for pause, soak and analysis of this wave, or step.")
  @OptionGroup var subject: RolloutSubject
  @Flag(help: "Nor for those of any later one.") var full = false

  func run() async throws {
    try await subject.tell("promote", ["full": .bool(full)], inCluster: full ? .promoteFull : .promote)
  }
}

struct RolloutAbort: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "abort", abstract: "Ends the rollout; clusters that have the new version keep it.",
    discussion: "A Rollout in a cluster goes back to its stable version.")
  @OptionGroup var subject: RolloutSubject

  func run() async throws { try await subject.tell("abort", inCluster: .abort) }
}

struct RolloutRollback: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Takes every touched cluster back, the last wave first.",
    discussion: """
      What is taken back is held: it is not rolled out again until the branch moves on. A Rollout in a cluster gets the \
      template of an earlier revision again.
      """)
  @OptionGroup var subject: RolloutSubject
  @Option(help: "To what this earlier rollout brought; in a cluster a revision.") var to: Int?

  func run() async throws {
    try await subject.tell(
      "rollback", to.map { ["to": .int(Int64(clamping: $0))] } ?? [:], inCluster: .undo(revision: to))
  }
}

struct RolloutRetry: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Tries once more what failed, or rolls out again what was taken back.")
  @OptionGroup var subject: RolloutSubject

  func run() async throws { try await subject.tell("retry", inCluster: .retry) }
}

struct RolloutRestart: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restart", abstract: "Makes the Pods of a Rollout in a cluster anew, a few at a time.")
  @OptionGroup var subject: RolloutSubject

  func run() async throws {
    guard subject.cluster != nil else {
      throw CommandError.message(
        "only a Rollout in a cluster can be restarted", help: "say which: --cluster NAME", exit: .usage)
    }
    try await subject.tell("restart", inCluster: .restart)
  }
}
