import ArgumentParser
import Manifest

struct AppsetGet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Shows an ApplicationSet, its Applications and what is wrong with it.")

  @Argument(help: "The ApplicationSet.", completion: NameCompletion.sets) var name: String
  @OptionGroup var list: ListOptions
  @OptionGroup var watch: WatchOptions
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let client = try hub.client()
    try await watch.show(isForPeople: list.isForPeople) {
      let set = try await client.get("applicationsets/" + URLText.segment(name))
      let names = Set((set["applications"]?.sequence ?? []).compactMap(\.string))
      // Applications of no set cannot be asked for by one.
      let query = name == "-" ? "" : "?applicationset=" + URLText.segment(name)
      let applications = (try await client.get("applications" + query)["items"]?.sequence ?? []).filter {
        names.contains($0["name"]?.string ?? "")
      }
      var whole = set
      whole["applications"] = .sequence(applications)
      let fleet = list.isForPeople ? try await client.get("fleet") : .null
      let isStuck = FleetProblems(fleet: fleet, sets: []).blocksRemovals
      return list.text(whole) { wide in
        SetText(set: set, applications: applications, isStuck: isStuck).text(wide: wide)
      }
    }
  }
}

/// An ApplicationSet in words.
private struct SetText {
  let set: Node
  let applications: [Node]
  /// Whether removals wait for the fleet repository to be mended.
  let isStuck: Bool

  func text(wide: Bool) -> String {
    let spec = set["spec"]
    let template = spec?["template"]?["spec"]
    var lines: [(String, String?)] = [
      ("Name:", set["name"]?.string), ("File:", set["file"]?.string),
      ("Generators:", (spec?["generators"]?.sequence ?? []).map { Self.generator($0) }.joined(separator: "; ")),
      ("Templates:", spec?["goTemplate"]?.bool == true ? "Go templates" : "{{param}}"),
      ("Project:", template?["project"]?.string),
      ("Destination:", Self.destination(template?["destination"])),
      ("Sync:", Self.automated(template?["syncPolicy"]?["automated"])),
      ("Removes:", spec?["syncPolicy"]?["applicationsSync"]?.string),
      ("Strategy:", spec?["strategy"]?["type"]?.string ?? "AllAtOnce"),
      ("Applications:", counts), ("Resources:", resources), ("Health:", set["status"]?["health"]?["status"]?.string),
    ]
    let sources = SourceText.sources(template).map { ("Source:", String?.some(SourceText.of($0))) }
    lines.insert(contentsOf: sources, at: 5)
    if isStuck { lines.append(("Problem:", FleetProblems.removalsWait)) }
    lines += (set["problems"]?.sequence ?? []).map { ("Problem:", $0.string) }
    lines += (set["status"]?["conditions"]?.sequence ?? []).map { ("Condition:", Self.condition($0)) }
    var text = ""
    for (label, value) in lines {
      guard let value, !value.isEmpty else { continue }
      text += label + String(repeating: " ", count: 14 - label.count) + Visible.text(value) + "\n"
    }
    return applications.isEmpty ? text : text + "\n" + ApplicationRows.table(applications, wide: wide)
  }

  private static func condition(_ node: Node) -> String {
    let state = "\(node["type"]?.string ?? "") \(node["status"]?.string ?? "")"
    return "\(state), \(node["reason"]?.string ?? ""): \(node["message"]?.string ?? "")"
  }

  private var counts: String {
    let synced = applications.count { $0["status"]?["sync"]?["status"]?.string == "Synced" }
    let healthy = applications.count { $0["status"]?["health"]?["status"]?.string == "Healthy" }
    return "\(applications.count), \(synced) synced, \(healthy) healthy"
  }

  /// Said only where the status does not list them all.
  private var resources: String? {
    let status = set["status"]
    guard let count = status?["resourcesCount"]?.int, let listed = status?["resources"]?.sequence?.count,
      Int64(listed) < count
    else { return nil }
    return "\(listed) of \(count) are listed in the status"
  }

  private static let kinds = [
    "list", "clusters", "git", "matrix", "merge", "scmProvider", "pullRequest", "plugin", "clusterDecisionResource",
  ]

  private static func generator(_ node: Node) -> String {
    guard let kind = kinds.first(where: { node[$0] != nil }), let settings = node[kind] else { return "unknown" }
    switch kind {
    case "clusters": return "clusters" + selector(settings["selector"])
    case "list": return "list of \(settings["elements"]?.sequence?.count ?? 0)"
    case "git": return "git \(settings["repoURL"]?.string ?? "")"
    case "matrix", "merge":
      return kind + " of ("
        + (settings["generators"]?.sequence ?? []).map { generator($0) }.joined(separator: ", ") + ")"
    default: return kind
    }
  }

  private static func selector(_ selector: Node?) -> String {
    let equalities = (selector?["matchLabels"]?.mapping ?? Mapping()).map { "\($0.key)=\($0.value.string ?? "")" }
    let expressions = (selector?["matchExpressions"]?.sequence ?? []).map { expression in
      let values = (expression["values"]?.sequence ?? []).compactMap(\.string).joined(separator: ",")
      return "\(expression["key"]?.string ?? "") \(expression["operator"]?.string ?? "")"
        + (values.isEmpty ? "" : " (\(values))")
    }
    let parts = equalities + expressions
    return parts.isEmpty ? ", all" : " with " + parts.joined(separator: ", ")
  }

  private static func destination(_ node: Node?) -> String {
    [node?["name"]?.string ?? node?["server"]?.string, node?["namespace"]?.string.map { "namespace " + $0 }]
      .compactMap(\.self).joined(separator: ", ")
  }

  private static func automated(_ node: Node?) -> String {
    guard let node, !node.isNull, node["enabled"]?.bool != false else { return "by hand" }
    let extras = ["prune", "selfHeal"].filter { node[$0]?.bool == true }
    return (["automated"] + extras.map { $0 == "prune" ? "prunes" : "heals itself" }).joined(separator: ", ")
  }
}
