import ArgumentParser
import Manifest

/// `muster cluster …`.
struct ClusterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster", abstract: "Clusters: list them, bring them in.",
    subcommands: [ClusterList.self, ClusterRegister.self])
}

struct ClusterList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the registered clusters.")

  @Flag(help: "Prints JSON.") var json = false
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let items = try await hub.client().get("clusters")["items"] ?? .sequence([])
    if json { return print(JSON.text(items, .init(indent: 2))) }
    var table = Table(["NAME", "STATE", "SERVER", "OBJECTS", "LABELS", "MESSAGE"])
    for item in items.sequence ?? [] {
      let labels = (item["labels"]?.mapping ?? Mapping()).map { "\($0.key)=\($0.value.string ?? "")" }
      table.rows.append([
        item["name"]?.string ?? "", item["cordoned"]?.bool == true ? "Cordoned" : item["state"]?.string ?? "",
        item["server"]?.string ?? "", String(item["objects"]?.int ?? 0), labels.joined(separator: ","),
        item["message"]?.string ?? "",
      ])
    }
    print(table.text, terminator: "")
  }
}
