/// Metrics, logs, traces and what shows them.
extension CustomChecks {
  static let observabilityRules: [String: [HealthRule]] = {
    var rules: [String: [HealthRule]] = [
      "coralogix.com/Alert": coralogix, "coralogix.com/RecordingRuleGroupSet": coralogix,
      "datadoghq.com/DatadogMetric": [
        .conditions([
          ConditionRule("Error", "True", .degraded, "{reason: message}", where: ["message": "!"]),
          ConditionRule("Error", "True", .degraded, "DatadogMetric reported an error"),
        ]),
        .conditions([ConditionRule("Valid", "False", .degraded, "{message|DatadogMetric is not valid}")]),
        .otherwise(.healthy, "DatadogMetric is healthy"),
      ],
      "grafana.integreatly.org/Grafana": [
        .when(.absent("status.stageStatus"), .progressing, "Waiting for Grafana status info"),
        .when(.text("status.stageStatus", ["failed"]), .degraded, "Failed at stage {status.stage}"),
        .when(
          .all([.text("status.stage", ["complete"]), .text("status.stageStatus", ["success"])]), .healthy, ""),
        .otherwise(.progressing, "{status.stage}"),
      ],
      "grafana.integreatly.org/GrafanaDatasource": [
        .when(.absent("status"), .progressing, ""), .when(.text("status.uid", [""]), .progressing, ""),
        .when(.isTrue("status.NoMatchingInstances"), .degraded, "can't find matching grafana instance"),
        .otherwise(.healthy, ""),
      ],
      "jaegertracing.io/Jaeger": [
        .field(
          "status.phase",
          [
            FieldRule("Running", is: .healthy, "Jaeger is Running"),
            FieldRule("Failed", is: .degraded, "Jaeger Failed For Some Reason"),
          ]),
        .otherwise(.progressing, "Waiting for Jaeger"),
      ],
      "logstash.k8s.elastic.co/Logstash": [
        .field(
          "status.health",
          [
            FieldRule("green", is: .healthy, "Logstash status is Green"),
            FieldRule("yellow", is: .progressing, "Logstash status is Yellow"),
            FieldRule("red", is: .degraded, "Logstash status is Red"),
          ]),
        .otherwise(.progressing, "Waiting for Logstash"),
      ],
      "beat.k8s.elastic.co/Beat": [
        .field(
          "status.health",
          [
            FieldRule("red", is: .degraded, "Elastic Beat status is Red"),
            FieldRule("green", is: .healthy, "Elastic Beat status is Green"),
          ]),
        .when(
          .all([
            .text("status.health", ["yellow"]), .present("status.availableNodes"), .present("status.expectedNodes"),
          ]), .progressing,
          "Elastic Beat status is deploying, there is {status.availableNodes} instance(s) on {status.expectedNodes} expected"
        ),
        .when(.text("status.health", ["yellow"]), .progressing, "Elastic Beat phase is progressing"),
        .when(
          .all([.absent("status.health"), .present("status.expectedNodes")]), .progressing,
          "Elastic Beat phase is progressing"),
        .otherwise(.unknown, "Elastic Beat status is unknown"),
      ],
      "monitoring.coreos.com/Prometheus": [
        .conditions([
          ConditionRule("Available", "True", .healthy, "All instances are available"),
          ConditionRule("Available", nil, .progressing, "{message|$reason}", where: ["reason": "SomePodsNotReady"]),
          ConditionRule("Available", nil, .degraded, "{message|$reason}"),
        ]),
        .otherwise(.progressing, "Waiting for initialization"),
      ],
      "operator.victoriametrics.com/*": [
        .when(.absent("status"), .progressing, "Waiting for the operator to reconcile"),
        .when(.behind, .progressing, "Waiting for the operator to reconcile"),
        .when(.text("status.updateStatus", ["operational"]), .healthy, "All components are operational"),
        .when(victoria("expanding"), .progressing, "{status.reason}"),
        .when(victoria("paused"), .suspended, "{status.reason}"),
        .when(victoria("failed"), .degraded, "{status.reason}"),
        .field(
          "status.updateStatus",
          [
            FieldRule("expanding", is: .progressing, "Reconciliation in progress"),
            FieldRule("paused", is: .suspended, "Reconciliation is paused"),
            FieldRule("failed", is: .degraded, "Reconciliation failed"),
          ]),
        .otherwise(.progressing, "Waiting for the operator to report status"),
      ],
      "core.humio.com/HumioCluster": [
        .field(
          "status.state",
          [
            FieldRule("Running", is: .healthy, "{status.message|Cluster is in a healthy running state}"),
            FieldRule("Restarting", is: .progressing, "{status.message|Cluster pods are being restarted}"),
            FieldRule("Upgrading", is: .progressing, "{status.message|Cluster pods are being upgraded}"),
            FieldRule(
              "ConfigError", is: .degraded,
              "{status.message|User-provided cluster specification resulted in a configuration error}"),
            FieldRule(
              "Pending", is: .progressing, "{status.message|Cluster is waiting on resources to be provisioned}"),
            FieldRule("Unknown", is: .unknown, "{status.message|Component state: Unknown.}"),
          ]),
        .otherwise(.progressing, "Update in progress"),
      ],
    ]
    for kind in ["Action", "Alert", "IngestToken", "Parser", "Repository", "View"] {
      rules["core.humio.com/Humio" + kind] = humio
    }
    return rules
  }()

  private static let coralogix = HealthRule.condition(
    "RemoteSynced", "Waiting for status to be updated", healthy: "Resource is ready")

  private static let humio: [HealthRule] = [
    .field(
      "status.state",
      [
        FieldRule("Exists", is: .healthy, "Component state: Exists."),
        FieldRule("NotFound", is: .missing, "Component state: NotFound."),
        FieldRule("ConfigError", is: .degraded, "Component state: ConfigError."),
        FieldRule("Unknown", is: .unknown, "Component state: Unknown."),
      ]),
    .otherwise(.progressing, "Update in progress"),
  ]

  /// A state that the operator explains.
  private static func victoria(_ state: String) -> HealthTest {
    .all([.text("status.updateStatus", [state]), .present("status.reason"), .not(.text("status.reason", [""]))])
  }
}
