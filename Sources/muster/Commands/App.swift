import ArgumentParser
import Foundation
import Manifest

/// `muster app …`.
struct App: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "app", abstract: "Applications: list, look at, sync, refresh, wait.",
    subcommands: [
      AppList.self, AppGet.self, AppDiff.self, AppSync.self, AppTerminate.self, AppHistory.self, AppRollback.self,
      AppAdopt.self, AppRefresh.self, AppWait.self, AppEvents.self,
    ])
}

struct AppList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the Applications.")

  @Option(name: [.customShort("l"), .long], help: "Only on clusters whose labels fit: tier=edge,region in (eu,us).")
  var selector: String?
  @Option(help: "Only on this cluster.", completion: NameCompletion.clusters) var cluster: String?
  @OptionGroup var list: ListOptions
  @OptionGroup var watch: WatchOptions
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let client = try hub.client()
    let labels = try selector.map { try Self.labels($0) }
    if let cluster { _ = try await client.cluster(cluster) }
    try await watch.show(none: "no applications", isForPeople: list.isForPeople) {
      let all = try await client.get("applications")["items"]?.sequence ?? []
      let items = all.filter { item in
        (cluster == nil || item["cluster"]?.string == cluster) && (labels?.matches(Self.labels(of: item)) ?? true)
      }
      return list.text(.sequence(items)) { ApplicationRows.table(items, wide: $0) }
    }
  }

  private static func labels(_ text: String) throws -> LabelSelector {
    do {
      return try LabelSelector(text)
    } catch {
      throw CommandError.message("'\(Visible.text(text))' is no label selector", exit: .usage)
    }
  }

  private static func labels(of item: Node) -> [String: String] {
    var labels: [String: String] = [:]
    for member in item["clusterLabels"]?.mapping ?? Mapping() { labels[member.key] = member.value.string }
    return labels
  }
}

struct AppGet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "get", abstract: "Shows an Application and its objects.")

  @Argument(help: "The Application.", completion: NameCompletion.applications) var name: String
  @OptionGroup var list: ListOptions
  @OptionGroup var watch: WatchOptions
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let client = try hub.client()
    try await watch.show(isForPeople: list.isForPeople) {
      let item = try await client.get("applications/" + URLText.segment(name))
      return list.text(item) { ApplicationText.describe(item, wide: $0) }
    }
  }
}

/// An Application in words.
enum ApplicationText {
  static func describe(_ item: Node, wide: Bool = true) -> String {
    let status = item["status"]
    var text = ""
    func line(_ label: String, _ value: String?) {
      guard let value, !value.isEmpty else { return }
      text += label.padding(toLength: 14, withPad: " ", startingAt: 0) + Visible.text(value) + "\n"
    }
    line("Name:", item["name"]?.string)
    line("Set:", item["applicationSet"]?.string)
    line("Cluster:", item["cluster"]?.string)
    line("Namespace:", item["namespace"]?.string)
    for source in SourceText.sources(item) { line("Source:", SourceText.of(source)) }
    line("Revision:", status?["sync"]?["revision"]?.string)
    line("Sync:", status?["sync"]?["status"]?.string)
    line(
      "Health:",
      [status?["health"]?["status"]?.string, status?["health"]?["message"]?.string].compactMap(\.self).filter {
        !$0.isEmpty
      }.joined(separator: ": "))
    line("Last sync:", status?["lastSync"]?.string)
    line("Operation:", SyncText.summary(status?["operationState"]))
    line("Rollout:", item["rollout"]?.string)
    line("Message:", status?["message"]?.string)
    for condition in status?["conditions"]?.sequence ?? [] {
      line("Condition:", "\(condition["type"]?.string ?? ""): \(condition["message"]?.string ?? "")")
    }
    var table = Table(["KIND", "NAMESPACE", "NAME", "SYNC", "HEALTH", "MESSAGE"])
    for resource in status?["resources"]?.sequence ?? [] {
      table.rows.append([
        resource["kind"]?.string ?? "", resource["namespace"]?.string ?? "", resource["name"]?.string ?? "",
        resource["status"]?.string ?? "", resource["health"]?["status"]?.string ?? "",
        [resource["message"]?.string, resource["health"]?["message"]?.string].compactMap(\.self).filter { !$0.isEmpty }
          .joined(separator: "; "),
      ])
    }
    return table.rows.isEmpty ? text : text + "\n" + table.text(whole: wide)
  }
}

struct AppRefresh: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "refresh", abstract: "Looks at Git and at the cluster again now.")

  @Argument(help: "The Application.", completion: NameCompletion.applications) var name: String
  @Flag(help: "Compares each object with what an apply would make of it, by dry runs, as the daily audit does.")
  var hard = false
  @OptionGroup var hub: HubOptions

  func run() async throws {
    _ = try await hub.client().post("applications/\(URLText.segment(name))/refresh", ["hard": .bool(hard)])
    StandardError.write("\(name): looking again")
  }
}

struct AppWait: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", abstract: "Waits until Applications are synced and healthy.",
    discussion: """
      Ends with 1 as soon as a sync of one has failed, with 6 when the time is up, with how each stands, and with 2 for a \
      name that is not known in ten seconds.
      """)

  @Argument(help: "Names; all where none is given.", completion: NameCompletion.applications)
  var names: [String] = []
  @Option(help: "Such as 90s or 5m; a bare number counts seconds.") var timeout = "5m"
  @Option(help: ArgumentHelp("Also waits for this commit, or a beginning of it.", valueName: "commit")) var revision =
    ""
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let seconds = try DurationText.seconds(timeout, "--timeout")
    let client = try hub.client()
    let count = try await ApplicationWait(names: names, revision: revision, seconds: seconds).run(client)
    StandardError.write(Counted.text(count, "application") + (count == 1 ? " is" : " are") + " synced and healthy")
  }
}

struct AppEvents: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Shows what happened to an Application, the newest first.",
    discussion: "Of one that is gone too. Of clusters, sets and the whole fleet: muster events.")

  @Argument(help: "The Application.", completion: NameCompletion.applications) var name: String
  @OptionGroup var list: ListOptions
  @OptionGroup var watch: WatchOptions
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let client = try hub.client()
    var query = EventQuery()
    query.application = name
    do {
      _ = try await client.get("applications/" + URLText.segment(name))
    } catch let error as CommandError where error.exit == .usage {
      // A name that nobody ever knew is told; of one that is gone, what is remembered.
      if try await query.items(client).isEmpty { throw error }
      StandardError.write("no application is named '\(Visible.text(name))' now; this is what is remembered of it")
    }
    try await watch.show(none: "no events", isForPeople: list.isForPeople) {
      let items = try await query.items(client)
      return list.text(.sequence(items)) { EventRows.table(items, wide: $0) }
    }
  }
}
