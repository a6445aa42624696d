import ArgumentParser
import Manifest

struct AppsetList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the ApplicationSets of the hub, and what is wrong with them.")

  @Flag(help: "Prints JSON.") var json = false
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let items = try await hub.client().get("applicationsets")["items"] ?? .sequence([])
    if json { return print(JSON.text(items, .init(indent: 2))) }
    var table = Table(["NAME", "APPLICATIONS", "PROBLEMS"])
    for item in items.sequence ?? [] {
      table.rows.append([
        item["name"]?.string ?? "", String(item["applications"]?.sequence?.count ?? 0),
        (item["problems"]?.sequence ?? []).compactMap(\.string).joined(separator: "; "),
      ])
    }
    print(table.text, terminator: "")
  }
}

struct AppsetApprove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Agrees to removals that the breaker refused.")

  @Argument var name: String
  @Option(help: ArgumentHelp("How many Applications may go.", valueName: "count")) var delete: Int
  @OptionGroup var hub: HubOptions

  func run() async throws {
    _ = try await hub.client().post("applicationsets/\(name)/approve", ["delete": .int(Int64(clamping: delete))])
  }
}
