import Manifest

/// Pods, by their phase and their containers.
enum PodHealth {
  static func assess(_ subject: HealthSubject) -> HealthReport {
    let runsForEver =
      subject.metadata["annotations"]?["argocd.argoproj.io/ignore-restart-policy"]?.string == "true" && !isHook(subject)
    let policy = runsForEver ? "Always" : subject.spec["restartPolicy"]?.string ?? ""
    if policy == "Always" {
      let stuck = containers(subject, "containerStatuses").compactMap { $0["state"]?["waiting"] }.filter(isStuck)
      if !stuck.isEmpty {
        return HealthReport(.degraded, stuck.map { $0["message"]?.string ?? "" }.joined(separator: ", "))
      }
    }
    let message = subject.status["message"]?.string ?? ""
    switch subject.status["phase"]?.string {
    case "Pending": return HealthReport(.progressing, message)
    case "Succeeded": return HealthReport(.healthy, message)
    case "Failed": return HealthReport(.degraded, message.isEmpty ? failure(subject) : message)
    case "Running": return running(subject, policy, message)
    default: return HealthReport(.unknown, message)
    }
  }

  /// A hook has to end, whatever its annotations say of its restart policy.
  private static func isHook(_ subject: HealthSubject) -> Bool {
    let annotations = subject.metadata["annotations"]
    if let argo = annotations?["argocd.argoproj.io/hook"]?.string {
      return argo.split(separator: ",").map { $0.filter { $0 != " " } } != ["Skip"]
    }
    return annotations?["helm.sh/hook"]?.string.map { $0 != "crd-install" } ?? false
  }

  private static func containers(_ subject: HealthSubject, _ key: String) -> [Node] {
    subject.status[key]?.sequence ?? []
  }

  private static func isStuck(_ waiting: Node) -> Bool {
    let reason = waiting["reason"]?.string ?? ""
    return reason.hasPrefix("Err") || reason.hasSuffix("Error") || reason.hasSuffix("BackOff")
  }

  private static func running(_ subject: HealthSubject, _ policy: String, _ message: String) -> HealthReport {
    switch policy {
    case "Always":
      if subject.isTrue("Ready") { return HealthReport(.healthy, message) }
      let hasEnded = containers(subject, "containerStatuses").contains {
        $0["lastState"]?["terminated"]?.mapping != nil
      }
      return HealthReport(hasEnded ? .degraded : .progressing, message)
    case "OnFailure", "Never": return HealthReport(.progressing, message)
    default: return HealthReport(.unknown, message)
    }
  }

  private static func failure(_ subject: HealthSubject) -> String {
    for status in containers(subject, "initContainerStatuses") + containers(subject, "containerStatuses") {
      guard let ended = status["state"]?["terminated"] else { continue }
      if let message = ended["message"]?.string, !message.isEmpty { return message }
      if ended["reason"]?.string == "OOMKilled" { return "OOMKilled" }
      let code = ended["exitCode"]?.int ?? 0
      if code != 0 { return "container \"\(status["name"]?.string ?? "")\" failed with exit code \(code)" }
    }
    return ""
  }
}
