import Manifest

/// kustomize's built-in field specs, as facts of its format.
enum DefaultFields {
  static let namespace = [
    FieldSpec("metadata/name", kind: kind("Namespace"), creates: true),
    FieldSpec("spec/service/namespace", kind: kind("APIService", "apiregistration.k8s.io"), creates: true),
    FieldSpec(
      "spec/conversion/webhook/clientConfig/service/namespace",
      kind: kind("CustomResourceDefinition", "apiextensions.k8s.io")),
  ]

  static let metadataLabels =
    metadata("labels") + [
      FieldSpec("spec/volumeClaimTemplates[]/metadata/labels", kind: kind("StatefulSet", "apps"), creates: true)
    ]

  static let annotations = metadata("annotations")

  static let images = [
    FieldSpec("spec/containers[]/image", creates: true), FieldSpec("spec/initContainers[]/image", creates: true),
    FieldSpec("spec/template/spec/containers[]/image", creates: true),
    FieldSpec("spec/template/spec/initContainers[]/image", creates: true),
  ]

  static let replicas = ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"].map {
    FieldSpec("spec/replicas", kind: kind($0), creates: true)
  }

  private static func kind(_ kind: String, _ group: String = "", version: String = "") -> KindSelector {
    KindSelector(group: group, version: version, kind: kind)
  }

  /// Labels or annotations of an object and of the templates in it.
  private static func metadata(_ field: String) -> [FieldSpec] {
    let template = "spec/template/metadata/" + field
    let statefulSetGroup = field == "labels" ? "apps" : ""
    return [
      FieldSpec("metadata/" + field, creates: true),
      FieldSpec(template, kind: kind("ReplicationController", version: "v1"), creates: true),
      FieldSpec(template, kind: kind("Deployment"), creates: true),
      FieldSpec(template, kind: kind("ReplicaSet"), creates: true),
      FieldSpec(template, kind: kind("DaemonSet"), creates: true),
      FieldSpec(template, kind: kind("StatefulSet", statefulSetGroup), creates: true),
      FieldSpec(template, kind: kind("Job", "batch"), creates: true),
      FieldSpec("spec/jobTemplate/metadata/" + field, kind: kind("CronJob", "batch"), creates: true),
      FieldSpec("spec/jobTemplate/" + template, kind: kind("CronJob", "batch"), creates: true),
    ]
  }

  static let selectorLabels: [FieldSpec] =
    [
      FieldSpec("spec/selector", kind: kind("Service", version: "v1"), creates: true),
      FieldSpec("spec/selector", kind: kind("ReplicationController", version: "v1"), creates: true),
      FieldSpec("spec/selector/matchLabels", kind: kind("Deployment"), creates: true),
      FieldSpec("spec/selector/matchLabels", kind: kind("ReplicaSet"), creates: true),
      FieldSpec("spec/selector/matchLabels", kind: kind("DaemonSet"), creates: true),
      FieldSpec("spec/selector/matchLabels", kind: kind("StatefulSet", "apps"), creates: true),
    ] + ["Deployment", "StatefulSet"].flatMap(schedulingLabels) + [
      FieldSpec("spec/selector/matchLabels", kind: kind("Job", "batch")),
      FieldSpec("spec/jobTemplate/spec/selector/matchLabels", kind: kind("CronJob", "batch")),
      FieldSpec("spec/selector/matchLabels", kind: kind("PodDisruptionBudget", "policy")),
      FieldSpec("spec/podSelector/matchLabels", kind: kind("NetworkPolicy", "networking.k8s.io")),
      FieldSpec("spec/ingress/from/podSelector/matchLabels", kind: kind("NetworkPolicy", "networking.k8s.io")),
      FieldSpec("spec/egress/to/podSelector/matchLabels", kind: kind("NetworkPolicy", "networking.k8s.io")),
    ]

  private static func schedulingLabels(_ workload: String) -> [FieldSpec] {
    let affinities = ["podAffinity", "podAntiAffinity"].flatMap { affinity in
      [
        "affinity/\(affinity)/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
        "affinity/\(affinity)/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
      ]
    }
    return (affinities + ["topologySpreadConstraints/labelSelector/matchLabels"]).map {
      FieldSpec("spec/template/spec/" + $0, kind: kind(workload, "apps"))
    }
  }

  // MARK: Vars

  private static let podSpecs = [
    ("CronJob", "spec/jobTemplate/spec/template/spec/"), ("DaemonSet", "spec/template/spec/"),
    ("Deployment", "spec/template/spec/"), ("Job", "spec/template/spec/"), ("Pod", "spec/"),
    ("ReplicaSet", "spec/template/spec/"), ("StatefulSet", "spec/template/spec/"),
  ]

  static let variableReferences: [FieldSpec] = {
    var fields: [FieldSpec] = []
    for (workload, podSpec) in podSpecs {
      for containers in ["containers", "initContainers"] {
        for field in ["args", "command", "env/value", "volumeMounts/mountPath"] {
          fields.append(FieldSpec(podSpec + containers + "/" + field, kind: kind(workload)))
        }
      }
      switch workload {
      case "CronJob":
        fields.append(FieldSpec("spec/jobTemplate/spec/template/volumes/nfs/server", kind: kind(workload)))
      case "StatefulSet": fields.append(FieldSpec("spec/volumeClaimTemplates/spec/nfs/server", kind: kind(workload)))
      default: fields.append(FieldSpec(podSpec + "volumes/nfs/server", kind: kind(workload)))
      }
    }
    fields.append(FieldSpec("spec/template/metadata/annotations", kind: kind("Deployment")))
    for path in ["spec/rules/host", "spec/tls/hosts", "spec/tls/secretName"] {
      fields.append(FieldSpec(path, kind: kind("Ingress")))
    }
    fields.append(FieldSpec("spec/ports/port", kind: kind("Service")))
    fields.append(FieldSpec("spec/ports/targetPort", kind: kind("Service")))
    fields.append(FieldSpec("spec/nfs/server", kind: kind("PersistentVolume")))
    fields.append(FieldSpec("metadata/labels"))
    fields.append(FieldSpec("metadata/annotations"))
    return fields
  }()
}
