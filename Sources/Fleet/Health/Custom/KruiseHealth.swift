import Manifest

extension CustomChecks {
  static let workloadChecks: [String: Check] = [
    "apps.kruise.io/AdvancedCronJob": KruiseHealth.cronJob,
    "apps.kruise.io/BroadcastJob": KruiseHealth.broadcastJob,
    "apps.kruise.io/CloneSet": KruiseHealth.cloneSet,
    "apps.kruise.io/DaemonSet": KruiseHealth.daemonSet,
    "apps.kruise.io/StatefulSet": KruiseHealth.statefulSet,
    "game.kruise.io/GameServer": KruiseHealth.gameServer,
    "game.kruise.io/GameServerSet": KruiseHealth.gameServerSet,
    "rollouts.kruise.io/Rollout": KruiseHealth.rollout,
  ]
}

/// OpenKruise's workloads.
enum KruiseHealth {
  private static let waiting = HealthReport(.progressing, "Waiting for initialization")

  private static func isObserved(_ subject: HealthSubject) -> Bool {
    subject.object["status"]?.mapping != nil
      && subject.metadata["generation"]?.int == subject.status["observedGeneration"]?.int
  }

  private static func isLater(_ subject: HealthSubject) -> Bool { (subject.metadata["generation"]?.int ?? 0) > 1 }

  static func cronJob(_ subject: HealthSubject) -> HealthReport? {
    let hasRun = subject.status["lastScheduleTime"]?.string != nil
    if !hasRun, subject.spec["paused"]?.bool == true {
      return HealthReport(.suspended, "AdvancedCronJob is Paused")
    }
    if !(subject.status["active"]?.sequence ?? []).isEmpty {
      return HealthReport(.progressing, "AdvancedCronJobs has active jobs")
    }
    return hasRun
      ? HealthReport(.healthy, "AdvancedCronJobs has run successfully")
      : HealthReport(.degraded, "AdvancedCronJobs has not run successfully")
  }

  static func broadcastJob(_ subject: HealthSubject) -> HealthReport? {
    let running = HealthReport(.progressing, "BroadcastJob is still running")
    switch subject.status["phase"]?.string {
    case "completed" where subject.status["desired"] == subject.status["succeeded"]:
      return HealthReport(.healthy, "BroadcastJob is completed successfully")
    case "failed" where subject.count("failed") != 0: return HealthReport(.degraded, "BroadcastJob failed")
    case "paused" where subject.spec["paused"]?.bool == true:
      return HealthReport(.suspended, "BroadcastJob is Paused")
    default: return running
    }
  }

  static func cloneSet(_ subject: HealthSubject) -> HealthReport? {
    guard isObserved(subject) else { return waiting }
    let strategy = subject.spec["updateStrategy"]
    guard let available = subject.status["updatedAvailableReplicas"]?.int, strategy?["paused"]?.bool != true else {
      return HealthReport(.suspended, "Cloneset is paused")
    }
    if strategy?["partition"]?.int != 0, isLater(subject) {
      return subject.count("updatedReplicas") >= subject.count("expectedUpdatedReplicas")
        ? HealthReport(.suspended, "Cloneset needs manual intervention") : waiting
    }
    return available == subject.status["replicas"]?.int
      ? HealthReport(.healthy, "All Cloneset workloads are ready and updated")
      : HealthReport(.degraded, "Some replicas are not ready or available")
  }

  static func statefulSet(_ subject: HealthSubject) -> HealthReport? {
    guard isObserved(subject) else { return waiting }
    let rolling = subject.spec["updateStrategy"]?["rollingUpdate"]
    guard let available = subject.status["updatedAvailableReplicas"]?.int, rolling?["paused"]?.bool != true else {
      return HealthReport(.suspended, "Statefulset is paused")
    }
    let replicas = subject.count("replicas")
    if rolling?["partition"]?.int != 0, isLater(subject) {
      let due = HealthSubject.difference(replicas, rolling?["partition"]?.int ?? 0)
      return subject.count("updatedReplicas") > due
        ? HealthReport(.suspended, "Statefulset needs manual intervention") : waiting
    }
    return available == replicas
      ? HealthReport(.healthy, "All Statefulset workloads are ready and updated")
      : HealthReport(.degraded, "Some replicas are not ready or available")
  }

  static func daemonSet(_ subject: HealthSubject) -> HealthReport? {
    guard isObserved(subject) else { return waiting }
    let rolling = subject.spec["updateStrategy"]?["rollingUpdate"]
    guard let updated = subject.status["updatedNumberScheduled"]?.int, rolling?["paused"]?.bool != true else {
      return HealthReport(.suspended, "Daemonset is paused")
    }
    let desired = subject.count("desiredNumberScheduled")
    if let partition = rolling?["partition"]?.int, partition != 0, isLater(subject) {
      return updated > HealthSubject.difference(desired, partition)
        ? HealthReport(.suspended, "Daemonset needs manual intervention") : waiting
    }
    guard updated == desired else { return waiting }
    if subject.status["numberAvailable"]?.int == desired {
      return HealthReport(.healthy, "All Daemonset workloads are ready and updated")
    }
    return subject.status["numberUnavailable"]?.int == desired
      ? HealthReport(.degraded, "Some pods are not ready or available") : waiting
  }

  static func gameServer(_ subject: HealthSubject) -> HealthReport? {
    let unknown = HealthReport(.unknown, "Waiting for GameServer to be ready")
    guard subject.object["status"]?.mapping != nil else { return unknown }
    let (current, desired) = (subject.status["currentState"]?.string, subject.status["desiredState"]?.string)
    if current != desired {
      return HealthReport(.progressing, "State change: \(current ?? "Unknown") → \(desired ?? "Unknown")")
    }
    let isUnready = (subject.status["podStatus"]?["conditions"]?.sequence ?? []).contains {
      $0["type"]?.string == "KruisePodReady" && $0["status"]?.string != "True"
    }
    if isUnready { return HealthReport(.degraded, "Pod is not ready: KruisePodReady") }
    return current == "Ready" ? HealthReport(.healthy, "GameServer is Ready") : unknown
  }

  static func gameServerSet(_ subject: HealthSubject) -> HealthReport? {
    let initial = HealthReport(.progressing, "Waiting for GameServerSet initialization")
    guard isObserved(subject) else { return initial }
    let rolling = subject.spec["updateStrategy"]?["rollingUpdate"]
    if rolling?["paused"]?.bool == true { return HealthReport(.suspended, "GameServerSet is paused") }
    let (replicas, partition) = (subject.count("replicas"), rolling?["partition"]?.int ?? 0)
    if partition != 0, subject.count("updatedReplicas") >= HealthSubject.difference(replicas, partition) {
      return HealthReport(.suspended, "Partition=\(partition), waiting for manual intervention")
    }
    if subject.count("updatedReadyReplicas") == replicas {
      return HealthReport(.healthy, "All GameServerSet replicas are updated and ready")
    }
    let ready = subject.count("readyReplicas")
    return ready < replicas
      ? HealthReport(.progressing, "ReadyReplicas \(ready)/\(replicas), still progressing") : initial
  }

  static func rollout(_ subject: HealthSubject) -> HealthReport? {
    let running = HealthReport(.progressing, "Rollout is still progressing")
    guard isObserved(subject) else { return running }
    switch (subject.status["canaryStatus"]?["currentStepState"]?.string, subject.status["phase"]?.string) {
    case ("StepPaused", "Progressing"):
      return HealthReport(.suspended, "Rollout is Paused need manual intervention")
    case ("Completed", "Healthy"): return HealthReport(.healthy, "Rollout is Completed")
    case ("StepPaused", "Terminating"), ("StepPaused", "Disabled"):
      return HealthReport(.degraded, "Rollout is Disabled or Terminating")
    default: return running
    }
  }
}
