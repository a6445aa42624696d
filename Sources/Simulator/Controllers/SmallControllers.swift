import Manifest

/// Claims, autoscalers, disruption budgets and API services: a status each.
extension APIServer {
  /// Binds a claim to a volume made for it.
  mutating func reconcileClaim(_ claim: Mapping) {
    let finalizer = "kubernetes.io/pvc-protection"
    if claim.isBeingDeleted, claim.finalizers.contains(finalizer) {
      return change(claim, of: Kinds.claims, subresource: "") {
        $0.setFinalizers($0.finalizers.filter { $0 != finalizer })
      }
    }
    guard options.runsPods, claim["status"]?["phase"]?.string == "Pending" else { return }
    let volume = "pvc-\(claim.uid)"
    let capacity = claim["spec"]?["resources"]?["requests"] ?? .mapping([:])
    let modes = claim["spec"]?["accessModes"] ?? .sequence([])
    make(
      [
        "apiVersion": .string("v1"), "kind": .string("PersistentVolume"),
        "metadata": .mapping(["name": .string(volume)]),
        "spec": .mapping([
          "capacity": capacity, "accessModes": modes, "persistentVolumeReclaimPolicy": .string("Delete"),
          "hostPath": .mapping(["path": .string("/simulated")]),
          "claimRef": .mapping([
            "kind": .string("PersistentVolumeClaim"), "namespace": .string(claim.objectNamespace),
            "name": .string(claim.objectName), "uid": .string(claim.uid),
          ]),
        ]),
      ], of: Kinds.volumes)
    change(claim, of: Kinds.claims, subresource: "") { $0["spec"]?["volumeName"] = .string(volume) }
    change(claim, of: Kinds.claims) {
      $0["status"] = .mapping(["phase": .string("Bound"), "accessModes": modes, "capacity": capacity])
    }
  }

  /// Keeps the target within its bounds; there are no metrics here.
  mutating func reconcileAutoscaler(_ autoscaler: Mapping) {
    guard !autoscaler.isBeingDeleted else { return }
    guard let target = scaleTarget(of: autoscaler) else {
      // Its target may come a moment later.
      let key = ObjectKey(namespace: autoscaler.objectNamespace, name: autoscaler.objectName)
      return wake(Kinds.autoscalers.storage, key, at: now + options.scaled(.seconds(1)))
    }
    let current = target.object["spec"]?["replicas"]?.int ?? 1
    let minimum = autoscaler["spec"]?["minReplicas"]?.int ?? 1
    let desired = max(minimum, min(current, autoscaler["spec"]?["maxReplicas"]?.int ?? current))
    if desired != current {
      change(target.object, of: target.type, subresource: "scale") { $0["spec"]?["replicas"] = Node(.int(desired)) }
    }
    let now = now
    change(autoscaler, of: Kinds.autoscalers) { object in
      var conditions = ConditionList(object["status"]?["conditions"])
      conditions.set(
        "AbleToScale", "True", reason: "ReadyForNewScale", message: "recommended size matches current size", at: now)
      conditions.set(
        "ScalingActive", "True", reason: "ValidMetricFound",
        message: "the HPA was able to successfully calculate a replica count", at: now)
      conditions.set(
        "ScalingLimited", "False", reason: "DesiredWithinRange",
        message: "the desired count is within the acceptable range", at: now)
      object["status"] = .mapping([
        "observedGeneration": Node(.int(1)), "currentReplicas": Node(.int(desired)),
        "desiredReplicas": Node(.int(desired)), "currentMetrics": .null, "conditions": .sequence(conditions.nodes),
      ])
    }
  }

  private func scaleTarget(of autoscaler: Mapping) -> (object: Mapping, type: ResourceType)? {
    let reference = autoscaler["spec"]?["scaleTargetRef"]
    let kind = GroupVersionKind(
      apiVersion: reference?["apiVersion"]?.string ?? "", kind: reference?["kind"]?.string ?? "")
    let key = ObjectKey(namespace: autoscaler.objectNamespace, name: reference?["name"]?.string ?? "")
    guard let type = catalog.type(of: kind), let object = store.object(type.storage, key) else { return nil }
    return (object, type)
  }

  mutating func reconcileBudget(_ budget: Mapping) {
    guard !budget.isBeingDeleted else { return }
    let now = now
    change(budget, of: Kinds.budgets) { object in
      var conditions = ConditionList(object["status"]?["conditions"])
      conditions.set("DisruptionAllowed", "True", reason: "SufficientPods", message: "", at: now)
      object["status"] = .mapping([
        "observedGeneration": Node(.int(budget.generation)), "disruptionsAllowed": Node(.int(1)),
        "currentHealthy": Node(.int(1)), "desiredHealthy": Node(.int(0)), "expectedPods": Node(.int(1)),
        "conditions": .sequence(conditions.nodes),
      ])
    }
  }

  mutating func reconcileAPIService(_ service: Mapping) {
    guard !service.isBeingDeleted else { return }
    let now = now
    change(service, of: Kinds.apiServices) { object in
      var conditions = ConditionList(object["status"]?["conditions"])
      conditions.set("Available", "True", reason: "Passed", message: "all checks passed", at: now)
      object["status"] = .mapping(["conditions": .sequence(conditions.nodes)])
    }
  }
}
