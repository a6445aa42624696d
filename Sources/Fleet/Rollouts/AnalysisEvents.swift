/// What the users of a cluster are told of a run, as Events on it (`analysis/analysis.go`).
package enum AnalysisEvents {
  /// What came to an end between two states of a run.
  package static func between(_ old: AnalysisStatus, _ new: AnalysisStatus) -> [RolloutEvent] {
    var events: [RolloutEvent] = []
    for result in new.results where result.phase.isCompleted && old[result.name]?.phase != result.phase {
      events.append(
        RolloutEvent(
          "Metric" + result.phase.rawValue, "Metric '\(result.name)' Completed. Result: \(result.phase.rawValue)",
          isWarning: result.phase.isBad))
    }
    if new.phase.isCompleted, old.phase != new.phase {
      events.append(
        RolloutEvent(
          "AnalysisRun" + new.phase.rawValue, "Analysis Completed. Result: \(new.phase.rawValue)",
          isWarning: new.phase.isBad))
    }
    return events
  }
}
