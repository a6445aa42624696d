import Manifest

/// What runs to an end, and what guards what runs.
enum JobHealth {
  static func job(_ subject: HealthSubject) -> HealthReport {
    if let failed = subject.condition("Failed") {
      return HealthReport(.degraded, failed["message"]?.string ?? "")
    }
    if let complete = subject.condition("Complete") {
      return HealthReport(.healthy, complete["message"]?.string ?? "")
    }
    if let suspended = subject.condition("Suspended") {
      let isSuspended = suspended["status"]?.string == "True"
      return HealthReport(isSuspended ? .suspended : .healthy, suspended["message"]?.string ?? "")
    }
    return HealthReport(.progressing)
  }

  /// A suspended CronJob is as its author wants it. Times are RFC 3339 in UTC, so that their texts compare as they do.
  static func cronJob(_ subject: HealthSubject) -> HealthReport {
    if subject.spec["suspend"]?.bool == true { return HealthReport(.healthy, "CronJob is Suspended") }
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
