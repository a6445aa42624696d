import ArgumentParser
import Manifest

/// What all verbs have in common: they tell the hub, and say how the rollout stands then.
private func tell(_ verb: String, _ set: String, _ hub: HubOptions, _ body: Value = [:]) async throws {
  let answer = try await hub.client().post("rollouts/\(URLText.segment(set))/\(verb)", body)
  StandardError.write(
    "\(answer["name"]?.string ?? set): \(verb) is asked for; to see it go on: muster rollout watch \(set)")
}

struct RolloutPause: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Admits no more clusters; what is under way comes to its end.")
  @Argument(help: "The ApplicationSet.") var set: String
  @OptionGroup var hub: HubOptions

  func run() async throws { try await tell("pause", set, hub) }
}

struct RolloutResume: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Goes on after a pause, or after a failure, which is accepted.")
  @Argument(help: "The ApplicationSet.") var set: String
  @OptionGroup var hub: HubOptions

  func run() async throws { try await tell("resume", set, hub) }
}

struct RolloutApprove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Lets the wave begin that waits for approval.")
  @Argument(help: "The ApplicationSet.") var set: String
  @OptionGroup var hub: HubOptions

  func run() async throws { try await tell("approve", set, hub) }
}

struct RolloutPromote: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "promote", abstract: "Does not wait for pause, soak and analysis of this wave.")
  @Argument(help: "The ApplicationSet.") var set: String
  @Flag(help: "Nor for those of any later wave.") var full = false
  @OptionGroup var hub: HubOptions

  func run() async throws { try await tell("promote", set, hub, ["full": .bool(full)]) }
}

struct RolloutAbort: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "abort", abstract: "Ends the rollout; clusters that have the new version keep it.")
  @Argument(help: "The ApplicationSet.") var set: String
  @OptionGroup var hub: HubOptions

  func run() async throws { try await tell("abort", set, hub) }
}

struct RolloutRollback: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Takes every touched cluster back, the last wave first.",
    discussion: "What is taken back is held: it is not rolled out again until the branch moves on.")
  @Argument(help: "The ApplicationSet.") var set: String
  @Option(help: "To what this earlier rollout brought.") var to: Int64?
  @OptionGroup var hub: HubOptions

  func run() async throws {
    try await tell("rollback", set, hub, to.map { ["to": .int($0)] } ?? [:])
  }
}

struct RolloutRetry: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Tries once more what failed, or rolls out again what was taken back.")
  @Argument(help: "The ApplicationSet.") var set: String
  @OptionGroup var hub: HubOptions

  func run() async throws { try await tell("retry", set, hub) }
}
