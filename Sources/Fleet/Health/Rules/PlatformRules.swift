/// Clusters, nodes, machines and what operators install.
extension CustomChecks {
  static let platformRules: [String: [HealthRule]] = [
    "addons.cluster.x-k8s.io/ClusterResourceSet": HealthRule.condition(
      "ResourcesApplied", "Initializing cluster resource set", healthy: "cluster resource set is applied"),
    "cluster.x-k8s.io/Cluster": [
      .when(.isTrue("spec.paused"), .suspended, "Cluster is paused"),
      .conditions([ConditionRule("Ready", "False", .degraded, where: ["severity": "!Info"])]),
      .field(
        "status.phase",
        [
          FieldRule("Provisioned", is: .healthy, "Cluster is running"), FieldRule("Failed", is: .degraded, ""),
        ]),
      .otherwise(.progressing, "Waiting for clusters"),
    ],
    "cluster.x-k8s.io/Machine": [
      .when(.text("status.phase", ["Running"]), .healthy, "Machine is running"),
      .conditions([
        ConditionRule("Ready", "False", .degraded, given: .text("status.phase", ["Failed"])),
        ConditionRule("Ready", "False", .progressing),
      ]),
      .when(.text("status.phase", ["Failed"]), .degraded, "Condition is unknown"),
      .otherwise(.progressing, "Condition is unknown"),
    ],
    "cluster.x-k8s.io/MachineDeployment": [
      .when(.isTrue("spec.paused"), .suspended, "MachineDeployment is paused"),
      .field(
        "status.phase",
        [
          FieldRule("Running", is: .healthy, "Machines are running under this deployment"),
          FieldRule("ScalingUp", is: .progressing, "Cluster is spawning machines"),
          FieldRule("ScalingDown", is: .progressing, "Cluster is stopping machines"),
          FieldRule("Failed", is: .degraded, "MachineDeployment is failed"),
        ]),
      .otherwise(.progressing, "Waiting for machines"),
    ],
    "cluster.x-k8s.io/MachineHealthCheck": [
      .when(.absent("status.currentHealthy"), .progressing, ""),
      .when(.same("status.expectedMachines", "status.currentHealthy"), .healthy, ""),
      .otherwise(.degraded, ""),
    ],
    "core.gardener.cloud/Shoot": [
      .when(label("healthy"), .healthy, "Component state: Healthy"),
      .when(label("progressing"), .progressing, "Component state: Update in progress"),
      .when(label("unhealthy"), .degraded, "Component state: Unhealthy"),
      .when(label("unknown"), .unknown, "Component state: Unknown"),
      .otherwise(.progressing, "Update in progress"),
    ],
    "install.istio.io/IstioOperator": [
      .field(
        "status.status",
        [
          FieldRule("0", "NONE", is: .unknown, "Component is not present."),
          FieldRule(
            "1", "UPDATING", is: .progressing, "Component is being updated to a different version."),
          FieldRule(
            "2", "RECONCILING", is: .progressing,
            "Controller has started but not yet completed reconciliation loop for the component."),
          FieldRule("3", "HEALTHY", is: .healthy, "Component is healthy."),
          FieldRule("4", "ERROR", is: .degraded, "Component is in an error state."),
        ]),
      .otherwise(.progressing, "Waiting for Istio Control Plane"),
    ],
    "karpenter.k8s.aws/EC2NodeClass": HealthRule.ready(
      "Waiting for EC2NodeClass to be ready", healthy: "EC2NodeClass is ready"),
    "karpenter.sh/NodePool": HealthRule.ready("Waiting for NodePool to be ready"),
    "karpenter.sh/NodeClaim": [
      .when(.behind, .progressing, "Waiting for NodeClaim spec to be reconciled"),
      .conditions([ConditionRule("Disrupting", "True", .suspended)]),
      .conditions([ConditionRule("Ready", "True", .healthy), ConditionRule("Ready", "False", .degraded)]),
      .conditions([ConditionRule("Initialized", "True", .progressing, "Node initialized, waiting for Ready")]),
      .conditions([
        ConditionRule("Registered", "True", .progressing, "Node registered, waiting for initialization")
      ]),
      .conditions([ConditionRule("Launched", "True", .progressing, "Node launched, waiting for registration")]),
      .otherwise(.progressing, "Waiting for NodeClaim to be launched"),
    ],
    "kiali.io/Kiali": [
      .conditions([
        ConditionRule("Successful", "True", .healthy), ConditionRule("Failure", "True", .degraded),
        ConditionRule("Running", nil, .progressing, where: ["reason": "Running"]),
      ]),
      .otherwise(.progressing, "Waiting for Kiali"),
    ],
    "kubevirt.io/VirtualMachineInstance": [
      .field(
        "status.phase",
        [
          FieldRule("Failed", is: .degraded, "{status.phase}"),
          FieldRule("Pending", "Scheduling", "Scheduled", is: .progressing, "{status.phase}"),
          FieldRule("Succeeded", is: .suspended, "{status.phase}"),
          FieldRule("Unknown", is: .unknown, "{status.phase}"),
        ]),
      .conditions([ConditionRule("Paused", "True", .suspended)]),
      .conditions([ConditionRule("Ready", "True", .healthy, "Running"), ConditionRule("Ready", nil, .degraded)]),
      .otherwise(.progressing, "{status.phase|No status available}"),
    ],
    "nmstate.io/NodeNetworkConfigurationPolicy": [
      .conditions([
        ConditionRule("Available", "True", .healthy, "{reason: message}"),
        ConditionRule("Degraded", "True", .degraded, "{reason: message}"),
        ConditionRule("Progressing", "True", .progressing, "{reason: message}"),
        ConditionRule("Ignored", "True", .suspended, "{reason: message}"),
      ]),
      .otherwise(.progressing, "Waiting for policy to be applied"),
    ],
    "operator.openshift.io/IngressController": [
      .conditions([
        ConditionRule("Degraded", "True", .degraded),
        ConditionRule("DeploymentReplicasAllAvailable", "False", .progressing),
        ConditionRule("Progressing", "True", .progressing, "{reason}"),
        ConditionRule("Available", "True", .healthy, "IngressController is available"),
      ]),
      .otherwise(.progressing, "Status of IngressController is not known yet"),
    ],
    "grafana-org-operator.kubitus-project.gitlab.io/*": [
      .conditions([
        ConditionRule("Ready", "False", .degraded), ConditionRule("Ready", "True", .healthy),
        ConditionRule("Ready", nil, .progressing),
      ]),
      .otherwise(.progressing, "Waiting ..."),
    ],
    "services.cloud.sap.com/ServiceInstance": sapService,
    "services.cloud.sap.com/ServiceBinding": sapService,
    "numaplane.numaproj.io/ISBServiceRollout": numaplane(failure: ["reason": "ISBSvcFailed"], "Unknown status"),
    "numaplane.numaproj.io/MonoVertexRollout": numaplane(
      failure: ["reason": "MonoVertexFailed"], pause: "MonoVertexPausingOrPaused", "Unknown MonoVertex status"),
    "numaplane.numaproj.io/PipelineRollout": numaplane(
      failure: ["reason": "PipelineFailed"], pause: "PipelinePausingOrPaused", "Unknown Pipeline status"),
    "numaplane.numaproj.io/NumaflowControllerRollout": numaplane(
      failure: ["reason": "!Progressing"], "Unknown status"),
  ]

  private static func label(_ value: String) -> HealthTest { .label("shoot.gardener.cloud/status", value) }

  /// - Parameters:
  ///   - failure: of the child's condition, when the child is broken and not on its way.
  ///   - pause: the condition of a child that somebody paused.
  private static func numaplane(
    failure: [String: String], pause: String? = nil, _ unknown: String
  ) -> [HealthRule] {
    let isUpgrading = HealthTest.not(
      .all([
        .not(.all([.present("status.upgradeInProgress"), .not(.text("status.upgradeInProgress", [""]))])),
        .not(.text("status.phase", ["Pending"])),
      ]))
    return [
      .when(.absent("status"), .progressing, "Not yet reconciled"),
      .when(.not(.same("metadata.generation", "status.observedGeneration")), .progressing, "Not yet reconciled"),
      .when(
        .all([isUpgrading, .not(.condition("ProgressiveUpgradeSucceeded", "False"))]), .progressing,
        "Update in progress"),
      .conditions([
        ConditionRule(
          "ChildResourcesHealthy", "False", .progressing, "Child Progressing", where: ["reason": "Progressing"])
      ]),
      .when(.text("status.phase", ["Failed"]), .degraded, "{status.message}"),
      .conditions([
        ConditionRule("ChildResourcesHealthy", "False", .degraded, where: failure),
        ConditionRule("ProgressiveUpgradeSucceeded", "False", .degraded, "Progressive upgrade failed"),
      ]),
      .conditions(pause.map { [ConditionRule($0, "True", .healthy)] } ?? []),
      .conditions([ConditionRule("ChildResourcesHealthy", "True", .healthy, "Healthy")]),
      .otherwise(.unknown, unknown),
    ]
  }

  private static let sapService: [HealthRule] = [
    .conditions([
      ConditionRule(nil, nil, .progressing, "Waiting for spec update to be observed", age: .stale),
      ConditionRule("Succeeded", "False", .degraded), ConditionRule("Failed", "True", .degraded),
    ]),
    .when(.present("status.conditions"), .healthy, "Ready to use"),
    .otherwise(.progressing, "Waiting for status"),
  ]
}
