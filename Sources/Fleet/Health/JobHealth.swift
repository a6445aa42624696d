import Manifest

/// What runs to an end, and what guards what runs.
enum JobHealth {
  /// A Failed condition counts whatever its status says; a suspended Job is not complete yet.
  static func job(_ subject: HealthSubject) -> HealthReport {
    if let failed = subject.conditions.last(where: { $0["type"]?.string == "Failed" }) {
      return HealthReport(.degraded, failed["message"]?.string ?? "")
    }
    let telling = subject.conditions.filter { ["Complete", "Suspended"].contains($0["type"]?.string) }
    guard let last = telling.last else { return HealthReport(.progressing) }
    let isSuspended = telling.contains { $0["type"]?.string == "Suspended" && $0["status"]?.string == "True" }
    return HealthReport(isSuspended ? .suspended : .healthy, last["message"]?.string ?? "")
  }

  /// A suspended CronJob is as its author wants it. Times are RFC 3339 in UTC, so that their texts compare as they do.
  static func cronJob(_ subject: HealthSubject) -> HealthReport {
    if subject.spec["suspend"]?.bool == true { return HealthReport(.healthy, "CronJob is Suspended") }
    if subject.object["status"]?.mapping == nil { return HealthReport(.progressing, "Waiting for CronJob") }
    guard let scheduled = subject.status["lastScheduleTime"]?.string else {
      return HealthReport(.healthy, "CronJob has not been scheduled yet")
    }
    if !(subject.status["active"]?.sequence ?? []).isEmpty {
      return HealthReport(.healthy, "The job is running. Its last execution may not have been successful")
    }
    guard let succeeded = subject.status["lastSuccessfulTime"]?.string else {
      return HealthReport(.healthy, "The CronJob never completed successfully. It may not be healthy")
    }
    return succeeded < scheduled
      ? HealthReport(.degraded, "CronJob has not completed its last execution successfully")
      : HealthReport(.healthy, "CronJob has completed its last execution successfully")
  }

  /// Fewer pods than wanted is what a budget is there to notice, and no fault of the budget.
  static func disruptionBudget(_ subject: HealthSubject) -> HealthReport {
    for condition in subject.status["conditions"]?.sequence ?? [] where condition["status"]?.string == "False" {
      let reason = condition["reason"]?.string ?? ""
      if reason != "InsufficientPods" { return HealthReport(.degraded, "PodDisruptionBudget has \(reason)") }
    }
    let reason = subject.conditions.last?["reason"]?.string
    return HealthReport(.healthy, reason.map { "PodDisruptionBudget has \($0)" } ?? "")
  }

  static func workflow(_ subject: HealthSubject) -> HealthReport {
    let message = subject.status["message"]?.string ?? ""
    switch subject.status["phase"]?.string ?? "" {
    case "", "Pending", "Running": return HealthReport(.progressing, message)
    case "Succeeded": return HealthReport(.healthy, message)
    case "Failed", "Error": return HealthReport(.degraded, message)
    default: return HealthReport(.unknown, message)
    }
  }
}
