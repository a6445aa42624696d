import Manifest

/// Resources of clouds as controllers in the cluster keep them.
enum CloudHealth {
  static func configConnector(_ subject: HealthSubject) -> HealthReport? {
    let waiting = HealthReport(.progressing, "Update in progress")
    let observed = subject.status["observedGeneration"]?.int
    guard observed == nil || observed == subject.metadata["generation"]?.int else { return waiting }
    let kind = subject.object["kind"]?.string ?? ""
    if ["ConfigConnector", "ConfigConnectorContext"].contains(kind), let healthy = subject.status["healthy"]?.bool {
      return HealthReport(healthy ? .healthy : .degraded, "\(kind) is \(healthy ? "" : "not ")healthy")
    }
    return HealthRule.conditions([
      ConditionRule(nil, "True", .healthy, where: ["reason": "UpToDate"]),
      ConditionRule(nil, nil, .degraded, where: ["reason": "UpdateFailed"]),
      ConditionRule(nil, nil, .degraded, where: ["reason": "DependencyNotFound"]),
      ConditionRule(nil, nil, .suspended, where: ["reason": "DependencyNotReady"]),
    ]).report(subject) ?? waiting
  }

  static func ack(_ subject: HealthSubject) -> HealthReport? {
    HealthRule.conditions([
      ConditionRule("ACK.Terminal", "True", .degraded), ConditionRule("Ready", "False", .progressing),
      ConditionRule("Ready", "True", .healthy, ""),
    ]).report(subject) ?? HealthReport(.progressing, "Waiting for resource to be ready")
  }

  static func upbound(_ subject: HealthSubject) -> HealthReport? {
    managed(
      subject, ready: ["Ready"], statusless: ["ClusterProviderConfig", "ProviderConfig", "ProviderConfigUsage"])
  }

  static func crossplane(_ subject: HealthSubject) -> HealthReport? {
    managed(
      subject,
      ready: ["Ready", "Healthy", "Offered", "Established", "ValidPipeline", "RevisionHealthy"],
      statusless: [
        "Composition", "CompositionRevision", "DeploymentRuntimeConfig", "ClusterProviderConfig", "ProviderConfig",
        "ProviderConfigUsage", "ControllerConfig",
      ])
  }

  /// - Parameter statusless: kinds that are well without a status.
  private static func managed(
    _ subject: HealthSubject, ready: Set<String>, statusless: Set<String>
  ) -> HealthReport? {
    let kind = subject.object["kind"]?.string ?? ""
    let hasStatus = subject.object["status"]?.mapping != nil
    if !hasStatus || (subject.status.mapping?.isEmpty ?? true) && statusless.contains(kind) {
      return HealthReport(.healthy, "Resource is up-to-date.")
    }
    var report = HealthReport(.progressing, "Provisioning ...")
    guard subject.status["conditions"]?.sequence != nil else {
      let isConfig = ["ProviderConfig", "ClusterProviderConfig"].contains(kind)
      return isConfig && subject.status["users"] != nil ? HealthReport(.healthy, "Resource is in use.") : report
    }
    for condition in subject.conditions {
      let (type, status) = (condition["type"]?.string ?? "", condition["status"]?.string ?? "")
      if ["LastAsyncOperation", "Synced"].contains(type), status == "False" {
        return HealthReport(.degraded, condition["message"]?.string ?? "")
      }
      if ready.contains(type), status == "True" { report = HealthReport(.healthy, "Resource is up-to-date.") }
    }
    return report
  }

  /// Crossplane's older AWS kinds: Ready and Synced.
  /// - Parameter name: as the words have it.
  static func amazon(_ subject: HealthSubject, _ name: String) -> HealthReport? {
    guard subject.status["conditions"]?.sequence != nil else {
      return HealthReport(.progressing, "Waiting for \(name) to be created")
    }
    let (ready, synced) = (subject.condition("Ready"), subject.condition("Synced"))
    let (isReady, isSynced) = (subject.isTrue("Ready"), subject.isTrue("Synced"))
    let reason = synced?["reason"]?.string ?? ""
    if isReady, isSynced { return HealthReport(.healthy, ready?["reason"]?.string ?? "") }
    if !isSynced, reason == "ReconcilePaused" { return HealthReport(.suspended, reason) }
    if isSynced, reason != "ReconcilePaused" {
      return HealthReport(.progressing, "Waiting for \(name) to be available")
    }
    return HealthReport(.degraded, reason == "ReconcileError" ? synced?["message"]?.string ?? "" : "")
  }

  static func package(_ subject: HealthSubject) -> HealthReport? {
    guard subject.status["conditions"]?.sequence != nil else {
      return HealthReport(.progressing, "Waiting for provider to be installed")
    }
    let words = ["Installed", "Healthy"].map { subject.condition($0)?["reason"]?.string ?? "" }.joined(separator: " ")
    return HealthReport(subject.isTrue("Installed") && subject.isTrue("Healthy") ? .healthy : .degraded, words)
  }

  static func stackInstall(_ subject: HealthSubject) -> HealthReport? {
    let conditions = subject.status["conditionedStatus"]?["conditions"]?.sequence ?? []
    guard let ready = conditions.first(where: { $0["type"]?.string == "Ready" }) else {
      return HealthReport(.progressing, "Waiting for stack to be installed")
    }
    return HealthReport(
      ready["status"]?.string == "True" ? .healthy : .progressing, ready["reason"]?.string ?? "")
  }
}
