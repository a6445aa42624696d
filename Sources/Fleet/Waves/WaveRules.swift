import Manifest

/// What Muster's own fields of `rollingSync` must hold. They are errors, not warnings: a gate that is not understood must not
/// be passed over.
struct WaveRules {
  private static let longest = 366.0 * 86_400

  private let file: String
  private(set) var diagnostics: [Diagnostic] = []

  init(_ rolling: Node, file: String) {
    self.file = file
    checkAmount(rolling["rollback"]?["maxUpdate"], "rollback.maxUpdate")
    checkBudget(rolling["failureBudget"])
    checkAnalysis(rolling["analysis"], isBeside: true)
    for window in rolling["windows"]?.sequence ?? [] { checkWindow(window) }
    if let most = rolling["maxParallelClusters"], let number = most.int, number < 1 {
      report("strategy.bad-limit", "maxParallelClusters must be above 0", most)
    }
    for step in rolling["steps"]?.sequence ?? [] {
      for field in ["timeout", "soak"] { checkDuration(step[field], field) }
      checkDuration(step["pause"]?["duration"], "pause.duration")
      checkBudget(step["failureBudget"])
      checkAnalysis(step["analysis"], isBeside: false)
    }
  }

  private mutating func checkDuration(_ node: Node?, _ field: String) {
    guard let node, !node.isNull else { return }
    guard let seconds = WaveStrategy.Step.seconds(node), seconds >= 0, seconds <= Self.longest else {
      return report(
        "strategy.bad-duration", "\(field) must be a duration, not '\(DNSName.shown(node.value.scalarText ?? ""))'",
        node,
        help: "such as 90s, 15m or 2h")
    }
  }

  private mutating func checkAmount(_ node: Node?, _ field: String) {
    guard let node, !node.isNull, Amount(node) == nil else { return }
    report(
      "strategy.bad-amount",
      "\(field) must be a number from 0 up or a percentage, not '\(DNSName.shown(node.value.scalarText ?? ""))'", node,
      help: "such as 1 or \"25%\"")
  }

  private mutating func checkBudget(_ node: Node?) {
    checkAmount(node?["maxFailed"], "failureBudget.maxFailed")
    checkAmount(node?["maxUnreachable"], "failureBudget.maxUnreachable")
  }

  private mutating func checkAnalysis(_ node: Node?, isBeside: Bool) {
    guard let node, node.mapping != nil else { return }
    if let templates = node["templates"]?.sequence, templates.isEmpty {
      report("strategy.no-templates", "the analysis names no templates", node)
    }
    if isBeside, let scope = node["scope"], scope.string == WaveAnalysis.Scope.cluster.rawValue {
      report("strategy.bad-scope", "an analysis beside all steps is about the fleet, not about one cluster", scope)
    }
    if !isBeside, let start = node["startingStep"] {
      report("strategy.bad-scope", "startingStep is for the analysis beside all steps", start)
    }
    for argument in node["args"]?.sequence ?? [] {
      guard let path = argument["valueFrom"]?["fieldRef"]?["fieldPath"], let text = path.string else { continue }
      let isOfTarget = text.hasPrefix("target.")
      if isOfTarget, node["scope"]?.string != WaveAnalysis.Scope.cluster.rawValue {
        report(
          "strategy.bad-field", "there is no target in an analysis of a whole wave or fleet", path,
          help: "say scope: Cluster, or take rollout.… or wave.…")
      } else if !isOfTarget, !text.hasPrefix("rollout."), !text.hasPrefix("wave.") {
        report(
          "strategy.bad-field", "'\(DNSName.shown(text))' is no field of a rollout", path,
          help: "fields begin with rollout., wave. or target.")
      }
    }
  }

  private mutating func checkWindow(_ node: Node) {
    guard node.mapping != nil else { return }
    if let schedule = node["schedule"], let text = schedule.string {
      do {
        _ = try CronSchedule(text)
      } catch {
        report(
          "strategy.bad-window", "the schedule '\(DNSName.shown(text))' cannot be read: \(error.message)", schedule)
      }
    }
    if let duration = node["duration"], SyncWindow.seconds(duration.string ?? "") == nil {
      report("strategy.bad-window", "the window's duration must be one second or more", duration, help: "such as 2h")
    }
  }

  private mutating func report(_ code: String, _ message: String, _ node: Node, help: String? = nil) {
    diagnostics.append(Diagnostic(code, message, at: SourceLocation(file: file, mark: node.mark), help: help))
  }
}
