import ArgumentParser
import Manifest

/// `muster token …`.
struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Tokens of the hub's API: make, list, revoke.",
    subcommands: [TokenCreate.self, TokenList.self, TokenRevoke.self])
}

struct TokenCreate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Makes a token and prints it: it is shown only now.")

  @Argument(help: "Whose it is; the history names it.") var name: String
  @Option(help: "Days that it is good for; for ever where it is not given.") var days: Int?
  @OptionGroup var hub: HubOptions

  func validate() throws {
    if let days, !(1...3_650).contains(days) { throw ValidationError("--days takes a number from 1 to 3650") }
  }

  func run() async throws {
    var body: Mapping = ["name": .string(name)]
    if let days { body["days"] = Node(.int(Int64(days))) }
    print(try await hub.client().post("tokens", .mapping(body))["token"]?.string ?? "")
  }
}

struct TokenList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the tokens, without their texts.")

  @OptionGroup var list: ListOptions
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let items = try await hub.client().get("tokens")["items"]?.sequence ?? []
    list.show(items, none: "no tokens") { Self.table(items, wide: $0) }
  }

  private static func table(_ items: [Node], wide: Bool) -> String {
    var table = Table(["NAME", "CREATED", "EXPIRES"])
    for item in items {
      table.rows.append([
        item["name"]?.string ?? "", item["createdAt"]?.string ?? "", item["expiresAt"]?.string ?? "never",
      ])
    }
    return table.text(whole: wide)
  }
}

struct TokenRevoke: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "revoke", abstract: "Takes a token back.")

  @Argument(help: "Whose it is.", completion: NameCompletion.tokens) var name: String
  @OptionGroup var hub: HubOptions

  func run() async throws {
    _ = try await hub.client().delete("tokens/" + URLText.segment(name))
    StandardError.write("the token of \(Visible.text(name)) is good for nothing any more")
  }
}
