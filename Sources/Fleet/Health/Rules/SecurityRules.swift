/// Policies and identities.
extension CustomChecks {
  static let securityRules: [String: [HealthRule]] = [
    "kyverno.io/Policy": [
      .conditions([
        ConditionRule(
          "Ready", "True", .healthy, "Policy is ready", where: ["reason": "Succeeded", "message": "Ready"])
      ]),
      .otherwise(.progressing, "Waiting for Policy to be ready"),
    ],
    "policy.open-cluster-management.io/CertificatePolicy": [
      .when(.absent("status.compliant"), .progressing, "Waiting for the status to be reported"),
      .when(
        .text("status.compliant", ["Compliant"]), .healthy, "All certificates found comply with the policy"),
      .otherwise(.degraded, "At least once certificate does not comply with the policy"),
    ],
    "policy.open-cluster-management.io/OperatorPolicy": [
      .when(.absent("status.conditions"), .progressing, "Waiting for the status to be reported"),
      .when(.behind, .progressing, "Waiting for the status to be updated"),
      .conditions([ConditionRule("Compliant", "True", .healthy), ConditionRule("Compliant", nil, .degraded)]),
      .otherwise(.progressing, "Waiting for the compliance condition"),
    ],
    "proclaim.dogmatiq.io/DNSSDServiceInstance": [
      .conditions([ConditionRule("Adopted", "False", .degraded)]),
      .conditions([
        ConditionRule("Advertised", nil, .degraded, where: ["reason": "AdvertiseError"]),
        ConditionRule("Advertised", nil, .degraded, where: ["reason": "UnadvertiseError"]),
      ]),
      .conditions([
        ConditionRule("Discoverable", nil, .unknown, where: ["reason": "DiscoveryError"]),
        ConditionRule("Discoverable", "True", .healthy), ConditionRule("Discoverable", nil, .progressing),
      ]),
      .otherwise(.progressing, ""),
    ],
  ]
}
