import ArgumentParser
import Manifest

/// `muster why APP`: from selector to last error, in words.
struct Why: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract: "Explains an Application: selector, template, render, plan, last error.")

  @Argument var name: String
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let client = try hub.client()
    let item = try await client.get("applications/" + name)
    let events = try await client.get("applications/\(name)/events")["items"]?.sequence ?? []
    print(WhyText(item: item, events: events).lines.joined(separator: "\n"))
  }
}

private struct WhyText {
  private static let stages = ["registry", "connect", "render", "plan", "apply", "done"]

  let item: Node
  let events: [Node]

  var lines: [String] {
    let status = item["status"]
    let stage = status?["stage"]?.string ?? ""
    let reached = Self.stages.firstIndex(of: stage) ?? 0
    let message = status?["message"]?.string ?? ""
    var lines = ["application \(item["name"]?.string ?? "")"]
    lines.append(
      "  comes from  "
        + (item["applicationSet"]?.string.map { "ApplicationSet \($0)" } ?? "a manifest of the fleet repository"))
    lines.append("  selected    " + selection)
    lines.append(step("cluster", reached > 1 ? "answers" : message.isEmpty ? "not looked at yet" : message))
    if reached >= 2 {
      for source in SourceText.sources(item) { lines.append(step("source", SourceText.of(source))) }
      lines.append(
        step(
          "render",
          stage == "render" ? message : "commit \(String((status?["sync"]?["revision"]?.string ?? "").prefix(12)))"))
    }
    if reached >= 3 {
      let resources = status?["resources"]?.sequence ?? []
      let behind = resources.filter { $0["status"]?.string != "Synced" }
      lines.append(
        step(
          "plan",
          behind.isEmpty
            ? "\(resources.count) objects, nothing to change" : "\(behind.count) of \(resources.count) objects differ"))
      for resource in behind.prefix(10) {
        lines.append(
          "                \(resource["kind"]?.string ?? "") \(resource["namespace"]?.string ?? "")/\(resource["name"]?.string ?? ""): \(resource["message"]?.string ?? "")"
        )
      }
    }
    for condition in status?["conditions"]?.sequence ?? [] {
      lines.append(step("but", "\(condition["type"]?.string ?? ""): \(condition["message"]?.string ?? "")"))
    }
    lines.append(
      step(
        "health",
        [status?["health"]?["status"]?.string, status?["health"]?["message"]?.string].compactMap(\.self).filter {
          !$0.isEmpty
        }.joined(separator: ": ")))
    if let last = events.first {
      lines.append(
        step(
          "last",
          "\(last["time"]?.string ?? "") \(last["kind"]?.string ?? "") \(last["outcome"]?.string ?? ""): \(last["message"]?.string ?? "") (\(last["cause"]?.string ?? ""))"
        ))
    }
    return lines
  }

  private var selection: String {
    guard let cluster = item["cluster"]?.string else { return "no registered cluster is its destination" }
    let labels = (item["clusterLabels"]?.mapping ?? Mapping()).map { "\($0.key)=\($0.value.string ?? "")" }
    return "cluster \(cluster) (\(labels.joined(separator: ", ")))"
  }

  private func step(_ name: String, _ text: String) -> String {
    "  " + name + String(repeating: " ", count: max(1, 12 - name.count)) + text
  }
}
