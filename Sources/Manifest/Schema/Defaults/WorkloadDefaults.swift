/// Defaults of the kinds that run Pods.
enum WorkloadDefaults {
  static let deployment: DefaultRules.Rule = { spec in
    spec.fill("replicas", 1)
    spec.edit("strategy") { strategy in
      strategy.fill("type", "RollingUpdate")
      guard strategy["type"]?.string == "RollingUpdate" else { return }
      strategy.edit("rollingUpdate") {
        $0.fill("maxUnavailable", "25%")
        $0.fill("maxSurge", "25%")
      }
    }
    spec.fill("revisionHistoryLimit", 10)
    spec.fill("progressDeadlineSeconds", 600)
  }

  static let daemonSet: DefaultRules.Rule = { spec in
    spec.edit("updateStrategy") { strategy in
      strategy.fill("type", "RollingUpdate")
      guard strategy["type"]?.string == "RollingUpdate" else { return }
      strategy.edit("rollingUpdate") {
        $0.fill("maxUnavailable", 1)
        $0.fill("maxSurge", 0)
      }
    }
    spec.fill("revisionHistoryLimit", 10)
  }

  static let statefulSet: DefaultRules.Rule = { spec in
    spec.fill("podManagementPolicy", "OrderedReady")
    spec.edit("updateStrategy") { strategy in
      if strategy["type"] == nil { strategy.fill("rollingUpdate", [:]) }
      strategy.fill("type", "RollingUpdate")
      guard strategy["type"]?.string == "RollingUpdate", strategy["rollingUpdate"] != nil else { return }
      strategy.edit("rollingUpdate") { $0.fill("partition", 0) }
    }
    spec.editItems("volumeClaimTemplates") {
      $0.fill("kind", "PersistentVolumeClaim")
      $0.fill("apiVersion", "v1")
    }
    spec.edit("persistentVolumeClaimRetentionPolicy") {
      $0.fill("whenDeleted", "Retain")
      $0.fill("whenScaled", "Retain")
    }
    spec.fill("replicas", 1)
    spec.fill("revisionHistoryLimit", 10)
  }

  /// An annotation that old clients read; its count of template changes is not kept up.
  static let daemonSetMetadata: DefaultRules.Rule = { daemonSet in
    daemonSet.edit("metadata") { metadata in
      metadata.edit("annotations") { $0.fill("deprecated.daemonset.template.generation", "1") }
    }
  }

  /// Only a Job itself defaults its specification, not the template of a CronJob.
  static let job: DefaultRules.Rule = { job in
    job.edit("spec", jobSpec)
    guard let labels = job["spec"]?["template"]?["metadata"]?["labels"]?.mapping, !labels.isEmpty else { return }
    job.edit("metadata") { $0.fill("labels", .mapping(labels)) }
  }

  private static let jobSpec: DefaultRules.Rule = { spec in
    if spec["completions"] == nil && spec["parallelism"] == nil { spec.fill("completions", 1) }
    spec.fill("parallelism", 1)
    spec.fill("backoffLimit", spec["backoffLimitPerIndex"] == nil ? 6 : 2_147_483_647)
    spec.fill("completionMode", "NonIndexed")
    spec.fill("suspend", false)
    spec.fill("podReplacementPolicy", spec["podFailurePolicy"] == nil ? "TerminatingOrFailed" : "Failed")
    spec.fill("manualSelector", false)
  }

  static let replicationController: DefaultRules.Rule = { controller in
    controller.edit("spec") { $0.fill("replicas", 1) }
    guard let labels = controller["spec"]?["template"]?["metadata"]?["labels"]?.mapping, !labels.isEmpty else { return }
    controller.edit("spec") { $0.fill("selector", .mapping(labels)) }
    controller.edit("metadata") { $0.fill("labels", .mapping(labels)) }
  }

  /// `metrics` and `behavior` only exist in version 2; version 1 keeps its one target as it is.
  static let autoscaler: DefaultRules.Rule = { spec in
    spec.fill("minReplicas", 1)
    if spec["targetCPUUtilizationPercentage"] == nil {
      spec.fill(
        "metrics",
        [
          [
            "type": "Resource",
            "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 80]],
          ]
        ])
    }
    guard spec["behavior"] != nil else { return }
    spec.edit("behavior") { behavior in
      behavior.edit("scaleUp") {
        $0.fill("stabilizationWindowSeconds", 0)
        $0.fill("selectPolicy", "Max")
        $0.fill(
          "policies",
          [
            ["type": "Pods", "value": 4, "periodSeconds": 15], ["type": "Percent", "value": 100, "periodSeconds": 15],
          ])
      }
      behavior.edit("scaleDown") {
        $0.fill("selectPolicy", "Max")
        $0.fill("policies", [["type": "Percent", "value": 100, "periodSeconds": 15]])
      }
    }
  }
}
