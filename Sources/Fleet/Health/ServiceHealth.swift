import Manifest

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
    if subject.conditions.isEmpty { return HealthReport(.progressing, "Status conditions not found") }
    let rules = HealthRule.conditions([
      ConditionRule("Terminating", "True", .progressing, "CRD is terminating: {message}"),
      ConditionRule("NamesAccepted", "False", .degraded, "CRD names have not been accepted: {message}"),
      ConditionRule("NonStructuralSchema", "True", .degraded, "Schema violations found: {message}"),
      ConditionRule("Established", nil, .progressing, "CRD is being installed", where: ["reason": "Installing"]),
    ])
    if let report = rules.report(subject) { return report }
    // Every new one passes through this.
    return subject.isTrue("Established")
      ? HealthReport(.healthy, "CRD is healthy") : HealthReport(.progressing, "CRD is not established")
  }

  /// A namespace has no health but that it may be on its way out.
  static func namespace(_ subject: HealthSubject) -> HealthReport? {
    subject.status["phase"]?.string == "Terminating" ? HealthReport(.progressing, "Pending deletion") : nil
  }
}
