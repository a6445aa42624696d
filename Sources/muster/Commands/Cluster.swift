import ArgumentParser
import Manifest

/// `muster cluster …`.
struct ClusterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster", abstract: "Clusters: list them, bring them in.",
    subcommands: [
      ClusterList.self, ClusterGet.self, ClusterRegister.self, ClusterRotate.self, ClusterLabel.self,
      ClusterCordon.self,
      ClusterUncordon.self, ClusterUnregister.self,
    ])
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

struct ClusterGet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "get", abstract: "Shows a cluster, in JSON.")

  @Argument var name: String
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let items = try await hub.client().get("clusters")["items"]?.sequence ?? []
    guard let item = items.first(where: { $0["name"]?.string == name }) else {
      throw CommandError.message("no cluster is named '\(name)'", help: "muster cluster list", exit: .usage)
    }
    print(JSON.text(item, .init(indent: 2)))
  }
}

/// A new token for a registered cluster: the same way in as its registration.
struct ClusterRotate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Takes a new token for a registered cluster; labels and namespaces are given again.")

  @OptionGroup var registration: ClusterRegister

  func run() async throws { try await registration.run() }
}

struct ClusterLabel: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "label", abstract: "Sets labels over what the manifest says: KEY=VALUE, or KEY- to take one away.")

  @Argument var name: String
  @Argument var labels: [String]
  @OptionGroup var hub: HubOptions

  func run() async throws {
    var changes = Mapping()
    for label in labels {
      if label.hasSuffix("-"), !label.contains("=") {
        changes[String(label.dropLast())] = .null
      } else {
        let parts = label.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else {
          throw ValidationError("a label is KEY=VALUE or KEY-, not '\(label)'")
        }
        changes[String(parts[0])] = .string(String(parts[1]))
      }
    }
    _ = try await hub.client().post("clusters/\(name)/override", ["labels": .mapping(changes)])
  }
}

struct ClusterCordon: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cordon", abstract: "Takes a cluster out of service: nothing is applied there.")

  @Argument var name: String
  @OptionGroup var hub: HubOptions

  func run() async throws {
    _ = try await hub.client().post("clusters/\(name)/override", ["cordoned": true])
  }
}

struct ClusterUncordon: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uncordon", abstract: "Puts a cluster back into service.")

  @Argument var name: String
  @OptionGroup var hub: HubOptions

  func run() async throws {
    _ = try await hub.client().post("clusters/\(name)/override", ["cordoned": false])
  }
}

struct ClusterUnregister: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unregister", abstract: "Forgets a cluster that was registered through the hub; what runs there stays."
  )

  @Argument var name: String
  @OptionGroup var hub: HubOptions

  func run() async throws { _ = try await hub.client().delete("clusters/" + name) }
}
