import Manifest

extension CustomChecks {
  static let platformChecks: [String: Check] = [
    "cloudfront.aws.crossplane.io/Distribution": { CloudHealth.amazon($0, "distribution") },
    "iam.aws.crossplane.io/Policy": { CloudHealth.amazon($0, "Policy") },
    "iam.aws.crossplane.io/Role": { CloudHealth.amazon($0, "Role") },
    "iam.aws.crossplane.io/RolePolicyAttachment": { CloudHealth.amazon($0, "RolePolicyAttachment") },
    "rds.aws.crossplane.io/DBCluster": { CloudHealth.amazon($0, "DBCluster") },
    "rds.aws.crossplane.io/DBInstance": { CloudHealth.amazon($0, "DBInstance") },
    "route53.aws.crossplane.io/ResourceRecordSet": { CloudHealth.amazon($0, "resourcrecordset") },
    "s3.aws.crossplane.io/Bucket": { CloudHealth.amazon($0, "Bucket") },
    "pkg.crossplane.io/Provider": CloudHealth.package,
    "stacks.crossplane.io/ClusterStackInstall": CloudHealth.stackInstall,
    "cluster.x-k8s.io/MachinePool": PlatformHealth.machinePool,
    "controlplane.cluster.x-k8s.io/AWSManagedControlPlane": PlatformHealth.awsControlPlane,
    "apps.openshift.io/DeploymentConfig": PlatformHealth.deploymentConfig,
    "operators.coreos.com/Subscription": PlatformHealth.subscription,
    "kubevirt.io/VirtualMachine": PlatformHealth.virtualMachine,
    "ceph.rook.io/CephCluster": PlatformHealth.ceph,
    "cassandra.rook.io/Cluster": PlatformHealth.cassandra,
    "postgresql.cnpg.io/Cluster": PlatformHealth.cloudNativePostgres,
    "elasticsearch.k8s.elastic.co/Elasticsearch": PlatformHealth.elasticsearch,
    "solr.apache.org/SolrCloud": PlatformHealth.solr,
    "k8s.keycloak.org/Keycloak": PlatformHealth.keycloak,
    "iammanager.keikoproj.io/Iamrole": PlatformHealth.iamRole,
    "grafana.integreatly.org/GrafanaDashboard": PlatformHealth.grafanaObject,
    "grafana.integreatly.org/GrafanaFolder": PlatformHealth.grafanaObject,
    "kafka.banzaicloud.io/KafkaCluster": PlatformHealth.banzaiKafka,
  ]
}

/// Clusters, operators and what they run.
enum PlatformHealth {
  static func machinePool(_ subject: HealthSubject) -> HealthReport? {
    let phase = subject.status["phase"]?.string
    let health: Health =
      switch phase {
      case "Running", "Scaling": .healthy
      case "Failed", "Unknown": .degraded
      default: .progressing
      }
    let words = phase.map { "MachinePool is " + $0 } ?? ""
    let missing = subject.conditions.filter { $0["status"]?.string == "False" && $0["type"]?.string != nil }.map {
      "Not " + ($0["type"]?.string ?? "") + ($0["reason"]?.string.map { " (\($0))" } ?? "")
    }
    return HealthReport(health, missing.isEmpty ? words : words + ": " + missing.joined(separator: ", "))
  }

  static func awsControlPlane(_ subject: HealthSubject) -> HealthReport? {
    guard subject.object["status"]?.mapping != nil else { return HealthReport(.progressing, "Provisioning...") }
    if HealthTest.behind.holds(subject) {
      return HealthReport(.progressing, "Waiting for the control plane spec to be reconciled")
    }
    if let failure = subject.status["failureMessage"]?.string, !failure.isEmpty {
      return HealthReport(.degraded, failure)
    }
    guard subject.status["conditions"]?.sequence != nil else { return HealthReport(.progressing, "Provisioning...") }
    if subject.isTrue("EKSControlPlaneUpdating") {
      return HealthReport(.progressing, "EKS control plane is updating")
    }
    if subject.isTrue("Ready") { return HealthReport(.healthy, "Control plane is ready") }
    let errors = subject.conditions.filter {
      $0["status"]?.string == "False" && $0["severity"]?.string == "Error"
    }
    if !errors.isEmpty {
      return HealthReport(.degraded, errors.map { ($0["message"]?.string ?? "") + " " }.joined())
    }
    return HealthReport(
      .progressing,
      subject.status["ready"]?.bool == false
        ? "Control plane is not ready (.status.ready is false)" : "Control plane is not ready")
  }

  static func deploymentConfig(_ subject: HealthSubject) -> HealthReport? {
    let waiting = HealthReport(.progressing, "replication controller is waiting for pods to run")
    guard subject.status["conditions"]?.sequence != nil, let replicas = subject.status["replicas"]?.int else {
      return waiting
    }
    let good = subject.conditions.count { condition in
      condition["status"]?.string == "True"
        && (condition["type"]?.string == "Available"
          || condition["type"]?.string == "Progressing"
            && condition["reason"]?.string == "NewReplicationControllerAvailable")
    }
    if good == 2 || replicas == 0 {
      return HealthReport(.healthy, "replication controller successfully rolled out")
    }
    return good == 1 ? waiting : HealthReport(.degraded, "Deployment config is degraded")
  }

  static func virtualMachine(_ subject: HealthSubject) -> HealthReport? {
    var report = HealthReport(.progressing, "No status available")
    if subject.isTrue("Paused") { return HealthReport(.suspended, "Paused") }
    if let ready = subject.condition("Ready") {
      if ready["status"]?.string == "True" {
        report = HealthReport(.healthy, "Running")
      } else if subject.status["created"]?.bool == true {
        report.message = "Starting"
      } else {
        report = HealthReport(.suspended, "Stopped")
      }
    }
    report.message = subject.status["printableStatus"]?.string ?? report.message
    return report
  }

  static func ceph(_ subject: HealthSubject) -> HealthReport? {
    guard subject.object["status"]?.mapping != nil else {
      return HealthReport(.progressing, "Waiting for status to be reported")
    }
    var (health, words) = (Health.progressing, [String]())
    if let state = subject.status["ceph"]?["health"]?.string {
      health = state == "HEALTH_OK" ? .healthy : ["HEALTH_ERR", "HEALTH_WARN"].contains(state) ? .degraded : health
      var details = subject.status["ceph"]?["details"]?.mapping ?? Mapping()
      details.sortKeys()
      let texts = details.compactMap { $0.value["message"]?.string }
      words.append("Ceph health is \(state)" + (texts.isEmpty ? "" : " (\(texts.joined(separator: "; ")))"))
    }
    if let state = subject.status["state"]?.string, health == .healthy {
      words.append("Ceph cluster state is \(state)")
      health = ["Created", "Connected"].contains(state) ? .healthy : state == "Error" ? .degraded : .progressing
    }
    if let message = subject.status["message"]?.string, !message.isEmpty { words.append(message) }
    return HealthReport(health, words.joined(separator: " - "))
  }

  static func cassandra(_ subject: HealthSubject) -> HealthReport? {
    let waiting = HealthReport(.progressing, "Waiting for Cassandra Cluster")
    guard let racks = subject.status["racks"]?.mapping else { return waiting }
    let isWhole = racks.allSatisfy { rack in
      guard let members = rack.value["members"], let ready = rack.value["readyMembers"] else { return true }
      return members == ready
    }
    return isWhole ? HealthReport(.healthy) : waiting
  }

  private static let postgresPhases: [String: Health] = [
    "Cluster in healthy state": .healthy, "Setting up primary": .progressing,
    "Creating a new replica": .progressing, "Upgrading cluster": .progressing,
    "Waiting for the instances to become active": .progressing, "Promoting to primary cluster": .progressing,
    "Switchover in progress": .degraded, "Failing over": .degraded, "Upgrading Postgres major version": .degraded,
    "Cluster upgrade delayed": .degraded, "Waiting for user action": .degraded,
    "Primary instance is being restarted in-place": .degraded,
    "Primary instance is being restarted without a switchover": .degraded,
    "Cluster cannot execute instance online upgrade due to missing architecture binary": .degraded,
    "Online upgrade in progress": .degraded, "Applying configuration": .degraded,
    "Unable to create required cluster objects": .suspended,
    "Cluster cannot proceed to reconciliation due to an unknown plugin being required": .suspended,
    "Cluster has incomplete or invalid image catalog": .suspended,
    "Cluster is unrecoverable and needs manual intervention": .suspended,
  ]

  static func cloudNativePostgres(_ subject: HealthSubject) -> HealthReport? {
    if subject.metadata["annotations"]?["cnpg.io/reconciliationLoop"]?.string == "disabled" {
      return HealthReport(.suspended, "Cluster reconciliation is suspended")
    }
    let reason = subject.status["phaseReason"]?.string ?? ""
    guard subject.status["conditions"]?.sequence != nil else { return HealthReport(.progressing, reason) }
    if let hibernation = subject.condition("cnpg.io/hibernation") {
      return HealthReport(
        hibernation["status"]?.string == "True" ? .suspended : .degraded, hibernation["message"]?.string ?? "")
    }
    return HealthReport(postgresPhases[subject.status["phase"]?.string ?? ""] ?? .unknown, reason)
  }

  static func elasticsearch(_ subject: HealthSubject) -> HealthReport? {
    let name = "Elasticsearch Cluster status is "
    let wanted = (subject.spec["nodeSets"]?.sequence ?? []).reduce(Int64(0)) {
      $0.addingReportingOverflow($1["count"]?.int ?? 0).partialValue
    }
    guard let available = subject.status["availableNodes"]?.int, available <= wanted else {
      return HealthReport(.unknown, name + "unknown")
    }
    if available < wanted {
      return HealthReport(
        .progressing, "The desired amount of availableNodes is \(wanted) but the current amount is \(available)")
    }
    let check = ". Check the status of indices, replicas and shards"
    switch (subject.status["phase"]?.string, subject.status["health"]?.string) {
    case ("Ready", "green"): return HealthReport(.healthy, name + "Green")
    case ("Ready", "yellow"): return HealthReport(.progressing, name + "Yellow" + check)
    case ("Ready", "red"): return HealthReport(.degraded, name + "Red" + check)
    case ("ApplyingChanges"?, .some), ("MigratingData"?, .some):
      return HealthReport(.progressing, "Elasticsearch phase is \(subject.status["phase"]?.string ?? "")")
    case ("Invalid", .some): return HealthReport(.degraded, "Elasticsearch phase is Invalid")
    default: return HealthReport(.unknown, name + "unknown")
    }
  }

  static func solr(_ subject: HealthSubject) -> HealthReport? {
    guard let nodes = subject.status["solrNodes"]?.sequence else {
      return HealthReport(.progressing, "Waiting for solr to exist")
    }
    return nodes.allSatisfy { $0["ready"]?.bool == true }
      ? HealthReport(.healthy, "Solr is ready") : HealthReport(.progressing, "Not all replicas are ready")
  }

  /// Of the conditions that hold, the one that has held longest.
  static func keycloak(_ subject: HealthSubject) -> HealthReport? {
    guard subject.status["conditions"]?.sequence != nil else {
      return HealthReport(.progressing, "Waiting for Keycloak status conditions to exist")
    }
    let end = "~"
    let sorted = subject.conditions.sorted {
      ($0["lastTransitionTime"]?.string ?? end) < ($1["lastTransitionTime"]?.string ?? end)
    }
    for condition in sorted where condition["status"]?.string == "True" {
      if condition["type"]?.string == "Ready" { return HealthReport(.healthy) }
      if condition["type"]?.string == "HasErrors" {
        return HealthReport(.degraded, "Has Errors: " + (condition["message"]?.string ?? ""))
      }
    }
    return HealthReport(.progressing)
  }

  static func iamRole(_ subject: HealthSubject) -> HealthReport? {
    let names = ["roleName", "roleARN", "roleID"].map { subject.status[$0]?.string ?? "<none>" }
    let role = "'\(names[0])'"
    let identity = "with ARN '\(names[1])' and ID '\(names[2])'."
    switch subject.status["state"]?.string {
    case "Ready": return HealthReport(.healthy, "Role \(role) exists " + identity)
    case "Error", "RolesMaxLimitReached", "PolicyNotAllowed", "RoleNameNotAvailable":
      let retries = subject.count("retryCount")
      let retry = retries > 0 ? "(retry \(retries)) " : ""
      let error = subject.status["errorDescription"]?.string.map { " Reconciliation error was: " + $0 } ?? ""
      return HealthReport(.degraded, "Failed to reconcile the Iamrole \(retry)for role \(role) " + identity + error)
    default: return HealthReport(.progressing, "Waiting for Iamrole to be reconciled")
    }
  }

  static func grafanaObject(_ subject: HealthSubject) -> HealthReport? {
    var report = HealthReport(.progressing)
    for condition in subject.conditions {
      guard let status = condition["status"]?.string else { continue }
      if !report.message.isEmpty { report.message += ", " }
      if let reason = condition["reason"]?.string {
        report.message += reason
        if let type = condition["type"]?.string { report.message += " for \(type)" }
        if let message = condition["message"]?.string { report.message += " because \(message)" }
      }
      if status == "False" { return HealthReport(.degraded, report.message) }
      if status == "True" { report.health = .healthy }
    }
    return report
  }

  static func banzaiKafka(_ subject: HealthSubject) -> HealthReport? {
    let state = subject.status["state"]?.string ?? ""
    if state == "ClusterRollingUpgrading" {
      return HealthReport(.progressing, "Kafka Cluster is Rolling Upgrading.")
    }
    let waiting = HealthReport(.progressing, "Waiting for KafkaCluster")
    guard let brokers = subject.status["brokersState"]?.mapping else { return waiting }
    let areWell = brokers.allSatisfy { broker in
      let action = broker.value["gracefulActionState"]?["cruiseControlState"]?.string ?? ""
      return broker.value["configurationState"]?.string == "ConfigInSync"
        && ["GracefulUpscaleSucceeded", "GracefulDownscaleSucceeded"].contains(action)
    }
    guard areWell else {
      return HealthReport(.degraded, "Broker Config is out of Sync or CruiseControlState is not Ready")
    }
    switch subject.status["cruiseControlTopicStatus"]?.string {
    case "CruiseControlTopicReady" where state == "ClusterRunning":
      return HealthReport(.healthy, "Kafka Brokers, CruiseControl and cluster are in Healthy State.")
    case "CruiseControlTopicNotReady" where state == "ClusterReconciling", nil where state == "ClusterReconciling":
      return HealthReport(.progressing, "Kafka Cluster is Reconciling.")
    default: return waiting
    }
  }
}

extension PlatformHealth {
  /// An operator's subscription. A pending install plan that a person has to approve is as its author wants it, once a
  /// version is installed.
  static func subscription(_ subject: HealthSubject) -> HealthReport? {
    guard subject.status["conditions"]?.sequence != nil else {
      return HealthReport(.progressing, "An install plan for a subscription is pending installation")
    }
    let awaitsApproval =
      subject.spec["installPlanApproval"]?.string == "Manual" && subject.status["installedCSV"] != nil
      && subject.conditions.contains {
        $0["type"]?.string == "InstallPlanPending" && $0["status"]?.string == "True"
          && $0["reason"]?.string == "RequiresApproval"
      }
    var (bad, pending, words) = (0, 0, "")
    for (index, condition) in subject.conditions.enumerated() {
      let (type, status) = (condition["type"]?.string ?? "", condition["status"]?.string ?? "")
      if awaitsApproval, type == "InstallPlanPending" { continue }
      words += "\(index + 1): \(type) | \(status)\n"
      switch type {
      case "InstallPlanPending" where status == "True": pending += 1
      case "InstallPlanMissing" where condition["reason"]?.string != "ReferencedInstallPlanNotFound": bad += 1
      case "CatalogSourcesUnhealthy" where status == "True", "InstallPlanFailed" where status == "True",
        "ResolutionFailed" where status == "True":
        bad += 1
      default: break
      }
    }
    switch subject.status["state"]?.string {
    case nil:
      pending += 1
      words += ".status.state not yet known\n"
    case "UpgradePending" where awaitsApproval:
      words += ".status.state is 'UpgradePending' (manual InstallPlan approval pending; treated as healthy)\n"
    case let state?:
      if ["", "UpgradeAvailable", "UpgradePending"].contains(state) { pending += 1 }
      if state == "UpgradeFailed" { bad += 1 }
      words += ".status.state is '\(state)'\n"
    }
    return HealthReport(bad > 0 ? .degraded : pending > 0 ? .progressing : .healthy, words)
  }
}
