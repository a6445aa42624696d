import Manifest

extension DefaultFields {
  private typealias Reference = TransformerConfiguration.NameReference

  /// Pod specs in which ConfigMaps and Secrets are named.
  private static let configuredPodSpecs: [(KindSelector, String)] = [
    (KindSelector(version: "v1", kind: "Pod"), "spec/"), (KindSelector(kind: "PodTemplate"), "template/spec/"),
    (KindSelector(kind: "Deployment"), "spec/template/spec/"),
    (KindSelector(kind: "ReplicaSet"), "spec/template/spec/"),
    (KindSelector(kind: "DaemonSet"), "spec/template/spec/"),
    (KindSelector(kind: "StatefulSet"), "spec/template/spec/"),
    (KindSelector(kind: "Job"), "spec/template/spec/"),
    (KindSelector(kind: "CronJob"), "spec/jobTemplate/spec/template/spec/"),
  ]

  /// Pod specs in which claims, service accounts and priority classes are named.
  private static let workloadPodSpecs = [
    ("Pod", "spec/"), ("StatefulSet", "spec/template/spec/"), ("Deployment", "spec/template/spec/"),
    ("ReplicationController", "spec/template/spec/"), ("CronJob", "spec/jobTemplate/spec/template/spec/"),
    ("Job", "spec/template/spec/"), ("DaemonSet", "spec/template/spec/"),
  ]

  private static func inPods(_ paths: [String]) -> [FieldSpec] {
    configuredPodSpecs.flatMap { kind, prefix in paths.map { FieldSpec(prefix + $0, kind: kind) } }
  }

  private static func inWorkloads(_ path: String) -> [FieldSpec] {
    workloadPodSpecs.map { FieldSpec($1 + path, kind: KindSelector(kind: $0)) }
  }

  private static func fields(_ kind: String, group: String = "", _ paths: String...) -> [FieldSpec] {
    paths.map { FieldSpec($0, kind: KindSelector(group: group, kind: kind)) }
  }

  static let nameReferences: [TransformerConfiguration.NameReference] =
    ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"].map {
      Reference(
        target: KindSelector(kind: $0), referrers: fields("HorizontalPodAutoscaler", "spec/scaleTargetRef/name"))
    } + [
      Reference(target: KindSelector(version: "v1", kind: "ConfigMap"), referrers: configMap),
      Reference(target: KindSelector(version: "v1", kind: "Secret"), referrers: secret),
      Reference(target: KindSelector(version: "v1", kind: "Service"), referrers: service),
      Reference(
        target: KindSelector(group: rbac, kind: "Role"), referrers: fields("RoleBinding", group: rbac, "roleRef/name")),
      Reference(
        target: KindSelector(group: rbac, kind: "ClusterRole"),
        referrers: fields("RoleBinding", group: rbac, "roleRef/name")
          + fields("ClusterRoleBinding", group: rbac, "roleRef/name")),
      Reference(
        target: KindSelector(version: "v1", kind: "ServiceAccount"),
        referrers: fields("RoleBinding", group: rbac, "subjects")
          + fields("ClusterRoleBinding", group: rbac, "subjects")
          + inWorkloads("serviceAccountName")),
      Reference(
        target: KindSelector(version: "v1", kind: "PersistentVolumeClaim"),
        referrers: inWorkloads("volumes/persistentVolumeClaim/claimName")),
      Reference(
        target: KindSelector(version: "v1", kind: "PersistentVolume"),
        referrers: fields("PersistentVolumeClaim", "spec/volumeName") + fields("ClusterRole", "rules/resourceNames")),
      Reference(
        target: KindSelector(group: "storage.k8s.io", version: "v1", kind: "StorageClass"),
        referrers: fields("PersistentVolume", "spec/storageClassName")
          + fields("PersistentVolumeClaim", "spec/storageClassName")
          + fields("StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName")),
      Reference(
        target: KindSelector(group: "scheduling.k8s.io", version: "v1", kind: "PriorityClass"),
        referrers: inWorkloads("priorityClassName")),
      // The group is written with a version in kustomize, so it never matches.
      Reference(
        target: KindSelector(group: "networking.k8s.io/v1", version: "v1", kind: "IngressClass"),
        referrers: fields("Ingress", "spec/ingressClassName")),
      Reference(
        target: KindSelector(group: admission, kind: "ValidatingAdmissionPolicy"),
        referrers: fields("ValidatingAdmissionPolicyBinding", group: admission, "spec/policyName")),
    ]

  private static let rbac = "rbac.authorization.k8s.io"
  private static let admission = "admissionregistration.k8s.io"

  private static let configMap =
    inPods([
      "volumes/configMap/name", "containers/env/valueFrom/configMapKeyRef/name",
      "initContainers/env/valueFrom/configMapKeyRef/name", "containers/envFrom/configMapRef/name",
      "initContainers/envFrom/configMapRef/name", "volumes/projected/sources/configMap/name",
    ]) + fields("Node", "spec/configSource/configMap") + fields("Role", "rules/resourceNames")
    + fields("ClusterRole", "rules/resourceNames")
    + fields("Ingress", #"metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap"#)

  private static let secret =
    inPods([
      "volumes/secret/secretName", "containers/env/valueFrom/secretKeyRef/name",
      "initContainers/env/valueFrom/secretKeyRef/name", "containers/envFrom/secretRef/name",
      "initContainers/envFrom/secretRef/name", "imagePullSecrets/name", "volumes/projected/sources/secret/name",
    ])
    + fields(
      "Ingress", "spec/tls/secretName", #"metadata/annotations/ingress.kubernetes.io\/auth-secret"#,
      #"metadata/annotations/nginx.ingress.kubernetes.io\/auth-secret"#,
      #"metadata/annotations/nginx.ingress.kubernetes.io\/auth-tls-secret"#)
    + fields("ServiceAccount", "imagePullSecrets/name")
    + fields(
      "StorageClass", "parameters/secretName", "parameters/adminSecretName", "parameters/userSecretName",
      "parameters/secretRef")
    + fields("Role", "rules/resourceNames") + fields("ClusterRole", "rules/resourceNames")
    + [
      FieldSpec(
        "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
        kind: KindSelector(group: "serving.knative.dev", version: "v1", kind: "Service"))
    ] + fields("PersistentVolume", "spec/azureFile/secretName")

  private static let service =
    fields("StatefulSet", group: "apps", "spec/serviceName")
    + fields(
      "Ingress", "spec/rules/http/paths/backend/serviceName", "spec/backend/serviceName",
      "spec/rules/http/paths/backend/service/name", "spec/defaultBackend/service/name")
    + fields("APIService", group: "apiregistration.k8s.io", "spec/service/name")
    + fields("ValidatingWebhookConfiguration", group: admission, "webhooks/clientConfig/service")
    + fields("MutatingWebhookConfiguration", group: admission, "webhooks/clientConfig/service")
}
