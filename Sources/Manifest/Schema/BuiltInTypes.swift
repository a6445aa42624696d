/// The kinds that every server has, with their types.
package enum BuiltInTypes {
  package static let table: TypeTable = all.table
  /// The type of each kind.
  package static let kinds: [GroupVersionKind: TypeID] = {
    var kinds: [GroupVersionKind: TypeID] = [:]
    for entry in index {
      for kind in entry.kinds.split(separator: " ") {
        guard let id = all.names["\(entry.family).\(kind)"] else { continue }
        kinds[GroupVersionKind(group: entry.group, version: entry.version, kind: String(kind))] = id
      }
    }
    return kinds
  }()
  package static let objectMetadata = all.names["meta.ObjectMeta"]

  /// The type of `FAMILY.Name`, such as `core.PodSpec`; nil for a name that is not declared.
  package static func type(named name: String) -> TypeID? { all.names[name] }

  static let families: [(name: String, text: String)] = [
    ("meta", MetaTypes.all), ("core", CoreTypes.all), ("apps", WorkloadTypes.apps), ("batch", WorkloadTypes.batch),
    ("autoscaling", WorkloadTypes.autoscaling), ("autoscaling2", WorkloadTypes.autoscalingV2),
    ("networking", ClusterTypes.networking), ("discovery", ClusterTypes.discovery), ("rbac", ClusterTypes.rbac),
    ("policy", ClusterTypes.policy), ("apiextensions", ClusterTypes.apiextensions),
    ("apiregistration", ClusterTypes.apiregistration), ("coordination", ClusterTypes.coordination),
    ("authentication", ClusterTypes.authentication), ("authorization", ClusterTypes.authorization),
    ("storage", ClusterTypes.storage), ("scheduling", ClusterTypes.scheduling),
    ("admission", ClusterTypes.admission), ("events", ClusterTypes.events),
    ("certificates", ClusterTypes.certificates), ("node", ClusterTypes.node),
  ]

  private static let all: (table: TypeTable, names: [String: TypeID]) = {
    do throws(TypeNotation.Malformed) {
      return try TypeNotation.read(families)
    } catch {
      // The tables are part of the program: a test reads them, and nothing from outside gets here.
      preconditionFailure("built-in types are malformed at: \(error.text)")
    }
  }()

  package static let index: [(group: String, version: String, family: String, kinds: String)] = [
    (
      "", "v1", "core",
      "Binding ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod "
        + "PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount"
    ),
    ("apps", "v1", "apps", "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet"),
    ("batch", "v1", "batch", "CronJob Job"),
    ("autoscaling", "v1", "autoscaling", "HorizontalPodAutoscaler Scale"),
    ("autoscaling", "v2", "autoscaling2", "HorizontalPodAutoscaler"),
    ("networking.k8s.io", "v1", "networking", "Ingress IngressClass NetworkPolicy"),
    ("discovery.k8s.io", "v1", "discovery", "EndpointSlice"),
    ("rbac.authorization.k8s.io", "v1", "rbac", "ClusterRole ClusterRoleBinding Role RoleBinding"),
    ("policy", "v1", "policy", "Eviction PodDisruptionBudget"),
    ("apiextensions.k8s.io", "v1", "apiextensions", "CustomResourceDefinition"),
    ("apiregistration.k8s.io", "v1", "apiregistration", "APIService"),
    ("coordination.k8s.io", "v1", "coordination", "Lease"),
    ("authentication.k8s.io", "v1", "authentication", "SelfSubjectReview TokenRequest TokenReview"),
    (
      "authorization.k8s.io", "v1", "authorization",
      "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview"
    ),
    ("storage.k8s.io", "v1", "storage", "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment"),
    ("scheduling.k8s.io", "v1", "scheduling", "PriorityClass"),
    (
      "admissionregistration.k8s.io", "v1", "admission",
      "MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding "
        + "ValidatingWebhookConfiguration"
    ),
    ("events.k8s.io", "v1", "events", "Event"),
    ("certificates.k8s.io", "v1", "certificates", "CertificateSigningRequest"),
    ("node.k8s.io", "v1", "node", "RuntimeClass"),
  ]
}

extension BuiltInTypes {
  /// The types of `metadata` alone, to which those of a custom resource are added.
  package static let metaTable: TypeTable = meta.table
  package static let metaTableObjectMetadata: TypeID = meta.names["meta.ObjectMeta"] ?? 0

  private static let meta: (table: TypeTable, names: [String: TypeID]) = {
    do throws(TypeNotation.Malformed) {
      return try TypeNotation.read([("meta", MetaTypes.all)])
    } catch {
      // As for all built-in types: part of the program, read by a test.
      preconditionFailure("built-in types are malformed at: \(error.text)")
    }
  }()
}
