/// What delivers: Argo, Flux, cert-manager and secrets that are fetched.
extension CustomChecks {
  static let deliveryRules: [String: [HealthRule]] = [
    "argoproj.io/AnalysisRun": [
      .when(
        .absent("status"), .progressing, "Waiting for analysis run to finish: status has not been reconciled."),
      .field(
        "status.phase",
        [
          FieldRule("Pending", "Running", is: .progressing, "Analysis run is running"),
          FieldRule("Successful", is: .healthy, "{status.message|Analysis run completed successfully}"),
          FieldRule("Failed", is: .degraded, "{status.message|Analysis run failed}"),
          FieldRule("Error", is: .degraded, "{status.message|Analysis run had an error}"),
          FieldRule("Inconclusive", is: .unknown, "{status.message|Analysis run was inconclusive}"),
        ]),
    ],
    "argoproj.io/Experiment": [
      .when(.absent("status"), .progressing, "Waiting for experiment to finish: status has not been reconciled."),
      .field(
        "status.phase",
        [
          FieldRule("Pending", is: .progressing, "Experiment is pending"),
          FieldRule("Running", is: .progressing, "Experiment is running"),
          FieldRule("Successful", is: .healthy, "Experiment is successful"),
          FieldRule("Failed", is: .degraded, "Experiment has failed"),
          FieldRule("Error", is: .degraded, "Experiment had an error"),
        ]),
    ],
    "argoproj.io/ApplicationSet": [
      .conditions([ConditionRule("ErrorOccurred", "True", .degraded)]),
      .conditions([ConditionRule("ResourcesUpToDate", "False", .degraded)]),
      .conditions([ConditionRule("RolloutProgressing", "True", .progressing)]),
      .conditions([ConditionRule("ResourcesUpToDate", "True", .healthy)]),
      .otherwise(.progressing, "Waiting for the status to be reported"),
    ],
    "argoproj.io/CronWorkflow": [
      .conditions([
        ConditionRule("SpecError", "True", .degraded), ConditionRule("SubmissionError", "True", .degraded),
        ConditionRule("Completed", "True", .healthy),
      ]),
      .otherwise(.healthy, "CronWorkflow is healthy."),
    ],
    "argoproj.io/EventBus": HealthRule.condition(
      "Deployed", "Waiting for initialization", healthy: "{message|$reason}", degraded: "{message|$reason}"),
    // An Application within Argo CD's own cluster: its controller says how it is.
    "argoproj.io/Application": [
      .field(
        "status.health.status",
        [
          FieldRule("Healthy", is: .healthy, "{status.health.message}"),
          FieldRule("Progressing", is: .progressing, "{status.health.message}"),
          FieldRule("Suspended", is: .suspended, "{status.health.message}"),
          FieldRule("Missing", is: .missing, "{status.health.message}"),
          FieldRule("Degraded", is: .degraded, "{status.health.message}"),
          FieldRule("Unknown", is: .unknown, "{status.health.message}"),
        ]),
      .otherwise(.progressing, "Waiting for the application to be reconciled"),
    ],
    "cert-manager.io/Certificate": [.conditions([ConditionRule("Issuing", "True", .progressing)])]
      + HealthRule.ready("Waiting for certificate"),
    "cert-manager.io/ClusterIssuer": HealthRule.ready("Initializing ClusterIssuer"),
    "cert-manager.io/Issuer": HealthRule.ready("Initializing issuer"),
    "certmanager.k8s.io/Certificate": HealthRule.ready("Waiting for certificate"),
    "certmanager.k8s.io/Issuer": HealthRule.ready("Initializing issuer"),
    "external-secrets.io/ExternalSecret": HealthRule.ready("Waiting for ExternalSecret"),
    "external-secrets.io/PushSecret": HealthRule.ready("Waiting for PushSecret"),
    "external-secrets.io/SecretStore": HealthRule.ready("Waiting for SecretStore"),
    "external-secrets.io/ClusterSecretStore": HealthRule.ready("Waiting for ClusterSecretStore"),
    "external-secrets.io/ClusterExternalSecret": [
      .lastCondition([
        ConditionRule("Ready", "True", .healthy), ConditionRule("PartiallyReady", "True", .degraded),
        ConditionRule("NotReady", "True", .degraded),
      ]),
      .otherwise(.progressing, "Waiting for ClusterExternalSecret"),
    ],
    "bitnami.com/SealedSecret": HealthRule.condition("Synced", "Waiting for Sealed Secret to be decrypted"),
    "onepassword.com/OnePasswordItem": HealthRule.ready("Waiting for controller to report status"),
    "pulumi.com/Stack": [
      .when(
        .not(.same("status.observedGeneration", "metadata.generation")), .progressing,
        "Waiting for the operator to observe the latest spec change"),
      .conditions([
        ConditionRule("Stalled", "True", .degraded), ConditionRule("Reconciling", "True", .progressing),
        ConditionRule("Ready", "True", .healthy),
      ]),
      .otherwise(.progressing, "Waiting for the stack to be reconciled"),
    ],
    "camel.apache.org/Integration": HealthRule.ready("Waiting for Integration"),
    "tower.ansible.com/AnsibleJob": [
      .field(
        "status.ansibleJobResult.status",
        [
          FieldRule("successful", is: .healthy, ansibleWords),
          FieldRule("failed", "error", "canceled", is: .degraded, ansibleWords),
          FieldRule("new", "pending", "waiting", "running", is: .progressing, ansibleWords),
        ]),
      .otherwise(.progressing, "Waiting for AnsibleJob"),
    ],
    "lifecycle.keptn.sh/KeptnEvaluation": keptn("status.overallStatus"),
    "lifecycle.keptn.sh/*": keptn("status.status"),
    "metrics.keptn.sh/Analysis": [
      .when(.isTrue("status.pass"), .healthy, "Analysis is healthy"),
      .when(.isTrue("status.warning"), .healthy, "Analysis is healthy with warnings"),
      .when(.isFalse("status.pass"), .degraded, "Analysis is degraded"),
      .otherwise(.progressing, "Analysis is progressing"),
    ],
    "metrics.keptn.sh/KeptnMetric": [
      .when(
        .all([.present("status.errMsg"), .not(.text("status.errMsg", [""]))]), .degraded, "KeptnMetric is degraded"),
      .when(.present("status.value"), .healthy, "KeptnMetric is healthy"),
      .otherwise(.progressing, "KeptnMetric is progressing"),
    ],
    "spot.io/SpotDeployment": [
      .conditions([
        ConditionRule("InvalidSpec", nil, .degraded),
        ConditionRule("Progressing", nil, .degraded, where: ["reason": "RolloutAborted"]),
        ConditionRule("Progressing", nil, .degraded, where: ["reason": "ProgressDeadlineExceeded"]),
        ConditionRule("Paused", "True", .suspended, "Rollout is paused"),
      ]),
      .when(
        .all([.present("status.conditions"), .text("status.phase", ["Progressing"])]), .progressing,
        "Waiting for rollout to finish steps"),
      .when(.present("status.conditions"), .healthy, ""),
    ],
  ]

  private static let ansibleWords = "{status.ansibleJobResult.status} job - {status.ansibleJobResult.url}"

  private static func keptn(_ path: String) -> [HealthRule] {
    [
      .field(
        path,
        [
          FieldRule("Succeeded", is: .healthy, "{kind} is healthy"),
          FieldRule("Failed", is: .degraded, "{kind} is degraded"),
        ]),
      .otherwise(.progressing, "{kind} is progressing"),
    ]
  }
}
