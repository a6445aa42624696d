/// What serves, stores or extends: Services, Ingresses, claims, APIServices, definitions, namespaces.
enum ServiceHealth {
  static func service(_ subject: HealthSubject) -> HealthReport {
    guard subject.spec["type"]?.string == "LoadBalancer" else { return HealthReport(.healthy) }
    return balanced(subject)
  }

  static func ingress(_ subject: HealthSubject) -> HealthReport { balanced(subject) }

  private static func balanced(_ subject: HealthSubject) -> HealthReport {
    let entries = subject.status["loadBalancer"]?["ingress"]?.sequence ?? []
    return HealthReport(entries.isEmpty ? .progressing : .healthy)
  }

  static func volumeClaim(_ subject: HealthSubject) -> HealthReport {
    switch subject.status["phase"]?.string {
    case "Bound": HealthReport(.healthy)
    case "Pending": HealthReport(.progressing)
    case "Lost": HealthReport(.degraded)
    default: HealthReport(.unknown)
    }
  }

  static func apiService(_ subject: HealthSubject) -> HealthReport {
    guard let condition = subject.condition("Available") else {
      return HealthReport(.progressing, "Waiting to be processed")
    }
    let text = "\(condition["reason"]?.string ?? ""): \(condition["message"]?.string ?? "")"
    return HealthReport(condition["status"]?.string == "True" ? .healthy : .progressing, text)
  }

  static func definition(_ subject: HealthSubject) -> HealthReport {
    if subject.condition("NamesAccepted")?["status"]?.string == "False" {
      return HealthReport(.degraded, subject.condition("NamesAccepted")?["message"]?.string ?? "")
    }
    return subject.isTrue("Established")
      ? HealthReport(.healthy) : HealthReport(.progressing, "Waiting to be established")
  }

  static func namespace(_ subject: HealthSubject) -> HealthReport {
    subject.status["phase"]?.string == "Terminating"
      ? HealthReport(.progressing, "Pending deletion") : HealthReport(.healthy)
  }
}

/// HorizontalPodAutoscalers.
enum AutoscalerHealth {
  private static let failures: [String: Set<String>] = [
    "AbleToScale": ["FailedGetScale", "FailedUpdateScale"],
    "ScalingActive": [
      "FailedGetResourceMetric", "FailedGetObjectMetric", "FailedGetPodsMetric", "FailedGetExternalMetric",
      "FailedComputeMetricsReplicas", "InvalidSelector",
    ],
  ]

  static func assess(_ subject: HealthSubject) -> HealthReport {
    let conditions = subject.status["conditions"]?.sequence ?? []
    for condition in conditions {
      let reason = condition["reason"]?.string ?? ""
      if failures[condition["type"]?.string ?? ""]?.contains(reason) == true {
        return HealthReport(.degraded, condition["message"]?.string ?? "")
      }
    }
    for condition in conditions
    where ["AbleToScale", "ScalingLimited"].contains(condition["type"]?.string) && condition["status"]?.string == "True"
    {
      return HealthReport(.healthy, condition["message"]?.string ?? "")
    }
    return HealthReport(.progressing, "Waiting to Autoscale")
  }
}

/// Custom resources, by the conventions that most of them keep: observedGeneration and the conditions Ready, Available,
/// Stalled, Reconciling (the rules of kstatus, sigs.k8s.io/cli-utils).
enum CustomHealth {
  static func assess(_ subject: HealthSubject) -> HealthReport {
    if let observed = subject.status["observedGeneration"]?.int, observed < (subject.metadata["generation"]?.int ?? 0) {
      return HealthReport(.progressing, "waiting for the controller to see the change")
    }
    if let stalled = subject.condition("Stalled"), stalled["status"]?.string == "True" {
      return HealthReport(.degraded, stalled["message"]?.string ?? "")
    }
    guard let ready = subject.condition("Ready") ?? subject.condition("Available") else {
      return HealthReport(.healthy)
    }
    let message = ready["message"]?.string ?? ""
    switch ready["status"]?.string {
    case "True": return HealthReport(.healthy, message)
    case "False":
      return HealthReport(
        subject.isTrue("Reconciling") || subject.isTrue("Progressing") ? .progressing : .degraded, message)
    default: return HealthReport(.progressing, message)
    }
  }
}
