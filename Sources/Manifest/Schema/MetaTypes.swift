/// What every object carries.
///
/// Source: the field documentation of the Kubernetes 1.36 API; the notation is that of ``TypeNotation``.
enum MetaTypes {
  static let all = """
    Condition = type+ status+ observedGeneration:l lastTransitionTime:t+ reason+ message+
    DeleteOptions = kind apiVersion gracePeriodSeconds:l? preconditions:Preconditions? orphanDependents:b?
      propagationPolicy? dryRun:[]s ignoreStoreReadErrorWithClusterBreakingPotential:b?
    FieldSelectorRequirement = key+ operator+ values:[]s
    LabelSelector! = matchLabels:{}s matchExpressions:[]LabelSelectorRequirement
    LabelSelectorRequirement = key+ operator+ values:[]s
    ManagedFieldsEntry = manager operation apiVersion time:t? fieldsType fieldsV1:j? subresource
    ObjectMeta = name generateName namespace selfLink uid resourceVersion generation:l creationTimestamp:t
      deletionTimestamp:t? deletionGracePeriodSeconds:l? labels:{}s annotations:{}s
      ownerReferences:[]OwnerReference(uid) finalizers:[]s(=) managedFields:[]ManagedFieldsEntry?
    OwnerReference! = apiVersion+ kind+ name+ uid+ controller:b? blockOwnerDeletion:b?
    Preconditions = uid? resourceVersion?
    """
}
