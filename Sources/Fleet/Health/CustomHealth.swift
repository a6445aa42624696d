import Manifest

/// Custom resources, by the conventions that most of them keep: observedGeneration and the conditions Ready, Available,
/// Stalled, Reconciling (the rules of kstatus, sigs.k8s.io/cli-utils).
enum CustomHealth {
  /// Nil where neither generations nor conditions tell anything.
  static func report(_ subject: HealthSubject) -> HealthReport? {
    if let observed = subject.status["observedGeneration"]?.int, observed < (subject.metadata["generation"]?.int ?? 0) {
      return HealthReport(.progressing, "waiting for the controller to see the change")
    }
    if let stalled = subject.condition("Stalled"), stalled["status"]?.string == "True" {
      return HealthReport(.degraded, stalled["message"]?.string ?? "")
    }
    guard let ready = subject.condition("Ready") ?? subject.condition("Available") else {
      return nil
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
