import Manifest

/// Rolls a Deployment's ReplicaSets: one per template, surge and unavailability as asked.
///
/// Source: kube-controller-manager's deployment controller.
extension APIServer {
  private static let revisionKey = "deployment.kubernetes.io/revision"
  private static let hashKey = "pod-template-hash"

  mutating func reconcileDeployment(_ deployment: Mapping) {
    guard !deployment.isBeingDeleted, let spec = deployment["spec"] else { return }
    let owned = dependents(of: deployment, Kinds.replicaSets)
    let hash = Self.templateHash(spec["template"])
    var current = owned.first { $0.label(Self.hashKey) == hash }
    let isPaused = spec["paused"]?.bool ?? false
    if current == nil, !isPaused { current = makeReplicaSet(deployment, hash: hash, owned) }
    let old = owned.filter { $0.label(Self.hashKey) != hash }
    if !isPaused, let current {
      roll(deployment, current, old)
      trim(deployment, old)
    }
    updateDeploymentStatus(deployment)
  }

  private static func templateHash(_ template: Node?) -> String {
    RevisionHash.text(of: template ?? .null)
  }

  private mutating func makeReplicaSet(_ deployment: Mapping, hash: String, _ owned: [Mapping]) -> Mapping? {
    let revision = (owned.compactMap { Int($0.annotation(Self.revisionKey) ?? "") }.max() ?? 0) + 1
    var template = deployment["spec"]?["template"] ?? .mapping([:])
    if template["metadata"]?.mapping == nil { template["metadata"] = .mapping([:]) }
    if template["metadata"]?["labels"]?.mapping == nil { template["metadata"]?["labels"] = .mapping([:]) }
    template["metadata"]?["labels"]?[Self.hashKey] = .string(hash)
    var selector = deployment["spec"]?["selector"] ?? .mapping([:])
    if selector["matchLabels"]?.mapping == nil { selector["matchLabels"] = .mapping([:]) }
    selector["matchLabels"]?[Self.hashKey] = .string(hash)
    let isFirst = owned.isEmpty
    let desired = deployment["spec"]?["replicas"]?.int ?? 1
    let annotations: Node = .mapping([
      "deployment.kubernetes.io/desired-replicas": .string(String(desired)),
      Self.revisionKey: .string(String(revision)),
    ])
    var spec: Mapping = [
      "replicas": Node(.int(isFirst ? desired : 0)), "selector": selector, "template": template,
    ]
    spec["minReadySeconds"] = deployment["spec"]?["minReadySeconds"]
    let made = make(
      [
        "apiVersion": .string("apps/v1"), "kind": .string("ReplicaSet"),
        "metadata": controlledMetadata(
          deployment, name: "\(deployment.objectName)-\(hash)", labels: template["metadata"]?["labels"],
          annotations: annotations),
        "spec": .mapping(spec),
      ], of: Kinds.replicaSets)
    return made
  }

  /// One step of the roll-out: the new ReplicaSet up as far as the surge allows, the old ones down as far as
  /// availability allows.
  private mutating func roll(_ deployment: Mapping, _ current: Mapping, _ old: [Mapping]) {
    let desired = deployment["spec"]?["replicas"]?.int ?? 1
    markRevision(current, old)
    guard deployment["spec"]?["strategy"]?["type"]?.string != "Recreate" else {
      for set in old { scale(set, to: 0) }
      if old.allSatisfy({ ($0["status"]?["replicas"]?.int ?? 0) == 0 }) { scale(current, to: desired) }
      return
    }
    let bounds = RolloutBounds(deployment["spec"]?["strategy"]?["rollingUpdate"], desired: desired)
    let oldTotal = old.reduce(0) { $0 + Self.replicas($1) }
    guard oldTotal > 0 else { return scale(current, to: desired) }
    let room = desired + bounds.surge - oldTotal - Self.replicas(current)
    let raised = min(desired, Self.replicas(current) + max(0, room))
    scale(current, to: max(min(Self.replicas(current), desired), raised))
    lower(old, current, minimumAvailable: desired - bounds.unavailable)
  }

  /// Unready Pods of old sets go first: they help nobody.
  private mutating func lower(_ old: [Mapping], _ current: Mapping, minimumAvailable: Int64) {
    // What was scaled down just now may still be counted in the status.
    let available = (old + [current]).reduce(0) {
      $0 + min($1["status"]?["availableReplicas"]?.int ?? 0, Self.replicas($1))
    }
    var spare = max(0, available - minimumAvailable)
    for set in old {
      let replicas = Self.replicas(set)
      let ready = set["status"]?["availableReplicas"]?.int ?? 0
      let healthy = min(spare, min(ready, replicas))
      spare -= healthy
      scale(set, to: max(0, min(replicas, ready) - healthy))
    }
  }

  private static func replicas(_ set: Mapping) -> Int64 { set["spec"]?["replicas"]?.int ?? 0 }

  private mutating func scale(_ set: Mapping, to replicas: Int64) {
    guard Self.replicas(set) != replicas else { return }
    change(set, of: Kinds.replicaSets, subresource: "") { $0["spec"]?["replicas"] = Node(.int(replicas)) }
  }

  /// A set that becomes current again, after a roll-back, takes the next revision.
  private mutating func markRevision(_ current: Mapping, _ old: [Mapping]) {
    let highest = old.compactMap { Int($0.annotation(Self.revisionKey) ?? "") }.max() ?? 0
    guard let mine = Int(current.annotation(Self.revisionKey) ?? ""), mine <= highest else { return }
    change(current, of: Kinds.replicaSets, subresource: "") {
      $0["metadata"]?["annotations"]?[Self.revisionKey] = .string(String(highest + 1))
    }
  }

  /// Removes old sets beyond the history limit.
  private mutating func trim(_ deployment: Mapping, _ old: [Mapping]) {
    let limit = Int(clamping: deployment["spec"]?["revisionHistoryLimit"]?.int ?? 10)
    let empty = old.filter { Self.replicas($0) == 0 && ($0["status"]?["replicas"]?.int ?? 0) == 0 }
      .sorted { (Int($0.annotation(Self.revisionKey) ?? "") ?? 0) < (Int($1.annotation(Self.revisionKey) ?? "") ?? 0) }
    for set in empty.prefix(max(0, empty.count - max(0, limit))) { erase(Kinds.replicaSets, set.key) }
  }
}

extension APIServer {
  private mutating func updateDeploymentStatus(_ deployment: Mapping) {
    let hash = Self.templateHash(deployment["spec"]?["template"])
    let owned = dependents(of: deployment, Kinds.replicaSets)
    let current = owned.first { $0.label(Self.hashKey) == hash }
    let counts = DeploymentCounts(deployment, owned: owned, current: current)
    let status = deployment["status"]
    var conditions = ConditionList(status?["conditions"])
    setAvailable(&conditions, deployment, counts)
    setProgressing(&conditions, deployment, counts, current)
    let conditionNodes = conditions.nodes
    change(deployment, of: Kinds.deployments) { object in
      var status = counts.status(observing: deployment.generation)
      status["conditions"] = .sequence(conditionNodes)
      object["status"] = .mapping(status)
      guard let revision = current?.annotation(Self.revisionKey) else { return }
      if object["metadata"]?["annotations"]?.mapping == nil { object.setMetadata("annotations", .mapping([:])) }
      object["metadata"]?["annotations"]?[Self.revisionKey] = .string(revision)
    }
  }

  private func setAvailable(_ conditions: inout ConditionList, _ deployment: Mapping, _ counts: DeploymentCounts) {
    let bounds = RolloutBounds(deployment["spec"]?["strategy"]?["rollingUpdate"], desired: counts.desired)
    let isRecreate = deployment["spec"]?["strategy"]?["type"]?.string == "Recreate"
    let minimum = counts.desired - (isRecreate ? 0 : bounds.unavailable)
    let isAvailable = counts.available >= minimum
    conditions.set(
      "Available", isAvailable ? "True" : "False",
      reason: isAvailable ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
      message: isAvailable
        ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
      at: now, updateTime: "lastUpdateTime")
  }

  private mutating func setProgressing(
    _ conditions: inout ConditionList, _ deployment: Mapping, _ counts: DeploymentCounts, _ current: Mapping?
  ) {
    let updateTime = "lastUpdateTime"
    guard let current else { return }
    if deployment["spec"]?["paused"]?.bool == true {
      conditions.set(
        "Progressing", "Unknown", reason: "DeploymentPaused", message: "Deployment is paused", at: now,
        updateTime: updateTime)
    } else if counts.isComplete {
      conditions.set(
        "Progressing", "True", reason: "NewReplicaSetAvailable",
        message: "ReplicaSet \"\(current.objectName)\" has successfully progressed.", at: now, updateTime: updateTime)
    } else if counts.hasProgressed(since: deployment["status"]) || conditions["Progressing"] == nil
      || Self.isFinished(conditions["Progressing"], deployment)
    {
      conditions.remove("Progressing")
      conditions.set(
        "Progressing", "True", reason: "ReplicaSetUpdated",
        message: "ReplicaSet \"\(current.objectName)\" is progressing.", at: now, updateTime: updateTime)
      wake(Kinds.deployments.storage, deployment.key, at: progressDeadline(from: now, deployment))
    } else if let progressing = conditions["Progressing"], progressing["status"]?.string == "True",
      let updated = Moment(rfc3339: progressing[updateTime]?.string ?? ""),
      progressDeadline(from: updated, deployment) <= now
    {
      conditions.set(
        "Progressing", "False", reason: "ProgressDeadlineExceeded",
        message: "ReplicaSet \"\(current.objectName)\" has timed out progressing.", at: now, updateTime: updateTime)
    }
  }

  /// Whether the condition speaks of a roll-out that is over, while the Deployment has a new generation.
  private static func isFinished(_ condition: Node?, _ deployment: Mapping) -> Bool {
    let isNews = deployment["status"]?["observedGeneration"]?.int ?? 0 < deployment.generation
    return isNews
      && ["NewReplicaSetAvailable", "ProgressDeadlineExceeded"].contains(condition?["reason"]?.string ?? "")
  }

  private func progressDeadline(from start: Moment, _ deployment: Mapping) -> Moment {
    let seconds = max(1, deployment["spec"]?["progressDeadlineSeconds"]?.int ?? 600)
    return start + options.scaled(.seconds(min(seconds, 86_400)))
  }
}

/// How far a rolling update may go at once.
struct RolloutBounds {
  var surge: Int64
  var unavailable: Int64

  init(_ rollingUpdate: Node?, desired: Int64) {
    surge = Self.count(rollingUpdate?["maxSurge"], of: desired, roundingUp: true)
    unavailable = min(desired, Self.count(rollingUpdate?["maxUnavailable"], of: desired, roundingUp: false))
    if surge == 0, unavailable == 0 { unavailable = 1 }
  }

  /// A number, or a share of `desired`; a quarter where nothing is said.
  private static func count(_ node: Node?, of desired: Int64, roundingUp: Bool) -> Int64 {
    if let number = node?.int { return max(0, number) }
    let percent = min(max(0, Int64((node?.string ?? "25%").dropLast()) ?? 25), 100)
    let (product, overflow) = desired.multipliedReportingOverflow(by: percent)
    guard !overflow else { return desired }
    return roundingUp ? (product + 99) / 100 : product / 100
  }
}

/// The replicas of a Deployment, summed over its ReplicaSets.
struct DeploymentCounts {
  var desired: Int64
  var total: Int64
  var updated: Int64
  var ready: Int64
  var available: Int64

  init(_ deployment: Mapping, owned: [Mapping], current: Mapping?) {
    func sum(_ key: String) -> Int64 { owned.reduce(0) { $0 + ($1["status"]?[key]?.int ?? 0) } }
    desired = deployment["spec"]?["replicas"]?.int ?? 1
    total = sum("replicas")
    ready = sum("readyReplicas")
    available = sum("availableReplicas")
    updated = current?["status"]?["replicas"]?.int ?? 0
  }

  var isComplete: Bool { updated == desired && total == desired && available == desired }

  func hasProgressed(since status: Node?) -> Bool {
    updated > status?["updatedReplicas"]?.int ?? 0 || ready > status?["readyReplicas"]?.int ?? 0
      || available > status?["availableReplicas"]?.int ?? 0
      || total - updated < (status?["replicas"]?.int ?? 0) - (status?["updatedReplicas"]?.int ?? 0)
  }

  /// Zeros are left out, as the server writes them.
  func status(observing generation: Int64) -> Mapping {
    var status: Mapping = ["observedGeneration": Node(.int(generation))]
    for (key, count) in [
      ("replicas", total), ("updatedReplicas", updated), ("readyReplicas", ready), ("availableReplicas", available),
      ("unavailableReplicas", max(0, max(desired, total) - available)),
    ] where count > 0 {
      status[key] = Node(.int(count))
    }
    return status
  }
}
