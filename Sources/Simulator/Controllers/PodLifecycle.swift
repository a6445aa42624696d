import Manifest

/// Plays scheduler and kubelet: Pods get the one node, start, become ready, end.
extension APIServer {
  mutating func reconcilePod(_ pod: Mapping) {
    if pod.isBeingDeleted { return end(pod) }
    guard options.runsPods, let started = Moment(rfc3339: pod.metadataText("creationTimestamp")) else { return }
    let phase = pod["status"]?["phase"]?.string ?? "Pending"
    if pod["spec"]?["nodeName"]?.string == nil { schedulePod(pod) }
    guard let current = store.object(Self.pods, pod.key), ["Pending", "Running"].contains(phase) else { return }
    if let image = brokenImage(of: current) { return refuse(image, current) }
    let start = podStarts[current.uid] ?? started
    let ready = start + options.scaled(options.readyAfter)
    if phase == "Pending" {
      guard ready <= now else { return wake(Self.pods, pod.key, at: ready) }
      run(current)
    }
    finish(current, after: ready)
  }

  private mutating func schedulePod(_ pod: Mapping) {
    let now = now
    podStarts[pod.uid] = now
    change(pod, of: Kinds.pods, subresource: "", by: "kube-scheduler") { pod in
      pod["spec"]?["nodeName"] = .string(Self.nodeName)
    }
    change(pod, of: Kinds.pods, by: Self.kubelet) { pod in
      var conditions = ConditionList(pod["status"]?["conditions"])
      conditions.set("PodScheduled", "True", reason: "", message: "", at: now)
      pod["status"] = PodStatus.status(
        of: pod, phase: "Pending", conditions: conditions, state: PodStatus.waiting("ContainerCreating"), isReady: false
      )
    }
  }

  /// Ready, with an address.
  private mutating func run(_ pod: Mapping) {
    let address = addresses.podIP()
    let now = now
    change(pod, of: Kinds.pods, by: Self.kubelet) { pod in
      var conditions = ConditionList(pod["status"]?["conditions"])
      for type in ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"] {
        conditions.set(type, "True", reason: "", message: "", at: now)
      }
      var status = PodStatus.status(
        of: pod, phase: "Running", conditions: conditions,
        state: .mapping(["running": .mapping(["startedAt": .string(now.rfc3339)])]), isReady: true)
      status["podIP"] = .string(address)
      status["podIPs"] = .sequence([.mapping(["ip": .string(address)])])
      status["startTime"] = .string(now.rfc3339)
      pod["status"] = status
    }
  }

  private mutating func refuse(_ image: String, _ pod: Mapping) {
    let now = now
    change(pod, of: Kinds.pods, by: Self.kubelet) { pod in
      var conditions = ConditionList(pod["status"]?["conditions"])
      for type in ["Ready", "ContainersReady"] {
        conditions.set(
          type, "False", reason: "ContainersNotReady", message: "containers with unready status", at: now)
      }
      pod["status"] = PodStatus.status(
        of: pod, phase: "Pending", conditions: conditions,
        state: PodStatus.waiting("ImagePullBackOff", message: "Back-off pulling image \"\(image)\""), isReady: false)
    }
  }

  /// The Pods of a Job run to their end.
  private mutating func finish(_ pod: Mapping, after ready: Moment) {
    guard pod.controller?.kind == "Job" else { return }
    let end = ready + options.scaled(options.jobDuration)
    guard end <= now else { return wake(Self.pods, pod.key, at: end) }
    let now = now
    let fails = image(of: pod, in: options.failingImageMarkers) != nil
    change(pod, of: Kinds.pods, by: Self.kubelet) { pod in
      var conditions = ConditionList(pod["status"]?["conditions"])
      for type in ["Ready", "ContainersReady"] {
        conditions.set(type, "False", reason: fails ? "PodFailed" : "PodCompleted", message: "", at: now)
      }
      pod["status"] = PodStatus.status(
        of: pod, phase: fails ? "Failed" : "Succeeded", conditions: conditions,
        state: .mapping([
          "terminated": .mapping([
            "exitCode": Node(.int(fails ? 1 : 0)), "reason": .string(fails ? "Error" : "Completed"),
            "finishedAt": .string(now.rfc3339),
          ])
        ]), isReady: false)
    }
  }

  private mutating func end(_ pod: Mapping) {
    guard pod.finalizers.isEmpty else { return }
    let start = terminations[pod.uid] ?? now
    terminations[pod.uid] = start
    let grace = pod["metadata"]?["deletionGracePeriodSeconds"]?.int ?? 0
    let due = start + options.scaled(min(options.terminationAfter, .seconds(grace)))
    guard due <= now else { return wake(Self.pods, pod.key, at: due) }
    podStarts[pod.uid] = nil
    terminations[pod.uid] = nil
    erase(Kinds.pods, pod.key)
  }

  /// The first image of a Pod that can not be pulled here.
  private func brokenImage(of pod: Mapping) -> String? { image(of: pod, in: options.brokenImageMarkers) }

  private func image(of pod: Mapping, in markers: [String]) -> String? {
    let containers = (pod["spec"]?["initContainers"]?.sequence ?? []) + (pod["spec"]?["containers"]?.sequence ?? [])
    return containers.lazy.compactMap { $0["image"]?.string }.first { image in
      markers.contains { !$0.isEmpty && image.contains($0) }
    }
  }

  /// Looks at every Pod again, after the broken images have changed.
  mutating func recheckPods() {
    for key in store[Self.pods].keys { enqueue(Self.pods, key) }
  }
}

/// Builds the status of a Pod.
enum PodStatus {
  static func waiting(_ reason: String, message: String? = nil) -> Node {
    var waiting: Mapping = ["reason": .string(reason)]
    if let message { waiting["message"] = .string(message) }
    return .mapping(["waiting": .mapping(waiting)])
  }

  static func status(
    of pod: Mapping, phase: String, conditions: ConditionList, state: Node, isReady: Bool
  ) -> Node {
    var status = pod["status"]?.mapping ?? Mapping()
    status["phase"] = .string(phase)
    status["hostIP"] = .string("10.0.0.1")
    status["conditions"] = .sequence(conditions.nodes)
    status["containerStatuses"] = .sequence(
      (pod["spec"]?["containers"]?.sequence ?? []).map { container in
        .mapping([
          "name": container["name"] ?? .string(""), "image": container["image"] ?? .string(""),
          "imageID": .string(""), "ready": Node(.bool(isReady)), "restartCount": Node(.int(0)),
          "started": Node(.bool(isReady)), "state": state,
        ])
      })
    return .mapping(status)
  }

  static func isReady(_ pod: Mapping) -> Bool { ConditionList(pod["status"]?["conditions"]).isTrue("Ready") }

  static func isOver(_ pod: Mapping) -> Bool {
    ["Succeeded", "Failed"].contains(pod["status"]?["phase"]?.string ?? "")
  }

  /// When the Pod became ready; nil while it is not.
  static func readySince(_ pod: Mapping) -> Moment? {
    guard isReady(pod) else { return nil }
    let condition = ConditionList(pod["status"]?["conditions"])["Ready"]
    return Moment(rfc3339: condition?["lastTransitionTime"]?.string ?? "")
  }
}
