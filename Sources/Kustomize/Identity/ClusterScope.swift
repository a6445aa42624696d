package import Manifest

/// Which kinds have no namespace, as kustomize knows them: a fixed table of exact versions; everything else is namespaced.
package enum ClusterScope {
  package static func contains(_ gvk: GroupVersionKind) -> Bool {
    kinds[gvk.apiVersion]?.contains(gvk.kind) ?? false
  }

  /// Whether kustomize knows the scope by its own table; for every other kind it asks the schema.
  static func isKnown(_ gvk: GroupVersionKind) -> Bool {
    contains(gvk) || namespacedKinds[gvk.apiVersion]?.contains(gvk.kind) ?? false
  }

  private static let namespacedKinds: [String: Set<String>] = [
    "v1": [
      "ConfigMap", "Endpoints", "Event", "LimitRange", "PersistentVolumeClaim", "Pod", "PodAttachOptions",
      "PodExecOptions", "PodPortForwardOptions", "PodProxyOptions", "PodTemplate", "ReplicationController",
      "ResourceQuota", "Secret", "Service", "ServiceAccount", "ServiceProxyOptions",
    ],
    "apps/v1": ["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"],
    "autoscaling/v1": ["HorizontalPodAutoscaler", "Scale"],
    "autoscaling/v2beta1": ["HorizontalPodAutoscaler"],
    "autoscaling/v2beta2": ["HorizontalPodAutoscaler"],
    "batch/v1": ["CronJob", "Job"],
    "batch/v1beta1": ["CronJob"],
    "coordination.k8s.io/v1": ["Lease"],
    "coordination.k8s.io/v1beta1": ["Lease"],
    "discovery.k8s.io/v1": ["EndpointSlice"],
    "discovery.k8s.io/v1beta1": ["EndpointSlice"],
    "events.k8s.io/v1": ["Event"],
    "events.k8s.io/v1beta1": ["Event"],
    "extensions/v1beta1": ["Ingress"],
    "networking.k8s.io/v1": ["Ingress", "NetworkPolicy"],
    "networking.k8s.io/v1beta1": ["Ingress"],
    "policy/v1": ["PodDisruptionBudget"],
    "policy/v1beta1": ["PodDisruptionBudget"],
    "rbac.authorization.k8s.io/v1": ["Role", "RoleBinding"],
    "rbac.authorization.k8s.io/v1beta1": ["Role", "RoleBinding"],
    "storage.k8s.io/v1beta1": ["CSIStorageCapacity"],
  ]

  private static let kinds: [String: Set<String>] = [
    "v1": ["Namespace", "Node", "PersistentVolume", "ComponentStatus", "NodeProxyOptions"],
    "rbac.authorization.k8s.io/v1": ["ClusterRole", "ClusterRoleBinding"],
    "rbac.authorization.k8s.io/v1beta1": ["ClusterRole", "ClusterRoleBinding"],
    "apiextensions.k8s.io/v1": ["CustomResourceDefinition"],
    "apiextensions.k8s.io/v1beta1": ["CustomResourceDefinition"],
    "apiregistration.k8s.io/v1": ["APIService"],
    "apiregistration.k8s.io/v1beta1": ["APIService"],
    "admissionregistration.k8s.io/v1": ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    "admissionregistration.k8s.io/v1beta1": ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    "certificates.k8s.io/v1": ["CertificateSigningRequest"],
    "certificates.k8s.io/v1beta1": ["CertificateSigningRequest"],
    "networking.k8s.io/v1": ["IngressClass"],
    "networking.k8s.io/v1beta1": ["IngressClass"],
    "node.k8s.io/v1": ["RuntimeClass"],
    "node.k8s.io/v1beta1": ["RuntimeClass"],
    "scheduling.k8s.io/v1": ["PriorityClass"],
    "scheduling.k8s.io/v1beta1": ["PriorityClass"],
    "storage.k8s.io/v1": ["StorageClass", "CSIDriver", "CSINode", "VolumeAttachment"],
    "storage.k8s.io/v1beta1": ["StorageClass", "CSIDriver", "CSINode", "VolumeAttachment"],
    "policy/v1beta1": ["PodSecurityPolicy"],
    "flowcontrol.apiserver.k8s.io/v1beta1": ["FlowSchema", "PriorityLevelConfiguration"],
  ]
}
