/// Kinds of networking, access, policy and of the API machinery itself.
///
/// Source: the field documentation of the Kubernetes 1.36 API; the notation is that of ``TypeNotation``.
enum ClusterTypes {
  static let networking = """
    HTTPIngressPath = path pathType:s+? backend:IngressBackend+
    HTTPIngressRuleValue = paths:[]HTTPIngressPath+
    IPBlock = cidr+ except:[]s
    Ingress = kind apiVersion metadata:ObjectMeta+ spec:IngressSpec+ status:IngressStatus+
    IngressBackend = service:IngressServiceBackend? resource:TypedLocalObjectReference?
    IngressClass = kind apiVersion metadata:ObjectMeta+ spec:IngressClassSpec+
    IngressClassParametersReference = apiGroup? kind+ name+ scope:s+? namespace?
    IngressClassSpec = controller parameters:IngressClassParametersReference?
    IngressLoadBalancerIngress = ip hostname ports:[]IngressPortStatus
    IngressLoadBalancerStatus = ingress:[]IngressLoadBalancerIngress
    IngressPortStatus = port:i+ protocol+ error?
    IngressRule = host http:HTTPIngressRuleValue?
    IngressServiceBackend = name+ port:ServiceBackendPort+
    IngressSpec = ingressClassName? defaultBackend:IngressBackend? tls:[]IngressTLS rules:[]IngressRule
    IngressStatus = loadBalancer:IngressLoadBalancerStatus+
    IngressTLS = hosts:[]s secretName
    NetworkPolicy = kind apiVersion metadata:ObjectMeta+ spec:NetworkPolicySpec+
    NetworkPolicyEgressRule = ports:[]NetworkPolicyPort to:[]NetworkPolicyPeer
    NetworkPolicyIngressRule = ports:[]NetworkPolicyPort from:[]NetworkPolicyPeer
    NetworkPolicyPeer = podSelector:LabelSelector? namespaceSelector:LabelSelector? ipBlock:IPBlock?
    NetworkPolicyPort = protocol? port:x? endPort:i?
    NetworkPolicySpec = podSelector:LabelSelector+ ingress:[]NetworkPolicyIngressRule egress:[]NetworkPolicyEgressRule
      policyTypes:[]s
    ServiceBackendPort! = name number:i
    """

  static let discovery = """
    Endpoint = addresses:[]s(=)~-+ conditions:EndpointConditions+ hostname? targetRef:ObjectReference?
      deprecatedTopology:{}s nodeName? zone? hints:EndpointHints?
    EndpointConditions = ready:b? serving:b? terminating:b?
    EndpointHints = forZones:[]ForZone forNodes:[]ForNode
    EndpointPort! = name? protocol? port:i? appProtocol?
    EndpointSlice = kind apiVersion metadata:ObjectMeta+ addressType+ endpoints:[]Endpoint+ ports:[]EndpointPort+
    ForNode = name+
    ForZone = name+
    """

  static let rbac = """
    AggregationRule = clusterRoleSelectors:[]LabelSelector
    ClusterRole = kind apiVersion metadata:ObjectMeta+ rules:[]PolicyRule+ aggregationRule:AggregationRule?
    ClusterRoleBinding = kind apiVersion metadata:ObjectMeta+ subjects:[]Subject roleRef:RoleRef+
    PolicyRule = verbs:[]s+ apiGroups:[]s resources:[]s resourceNames:[]s nonResourceURLs:[]s
    Role = kind apiVersion metadata:ObjectMeta+ rules:[]PolicyRule+
    RoleBinding = kind apiVersion metadata:ObjectMeta+ subjects:[]Subject roleRef:RoleRef+
    RoleRef! = apiGroup+ kind+ name+
    Subject! = kind+ apiGroup name+ namespace
    """

  static let policy = """
    Eviction = kind apiVersion metadata:ObjectMeta+ deleteOptions:DeleteOptions?
    PodDisruptionBudget = kind apiVersion metadata:ObjectMeta+ spec:PodDisruptionBudgetSpec+
      status:PodDisruptionBudgetStatus+
    PodDisruptionBudgetSpec = minAvailable:x? selector:LabelSelector? maxUnavailable:x? unhealthyPodEvictionPolicy?
    PodDisruptionBudgetStatus = observedGeneration:l disruptedPods:{}t disruptionsAllowed:i+ currentHealthy:i+
      desiredHealthy:i+ expectedPods:i+ conditions:[]Condition(type)
    """

  static let apiextensions = """
    CustomResourceColumnDefinition = name+ type+ format description priority:i jsonPath+
    CustomResourceConversion = strategy+ webhook:WebhookConversion?
    CustomResourceDefinition = kind apiVersion metadata:ObjectMeta+ spec:CustomResourceDefinitionSpec+
      status:CustomResourceDefinitionStatus+
    CustomResourceDefinitionCondition = type+ status+ lastTransitionTime:t+ reason message observedGeneration:l
    CustomResourceDefinitionNames = plural+ singular shortNames:[]s kind+ listKind categories:[]s
    CustomResourceDefinitionSpec = group+ names:CustomResourceDefinitionNames+ scope+
      versions:[]CustomResourceDefinitionVersion+ conversion:CustomResourceConversion? preserveUnknownFields:b
    CustomResourceDefinitionStatus = conditions:[]CustomResourceDefinitionCondition(type)~-+
      acceptedNames:CustomResourceDefinitionNames+ storedVersions:[]s+ observedGeneration:l
    CustomResourceDefinitionVersion = name+ served:b+ storage:b+ deprecated:b deprecationWarning?
      schema:CustomResourceValidation? subresources:CustomResourceSubresources?
      additionalPrinterColumns:[]CustomResourceColumnDefinition selectableFields:[]SelectableField
    CustomResourceSubresourceScale = specReplicasPath+ statusReplicasPath+ labelSelectorPath?
    CustomResourceSubresourceStatus =
    CustomResourceSubresources = status:CustomResourceSubresourceStatus? scale:CustomResourceSubresourceScale?
    CustomResourceValidation = openAPIV3Schema:JSONSchemaProps?
    ExternalDocumentation = description url
    JSONSchemaProps = id $schema $ref? description type format title default:j? maximum:d? exclusiveMaximum:b
      minimum:d? exclusiveMinimum:b maxLength:l? minLength:l? pattern maxItems:l? minItems:l? uniqueItems:b
      multipleOf:d? enum:[]j maxProperties:l? minProperties:l? required:[]s items:j? allOf:[]JSONSchemaProps
      oneOf:[]JSONSchemaProps anyOf:[]JSONSchemaProps not:JSONSchemaProps? properties:{}JSONSchemaProps
      additionalProperties:j? patternProperties:{}JSONSchemaProps dependencies:{}j additionalItems:j?
      definitions:{}JSONSchemaProps externalDocs:ExternalDocumentation? example:j? nullable:b
      x-kubernetes-preserve-unknown-fields:b? x-kubernetes-embedded-resource:b x-kubernetes-int-or-string:b
      x-kubernetes-list-map-keys:[]s x-kubernetes-list-type? x-kubernetes-map-type?
      x-kubernetes-validations:[]ValidationRule(rule)
    SelectableField = jsonPath+
    ServiceReference = namespace+ name+ path? port:i?
    ValidationRule = rule+ message messageExpression reason? fieldPath optionalOldSelf:b?
    WebhookClientConfig = url? service:ServiceReference? caBundle:y
    WebhookConversion = clientConfig:WebhookClientConfig? conversionReviewVersions:[]s+
    """

  static let apiregistration = """
    APIService = kind apiVersion metadata:ObjectMeta+ spec:APIServiceSpec+ status:APIServiceStatus+
    APIServiceCondition = type+ status+ lastTransitionTime:t+ reason message
    APIServiceSpec = service:ServiceReference? group version insecureSkipTLSVerify:b caBundle:y groupPriorityMinimum:i+
      versionPriority:i+
    APIServiceStatus = conditions:[]APIServiceCondition(type)
    ServiceReference = namespace name port:i?
    """

  static let coordination = """
    Lease = kind apiVersion metadata:ObjectMeta+ spec:LeaseSpec+
    LeaseSpec = holderIdentity? leaseDurationSeconds:i? acquireTime:m? renewTime:m? leaseTransitions:i? strategy?
      preferredHolder?
    """

  static let authentication = """
    BoundObjectReference = kind apiVersion name uid
    SelfSubjectReview = kind apiVersion metadata:ObjectMeta+ status:SelfSubjectReviewStatus+
    SelfSubjectReviewStatus = userInfo:UserInfo+
    TokenRequest = kind apiVersion metadata:ObjectMeta+ spec:TokenRequestSpec+ status:TokenRequestStatus+
    TokenRequestSpec = audiences:[]s+ expirationSeconds:l+? boundObjectRef:BoundObjectReference+?
    TokenRequestStatus = token+ expirationTimestamp:t+
    TokenReview = kind apiVersion metadata:ObjectMeta+ spec:TokenReviewSpec+ status:TokenReviewStatus+
    TokenReviewSpec = token audiences:[]s
    TokenReviewStatus = authenticated:b user:UserInfo+ audiences:[]s error
    UserInfo = username uid groups:[]s extra:{}[]s
    """

  static let authorization = """
    FieldSelectorAttributes = rawSelector requirements:[]FieldSelectorRequirement
    LabelSelectorAttributes = rawSelector requirements:[]LabelSelectorRequirement
    LocalSubjectAccessReview = kind apiVersion metadata:ObjectMeta+ spec:SubjectAccessReviewSpec+
      status:SubjectAccessReviewStatus+
    NonResourceAttributes = path verb
    NonResourceRule = verbs:[]s+ nonResourceURLs:[]s
    ResourceAttributes = namespace verb group version resource subresource name fieldSelector:FieldSelectorAttributes?
      labelSelector:LabelSelectorAttributes?
    ResourceRule = verbs:[]s+ apiGroups:[]s resources:[]s resourceNames:[]s
    SelfSubjectAccessReview = kind apiVersion metadata:ObjectMeta+ spec:SelfSubjectAccessReviewSpec+
      status:SubjectAccessReviewStatus+
    SelfSubjectAccessReviewSpec = resourceAttributes:ResourceAttributes? nonResourceAttributes:NonResourceAttributes?
    SelfSubjectRulesReview = kind apiVersion metadata:ObjectMeta+ spec:SelfSubjectRulesReviewSpec+
      status:SubjectRulesReviewStatus+
    SelfSubjectRulesReviewSpec = namespace
    SubjectAccessReview = kind apiVersion metadata:ObjectMeta+ spec:SubjectAccessReviewSpec+
      status:SubjectAccessReviewStatus+
    SubjectAccessReviewSpec = resourceAttributes:ResourceAttributes? nonResourceAttributes:NonResourceAttributes? user
      groups:[]s extra:{}[]s uid
    SubjectAccessReviewStatus = allowed:b+ denied:b reason evaluationError
    SubjectRulesReviewStatus = resourceRules:[]ResourceRule+ nonResourceRules:[]NonResourceRule+ incomplete:b+
      evaluationError
    """

  static let storage = """
    CSIDriver = kind apiVersion metadata:ObjectMeta+ spec:CSIDriverSpec+
    CSIDriverSpec = attachRequired:b? podInfoOnMount:b? volumeLifecycleModes:[]s(=)~- storageCapacity:b? fsGroupPolicy?
      tokenRequests:[]TokenRequest requiresRepublish:b? seLinuxMount:b? nodeAllocatableUpdatePeriodSeconds:l?
      serviceAccountTokenInSecrets:b? preventPodSchedulingIfMissing:b?
    CSINode = kind apiVersion metadata:ObjectMeta+ spec:CSINodeSpec+
    CSINodeDriver = name+ nodeID+ topologyKeys:[]s+ allocatable:VolumeNodeResources?
    CSINodeSpec = drivers:[]CSINodeDriver(name)+
    CSIStorageCapacity = kind apiVersion metadata:ObjectMeta+ nodeTopology:LabelSelector? storageClassName+ capacity:q?
      maximumVolumeSize:q?
    StorageClass = kind apiVersion metadata:ObjectMeta+ provisioner+ parameters:{}s reclaimPolicy? mountOptions:[]s
      allowVolumeExpansion:b? volumeBindingMode? allowedTopologies:[]TopologySelectorTerm
    TokenRequest = audience+ expirationSeconds:l?
    VolumeAttachment = kind apiVersion metadata:ObjectMeta+ spec:VolumeAttachmentSpec+ status:VolumeAttachmentStatus+
    VolumeAttachmentSource = persistentVolumeName? inlineVolumeSpec:PersistentVolumeSpec?
    VolumeAttachmentSpec = attacher+ source:VolumeAttachmentSource+ nodeName+
    VolumeAttachmentStatus = attached:b+ attachmentMetadata:{}s attachError:VolumeError? detachError:VolumeError?
    VolumeError = time:t+ message errorCode:i?
    VolumeNodeResources = count:i?
    """

  static let scheduling = """
    PriorityClass = kind apiVersion metadata:ObjectMeta+ value:i+ globalDefault:b description preemptionPolicy?
    """

  static let admission = """
    AuditAnnotation = key+ valueExpression+
    ExpressionWarning = fieldRef+ warning+
    MatchCondition = name+ expression+
    MatchResources! = namespaceSelector:LabelSelector? objectSelector:LabelSelector?
      resourceRules:[]NamedRuleWithOperations excludeResourceRules:[]NamedRuleWithOperations matchPolicy?
    MutatingWebhook = name+ clientConfig:WebhookClientConfig+ rules:[]RuleWithOperations failurePolicy? matchPolicy?
      namespaceSelector:LabelSelector? objectSelector:LabelSelector? sideEffects:s+? timeoutSeconds:i?
      admissionReviewVersions:[]s+ reinvocationPolicy? matchConditions:[]MatchCondition(name)
    MutatingWebhookConfiguration = kind apiVersion metadata:ObjectMeta+ webhooks:[]MutatingWebhook(name)
    NamedRuleWithOperations! = resourceNames:[]s operations:[]s apiGroups:[]s apiVersions:[]s resources:[]s scope?
    ParamKind! = apiVersion kind
    ParamRef! = name namespace selector:LabelSelector? parameterNotFoundAction?
    RuleWithOperations = operations:[]s apiGroups:[]s apiVersions:[]s resources:[]s scope?
    ServiceReference = namespace+ name+ path? port:i?
    TypeChecking = expressionWarnings:[]ExpressionWarning
    ValidatingAdmissionPolicy = kind apiVersion metadata:ObjectMeta+ spec:ValidatingAdmissionPolicySpec+
      status:ValidatingAdmissionPolicyStatus+
    ValidatingAdmissionPolicyBinding = kind apiVersion metadata:ObjectMeta+ spec:ValidatingAdmissionPolicyBindingSpec+
    ValidatingAdmissionPolicyBindingSpec = policyName paramRef:ParamRef? matchResources:MatchResources?
      validationActions:[]s(=)~-
    ValidatingAdmissionPolicySpec = paramKind:ParamKind? matchConstraints:MatchResources? validations:[]Validation
      failurePolicy? auditAnnotations:[]AuditAnnotation matchConditions:[]MatchCondition(name)
      variables:[]Variable(name)
    ValidatingAdmissionPolicyStatus = observedGeneration:l typeChecking:TypeChecking? conditions:[]Condition(type)~-
    ValidatingWebhook = name+ clientConfig:WebhookClientConfig+ rules:[]RuleWithOperations failurePolicy? matchPolicy?
      namespaceSelector:LabelSelector? objectSelector:LabelSelector? sideEffects:s+? timeoutSeconds:i?
      admissionReviewVersions:[]s+ matchConditions:[]MatchCondition(name)
    ValidatingWebhookConfiguration = kind apiVersion metadata:ObjectMeta+ webhooks:[]ValidatingWebhook(name)
    Validation = expression+ message reason? messageExpression
    Variable! = name+ expression+
    WebhookClientConfig = url? service:ServiceReference? caBundle:y
    """

  static let events = """
    Event = kind apiVersion metadata:ObjectMeta+ eventTime:m+ series:EventSeries? reportingController reportingInstance
      action reason regarding:ObjectReference+ related:ObjectReference? note type deprecatedSource:EventSource+
      deprecatedFirstTimestamp:t+ deprecatedLastTimestamp:t+ deprecatedCount:i
    EventSeries = count:i+ lastObservedTime:m+
    """

  static let certificates = """
    CertificateSigningRequest = kind apiVersion metadata:ObjectMeta+ spec:CertificateSigningRequestSpec+
      status:CertificateSigningRequestStatus+
    CertificateSigningRequestCondition = type+ status+ reason message lastUpdateTime:t+ lastTransitionTime:t+
    CertificateSigningRequestSpec = request:y+ signerName+ expirationSeconds:i? usages:[]s username uid groups:[]s
      extra:{}[]s
    CertificateSigningRequestStatus = conditions:[]CertificateSigningRequestCondition(type)~- certificate:y
    """

  static let node = """
    Overhead = podFixed:{}q
    RuntimeClass = kind apiVersion metadata:ObjectMeta+ handler+ overhead:Overhead? scheduling:Scheduling?
    Scheduling = nodeSelector:{}s! tolerations:[]Toleration
    """
}
