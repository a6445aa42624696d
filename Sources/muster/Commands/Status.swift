import ArgumentParser
import Foundation
import Manifest

/// `muster status`: the fleet in one screen, the worst first, and why.
struct Status: AsyncParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable { case table, wide, json, yaml, csv, markdown }

  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows the fleet in one screen, the worst first, and why.")

  private static let defaultLabel = "tier"

  @Option(help: ArgumentHelp("Cluster labels to group by, comma-separated.", valueName: "labels"))
  var groupBy = Status.defaultLabel

  @Option(name: .shortAndLong, help: "table, wide, json, yaml, csv or markdown.")
  var output = Format.table

  @OptionGroup var watch: WatchOptions
  @OptionGroup var hub: HubOptions

  func validate() throws {
    guard !labels.isEmpty, !labels.contains("") else {
      throw ValidationError("--group-by takes labels, as in tier,region")
    }
  }

  /// The labels to group by.
  private var labels: [String] {
    groupBy.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
  }

  func run() async throws {
    let client = try hub.client()
    var isWell = true
    try await watch.show(isForPeople: output == .table || output == .wide) {
      let report = try await report(client)
      isWell = report.isWell
      return text(report)
    }
    if !isWell { throw CommandError.silent(.differs) }
  }

  private func report(_ client: HubClient) async throws -> FleetReport {
    let clusters = try await client.get("clusters")["items"]?.sequence ?? []
    try checkLabels(clusters)
    return FleetReport(
      clusters: clusters,
      applications: try await client.get("applications")["items"]?.sequence ?? [],
      problems: FleetProblems(
        fleet: try await client.get("fleet"),
        sets: try await client.get("applicationsets")["items"]?.sequence ?? []),
      rollouts: try await client.get("rollouts")["items"]?.sequence ?? [],
      groupBy: labels)
  }

  /// A label that no cluster has groups nothing; the one that is meant unasked may be absent.
  private func checkLabels(_ clusters: [Node]) throws {
    let known = Set(clusters.flatMap { ($0["labels"]?.mapping ?? Mapping()).map(\.key) })
    guard groupBy != Self.defaultLabel, !clusters.isEmpty, let unknown = labels.first(where: { !known.contains($0) })
    else { return }
    throw CommandError.message(
      "no cluster has a label '\(Visible.text(unknown))'",
      help: HubClient.hint(
        unknown, among: known.sorted(), list: "there are " + known.sorted().map(Visible.text).joined(separator: ", ")),
      exit: .usage)
  }

  private func text(_ report: FleetReport) -> String {
    switch output {
    case .table, .wide: report.text(wide: output == .wide)
    case .json: JSON.text(Node(report.value), .init(indent: 2)) + "\n"
    case .yaml: YAMLWriter.text(of: Node(report.value))
    case .csv: report.groups.csv
    case .markdown: report.groups.markdown
    }
  }
}

/// What `muster status` says.
struct FleetReport {
  private struct Line {
    var name: String
    var cluster: String
    var sync: String
    var health: String
    var reason: String
    var group: String
    /// Whether its last sync failed, or it cannot be synced.
    var hasError: Bool
    /// Whether its cluster does not answer, so that nothing is known of it.
    var isAway: Bool

    var isWell: Bool { sync == "Synced" && health == "Healthy" && !hasError }
    var badness: Int {
      ["Unknown": 6, "Degraded": 5, "Missing": 4, "Progressing": 3, "Suspended": 1][health, default: 0] * 2
        + (sync == "Synced" && !hasError ? 0 : 1)
    }
  }

  private static let mostTroubles = 15

  private let lines: [Line]
  private let unreachable: [(name: String, reason: String)]
  private let cordoned: [String]
  private let clusterCount: Int
  private let groupBy: [String]
  private let problems: FleetProblems
  private let rollouts: [RolloutLine]

  init(
    clusters: [Node], applications: [Node], problems: FleetProblems, rollouts: [Node], groupBy: [String]
  ) {
    self.problems = problems
    self.rollouts = rollouts.compactMap(RolloutLine.init)
    self.groupBy = groupBy
    clusterCount = clusters.count
    cordoned = clusters.filter { $0["cordoned"]?.bool == true }.compactMap { $0["name"]?.string }
    unreachable = clusters.filter { $0["state"]?.string != "Reachable" }.map {
      ($0["name"]?.string ?? "", $0["message"]?.string ?? "")
    }
    lines = applications.map { application in
      let status = application["status"]
      let message = status?["message"]?.string ?? ""
      let health = status?["health"]?["message"]?.string ?? ""
      return Line(
        name: application["name"]?.string ?? "", cluster: application["cluster"]?.string ?? "-",
        sync: status?["sync"]?["status"]?.string ?? "Unknown",
        health: status?["health"]?["status"]?.string ?? "Unknown",
        reason: Self.reason(message, health, isDegraded: status?["health"]?["status"]?.string == "Degraded"),
        group: groupBy.map { Self.shown(application["clusterLabels"]?[$0]?.string) }.joined(separator: "/"),
        hasError: status?["conditions"]?.sequence?.contains { $0["type"]?.string?.hasSuffix("Error") == true } ?? false,
        isAway: status?["stage"]?.string == "connect")
    }
  }

  /// What keeps it from being well; of one that is broken, what is broken too.
  private static func reason(_ message: String, _ health: String, isDegraded: Bool) -> String {
    if message.isEmpty { return health }
    return isDegraded && !health.isEmpty && !message.contains(health) ? message + "; " + health : message
  }

  /// A label without a value and none at all group alike.
  private static func shown(_ label: String?) -> String { (label ?? "").isEmpty ? "-" : label ?? "-" }

  var isWell: Bool {
    problems.lines.isEmpty && unreachable.isEmpty && lines.allSatisfy(\.isWell) && rollouts.allSatisfy(\.isWell)
  }

  private func count(_ lines: [Line], _ predicate: (Line) -> Bool) -> String { String(lines.count(where: predicate)) }

  var groups: Table {
    var table = Table([
      groupBy.joined(separator: "/").uppercased(), "APPS", "SYNCED", "OUTOFSYNC", "HEALTHY", "PROGRESSING", "DEGRADED",
      "OTHER",
    ])
    for (group, members) in Dictionary(grouping: lines, by: \.group).sorted(by: { $0.key < $1.key }) {
      table.rows.append([
        group, String(members.count), count(members) { $0.sync == "Synced" }, count(members) { $0.sync == "OutOfSync" },
        count(members) { $0.health == "Healthy" }, count(members) { $0.health == "Progressing" },
        count(members) { $0.health == "Degraded" },
        count(members) { !["Healthy", "Progressing", "Degraded"].contains($0.health) },
      ])
    }
    return table
  }

  func text(wide: Bool) -> String {
    var text =
      "Clusters: \(clusterCount), \(clusterCount - unreachable.count) reachable. "
      + "Applications: \(lines.count), \(count(lines) { $0.sync == "Synced" }) synced, \(count(lines) { $0.health == "Healthy" }) healthy, "
      + "\(count(lines) { !$0.isWell }) not well.\n\n"
    text += problems.text
    text += groups.text
    text += unreachableText
    if !rollouts.isEmpty { text += "\n" + rollouts.map(\.text).joined() }
    if !cordoned.isEmpty {
      text +=
        "\nCordoned: \(cordoned.prefix(Self.mostTroubles).joined(separator: ", "))"
        + (cordoned.count > Self.mostTroubles ? " and \(cordoned.count - Self.mostTroubles) more" : "") + "\n"
    }
    let away = Set(unreachable.map(\.name))
    let troubled = lines.filter { wide || (!$0.isWell && !($0.isAway && away.contains($0.cluster))) }.sorted {
      ($0.badness, $1.name) > ($1.badness, $0.name)
    }
    guard !troubled.isEmpty else { return text }
    var table = Table(["APPLICATION", "CLUSTER", "SYNC", "HEALTH", "WHY"])
    for line in wide ? troubled : Array(troubled.prefix(Self.mostTroubles)) {
      table.rows.append([line.name, line.cluster, line.sync, line.health, line.reason])
    }
    text += "\n" + table.text(whole: wide)
    if !wide, troubled.count > Self.mostTroubles {
      text += "… and \(troubled.count - Self.mostTroubles) more (-o wide)\n"
    }
    return text
  }

  /// One line a cluster, whatever was to run there.
  private var unreachableText: String {
    if unreachable.isEmpty { return "" }
    var text = "\n"
    for cluster in unreachable.prefix(Self.mostTroubles) {
      let count = lines.count { $0.isAway && $0.cluster == cluster.name }
      text += Visible.text("Unreachable: \(cluster.name): \(cluster.reason)")
      text += count == 0 ? "\n" : " (nothing is known of \(Counted.text(count, "application")) there)\n"
    }
    let more = unreachable.count - Self.mostTroubles
    return more > 0 ? text + "… and \(more) more clusters: muster cluster list\n" : text
  }

  var value: Value {
    [
      "problems": .sequence(problems.lines.map { .string($0) }),
      "clusters": [
        "total": .int(Int64(clusterCount)), "unreachable": .sequence(unreachable.map { .string($0.name) }),
        "cordoned": .sequence(cordoned.map { .string($0) }),
      ],
      "rollouts": .sequence(rollouts.map(\.node)),
      "applications": .sequence(
        lines.sorted { $0.name < $1.name }.map {
          Node([
            "name": .string($0.name), "cluster": .string($0.cluster), "group": .string($0.group),
            "sync": .string($0.sync),
            "health": .string($0.health), "why": .string($0.reason),
          ])
        }),
    ]
  }
}

/// A rollout over a set that is under way, waits for somebody, or holds something back.
private struct RolloutLine {
  let node: Node

  /// Nil for one that is over, and of which nothing is left to say.
  init?(_ item: Node) {
    let isOver = ["Succeeded", "Superseded", "Aborted", "RolledBack", "RollbackFailed", nil].contains(
      item["phase"]?.string)
    let holds = item["held"]?.sequence?.isEmpty == false
    guard !isOver || holds || item["problem"]?.string?.isEmpty == false else { return nil }
    var node = Mapping()
    for key in ["name", "set", "phase", "reason", "message", "problem", "held", "failed"] {
      if let value = item[key] { node[key] = value }
    }
    self.node = .mapping(node)
  }

  /// Whether it needs nobody.
  var isWell: Bool {
    node["failed"]?.bool != true && node["phase"]?.string != "Paused" && node["problem"]?.string?.isEmpty != false
  }

  var text: String {
    let (phase, reason) = (node["phase"]?.string ?? "", node["reason"]?.string ?? "")
    var text = "Rollout: \(node["name"]?.string ?? "")"
    if !phase.isEmpty { text += " \(phase)" + (reason.isEmpty ? "" : " (\(reason))") }
    for key in ["message", "problem"] {
      if let words = node[key]?.string, !words.isEmpty { text += ": " + Visible.text(words) }
    }
    if let held = node["held"]?.sequence?.count, held > 0 {
      text += "; \(Counted.text(held, "application")) \(held == 1 ? "is" : "are") held"
    }
    return text + "; muster rollout get \(node["set"]?.string ?? "")\n"
  }
}
