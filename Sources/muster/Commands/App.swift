import ArgumentParser
import Foundation
import Manifest

/// `muster app …`.
struct App: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Applications: list, look at, sync, refresh, wait.",
    subcommands: [AppList.self, AppGet.self, AppSync.self, AppRefresh.self, AppWait.self, AppEvents.self])
}

struct AppList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the Applications.")

  @Flag(help: "Prints JSON.") var json = false
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let answer = try await hub.client().get("applications")
    if json { return print(JSON.text(answer["items"] ?? .sequence([]), .init(indent: 2))) }
    var table = Table(["NAME", "CLUSTER", "SYNC", "HEALTH", "REVISION", "MESSAGE"])
    for item in answer["items"]?.sequence ?? [] {
      let status = item["status"]
      table.rows.append([
        item["name"]?.string ?? "", item["cluster"]?.string ?? "-", status?["sync"]?["status"]?.string ?? "",
        status?["health"]?["status"]?.string ?? "", String((status?["sync"]?["revision"]?.string ?? "").prefix(8)),
        [status?["message"]?.string, status?["health"]?["message"]?.string].compactMap(\.self).first { !$0.isEmpty }
          ?? "",
      ])
    }
    print(table.text, terminator: "")
  }
}

struct AppGet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "get", abstract: "Shows an Application and its objects.")

  @Argument var name: String
  @Flag(help: "Prints JSON.") var json = false
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let item = try await hub.client().get("applications/" + name)
    if json { return print(JSON.text(item, .init(indent: 2))) }
    print(ApplicationText.describe(item), terminator: "")
  }
}

/// An Application in words.
enum ApplicationText {
  static func describe(_ item: Node) -> String {
    let status = item["status"]
    var text = ""
    func line(_ label: String, _ value: String?) {
      if let value, !value.isEmpty { text += label.padding(toLength: 14, withPad: " ", startingAt: 0) + value + "\n" }
    }
    line("Name:", item["name"]?.string)
    line("Set:", item["applicationSet"]?.string)
    line("Cluster:", item["cluster"]?.string)
    line("Namespace:", item["namespace"]?.string)
    line(
      "Source:",
      [item["source"]?["repoURL"]?.string, item["source"]?["path"]?.string].compactMap(\.self).joined(separator: " "))
    line("Revision:", status?["sync"]?["revision"]?.string)
    line("Sync:", status?["sync"]?["status"]?.string)
    line(
      "Health:",
      [status?["health"]?["status"]?.string, status?["health"]?["message"]?.string].compactMap(\.self).filter {
        !$0.isEmpty
      }.joined(separator: ": "))
    line("Last sync:", status?["lastSync"]?.string)
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
    return text + "\n" + table.text
  }
}

struct AppSync: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "sync", abstract: "Applies an Application now.")

  @Argument var name: String
  @Flag(help: "Also removes what is no longer in Git.") var prune = false
  @Flag(help: "Applies every object again.") var force = false
  @Option(help: ArgumentHelp("Agrees to so many removals.", valueName: "count")) var approve = 0
  @OptionGroup var hub: HubOptions

  func run() async throws {
    _ = try await hub.client().post(
      "applications/\(name)/sync",
      ["prune": .bool(prune), "force": .bool(force), "approve": .int(Int64(clamping: approve))])
  }
}

struct AppRefresh: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "refresh", abstract: "Looks at Git and at the cluster again now.")

  @Argument var name: String
  @OptionGroup var hub: HubOptions

  func run() async throws { _ = try await hub.client().post("applications/\(name)/refresh") }
}

struct AppWait: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", abstract: "Waits until Applications are synced and healthy.")

  @Argument(help: "Names; all where none is given.") var names: [String] = []
  @Option(help: "Seconds.") var timeout = 300.0
  @Option(help: ArgumentHelp("Also waits for this commit, or a beginning of it.", valueName: "commit")) var revision =
    ""
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let client = try hub.client()
    let end = Date().addingTimeInterval(timeout)
    var open: [String] = []
    repeat {
      let items = try await client.get("applications")["items"]?.sequence ?? []
      let wanted = names.isEmpty ? items : items.filter { names.contains($0["name"]?.string ?? "") }
      open = wanted.filter { !isDone($0) }.compactMap { $0["name"]?.string }
      let missing = names.filter { name in !items.contains { $0["name"]?.string == name } }
      open += missing
      if open.isEmpty && !wanted.isEmpty {
        return StandardError.write("\(wanted.count) applications are synced and healthy")
      }
      try await Task.sleep(for: .milliseconds(250))
    } while Date() < end
    throw CommandError.message(
      "still waiting for \(open.sorted().prefix(5).joined(separator: ", ")) (\(open.count))", exit: .timeout)
  }

  private func isDone(_ item: Node) -> Bool {
    let status = item["status"]
    return status?["sync"]?["status"]?.string == "Synced" && status?["health"]?["status"]?.string == "Healthy"
      && (status?["sync"]?["revision"]?.string ?? "").hasPrefix(revision)
  }
}

struct AppEvents: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Shows what happened to an Application, the newest first.")

  @Argument var name: String
  @Flag(help: "Prints JSON.") var json = false
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let items = try await hub.client().get("applications/\(name)/events")["items"] ?? .sequence([])
    if json { return print(JSON.text(items, .init(indent: 2))) }
    var table = Table(["TIME", "KIND", "OUTCOME", "BY", "CAUSE", "MESSAGE"])
    for item in items.sequence ?? [] {
      table.rows.append(
        ["time", "kind", "outcome", "actor", "cause", "message"].map { item[$0]?.string ?? "" })
    }
    print(table.text, terminator: "")
  }
}
