import Manifest

/// Runs the Pods of a Job until enough have succeeded.
extension APIServer {
  mutating func reconcileJob(_ job: Mapping) {
    var conditions = ConditionList(job["status"]?["conditions"])
    guard !job.isBeingDeleted, !conditions.isTrue("Complete"), !conditions.isTrue("Failed") else { return }
    let spec = job["spec"]
    let parallelism = Int(clamping: max(0, spec?["parallelism"]?.int ?? 1))
    let completions = Int(clamping: spec?["completions"]?.int ?? Int64(clamping: parallelism))
    let isSuspended = spec?["suspend"]?.bool ?? false
    let pods = dependents(of: job, Kinds.pods)
    let succeeded = pods.filter { $0["status"]?["phase"]?.string == "Succeeded" }.count
    let failed = pods.filter { $0["status"]?["phase"]?.string == "Failed" }.count
    let hasFailed = failed > Int(clamping: max(0, spec?["backoffLimit"]?.int ?? 6))
    let running = pods.filter { !PodStatus.isOver($0) && !$0.isBeingDeleted }
    if isSuspended {
      for pod in running { deletePod(pod) }
    } else if !hasFailed {
      let wanted = min(parallelism, max(0, completions - succeeded))
      for _ in 0..<min(50, max(0, wanted - running.count)) { makePod(of: job, name: nil) }
    }
    let active = isSuspended ? 0 : dependents(of: job, Kinds.pods).filter { !PodStatus.isOver($0) }.count
    let isComplete = succeeded >= completions && !isSuspended
    setJobConditions(&conditions, isSuspended: isSuspended, isComplete: isComplete, hasFailed: hasFailed)
    let ready = running.filter(PodStatus.isReady).count
    updateJobStatus(job, conditions, active: active, ready: ready, succeeded: succeeded, failed: failed)
  }

  private func setJobConditions(
    _ conditions: inout ConditionList, isSuspended: Bool, isComplete: Bool, hasFailed: Bool
  ) {
    if isSuspended {
      conditions.set("Suspended", "True", reason: "JobSuspended", message: "Job suspended", at: now)
    } else if conditions["Suspended"] != nil {
      conditions.set("Suspended", "False", reason: "JobResumed", message: "Job resumed", at: now)
    }
    if hasFailed {
      for type in ["FailureTarget", "Failed"] {
        conditions.set(
          type, "True", reason: "BackoffLimitExceeded", message: "Job has reached the specified backoff limit", at: now)
      }
      return
    }
    guard isComplete else { return }
    for type in ["SuccessCriteriaMet", "Complete"] {
      conditions.set(
        type, "True", reason: "CompletionsReached", message: "Reached expected number of succeeded pods", at: now)
    }
  }

  private mutating func updateJobStatus(
    _ job: Mapping, _ conditions: ConditionList, active: Int, ready: Int, succeeded: Int, failed: Int
  ) {
    let now = now
    change(job, of: Kinds.jobs) { object in
      var status = object["status"]?.mapping ?? Mapping()
      if status["startTime"] == nil, object["spec"]?["suspend"]?.bool != true {
        status["startTime"] = .string(now.rfc3339)
      }
      for (key, count) in [("active", active), ("succeeded", succeeded), ("failed", failed)] {
        status[key] = count > 0 ? Node(.int(Int64(count))) : nil
      }
      status["ready"] = Node(.int(Int64(ready)))
      status["uncountedTerminatedPods"] = .mapping([:])
      if !conditions.nodes.isEmpty { status["conditions"] = .sequence(conditions.nodes) }
      if conditions.isTrue("Complete") { status["completionTime"] = .string(now.rfc3339) }
      object["status"] = .mapping(status)
    }
  }
}
