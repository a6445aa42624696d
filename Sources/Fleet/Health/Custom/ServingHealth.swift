import Manifest

extension CustomChecks {
  static let servingChecks: [String: Check] = [
    "serving.knative.dev/Service": ServingHealth.knativeService,
    "operator.knative.dev/KnativeEventing": {
      ServingHealth.knative($0, ["Ready", "InstallSucceeded"], fatal: ["Ready"])
    },
    "operator.knative.dev/KnativeServing": {
      ServingHealth.knative(
        $0, ["Ready", "InstallSucceeded", "DependenciesInstalled", "DeploymentsAvailable"],
        fatal: ["Ready", "DeploymentsAvailable"])
    },
    "serving.kserve.io/InferenceService": ServingHealth.inferenceService,
    "keda.sh/ScaledJob": { ServingHealth.keda($0, waiting: "Waiting for ScaledJob", readsFallback: false) },
    "keda.sh/ScaledObject": {
      ServingHealth.keda($0, waiting: "Creating HorizontalPodAutoscaler Object", readsFallback: true)
    },
    "core.spinkube.dev/SpinApp": ServingHealth.spinApp,
    "sparkoperator.k8s.io/SparkApplication": SparkHealth.application,
    "opentelemetry.io/OpenTelemetryCollector": ServingHealth.collector,
    "numaflow.numaproj.io/InterStepBufferService": { ServingHealth.numaflow($0, paused: [], tellsMessage: true) },
    "numaflow.numaproj.io/MonoVertex": { ServingHealth.numaflow($0, paused: ["Paused"], tellsMessage: false) },
    "numaflow.numaproj.io/Pipeline": {
      ServingHealth.numaflow($0, paused: ["Paused", "Pausing"], tellsMessage: false)
    },
    "numaflow.numaproj.io/Vertex": { ServingHealth.numaflow($0, paused: ["Paused"], tellsMessage: true) },
  ]
}

/// What serves models, functions and streams.
enum ServingHealth {
  private static func list(_ subject: HealthSubject) -> String {
    subject.conditions.enumerated().map { index, condition in
      "\(index + 1): \(condition["type"]?.string ?? "") | \(condition["status"]?.string ?? "")\n"
    }.joined()
  }

  /// - Parameters:
  ///   - wanted: conditions that all have to be True.
  ///   - fatal: those of them that make it Progressing when they are False; Unknown does in any.
  static func knative(_ subject: HealthSubject, _ wanted: Set<String>, fatal: Set<String>) -> HealthReport? {
    let kind = subject.object["kind"]?.string ?? ""
    guard subject.status["conditions"]?.sequence != nil else {
      return HealthReport(.progressing, "Waiting for \(kind)")
    }
    let isWorking = subject.conditions.contains { condition in
      condition["status"]?.string == "Unknown"
        || condition["status"]?.string == "False" && fatal.contains(condition["type"]?.string ?? "")
    }
    if isWorking { return HealthReport(.progressing, list(subject)) }
    return wanted.allSatisfy(subject.isTrue)
      ? HealthReport(.healthy, "\(kind) is healthy.") : HealthReport(.degraded, list(subject))
  }

  static func knativeService(_ subject: HealthSubject) -> HealthReport? {
    guard subject.status["conditions"]?.sequence != nil else {
      return HealthReport(.progressing, "Waiting for status update.")
    }
    let open = subject.conditions.filter { ["False", "Unknown"].contains($0["status"]?.string) }
    if open.isEmpty, ["ConfigurationsReady", "RoutesReady", "Ready"].allSatisfy(subject.isTrue) {
      return HealthReport(.healthy, "Knative Service is healthy.")
    }
    let words = open.map { condition in
      var line = "\(condition["type"]?.string ?? "") is \(condition["status"]?.string ?? "")"
      if let reason = condition["reason"]?.string, !reason.isEmpty { line += ", since \(reason)." }
      if let message = condition["message"]?.string, !message.isEmpty { line += " \(message)" }
      return line + "\n"
    }.joined()
    return HealthReport(open.contains { $0["status"]?.string == "False" } ? .degraded : .progressing, words)
  }

  /// A model server: the transition of its model and its conditions. One that somebody stopped is suspended.
  static func inferenceService(_ subject: HealthSubject) -> HealthReport? {
    let waiting = HealthReport(.progressing, "Waiting for InferenceService to report status...")
    guard subject.status["conditions"]?.sequence != nil else { return waiting }
    if subject.isTrue("Stopped") { return HealthReport(.suspended, "InferenceService is Stopped") }
    let transition = subject.status["modelStatus"]?["transitionStatus"]?.string
    let isUpToDate = transition == nil || transition == "UpToDate"
    let isDegraded = !isUpToDate && transition != "InProgress"
    var words = isUpToDate ? "" : "0: transitionStatus | \(transition ?? "")"
    var open = 0
    for (index, condition) in subject.conditions.enumerated() {
      let (type, status) = (condition["type"]?.string ?? "", condition["status"]?.string ?? "")
      guard status != "True", type != "Stopped" else { continue }
      open += 1
      words += " | \(index + 1): \(type) | \(status)"
      for key in ["reason", "message"] {
        if let text = condition[key]?.string, !text.isEmpty { words += " | \(text)" }
      }
    }
    if isUpToDate, open == 0 { return HealthReport(.healthy, "InferenceService is healthy.") }
    return HealthReport(isDegraded ? .degraded : .progressing, words)
  }

  static func keda(_ subject: HealthSubject, waiting: String, readsFallback: Bool) -> HealthReport? {
    var (isReady, isDegraded, isPaused, message) = (false, false, false, "")
    for condition in subject.conditions {
      switch (condition["type"]?.string, condition["status"]?.string) {
      case ("Ready", "True"): isReady = true
      case ("Ready", "False"): isDegraded = true
      case ("Ready", "Unknown") where !readsFallback: isDegraded = true
      case ("Fallback", "True") where readsFallback: isDegraded = true
      case ("Paused", "True"): isPaused = true
      default: continue
      }
      message = condition["message"]?.string ?? ""
    }
    if isDegraded { return HealthReport(.degraded, message) }
    guard isReady else { return HealthReport(.progressing, waiting) }
    return HealthReport(isPaused ? .suspended : .healthy, message)
  }

  static func spinApp(_ subject: HealthSubject) -> HealthReport? {
    guard subject.object["status"]?.mapping != nil else {
      return HealthReport(.progressing, "Waiting for status to be available")
    }
    if let progressing = subject.condition("Progressing"), progressing["status"]?.string == "False" {
      let message = progressing["message"]?.string
      let words = message?.lowercased() ?? ""
      if progressing["reason"]?.string == "ProgressDeadlineExceeded" || words.contains("timeout")
        || words.contains("failed")
      {
        return HealthReport(.degraded, message ?? "Application deployment has failed")
      }
    }
    let available = subject.condition("Available")
    guard available?["status"]?.string == "True" else {
      return HealthReport(
        .degraded, available == nil ? "" : available?["message"]?.string ?? "Application is not available")
    }
    let (ready, wanted) = (subject.count("readyReplicas"), subject.spec["replicas"]?.int ?? 1)
    if ready < wanted {
      return HealthReport(.progressing, "Waiting for replicas to be ready (\(ready)/\(wanted))")
    }
    if subject.isTrue("Progressing") {
      return HealthReport(
        .progressing, subject.condition("Progressing")?["message"]?.string ?? "Application progress status")
    }
    return HealthReport(.healthy, "Application is healthy with \(ready)/\(wanted) replicas ready")
  }

  static func collector(_ subject: HealthSubject) -> HealthReport? {
    guard subject.object["status"]?.mapping != nil else {
      return HealthReport(.progressing, "Waiting for OpenTelemetry Collector status")
    }
    guard let scale = subject.status["scale"]?["statusReplicas"]?.string else {
      return subject.spec["mode"]?.string == "sidecar"
        ? HealthReport(.healthy, "Collector is running in sidecar mode")
        : HealthReport(.progressing, "Scale status not available")
    }
    let parts = scale.split(separator: "/").map { Int64($0) }
    guard parts.count == 2, let ready = parts[0], let total = parts[1] else {
      return HealthReport(.progressing, "Unable to parse replica status: \(scale)")
    }
    if ready == 0 {
      return subject.spec["mode"]?.string == "daemonset" && total == 0
        ? HealthReport(.healthy, "DaemonSet has no eligible nodes (0/0)")
        : HealthReport(.degraded, "No replicas are ready")
    }
    return ready == total
      ? HealthReport(.healthy, "All replicas are ready") : HealthReport(.progressing, "Replicas are starting up")
  }

  /// - Parameters:
  ///   - paused: phases that count as healthy, since somebody wants them.
  ///   - tellsMessage: whether a failed condition's own message is told.
  static func numaflow(_ subject: HealthSubject, paused: Set<String>, tellsMessage: Bool) -> HealthReport? {
    let kind = subject.object["kind"]?.string ?? ""
    let waiting = HealthReport(.progressing, "Waiting for \(kind) status")
    guard subject.object["status"]?.mapping != nil,
      subject.metadata["generation"]?.int == subject.status["observedGeneration"]?.int
    else { return waiting }
    let phase = subject.status["phase"]?.string ?? ""
    if phase == "Failed" { return HealthReport(.degraded, subject.status["message"]?.string ?? "") }
    let result = subject.metadata["labels"]?["numaplane.numaproj.io/progressive-result-state"]?.string
    if kind != "Vertex", result == "failed" { return HealthReport(.degraded, "Failed progressive upgrade") }
    if let failed = subject.conditions.last(where: { $0["status"]?.string == "False" }) {
      return HealthReport(
        .degraded, tellsMessage ? failed["message"]?.string ?? "" : "Subresources are unhealthy")
    }
    if paused.contains(phase) { return HealthReport(.healthy, "\(kind) is paused") }
    return phase == "Running" ? HealthReport(.healthy, "\(kind) is healthy") : waiting
  }
}
