/// Databases, storage and backups.
extension CustomChecks {
  static let dataRules: [String: [HealthRule]] = [
    "acid.zalan.do/postgresql": [
      .when(.absent("status.PostgresClusterStatus"), .progressing, "Waiting for postgres cluster status..."),
      .field(
        "status.PostgresClusterStatus",
        [
          FieldRule("Running", is: .healthy, "{status.PostgresClusterStatus}"),
          FieldRule("Creating", "Updating", is: .progressing, "{status.PostgresClusterStatus}"),
        ]),
      .otherwise(.degraded, "{status.PostgresClusterStatus}"),
    ],
    "astra.netapp.io/AppVault": [
      .field(
        "status.state",
        [
          FieldRule("available", "Available", is: .healthy, "{kind} Available"),
          FieldRule("failed", "Failed", is: .degraded, "{kind} Failed"),
        ]),
      .otherwise(.progressing, "No status available"),
    ],
    "astra.netapp.io/Application": [
      .conditions([
        ConditionRule("Ready", "True", .healthy, "Astra Application Ready, protectionState: {status.protectionState}"),
        ConditionRule("Ready", "False", .degraded, "Astra Application Degraded, message: {message}"),
      ]),
      .otherwise(.progressing, "No status available"),
    ],
    "astra.netapp.io/ExecHook": [
      .when(.isTrue("spec.enabled"), .healthy, "{kind} enabled"),
      .when(.isFalse("spec.enabled"), .suspended, "{kind} disabled"),
      .otherwise(.progressing, "No status available"),
    ],
    "astra.netapp.io/Schedule": [
      .when(
        .present("status.lastScheduleTime"), .healthy,
        "Protection policy lastScheduleTime: {status.lastScheduleTime}"),
      .otherwise(.healthy, "Protection policy not yet executed"),
    ],
    "astra.netapp.io/*": [
      .field(
        "status.state",
        [
          FieldRule("Completed", is: .healthy, "{kind} Completed"),
          FieldRule("Running", is: .progressing, "{kind} Running"),
        ]),
      .when(.present("status.state"), .degraded, "{status.state}"),
      .otherwise(.progressing, "No status available"),
    ],
    "ceph.rook.io/CephObjectStore": [
      .when(
        .all([.text("status.phase", ["Ready"]), .present("status.info.endpoint")]), .healthy,
        cephStore + " - endpoint: {status.info.endpoint}"),
      .field(
        "status.phase",
        [FieldRule("Ready", is: .healthy, cephStore), FieldRule("Failure", is: .degraded, cephStore)]),
      .when(.present("status.phase"), .progressing, cephStore),
      .otherwise(.progressing, "Waiting for status to be reported"),
    ],
    "cdi.kubevirt.io/DataVolume": [
      .field(
        "status.phase",
        [
          FieldRule("Succeeded", is: .healthy, "{status.phase}"),
          FieldRule("Paused", is: .suspended, "{status.phase}"),
        ]),
      .conditions([ConditionRule("Running", "False", .degraded, where: ["reason": "Error"])]),
      .field("status.phase", [FieldRule("Failed", "Unknown", is: .degraded, "{status.phase}")]),
      .otherwise(.progressing, "{status.phase|No status available}"),
    ],
    "clickhouse-keeper.altinity.com/ClickHouseKeeperInstallation": clickHouse("ClickHouseKeeper"),
    "clickhouse.altinity.com/ClickHouseInstallation": clickHouse("ClickHouse"),
    "db.atlasgo.io/AtlasMigration": [
      .conditions([
        ConditionRule("Ready", "True", .healthy, "{reason}"),
        ConditionRule("Ready", nil, .progressing, "{reason}", where: ["reason": "Reconciling"]),
        ConditionRule("Ready", nil, .degraded, "{reason}"),
      ]),
      .otherwise(.progressing, "Waiting for Atlas Operator"),
    ],
    "db.atlasgo.io/AtlasSchema": [
      .conditions([
        ConditionRule("Ready", "True", .healthy, "{reason}"),
        ConditionRule("Ready", nil, .progressing, "{reason}", where: ["message": "Reconciling"]),
        ConditionRule("Ready", nil, .progressing, "{reason}", where: ["message": "GettingDevDB"]),
        ConditionRule("Ready", nil, .degraded, "{reason}"),
      ]),
      .otherwise(.progressing, "Waiting for Atlas Operator"),
    ],
    "k8s.mariadb.com/MariaDB": mariaDB,
    "mariadb.mmontes.io/MariaDB": mariaDB,
    "k8s.mariadb.com/Backup": [
      .conditions([
        ConditionRule(
          nil, "False", .degraded, "{reason} {message}", where: ["reason": "CronJobScheduled", "message": "Failed"]),
        ConditionRule(nil, "False", .progressing, "{reason} {message}"),
      ]),
      .when(.present("status.conditions"), .healthy, "{last.reason} {last.message}"),
      .otherwise(.progressing, "No status info available"),
    ],
    "k8s.mariadb.com/SqlJob": [
      .conditions([
        ConditionRule(nil, "True", .healthy, "{reason} {message}", where: ["reason": "JobComplete"]),
        ConditionRule(nil, "True", .degraded, "{reason} {message}", where: ["reason": "JobFailed"]),
      ]),
      .when(.not(.empty("status.conditions")), .progressing, "{last.reason} {last.message}"),
      .otherwise(.progressing, "No status info available"),
    ],
    "k8s.mariadb.com/Database": mariaDBObject,
    "k8s.mariadb.com/Grant": mariaDBObject,
    "k8s.mariadb.com/User": mariaDBObject,
    "objectbucket.io/ObjectBucketClaim": [
      .field(
        "status.phase",
        [
          FieldRule("Bound", is: .healthy, "Object bucket claim phase is {status.phase}"),
          FieldRule("Failed", is: .degraded, "Object bucket claim phase is {status.phase}"),
        ]),
      .when(.present("status.phase"), .progressing, "Object bucket claim phase is {status.phase}"),
      .when(.present("status"), .progressing, "Waiting for phase to be reported"),
      .otherwise(.progressing, "Waiting for status to be reported"),
    ],
    "minio.min.io/Tenant": [
      .when(.text("status.currentState", ["Initialized"]), .healthy, "{status.currentState}"),
      .field(
        "status.currentState",
        [
          FieldRule(
            "Statefulset not controlled by operator", "Another MinIO Tenant already exists in the namespace",
            "Tenant credentials are not set properly", "Different versions across MinIO Pools",
            "Pool Decommissioning Not Allowed", is: .degraded, "{status.currentState}")
        ]),
      .otherwise(.progressing, "{status.currentState|No status info available}"),
    ],
    "ocs.openshift.io/StorageCluster": [
      .conditions([ConditionRule("Degraded", "True", .degraded)]),
      .conditions([ConditionRule("Progressing", "True", .progressing)]),
      .conditions([ConditionRule("Available", "True", .healthy)]),
      .otherwise(.unknown, "StorageCluster is in an unknown state."),
    ],
    "psmdb.percona.com/PerconaServerMongoDB": [
      .when(.absent("status"), .unknown, "Cluster status is unknown"),
      .field(
        "status.state",
        [
          FieldRule("initializing", "stopping", is: .progressing, nodesReady),
          FieldRule("ready", is: .healthy, nodesReady), FieldRule("error", is: .degraded, nodesReady),
          FieldRule("paused", is: .suspended, nodesReady),
        ]),
      .otherwise(.unknown, nodesReady),
    ],
    "pxc.percona.com/PerconaXtraDBCluster": [
      .field(
        "status.state",
        [
          FieldRule("initializing", is: .progressing, nodesReady), FieldRule("ready", is: .healthy, nodesReady),
          FieldRule("paused", is: .unknown, "Cluster is paused"),
          FieldRule("stopping", is: .degraded, "Cluster is stopping (" + nodesReady + ")"),
          FieldRule("error", is: .degraded, "Cluster is on error: {status.message}"),
        ]),
      .otherwise(.unknown, "Cluster status is unknown"),
    ],
    "snapshot.storage.k8s.io/VolumeSnapshot": snapshot,
    "snapshot.storage.k8s.io/VolumeSnapshotContent": snapshot,
    "trident.netapp.io/TridentBackendConfig": [
      .when(
        .all([.text("status.phase", ["Bound"]), .text("status.lastOperationStatus", ["Success"])]), .healthy,
        "{status.message}"),
      .when(.text("status.lastOperationStatus", ["Failed"]), .degraded, "{status.message}"),
      .otherwise(.progressing, "Waiting for backend creation"),
    ],
    "trident.netapp.io/TridentOrchestrator": [
      .field(
        "status.status",
        [
          FieldRule("Installed", is: .healthy, "{status.message}"),
          FieldRule("Failed", "Error", is: .degraded, "{status.message}"),
        ]),
      .otherwise(.progressing, "Waiting for trident installation"),
    ],
    "zookeeper.pravega.io/ZookeeperCluster": [
      .when(
        .all([
          .present("status"), .not(.text("status.readyReplicas", ["0"])),
          .same("status.readyReplicas", "status.replicas"),
        ]),
        .healthy, "All ZK Nodes have joined the ensemble"),
      .otherwise(.progressing, "Waiting for ZK Nodes to join the ensemble"),
    ],
  ]

  private static let cephStore = "Ceph object store phase is {status.phase}"
  private static let nodesReady = "{status.ready}/{status.size} node(s) are ready"

  private static func clickHouse(_ name: String) -> [HealthRule] {
    [
      .field(
        "status.status",
        [
          FieldRule("Completed", is: .healthy, name + " installation completed successfully"),
          FieldRule("InProgress", is: .progressing, name + " installation in progress"),
        ]),
      .when(.present("status.status"), .degraded, name + " status: {status.status}"),
      .otherwise(.progressing, name + " status not yet available"),
    ]
  }

  private static let mariaDB: [HealthRule] = [
    .conditions([
      ConditionRule(nil, "False", .degraded, where: ["reason": "Failed"]), ConditionRule(nil, "False", .progressing),
    ]),
    .when(.present("status.conditions"), .healthy, "{last.message}"),
    .otherwise(.progressing, "No status info available"),
  ]

  private static let mariaDBObject: [HealthRule] = [
    .conditions([ConditionRule("Ready", "True", .healthy), ConditionRule("Ready", nil, .degraded)]),
    .otherwise(.progressing, "{last.message|No status info available}"),
  ]

  private static let snapshot: [HealthRule] = [
    .when(.isTrue("status.readyToUse"), .healthy, "Ready to use"),
    .when(.present("status.error"), .degraded, "{status.error.message}"),
    .otherwise(.progressing, "Waiting for status"),
  ]
}
