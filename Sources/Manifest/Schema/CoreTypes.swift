/// Core kinds (`v1`): what Pods, Services, configuration and volumes are made of.
///
/// Source: the field documentation of the Kubernetes 1.36 API; the notation is that of ``TypeNotation``.
enum CoreTypes {
  static let all = """
    AWSElasticBlockStoreVolumeSource = volumeID+ fsType partition:i readOnly:b
    Affinity = nodeAffinity:NodeAffinity? podAffinity:PodAffinity? podAntiAffinity:PodAntiAffinity?
    AppArmorProfile = type+ localhostProfile?
    AttachedVolume = name+ devicePath+
    AzureDiskVolumeSource = diskName+ diskURI+ cachingMode? fsType? readOnly:b? kind?
    AzureFilePersistentVolumeSource = secretName+ shareName+ readOnly:b secretNamespace:s+?
    AzureFileVolumeSource = secretName+ shareName+ readOnly:b
    Binding = kind apiVersion metadata:ObjectMeta+ target:ObjectReference+
    CSIPersistentVolumeSource = driver+ volumeHandle+ readOnly:b fsType volumeAttributes:{}s
      controllerPublishSecretRef:SecretReference? nodeStageSecretRef:SecretReference?
      nodePublishSecretRef:SecretReference? controllerExpandSecretRef:SecretReference?
      nodeExpandSecretRef:SecretReference?
    CSIVolumeSource = driver+ readOnly:b? fsType? volumeAttributes:{}s nodePublishSecretRef:LocalObjectReference?
    Capabilities = add:[]s drop:[]s
    CephFSPersistentVolumeSource = monitors:[]s+ path user secretFile secretRef:SecretReference? readOnly:b
    CephFSVolumeSource = monitors:[]s+ path user secretFile secretRef:LocalObjectReference? readOnly:b
    CinderPersistentVolumeSource = volumeID+ fsType readOnly:b secretRef:SecretReference?
    CinderVolumeSource = volumeID+ fsType readOnly:b secretRef:LocalObjectReference?
    ClientIPConfig = timeoutSeconds:i?
    ClusterTrustBundleProjection = name? signerName? labelSelector:LabelSelector? optional:b? path+
    ConfigMap = kind apiVersion metadata:ObjectMeta+ immutable:b? data:{}s binaryData:{}y
    ConfigMapEnvSource = name optional:b?
    ConfigMapKeySelector! = name key+ optional:b?
    ConfigMapNodeConfigSource = namespace+ name+ uid resourceVersion kubeletConfigKey+
    ConfigMapProjection = name items:[]KeyToPath optional:b?
    ConfigMapVolumeSource = name items:[]KeyToPath defaultMode:i? optional:b?
    Container = name+ image command:[]s args:[]s workingDir ports:[]ContainerPort(containerPort,protocol)
      envFrom:[]EnvFromSource env:[]EnvVar(name) resources:ResourceRequirements+ resizePolicy:[]ContainerResizePolicy
      restartPolicy? restartPolicyRules:[]ContainerRestartRule volumeMounts:[]VolumeMount(mountPath)
      volumeDevices:[]VolumeDevice(devicePath) livenessProbe:Probe? readinessProbe:Probe? startupProbe:Probe?
      lifecycle:Lifecycle? terminationMessagePath terminationMessagePolicy imagePullPolicy
      securityContext:SecurityContext? stdin:b stdinOnce:b tty:b
    ContainerExtendedResourceRequest = containerName+ resourceName+ requestName+
    ContainerImage = names:[]s+ sizeBytes:l
    ContainerPort = name hostPort:i containerPort:i+ protocol=TCP hostIP
    ContainerResizePolicy = resourceName+ restartPolicy+
    ContainerRestartRule = action exitCodes:ContainerRestartRuleOnExitCodes?
    ContainerRestartRuleOnExitCodes = operator values:[]i(=)~-
    ContainerState = waiting:ContainerStateWaiting? running:ContainerStateRunning? terminated:ContainerStateTerminated?
    ContainerStateRunning = startedAt:t+
    ContainerStateTerminated = exitCode:i+ signal:i reason message startedAt:t+ finishedAt:t+ containerID
    ContainerStateWaiting = reason message
    ContainerStatus = name+ state:ContainerState+ lastState:ContainerState+ ready:b+ restartCount:i+ image+ imageID+
      containerID started:b? allocatedResources:{}q resources:ResourceRequirements?
      volumeMounts:[]VolumeMountStatus(mountPath) user:ContainerUser? allocatedResourcesStatus:[]ResourceStatus(name)
      stopSignal?
    ContainerUser = linux:LinuxContainerUser?
    DaemonEndpoint = Port:i+
    DownwardAPIProjection = items:[]DownwardAPIVolumeFile
    DownwardAPIVolumeFile = path+ fieldRef:ObjectFieldSelector? resourceFieldRef:ResourceFieldSelector? mode:i?
    DownwardAPIVolumeSource = items:[]DownwardAPIVolumeFile defaultMode:i?
    EmptyDirVolumeSource = medium sizeLimit:q?
    EndpointAddress! = ip+ hostname nodeName? targetRef:ObjectReference?
    EndpointPort! = name port:i+ protocol appProtocol?
    EndpointSubset = addresses:[]EndpointAddress notReadyAddresses:[]EndpointAddress ports:[]EndpointPort
    Endpoints = kind apiVersion metadata:ObjectMeta+ subsets:[]EndpointSubset
    EnvFromSource = prefix configMapRef:ConfigMapEnvSource? secretRef:SecretEnvSource?
    EnvVar = name+ value valueFrom:EnvVarSource?
    EnvVarSource = fieldRef:ObjectFieldSelector? resourceFieldRef:ResourceFieldSelector?
      configMapKeyRef:ConfigMapKeySelector? secretKeyRef:SecretKeySelector? fileKeyRef:FileKeySelector?
    EphemeralContainer = name+ image command:[]s args:[]s workingDir ports:[]ContainerPort(containerPort,protocol)
      envFrom:[]EnvFromSource env:[]EnvVar(name) resources:ResourceRequirements+ resizePolicy:[]ContainerResizePolicy
      restartPolicy? restartPolicyRules:[]ContainerRestartRule volumeMounts:[]VolumeMount(mountPath)
      volumeDevices:[]VolumeDevice(devicePath) livenessProbe:Probe? readinessProbe:Probe? startupProbe:Probe?
      lifecycle:Lifecycle? terminationMessagePath terminationMessagePolicy imagePullPolicy
      securityContext:SecurityContext? stdin:b stdinOnce:b tty:b targetContainerName
    EphemeralVolumeSource = volumeClaimTemplate:PersistentVolumeClaimTemplate?
    Event = kind apiVersion metadata:ObjectMeta+ involvedObject:ObjectReference+ reason message source:EventSource+
      firstTimestamp:t+ lastTimestamp:t+ count:i type eventTime:m+ series:EventSeries? action related:ObjectReference?
      reportingComponent+ reportingInstance+
    EventSeries = count:i lastObservedTime:m+
    EventSource = component host
    ExecAction = command:[]s
    FCVolumeSource = targetWWNs:[]s lun:i? fsType readOnly:b wwids:[]s
    FileKeySelector! = volumeName+ path+ key+ optional:b?
    FlexPersistentVolumeSource = driver+ fsType secretRef:SecretReference? readOnly:b options:{}s
    FlexVolumeSource = driver+ fsType secretRef:LocalObjectReference? readOnly:b options:{}s
    FlockerVolumeSource = datasetName datasetUUID
    GCEPersistentDiskVolumeSource = pdName+ fsType partition:i readOnly:b
    GRPCAction = port:i+ service:s+?
    GitRepoVolumeSource = repository+ revision directory
    GlusterfsPersistentVolumeSource = endpoints+ path+ readOnly:b endpointsNamespace?
    GlusterfsVolumeSource = endpoints+ path+ readOnly:b
    HTTPGetAction = path port:x+ host scheme httpHeaders:[]HTTPHeader
    HTTPHeader = name+ value+
    HostAlias = ip+ hostnames:[]s
    HostIP = ip+
    HostPathVolumeSource = path+ type?
    ISCSIPersistentVolumeSource = targetPortal+ iqn+ lun:i+ iscsiInterface fsType readOnly:b portals:[]s
      chapAuthDiscovery:b chapAuthSession:b secretRef:SecretReference? initiatorName?
    ISCSIVolumeSource = targetPortal+ iqn+ lun:i+ iscsiInterface fsType readOnly:b portals:[]s chapAuthDiscovery:b
      chapAuthSession:b secretRef:LocalObjectReference? initiatorName?
    ImageVolumeSource = reference pullPolicy
    ImageVolumeStatus = imageRef
    KeyToPath = key+ path+ mode:i?
    Lifecycle = postStart:LifecycleHandler? preStop:LifecycleHandler? stopSignal?
    LifecycleHandler = exec:ExecAction? httpGet:HTTPGetAction? tcpSocket:TCPSocketAction? sleep:SleepAction?
    LimitRange = kind apiVersion metadata:ObjectMeta+ spec:LimitRangeSpec+
    LimitRangeItem = type+ max:{}q min:{}q default:{}q defaultRequest:{}q maxLimitRequestRatio:{}q
    LimitRangeSpec = limits:[]LimitRangeItem+
    LinuxContainerUser = uid:l+ gid:l+ supplementalGroups:[]l
    LoadBalancerIngress = ip hostname ipMode? ports:[]PortStatus
    LoadBalancerStatus = ingress:[]LoadBalancerIngress
    LocalObjectReference! = name
    LocalVolumeSource = path+ fsType?
    ModifyVolumeStatus = targetVolumeAttributesClassName status+
    NFSVolumeSource = server+ path+ readOnly:b
    Namespace = kind apiVersion metadata:ObjectMeta+ spec:NamespaceSpec+ status:NamespaceStatus+
    NamespaceCondition = type+ status+ lastTransitionTime:t+ reason message
    NamespaceSpec = finalizers:[]s
    NamespaceStatus = phase conditions:[]NamespaceCondition(type)
    Node = kind apiVersion metadata:ObjectMeta+ spec:NodeSpec+ status:NodeStatus+
    NodeAddress = type+ address+
    NodeAffinity = requiredDuringSchedulingIgnoredDuringExecution:NodeSelector?
      preferredDuringSchedulingIgnoredDuringExecution:[]PreferredSchedulingTerm
    NodeAllocatableResourceClaimStatus = resourceClaimName+ containers:[]s(=)~- resources:{}q+
    NodeCondition = type+ status+ lastHeartbeatTime:t+ lastTransitionTime:t+ reason message
    NodeConfigSource = configMap:ConfigMapNodeConfigSource?
    NodeConfigStatus = assigned:NodeConfigSource? active:NodeConfigSource? lastKnownGood:NodeConfigSource? error
    NodeDaemonEndpoints = kubeletEndpoint:DaemonEndpoint+
    NodeFeatures = supplementalGroupsPolicy:b?
    NodeRuntimeHandler = name+ features:NodeRuntimeHandlerFeatures?
    NodeRuntimeHandlerFeatures = recursiveReadOnlyMounts:b? userNamespaces:b?
    NodeSelector! = nodeSelectorTerms:[]NodeSelectorTerm+
    NodeSelectorRequirement = key+ operator+ values:[]s
    NodeSelectorTerm! = matchExpressions:[]NodeSelectorRequirement matchFields:[]NodeSelectorRequirement
    NodeSpec = podCIDR podCIDRs:[]s(=) providerID unschedulable:b taints:[]Taint configSource:NodeConfigSource?
      externalID
    NodeStatus = capacity:{}q allocatable:{}q phase conditions:[]NodeCondition(type) addresses:[]NodeAddress(type)
      daemonEndpoints:NodeDaemonEndpoints+ nodeInfo:NodeSystemInfo+ images:[]ContainerImage volumesInUse:[]s
      volumesAttached:[]AttachedVolume config:NodeConfigStatus? runtimeHandlers:[]NodeRuntimeHandler
      features:NodeFeatures? declaredFeatures:[]s
    NodeSwapStatus = capacity:l?
    NodeSystemInfo = machineID+ systemUUID+ bootID+ kernelVersion+ osImage+ containerRuntimeVersion+ kubeletVersion+
      kubeProxyVersion+ operatingSystem+ architecture+ swap:NodeSwapStatus?
    ObjectFieldSelector! = apiVersion fieldPath+
    ObjectReference! = kind namespace name uid apiVersion resourceVersion fieldPath
    PersistentVolume = kind apiVersion metadata:ObjectMeta+ spec:PersistentVolumeSpec+ status:PersistentVolumeStatus+
    PersistentVolumeClaim = kind apiVersion metadata:ObjectMeta+ spec:PersistentVolumeClaimSpec+
      status:PersistentVolumeClaimStatus+
    PersistentVolumeClaimCondition = type+ status+ lastProbeTime:t+ lastTransitionTime:t+ reason message
    PersistentVolumeClaimSpec = accessModes:[]s selector:LabelSelector? resources:VolumeResourceRequirements+
      volumeName storageClassName? volumeMode? dataSource:TypedLocalObjectReference?
      dataSourceRef:TypedObjectReference? volumeAttributesClassName?
    PersistentVolumeClaimStatus = phase accessModes:[]s capacity:{}q conditions:[]PersistentVolumeClaimCondition(type)
      allocatedResources:{}q allocatedResourceStatuses:{}s currentVolumeAttributesClassName?
      modifyVolumeStatus:ModifyVolumeStatus?
    PersistentVolumeClaimTemplate = metadata:ObjectMeta+ spec:PersistentVolumeClaimSpec+
    PersistentVolumeClaimVolumeSource = claimName+ readOnly:b
    PersistentVolumeSpec = capacity:{}q gcePersistentDisk:GCEPersistentDiskVolumeSource?
      awsElasticBlockStore:AWSElasticBlockStoreVolumeSource? hostPath:HostPathVolumeSource?
      glusterfs:GlusterfsPersistentVolumeSource? nfs:NFSVolumeSource? rbd:RBDPersistentVolumeSource?
      iscsi:ISCSIPersistentVolumeSource? cinder:CinderPersistentVolumeSource? cephfs:CephFSPersistentVolumeSource?
      fc:FCVolumeSource? flocker:FlockerVolumeSource? flexVolume:FlexPersistentVolumeSource?
      azureFile:AzureFilePersistentVolumeSource? vsphereVolume:VsphereVirtualDiskVolumeSource?
      quobyte:QuobyteVolumeSource? azureDisk:AzureDiskVolumeSource?
      photonPersistentDisk:PhotonPersistentDiskVolumeSource? portworxVolume:PortworxVolumeSource?
      scaleIO:ScaleIOPersistentVolumeSource? local:LocalVolumeSource? storageos:StorageOSPersistentVolumeSource?
      csi:CSIPersistentVolumeSource? accessModes:[]s claimRef:ObjectReference? persistentVolumeReclaimPolicy
      storageClassName mountOptions:[]s volumeMode? nodeAffinity:VolumeNodeAffinity? volumeAttributesClassName?
    PersistentVolumeStatus = phase message reason lastPhaseTransitionTime:t?
    PhotonPersistentDiskVolumeSource = pdID+ fsType
    Pod = kind apiVersion metadata:ObjectMeta+ spec:PodSpec+ status:PodStatus+
    PodAffinity = requiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm
      preferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
    PodAffinityTerm = labelSelector:LabelSelector? namespaces:[]s topologyKey+ namespaceSelector:LabelSelector?
      matchLabelKeys:[]s mismatchLabelKeys:[]s
    PodAntiAffinity = requiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm
      preferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
    PodCertificateProjection = signerName keyType maxExpirationSeconds:i? credentialBundlePath keyPath
      certificateChainPath userAnnotations:{}s
    PodCondition = type+ observedGeneration:l status+ lastProbeTime:t+ lastTransitionTime:t+ reason message
    PodDNSConfig = nameservers:[]s searches:[]s options:[]PodDNSConfigOption
    PodDNSConfigOption = name value?
    PodExtendedResourceClaimStatus = requestMappings:[]ContainerExtendedResourceRequest+ resourceClaimName+
    PodIP = ip+
    PodOS = name+
    PodReadinessGate = conditionType+
    PodResourceClaim = name+ resourceClaimName? resourceClaimTemplateName?
    PodResourceClaimStatus = name+ resourceClaimName?
    PodSchedulingGate = name+
    PodSchedulingGroup = podGroupName?
    PodSecurityContext = seLinuxOptions:SELinuxOptions? windowsOptions:WindowsSecurityContextOptions? runAsUser:l?
      runAsGroup:l? runAsNonRoot:b? supplementalGroups:[]l supplementalGroupsPolicy? fsGroup:l? sysctls:[]Sysctl
      fsGroupChangePolicy? seccompProfile:SeccompProfile? appArmorProfile:AppArmorProfile? seLinuxChangePolicy?
    PodSpec = volumes:[]Volume(name)% initContainers:[]Container(name) containers:[]Container(name)+
      ephemeralContainers:[]EphemeralContainer(name) restartPolicy terminationGracePeriodSeconds:l?
      activeDeadlineSeconds:l? dnsPolicy nodeSelector:{}s! serviceAccountName serviceAccount
      automountServiceAccountToken:b? nodeName hostNetwork:b hostPID:b hostIPC:b shareProcessNamespace:b?
      securityContext:PodSecurityContext? imagePullSecrets:[]LocalObjectReference(name) hostname subdomain
      affinity:Affinity? schedulerName tolerations:[]Toleration hostAliases:[]HostAlias(ip) priorityClassName
      priority:i? dnsConfig:PodDNSConfig? readinessGates:[]PodReadinessGate runtimeClassName? enableServiceLinks:b?
      preemptionPolicy? overhead:{}q
      topologySpreadConstraints:[]TopologySpreadConstraint(topologyKey,whenUnsatisfiable) setHostnameAsFQDN:b?
      os:PodOS? hostUsers:b? schedulingGates:[]PodSchedulingGate(name) resourceClaims:[]PodResourceClaim(name)%
      resources:ResourceRequirements? hostnameOverride? schedulingGroup:PodSchedulingGroup?
    PodStatus = observedGeneration:l phase conditions:[]PodCondition(type) message reason nominatedNodeName hostIP
      hostIPs:[]HostIP~ip podIP podIPs:[]PodIP(ip) startTime:t? initContainerStatuses:[]ContainerStatus
      containerStatuses:[]ContainerStatus qosClass ephemeralContainerStatuses:[]ContainerStatus resize
      resourceClaimStatuses:[]PodResourceClaimStatus(name)% extendedResourceClaimStatus:PodExtendedResourceClaimStatus?
      allocatedResources:{}q resources:ResourceRequirements?
      nodeAllocatableResourceClaimStatuses:[]NodeAllocatableResourceClaimStatus
    PodTemplate = kind apiVersion metadata:ObjectMeta+ template:PodTemplateSpec+
    PodTemplateSpec = metadata:ObjectMeta+ spec:PodSpec+
    PortStatus = port:i+ protocol+ error?
    PortworxVolumeSource = volumeID+ fsType readOnly:b
    PreferredSchedulingTerm = weight:i+ preference:NodeSelectorTerm+
    Probe = exec:ExecAction? httpGet:HTTPGetAction? tcpSocket:TCPSocketAction? grpc:GRPCAction? initialDelaySeconds:i
      timeoutSeconds:i periodSeconds:i successThreshold:i failureThreshold:i terminationGracePeriodSeconds:l?
    ProjectedVolumeSource = sources:[]VolumeProjection+ defaultMode:i?
    QuobyteVolumeSource = registry+ volume+ readOnly:b user group tenant
    RBDPersistentVolumeSource = monitors:[]s+ image+ fsType pool user keyring secretRef:SecretReference? readOnly:b
    RBDVolumeSource = monitors:[]s+ image+ fsType pool user keyring secretRef:LocalObjectReference? readOnly:b
    ReplicationController = kind apiVersion metadata:ObjectMeta+ spec:ReplicationControllerSpec+
      status:ReplicationControllerStatus+
    ReplicationControllerCondition = type+ status+ lastTransitionTime:t+ reason message
    ReplicationControllerSpec = replicas:i? minReadySeconds:i selector:{}s! template:PodTemplateSpec?
    ReplicationControllerStatus = replicas:i+ fullyLabeledReplicas:i readyReplicas:i availableReplicas:i
      observedGeneration:l conditions:[]ReplicationControllerCondition(type)
    ResourceClaim = name+ request
    ResourceFieldSelector! = containerName resource+ divisor:q+
    ResourceHealth = resourceID+ health message?
    ResourceQuota = kind apiVersion metadata:ObjectMeta+ spec:ResourceQuotaSpec+ status:ResourceQuotaStatus+
    ResourceQuotaSpec = hard:{}q scopes:[]s scopeSelector:ScopeSelector?
    ResourceQuotaStatus = hard:{}q used:{}q
    ResourceRequirements = limits:{}q requests:{}q claims:[]ResourceClaim(name)~-
    ResourceStatus = name+ resources:[]ResourceHealth(resourceID)~-
    SELinuxOptions = user role type level
    ScaleIOPersistentVolumeSource = gateway+ system+ secretRef:SecretReference+? sslEnabled:b protectionDomain
      storagePool storageMode volumeName fsType readOnly:b
    ScaleIOVolumeSource = gateway+ system+ secretRef:LocalObjectReference+? sslEnabled:b protectionDomain storagePool
      storageMode volumeName fsType readOnly:b
    ScopeSelector! = matchExpressions:[]ScopedResourceSelectorRequirement
    ScopedResourceSelectorRequirement = scopeName+ operator+ values:[]s
    SeccompProfile = type+ localhostProfile?
    Secret = kind apiVersion metadata:ObjectMeta+ immutable:b? data:{}y stringData:{}s type
    SecretEnvSource = name optional:b?
    SecretKeySelector! = name key+ optional:b?
    SecretProjection = name items:[]KeyToPath optional:b?
    SecretReference! = name namespace
    SecretVolumeSource = secretName items:[]KeyToPath defaultMode:i? optional:b?
    SecurityContext = capabilities:Capabilities? privileged:b? seLinuxOptions:SELinuxOptions?
      windowsOptions:WindowsSecurityContextOptions? runAsUser:l? runAsGroup:l? runAsNonRoot:b?
      readOnlyRootFilesystem:b? allowPrivilegeEscalation:b? procMount? seccompProfile:SeccompProfile?
      appArmorProfile:AppArmorProfile?
    Service = kind apiVersion metadata:ObjectMeta+ spec:ServiceSpec+ status:ServiceStatus+
    ServiceAccount = kind apiVersion metadata:ObjectMeta+ secrets:[]ObjectReference(name)
      imagePullSecrets:[]LocalObjectReference automountServiceAccountToken:b?
    ServiceAccountTokenProjection = audience expirationSeconds:l? path+
    ServicePort = name protocol=TCP appProtocol? port:i+ targetPort:x+ nodePort:i
    ServiceSpec = ports:[]ServicePort(port,protocol) selector:{}s! clusterIP clusterIPs:[]s type externalIPs:[]s
      sessionAffinity loadBalancerIP loadBalancerSourceRanges:[]s externalName externalTrafficPolicy
      healthCheckNodePort:i publishNotReadyAddresses:b sessionAffinityConfig:SessionAffinityConfig? ipFamilies:[]s
      ipFamilyPolicy? allocateLoadBalancerNodePorts:b? loadBalancerClass? internalTrafficPolicy? trafficDistribution?
    ServiceStatus = loadBalancer:LoadBalancerStatus+ conditions:[]Condition(type)
    SessionAffinityConfig = clientIP:ClientIPConfig?
    SleepAction = seconds:l+
    StorageOSPersistentVolumeSource = volumeName volumeNamespace fsType readOnly:b secretRef:ObjectReference?
    StorageOSVolumeSource = volumeName volumeNamespace fsType readOnly:b secretRef:LocalObjectReference?
    Sysctl = name+ value+
    TCPSocketAction = port:x+ host
    Taint = key+ value effect+ timeAdded:t?
    Toleration = key operator value effect tolerationSeconds:l?
    TopologySelectorLabelRequirement = key+ values:[]s+
    TopologySelectorTerm! = matchLabelExpressions:[]TopologySelectorLabelRequirement
    TopologySpreadConstraint = maxSkew:i+ topologyKey+ whenUnsatisfiable+ labelSelector:LabelSelector? minDomains:i?
      nodeAffinityPolicy? nodeTaintsPolicy? matchLabelKeys:[]s
    TypedLocalObjectReference! = apiGroup:s+? kind+ name+
    TypedObjectReference = apiGroup:s+? kind+ name+ namespace?
    Volume = name+ hostPath:HostPathVolumeSource? emptyDir:EmptyDirVolumeSource?
      gcePersistentDisk:GCEPersistentDiskVolumeSource? awsElasticBlockStore:AWSElasticBlockStoreVolumeSource?
      gitRepo:GitRepoVolumeSource? secret:SecretVolumeSource? nfs:NFSVolumeSource? iscsi:ISCSIVolumeSource?
      glusterfs:GlusterfsVolumeSource? persistentVolumeClaim:PersistentVolumeClaimVolumeSource? rbd:RBDVolumeSource?
      flexVolume:FlexVolumeSource? cinder:CinderVolumeSource? cephfs:CephFSVolumeSource? flocker:FlockerVolumeSource?
      downwardAPI:DownwardAPIVolumeSource? fc:FCVolumeSource? azureFile:AzureFileVolumeSource?
      configMap:ConfigMapVolumeSource? vsphereVolume:VsphereVirtualDiskVolumeSource? quobyte:QuobyteVolumeSource?
      azureDisk:AzureDiskVolumeSource? photonPersistentDisk:PhotonPersistentDiskVolumeSource?
      projected:ProjectedVolumeSource? portworxVolume:PortworxVolumeSource? scaleIO:ScaleIOVolumeSource?
      storageos:StorageOSVolumeSource? csi:CSIVolumeSource? ephemeral:EphemeralVolumeSource? image:ImageVolumeSource?
    VolumeDevice = name+ devicePath+
    VolumeMount = name+ readOnly:b recursiveReadOnly? mountPath+ subPath mountPropagation? subPathExpr
    VolumeMountStatus = name+ mountPath+ readOnly:b recursiveReadOnly? volumeStatus:VolumeStatus?
    VolumeNodeAffinity = required:NodeSelector?
    VolumeProjection = secret:SecretProjection? downwardAPI:DownwardAPIProjection? configMap:ConfigMapProjection?
      serviceAccountToken:ServiceAccountTokenProjection? clusterTrustBundle:ClusterTrustBundleProjection?
      podCertificate:PodCertificateProjection?
    VolumeResourceRequirements = limits:{}q requests:{}q
    VolumeStatus = image:ImageVolumeStatus?
    VsphereVirtualDiskVolumeSource = volumePath+ fsType storagePolicyName storagePolicyID
    WeightedPodAffinityTerm = weight:i+ podAffinityTerm:PodAffinityTerm+
    WindowsSecurityContextOptions = gmsaCredentialSpecName? gmsaCredentialSpec? runAsUserName? hostProcess:b?
    """
}
