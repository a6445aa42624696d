package import Manifest

/// Assesses objects by their kind, as Argo CD does (its gitops-engine's health package; see docs/health.md for the rest).
package enum HealthCheck {
  /// Kinds whose health needs more than metadata.
  package static func needsStatus(_ kind: GroupKind) -> Bool {
    check(for: kind) != nil || !isBuiltIn(kind) || kind == namespace || CustomChecks.check(for: kind) != nil
  }

  private static let namespace = GroupKind(group: "", kind: "Namespace")
  /// Kinds of whose fields only those count that the check reads, whatever the types of others.
  private static let looseKinds: Set<String> = ["Ingress", "Workflow"]

  /// The health of a whole object. Kinds without a check are healthy when they exist.
  package static func assess(_ object: Node, kind: GroupKind) -> HealthReport {
    report(object, kind: kind) ?? HealthReport(.healthy)
  }

  /// The same, and nil where nothing is known that would tell: the kind has no check, and its status no condition.
  ///
  /// An object that is being deleted is Progressing, whatever its kind, but for one that only waits for the finalizer
  /// of a sync hook. A field that a check reads and that has a wrong type makes the health Unknown.
  package static func report(_ object: Node, kind: GroupKind) -> HealthReport? {
    if let deletion = deletion(object) { return deletion }
    let subject = HealthSubject(object)
    if kind == namespace { return ServiceHealth.namespace(subject) }
    if let checks = CustomChecks.check(for: kind) { return checks(subject) }
    guard let check = check(for: kind) else { return isBuiltIn(kind) ? nil : CustomHealth.report(subject) }
    let apiVersion = object["apiVersion"]?.string ?? ""
    if !apiVersion.isEmpty, !supports(GroupVersionKind(apiVersion: apiVersion, kind: kind.kind)) {
      return HealthReport(.unknown, "unsupported version \(apiVersion) of \(kind.kind)")
    }
    if !looseKinds.contains(kind.kind), let problem = HealthShape.problem(in: subject) {
      return HealthReport(.unknown, problem)
    }
    return check(subject)
  }

  /// The health of an object that is being deleted, which comes before every check; nil for any other.
  package static func deletion(_ object: Node) -> HealthReport? {
    let subject = HealthSubject(object)
    // What is no time is none, as for Kubernetes' own readers.
    guard let time = subject.metadata["deletionTimestamp"]?.string, (try? TimeText.check(time, isMicro: false)) != nil,
      !isKeptByHook(subject)
    else { return nil }
    return HealthReport(.progressing, "Pending deletion")
  }

  private static func isKeptByHook(_ subject: HealthSubject) -> Bool {
    subject.metadata["finalizers"]?.sequence?.contains { $0.string == "argocd.argoproj.io/hook-finalizer" } ?? false
  }

  /// The versions whose fields the checks know; of kinds that are not named here, every one.
  private static func supports(_ gvk: GroupVersionKind) -> Bool {
    switch gvk.group {
    case "apps", "batch": gvk.version == "v1" || gvk.kind == "CronJob"
    case "autoscaling": ["v1", "v2"].contains(gvk.version)
    case "apiregistration.k8s.io": ["v1", "v1beta1"].contains(gvk.version)
    default: true
    }
  }

  private static func isBuiltIn(_ kind: GroupKind) -> Bool {
    !kind.group.contains(".") || kind.group.hasSuffix(".k8s.io")
  }

  private static func check(for kind: GroupKind) -> ((HealthSubject) -> HealthReport)? {
    switch (kind.group, kind.kind) {
    case ("apps", "Deployment"): WorkloadHealth.deployment
    case ("apps", "StatefulSet"): WorkloadHealth.statefulSet
    case ("apps", "DaemonSet"): WorkloadHealth.daemonSet
    case ("apps", "ReplicaSet"): WorkloadHealth.replicaSet
    case ("", "Pod"): PodHealth.assess
    case ("batch", "Job"): JobHealth.job
    case ("batch", "CronJob"): JobHealth.cronJob
    case ("policy", "PodDisruptionBudget"): JobHealth.disruptionBudget
    case ("argoproj.io", "Workflow"): JobHealth.workflow
    case ("", "Service"): ServiceHealth.service
    case ("networking.k8s.io", "Ingress"), ("extensions", "Ingress"): ServiceHealth.ingress
    case ("", "PersistentVolumeClaim"): ServiceHealth.volumeClaim
    case ("autoscaling", "HorizontalPodAutoscaler"): AutoscalerHealth.assess
    case ("apiregistration.k8s.io", "APIService"): ServiceHealth.apiService
    case ("apiextensions.k8s.io", "CustomResourceDefinition"): ServiceHealth.definition
    default: nil
    }
  }
}

/// The parts of an object that checks read.
struct HealthSubject {
  let object: Node
  let spec: Node
  let status: Node
  let metadata: Node

  init(_ object: Node) {
    self.object = object
    spec = object["spec"] ?? .null
    status = object["status"] ?? .null
    metadata = object["metadata"] ?? .null
  }

  var isObserved: Bool { (metadata["generation"]?.int ?? 0) <= (status["observedGeneration"]?.int ?? 0) }

  func count(_ key: String) -> Int64 { status[key]?.int ?? 0 }

  /// `a - b`, which numbers from outside may take beyond what a number holds.
  static func difference(_ a: Int64, _ b: Int64) -> Int64 {
    let (difference, overflow) = a.subtractingReportingOverflow(b)
    return overflow ? (a < b ? .min : .max) : difference
  }

  var conditions: [Node] { status["conditions"]?.sequence ?? [] }

  func condition(_ type: String) -> Node? { conditions.first { $0["type"]?.string == type } }

  /// What stands at a path such as `status.phase`.
  func node(_ path: String) -> Node? {
    if path == "kind" { return object["kind"] }
    var node: Node? = object
    for key in path.split(separator: ".") { node = node?[String(key)] }
    return node
  }

  func isTrue(_ type: String) -> Bool { condition(type)?["status"]?.string == "True" }
}
