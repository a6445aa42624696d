import ArgumentParser
import Manifest

struct AppsetList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the ApplicationSets of the hub, and what is wrong with them.")

  @OptionGroup var list: ListOptions
  @OptionGroup var watch: WatchOptions
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let client = try hub.client()
    try await watch.show {
      let items = try await client.get("applicationsets")["items"] ?? .sequence([])
      return list.text(items) { _ in Self.table(items) }
    }
  }

  private static func table(_ items: Node) -> String {
    var table = Table(["NAME", "APPLICATIONS", "HEALTH", "PROBLEMS"])
    for item in items.sequence ?? [] {
      table.rows.append([
        item["name"]?.string ?? "", String(item["applications"]?.sequence?.count ?? 0),
        item["status"]?["health"]?["status"]?.string ?? "",
        (item["problems"]?.sequence ?? []).compactMap(\.string).joined(separator: "; "),
      ])
    }
    return table.text
  }
}

struct AppsetApprove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Agrees to removals that the breaker refused.")

  @Argument var name: String
  @Option(help: ArgumentHelp("How many Applications may go.", valueName: "count")) var delete: Int
  @OptionGroup var hub: HubOptions

  func validate() throws {
    guard delete > 0 else { throw ValidationError("--delete takes a number above 0") }
  }

  func run() async throws {
    _ = try await hub.client().post(
      "applicationsets/\(URLText.segment(name))/approve", ["delete": .int(Int64(clamping: delete))])
    StandardError.write("\(name): \(delete) Applications may go")
  }
}
