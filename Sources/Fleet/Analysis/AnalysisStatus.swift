package import Manifest

/// How many metrics ended how.
package struct AnalysisSummary: Sendable, Equatable {
  package var count = 0
  package var successful = 0
  package var failed = 0
  package var inconclusive = 0
  package var error = 0

  package init() {}

  mutating func add(_ phase: AnalysisPhase) {
    switch phase {
    case .failed: failed += 1
    case .inconclusive: inconclusive += 1
    case .error: error += 1
    case .successful, .running, .pending: successful += 1
    }
  }
}

/// The status of a run, in the fields of `AnalysisRun.status`.
package struct AnalysisStatus: Sendable, Equatable {
  package var phase = AnalysisPhase.pending
  package var message = ""
  package var startedAt: AnalysisTime?
  package var completedAt: AnalysisTime?
  package var results: [MetricResult] = []
  package var runSummary = AnalysisSummary()
  package var dryRunSummary = AnalysisSummary()

  package init() {}

  package subscript(metric: String) -> MetricResult? { results.first { $0.name == metric } }

  mutating func set(_ result: MetricResult) {
    if let position = results.firstIndex(where: { $0.name == result.name }) {
      results[position] = result
    } else {
      results.append(result)
    }
  }
}

// MARK: As an object's field

extension AnalysisStatus {
  package var node: Node {
    var mapping: Mapping = ["phase": .string(phase.rawValue)]
    if !message.isEmpty { mapping["message"] = .string(message) }
    if !results.isEmpty { mapping["metricResults"] = .sequence(results.map(\.node)) }
    if let startedAt { mapping["startedAt"] = .string(startedAt.text) }
    if let completedAt { mapping["completedAt"] = .string(completedAt.text) }
    mapping["runSummary"] = runSummary.node
    mapping["dryRunSummary"] = dryRunSummary.node
    return .mapping(mapping)
  }

  /// Reads what ``node`` writes, and what Argo Rollouts does; what is not understood is left out.
  package init(_ node: Node) {
    phase = node["phase"]?.string.flatMap(AnalysisPhase.init) ?? .pending
    message = node["message"]?.string ?? ""
    startedAt = node["startedAt"]?.string.flatMap { AnalysisTime($0) }
    completedAt = node["completedAt"]?.string.flatMap { AnalysisTime($0) }
    results = (node["metricResults"]?.sequence ?? []).compactMap(MetricResult.init)
    runSummary = AnalysisSummary(node["runSummary"])
    dryRunSummary = AnalysisSummary(node["dryRunSummary"])
  }
}

extension AnalysisSummary {
  private static let fields: [(String, any WritableKeyPath<AnalysisSummary, Int> & Sendable)] = [
    ("count", \.count), ("successful", \.successful), ("failed", \.failed), ("inconclusive", \.inconclusive),
    ("error", \.error),
  ]

  var node: Node {
    var mapping = Mapping()
    for (name, path) in Self.fields where self[keyPath: path] > 0 {
      mapping[name] = Node(.int(Int64(self[keyPath: path])))
    }
    return .mapping(mapping)
  }

  init(_ node: Node?) {
    for (name, path) in Self.fields { self[keyPath: path] = Int(clamping: node?[name]?.int ?? 0) }
  }
}

extension MetricResult {
  private static let counters: [(String, any WritableKeyPath<MetricResult, Int> & Sendable)] = [
    ("count", \.count), ("successful", \.successful), ("failed", \.failed), ("inconclusive", \.inconclusive),
    ("error", \.error), ("consecutiveError", \.consecutiveError), ("consecutiveSuccess", \.consecutiveSuccess),
  ]

  var node: Node {
    var mapping: Mapping = ["name": .string(name), "phase": .string(phase.rawValue)]
    if !message.isEmpty { mapping["message"] = .string(message) }
    for (name, path) in Self.counters where self[keyPath: path] > 0 {
      mapping[name] = Node(.int(Int64(self[keyPath: path])))
    }
    if dryRun { mapping["dryRun"] = Node(.bool(true)) }
    if !metadata.isEmpty { mapping["metadata"] = AnalysisStatus.texts(metadata) }
    if !measurements.isEmpty { mapping["measurements"] = .sequence(measurements.map(\.node)) }
    return .mapping(mapping)
  }

  init?(_ node: Node) {
    guard let name = node["name"]?.string else { return nil }
    self.init(name: name, dryRun: node["dryRun"]?.bool ?? false)
    phase = node["phase"]?.string.flatMap(AnalysisPhase.init) ?? .running
    message = node["message"]?.string ?? ""
    for (name, path) in Self.counters { self[keyPath: path] = Int(clamping: node[name]?.int ?? 0) }
    metadata = node["metadata"].textMembers
    measurements = (node["measurements"]?.sequence ?? []).map(Measurement.init)
  }
}

extension Measurement {
  var node: Node {
    var mapping: Mapping = ["phase": .string(phase.rawValue)]
    if !message.isEmpty { mapping["message"] = .string(message) }
    for (name, time) in [("startedAt", startedAt), ("finishedAt", finishedAt), ("resumeAt", resumeAt)] {
      if let time { mapping[name] = .string(time.text) }
    }
    if !value.isEmpty { mapping["value"] = .string(value) }
    if !metadata.isEmpty { mapping["metadata"] = AnalysisStatus.texts(metadata) }
    return .mapping(mapping)
  }

  init(_ node: Node) {
    self.init(
      node["phase"]?.string.flatMap(AnalysisPhase.init) ?? .running, value: node["value"]?.string ?? "",
      message: node["message"]?.string ?? "")
    startedAt = node["startedAt"]?.string.flatMap { AnalysisTime($0) }
    finishedAt = node["finishedAt"]?.string.flatMap { AnalysisTime($0) }
    resumeAt = node["resumeAt"]?.string.flatMap { AnalysisTime($0) }
    metadata = node["metadata"].textMembers
  }
}

extension AnalysisStatus {
  fileprivate static func texts(_ members: [String: String]) -> Node {
    var mapping = Mapping()
    for key in members.keys.sorted() { mapping[key] = members[key].map(Node.string) }
    return .mapping(mapping)
  }
}
