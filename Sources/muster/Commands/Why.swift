import ArgumentParser
import Manifest

/// `muster why APP`: from selector to last error, in words.
struct Why: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract: "Explains an Application: selector, template, render, plan, last error.")

  @Argument(help: "The Application.", completion: NameCompletion.applications) var name: String
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let client = try hub.client()
    let path = "applications/" + URLText.segment(name)
    let item = try await client.get(path)
    let events = try await client.get(path + "/events")["items"]?.sequence ?? []
    print(WhyText(item: item, events: events).lines.map(Visible.text).joined(separator: "\n"))
  }
}

/// What led to how an Application stands, step by step; the step that stopped it has the last word.
struct WhyText {
  private static let stages = ["registry", "connect", "render", "plan", "apply", "done"]
  private static let mostObjects = 10

  let item: Node
  let events: [Node]

  private var status: Node? { item["status"] }
  private var stage: String { status?["stage"]?.string ?? "" }
  private var message: String { status?["message"]?.string ?? "" }
  private var resources: [Node] { status?["resources"]?.sequence ?? [] }
  private var conditions: [Node] { status?["conditions"]?.sequence ?? [] }

  var lines: [String] {
    ["application \(item["name"]?.string ?? "")"] + origin + cluster + source + plan + sync + rollout + remarks + end
  }

  private var origin: [String] {
    let set = item["applicationSet"]?.string.map { "ApplicationSet \($0)" } ?? "a manifest of the fleet repository"
    return [step("comes from", set), step("selected", selection)]
  }

  private var selection: String {
    guard let cluster = item["cluster"]?.string else { return "no registered cluster is its destination" }
    let labels = (item["clusterLabels"]?.mapping ?? Mapping()).map { "\($0.key)=\($0.value.string ?? "")" }
    return "cluster \(cluster)" + (labels.isEmpty ? "" : " (\(labels.joined(separator: ", ")))")
  }

  private var reached: Int { Self.stages.firstIndex(of: stage) ?? (stage == "delete" ? Self.stages.count : 0) }

  private var cluster: [String] {
    if reached > 1 { return [step("cluster", "answers")] }
    return [step("cluster", message.isEmpty ? "not looked at yet" : message)]
  }

  private var source: [String] {
    guard reached >= 2 else { return [] }
    var lines = SourceText.sources(item).map { step("source", SourceText.of($0)) }
    let revision = status?["sync"]?["revision"]?.string ?? ""
    if stage == "render" {
      lines.append(step("render", message))
    } else if !revision.isEmpty, stage != "delete" {
      lines.append(step("render", "commit \(revision.prefix(12))"))
    }
    return lines
  }

  /// Whether it was stopped before anything was compared: its project, or another hub, says no.
  private var isRefused: Bool { stage == "plan" && status?["sync"]?["status"]?.string == "Unknown" && !message.isEmpty }

  private var plan: [String] {
    if stage == "delete" { return [step("deletion", message)] }
    guard reached >= 3 else { return [] }
    if isRefused { return [step("plan", "refused: " + message)] }
    let behind = resources.filter { $0["status"]?.string != "Synced" }
    let all = resources.count == 1 ? "1 object" : "\(resources.count) objects"
    var lines = [
      step("plan", behind.isEmpty ? "\(all), nothing to change" : "\(behind.count) of \(all) out of sync")
    ]
    for resource in behind.prefix(Self.mostObjects) {
      let names = [resource["namespace"]?.string, resource["name"]?.string].compactMap(\.self).filter { !$0.isEmpty }
      lines.append(
        step(
          "", "\(resource["kind"]?.string ?? "") \(names.joined(separator: "/")): \(resource["message"]?.string ?? "")")
      )
    }
    if behind.count > Self.mostObjects { lines.append(step("", "and \(behind.count - Self.mostObjects) more")) }
    return lines
  }

  /// The sync that is under way, or the last one where it failed.
  private var sync: [String] {
    let operation = status?["operationState"]
    let (phase, name) = (operation?["phase"]?.string ?? "", item["name"]?.string ?? "")
    let id = operation?["id"]?.int.map { "sync \($0)" } ?? "the sync"
    switch phase {
    case "Running", "Terminating":
      let by = operation?["operation"]?["initiatedBy"]?["username"]?.string ?? ""
      let words = [operation?["message"]?.string ?? "", message].first { !$0.isEmpty } ?? ""
      return [
        step(
          "sync",
          "\(id) is under way since \(operation?["startedAt"]?.string ?? "")"
            + (by.isEmpty ? "" : ", asked for by \(by)")
            + (words.isEmpty ? "" : ": " + words)),
        step("", "to end it: muster app terminate \(name)"),
      ]
    case "Failed":
      return [
        step("sync", "\(id) failed: \(operation?["message"]?.string ?? "")"),
        step("", "object by object: muster app history \(name) --id \(operation?["id"]?.int ?? 0)"),
      ]
    default:
      return item["awaitsSync"]?.bool == true ? [step("sync", "one is asked for, and has not begun")] : []
    }
  }

  private var rollout: [String] {
    let words = item["rollout"]?.string ?? ""
    return words.isEmpty ? [] : [step("rollout", words)]
  }

  /// What is to be told beside, and was not told by a step before.
  private var remarks: [String] {
    let told = (source + plan + sync + cluster).joined(separator: "\n")
    var lines: [String] = []
    for condition in conditions {
      let words = condition["message"]?.string ?? ""
      if !told.contains(words) { lines.append(step("but", "\(condition["type"]?.string ?? ""): \(words)")) }
    }
    let isTold = message.isEmpty || (told + lines.joined(separator: "\n")).contains(message)
    return isTold ? lines : lines + [step("but", message)]
  }

  private var end: [String] {
    let health = [status?["health"]?["status"]?.string, status?["health"]?["message"]?.string]
    var lines: [String] = []
    if reached > 1, !isRefused {
      lines.append(step("health", health.compactMap(\.self).filter { !$0.isEmpty }.joined(separator: ": ")))
    }
    guard let last = events.first else { return lines }
    let (message, cause) = (last["message"]?.string ?? "", last["cause"]?.string ?? "")
    let what = [last["time"]?.string, last["kind"]?.string, last["outcome"]?.string].compactMap(\.self)
    let why = cause.isEmpty ? "" : last["kind"]?.string == "health" ? " (was \(cause))" : " (\(cause))"
    lines.append(step("last", what.joined(separator: " ") + (message.isEmpty ? "" : ": " + message) + why))
    return lines
  }

  private func step(_ name: String, _ text: String) -> String {
    "  " + name + String(repeating: " ", count: max(1, 12 - name.count)) + text
  }
}
