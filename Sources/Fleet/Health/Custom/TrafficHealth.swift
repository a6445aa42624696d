import Manifest

extension CustomChecks {
  static let trafficChecks: [String: Check] = {
    var checks: [String: Check] = [
      "gateway.networking.k8s.io/Gateway": TrafficHealth.gateway,
      "gateway.networking.k8s.io/GatewayClass": TrafficHealth.gatewayClass,
      "gateway.networking.k8s.io/HTTPRoute": { TrafficHealth.route($0, readsGenerations: true) },
      "gateway.networking.k8s.io/GRPCRoute": { TrafficHealth.route($0, readsGenerations: false) },
      "gateway.networking.k8s.io/TLSRoute": { TrafficHealth.route($0, readsGenerations: true) },
      "gateway.networking.k8s.io/TCPRoute": { TrafficHealth.route($0, readsGenerations: true) },
      "gateway.networking.k8s.io/UDPRoute": { TrafficHealth.route($0, readsGenerations: true) },
      "gateway.networking.k8s.io/BackendTLSPolicy": { TrafficHealth.policy($0, isStrict: false) },
      "route.openshift.io/Route": TrafficHealth.openshiftRoute,
    ]
    for kind in ["Gateway", "MatchableHttpGateway", "RouteOption", "RouteTable", "VirtualHostOption", "VirtualService"]
    { checks["gateway.solo.io/" + kind] = TrafficHealth.gloo }
    for kind in ["Proxy", "Settings", "Upstream", "UpstreamGroup"] {
      checks["gloo.solo.io/" + kind] = TrafficHealth.gloo
    }
    return checks
  }()
}

/// Gateways, routes and the policies that hang on them (Gateway API, GEP-1364).
enum TrafficHealth {
  /// What a list of conditions says against it; nil for nothing.
  /// - Parameter name: of what has them, for the words.
  private static func objection(_ conditions: [Node], _ name: String) -> HealthReport? {
    for type in ["ResolvedRefs", "Accepted"] {
      let failed = conditions.first { $0["type"]?.string == type && $0["status"]?.string == "False" }
      if let failed { return HealthReport(.degraded, failed["message"]?.string ?? "Failed condition: " + type) }
    }
    let pending = conditions.first { $0["type"]?.string == "Programmed" && $0["status"]?.string != "True" }
    return pending.map { HealthReport(.progressing, $0["message"]?.string ?? "\(name) is still being programmed") }
  }

  private static func prefixed(_ prefix: String, _ report: HealthReport?) -> HealthReport? {
    report.map { HealthReport($0.health, prefix + $0.message) }
  }

  static func gateway(_ subject: HealthSubject) -> HealthReport? {
    if let objection = objection(subject.conditions, "Gateway") { return objection }
    let listeners = subject.status["listeners"]?.sequence ?? []
    for listener in listeners {
      let conditions = listener["conditions"]?.sequence ?? []
      if let objection = prefixed("Listener: ", objection(conditions, "Listener")) { return objection }
    }
    let isKnown = subject.status["conditions"]?.sequence != nil || !listeners.isEmpty
    return isKnown
      ? HealthReport(.healthy, "Gateway is healthy") : HealthReport(.progressing, "Waiting for Gateway status")
  }

  static func gatewayClass(_ subject: HealthSubject) -> HealthReport? {
    let accepted = subject.conditions.first {
      $0["type"]?.string == "Accepted" && !isStale($0, subject)
    }
    switch accepted?["status"]?.string {
    case "True": return HealthReport(.healthy, accepted?["message"]?.string ?? "GatewayClass is accepted")
    case "False": return HealthReport(.degraded, accepted?["message"]?.string ?? "GatewayClass is not accepted")
    default:
      return HealthReport(.progressing, accepted?["message"]?.string ?? "Waiting for GatewayClass status")
    }
  }

  private static func isStale(_ condition: Node, _ subject: HealthSubject) -> Bool {
    guard let observed = condition["observedGeneration"]?.int, let generation = subject.metadata["generation"]?.int
    else { return false }
    return observed != generation
  }

  /// - Parameter readsGenerations: whether what a parent said of an older generation is left out.
  static func route(_ subject: HealthSubject, readsGenerations: Bool) -> HealthReport? {
    let kind = subject.object["kind"]?.string ?? "Route"
    var hasAnswer = false
    for parent in subject.status["parents"]?.sequence ?? [] {
      guard let conditions = parent["conditions"]?.sequence else { continue }
      if readsGenerations, conditions.contains(where: { isStale($0, subject) }) { continue }
      let name = parent["parentRef"]?["name"]?.string ?? ""
      if let objection = prefixed("Parent \(name): ", objection(conditions, "Route")) { return objection }
      hasAnswer = hasAnswer || !conditions.isEmpty
    }
    return hasAnswer
      ? HealthReport(.healthy, "\(kind) is healthy") : HealthReport(.progressing, "Waiting for \(kind) status")
  }

  /// A policy by what its ancestors say.
  /// - Parameter isStrict: every condition has to name the generation, and every ancestor to accept.
  static func policy(_ subject: HealthSubject, isStrict: Bool) -> HealthReport? {
    let kind = subject.object["kind"]?.string ?? "Policy"
    var report = HealthReport(.progressing, "Waiting for \(kind) status")
    let ancestors = subject.status["ancestors"]?.sequence ?? []
    func name(_ ancestor: Node) -> String { "Ancestor " + (ancestor["ancestorRef"]?["name"]?.string ?? "") }
    for ancestor in ancestors where subject.metadata["generation"]?.int != nil {
      let isBehind = (ancestor["conditions"]?.sequence ?? []).contains {
        isStale($0, subject) || isStrict && $0["observedGeneration"]?.int == nil
      }
      if isBehind { return HealthReport(.progressing, "Waiting for \(name(ancestor)) to update \(kind) status") }
    }
    for ancestor in ancestors {
      let conditions = (ancestor["conditions"]?.sequence ?? []).filter {
        ["Accepted", "ResolvedRefs"].contains($0["type"]?.string)
      }
      for condition in conditions {
        guard condition["status"]?.string == "True" else {
          return HealthReport(.degraded, "\(name(ancestor)): \(condition["message"]?.string ?? "")")
        }
        if condition["type"]?.string == "Accepted" { report = HealthReport(.healthy, "\(kind) is healthy") }
      }
      if isStrict, !conditions.contains(where: { $0["type"]?.string == "Accepted" }) {
        report = HealthReport(.degraded, "\(name(ancestor)): \(kind) is not accepted")
      }
    }
    return report
  }

  /// Airlock Microgateway: its policies have a status, its other kinds none.
  static func airlock(_ subject: HealthSubject) -> HealthReport? {
    let kind = subject.object["kind"]?.string ?? ""
    return kind.hasSuffix("Policy") ? policy(subject, isStrict: true) : HealthReport(.healthy, "\(kind) is healthy")
  }

  static func openshiftRoute(_ subject: HealthSubject) -> HealthReport? {
    let waiting = HealthReport(.progressing, "Route is still getting admitted")
    guard let ingresses = subject.status["ingress"]?.sequence else { return waiting }
    let admitted = ingresses.flatMap { $0["conditions"]?.sequence ?? [] }.filter { $0["type"]?.string == "Admitted" }
    if admitted.count(where: { $0["status"]?.string == "True" }) == ingresses.count {
      return HealthReport(.healthy, "Route is healthy")
    }
    return admitted.contains { $0["status"]?.string == "False" }
      ? HealthReport(.degraded, "Route is degraded") : waiting
  }

  /// Gloo: a state in words or as a number, for each namespace that watches, or one for all.
  static func gloo(_ subject: HealthSubject) -> HealthReport? {
    var report = HealthReport(.progressing, "Update in progress")
    var statuses = subject.status["statuses"]?.mapping ?? Mapping()
    statuses.sortKeys()
    for member in statuses {
      report = gloo(state: member.value) ?? report
      if report.health != .progressing { return report }
    }
    return gloo(state: subject.status) ?? report
  }

  private static func gloo(state status: Node) -> HealthReport? {
    let reason = status["reason"]?.string ?? ""
    switch HealthWords.text(of: status["state"]) {
    case "Accepted", "1": return HealthReport(.healthy, "The resource has been validated")
    case "Warning", "3", "Rejected", "2": return HealthReport(.degraded, reason)
    case "Pending", "0": return HealthReport(.suspended, "The resource has not yet been validated")
    default: return nil
    }
  }
}
