import Manifest

/// Spark applications: a state, and for a running one as many executors as it asks for.
enum SparkHealth {
  static func application(_ subject: HealthSubject) -> HealthReport? {
    let state = subject.status["applicationState"]
    let error = state?["errorMessage"]?.string ?? ""
    switch state?["state"]?.string {
    case "": return HealthReport(.progressing, "SparkApplication was added, enqueuing it for submission")
    case "RUNNING" where hasItsExecutors(subject): return HealthReport(.healthy, "SparkApplication is Running")
    case "SUBMITTED": return HealthReport(.progressing, "SparkApplication was submitted successfully")
    case "COMPLETED": return HealthReport(.healthy, "SparkApplication was Completed")
    case "FAILED", "SUBMISSION_FAILED", "FAILING": return HealthReport(.degraded, error)
    case "PENDING_RERUN": return HealthReport(.progressing, "SparkApplication is Pending Rerun")
    case "INVALIDATING": return HealthReport(.missing, "SparkApplication is in InvalidatingState")
    case "SUCCEEDING": return HealthReport(.progressing, "the driver has completed, and the executors end")
    case "UNKNOWN": return HealthReport(.progressing, "the driver or an executor is in an unknown state")
    default: return HealthReport(.progressing, "Waiting for Executor pods")
    }
  }

  private static func hasItsExecutors(_ subject: HealthSubject) -> Bool {
    guard let executors = subject.status["executorState"]?.mapping else { return false }
    let running = Int64(executors.members.count { $0.value.string == "RUNNING" })
    let instances = subject.spec["executor"]?["instances"]?.int
    if instances == running { return true }
    if let range = range(subject) { return running >= range.minimum && running <= range.maximum }
    return subject.spec["dynamicAllocation"] == nil && instances == nil && running >= 1
  }

  /// How many executors dynamic allocation may ask for; nil without it.
  private static func range(_ subject: HealthSubject) -> (minimum: Int64, maximum: Int64)? {
    let dynamic = subject.spec["dynamicAllocation"]
    if dynamic?["enabled"]?.bool == true {
      return (dynamic?["minExecutors"]?.int ?? 0, dynamic?["maxExecutors"]?.int ?? .max)
    }
    let configuration = subject.spec["sparkConf"]
    for prefix in ["spark.streaming.dynamicAllocation.", "spark.dynamicAllocation."]
    where configuration?[prefix + "enabled"]?.string == "true" {
      func number(_ key: String) -> Int64? { configuration?[prefix + key]?.string.flatMap { Int64($0) } }
      return (number("minExecutors") ?? 0, number("maxExecutors") ?? .max)
    }
    return nil
  }
}
