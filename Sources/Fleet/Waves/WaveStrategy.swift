package import Manifest

/// How a change goes over the clusters of an ApplicationSet: `spec.strategy.rollingSync`.
///
/// `steps` with `matchExpressions` and `maxUpdate` are Argo CD's and mean what they mean there
/// (`applicationset/progressivesync`); everything else is Muster's (docs/waves.md).
package struct WaveStrategy: Sendable, Equatable {
  /// What happens when more failed than a budget allows, or a gate did not pass.
  package enum FailureAction: String, Sendable, CaseIterable {
    case pause = "Pause"
    case abort = "Abort"
    case rollback = "Rollback"
    case proceed = "Continue"
  }

  package enum BackScope: String, Sendable, CaseIterable {
    case failed = "Failed"
    case wave = "Wave"
    case fleet = "Fleet"
  }

  package enum BackMode: String, Sendable, CaseIterable {
    /// The clusters go back, and the bad revision is held.
    case pin = "Pin"
    /// And the branch gets a commit that takes it back.
    case gitRevert = "GitRevert"
  }

  package struct WayBack: Sendable, Equatable {
    package var scope = BackScope.fleet
    package var mode = BackMode.pin
    /// Clusters at once; nil for as many as may change at once.
    package var maxUpdate: Amount?
  }

  package struct Budget: Sendable, Equatable {
    /// What may fail; 0 unless said otherwise.
    package var maxFailed = Amount.number(0)
    /// What may be away; nil for any number.
    package var maxUnreachable: Amount?
  }

  package struct Pause: Sendable, Equatable {
    /// Seconds; nil waits for a person.
    package var duration: Double?
  }

  package struct Step: Sendable, Equatable {
    /// Empty where it has none.
    package var name: String
    package var expressions: [Expression]
    /// Nil for all at once.
    package var maxUpdate: Amount?
    /// Before the step.
    package var pause: Pause?
    /// Seconds that one cluster has from its admission until it is verified; nil for any time.
    package var timeout: Double?
    /// Seconds that all clusters of the step must be well before it counts as passed.
    package var soak: Double
    package var analysis: WaveAnalysis?
    package var budget: Budget?
  }

  /// As Argo CD reads it: `In` needs the label, `NotIn` is content without it, and any other operator with nothing else.
  package struct Expression: Sendable, Equatable {
    package var key: String
    package var `operator`: String
    package var values: [String]

    func matches(_ labels: [String: String]) -> Bool {
      switch `operator` {
      case "In": labels[key].map(values.contains) ?? false
      case "NotIn": !(labels[key].map(values.contains) ?? false)
      default: labels[key] == nil
      }
    }
  }

  package var steps: [Step]
  package var onFailure = FailureAction.pause
  package var wayBack = WayBack()
  /// Clusters in the middle of a change, over all steps; nil for any number.
  package var maxParallelClusters: Int?
  /// Over the whole rollout; nil where only steps have one.
  package var budget: Budget?
  /// Beside all steps from ``WaveAnalysis/startingStep`` on.
  package var analysis: WaveAnalysis?
  /// When clusters may be admitted; empty for always.
  package var windows: [SyncWindow] = []

  /// - Parameter strategy: `spec.strategy` of a set whose types have been checked.
  /// - Returns: nil where everything is synced at once.
  package init?(_ strategy: Node?) {
    guard strategy?["type"]?.string == "RollingSync", let rolling = strategy?["rollingSync"] else { return nil }
    self.init(rolling: rolling)
  }

  /// Whether a set says that it has no waves; a strategy that is not understood does not say that.
  package static func isAllAtOnce(_ strategy: Node?) -> Bool {
    guard let strategy, strategy.mapping != nil else { return true }
    let type = strategy["type"]?.string ?? ""
    return type == "AllAtOnce" || (type.isEmpty && (strategy["rollingSync"]?["steps"]?.sequence ?? []).isEmpty)
  }

  /// - Parameter rolling: `spec.strategy.rollingSync`.
  package init?(rolling: Node) {
    let nodes = rolling["steps"]?.sequence ?? []
    guard !nodes.isEmpty else { return nil }
    steps = nodes.map(Step.init)
    onFailure = rolling["onFailure"]?.string.flatMap(FailureAction.init) ?? .pause
    wayBack = WayBack(rolling["rollback"])
    maxParallelClusters = rolling["maxParallelClusters"]?.int.flatMap { $0 > 0 ? Int(clamping: $0) : nil }
    budget = rolling["failureBudget"].flatMap(Budget.init)
    analysis = rolling["analysis"].flatMap { WaveAnalysis($0, scope: .fleet) }
    windows = (rolling["windows"]?.sequence ?? []).map(SyncWindow.init)
  }

  /// The first step that selects an Application, as Argo CD counts it; nil for one that is never synced.
  package func step(of labels: [String: String]) -> Int? {
    steps.firstIndex { step in step.expressions.allSatisfy { $0.matches(labels) } }
  }
}

extension WaveStrategy.WayBack {
  fileprivate init(_ node: Node?) {
    scope = node?["scope"]?.string.flatMap(WaveStrategy.BackScope.init) ?? .fleet
    mode = node?["mode"]?.string.flatMap(WaveStrategy.BackMode.init) ?? .pin
    maxUpdate = Amount(node?["maxUpdate"])
  }
}

extension WaveStrategy.Budget {
  fileprivate init?(_ node: Node) {
    guard node.mapping != nil else { return nil }
    maxFailed = Amount(node["maxFailed"]) ?? .number(0)
    maxUnreachable = Amount(node["maxUnreachable"])
  }
}

extension WaveStrategy.Step {
  fileprivate init(_ node: Node) {
    name = node["name"]?.string ?? ""
    expressions = (node["matchExpressions"]?.sequence ?? []).map {
      WaveStrategy.Expression(
        key: $0["key"]?.string ?? "", operator: $0["operator"]?.string ?? "", values: $0["values"].texts)
    }
    maxUpdate = Self.maxUpdate(node["maxUpdate"])
    pause = node["pause"].flatMap { pause in
      pause.mapping.map { _ in WaveStrategy.Pause(duration: Self.seconds(pause["duration"])) }
    }
    timeout = Self.seconds(node["timeout"]).flatMap { $0 > 0 ? $0 : nil }
    soak = max(0, Self.seconds(node["soak"]) ?? 0)
    analysis = node["analysis"].flatMap { WaveAnalysis($0, scope: .wave) }
    budget = node["failureBudget"].flatMap(WaveStrategy.Budget.init)
  }

  /// What cannot be read acts as 1, as in Argo CD.
  private static func maxUpdate(_ node: Node?) -> Amount? {
    guard let node, !node.isNull else { return nil }
    return Amount(node) ?? .number(1)
  }

  /// `15m`, or a number of seconds.
  static func seconds(_ node: Node?) -> Double? {
    if let number = node?.int { return Double(number) }
    return node?.string.flatMap(GoDuration.seconds)
  }
}
