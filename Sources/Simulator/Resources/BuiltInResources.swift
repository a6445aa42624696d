/// The kinds that every Kubernetes 1.36 API server serves, in the order its discovery lists them.
///
/// Source: the discovery documents among the recordings.
enum BuiltInResources {
  static let all: [ResourceType] = [
    core, apiregistration, apps, eventsGroup, authentication, authorization, autoscaling, autoscalingv1, batch,
    certificates, networking, policy, rbac, storage, admissionregistration, apiextensions, scheduling, coordination,
    node, discovery, resource, flowcontrol,
  ].flatMap { $0 }

  private static let core: [ResourceType] = [
    .builtIn("", "v1", "bindings", "Binding", verbs: ["create"]),
    .builtIn(
      "", "v1", "componentstatuses", "ComponentStatus", namespaced: false, short: ["cs"], verbs: ["get", "list"]),
    .builtIn("", "v1", "configmaps", "ConfigMap", short: ["cm"]),
    .builtIn("", "v1", "endpoints", "Endpoints", short: ["ep"]),
    .builtIn("", "v1", "events", "Event", short: ["ev"]),
    .builtIn("", "v1", "limitranges", "LimitRange", short: ["limits"]),
    .builtIn(
      "", "v1", "namespaces", "Namespace", namespaced: false, short: ["ns"],
      verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
      subresources: [.named("finalize", "Namespace", verbs: ["update"]), .status]),
    .builtIn(
      "", "v1", "nodes", "Node", namespaced: false, short: ["no"],
      subresources: [
        .named("proxy", "NodeProxyOptions", verbs: ["create", "delete", "get", "patch", "update"]), .status,
      ]),
    .builtIn("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", short: ["pvc"], subresources: [.status]),
    .builtIn(
      "", "v1", "persistentvolumes", "PersistentVolume", namespaced: false, short: ["pv"], subresources: [.status]),
    .builtIn(
      "", "v1", "pods", "Pod", short: ["po"], categories: ["all"], generation: true,
      subresources: [
        .named("attach", "PodAttachOptions", verbs: ["create", "get"]), .named("binding", "Binding", verbs: ["create"]),
        .named("ephemeralcontainers", "Pod", verbs: ["get", "patch", "update"]),
        .named("eviction", "Eviction", group: "policy", version: "v1", verbs: ["create"]),
        .named("exec", "PodExecOptions", verbs: ["create", "get"]), .named("log", "Pod", verbs: ["get"]),
        .named("portforward", "PodPortForwardOptions", verbs: ["create", "get"]),
        .named("proxy", "PodProxyOptions", verbs: ["create", "delete", "get", "patch", "update"]),
        .named("resize", "Pod", verbs: ["get", "patch", "update"]), .status,
      ]),
    .builtIn("", "v1", "podtemplates", "PodTemplate"),
    .builtIn(
      "", "v1", "replicationcontrollers", "ReplicationController", short: ["rc"], categories: ["all"], generation: true,
      subresources: [.scale, .status]),
    .builtIn("", "v1", "resourcequotas", "ResourceQuota", short: ["quota"], subresources: [.status]),
    .builtIn("", "v1", "secrets", "Secret"),
    .builtIn(
      "", "v1", "serviceaccounts", "ServiceAccount", short: ["sa"],
      subresources: [.named("token", "TokenRequest", group: "authentication.k8s.io", version: "v1", verbs: ["create"])]),
    .builtIn(
      "", "v1", "services", "Service", short: ["svc"], categories: ["all"],
      subresources: [
        .named("proxy", "ServiceProxyOptions", verbs: ["create", "delete", "get", "patch", "update"]), .status,
      ]),
  ]

  private static let apiregistration: [ResourceType] = [
    .builtIn(
      "apiregistration.k8s.io", "v1", "apiservices", "APIService", namespaced: false, categories: ["api-extensions"],
      subresources: [.status])
  ]

  private static let apps: [ResourceType] = [
    .builtIn("apps", "v1", "controllerrevisions", "ControllerRevision"),
    .builtIn(
      "apps", "v1", "daemonsets", "DaemonSet", short: ["ds"], categories: ["all"], generation: true,
      subresources: [.status]),
    .builtIn(
      "apps", "v1", "deployments", "Deployment", short: ["deploy"], categories: ["all"], generation: true,
      subresources: [.scale, .status]),
    .builtIn(
      "apps", "v1", "replicasets", "ReplicaSet", short: ["rs"], categories: ["all"], generation: true,
      subresources: [.scale, .status]),
    .builtIn(
      "apps", "v1", "statefulsets", "StatefulSet", short: ["sts"], categories: ["all"], generation: true,
      subresources: [.scale, .status]),
  ]

  private static let eventsGroup: [ResourceType] = [
    .builtIn("events.k8s.io", "v1", "events", "Event", short: ["ev"])
  ]

  private static let authentication: [ResourceType] = [
    .builtIn(
      "authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", namespaced: false, verbs: ["create"]),
    .builtIn("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", namespaced: false, verbs: ["create"]),
  ]

  private static let authorization: [ResourceType] = [
    .builtIn("authorization.k8s.io", "v1", "localsubjectaccessreviews", "LocalSubjectAccessReview", verbs: ["create"]),
    .builtIn(
      "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced: false,
      verbs: ["create"]),
    .builtIn(
      "authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", namespaced: false,
      verbs: ["create"]),
    .builtIn(
      "authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", namespaced: false, verbs: ["create"]),
  ]

  private static let autoscaling: [ResourceType] = [
    .builtIn(
      "autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", short: ["hpa"], categories: ["all"],
      subresources: [.status])
  ]

  private static let autoscalingv1: [ResourceType] = [
    .builtIn(
      "autoscaling", "v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler", short: ["hpa"], categories: ["all"],
      subresources: [.status])
  ]

  private static let batch: [ResourceType] = [
    .builtIn(
      "batch", "v1", "cronjobs", "CronJob", short: ["cj"], categories: ["all"], generation: true,
      subresources: [.status]),
    .builtIn("batch", "v1", "jobs", "Job", categories: ["all"], generation: true, subresources: [.status]),
  ]

  private static let certificates: [ResourceType] = [
    .builtIn(
      "certificates.k8s.io", "v1", "certificatesigningrequests", "CertificateSigningRequest", namespaced: false,
      short: ["csr"],
      subresources: [.named("approval", "CertificateSigningRequest", verbs: ["get", "patch", "update"]), .status])
  ]

  private static let networking: [ResourceType] = [
    .builtIn("networking.k8s.io", "v1", "ingressclasses", "IngressClass", namespaced: false, generation: true),
    .builtIn(
      "networking.k8s.io", "v1", "ingresses", "Ingress", short: ["ing"], generation: true, subresources: [.status]),
    .builtIn("networking.k8s.io", "v1", "ipaddresses", "IPAddress", namespaced: false, short: ["ip"]),
    .builtIn("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", short: ["netpol"], generation: true),
    .builtIn("networking.k8s.io", "v1", "servicecidrs", "ServiceCIDR", namespaced: false, subresources: [.status]),
  ]

  private static let policy: [ResourceType] = [
    .builtIn(
      "policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", short: ["pdb"], generation: true,
      subresources: [.status])
  ]

  private static let rbac: [ResourceType] = [
    .builtIn("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced: false),
    .builtIn("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", namespaced: false),
    .builtIn("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding"),
    .builtIn("rbac.authorization.k8s.io", "v1", "roles", "Role"),
  ]

  private static let storage: [ResourceType] = [
    .builtIn("storage.k8s.io", "v1", "csidrivers", "CSIDriver", namespaced: false),
    .builtIn("storage.k8s.io", "v1", "csinodes", "CSINode", namespaced: false),
    .builtIn("storage.k8s.io", "v1", "csistoragecapacities", "CSIStorageCapacity"),
    .builtIn("storage.k8s.io", "v1", "storageclasses", "StorageClass", namespaced: false, short: ["sc"]),
    .builtIn(
      "storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment", namespaced: false, subresources: [.status]),
    .builtIn(
      "storage.k8s.io", "v1", "volumeattributesclasses", "VolumeAttributesClass", namespaced: false, short: ["vac"]),
  ]

  private static let admissionregistration: [ResourceType] = [
    .builtIn(
      "admissionregistration.k8s.io", "v1", "mutatingadmissionpolicies", "MutatingAdmissionPolicy", namespaced: false,
      categories: ["api-extensions"], generation: true),
    .builtIn(
      "admissionregistration.k8s.io", "v1", "mutatingadmissionpolicybindings", "MutatingAdmissionPolicyBinding",
      namespaced: false, categories: ["api-extensions"], generation: true),
    .builtIn(
      "admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration",
      namespaced: false, categories: ["api-extensions"], generation: true),
    .builtIn(
      "admissionregistration.k8s.io", "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy",
      namespaced: false, categories: ["api-extensions"], generation: true, subresources: [.status]),
    .builtIn(
      "admissionregistration.k8s.io", "v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding",
      namespaced: false, categories: ["api-extensions"], generation: true),
    .builtIn(
      "admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration",
      namespaced: false, categories: ["api-extensions"], generation: true),
  ]

  private static let apiextensions: [ResourceType] = [
    .builtIn(
      "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced: false,
      short: ["crd", "crds"], categories: ["api-extensions"], generation: true, subresources: [.status])
  ]

  private static let scheduling: [ResourceType] = [
    .builtIn(
      "scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", namespaced: false, short: ["pc"], generation: true)
  ]

  private static let coordination: [ResourceType] = [
    .builtIn("coordination.k8s.io", "v1", "leases", "Lease")
  ]

  private static let node: [ResourceType] = [
    .builtIn("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", namespaced: false)
  ]

  private static let discovery: [ResourceType] = [
    .builtIn("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", generation: true)
  ]

  private static let resource: [ResourceType] = [
    .builtIn("resource.k8s.io", "v1", "deviceclasses", "DeviceClass", namespaced: false),
    .builtIn("resource.k8s.io", "v1", "resourceclaims", "ResourceClaim", subresources: [.status]),
    .builtIn("resource.k8s.io", "v1", "resourceclaimtemplates", "ResourceClaimTemplate"),
    .builtIn("resource.k8s.io", "v1", "resourceslices", "ResourceSlice", namespaced: false),
  ]

  private static let flowcontrol: [ResourceType] = [
    .builtIn(
      "flowcontrol.apiserver.k8s.io", "v1", "flowschemas", "FlowSchema", namespaced: false, generation: true,
      subresources: [.status]),
    .builtIn(
      "flowcontrol.apiserver.k8s.io", "v1", "prioritylevelconfigurations", "PriorityLevelConfiguration",
      namespaced: false, generation: true, subresources: [.status]),
  ]
}

extension ResourceType {
  /// What a row of the table says only where it differs from the usual.
  fileprivate enum SubresourceRow {
    case status
    case scale
    case named(String, String, group: String = "", version: String = "", verbs: [String])
  }

  fileprivate static func builtIn(
    _ group: String, _ version: String, _ plural: String, _ kind: String, singular: String? = nil,
    namespaced: Bool = true, short: [String] = [], categories: [String] = [], verbs: [String] = allVerbs,
    generation: Bool = false, subresources: [SubresourceRow] = []
  ) -> ResourceType {
    ResourceType(
      group: group, version: version, kind: kind, listKind: kind + "List", plural: plural,
      singular: singular ?? kind.lowercased(), shortNames: short, categories: categories, isNamespaced: namespaced,
      verbs: verbs, subresources: subresources.map { $0.subresource(of: kind) }, isCustom: false,
      hasGeneration: generation)
  }
}

extension ResourceType.SubresourceRow {
  fileprivate func subresource(of kind: String) -> ResourceType.Subresource {
    let readAndWrite = ["get", "patch", "update"]
    return switch self {
    case .status: .init(name: "status", group: "", version: "", kind: kind, verbs: readAndWrite)
    case .scale: .init(name: "scale", group: "autoscaling", version: "v1", kind: "Scale", verbs: readAndWrite)
    case .named(let name, let kind, let group, let version, let verbs):
      .init(name: name, group: group, version: version, kind: kind, verbs: verbs)
    }
  }
}
