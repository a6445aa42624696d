/// What manages and serves APIs.
extension CustomChecks {
  static let apiRules: [String: [HealthRule]] = [
    "capabilities.3scale.net/ActiveDoc": threeScale("ActiveDoc", "Ready", "is ready", [invalid, orphan, failed]),
    "capabilities.3scale.net/ApplicationAuth": threeScale(
      "ApplicationAuth", "Ready", "is ready", [("Failed", .degraded, "failed")]),
    "capabilities.3scale.net/Backend": threeScale("Backend", "Synced", "is synced", [invalid, failed]),
    "capabilities.3scale.net/CustomPolicyDefinition": threeScale(
      "CustomPolicyDefinition", "Ready", "is ready", [invalid, failed]),
    "capabilities.3scale.net/DeveloperAccount": threeScale(
      "DeveloperAccount", "Ready", "is ready", [invalid, failed, ("Waiting", .suspended, "is waiting for approval")]),
    "capabilities.3scale.net/DeveloperUser": [
      .when(
        .text("status.developerUserState", ["suspended"]), .suspended,
        "3scale Developer user is waiting for admin approval")
    ] + threeScale("DeveloperUser", "Ready", "is ready", [invalid, orphan, failed]),
    "capabilities.3scale.net/OpenAPI": threeScale(
      "OpenAPI", "Ready", "is ready", [invalid, ("Failed", .degraded, "reconciliation failed")]),
    "capabilities.3scale.net/Product": threeScale("Product", "Synced", "is synced", [invalid, orphan, failed]),
    "capabilities.3scale.net/ProxyConfigPromote": threeScale(
      "ProxyConfigPromote", "Ready", "is ready",
      [("In-progress", .progressing, "is in progress"), ("Failed", .degraded, "failed")]),
    "capabilities.3scale.net/Application": [
      .when(.text("status.state", ["suspended"]), .suspended, "3scale Application is suspended"),
      .conditions([
        ConditionRule("Ready", "True", .healthy, "3scale Application is ready"),
        ConditionRule(
          "Ready", nil, .degraded, "{message|3scale Application is not ready}",
          given: .not(.positive("status.adminId"))),
      ]),
      .otherwise(.progressing, "Waiting for 3scale Application status..."),
    ],
    "capabilities.3scale.net/Tenant": [
      .when(
        .all([
          .condition("Ready", "True"), .positive("status.tenantId"), .positive("status.adminId"),
        ]), .healthy, "3scale Tenant is ready"),
      .conditions([
        ConditionRule("Ready", nil, .degraded, "{message|3scale Tenant is degraded}", where: ["status": "!True"])
      ]),
      .otherwise(.progressing, "Waiting for 3scale Tenant status..."),
    ],
    "apps.3scale.net/APIManager": [
      .when(
        .all([
          .present("status.deployments.ready"), .absent("status.deployments.starting"),
          .absent("status.deployments.stopped"),
        ]), .healthy, "3scale APIManager is available"),
      .conditions([
        ConditionRule("Available", "True", .healthy, "3scale APIManager is available"),
        ConditionRule("Available", nil, .degraded, "3scale APIManager is degraded: {reason}", where: ["reason": "!"]),
      ]),
      .otherwise(.progressing, "Waiting for 3scale APIManager status..."),
    ],
    "openfaas.com/Function": [
      .conditions([
        ConditionRule("Ready", "False", .degraded), ConditionRule("Stalled", "True", .degraded),
        ConditionRule("Ready", "True", .healthy, given: .positive("status.replicas")),
        ConditionRule("Ready", "True", .suspended, "No replicas available"),
      ]),
      .otherwise(.progressing, "Waiting for Function"),
    ],
    "projectcontour.io/ExtensionService": [
      .conditions([
        ConditionRule("Valid", "True", .healthy, age: .current),
        ConditionRule("Valid", "False", .degraded, age: .current),
      ]),
      .otherwise(.progressing, "Waiting for status"),
    ],
    "projectcontour.io/HTTPProxy": [
      .conditions([
        ConditionRule("Valid", "True", .healthy, "{status.description}", age: .current),
        ConditionRule(
          nil, "False", .healthy, "HTTPProxy inclusions cannot be health checked", age: .current,
          given: .present("spec.includes")),
        ConditionRule("Valid", "False", .degraded, "{status.description}", age: .current),
      ]),
      .when(
        .all([.absent("status.conditions"), .present("status.currentStatus")]), .progressing,
        "{status.description}"),
      .otherwise(.progressing, "Waiting for status"),
    ],
    "networking.gke.io/ManagedCertificate": [
      .when(
        .listed("status.domainStatus", "status", "FailedNotVisible"), .degraded,
        "At least one certificate has failed to be provisioned"),
      .when(.text("status.certificateStatus", ["Active"]), .healthy, "All certificates are active"),
      .otherwise(.progressing, "At least one certificate is still being provisioned"),
    ],
    "kubernetes-client.io/ExternalSecret": [
      .when(.text("status.status", ["SUCCESS"]), .healthy, "Fetched ExternalSecret."),
      .when(.prefix("status.status", "ERROR"), .degraded, "{status.status-ERROR, }"),
      .otherwise(.progressing, "Waiting for ExternalSecret."),
    ],
  ]

  private typealias Outcome = (type: String, health: Health, words: String)
  private static let invalid: Outcome = ("Invalid", .degraded, "configuration is invalid")
  private static let orphan: Outcome = ("Orphan", .degraded, "references non-existing resources")
  private static let failed: Outcome = ("Failed", .degraded, "synchronization failed")

  private static func threeScale(
    _ name: String, _ good: String, _ words: String, _ others: [Outcome]
  ) -> [HealthRule] {
    let rules = others.map { ConditionRule($0.type, "True", $0.health, "{message|3scale \(name) \($0.words)}") }
    return [
      .conditions([ConditionRule(good, "True", .healthy, "3scale \(name) \(words)")] + rules),
      .otherwise(.progressing, "Waiting for 3scale \(name) status..."),
    ]
  }
}
