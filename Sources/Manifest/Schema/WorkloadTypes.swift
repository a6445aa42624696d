/// Kinds of `apps`, `batch` and `autoscaling`.
///
/// Source: the field documentation of the Kubernetes 1.36 API; the notation is that of ``TypeNotation``.
enum WorkloadTypes {
  static let apps = """
    ControllerRevision = kind apiVersion metadata:ObjectMeta+ data:j+ revision:l+
    DaemonSet = kind apiVersion metadata:ObjectMeta+ spec:DaemonSetSpec+ status:DaemonSetStatus+
    DaemonSetCondition = type+ status+ lastTransitionTime:t+ reason message
    DaemonSetSpec = selector:LabelSelector+? template:PodTemplateSpec+ updateStrategy:DaemonSetUpdateStrategy+
      minReadySeconds:i revisionHistoryLimit:i?
    DaemonSetStatus = currentNumberScheduled:i+ numberMisscheduled:i+ desiredNumberScheduled:i+ numberReady:i+
      observedGeneration:l updatedNumberScheduled:i numberAvailable:i numberUnavailable:i collisionCount:i?
      conditions:[]DaemonSetCondition(type)
    DaemonSetUpdateStrategy = type rollingUpdate:RollingUpdateDaemonSet?
    Deployment = kind apiVersion metadata:ObjectMeta+ spec:DeploymentSpec+ status:DeploymentStatus+
    DeploymentCondition = type+ status+ lastUpdateTime:t+ lastTransitionTime:t+ reason message
    DeploymentSpec = replicas:i? selector:LabelSelector+? template:PodTemplateSpec+ strategy:DeploymentStrategy%+
      minReadySeconds:i revisionHistoryLimit:i? paused:b progressDeadlineSeconds:i?
    DeploymentStatus = observedGeneration:l replicas:i updatedReplicas:i readyReplicas:i availableReplicas:i
      unavailableReplicas:i terminatingReplicas:i? conditions:[]DeploymentCondition(type) collisionCount:i?
    DeploymentStrategy = type rollingUpdate:RollingUpdateDeployment?
    ReplicaSet = kind apiVersion metadata:ObjectMeta+ spec:ReplicaSetSpec+ status:ReplicaSetStatus+
    ReplicaSetCondition = type+ status+ lastTransitionTime:t+ reason message
    ReplicaSetSpec = replicas:i? minReadySeconds:i selector:LabelSelector+? template:PodTemplateSpec+
    ReplicaSetStatus = replicas:i+ fullyLabeledReplicas:i readyReplicas:i availableReplicas:i terminatingReplicas:i?
      observedGeneration:l conditions:[]ReplicaSetCondition(type)
    RollingUpdateDaemonSet = maxUnavailable:x? maxSurge:x?
    RollingUpdateDeployment = maxUnavailable:x? maxSurge:x?
    RollingUpdateStatefulSetStrategy = partition:i? maxUnavailable:x?
    StatefulSet = kind apiVersion metadata:ObjectMeta+ spec:StatefulSetSpec+ status:StatefulSetStatus+
    StatefulSetCondition = type+ status+ lastTransitionTime:t+ reason message
    StatefulSetOrdinals = start:i+
    StatefulSetPersistentVolumeClaimRetentionPolicy = whenDeleted whenScaled
    StatefulSetSpec = replicas:i? selector:LabelSelector+? template:PodTemplateSpec+
      volumeClaimTemplates:[]PersistentVolumeClaim serviceName+ podManagementPolicy
      updateStrategy:StatefulSetUpdateStrategy+ revisionHistoryLimit:i? minReadySeconds:i
      persistentVolumeClaimRetentionPolicy:StatefulSetPersistentVolumeClaimRetentionPolicy?
      ordinals:StatefulSetOrdinals?
    StatefulSetStatus = observedGeneration:l replicas:i+ readyReplicas:i currentReplicas:i updatedReplicas:i
      currentRevision updateRevision collisionCount:i? conditions:[]StatefulSetCondition(type) availableReplicas:i+
    StatefulSetUpdateStrategy = type rollingUpdate:RollingUpdateStatefulSetStrategy?
    """

  static let batch = """
    CronJob = kind apiVersion metadata:ObjectMeta+ spec:CronJobSpec+ status:CronJobStatus+
    CronJobSpec = schedule+ timeZone? startingDeadlineSeconds:l? concurrencyPolicy suspend:b?
      jobTemplate:JobTemplateSpec+ successfulJobsHistoryLimit:i? failedJobsHistoryLimit:i?
    CronJobStatus = active:[]ObjectReference lastScheduleTime:t? lastSuccessfulTime:t?
    Job = kind apiVersion metadata:ObjectMeta+ spec:JobSpec+ status:JobStatus+
    JobCondition = type+ status+ lastProbeTime:t+ lastTransitionTime:t+ reason message
    JobSpec = parallelism:i? completions:i? activeDeadlineSeconds:l? podFailurePolicy:PodFailurePolicy?
      successPolicy:SuccessPolicy? backoffLimit:i? backoffLimitPerIndex:i? maxFailedIndexes:i? selector:LabelSelector?
      manualSelector:b? template:PodTemplateSpec+ ttlSecondsAfterFinished:i? completionMode? suspend:b?
      podReplacementPolicy? managedBy?
    JobStatus = conditions:[]JobCondition~type startTime:t? completionTime:t? active:i succeeded:i failed:i
      terminating:i? completedIndexes failedIndexes? uncountedTerminatedPods:UncountedTerminatedPods? ready:i?
    JobTemplateSpec = metadata:ObjectMeta+ spec:JobSpec+
    PodFailurePolicy = rules:[]PodFailurePolicyRule+
    PodFailurePolicyOnExitCodesRequirement = containerName? operator+ values:[]i(=)~-+
    PodFailurePolicyOnPodConditionsPattern = type+ status+
    PodFailurePolicyRule = action+ onExitCodes:PodFailurePolicyOnExitCodesRequirement?
      onPodConditions:[]PodFailurePolicyOnPodConditionsPattern
    SuccessPolicy = rules:[]SuccessPolicyRule+
    SuccessPolicyRule = succeededIndexes? succeededCount:i?
    UncountedTerminatedPods = succeeded:[]s(=)~- failed:[]s(=)~-
    """

  static let autoscaling = """
    CrossVersionObjectReference! = kind+ name+ apiVersion
    HorizontalPodAutoscaler = kind apiVersion metadata:ObjectMeta+ spec:HorizontalPodAutoscalerSpec+
      status:HorizontalPodAutoscalerStatus+
    HorizontalPodAutoscalerSpec = scaleTargetRef:CrossVersionObjectReference+ minReplicas:i? maxReplicas:i+
      targetCPUUtilizationPercentage:i?
    HorizontalPodAutoscalerStatus = observedGeneration:l? lastScaleTime:t? currentReplicas:i+ desiredReplicas:i+
      currentCPUUtilizationPercentage:i?
    Scale = kind apiVersion metadata:ObjectMeta+ spec:ScaleSpec+ status:ScaleStatus+
    ScaleSpec = replicas:i
    ScaleStatus = replicas:i+ selector
    """

  static let autoscalingV2 = """
    ContainerResourceMetricSource = name+ target:MetricTarget+ container+
    ContainerResourceMetricStatus = name+ current:MetricValueStatus+ container+
    CrossVersionObjectReference = kind+ name+ apiVersion
    ExternalMetricSource = metric:MetricIdentifier+ target:MetricTarget+
    ExternalMetricStatus = metric:MetricIdentifier+ current:MetricValueStatus+
    HPAScalingPolicy = type+ value:i+ periodSeconds:i+
    HPAScalingRules = stabilizationWindowSeconds:i? selectPolicy? policies:[]HPAScalingPolicy tolerance:q?
    HorizontalPodAutoscaler = kind apiVersion metadata:ObjectMeta+ spec:HorizontalPodAutoscalerSpec+
      status:HorizontalPodAutoscalerStatus+
    HorizontalPodAutoscalerBehavior = scaleUp:HPAScalingRules? scaleDown:HPAScalingRules?
    HorizontalPodAutoscalerCondition = type+ status+ lastTransitionTime:t+ reason message
    HorizontalPodAutoscalerSpec = scaleTargetRef:CrossVersionObjectReference+ minReplicas:i? maxReplicas:i+
      metrics:[]MetricSpec behavior:HorizontalPodAutoscalerBehavior?
    HorizontalPodAutoscalerStatus = observedGeneration:l? lastScaleTime:t? currentReplicas:i desiredReplicas:i+
      currentMetrics:[]MetricStatus+ conditions:[]HorizontalPodAutoscalerCondition(type)
    MetricIdentifier = name+ selector:LabelSelector?
    MetricSpec = type+ object:ObjectMetricSource? pods:PodsMetricSource? resource:ResourceMetricSource?
      containerResource:ContainerResourceMetricSource? external:ExternalMetricSource?
    MetricStatus = type+ object:ObjectMetricStatus? pods:PodsMetricStatus? resource:ResourceMetricStatus?
      containerResource:ContainerResourceMetricStatus? external:ExternalMetricStatus?
    MetricTarget = type+ value:q? averageValue:q? averageUtilization:i?
    MetricValueStatus = value:q? averageValue:q? averageUtilization:i?
    ObjectMetricSource = describedObject:CrossVersionObjectReference+ target:MetricTarget+ metric:MetricIdentifier+
    ObjectMetricStatus = metric:MetricIdentifier+ current:MetricValueStatus+
      describedObject:CrossVersionObjectReference+
    PodsMetricSource = metric:MetricIdentifier+ target:MetricTarget+
    PodsMetricStatus = metric:MetricIdentifier+ current:MetricValueStatus+
    ResourceMetricSource = name+ target:MetricTarget+
    ResourceMetricStatus = name+ current:MetricValueStatus+
    """
}
