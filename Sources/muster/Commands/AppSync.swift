import ArgumentParser
import Foundation
import Manifest

struct AppSync: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync", abstract: "Applies an Application now.",
    usage: "muster app sync <name> [--prune] [--force] [--dry-run] [<options>]")

  @Argument(help: "The Application.", completion: NameCompletion.applications) var name: String
  @Flag(help: "Also removes what is no longer in Git.") var prune = false
  @Flag(help: "Applies every object again.") var force = false
  @Option(help: ArgumentHelp("Agrees to so many removals.", valueName: "count")) var approve = 0
  @Flag(help: "Agrees to removals that need a person's word: Namespaces, definitions, volume claims, Prune=confirm.")
  var confirm = false
  @Option(
    name: .customLong("resource"),
    help: ArgumentHelp(
      "Only this object; may be repeated. Hooks do not run then.", valueName: "group:kind:[namespace/]name"))
  var resources: [String] = []
  @Flag(
    help:
      "Says what a sync would do, by server-side dry runs, and does nothing. Exit code 1 when it would change anything."
  )
  var dryRun = false
  @Flag(help: "Waits for its end, and for health: 1 where the sync fails, 6 where the time is up.") var wait = false
  @Option(help: "With --wait: such as 90s or 5m; a bare number counts seconds.") var timeout = "5m"
  @OptionGroup var list: ListOptions
  @OptionGroup var hub: HubOptions

  func validate() throws {
    guard dryRun || (list.output == nil && !list.json) else { throw ValidationError("--output goes with --dry-run") }
  }

  func run() async throws {
    let path = "applications/\(URLText.segment(name))/sync"
    let request: Value = [
      "prune": .bool(prune), "force": .bool(force), "approve": .int(Int64(clamping: approve)),
      "confirm": .bool(confirm), "resources": .sequence(resources.map { .string($0) }),
    ]
    if dryRun {
      return try SyncForecastText.show(try await hub.client().post(path + "/dry-run", request), name, list)
    }
    let seconds = try DurationText.seconds(timeout, "--timeout")
    let client = try hub.client()
    let answer = try await client.post(path, request)
    StandardError.write("\(name): a sync is asked for" + (wait ? "" : "; to see it end: muster app wait \(name)"))
    for note in answer["notes"]?.sequence ?? [] {
      StandardError.write("\(name): but \(Visible.text(note.string ?? ""))")
    }
    guard wait else { return }
    _ = try await ApplicationWait(names: [name], seconds: seconds).run(client)
    StandardError.write("\(name): synced and healthy")
  }
}

/// What a sync would do, for people.
enum SyncForecastText {
  /// - Throws: exit code 1 where a sync would change anything.
  static func show(_ answer: Node, _ name: String, _ list: ListOptions) throws {
    let items = answer["items"]?.sequence ?? []
    print(
      list.format == .name
        ? list.text(.sequence(items)) { _ in "" } : list.text(answer) { table(items, wide: $0) }, terminator: "")
    for problem in answer["problems"]?.sequence ?? [] {
      StandardError.write("\(name) would not be synced: \(Visible.text(problem.string ?? ""))")
    }
    for condition in answer["conditions"]?.sequence ?? [] {
      StandardError.write(ConditionText.of(condition))
    }
    StandardError.write("\(name): \(summary(items)) (dry run)")
    if answer["differs"]?.bool == true { throw CommandError.silent(.differs) }
  }

  private static func table(_ items: [Node], wide: Bool) -> String {
    var table = Table(["ACTION", "KIND", "NAMESPACE", "NAME", "MESSAGE"])
    for item in items {
      let (group, kind) = (item["group"]?.string ?? "", item["kind"]?.string ?? "")
      table.rows.append([
        item["action"]?.string ?? "", GroupKind(group: group, kind: kind).description, item["namespace"]?.string ?? "",
        item["name"]?.string ?? "", item["message"]?.string ?? "",
      ])
    }
    return table.text(whole: wide)
  }

  private static func summary(_ items: [Node]) -> String {
    let counts = ["created", "configured", "unchanged", "pruned", "kept", "refused", "hook"].compactMap { action in
      let count = items.count { $0["action"]?.string == action }
      return count == 0 ? nil : "\(count) \(action)"
    }
    return counts.isEmpty ? "nothing" : counts.joined(separator: ", ")
  }
}
