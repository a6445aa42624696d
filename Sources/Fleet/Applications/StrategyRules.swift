import Manifest

/// What `spec.strategy` must hold. What Argo CD's controller only says in a condition is a warning here, and such a set
/// generates its Applications all the same; but where it cannot be told how changes go over the clusters, it is an error: a
/// slip of the pen must not bring everything everywhere at once.
struct StrategyRules {
  private static let types = ["AllAtOnce", "RollingSync"]
  private static let orders = ["AllAtOnce", "Reverse"]

  private let file: String
  private(set) var diagnostics: [Diagnostic] = []

  init(file: String) { self.file = file }

  mutating func check(_ strategy: Node?) {
    guard let strategy, strategy.mapping != nil else { return }
    let type = strategy["type"]?.string ?? ""
    if let node = strategy["type"], !type.isEmpty, !Self.types.contains(type) {
      report(
        "strategy.unknown-type", "'\(DNSName.shown(type))' is no strategy", node,
        help: "known: " + Self.types.joined(separator: ", "))
    }
    let steps = strategy["rollingSync"]?["steps"]?.sequence ?? []
    checkOrder(strategy["deletionOrder"], isRolling: type == "RollingSync" && !steps.isEmpty)
    if type == "RollingSync", steps.isEmpty {
      report(
        "strategy.no-steps", "no steps are defined for the rollout", strategy["rollingSync"] ?? strategy,
        help: "give rollingSync steps, or say type: AllAtOnce")
    }
    for step in steps { checkStep(step) }
    if let rolling = strategy["rollingSync"] {
      let waves = WaveRules(rolling, file: file)
      diagnostics += waves.diagnostics
    }
  }

  /// Argo CD does not look at the case of the word.
  private mutating func checkOrder(_ node: Node?, isRolling: Bool) {
    guard let node, let order = node.string, !order.isEmpty else { return }
    guard let known = Self.orders.first(where: { $0.lowercased() == order.lowercased() }) else {
      return warn(
        "strategy.unknown-order", "'\(DNSName.shown(order))' is no deletionOrder", node,
        help: "known: " + Self.orders.joined(separator: ", "))
    }
    if known == "Reverse", !isRolling {
      warn("strategy.unknown-order", "deletionOrder Reverse needs the type RollingSync and steps", node)
    }
  }

  private mutating func checkStep(_ step: Node) {
    for expression in step["matchExpressions"]?.sequence ?? [] {
      let name = expression["operator"]?.string ?? ""
      guard name != "In", name != "NotIn" else { continue }
      warn(
        "strategy.bad-step", "a step's matchExpressions take the operators In and NotIn, not '\(DNSName.shown(name))'",
        expression["operator"] ?? expression)
    }
    guard let update = step["maxUpdate"], !update.isNull, !Self.isAmount(update) else { return }
    warn(
      "strategy.bad-max-update",
      "maxUpdate must be a number from 0 up or a percentage, not '\(DNSName.shown(update.value.scalarText ?? ""))'",
      update, help: "such as 1 or \"25%\"")
  }

  private static func isAmount(_ node: Node) -> Bool {
    if let number = node.int { return number >= 0 }
    guard let text = node.string else { return false }
    if let number = Int(text) { return number >= 0 }
    return text.hasSuffix("%") && Int(text.dropLast()).map { $0 >= 0 } ?? false
  }

  private mutating func report(_ code: String, _ message: String, _ node: Node, help: String) {
    diagnostics.append(Diagnostic(code, message, at: SourceLocation(file: file, mark: node.mark), help: help))
  }

  private mutating func warn(_ code: String, _ message: String, _ node: Node, help: String? = nil) {
    diagnostics.append(
      Diagnostic(
        code, severity: .warning, message, at: SourceLocation(file: file, mark: node.mark), help: help))
  }
}
