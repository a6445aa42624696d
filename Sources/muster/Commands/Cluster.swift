import ArgumentParser
import Engine
import Fleet
import Manifest

/// `muster cluster …`.
struct ClusterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster", abstract: "Clusters: list, look at, register, label, cordon.",
    subcommands: [
      ClusterList.self, ClusterGet.self, ClusterRegister.self, ClusterRotate.self, ClusterLabel.self,
      ClusterCordon.self,
      ClusterUncordon.self, ClusterUnregister.self,
    ])
}

struct ClusterList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the registered clusters.")

  @OptionGroup var list: ListOptions
  @OptionGroup var watch: WatchOptions
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let client = try hub.client()
    try await watch.show {
      let items = try await client.get("clusters")["items"] ?? .sequence([])
      return list.text(items) { Self.table(items, wide: $0) }
    }
  }

  private static func table(_ items: Node, wide: Bool) -> String {
    var table = Table(["NAME", "STATE", "VERSION", "OBJECTS"] + (wide ? ["SERVER"] : []) + ["LABELS", "MESSAGE"])
    for item in items.sequence ?? [] {
      table.rows.append(
        [
          item["name"]?.string ?? "", ClusterText.state(item), ClusterText.version(item) ?? "-",
          String(item["objects"]?.int ?? 0),
        ]
          + (wide ? [item["server"]?.string ?? ""] : [])
          + [
            ClusterText.labels(item).joined(separator: ","),
            ClusterText.message(item),
          ])
    }
    return table.text
  }
}

/// A cluster in words.
enum ClusterText {
  /// A cluster out of service that does not answer is told as what is worse.
  static func state(_ item: Node) -> String {
    let state = item["state"]?.string ?? "Unknown"
    return item["cordoned"]?.bool == true && state == "Reachable" ? "Cordoned" : state
  }

  /// The server's version, which the hub knows of clusters that answer.
  static func version(_ item: Node) -> String? {
    item["state"]?.string == "Reachable" ? item["message"]?.string : nil
  }

  /// Why it does not answer, or what will end that it does.
  static func message(_ item: Node) -> String {
    let parts = [version(item) == nil ? item["message"]?.string : nil, item["warning"]?.string]
    return parts.compactMap(\.self).filter { !$0.isEmpty }.joined(separator: "; ")
  }

  static func labels(_ item: Node) -> [String] {
    (item["labels"]?.mapping ?? Mapping()).map { "\($0.key)=\($0.value.string ?? "")" }
  }

  static func describe(_ item: Node, applications: [Node], wide: Bool) -> String {
    let lines = [
      ("Name:", item["name"]?.string ?? ""), ("Server:", item["server"]?.string ?? ""),
      ("State:", Paint.state(state(item))),
      (version(item) == nil ? "Message:" : "Version:", Visible.text(item["message"]?.string ?? "")),
      ("Warning:", Visible.text(item["warning"]?.string ?? "")),
      ("Cordoned:", item["cordoned"]?.bool == true ? "yes" : "no"),
      ("Objects:", String(item["objects"]?.int ?? 0)), ("Labels:", labels(item).joined(separator: ", ")),
    ]
    var text = ""
    for (label, value) in lines where !value.isEmpty {
      text += label + String(repeating: " ", count: 14 - label.count) + value + "\n"
    }
    return applications.isEmpty ? text : text + "\n" + ApplicationRows.table(applications, wide: wide)
  }
}

struct ClusterGet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Shows a cluster and the Applications on it.")

  @Argument var name: String
  @OptionGroup var list: ListOptions
  @OptionGroup var watch: WatchOptions
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let client = try hub.client()
    try await watch.show {
      let item = try await client.cluster(name)
      let applications = (try await client.get("applications")["items"]?.sequence ?? []).filter {
        $0["cluster"]?.string == name
      }
      return list.text(item) { ClusterText.describe(item, applications: applications, wide: $0) }
    }
  }
}

/// A new token for a registered cluster; everything else stays.
struct ClusterRotate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate", abstract: "Takes a new token for a registered cluster; labels and namespaces stay.")

  @Argument(help: "The cluster's name.") var name: String
  @OptionGroup var way: ClusterAccessOptions
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let client = try hub.client()
    let known = try await client.cluster(name)
    let target = try await way.target(name)
    let namespaces = (known["namespaces"]?.sequence ?? []).compactMap(\.string)
    try await ClusterRegistration(
      target: target, hub: client, manifests: RegistrationManifests(namespaces: namespaces), keepsImpersonation: true
    ).run(done: "cluster \(target.name) has a new token") { check throws(RegistrationCheck.Problem) in
      try check.rotating(target.name)
    }
  }
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
    _ = try await hub.client().post("clusters/\(URLText.segment(name))/override", ["labels": .mapping(changes)])
    StandardError.write("\(name) is labelled")
  }
}

struct ClusterCordon: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cordon", abstract: "Takes a cluster out of service: nothing is applied there.")

  @Argument var name: String
  @OptionGroup var hub: HubOptions

  func run() async throws {
    _ = try await hub.client().post("clusters/\(URLText.segment(name))/override", ["cordoned": true])
    StandardError.write("\(name) is out of service: nothing is applied there")
  }
}

struct ClusterUncordon: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uncordon", abstract: "Puts a cluster back into service.")

  @Argument var name: String
  @OptionGroup var hub: HubOptions

  func run() async throws {
    _ = try await hub.client().post("clusters/\(URLText.segment(name))/override", ["cordoned": false])
    StandardError.write("\(name) is in service again")
  }
}

struct ClusterUnregister: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unregister", abstract: "Forgets a cluster that was registered through the hub; what runs there stays."
  )

  @Argument var name: String
  @OptionGroup var hub: HubOptions

  func run() async throws {
    _ = try await hub.client().delete("clusters/" + URLText.segment(name))
    StandardError.write("\(name) is forgotten; what runs there stays")
  }
}
