package import Manifest

extension ObjectSchema {
  /// Checks an object that is about to be stored; `live` is nil on creation.
  /// - Throws: 422 with every field that is wrong.
  package func validate(_ object: Mapping, replacing live: Mapping?) throws(StatusError) {
    var problems = FieldProblems()
    MetadataValidation.check(object, kind: kind, isCustom: isCustom, into: &problems)
    if let customSchema {
      CustomValidation.check(.mapping(object), customSchema, into: &problems)
    } else if !isCustom, let rule = KindRules.byKind[kind.groupKind] {
      rule(object, live, &problems)
    }
    guard !problems.causes.isEmpty else { return }
    throw .invalid(
      kind: kind.kind, group: kind.group, name: object["metadata"]?["name"]?.string ?? "", causes: problems.causes)
  }
}

/// What each kind checks of its own fields.
enum KindRules {
  typealias Rule = @Sendable (_ object: Mapping, _ live: Mapping?, _ problems: inout FieldProblems) -> Void

  static let byKind: [GroupKind: Rule] = [
    GroupKind(group: "", kind: "ConfigMap"): DataValidation.configMap,
    GroupKind(group: "", kind: "Secret"): DataValidation.secret,
    GroupKind(group: "", kind: "Service"): ServiceValidation.service,
    GroupKind(group: "", kind: "Pod"): WorkloadValidation.pod,
    GroupKind(group: "", kind: "PersistentVolumeClaim"): DataValidation.volumeClaim,
    GroupKind(group: "apps", kind: "Deployment"): WorkloadValidation.deployment,
    GroupKind(group: "apps", kind: "ReplicaSet"): WorkloadValidation.replicaSet,
    GroupKind(group: "apps", kind: "StatefulSet"): WorkloadValidation.statefulSet,
    GroupKind(group: "apps", kind: "DaemonSet"): WorkloadValidation.daemonSet,
    GroupKind(group: "batch", kind: "Job"): WorkloadValidation.job,
    GroupKind(group: "batch", kind: "CronJob"): WorkloadValidation.cronJob,
    GroupKind(group: "autoscaling", kind: "HorizontalPodAutoscaler"): ClusterValidation.autoscaler,
    GroupKind(group: "policy", kind: "PodDisruptionBudget"): ClusterValidation.disruptionBudget,
    GroupKind(group: "networking.k8s.io", kind: "Ingress"): ClusterValidation.ingress,
    GroupKind(group: "rbac.authorization.k8s.io", kind: "RoleBinding"): ClusterValidation.binding,
    GroupKind(group: "rbac.authorization.k8s.io", kind: "ClusterRoleBinding"): ClusterValidation.binding,
    GroupKind(group: "rbac.authorization.k8s.io", kind: "Role"): ClusterValidation.role,
    GroupKind(group: "rbac.authorization.k8s.io", kind: "ClusterRole"): ClusterValidation.role,
    GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition"): ClusterValidation.definition,
  ]
}

extension FieldProblems {
  /// A count that may not be negative.
  mutating func checkNotNegative(_ parent: Mapping, _ key: String, path: String) {
    if let number = parent[key]?.int, number < 0 {
      invalid("\(path).\(key)", Node(.int(number)), "must be greater than or equal to 0")
    }
  }

  mutating func checkPort(_ number: Int64, _ field: String) {
    if !(1...65535).contains(number) {
      invalid(field, Node(.int(number)), "must be between 1 and 65535, inclusive")
    }
  }

  /// A field that stays as it was.
  mutating func checkImmutable(_ new: Node?, _ old: Node?, _ field: String) {
    if new != old { invalid(field, new ?? .null, "field is immutable") }
  }
}
