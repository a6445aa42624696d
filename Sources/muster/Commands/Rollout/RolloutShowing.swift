import ArgumentParser
import Foundation
import Glibc
import Manifest

/// `muster rollout list`
struct RolloutList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the sets that roll out in waves, each with its newest rollout.")

  @Option(help: ArgumentHelp("Lists the Rollouts (argoproj.io/v1alpha1) in a cluster.", valueName: "name"))
  var cluster: String?
  @Option(name: .shortAndLong, help: "Only those of a namespace of that cluster.") var namespace: String?
  @OptionGroup var list: ListOptions
  @OptionGroup var hub: HubOptions

  func run() async throws {
    if let cluster {
      return try await ClusterRollouts(client: try hub.client(), cluster: cluster).list(namespace: namespace)
    }
    let items = try await hub.client().get("rollouts")["items"]?.sequence ?? []
    print(list.text(.sequence(items)) { _ in Self.table(items).text }, terminator: "")
  }

  static func table(_ items: [Node]) -> Table {
    var table = Table(["SET", "ROLLOUT", "PHASE", "REASON", "WAVE", "DONE", "CHANGE", "AGE", "MESSAGE"])
    for item in items {
      let rollout = FleetRolloutText(rollout: item)
      table.rows.append([
        item["set"]?.string ?? "", item["number"]?.int.map { "#\($0)" } ?? "none", rollout.phase,
        item["reason"]?.string ?? "", rollout.position, rollout.progress, item["trigger"]?.string ?? "",
        item["createdAt"] == nil ? "" : Age.of(item["createdAt"]?.string), rollout.saying,
      ])
    }
    return table
  }
}

/// `muster rollout history`
struct RolloutHistory: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Lists the rollouts of a set, the newest first.")

  @Argument(help: "The ApplicationSet.") var set: String
  @OptionGroup var list: ListOptions
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let items = try await hub.client().get("rollouts/\(URLText.segment(set))/history")["items"]?.sequence ?? []
    print(list.text(.sequence(items)) { _ in Self.table(items).text }, terminator: "")
  }

  private static func table(_ items: [Node]) -> Table {
    var table = Table(["ROLLOUT", "PHASE", "REASON", "CHANGE", "MODELS", "BEGUN", "ENDED", "MESSAGE"])
    for item in items {
      let models = (item["changes"]?.sequence ?? []).compactMap(\.string).joined(separator: "; ")
      table.rows.append([
        item["number"]?.int.map { "#\($0)" } ?? "", item["phase"]?.string ?? "", item["reason"]?.string ?? "",
        item["trigger"]?.string ?? "", models, item["createdAt"]?.string ?? "", item["finishedAt"]?.string ?? "",
        item["message"]?.string ?? "",
      ])
    }
    return table
  }
}

/// `muster rollout get`
struct RolloutGet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Shows a rollout: where it is, why it waits, what it touched, what to do now.")

  @OptionGroup var subject: RolloutSubject
  @Option(help: "An earlier rollout's number.") var number: Int64?
  @OptionGroup var list: ListOptions

  func run() async throws {
    if let there = try subject.inCluster() { return try await there.get(subject.namespace, subject.name) }
    let query = number.map { "?number=\($0)" } ?? ""
    let rollout = try await subject.hub.client().get(subject.path + query)
    let text = FleetRolloutText(rollout: rollout)
    print(list.text(rollout) { _ in text.lines.joined(separator: "\n") + "\n" }, terminator: "")
    if text.hasFailed { throw CommandError.silent(.gate) }
  }
}

/// `muster rollout watch`
struct RolloutWatch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Shows a rollout as it goes on, until it is over or waits for a person.",
    discussion: """
      On a terminal one picture that is drawn anew; elsewhere a line for each change. Exit code 0 when it succeeded, 4 \
      when it failed or was taken back, 1 when it waits for approval or was paused, or where there is none or nothing \
      new can be planned, 6 after --timeout. Just after a push the newest rollout is still the one before: --number \
      waits for the one that is meant.
      """)

  private static let interval = Duration.seconds(1)

  @OptionGroup var subject: RolloutSubject
  @Option(help: "The rollout's number; one that is still to come is waited for.") var number: Int64?
  @Option(help: "Gives up after this long.") var timeout: String?
  @Flag(help: "Goes on while it waits for a person, and with the next rollout.") var forever = false

  func run() async throws {
    let client = try subject.hub.client()
    let limit = try timeout.map { try DurationText.seconds($0, "--timeout") }
    if let there = try subject.inCluster() {
      return try await there.watch(subject.namespace, subject.name, timeout: limit)
    }
    let began = ContinuousClock.now
    var screen = LiveScreen()
    var last = ""
    while true {
      let rollout = try await look(client)
      if screen.isLive {
        screen.draw(rollout.lines)
      } else if rollout.line != last {
        last = rollout.line
        print(last)
        fflush(nil)
      }
      let isToCome = number.map { (rollout.number ?? 0) < $0 } ?? false
      if !forever, !isToCome || !rollout.problem.isEmpty,
        rollout.isOver || rollout.phase == "Paused" || rollout.phase.isEmpty
      {
        return try conclude(rollout, isToCome: isToCome)
      }
      if let limit, ContinuousClock.now - began > .seconds(limit) {
        throw CommandError.message("\(subject.name) is not done after \(timeout ?? "")", exit: .timeout)
      }
      try await Task.sleep(for: Self.interval)
    }
  }

  /// The newest, or an earlier one that is asked for.
  private func look(_ client: HubClient) async throws -> FleetRolloutText {
    let newest = FleetRolloutText(rollout: try await client.get(subject.path))
    guard let number, let there = newest.number, there > number else { return newest }
    return FleetRolloutText(rollout: try await client.get(subject.path + "?number=\(number)"))
  }

  private func conclude(_ rollout: FleetRolloutText, isToCome: Bool) throws {
    if rollout.hasFailed, !isToCome { throw CommandError.silent(.gate) }
    if !rollout.problem.isEmpty, isToCome || rollout.isOver || rollout.phase.isEmpty {
      throw CommandError.message(
        "nothing new of \(Visible.text(subject.name)) can be planned: \(Visible.text(rollout.problem))", exit: .differs)
    }
    if rollout.phase.isEmpty {
      throw CommandError.message("nothing of \(Visible.text(subject.name)) was rolled out yet", exit: .differs)
    }
    if !rollout.isOver { throw CommandError.silent(.differs) }
  }
}

extension FleetRolloutText {
  /// For where nothing can be drawn: all that changes, in a line.
  fileprivate var line: String {
    [rollout["name"]?.string ?? "", phase, rollout["reason"]?.string ?? "", position, progress, saying]
      .filter { !$0.isEmpty }.map(Visible.text).joined(separator: "  ")
  }

  fileprivate var number: Int64? { rollout["number"]?.int }

  /// What it says itself, and what is wrong with what is to come.
  fileprivate var saying: String {
    [rollout["message"]?.string ?? "", problem.isEmpty ? "" : "nothing new can be planned: " + problem]
      .filter { !$0.isEmpty }.joined(separator: "; ")
  }
}
