import Manifest

/// An object that a controller has to look at.
struct WorkKey: Sendable, Hashable {
  var resource: GroupResource
  var key: ObjectKey
}

/// What the machine does later by itself.
enum ScheduledWork: Sendable {
  /// Everything that is pending.
  case reconcile
  /// One object again: a time has come that it waits for.
  case wake(WorkKey)
  case establish(definition: String)
  /// The owner of others has gone.
  case collect(owner: String)
}

extension APIServer {
  /// Puts an object before its controller, after the usual delay.
  mutating func enqueue(_ resource: GroupResource, _ key: ObjectKey) {
    let work = WorkKey(resource: resource, key: key)
    guard pending.insert(work).inserted else { return }
    pendingOrder.append(work)
    guard !hasScheduledWork else { return }
    hasScheduledWork = true
    schedule.add(.reconcile, at: now + options.scaled(options.controllerDelay))
  }

  mutating func wake(_ resource: GroupResource, _ key: ObjectKey, at due: Moment) {
    schedule.add(.wake(WorkKey(resource: resource, key: key)), at: due)
  }

  mutating func perform(_ work: ScheduledWork) {
    switch work {
    case .reconcile:
      hasScheduledWork = false
      let due = pendingOrder
      pendingOrder = []
      pending = []
      for work in due { reconcile(work) }
    case .wake(let work): reconcile(work)
    case .establish(let definition): establish(definition: definition)
    case .collect(let owner): collectDependents(of: owner)
    }
  }

  /// Puts before their controllers what a change concerns.
  mutating func wakeControllers(for change: Change) {
    guard let object = change.after ?? change.before else { return }
    if Self.controlled.contains(change.resource) { enqueue(change.resource, change.key) }
    if let owner = object.controller, let type = catalog.type(of: Self.kind(of: owner)) {
      enqueue(type.storage, ObjectKey(namespace: change.key.namespace, name: owner.name))
    }
    if change.resource == Self.pods { wakeServices(in: change.key.namespace) }
    if change.resource == Self.definitions { definitionChanged(change) }
    if change.after == nil { objectIsGone(object, change) }
    if let after = change.after, after.isBeingDeleted, Self.isCollected(after) {
      enqueue(change.resource, change.key)
    }
  }

  private static func kind(of owner: OwnerReference) -> GroupVersionKind {
    GroupVersionKind(apiVersion: owner.apiVersion, kind: owner.kind)
  }

  /// Its deletion waits for the garbage collector.
  static func isCollected(_ object: Mapping) -> Bool {
    object.finalizers.contains { $0 == "foregroundDeletion" || $0 == "orphan" }
  }

  private mutating func wakeServices(in namespace: String) {
    let services = store[Kinds.services.storage]
    for key in services.keys where key.namespace == namespace { enqueue(Kinds.services.storage, key) }
  }

  private mutating func objectIsGone(_ object: Mapping, _ change: Change) {
    schedule.add(.collect(owner: object.uid), at: now + options.scaled(options.controllerDelay))
    let namespace = ObjectKey(namespace: "", name: change.key.namespace)
    if let holder = store.object(Self.namespaces, namespace), holder.isBeingDeleted {
      enqueue(Self.namespaces, namespace)
    }
    for owner in object.ownerReferences where owner.blocksOwnerDeletion {
      guard let type = catalog.type(of: Self.kind(of: owner)) else { continue }
      enqueue(type.storage, ObjectKey(namespace: change.key.namespace, name: owner.name))
    }
  }

  private static let controlled: Set<GroupResource> = Set(
    [
      Kinds.deployments, Kinds.replicaSets, Kinds.statefulSets, Kinds.daemonSets, Kinds.jobs, Kinds.pods,
      Kinds.services, Kinds.claims, Kinds.autoscalers, Kinds.namespaces, Kinds.ingresses, Kinds.budgets,
      Kinds.apiServices,
    ].map(\.storage))

  private mutating func reconcile(_ work: WorkKey) {
    guard let object = store.object(work.resource, work.key) else { return }
    if object.isBeingDeleted, Self.isCollected(object) { return collect(object, work) }
    switch (work.resource.group, work.resource.resource) {
    case ("apps", "deployments"): reconcileDeployment(object)
    case ("apps", "replicasets"): reconcileReplicaSet(object)
    case ("apps", "statefulsets"): reconcileStatefulSet(object)
    case ("apps", "daemonsets"): reconcileDaemonSet(object)
    case ("batch", "jobs"): reconcileJob(object)
    case ("", "pods"): reconcilePod(object)
    case ("", "services"): reconcileService(object)
    case ("", "persistentvolumeclaims"): reconcileClaim(object)
    case ("autoscaling", _): reconcileAutoscaler(object)
    case ("networking.k8s.io", _): reconcileIngress(object)
    case ("policy", _): reconcileBudget(object)
    case ("apiregistration.k8s.io", _): reconcileAPIService(object)
    case ("", "namespaces"): reconcileNamespace(object)
    default: break
    }
  }
}

/// The kinds that controllers read and write.
enum Kinds {
  static let deployments = kind("apps", "Deployment")
  static let replicaSets = kind("apps", "ReplicaSet")
  static let statefulSets = kind("apps", "StatefulSet")
  static let daemonSets = kind("apps", "DaemonSet")
  static let jobs = kind("batch", "Job")
  static let pods = kind("", "Pod")
  static let services = kind("", "Service")
  static let endpoints = kind("", "Endpoints")
  static let endpointSlices = kind("discovery.k8s.io", "EndpointSlice")
  static let claims = kind("", "PersistentVolumeClaim")
  static let volumes = kind("", "PersistentVolume")
  static let autoscalers = kind("autoscaling", "HorizontalPodAutoscaler")
  static let namespaces = kind("", "Namespace")
  static let ingresses = kind("networking.k8s.io", "Ingress")
  static let budgets = kind("policy", "PodDisruptionBudget")
  static let apiServices = kind("apiregistration.k8s.io", "APIService")
  static let configMaps = kind("", "ConfigMap")
  static let serviceAccounts = kind("", "ServiceAccount")
  static let definitions = kind("apiextensions.k8s.io", "CustomResourceDefinition")

  private static func kind(_ group: String, _ kind: String) -> ResourceType {
    guard let type = BuiltInResources.all.first(where: { $0.group == group && $0.kind == kind }) else {
      preconditionFailure("\(kind) is not among the built-in kinds")
    }
    return type
  }
}
