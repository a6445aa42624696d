import Manifest

extension CustomChecks {
  static let deliveryChecks: [String: Check] = [
    "argoproj.io/Rollout": RolloutHealth.rollout,
    "helm.toolkit.fluxcd.io/HelmRelease": { FluxHealth.assess($0, also: ["Released", "TestSuccess"]) },
    "kustomize.toolkit.fluxcd.io/Kustomization": { FluxHealth.assess($0) },
    "image.toolkit.fluxcd.io/ImageUpdateAutomation": { FluxHealth.assess($0) },
    "image.toolkit.fluxcd.io/ImagePolicy": {
      FluxHealth.image($0, working: ["NewGeneration", "AccessingRepository", "ApplyingPolicy"])
    },
    "image.toolkit.fluxcd.io/ImageRepository": { FluxHealth.image($0, working: ["NewGeneration", "Scanning"]) },
    "notification.toolkit.fluxcd.io/Receiver": { FluxHealth.receiver($0) },
    "source.toolkit.fluxcd.io/Bucket": { FluxHealth.assess($0, also: ["ArtifactInStorage"]) },
    "source.toolkit.fluxcd.io/GitRepository": { FluxHealth.assess($0, also: ["ArtifactInStorage"]) },
    "source.toolkit.fluxcd.io/HelmChart": { FluxHealth.assess($0, also: ["ArtifactInStorage"]) },
    "source.toolkit.fluxcd.io/OCIRepository": { FluxHealth.assess($0, also: ["ArtifactInStorage"]) },
    "source.toolkit.fluxcd.io/HelmRepository": FluxHealth.helmRepository,
    "flagger.app/Canary": RolloutHealth.canary,
  ]
}

/// Argo Rollouts and Flagger.
enum RolloutHealth {
  /// An old rollout controller writes the generation that it saw as text, a hash even; what is no number counts as seen.
  static func rollout(_ subject: HealthSubject) -> HealthReport? {
    guard isSeen(subject) else {
      return HealthReport(.progressing, "Waiting for rollout spec update to be observed")
    }
    if let phase = subject.status["phase"]?.string {
      let health = phase == "Paused" ? Health.suspended : Health(rawValue: phase)
      return HealthReport(health ?? .unknown, subject.status["message"]?.string ?? "")
    }
    return failure(subject) ?? pause(subject) ?? progress(subject) ?? HealthReport(.healthy)
  }

  private static func isSeen(_ subject: HealthSubject) -> Bool {
    guard subject.object["status"]?.mapping != nil else { return false }
    let generation = subject.metadata["generation"]?.int ?? 0
    if let observed = number(subject.status["observedGeneration"]), observed < generation { return false }
    guard subject.spec["workloadRef"]?.mapping != nil, let annotations = subject.metadata["annotations"]?.mapping else {
      return true
    }
    return number(annotations["rollout.argoproj.io/workload-generation"])
      == number(subject.status["workloadObservedGeneration"])
  }

  private static func number(_ node: Node?) -> Int64? { node?.int ?? node?.string.flatMap { Int64($0) } }

  private static func failure(_ subject: HealthSubject) -> HealthReport? {
    HealthRule.conditions([
      ConditionRule("InvalidSpec", nil, .degraded),
      ConditionRule("Progressing", nil, .degraded, where: ["reason": "RolloutAborted"]),
      ConditionRule("Progressing", nil, .degraded, where: ["reason": "ProgressDeadlineExceeded"]),
    ]).report(subject)
  }

  private static func pause(_ subject: HealthSubject) -> HealthReport? {
    let isPaused =
      !(subject.status["pauseConditions"]?.sequence ?? []).isEmpty || subject.spec["paused"]?.bool == true
    return isPaused ? HealthReport(.suspended, "Rollout is paused") : nil
  }

  /// Nil when the rollout is through.
  private static func progress(_ subject: HealthSubject) -> HealthReport? {
    guard let current = subject.status["currentPodHash"]?.string else {
      return HealthReport(.progressing, "Waiting for rollout to finish: status has not been reconciled.")
    }
    let updated = subject.count("updatedReplicas")
    if updated < subject.spec["replicas"]?.int ?? 1 {
      return HealthReport(.progressing, "Waiting for roll out to finish: More replicas need to be updated")
    }
    if subject.count("availableReplicas") < updated {
      return HealthReport(
        .progressing, "Waiting for roll out to finish: updated replicas are still becoming available")
    }
    let stable = subject.status["stableRS"]?.string ?? subject.status["canary"]?["stableRS"]?.string ?? ""
    if subject.spec["strategy"]?["blueGreen"]?.mapping != nil {
      if subject.status["blueGreen"]?["activeSelector"]?.string != current {
        return HealthReport(.progressing, "active service cutover pending")
      }
      return stable.isEmpty || stable == current
        ? nil : HealthReport(.progressing, "waiting for analysis to complete")
    }
    guard subject.spec["strategy"]?["canary"]?.mapping != nil else { return nil }
    if subject.count("replicas") > updated {
      return HealthReport(.progressing, "Waiting for roll out to finish: old replicas are pending termination")
    }
    return stable == current ? nil : HealthReport(.progressing, "Waiting for rollout to finish steps")
  }

  static func canary(_ subject: HealthSubject) -> HealthReport? {
    guard subject.object["status"]?.mapping != nil else { return HealthReport(.unknown, "No status") }
    let phase = subject.status["phase"]?.string ?? ""
    let weight = subject.count("canaryWeight")
    let parts =
      (weight > 0 ? ["Canary Weight: \(weight) %"] : []) + subject.conditions.map { $0["message"]?.string ?? "" }
    let health: Health =
      switch phase {
      case "Failed": .degraded
      case "Progressing", "Finalising", "Promoting": .progressing
      case "Succeeded", "Initialized": .healthy
      default: .unknown
      }
    return HealthReport(health, phase + " --- " + parts.joined(separator: " --- "))
  }
}

/// Flux: conditions Ready and Reconciling, and what a kind has besides.
enum FluxHealth {
  private static let unknown = HealthReport(.progressing, "Status unknown")

  private static func suspension(_ subject: HealthSubject) -> HealthReport? {
    guard subject.spec["suspend"]?.bool == true else { return nil }
    return HealthReport(.suspended, "\(subject.object["kind"]?.string ?? "") is suspended")
  }

  /// Healthy with Ready and one of `types`; Progressing while Ready is Unknown and it reconciles.
  static func assess(_ subject: HealthSubject, also types: Set<String> = []) -> HealthReport? {
    if let suspension = suspension(subject) { return suspension }
    guard subject.status["conditions"]?.sequence != nil else { return unknown }
    var (progressing, succeeded, message) = (0, 0, "")
    for condition in subject.conditions {
      let (type, status) = (condition["type"]?.string ?? "", condition["status"]?.string ?? "")
      switch type {
      case "Ready":
        if status == "True" { succeeded += 1 } else if status == "Unknown" { progressing += 1 }
        message = condition["reason"]?.string ?? ""
      case "Reconciling" where status == "True": progressing += 1
      case "ArtifactOutdated" where status == "True" && types.contains("ArtifactInStorage"):
        message += " " + (condition["reason"]?.string ?? "")
      case let type where types.contains(type) && status == "True": succeeded += 1
      default: break
      }
    }
    if progressing == 2 { return HealthReport(.progressing, message) }
    return HealthReport(succeeded == (types.isEmpty ? 1 : 2) ? .healthy : .degraded, message)
  }

  static func helmRepository(_ subject: HealthSubject) -> HealthReport? {
    if let suspension = suspension(subject) { return suspension }
    if subject.spec["type"]?.string == "oci" {
      return HealthReport(
        .healthy, "Helm repositories of type 'oci' do not contain any information in the status.")
    }
    return assess(subject, also: ["ArtifactInStorage"])
  }

  /// - Parameter working: the reasons of a reconciliation that is on its way.
  static func image(_ subject: HealthSubject, working: Set<String>) -> HealthReport? {
    if let suspension = suspension(subject) { return suspension }
    guard subject.status["conditions"]?.sequence != nil else { return unknown }
    let ready = subject.condition("Ready")
    let message = ready?["reason"]?.string ?? ""
    let reconciling = subject.condition("Reconciling")
    let isWorking =
      reconciling?["status"]?.string == "True" && working.contains(reconciling?["reason"]?.string ?? "")
    if ready?["status"]?.string == "False", isWorking { return HealthReport(.progressing, message) }
    return HealthReport(ready?["status"]?.string == "True" ? .healthy : .degraded, message)
  }

  static func receiver(_ subject: HealthSubject) -> HealthReport? {
    if let suspension = suspension(subject) { return suspension }
    guard subject.status["conditions"]?.sequence != nil else { return unknown }
    let ready = subject.condition("Ready")
    return HealthReport(
      ready?["status"]?.string == "True" ? .healthy : .degraded, ready?["reason"]?.string ?? "")
  }
}
