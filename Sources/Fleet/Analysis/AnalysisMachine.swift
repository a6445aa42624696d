import Templating

/// A metric as the machine needs it: its name and its limits.
package struct MetricSchedule: Sendable, Equatable {
  package var name: String
  package var limits: MetricLimits

  package init(name: String, limits: MetricLimits) {
    self.name = name
    self.limits = limits
  }
}

/// Runs an analysis: which metric to measure when, and what comes of it (`analysis`, reconcileAnalysisRun). Without a
/// clock and without I/O: its shell measures and tells it the time.
///
/// What it knows is in ``status``; a machine made anew from a status goes on where the old one stopped. A measurement that
/// was in flight then is taken up again.
package struct AnalysisMachine: Sendable {
  package enum Event: Sendable {
    /// Time has passed.
    case tick
    /// A measurement came to an end, or is still in flight and knows when to look again (`resumeAt`).
    case measured(String, Measurement)
    /// The run is asked to end.
    case terminate
  }

  package enum Action: Sendable, Equatable {
    /// Measure a metric.
    case measure(String)
    /// Look at a measurement in flight again.
    case resume(String)
    /// Give up a measurement in flight; answered with ``Event/measured(_:_:)``.
    case cancel(String)
    /// Call ``on(_:at:)`` with a tick then.
    case wake(AnalysisTime)
    /// The run is over; its phase and message are in the status.
    case complete
  }

  /// Seconds from an error to the next try, whatever the interval.
  package static let errorRetry = 10.0
  /// An interval of nothing would be a loop without a pause.
  private static let leastInterval = 0.001
  private static let keptMeasurements = 10

  private let metrics: [MetricSchedule]
  private let dryRun: Set<String>
  private let kept: [String: Int]
  private var isAskedToEnd: Bool
  private var inFlight: Set<String> = []
  package private(set) var status: AnalysisStatus

  /// - Parameter dryRun: regular expressions; metrics whose names they match anywhere do not count.
  /// - Throws: ``ArgumentProblem`` for a rule that matches no metric, or is no expression.
  package init(
    metrics: [MetricSchedule], dryRun: [String] = [], measurementRetention: [MeasurementRetention] = [],
    isAskedToEnd: Bool = false, status: AnalysisStatus = AnalysisStatus()
  ) throws(ArgumentProblem) {
    self.metrics = metrics
    self.isAskedToEnd = isAskedToEnd
    self.status = status
    var dry: Set<String> = []
    for (index, rule) in dryRun.enumerated() {
      dry.formUnion(try Self.matched(rule, "dryRun[\(index)]", metrics))
    }
    var kept: [String: Int] = [:]
    for (index, rule) in measurementRetention.enumerated() {
      for name in try Self.matched(rule.metricName, "measurementRetention[\(index)]", metrics) where rule.limit > 0 {
        kept[name] = min(rule.limit, 10_000)
      }
    }
    self.dryRun = dry
    self.kept = kept
  }

  private static func matched(
    _ pattern: String, _ field: String, _ metrics: [MetricSchedule]
  ) throws(ArgumentProblem) -> [String] {
    let expression = try? LinearRegex(pattern)
    let names = metrics.map(\.name).filter { expression?.matches($0) ?? false }
    guard !names.isEmpty else {
      throw ArgumentProblem(message: "\(field): rule didn't match any metric name(s)", mark: .none)
    }
    return names
  }

  /// Whether no further measurement is begun: asked to end, or decided by a metric that counts.
  package var isTerminating: Bool {
    isAskedToEnd
      || status.results.contains { result in
        !result.dryRun && result.phase.isCompleted && result.phase != .successful
      }
  }

  package mutating func on(_ event: Event, at now: AnalysisTime) -> [Action] {
    guard !status.phase.isCompleted else { return [] }
    if status.startedAt == nil {
      status.startedAt = now
      status.phase = .running
    }
    switch event {
    case .tick: break
    case .terminate: isAskedToEnd = true
    case .measured(let name, let measurement): record(measurement, of: name, at: now)
    }
    assess(at: now)
    guard !status.phase.isCompleted else { return [.complete] }
    return begin(at: now)
  }

  /// Ends the run in an error that lies in no measurement.
  package mutating func fail(_ message: String, at now: AnalysisTime) -> [Action] {
    guard !status.phase.isCompleted else { return [] }
    status.phase = .error
    status.message = message
    status.completedAt = now
    return [.complete]
  }

  // MARK: What to do

  private mutating func begin(at now: AnalysisTime) -> [Action] {
    var actions: [Action] = []
    var wake: AnalysisTime?
    for metric in metrics where !inFlight.contains(metric.name) {
      switch next(metric, at: now) {
      case .nothing: break
      case .act(let action):
        inFlight.insert(metric.name)
        actions.append(action)
      case .wait(let time): wake = min(wake ?? time, time)
      }
    }
    return actions + (wake.map { [.wake($0)] } ?? [])
  }

  private enum Step {
    case nothing
    case act(Action)
    case wait(AnalysisTime)
  }

  private func next(_ metric: MetricSchedule, at now: AnalysisTime) -> Step {
    let result = status[metric.name]
    if result?.phase.isCompleted == true { return .nothing }
    if let last = result?.measurements.last, last.finishedAt == nil {
      if isTerminating { return .act(.cancel(metric.name)) }
      if let resumeAt = last.resumeAt, resumeAt > now { return .wait(resumeAt) }
      return .act(.resume(metric.name))
    }
    if isTerminating { return .nothing }
    guard let result, let last = result.measurements.last else {
      let due = (status.startedAt ?? now) + (metric.limits.initialDelay ?? 0)
      return due > now ? .wait(due) : .act(.measure(metric.name))
    }
    if let count = metric.limits.effectiveCount, result.count >= count { return .nothing }
    let interval = last.phase == .error ? Self.errorRetry : metric.limits.interval ?? Self.errorRetry
    let due = (last.finishedAt ?? now) + max(interval, Self.leastInterval)
    return due > now ? .wait(due) : .act(.measure(metric.name))
  }

  // MARK: What was measured

  private mutating func record(_ measurement: Measurement, of name: String, at now: AnalysisTime) {
    guard metrics.contains(where: { $0.name == name }) else { return }
    inFlight.remove(name)
    var measurement = measurement
    var result = status[name] ?? MetricResult(name: name, dryRun: dryRun.contains(name))
    guard !result.phase.isCompleted else { return }
    if measurement.phase.isCompleted {
      measurement.finishedAt = measurement.finishedAt ?? now
      result.count(measurement.phase)
    }
    if let last = result.measurements.last, last.finishedAt == nil {
      result.measurements[result.measurements.count - 1] = measurement
    } else {
      result.measurements.append(measurement)
    }
    let limit = kept[name] ?? Self.keptMeasurements
    if result.measurements.count > limit { result.measurements.removeFirst(result.measurements.count - limit) }
    status.set(result)
    sortResults()
  }

  /// In the order of the metrics, whichever answered first.
  private mutating func sortResults() {
    let order = Dictionary(metrics.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    status.results.sort { (order[$0.name] ?? .max) < (order[$1.name] ?? .max) }
  }

  /// Notes what a provider says of a metric as such, such as the query with its arguments.
  package mutating func note(_ metadata: [String: String], of name: String) {
    guard var result = status[name], !metadata.isEmpty else { return }
    result.metadata.merge(metadata) { $1 }
    status.set(result)
  }

  // MARK: What comes of it

  private mutating func assess(at now: AnalysisTime) {
    let isTerminating = isTerminating
    var verdict = Verdict(message: isAskedToEnd ? "Run Terminated" : "")
    var isEverythingCompleted = true
    status.runSummary = AnalysisSummary()
    status.dryRunSummary = AnalysisSummary()
    for metric in metrics {
      let isDry = dryRun.contains(metric.name)
      if isDry { status.dryRunSummary.count += 1 } else { status.runSummary.count += 1 }
      // One that is being measured is judged when its value is there.
      guard var result = status[metric.name], !inFlight.contains(metric.name) else {
        isEverythingCompleted = false
        continue
      }
      let phase = metric.limits.phase(of: result, isTerminating: isTerminating)
      if phase != result.phase {
        result.message = result.measurements.last?.message ?? ""
        result.phase = phase
      }
      if phase.isCompleted {
        verdict.add(&result, metric.limits.exceeded(by: result), isDry: isDry)
        if isDry { status.dryRunSummary.add(phase) } else { status.runSummary.add(phase) }
      } else {
        isEverythingCompleted = false
      }
      status.set(result)
    }
    conclude(verdict, isTerminating: isTerminating, isEverythingCompleted: isEverythingCompleted, at: now)
  }

  private mutating func conclude(
    _ verdict: Verdict, isTerminating: Bool, isEverythingCompleted: Bool, at now: AnalysisTime
  ) {
    var phase = AnalysisPhase.running
    if self.isTerminating, !isTerminating {
      // A metric was decided just now: the others are looked at once more, as on the controller's next pass.
      return assess(at: now)
    }
    // Measurements in flight are waited for: their results belong to the run.
    let isWaiting = !inFlight.isEmpty || status.results.contains { $0.phase == .running }
    if isTerminating {
      if !isWaiting { phase = verdict.phase ?? .successful }
    } else if isEverythingCompleted, let worst = verdict.phase {
      phase = worst
    }
    status.phase = phase
    guard phase.isCompleted else { return }
    status.message = verdict.message
    status.completedAt = now
  }

  /// The worst of the metrics that count.
  private struct Verdict {
    var phase: AnalysisPhase?
    var message: String

    mutating func add(
      _ result: inout MetricResult, _ exceeded: (phase: AnalysisPhase, reason: String)?, isDry: Bool
    ) {
      guard !isDry else {
        phase = phase ?? .successful
        if let exceeded { result.message = "Metric assessed \(result.phase.rawValue) due to \(exceeded.reason)" }
        return
      }
      guard phase.map({ result.phase.isWorse(than: $0) }) ?? true else { return }
      phase = result.phase
      guard let exceeded else { return }
      message = "Metric \"\(result.name)\" assessed \(result.phase.rawValue) due to \(exceeded.reason)"
      if !result.message.isEmpty { message += ": \"Error Message: \(result.message)\"" }
    }
  }
}
