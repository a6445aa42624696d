import Manifest

/// Checks for well-known custom resources; what is not named here is assessed by convention (``CustomHealth``).
///
/// What the controllers report, and what it means, are facts that Argo CD's customisations document; so are the texts,
/// which alerts look for. Checks and tables are ours.
enum CustomChecks {
  typealias Check = @Sendable (HealthSubject) -> HealthReport?

  /// Nil for kinds that have no check of their own.
  static func check(for kind: GroupKind) -> Check? {
    // Nothing that Kubernetes itself serves is looked up.
    guard kind.group.contains(".") else { return nil }
    let name = kind.group + "/" + kind.kind
    if let check = functions[name] ?? family(kind) { return check }
    guard let rules = tables[name] ?? tables[kind.group + "/*"] else { return nil }
    return { subject in
      for rule in rules { if let report = rule.report(subject) { return report } }
      return nil
    }
  }

  private static let tables: [String: [HealthRule]] = [
    deliveryRules, dataRules, messagingRules, platformRules, securityRules, observabilityRules, apiRules,
  ].reduce(into: [:]) { all, table in all.merge(table) { first, _ in first } }

  private static let functions: [String: Check] = [
    deliveryChecks, platformChecks, trafficChecks, servingChecks, workloadChecks, policyChecks,
  ].reduce(into: [:]) { all, table in all.merge(table) { first, _ in first } }

  /// Groups whose kinds are all alike.
  private static func family(_ kind: GroupKind) -> Check? {
    for (suffix, check) in [
      (".cnrm.cloud.google.com", CloudHealth.configConnector), (".services.k8s.aws", CloudHealth.ack),
      (".upbound.io", CloudHealth.upbound),
    ] where kind.group.hasSuffix(suffix) { return check }
    if kind.group == "microgateway.airlock.com" { return TrafficHealth.airlock }
    guard kind.group.hasSuffix(".crossplane.io") else { return nil }
    return CloudHealth.crossplane
  }
}
