/// Message brokers and stream processing.
extension CustomChecks {
  static let messagingRules: [String: [HealthRule]] = {
    var rules: [String: [HealthRule]] = [
      "kafka.strimzi.io/Kafka": strimzi("Waiting for Kafka Cluster", where: ["reason": "!Creating"]),
      "kafka.strimzi.io/KafkaBridge": strimzi("Waiting for KafkaBridge"),
      "kafka.strimzi.io/KafkaConnect": strimzi("Waiting for Kafka Connect"),
      "kafka.strimzi.io/KafkaConnector": strimzi("Waiting for KafkaConnector"),
      "kafka.strimzi.io/KafkaTopic": strimzi("Waiting for Kafka Topic"),
      "kafka.strimzi.io/KafkaUser": strimzi("Waiting for Kafka User"),
      "flink.apache.org/FlinkDeployment": [
        .when(.isTrue("status.reconciliationStatus.success"), .healthy, ""),
        .when(.text("status.reconciliationStatus.state", ["DEPLOYED"]), .healthy, ""),
        .when(
          .all([
            .present("status.reconciliationStatus"),
            .text("status.jobManagerDeploymentStatus", ["DEPLOYED_NOT_READY", "DEPLOYING"]),
          ]), .progressing, "Waiting for deploying"),
        .when(
          .all([.present("status.reconciliationStatus"), .text("status.jobManagerDeploymentStatus", ["ERROR"])]),
          .degraded, "{status.reconciliationStatus.error}"),
        .otherwise(.progressing, "Waiting for Flink operator"),
      ],
      "platform.confluent.io/Connector": [
        .when(
          .all([
            .text("status.state", ["CREATED"]), .text("status.connectorState", ["RUNNING"]),
            .absent("status.failedTasksCount"),
          ]), .healthy, "Connector running"),
        .when(
          .all([.text("status.state", ["ERROR"]), .empty("status.conditions")]), .degraded, "No conditions available"),
        .when(.text("status.state", ["ERROR"]), .degraded, "{last.message}"),
        .when(
          .all([.present("status.state"), .positive("status.failedTasksCount")]), .degraded,
          "Connector has failed tasks"),
        .otherwise(.progressing, "Waiting for Kafka Connector"),
      ],
      "platform.confluent.io/*": [
        .field(
          "status.phase",
          [
            FieldRule("RUNNING", is: .healthy, "{kind} running"),
            FieldRule("PROVISIONING", is: .progressing, "{kind} provisioning"),
          ]),
        .otherwise(.progressing, "Waiting for {kind}"),
      ],
      "rabbitmq.com/RabbitmqCluster": [
        .conditions([ConditionRule("ReconcileSuccess", "False", .degraded)]),
        .when(.condition("ClusterAvailable", "Unknown"), .progressing, rabbitUnknown),
        .when(.condition("AllReplicasReady", "Unknown"), .progressing, rabbitUnknown),
        .when(
          .condition("ClusterAvailable", "False"), .progressing, "Waiting for RabbitMQ cluster formation"),
        .when(.condition("AllReplicasReady", "False"), .progressing, "Waiting for RabbitMQ instances ready"),
        .when(
          .all([.condition("ClusterAvailable", "True"), .condition("AllReplicasReady", "True")]), .healthy,
          "RabbitMQ cluster ready"),
        .otherwise(.progressing, "Waiting for RabbitMQ Operator"),
      ],
    ]
    for kind in ["Binding", "Exchange", "Permission", "Policy", "Queue", "Shovel", "User", "Vhost"] {
      rules["rabbitmq.com/" + kind] = rabbitObject(kind.lowercased())
    }
    return rules
  }()

  private static let rabbitUnknown = "Waiting for RabbitMQ cluster readiness (conditions unknown)"

  private static func rabbitObject(_ name: String) -> [HealthRule] {
    [
      .conditions([
        ConditionRule(
          "Ready", "True", .healthy, "RabbitMQ \(name) ready", where: ["reason": "SuccessfulCreateOrUpdate"]),
        ConditionRule(
          "Ready", "False", .degraded, "RabbitMQ \(name) failed to be created or updated",
          where: ["reason": "FailedCreateOrUpdate"]),
      ]),
      .otherwise(.unknown, "RabbitMQ \(name) status is unknown"),
    ]
  }

  private static func strimzi(_ waiting: String, where fields: [String: String] = [:]) -> [HealthRule] {
    [
      .conditions([
        ConditionRule("NotReady", "True", .degraded, where: fields), ConditionRule("Ready", "True", .healthy, ""),
      ]),
      .otherwise(.progressing, waiting),
    ]
  }
}
