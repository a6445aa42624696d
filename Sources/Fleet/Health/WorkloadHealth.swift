/// Deployments and their like.
enum WorkloadHealth {
  static func deployment(_ subject: HealthSubject) -> HealthReport {
    if subject.spec["paused"]?.bool == true { return HealthReport(.suspended, "Deployment is paused") }
    guard subject.isObserved else {
      return HealthReport(
        .progressing, "Waiting for rollout to finish: observed deployment generation less than desired generation")
    }
    let name = subject.metadata["name"]?.string ?? ""
    if subject.condition("Progressing")?["reason"]?.string == "ProgressDeadlineExceeded" {
      return HealthReport(.degraded, "Deployment \"\(name)\" exceeded its progress deadline")
    }
    let updated = subject.count("updatedReplicas")
    if let wanted = subject.spec["replicas"]?.int, updated < wanted {
      return HealthReport(
        .progressing,
        "Waiting for rollout to finish: \(updated) out of \(wanted) new replicas have been updated...")
    }
    let replicas = subject.count("replicas")
    if replicas > updated {
      return HealthReport(
        .progressing,
        "Waiting for rollout to finish: \(HealthSubject.difference(replicas, updated)) old replicas are pending termination..."
      )
    }
    let available = subject.count("availableReplicas")
    if available < updated {
      return HealthReport(
        .progressing, "Waiting for rollout to finish: \(available) of \(updated) updated replicas are available...")
    }
    return HealthReport(.healthy)
  }

  static func statefulSet(_ subject: HealthSubject) -> HealthReport {
    guard subject.count("observedGeneration") > 0, subject.isObserved else {
      return HealthReport(.progressing, "Waiting for statefulset spec update to be observed...")
    }
    let wanted = subject.spec["replicas"]?.int
    let ready = subject.count("readyReplicas")
    if let wanted, ready < wanted {
      return HealthReport(.progressing, "Waiting for \(HealthSubject.difference(wanted, ready)) pods to be ready...")
    }
    let strategy = subject.spec["updateStrategy"]
    let type = strategy?["type"]?.string
    let updated = subject.count("updatedReplicas")
    if type == "RollingUpdate", let rolling = strategy?["rollingUpdate"], !rolling.isNull {
      // Without a partition the revisions are not compared either, as Argo CD has it.
      if let wanted, let partition = rolling["partition"]?.int {
        let due = HealthSubject.difference(wanted, partition)
        if updated < due {
          return HealthReport(
            .progressing,
            "Waiting for partitioned roll out to finish: \(updated) out of \(due) new pods have been updated...")
        }
      }
      return HealthReport(
        .healthy, "partitioned roll out complete: \(updated) new pods have been updated...")
    }
    if type == "OnDelete" { return HealthReport(.healthy, "statefulset has \(ready) ready pods") }
    if subject.status["updateRevision"]?.string ?? "" != subject.status["currentRevision"]?.string ?? "" {
      return HealthReport(
        .progressing,
        "waiting for statefulset rolling update to complete \(updated) pods at revision \(subject.status["updateRevision"]?.string ?? "")..."
      )
    }
    return HealthReport(
      .healthy,
      "statefulset rolling update complete \(subject.count("currentReplicas")) pods at revision \(subject.status["currentRevision"]?.string ?? "")..."
    )
  }

  static func daemonSet(_ subject: HealthSubject) -> HealthReport {
    let name = subject.metadata["name"]?.string ?? ""
    guard subject.isObserved else {
      return HealthReport(
        .progressing, "Waiting for rollout to finish: observed daemon set generation less than desired generation")
    }
    if subject.spec["updateStrategy"]?["type"]?.string == "OnDelete" {
      return HealthReport(
        .healthy,
        "daemon set \(subject.count("updatedNumberScheduled")) out of \(subject.count("desiredNumberScheduled")) new pods have been updated"
      )
    }
    let wanted = subject.count("desiredNumberScheduled")
    let updated = subject.count("updatedNumberScheduled")
    if updated < wanted {
      return HealthReport(
        .progressing,
        "Waiting for daemon set \"\(name)\" rollout to finish: \(updated) out of \(wanted) new pods have been updated..."
      )
    }
    let available = subject.count("numberAvailable")
    if available < wanted {
      return HealthReport(
        .progressing,
        "Waiting for daemon set \"\(name)\" rollout to finish: \(available) of \(wanted) updated pods are available...")
    }
    return HealthReport(.healthy)
  }

  static func replicaSet(_ subject: HealthSubject) -> HealthReport {
    guard subject.isObserved else {
      return HealthReport(
        .progressing, "Waiting for rollout to finish: observed replica set generation less than desired generation")
    }
    if subject.isTrue("ReplicaFailure") {
      return HealthReport(.degraded, subject.condition("ReplicaFailure")?["message"]?.string ?? "")
    }
    if let wanted = subject.spec["replicas"]?.int, subject.count("availableReplicas") < wanted {
      return HealthReport(
        .progressing,
        "Waiting for rollout to finish: \(subject.count("availableReplicas")) out of \(wanted) new replicas are available..."
      )
    }
    return HealthReport(.healthy)
  }
}
