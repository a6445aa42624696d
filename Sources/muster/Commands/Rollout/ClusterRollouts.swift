import Fleet
import Foundation
import Manifest

/// Rollouts in a cluster, asked of the hub: what `muster rollout … --cluster C` prints.
struct ClusterRollouts {
  private static let interval = Duration.seconds(1)

  let client: HubClient
  let cluster: String

  private static func segment(_ text: String) -> String { URLText.segment(text) }

  private var path: String { "clusters/\(Self.segment(cluster))/rollouts" }

  private func path(_ namespace: String, _ name: String) -> String {
    path + "/\(Self.segment(namespace))/\(Self.segment(name))"
  }

  // MARK: What is there

  /// The Rollouts, as the hub lists them.
  /// - Parameter namespace: nil for all.
  func items(namespace: String?) async throws -> [Node] {
    let query = namespace.map { "?namespace=" + Self.segment($0) } ?? ""
    return try await client.get(path + query)["items"]?.sequence ?? []
  }

  /// One Rollout with its versions, as the hub tells.
  func item(_ namespace: String, _ name: String) async throws -> Node { try await client.get(path(namespace, name)) }

  /// Shows it whenever it changes, until it is Healthy or Degraded, or waits for a person.
  /// - Parameters:
  ///   - seconds: gives up after so long; nil for never.
  ///   - forever: goes on while it waits for a person, and after the end.
  /// - Throws: ``CommandError`` of exit `gate` when it ends Degraded, `differs` when it waits for a person, `timeout`
  ///   when the time is over.
  func watch(_ namespace: String, _ name: String, timeout seconds: Double?, forever: Bool) async throws {
    let end = seconds.map { Date().timeIntervalSince1970 + $0 }
    var shown = ""
    while true {
      let item = try await item(namespace, name)
      let text = RolloutText.line(item)
      if text != shown { print(text) }
      fflush(nil)
      shown = text
      switch item["phase"]?.string {
      case _ where forever: break
      case "Healthy": return
      case "Paused" where item["waitsForPerson"]?.bool == true:
        for line in AdviceText.lines(RolloutText.advice(item, cluster: cluster)) { StandardError.write(line) }
        throw CommandError.silent(.differs)
      case "Degraded":
        throw CommandError.message(
          "rollout \(Visible.text(name)) is Degraded: \(Visible.text(item["message"]?.string ?? ""))", exit: .gate)
      default: break
      }
      if let end, Date().timeIntervalSince1970 > end {
        throw CommandError.message("rollout \(Visible.text(name)) is not done in the given time", exit: .timeout)
      }
      try await Task.sleep(for: Self.interval)
    }
  }

  // MARK: What is asked of it

  /// Asks for a verb.
  func act(_ verb: RolloutVerb, _ namespace: String, _ name: String) async throws {
    var body = Mapping()
    switch verb {
    case .undo(let revision?): body["revision"] = Node(.int(Int64(revision)))
    case .setImage(let container, let image):
      body["container"] = .string(container)
      body["image"] = .string(image)
    default: break
    }
    _ = try await client.post(path(namespace, name) + "/" + verb.name, .mapping(body))
  }
}

/// A Rollout as text.
enum RolloutText {
  static func number(_ node: Node?, or other: String = "0") -> String { node?.int.map { String($0) } ?? other }

  static func step(_ item: Node) -> String {
    guard let step = item["step"]?.int else { return "-" }
    return "\(step)/\(item["steps"]?.sequence?.count ?? 0)"
  }

  /// One line for a log.
  static func line(_ item: Node) -> String {
    var parts = [item["phase"]?.string ?? ""]
    if let message = item["message"]?.string, !message.isEmpty { parts.append(Visible.text(message)) }
    if item["step"] != nil { parts.append("step \(step(item))") }
    if let weight = item["actualWeight"]?.int { parts.append("weight \(weight)") }
    parts.append("\(number(item["updated"])) of \(number(item["desired"])) updated")
    parts.append("\(number(item["available"])) available")
    return parts.joined(separator: ", ")
  }

  static func table(_ items: [Node]) -> Table {
    var table = Table([
      "NAMESPACE", "NAME", "STRATEGY", "STATUS", "STEP", "SET-WEIGHT", "READY", "DESIRED", "UP-TO-DATE", "AVAILABLE",
    ])
    table.rows = items.map { item in
      [
        item["namespace"]?.string ?? "", item["name"]?.string ?? "", item["strategy"]?.string ?? "",
        item["phase"]?.string ?? "", step(item), number(item["setWeight"], or: "-"),
        "\(number(item["ready"]))/\(number(item["current"]))",
        number(item["desired"]), number(item["updated"]), number(item["available"]),
      ]
    }
    return table
  }

  /// The versions of a Rollout, the newest first.
  static func revisions(_ sets: [Node]) -> Table {
    var table = Table(["REVISION", "REPLICASET", "ROLES", "REPLICAS", "READY", "AVAILABLE", "CREATED", "AGE"])
    table.rows = sets.map { set in
      [
        number(set["revision"]), set["name"]?.string ?? "",
        (set["roles"]?.sequence ?? []).compactMap(\.string).joined(separator: ","), number(set["replicas"]),
        number(set["ready"]), number(set["available"]), set["created"]?.string ?? "", Age.of(set["created"]?.string),
      ]
    }
    return table
  }

  /// What a person may do now.
  static func advice(_ item: Node, cluster: String) -> [String] {
    let name = item["name"]?.string ?? ""
    let subject = "\(name) --cluster \(cluster) -n \(item["namespace"]?.string ?? "")"
    func command(_ verb: String, _ words: String) -> String { "muster rollout \(verb) \(subject)   \(words)" }
    switch item["phase"]?.string {
    case "Degraded" where item["aborted"]?.bool == true:
      return [
        command("retry", "tries the new version once more"), command("rollback", "goes back to the revision before"),
        "or push a fix",
      ]
    case "Degraded": return [command("rollback", "goes back to the revision before"), "or push a fix"]
    case "Paused" where item["paused"]?.bool == true: return [command("resume", "goes on")]
    case "Paused":
      return [
        command("approve", "goes on"), command("promote --full", "goes on without any other step"),
        command("abort", "goes back to the stable version"),
      ]
    default: return []
    }
  }

  static func whole(_ item: Node, cluster: String, now: Double, isWide: Bool) -> String {
    let advice = advice(item, cluster: cluster)
    let words = advice.isEmpty ? "" : "\n" + (["What now:"] + AdviceText.lines(advice)).joined(separator: "\n") + "\n"
    return head(item) + "\n\n" + tree(item, now: now).text(whole: isWide) + words
  }

  private static func head(_ item: Node) -> String {
    var lines = [
      row("Name", item["name"]?.string ?? ""), row("Namespace", item["namespace"]?.string ?? ""),
      row("Status", sign(item["phase"]?.string ?? "") + " " + (item["phase"]?.string ?? "")),
    ]
    if let message = item["message"]?.string, !message.isEmpty { lines.append(row("Message", message)) }
    lines.append(row("Strategy", item["strategy"]?.string ?? ""))
    if item["strategy"]?.string == "Canary" {
      if item["step"] != nil { lines.append(row("  Step", step(item))) }
      lines.append(row("  SetWeight", number(item["setWeight"])))
      lines.append(row("  ActualWeight", number(item["actualWeight"])))
    }
    let images = item["images"]?.sequence ?? []
    for (position, image) in images.enumerated() {
      let roles = (image["roles"]?.sequence ?? []).compactMap(\.string)
      let text = (image["image"]?.string ?? "") + (roles.isEmpty ? "" : " (\(roles.joined(separator: ", ")))")
      lines.append(row(position == 0 ? "Images" : "", text))
    }
    lines.append("Replicas:")
    for (label, key) in [
      ("Desired", "desired"), ("Current", "current"), ("Updated", "updated"), ("Ready", "ready"),
      ("Available", "available"),
    ] { lines.append(row("  " + label, number(item[key]))) }
    lines += steps(item)
    return lines.joined(separator: "\n")
  }

  private static func row(_ label: String, _ text: String) -> String {
    let head = label.isEmpty ? "" : label + ":"
    return head + String(repeating: " ", count: max(1, 17 - head.count)) + Visible.text(text)
  }

  private static func steps(_ item: Node) -> [String] {
    let steps = (item["steps"]?.sequence ?? []).compactMap(\.string)
    guard !steps.isEmpty, let current = item["step"]?.int else { return [] }
    return ["Steps:"]
      + steps.enumerated().map { index, text in
        "  \(index < current ? "✔" : index == current ? "▶" : " ") \(index + 1) \(Visible.text(text))"
      }
  }

  private static func sign(_ phase: String) -> String {
    switch phase {
    case "Healthy", "Successful", "Running": "✔"
    case "Degraded", "Failed", "Error": "✖"
    case "Paused": "॥"
    case "Inconclusive": "?"
    default: "◌"
    }
  }

  private static func sign(of pod: Node) -> String {
    if pod["ready"]?.bool == true { return "✔" }
    return ["Running", "Pending", "ContainerCreating", "PodInitializing", "Terminating"].contains(pod["state"]?.string)
      ? "◌" : "✖"
  }

  // MARK: The tree

  private static func tree(_ item: Node, now: Double) -> Table {
    var table = Table(["NAME", "KIND", "STATUS", "AGE", "INFO"])
    table.rows.append(["⟳ " + (item["name"]?.string ?? ""), "Rollout", item["phase"]?.string ?? "", "", ""])
    let sets = item["replicaSets"]?.sequence ?? []
    for (position, set) in sets.enumerated() {
      let isLast = position == sets.count - 1
      table.rows.append([(isLast ? "└──" : "├──") + "# revision:" + number(set["revision"]), "", "", "", ""])
      append(set, indent: isLast ? "   " : "│  ", to: &table, now)
    }
    return table
  }

  private static func append(_ set: Node, indent: String, to table: inout Table, _ now: Double) {
    let runs = set["analysisRuns"]?.sequence ?? []
    let isScaledDown = number(set["replicas"]) == "0"
    let isReady = number(set["available"]) == number(set["replicas"])
    var info = (set["roles"]?.sequence ?? []).compactMap(\.string)
    if let deadline = set["scaleDownDeadline"]?.string.flatMap({ AnalysisTime($0) }), deadline.seconds > now {
      info.append("delay:" + age(of: deadline.seconds - now))
    }
    table.rows.append([
      indent + (runs.isEmpty ? "└──" : "├──") + "⧉ " + (set["name"]?.string ?? ""), "ReplicaSet",
      isScaledDown ? "• ScaledDown" : isReady ? "✔ Healthy" : "◌ Progressing", age(set["created"], now),
      info.joined(separator: ","),
    ])
    let pods = set["pods"]?.sequence ?? []
    for (position, pod) in pods.enumerated() {
      let state = pod["state"]?.string ?? ""
      var info = ["ready:" + (pod["ready"]?.bool == true ? "1/1" : "0/1")]
      if let restarts = pod["restarts"]?.int, restarts > 0 { info.append("restarts:\(restarts)") }
      table.rows.append([
        indent + (runs.isEmpty ? "   " : "│  ") + (position == pods.count - 1 ? "└──" : "├──") + "□ "
          + (pod["name"]?.string ?? ""), "Pod", sign(of: pod) + " " + state, age(pod["created"], now),
        info.joined(separator: ","),
      ])
    }
    for (position, run) in runs.enumerated() {
      let phase = run["phase"]?.string ?? ""
      table.rows.append([
        indent + (position == runs.count - 1 ? "└──" : "├──") + "α " + (run["name"]?.string ?? ""), "AnalysisRun",
        sign(phase) + " " + phase, age(run["created"], now), run["message"]?.string ?? "",
      ])
    }
  }

  private static func age(_ node: Node?, _ now: Double) -> String {
    node?.string.flatMap { AnalysisTime($0) }.map { age(of: now - $0.seconds) } ?? ""
  }

  private static func age(of seconds: Double) -> String {
    let whole = Int(max(0, min(seconds, 1e9)))
    if whole < 120 { return "\(whole)s" }
    if whole < 7_200 { return "\(whole / 60)m" }
    return whole < 172_800 ? "\(whole / 3600)h" : "\(whole / 86_400)d"
  }
}
