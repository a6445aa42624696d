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
    try await watch.show(none: "no applicationsets", isForPeople: list.isForPeople) {
      let items = try await client.get("applicationsets")["items"] ?? .sequence([])
      return list.text(items) { Self.table(items, wide: $0) }
    }
  }

  private static func table(_ items: Node, wide: Bool) -> String {
    var table = Table(["NAME", "APPLICATIONS", "HEALTH", "PROBLEMS"])
    for item in items.sequence ?? [] {
      table.rows.append([
        item["name"]?.string ?? "", String(item["applications"]?.sequence?.count ?? 0),
        item["status"]?["health"]?["status"]?.string ?? "",
        (item["problems"]?.sequence ?? []).compactMap(\.string).joined(separator: "; "),
      ])
    }
    return table.text(whole: wide)
  }
}

struct AppsetApprove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Agrees to removals that the breaker refused.",
    discussion: "Exit code 2 where none wait, 5 where more wait than were agreed to.")

  @Argument(help: "The ApplicationSet.", completion: NameCompletion.sets) var name: String
  @Option(help: ArgumentHelp("How many Applications may go.", valueName: "count")) var delete: Int
  @OptionGroup var hub: HubOptions

  func validate() throws {
    guard delete > 0 else { throw ValidationError("--delete takes a number above 0") }
  }

  func run() async throws {
    let client = try hub.client()
    let path = "applicationsets/" + URLText.segment(name)
    guard let wait = Self.wait(try await client.get(path)) else {
      let problems = FleetProblems(fleet: try await client.get("fleet"), sets: [])
      throw CommandError.message(
        "no application of \(Visible.text(name)) waits to be removed",
        help: problems.blocksRemovals ? FleetProblems.removalsWait + " (muster status)" : nil, exit: .usage)
    }
    _ = try await client.post(path + "/approve", ["delete": .int(Int64(clamping: delete))])
    if let still = Self.wait(try await client.get(path)) {
      throw CommandError.message(
        "\(Visible.text(name)): \(Visible.text(still))", help: "--delete says how many may go at once", exit: .breaker)
    }
    StandardError.write("\(Visible.text(name)): agreed; what waited goes: \(Visible.text(wait))")
  }

  /// What the breaker says of the set; nil where nothing waits for a person's word.
  private static func wait(_ set: Node) -> String? {
    (set["problems"]?.sequence ?? []).compactMap(\.string).first { $0.contains("muster appset approve") }
      .map { text in text.firstRange(of: "; to ").map { String(text[..<$0.lowerBound]) } ?? text }
  }
}
