package import Manifest

/// Assesses objects by their kind, as Argo CD does (its gitops-engine's health package; see docs/health.md for the rest).
package enum HealthCheck {
  /// Kinds whose health needs more than metadata.
  package static func needsStatus(_ kind: GroupKind) -> Bool { check(for: kind) != nil || !isBuiltIn(kind) }

  /// The health of a whole object. Kinds without a check are healthy when they exist.
  package static func assess(_ object: Node, kind: GroupKind) -> HealthReport {
    if object["metadata"]?["deletionTimestamp"]?.string != nil { return HealthReport(.progressing, "Pending deletion") }
    if let check = check(for: kind) { return check(HealthSubject(object)) }
    return isBuiltIn(kind) ? HealthReport(.healthy) : CustomHealth.assess(HealthSubject(object))
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
    case ("batch", "Job"): WorkloadHealth.job
    case ("", "Service"): ServiceHealth.service
    case ("networking.k8s.io", "Ingress"), ("extensions", "Ingress"): ServiceHealth.ingress
    case ("", "PersistentVolumeClaim"): ServiceHealth.volumeClaim
    case ("autoscaling", "HorizontalPodAutoscaler"): AutoscalerHealth.assess
    case ("apiregistration.k8s.io", "APIService"): ServiceHealth.apiService
    case ("apiextensions.k8s.io", "CustomResourceDefinition"): ServiceHealth.definition
    case ("", "Namespace"): ServiceHealth.namespace
    default: nil
    }
  }
}

/// The parts of an object that checks read.
struct HealthSubject {
  let spec: Node
  let status: Node
  let metadata: Node

  init(_ object: Node) {
    spec = object["spec"] ?? .null
    status = object["status"] ?? .null
    metadata = object["metadata"] ?? .null
  }

  var isObserved: Bool { (metadata["generation"]?.int ?? 0) <= (status["observedGeneration"]?.int ?? 0) }

  func count(_ key: String) -> Int64 { status[key]?.int ?? 0 }

  func condition(_ type: String) -> Node? {
    status["conditions"]?.sequence?.first { $0["type"]?.string == type }
  }

  func isTrue(_ type: String) -> Bool { condition(type)?["status"]?.string == "True" }
}
