import Manifest

/// HorizontalPodAutoscalers.
enum AutoscalerHealth {
  private static let failures: [String: Set<String>] = [
    "AbleToScale": ["FailedGetScale", "FailedUpdateScale"],
    "ScalingActive": [
      "FailedGetResourceMetric", "FailedGetObjectMetric", "FailedGetPodsMetric", "FailedGetExternalMetric",
      "FailedComputeMetricsReplicas", "InvalidSelector",
    ],
  ]

  private static let annotation = "autoscaling.alpha.kubernetes.io/conditions"

  static func assess(_ subject: HealthSubject) -> HealthReport {
    guard subject.object["apiVersion"]?.string == "autoscaling/v1" else { return assess(subject.conditions) }
    guard let text = subject.metadata["annotations"]?[annotation]?.string else { return assess([]) }
    guard let conditions = conditions(of: text) else {
      return HealthReport(.unknown, "annotation \(annotation) is no JSON list of conditions")
    }
    return assess(conditions)
  }

  /// Version v1 has its conditions in an annotation.
  private static func conditions(of text: String) -> [Node]? {
    guard let node = try? JSON.parse(Array(text.utf8)) else { return nil }
    if node.isNull { return [] }
    guard let conditions = node.sequence, conditions.allSatisfy({ $0.mapping != nil }) else { return nil }
    return conditions
  }

  private static func assess(_ conditions: [Node]) -> HealthReport {
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
