import ArgumentParser
import Foundation
import Glibc
import Manifest

/// `muster rollout list`
struct RolloutList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the sets that roll out in waves, each with its newest rollout.")

  @Option(
    help: ArgumentHelp("Lists the Rollouts (argoproj.io/v1alpha1) in a cluster.", valueName: "name"),
    completion: NameCompletion.clusters)
  var cluster: String?
  @Option(name: .shortAndLong, help: "Only those of a namespace of that cluster.") var namespace: String?
  @OptionGroup var list: ListOptions
  @OptionGroup var hub: HubOptions

  func run() async throws {
    if let cluster {
      let items = try await ClusterRollouts(client: try hub.client(), cluster: cluster).items(namespace: namespace)
      return list.show(items, none: "no Rollouts") { RolloutText.table(items).text(whole: $0) }
    }
    let items = try await hub.client().get("rollouts")["items"]?.sequence ?? []
    list.show(items, none: "no set rolls out in waves") { Self.table(items).text(whole: $0) }
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
    commandName: "history", abstract: "Lists the rollouts of a set, the newest first.",
    discussion: "With --cluster, the revisions of a Rollout there.")

  @OptionGroup var subject: RolloutSubject
  @OptionGroup var list: ListOptions

  func run() async throws {
    if let there = try subject.inCluster() {
      let item = try await there.item(subject.namespace, subject.name)
      let revisions = item["replicaSets"]?.sequence ?? []
      return list.show(revisions, none: "no revisions") { RolloutText.revisions(revisions).text(whole: $0) }
    }
    let items = try await subject.hub.client().get(subject.path + "/history")["items"]?.sequence ?? []
    list.show(items, none: "nothing of \(Visible.text(subject.name)) was rolled out yet") {
      Self.table(items).text(whole: $0)
    }
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
    commandName: "get", abstract: "Shows a rollout: where it is, why it waits, what it touched, what to do now.",
    usage: "muster rollout get <name> [--number <number>] [<options>]",
    discussion: "Exit code 4 where a gate failed, it was taken back, or a Rollout in a cluster is Degraded.")

  @OptionGroup var subject: RolloutSubject
  @Option(help: "An earlier rollout's number.") var number: Int64?
  @OptionGroup var list: ListOptions

  func run() async throws {
    if let there = try subject.inCluster() { return try await show(there) }
    let query = number.map { "?number=\($0)" } ?? ""
    let rollout = try await subject.hub.client().get(subject.path + query)
    let text = FleetRolloutText(rollout: rollout)
    print(list.text(rollout) { wide in text.lines(whole: wide).joined(separator: "\n") + "\n" }, terminator: "")
    if text.hasFailed { throw CommandError.silent(.gate) }
  }

  private func show(_ there: ClusterRollouts) async throws {
    guard number == nil else {
      throw CommandError.message(
        "a Rollout in a cluster has revisions, and no numbers",
        help: "muster rollout history \(Visible.text(subject.name)) --cluster \(Visible.text(there.cluster))",
        exit: .usage)
    }
    let item = try await there.item(subject.namespace, subject.name)
    let text = list.text(item) { wide in
      RolloutText.whole(item, cluster: there.cluster, now: Date().timeIntervalSince1970, isWide: wide)
    }
    print(text, terminator: "")
    if item["phase"]?.string == "Degraded" { throw CommandError.silent(.gate) }
  }
}

/// `muster rollout watch`
struct RolloutWatch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Shows a rollout as it goes on, until it is over or waits for a person.",
    usage: "muster rollout watch <name> [--number <number>] [--timeout <timeout>] [<options>]",
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
      return try await there.watch(subject.namespace, subject.name, timeout: limit, forever: forever)
    }
    let began = ContinuousClock.now
    var screen = LiveScreen()
    var last = ""
    var hasTold = false
    while true {
      let rollout = try await look(client)
      let wait = waiting(for: rollout)
      if screen.isLive {
        screen.draw(wait.map { [$0] } ?? rollout.lines)
      } else if let wait {
        // The one before is no answer to what is asked.
        if !hasTold { StandardError.write(wait) }
        hasTold = true
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

  /// The words for a number that is still to come; nil for one that is there.
  private func waiting(for newest: FleetRolloutText) -> String? {
    guard let number, (newest.number ?? 0) < number else { return nil }
    return "waiting for #\(number) of \(Visible.text(subject.name)); "
      + (newest.number.map { "the newest is #\($0), \(newest.phase)" } ?? "nothing was rolled out yet")
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
