package import Manifest

/// How often a metric is measured, and how much may go wrong.
package struct MetricLimits: Sendable, Equatable {
  /// Seconds between two measurements; nil: measured once.
  package var interval: Double?
  /// Seconds from the start of the run to the first measurement.
  package var initialDelay: Double?
  /// Nil or 0 for none.
  package var count: Int?
  /// Failed measurements that are tolerated; below 0 all are.
  package var failureLimit = 0
  package var inconclusiveLimit = 0
  /// Errors one after the other that are tolerated.
  package var consecutiveErrorLimit = 4
  /// Successful measurements one after the other that decide for the metric; 0: none do.
  package var consecutiveSuccessLimit = 0

  package init() {}

  /// Measurements without an error after which the metric is done; nil: it goes on until the run is ended.
  package var effectiveCount: Int? {
    if let count, count != 0 { return count }
    return interval == nil ? 1 : nil
  }

  /// What makes the limits contradict each other (`utils/analysis`, ValidateMetric), with the field to blame.
  package var problem: (field: String, message: String)? {
    if consecutiveSuccessLimit < 0 { return ("consecutiveSuccessLimit", "consecutiveSuccessLimit must be >= 0") }
    if failureLimit < -1 { return ("failureLimit", "failureLimit must be >= 0, or -1 to be disabled") }
    if consecutiveSuccessLimit == 0, failureLimit == -1 {
      return ("failureLimit", "failureLimit and consecutiveSuccessLimit cannot both be disabled")
    }
    if inconclusiveLimit < 0 { return ("inconclusiveLimit", "inconclusiveLimit must be >= 0") }
    if consecutiveErrorLimit < 0 { return ("consecutiveErrorLimit", "consecutiveErrorLimit must be >= 0") }
    if let problem = countProblem { return ("count", problem) }
    if let count, count > 1, interval == nil { return ("count", "interval must be specified when count > 1") }
    return nil
  }

  private var countProblem: String? {
    guard let count, count > 0 else { return nil }
    if failureLimit >= 0, count - failureLimit < consecutiveSuccessLimit {
      return "count (\(count)) must be >= failureLimit + consecutiveSuccessLimit (\(failureLimit) + "
        + "\(consecutiveSuccessLimit)) if both >= 0"
    }
    if failureLimit < 0, count < consecutiveSuccessLimit { return "count must be >= consecutiveSuccessLimit" }
    return count < inconclusiveLimit ? "count must be >= inconclusiveLimit" : nil
  }
}

extension MetricLimits {
  /// The limits of a metric's mapping; texts that are no numbers count as 0, as in Kubernetes' IntOrString.
  ///
  /// - Throws: the field and what is wrong with it.
  package init(_ metric: Node) throws(FieldProblem) {
    interval = try Self.seconds(metric, "interval")
    initialDelay = try Self.seconds(metric, "initialDelay")
    count = Self.integer(metric["count"])
    failureLimit = Self.integer(metric["failureLimit"]) ?? 0
    inconclusiveLimit = Self.integer(metric["inconclusiveLimit"]) ?? 0
    consecutiveErrorLimit = Self.integer(metric["consecutiveErrorLimit"]) ?? 4
    consecutiveSuccessLimit = Self.integer(metric["consecutiveSuccessLimit"]) ?? 0
  }

  package struct FieldProblem: Error, Sendable {
    package var field: String
    package var message: String
  }

  /// Within what an `int32` of the status can count.
  private static func integer(_ node: Node?) -> Int? {
    guard let node, !node.isNull else { return nil }
    let number = node.int.map(Int.init) ?? node.string.flatMap { Int($0) } ?? 0
    return max(Int(Int32.min), min(number, Int(Int32.max)))
  }

  private static func seconds(_ metric: Node, _ field: String) throws(FieldProblem) -> Double? {
    guard let text = metric[field]?.string, !text.isEmpty else { return nil }
    // Go's durations need a unit.
    guard Double(text) == nil || text == "0", let seconds = GoDuration.seconds(text), seconds.magnitude < 1e9 else {
      throw FieldProblem(field: field, message: "\(field) is no duration such as 30s or 5m: '\(Visible.text(text))'")
    }
    return seconds
  }
}
