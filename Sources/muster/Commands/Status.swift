import ArgumentParser
import Foundation
import Manifest

/// `muster status`: the fleet in one screen, the worst first, and why.
struct Status: AsyncParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable { case table, wide, json, yaml, csv, markdown }

  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows the fleet: clusters, applications by sync and health, the worst first, and why.")

  @Option(help: ArgumentHelp("Cluster labels to group by, comma-separated.", valueName: "labels"))
  var groupBy = "tier"

  @Option(name: .shortAndLong, help: "table, wide, json, yaml, csv or markdown.")
  var output = Format.table

  @OptionGroup var watch: WatchOptions
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let client = try hub.client()
    var isWell = true
    try await watch.show {
      let report = try await report(client)
      isWell = report.isWell
      return text(report)
    }
    if !isWell { throw CommandError.silent(.differs) }
  }

  private func report(_ client: HubClient) async throws -> FleetReport {
    FleetReport(
      clusters: try await client.get("clusters")["items"]?.sequence ?? [],
      applications: try await client.get("applications")["items"]?.sequence ?? [],
      problems: FleetProblems(
        fleet: try await client.get("fleet"),
        sets: try await client.get("applicationsets")["items"]?.sequence ?? []),
      groupBy: groupBy.split(separator: ",").map(String.init))
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

    var isWell: Bool { sync == "Synced" && health == "Healthy" }
    var badness: Int {
      ["Unknown": 6, "Degraded": 5, "Missing": 4, "Progressing": 3, "Suspended": 1][health, default: 0] * 2
        + (sync == "Synced" ? 0 : 1)
    }
  }

  private static let mostTroubles = 15

  private let lines: [Line]
  private let unreachable: [(name: String, reason: String)]
  private let cordoned: [String]
  private let clusterCount: Int
  private let groupBy: [String]
  private let problems: FleetProblems

  init(clusters: [Node], applications: [Node], problems: FleetProblems, groupBy: [String]) {
    self.problems = problems
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
        reason: message.isEmpty ? health : message,
        group: groupBy.map { application["clusterLabels"]?[$0]?.string ?? "-" }.joined(separator: "/"))
    }
  }

  var isWell: Bool { problems.lines.isEmpty && unreachable.isEmpty && lines.allSatisfy(\.isWell) }

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
      + "Applications: \(lines.count), \(count(lines) { $0.sync == "Synced" }) synced, \(count(lines) { $0.health == "Healthy" }) healthy.\n\n"
    text += problems.text
    text += groups.text
    for cluster in unreachable.prefix(Self.mostTroubles) {
      text +=
        (cluster.name == unreachable.first?.name ? "\n" : "") + "Unreachable: \(cluster.name): \(cluster.reason)\n"
    }
    if !cordoned.isEmpty {
      text +=
        "\nCordoned: \(cordoned.prefix(Self.mostTroubles).joined(separator: ", "))"
        + (cordoned.count > Self.mostTroubles ? " and \(cordoned.count - Self.mostTroubles) more" : "") + "\n"
    }
    let troubled = lines.filter { wide || !$0.isWell }.sorted { ($0.badness, $1.name) > ($1.badness, $0.name) }
    guard !troubled.isEmpty else { return text }
    var table = Table(["APPLICATION", "CLUSTER", "SYNC", "HEALTH", "WHY"])
    for line in wide ? troubled : Array(troubled.prefix(Self.mostTroubles)) {
      table.rows.append([line.name, line.cluster, line.sync, line.health, line.reason])
    }
    text += "\n" + table.text
    if !wide, troubled.count > Self.mostTroubles {
      text += "… and \(troubled.count - Self.mostTroubles) more (-o wide)\n"
    }
    return text
  }

  var value: Value {
    [
      "problems": .sequence(problems.lines.map { .string($0) }),
      "clusters": [
        "total": .int(Int64(clusterCount)), "unreachable": .sequence(unreachable.map { .string($0.name) }),
        "cordoned": .sequence(cordoned.map { .string($0) }),
      ],
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
