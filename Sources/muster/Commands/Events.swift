import ArgumentParser
import Foundation
import Manifest

/// `muster events`: the history of clusters, sets, rollouts and Applications, whether they are still there or not.
struct Events: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Shows what happened in the fleet, the newest first.",
    discussion: """
      Of Applications, clusters and sets that are gone too. Kinds: sync, prune, health, drift, cluster, \
      applicationset, rollout.
      """)

  @Option(help: "Only of this Application.", completion: NameCompletion.applications) var application: String?
  @Option(help: "Only on this cluster.", completion: NameCompletion.clusters) var cluster: String?
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Only of this ApplicationSet: its removals and its rollouts.", valueName: "set"),
    completion: NameCompletion.sets)
  var applicationSet: String?
  @Option(help: "Only of this kind.", completion: .list(EventQuery.kinds)) var kind: String?
  @Option(help: ArgumentHelp("Only since then: 2h, or 2025-01-31T12:00:00Z.", valueName: "time")) var since: String?
  @Option(help: "How many.") var limit = 100
  @OptionGroup var list: ListOptions
  @OptionGroup var watch: WatchOptions
  @OptionGroup var hub: HubOptions

  func validate() throws {
    guard (1...EventQuery.most).contains(limit) else {
      throw ValidationError("--limit takes a number from 1 to \(EventQuery.most)")
    }
    if let kind, !EventQuery.kinds.contains(kind) {
      throw ValidationError("--kind is one of \(EventQuery.kinds.joined(separator: ", ")), not '\(kind)'")
    }
    guard applicationSet == nil || application == nil else {
      throw ValidationError("give either --set or --application")
    }
    guard applicationSet == nil || kind == nil || EventQuery.kindsOfSets.contains(kind ?? "") else {
      throw ValidationError("events of a set are of the kinds \(EventQuery.kindsOfSets.joined(separator: " and "))")
    }
  }

  func run() async throws {
    var query = EventQuery()
    (query.application, query.cluster, query.set, query.kind) = (application, cluster, applicationSet, kind)
    query.limit = limit
    query.since = try since.map { try EventQuery.time($0, now: Date()) }
    let client = try hub.client()
    try await watch.show(none: "no events", isForPeople: list.isForPeople) {
      let items = try await query.items(client)
      return list.text(.sequence(items)) { EventRows.table(items, wide: $0) }
    }
  }
}

/// Which events are asked of the hub.
struct EventQuery {
  static let kinds = ["sync", "prune", "health", "drift", "cluster", "applicationset", "rollout"]
  static let kindsOfSets = ["applicationset", "rollout"]
  static let most = 1_000
  /// Of pages that are looked through for those of one set.
  private static let mostPages = 20

  var application: String?
  var cluster: String?
  var set: String?
  var kind: String?
  /// RFC 3339.
  var since: String?
  var limit = 100

  /// `2h`, or a time.
  static func time(_ text: String, now: Date) throws -> String {
    if (try? Date(text, strategy: .iso8601)) != nil { return text }
    return now.addingTimeInterval(-(try DurationText.seconds(text, "--since"))).formatted(.iso8601)
  }

  /// The newest first.
  func items(_ client: HubClient) async throws -> [Node] {
    guard let set else { return try await page(client, kind, limit: limit, after: nil)["items"]?.sequence ?? [] }
    var items: [Node] = []
    for kind in kind.map({ [$0] }) ?? Self.kindsOfSets { items += try await ofSet(set, client, kind) }
    return Array(items.sorted { ($0["id"]?.int ?? 0) > ($1["id"]?.int ?? 0) }.prefix(limit))
  }

  /// Events know their set by the first words of their message: `web: …`, `web#3: …`.
  private func ofSet(_ set: String, _ client: HubClient, _ kind: String) async throws -> [Node] {
    var items: [Node] = []
    var last: String?
    for _ in 0..<Self.mostPages {
      let page = try await page(client, kind, limit: Self.most, after: last)
      items += (page["items"]?.sequence ?? []).filter { Self.isOf(set, $0["message"]?.string ?? "") }
      last = page["continue"]?.string
      if last == nil || items.count >= limit { break }
    }
    return items
  }

  static func isOf(_ set: String, _ message: String) -> Bool {
    guard message.hasPrefix(set) else { return false }
    let rest = message.dropFirst(set.count)
    return rest.isEmpty || rest.first == ":" || rest.first == "#"
  }

  private func page(_ client: HubClient, _ kind: String?, limit: Int, after last: String?) async throws -> Node {
    let parameters = [
      ("limit", String(limit)), ("application", application), ("cluster", cluster), ("kind", kind), ("since", since),
      ("continue", last),
    ]
    let query = parameters.compactMap { name, value in value.map { "\(name)=\(URLText.segment($0))" } }
    return try await client.get("events?" + query.joined(separator: "&"))
  }
}

/// Events as lines of a table.
enum EventRows {
  static func table(_ items: [Node], wide: Bool) -> String {
    // Columns that nothing stands in are left out.
    let hasApplications = Set(items.map { $0["application"]?.string ?? "" }).count > 1
    let hasClusters = Set(items.map { $0["cluster"]?.string ?? "" }).count > 1
    var table = Table(
      ["TIME", "AGE", "KIND", "OUTCOME"] + (hasApplications ? ["APPLICATION"] : [])
        + (hasClusters ? ["CLUSTER"] : []) + ["REVISION", "BY", "CAUSE", "MESSAGE"])
    for item in items {
      func text(_ key: String) -> String { item[key]?.string ?? "" }
      table.rows.append(
        [text("time"), Age.of(item["time"]?.string), text("kind"), text("outcome")]
          + (hasApplications ? [text("application").isEmpty ? "-" : text("application")] : [])
          + (hasClusters ? [text("cluster").isEmpty ? "-" : text("cluster")] : [])
          + [ApplicationRows.short(item["revision"]?.string), text("actor"), text("cause"), text("message")])
    }
    return table.text(whole: wide)
  }
}
