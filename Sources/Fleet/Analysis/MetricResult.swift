/// One value of a metric, and what it was taken for.
package struct Measurement: Sendable, Equatable {
  package var phase: AnalysisPhase
  package var message = ""
  package var startedAt: AnalysisTime?
  /// Nil while it is in flight.
  package var finishedAt: AnalysisTime?
  /// The value as text, as the status shows it.
  package var value = ""
  package var metadata: [String: String] = [:]
  /// When to look at one in flight again.
  package var resumeAt: AnalysisTime?

  package init(_ phase: AnalysisPhase, value: String = "", message: String = "") {
    self.phase = phase
    self.value = value
    self.message = message
  }
}

/// What is known of a metric: its counters, in full, and its latest measurements.
package struct MetricResult: Sendable, Equatable {
  package var name: String
  package var phase = AnalysisPhase.running
  package var measurements: [Measurement] = []
  package var message = ""
  /// Measurements without an error.
  package var count = 0
  package var successful = 0
  package var failed = 0
  package var inconclusive = 0
  package var error = 0
  package var consecutiveError = 0
  package var consecutiveSuccess = 0
  package var dryRun = false
  package var metadata: [String: String] = [:]

  package init(name: String, dryRun: Bool = false) {
    self.name = name
    self.dryRun = dryRun
  }

  /// Counts a measurement. Errors do not count as measured, and end a row of successes.
  package mutating func count(_ phase: AnalysisPhase) {
    switch phase {
    case .successful: successful += 1
    case .failed: failed += 1
    case .inconclusive: inconclusive += 1
    case .error: error += 1
    case .pending, .running: return
    }
    count += phase == .error ? 0 : 1
    consecutiveError = phase == .error ? consecutiveError + 1 : 0
    consecutiveSuccess = phase == .successful ? consecutiveSuccess + 1 : 0
  }
}

extension MetricLimits {
  /// Which limit is exceeded, and how to say so. A later one overrides an earlier one
  /// (`analysis`, assessMetricFailureInconclusiveOrError).
  package func exceeded(by result: MetricResult) -> (phase: AnalysisPhase, reason: String)? {
    if result.consecutiveError > consecutiveErrorLimit {
      return (
        .error, "consecutiveErrors (\(result.consecutiveError)) > consecutiveErrorLimit (\(consecutiveErrorLimit))"
      )
    }
    if result.inconclusive > inconclusiveLimit {
      return (.inconclusive, "inconclusive (\(result.inconclusive)) > inconclusiveLimit (\(inconclusiveLimit))")
    }
    if failureLimit >= 0, result.failed > failureLimit {
      return (.failed, "failed (\(result.failed)) > failureLimit (\(failureLimit))")
    }
    return nil
  }

  /// The phase of a metric (`analysis`, assessMetricStatus).
  package func phase(of result: MetricResult, isTerminating: Bool) -> AnalysisPhase {
    if result.phase.isCompleted { return result.phase }
    guard let last = result.measurements.last else { return isTerminating ? .successful : .pending }
    guard last.phase.isCompleted else { return .running }
    if let exceeded = exceeded(by: result) { return exceeded.phase }
    if consecutiveSuccessLimit > 0, result.consecutiveSuccess >= consecutiveSuccessLimit { return .successful }
    if let effectiveCount, result.count >= effectiveCount {
      guard consecutiveSuccessLimit > 0 else { return .successful }
      return failureLimit >= 0 ? .inconclusive : .failed
    }
    return isTerminating ? .successful : .running
  }

  /// The phase after measurements of these phases, the first of which may decide; what comes later is not looked at.
  ///
  /// - Parameter isTerminated: whether the run is ended after the last one.
  package func phase(after measurements: [AnalysisPhase], isTerminated: Bool) -> AnalysisPhase {
    var result = MetricResult(name: "")
    for measured in measurements {
      result.measurements = [Measurement(measured)]
      result.count(measured)
      result.phase = phase(of: result, isTerminating: false)
      if result.phase.isCompleted { return result.phase }
    }
    return phase(of: result, isTerminating: isTerminated)
  }
}
