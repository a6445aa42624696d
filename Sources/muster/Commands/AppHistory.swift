import ArgumentParser
import Manifest

/// A sync in words.
enum SyncText {
  /// `Succeeded: successfully synced (all tasks run)`; empty for none.
  static func summary(_ operation: Node?) -> String {
    guard let phase = operation?["phase"]?.string else { return "" }
    let message = operation?["message"]?.string ?? ""
    let next = operation?["retryAt"]?.string.map { " (next try at \($0))" } ?? ""
    return (message.isEmpty ? phase : "\(phase): \(message)") + next
  }
}

struct AppHistory: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Shows the syncs of an Application, the newest first.",
    discussion: "With --id, shows what became of each object of one sync.")

  @Argument(help: "The Application.", completion: NameCompletion.applications) var name: String
  @Option(help: "One sync's number.") var id: Int64?
  @OptionGroup var list: ListOptions
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let items = try await hub.client().get("applications/\(URLText.segment(name))/history")["items"]?.sequence ?? []
    guard let id else {
      return list.show(items, none: "no sync of \(Visible.text(name)) is remembered") { Self.table(items, wide: $0) }
    }
    guard let item = items.first(where: { $0["id"]?.int == id }) else {
      throw CommandError.message(
        "no sync \(id) of \(name) is remembered", help: "muster app history \(name)", exit: .usage)
    }
    print(list.text(item) { Self.results(item, wide: $0) }, terminator: "")
  }

  private static func table(_ items: [Node], wide: Bool) -> String {
    var table = Table(["ID", "STARTED", "FINISHED", "PHASE", "REVISION", "BY", "RETRIES", "MESSAGE"])
    for item in items {
      table.rows.append([
        item["id"]?.int.map(String.init) ?? "", item["startedAt"]?.string ?? "", item["finishedAt"]?.string ?? "",
        item["phase"]?.string ?? "", ApplicationRows.short(item["syncResult"]?["revision"]?.string),
        item["operation"]?["initiatedBy"]?["username"]?.string ?? "", item["retryCount"]?.int.map(String.init) ?? "",
        item["message"]?.string ?? "",
      ])
    }
    return table.text(whole: wide)
  }

  private static func results(_ item: Node, wide: Bool) -> String {
    var table = Table(["PHASE", "KIND", "NAMESPACE", "NAME", "RESULT", "MESSAGE"])
    for result in item["syncResult"]?["resources"]?.sequence ?? [] {
      table.rows.append([
        result["syncPhase"]?.string ?? "", result["kind"]?.string ?? "", result["namespace"]?.string ?? "",
        result["name"]?.string ?? "", result["status"]?.string ?? result["hookPhase"]?.string ?? "",
        result["message"]?.string ?? "",
      ])
    }
    let summary = Visible.text(SyncText.summary(item)) + "\n"
    return table.rows.isEmpty ? summary : summary + "\n" + table.text(whole: wide)
  }
}

struct AppRollback: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Takes an Application back to an earlier state.",
    discussion: """
      The Application is kept there: the revision that it was taken back from is not synced again until a newer commit \
      comes, or until somebody syncs the Application.
      """)

  @Argument(help: "The Application.", completion: NameCompletion.applications) var name: String
  @Argument(help: "A sync's number or a revision; the state before this one where none is given.") var to: String?
  @Flag(help: "Also pushes a commit that takes the change back in Git, with the repository's own credentials.")
  var gitRevert = false
  @OptionGroup var hub: HubOptions

  func run() async throws {
    var body: Mapping = ["gitRevert": Node(.bool(gitRevert))]
    if let to { body["to"] = .string(to) }
    let answer = try await hub.client().post(
      "applications/\(URLText.segment(name))/rollback", .mapping(body))
    StandardError.write(
      "\(name): goes back to \(ApplicationRows.short(answer["revision"]?.string)); to see it end: muster app wait \(name)"
    )
    if let commit = answer["revert"]?.string {
      StandardError.write("\(name): \(ApplicationRows.short(commit)) takes it back in Git")
    }
  }
}

struct AppAdopt: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adopt", abstract: "Syncs an Application, and takes over what another tool claims.",
    discussion: "Of a Helm release, an Argo CD application, a Flux Kustomization: their marks go with what they wrote.")

  @Argument(help: "The Application.", completion: NameCompletion.applications) var name: String
  @OptionGroup var hub: HubOptions

  func run() async throws {
    _ = try await hub.client().post("applications/\(URLText.segment(name))/sync", ["adopt": .bool(true)])
    StandardError.write("\(name): takes over; to see it end: muster app wait \(name)")
  }
}

struct AppTerminate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "terminate", abstract: "Ends the sync that is under way; its running hooks are deleted.")

  @Argument(help: "The Application.", completion: NameCompletion.applications) var name: String
  @OptionGroup var hub: HubOptions

  func run() async throws {
    _ = try await hub.client().post("applications/\(URLText.segment(name))/terminate", [:])
    StandardError.write("\(name): the sync ends")
  }
}

struct AppsetRollback: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Takes every Application of a set back to the state before this one.",
    discussion: """
      All at once, without waves and gates, and at once when the command is given: nothing is asked. Each is kept there: \
      the revision that it was taken back from is not synced again until a newer commit comes, or until somebody syncs \
      it. A set that rolls out in waves: muster rollout rollback. Exit code 1 when one cannot go back.
      """)

  @Argument(help: "The ApplicationSet.", completion: NameCompletion.sets) var name: String
  @OptionGroup var list: ListOptions
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let items =
      try await hub.client().post("applicationsets/\(URLText.segment(name))/rollback", [:])["items"]?.sequence ?? []
    list.show(items, none: "\(Visible.text(name)) has no applications") { Self.table(items, wide: $0) }
    if items.contains(where: { $0["problem"]?.string?.isEmpty == false }) { throw CommandError.silent(.differs) }
  }

  private static func table(_ items: [Node], wide: Bool) -> String {
    var table = Table(["APPLICATION", "BACK TO", "PROBLEM"])
    for item in items {
      table.rows.append([
        item["application"]?.string ?? "", ApplicationRows.short(item["revision"]?.string),
        item["problem"]?.string ?? "",
      ])
    }
    return table.text(whole: wide)
  }
}
