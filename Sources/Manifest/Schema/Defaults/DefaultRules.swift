/// What each structure defaults.
///
/// Source: the defaulting functions of Kubernetes 1.36, with its feature gates as they are by default.
enum DefaultRules {
  typealias Rule = @Sendable (inout Mapping) -> Void

  static let byStructure: [String: Rule] = constants.merging(computed) { _, computed in computed }

  private static func values(_ members: [(String, Value)]) -> Rule {
    { mapping in
      for (key, value) in members { mapping.fill(key, value) }
    }
  }

  private static let constants: [String: Rule] = [
    "Probe": values([
      ("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3),
    ]),
    "HTTPGetAction": values([("path", "/"), ("scheme", "HTTP")]),
    "ContainerPort": values([("protocol", "TCP")]),
    "SecretVolumeSource": values([("defaultMode", 420)]),
    "ConfigMapVolumeSource": values([("defaultMode", 420)]),
    "DownwardAPIVolumeSource": values([("defaultMode", 420)]),
    "ProjectedVolumeSource": values([("defaultMode", 420)]),
    "HostPathVolumeSource": values([("type", "")]),
    "ServiceAccountTokenProjection": values([("expirationSeconds", 3600)]),
    "ObjectFieldSelector": values([("apiVersion", "v1")]),
    "Secret": values([("type", "Opaque")]),
    "PersistentVolumeClaimSpec": values([("volumeMode", "Filesystem")]),
    "PersistentVolumeClaimStatus": values([("phase", "Pending")]),
    "PersistentVolumeSpec": values([("persistentVolumeReclaimPolicy", "Retain"), ("volumeMode", "Filesystem")]),
    "PersistentVolumeStatus": values([("phase", "Pending")]),
    "NamespaceStatus": values([("phase", "Active")]),
    "ReplicaSetSpec": values([("replicas", 1)]),
    "CronJobSpec": values([
      ("concurrencyPolicy", "Allow"), ("suspend", false), ("successfulJobsHistoryLimit", 3),
      ("failedJobsHistoryLimit", 1),
    ]),
    "PodFailurePolicyOnPodConditionsPattern": values([("status", "True")]),
    "NetworkPolicyPort": values([("protocol", "TCP")]),
    "EndpointPort": values([("protocol", "TCP")]),
    "IngressClassParametersReference": values([("scope", "Cluster")]),
    "StorageClass": values([("reclaimPolicy", "Delete"), ("volumeBindingMode", "Immediate")]),
    "CSIDriverSpec": values([
      ("attachRequired", true), ("podInfoOnMount", false), ("storageCapacity", false),
      ("fsGroupPolicy", "ReadWriteOnceWithFSType"), ("volumeLifecycleModes", ["Persistent"]),
      ("requiresRepublish", false), ("seLinuxMount", false),
    ]),
    "PriorityClass": values([("preemptionPolicy", "PreemptLowerPriority")]),
    "ServiceReference": values([("port", 443)]),
    "ValidatingWebhook": values([
      ("failurePolicy", "Fail"), ("matchPolicy", "Equivalent"), ("namespaceSelector", [:]), ("objectSelector", [:]),
      ("timeoutSeconds", 10),
    ]),
    "MutatingWebhook": values([
      ("failurePolicy", "Fail"), ("matchPolicy", "Equivalent"), ("namespaceSelector", [:]), ("objectSelector", [:]),
      ("timeoutSeconds", 10), ("reinvocationPolicy", "Never"),
    ]),
    "RuleWithOperations": values([("scope", "*")]),
    "NamedRuleWithOperations": values([("scope", "*")]),
    "ValidatingAdmissionPolicySpec": values([("failurePolicy", "Fail")]),
    "MatchResources": values([
      ("matchPolicy", "Equivalent"), ("namespaceSelector", [:]), ("objectSelector", [:]),
    ]),
  ]

  private static let computed: [String: Rule] = [
    "Container": PodDefaults.container, "EphemeralContainer": PodDefaults.container, "Volume": PodDefaults.volume,
    "PodSpec": PodDefaults.podSpec, "Pod": PodDefaults.pod,
    "DeploymentSpec": WorkloadDefaults.deployment, "DaemonSetSpec": WorkloadDefaults.daemonSet,
    "StatefulSetSpec": WorkloadDefaults.statefulSet, "Job": WorkloadDefaults.job,
    "DaemonSet": WorkloadDefaults.daemonSetMetadata,
    "ReplicationController": WorkloadDefaults.replicationController,
    "HorizontalPodAutoscalerSpec": WorkloadDefaults.autoscaler,
    "ServiceSpec": ClusterDefaults.service, "NetworkPolicySpec": ClusterDefaults.networkPolicy,
    "EndpointSlice": ClusterDefaults.endpointSlice, "RoleBinding": ClusterDefaults.binding,
    "ClusterRoleBinding": ClusterDefaults.binding, "LimitRangeItem": ClusterDefaults.limitRangeItem,
    "NodeStatus": ClusterDefaults.nodeStatus, "CustomResourceDefinition": ClusterDefaults.customResourceDefinition,
  ]
}
