import Fleet
import Foundation
import Manifest

/// A rollout in words and tables.
struct FleetRolloutText {
  private static let shownTargets = 20
  private static let shownAnalyses = 10
  private static let shownValues = 8

  let rollout: Node

  private func text(_ key: String) -> String { rollout[key]?.string ?? "" }

  var phase: String { text("phase") }
  var isOver: Bool { ["Aborted", "RolledBack", "RollbackFailed", "Succeeded", "Superseded"].contains(phase) }
  var hasFailed: Bool { rollout["failed"]?.bool ?? false }
  private var waves: [Node] { rollout["waves"]?.sequence ?? [] }
  private var targets: [Node] { rollout["targets"]?.sequence ?? [] }

  private static func count(_ wave: Node, _ phases: String...) -> Int64 {
    phases.reduce(0) { $0 + (wave["counts"]?[$1]?.int ?? 0) }
  }

  /// `2/5 rest`: the wave that is under way.
  var position: String {
    guard let index = waves.firstIndex(where: { $0["phase"]?.string != "Passed" }) else {
      return waves.isEmpty ? "" : "\(waves.count)/\(waves.count)"
    }
    return "\(index + 1)/\(waves.count) \(waves[index]["name"]?.string ?? "")"
  }

  /// `12/40`: clusters that have the new version, of all.
  var progress: String {
    let done = waves.reduce(0) { $0 + Self.count($1, "Done") }
    let all = waves.reduce(0) { $0 + ($1["size"]?.int ?? 0) }
    return all == 0 ? "" : "\(done)/\(all)"
  }

  // MARK: The whole of it

  var lines: [String] { lines(whole: false) }

  /// - Parameter whole: cuts nothing on a terminal either.
  func lines(whole: Bool) -> [String] {
    guard rollout["number"] != nil else {
      return ["nothing of \(Visible.text(text("set"))) was rolled out yet"] + problemLines
    }
    return head + [""] + Self.lines(of: waveTable, whole) + analysisLines(whole) + targetLines(whole) + adviceLines
      + problemLines
  }

  private var head: [String] {
    let reason = text("reason")
    var lines = ["\(Visible.text(text("name")))   \(Paint.state(phase))\(reason.isEmpty ? "" : " (\(reason))")"]
    func add(_ name: String, _ value: String) {
      if !value.isEmpty {
        lines.append("  " + name.padding(toLength: 10, withPad: " ", startingAt: 0) + Visible.text(value))
      }
    }
    add("change", text("trigger"))
    for change in rollout["changes"]?.sequence ?? [] { add("model", change.string ?? "") }
    add("begun", Age.of(rollout["createdAt"]?.string) + " ago")
    if isOver { add("ended", Age.of(rollout["finishedAt"]?.string) + " ago") }
    add(isOver ? "end" : "now", text("message"))
    add("touched", touched)
    if let analysis = rollout["analysis"] { add("beside", Self.gate(analysis)) }
    add("git", git)
    return lines
  }

  private var touched: String {
    let count = targets.count { $0["touched"]?.bool == true }
    let back = targets.filter { $0["phase"]?.string == "RolledBack" }
    let restored = back.count { $0["from"] != nil }
    var words = "\(count) of \(targets.count) clusters"
    if restored > 0 { words += "; \(restored) restored" }
    if back.count > restored {
      let new = back.count - restored
      words += "; \(new) \(new == 1 ? "stays" : "stay") at the new version (new, nothing to go back to)"
    }
    if restored > 0, text("reason") != "Requested", let seconds = rollout["secondsToRestore"]?.int {
      words += ", the last one \(seconds) s after it was seen to fail"
    }
    return words
  }

  private var git: String {
    guard let revert = rollout["revert"] else { return "" }
    let commits = (revert["commits"]?.sequence ?? []).compactMap(\.string).map { String($0.prefix(12)) }
    switch revert["phase"]?.string {
    case "pushed": return "taken back by \(commits.joined(separator: ", "))"
    case "refused": return "not taken back: \(revert["message"]?.string ?? "")"
    default: return "is being taken back"
    }
  }

  private static func gate(_ gate: Node) -> String {
    let message = gate["message"]?.string ?? ""
    return "analysis \(gate["name"]?.string ?? "") \(gate["phase"]?.string ?? "")"
      + (message.isEmpty ? "" : ": " + message)
  }

  private var waveTable: Table {
    var table = Table(["WAVE", "PHASE", "CLUSTERS", "DONE", "UNDER WAY", "FAILED", "AWAY", "BACK", "GATE"])
    for wave in waves {
      table.rows.append([
        wave["name"]?.string ?? "", wave["phase"]?.string ?? "", "\(wave["size"]?.int ?? 0)",
        "\(Self.count(wave, "Done"))", "\(Self.count(wave, "Admitted", "Syncing", "Verifying", "RollingBack"))",
        "\(Self.count(wave, "Failed", "RollbackFailed"))", "\(Self.count(wave, "Away"))",
        "\(Self.count(wave, "RolledBack"))", waiting(wave),
      ])
    }
    return table
  }

  private func waiting(_ wave: Node) -> String {
    if let gate = wave["analysis"] { return Self.gate(gate) }
    switch wave["phase"]?.string {
    case "Paused": return wave["pausedUntil"]?.string.map { "pauses until \($0)" } ?? "waits for approval"
    case "Soaking": return "soaks until \(wave["soakUntil"]?.string ?? "")"
    default: return ""
    }
  }

  /// Each metric with its last values, the newest last.
  private func analysisLines(_ whole: Bool) -> [String] {
    var table = Table(["ANALYSIS", "PHASE", "METRIC", "PHASE", "COUNTS", "VALUES"])
    for run in rollout["analyses"]?.sequence ?? [] {
      let status = AnalysisStatus(run["status"] ?? .null)
      for result in status.results {
        var counts = ["\(result.successful) ok"]
        if result.failed > 0 { counts.append("\(result.failed) failed") }
        if result.inconclusive > 0 { counts.append("\(result.inconclusive) inconclusive") }
        if result.error > 0 { counts.append("\(result.error) errors") }
        let values = result.measurements.suffix(Self.shownValues).map { $0.value.isEmpty ? $0.message : $0.value }
        table.rows.append([
          run["name"]?.string ?? "", status.phase.rawValue, result.name, result.phase.rawValue,
          counts.joined(separator: ", "), values.map { String($0.prefix(24)) }.joined(separator: " "),
        ])
      }
    }
    if table.rows.isEmpty { return [] }
    let more = table.rows.count - Self.shownAnalyses
    table.rows = Array(table.rows.suffix(Self.shownAnalyses))
    return [""] + Self.lines(of: table, whole) + (more > 0 ? ["and \(more) more before these"] : [])
  }

  /// What it touched, and what something else is to be said of: what failed first.
  private func targetLines(_ whole: Bool) -> [String] {
    let shown = targets.filter { target in
      target["touched"]?.bool == true || !["Queued", "Done"].contains(target["phase"]?.string ?? "")
    }.enumerated().sorted { (Self.rank($0.element), $0.offset) < (Self.rank($1.element), $1.offset) }.map(\.element)
    if shown.isEmpty { return [] }
    var table = Table(["APPLICATION", "CLUSTER", "WAVE", "PHASE", "REASON", "CHANGE", "MESSAGE"])
    for target in shown.prefix(Self.shownTargets) {
      table.rows.append(
        ["application", "cluster", "wave", "phase", "reason"].map { target[$0]?.string ?? "" }
          + [Self.change(target), target["message"]?.string ?? ""])
    }
    let more = shown.count > Self.shownTargets ? ["and \(shown.count - Self.shownTargets) more"] : []
    return [""] + Self.lines(of: table, whole) + more
  }

  private static func rank(_ target: Node) -> Int {
    switch target["phase"]?.string {
    case "Failed", "RollbackFailed": 0
    case "RolledBack" where !(target["reason"]?.string ?? "").isEmpty: 1
    case "Done": 3
    default: 2
    }
  }

  /// `1a2b3c4d → 5e6f7a8b`; the other way round for what was taken back.
  private static func change(_ target: Node) -> String {
    func short(_ key: String, _ absent: String) -> String {
      guard let revision = target[key]?.string else { return absent }
      return revision.isEmpty
        ? "?" : revision.split(separator: ",").map { String($0.prefix(8)) }.joined(separator: ",")
    }
    let (from, to) = (short("from", "nothing"), short("to", "nothing"))
    if ["RollingBack", "RolledBack"].contains(target["phase"]?.string), target["from"] != nil {
      return "\(to) → \(from) (back)"
    }
    return from == to && from != "?" ? "\(from), manifest" : "\(from) → \(to)"
  }

  private var adviceLines: [String] {
    let advice = (rollout["advice"]?.sequence ?? []).compactMap(\.string)
    return advice.isEmpty ? [] : ["", "What now:"] + AdviceText.lines(advice)
  }

  /// Why nothing new can be planned; empty for nothing.
  var problem: String { text("problem") }

  private var problemLines: [String] {
    var lines: [String] = []
    let held = rollout["held"]?.sequence ?? []
    let unmatched = rollout["unmatched"]?.sequence ?? []
    if !text("problem").isEmpty {
      lines.append(Paint.red("nothing new can be planned: " + Visible.text(text("problem"))))
    }
    if !held.isEmpty {
      lines.append("held: what is wanted of \(held.count) applications was taken back, and is not rolled out again")
    }
    if !unmatched.isEmpty {
      let names = unmatched.prefix(3).compactMap(\.string).joined(separator: ", ")
      lines.append("no step selects \(unmatched.count) applications, which stay as they are: \(names)")
    }
    return lines.isEmpty ? [] : [""] + lines
  }

  private static func lines(of table: Table, _ whole: Bool) -> [String] {
    table.text(whole: whole).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }
}
