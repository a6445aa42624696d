import Manifest

extension MergeSchema {
  /// The merged lists of Kubernetes 1.21.2, the only version that kustomize merges by.
  static let kubernetes = compile(types: typeLines, kinds: kindLines)

  /// One type a line: its fields, `name:Type`, `name[key,key]:Type` for a list merged by keys, `name[]` for a list of
  /// scalars that are united, `name*:Type` for a list that is replaced but whose elements have merged lists.
  private static let typeLines = """
    ObjectMeta finalizers[] ownerReferences[uid]
    Metadata metadata:ObjectMeta
    Conditions conditions[type]
    WithConditions metadata:ObjectMeta status:Conditions
    Container volumeMounts[mountPath] volumeDevices[devicePath] env[name] ports[containerPort,protocol]
    EphemeralContainer volumeMounts[mountPath] volumeDevices[devicePath] env[name]
    ClaimTemplate metadata:ObjectMeta
    EphemeralVolume volumeClaimTemplate:ClaimTemplate
    Volume ephemeral:EphemeralVolume
    PodSpec containers[name]:Container initContainers[name]:Container ephemeralContainers[name]:EphemeralContainer \
    volumes[name]:Volume imagePullSecrets[name] hostAliases[ip] topologySpreadConstraints[topologyKey,whenUnsatisfiable]
    PodStatus conditions[type] podIPs[ip]
    Pod metadata:ObjectMeta spec:PodSpec status:PodStatus
    PodTemplateSpec metadata:ObjectMeta spec:PodSpec
    PodTemplate metadata:ObjectMeta template:PodTemplateSpec
    WorkloadSpec template:PodTemplateSpec
    Workload metadata:ObjectMeta spec:WorkloadSpec status:Conditions
    PersistentVolumeClaim metadata:ObjectMeta status:Conditions
    StatefulSetSpec template:PodTemplateSpec volumeClaimTemplates*:PersistentVolumeClaim
    StatefulSet metadata:ObjectMeta spec:StatefulSetSpec status:Conditions
    JobTemplateSpec metadata:ObjectMeta spec:WorkloadSpec
    CronJobSpec jobTemplate:JobTemplateSpec
    CronJob metadata:ObjectMeta spec:CronJobSpec
    ServiceSpec ports[port,protocol]
    Service metadata:ObjectMeta spec:ServiceSpec status:Conditions
    ServiceAccount metadata:ObjectMeta secrets[name]
    NodeSpec podCIDRs[]
    NodeStatus conditions[type] addresses[type]
    Node metadata:ObjectMeta spec:NodeSpec status:NodeStatus
    ComponentStatus metadata:ObjectMeta conditions[type]
    WebhookConfiguration metadata:ObjectMeta webhooks[name]
    CSINodeSpec drivers[name]
    CSINode metadata:ObjectMeta spec:CSINodeSpec
    """

  /// One `apiVersion` a line: its kinds, `Kind=Type` where the type is more than ``Metadata``.
  private static let kindLines = """
    v1 Binding ComponentStatus=ComponentStatus ConfigMap Endpoints Event LimitRange Namespace=WithConditions Node=Node \
    PersistentVolume PersistentVolumeClaim=PersistentVolumeClaim Pod=Pod PodTemplate=PodTemplate \
    ReplicationController=Workload ResourceQuota Secret Service=Service ServiceAccount=ServiceAccount
    admissionregistration.k8s.io/v1 MutatingWebhookConfiguration=WebhookConfiguration \
    ValidatingWebhookConfiguration=WebhookConfiguration
    admissionregistration.k8s.io/v1beta1 MutatingWebhookConfiguration=WebhookConfiguration \
    ValidatingWebhookConfiguration=WebhookConfiguration
    apiextensions.k8s.io/v1 CustomResourceDefinition
    apiextensions.k8s.io/v1beta1 CustomResourceDefinition
    apiregistration.k8s.io/v1 APIService=WithConditions
    apiregistration.k8s.io/v1beta1 APIService=WithConditions
    apps/v1 ControllerRevision DaemonSet=Workload Deployment=Workload ReplicaSet=Workload StatefulSet=StatefulSet
    authentication.k8s.io/v1 TokenRequest TokenReview
    authentication.k8s.io/v1beta1 TokenReview
    authorization.k8s.io/v1 LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview
    authorization.k8s.io/v1beta1 LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview \
    SubjectAccessReview
    autoscaling/v1 HorizontalPodAutoscaler Scale
    autoscaling/v2beta1 HorizontalPodAutoscaler
    autoscaling/v2beta2 HorizontalPodAutoscaler
    batch/v1 CronJob=CronJob Job=Workload
    batch/v1beta1 CronJob=CronJob
    certificates.k8s.io/v1 CertificateSigningRequest
    certificates.k8s.io/v1beta1 CertificateSigningRequest
    coordination.k8s.io/v1 Lease
    coordination.k8s.io/v1beta1 Lease
    discovery.k8s.io/v1 EndpointSlice
    discovery.k8s.io/v1beta1 EndpointSlice
    events.k8s.io/v1 Event
    events.k8s.io/v1beta1 Event
    extensions/v1beta1 Ingress
    flowcontrol.apiserver.k8s.io/v1beta1 FlowSchema PriorityLevelConfiguration
    networking.k8s.io/v1 Ingress IngressClass NetworkPolicy
    networking.k8s.io/v1beta1 Ingress IngressClass
    node.k8s.io/v1 RuntimeClass
    node.k8s.io/v1beta1 RuntimeClass
    policy/v1 PodDisruptionBudget=WithConditions
    policy/v1beta1 Eviction PodDisruptionBudget=WithConditions PodSecurityPolicy
    rbac.authorization.k8s.io/v1 ClusterRole ClusterRoleBinding Role RoleBinding
    rbac.authorization.k8s.io/v1beta1 ClusterRole ClusterRoleBinding Role RoleBinding
    scheduling.k8s.io/v1 PriorityClass
    scheduling.k8s.io/v1beta1 PriorityClass
    storage.k8s.io/v1 CSIDriver CSINode=CSINode StorageClass VolumeAttachment
    storage.k8s.io/v1beta1 CSIDriver CSINode=CSINode CSIStorageCapacity StorageClass VolumeAttachment
    """

  /// How OpenAPI documents name the types that stand for one definition each, so that custom kinds can refer to them.
  private static let definitionNames: [Substring: String] = {
    var names: [Substring: String] = ["ObjectMeta": "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]
    for type: Substring in [
      "Container", "EphemeralContainer", "Volume", "PodSpec", "PodStatus", "Pod", "PodTemplateSpec", "PodTemplate",
      "PersistentVolumeClaim", "ServiceSpec", "Service", "ServiceAccount", "NodeSpec", "NodeStatus", "Node",
      "ComponentStatus",
    ] { names[type] = "io.k8s.api.core.v1." + type }
    return names
  }()

  private static func compile(types: String, kinds: String) -> MergeSchema {
    var schema = MergeSchema()
    var numbers: [Substring: Int] = [:]
    let lines = types.split(separator: "\n").map { $0.split(separator: " ") }
    for (number, words) in lines.enumerated() { numbers[words[0]] = number }
    for words in lines {
      var shape = TypeShape(name: definitionNames[words[0]], isDefined: true)
      if let name = shape.name { schema.names[name] = schema.types.count }
      for word in words.dropFirst() {
        let (name, field) = compile(field: word, numbers)
        shape.fields[name] = field
      }
      schema.types.append(shape)
    }
    for line in kinds.split(separator: "\n") {
      let words = line.split(separator: " ")
      var numbered: [String: Int] = [:]
      for word in words.dropFirst() {
        let parts = word.split(separator: "=")
        numbered[String(parts[0])] = numbers[parts.count > 1 ? parts[1] : "Metadata"]
      }
      schema.roots[String(words[0])] = numbered
    }
    return schema
  }

  private static func compile(field word: Substring, _ numbers: [Substring: Int]) -> (String, Field) {
    let parts = word.split(separator: ":")
    var name = parts[0]
    var field = Field(type: parts.count > 1 ? numbers[parts[1]] : nil)
    if name.hasSuffix("*") {
      name = name.dropLast()
      field.isList = true
    } else if name.hasSuffix("]"), let bracket = name.firstIndex(of: "[") {
      field.isList = true
      field.mergeKeys = name[name.index(after: bracket)...].dropLast().split(separator: ",").map(String.init)
      name = name[..<bracket]
    }
    return (String(name), field)
  }
}
