import Manifest

extension CustomChecks {
  static let policyChecks: [String: Check] = [
    "policy.open-cluster-management.io/Policy": ComplianceHealth.policy,
    "policy.open-cluster-management.io/ConfigurationPolicy": ComplianceHealth.configurationPolicy,
    "work.karmada.io/ResourceBinding": { ComplianceHealth.karmada($0, needsClusters: false) },
    "work.karmada.io/ClusterResourceBinding": { ComplianceHealth.karmada($0, needsClusters: true) },
  ]
}

/// What several clusters report together: Open Cluster Management's policies, Karmada's bindings.
enum ComplianceHealth {
  static func policy(_ subject: HealthSubject) -> HealthReport? {
    let waiting = HealthReport(.progressing, "Waiting for the status to be reported")
    if subject.spec["disabled"]?.bool == true { return HealthReport(.healthy, "Policy is disabled") }
    guard subject.object["status"]?.mapping != nil else { return waiting }
    guard let compliant = subject.status["compliant"]?.string else {
      let isPlaced = !(subject.status["placement"]?.sequence ?? []).isEmpty
      return subject.status["status"] == nil && isPlaced
        ? HealthReport(.healthy, "No clusters match this policy") : waiting
    }
    let health: Health = compliant == "Compliant" ? .healthy : .degraded
    if let clusters = subject.status["status"]?.sequence {
      return HealthReport(health, offenders(clusters, "clusters") { $0["clustername"]?.string })
    }
    guard let templates = subject.status["details"]?.sequence else { return HealthReport(health) }
    return HealthReport(health, offenders(templates, "templates") { $0["templateMeta"]?["name"]?.string })
  }

  private static func offenders(_ entries: [Node], _ what: String, _ name: (Node) -> String?) -> String {
    let names = entries.filter { $0["compliant"]?.string != "Compliant" }.compactMap(name)
    return names.isEmpty ? "All \(what) are compliant" : "NonCompliant \(what): " + names.joined(separator: ", ")
  }

  static func configurationPolicy(_ subject: HealthSubject) -> HealthReport? {
    guard let compliant = subject.status["compliant"]?.string else {
      return HealthReport(.progressing, "Waiting for the status to be reported")
    }
    guard subject.status["lastEvaluatedGeneration"]?.int == subject.metadata["generation"]?.int else {
      return HealthReport(.progressing, "Waiting for the status to be updated")
    }
    guard let details = subject.status["compliancyDetails"]?.sequence else {
      return HealthReport(.progressing, "Waiting for compliance")
    }
    let words = details.flatMap { $0["conditions"]?.sequence ?? [] }.compactMap { condition -> String? in
      guard let type = condition["type"]?.string, let message = condition["message"]?.string else { return nil }
      return "\(type) - \(message)"
    }
    return HealthReport(compliant == "Compliant" ? .healthy : .degraded, words.joined(separator: "; "))
  }

  /// - Parameter needsClusters: whether a binding without clusters waits for some.
  static func karmada(_ subject: HealthSubject, needsClusters: Bool) -> HealthReport? {
    let waiting = HealthReport(.progressing, "Current resource status is insufficient")
    let clusters = subject.spec["clusters"]?.sequence
    let statuses = subject.status["aggregatedStatus"]?.sequence ?? []
    if clusters?.isEmpty ?? needsClusters { return waiting }
    guard !statuses.isEmpty, clusters.map({ $0.count == statuses.count }) ?? true else { return waiting }
    let isUnwell = statuses.contains { status in
      let health = status["health"]?.string
      return health == "Unhealthy" || health == "Unknown" && status["applied"]?.bool != true
    }
    return isUnwell ? HealthReport(.degraded, "Current resource status is unhealthy") : HealthReport(.healthy)
  }
}
