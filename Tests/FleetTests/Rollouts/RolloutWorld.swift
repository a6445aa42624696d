import Manifest

@testable import Fleet

/// A cluster in a value: it does what plans say, and plays the ReplicaSet controller and the kubelet.
struct RolloutWorld {
  var rollout: Node
  var sets: [String: Node] = [:]
  var runs: [String: Node] = [:]
  var services: [String: Node] = [:]
  var routes: [String: Node] = [:]
  var templates: [AnalysisManifest] = []
  var workload: Node?
  var pods: [String: Node] = [:]
  /// Pods that a budget of disruptions keeps.
  var keptPods: Set<String> = []
  private var deniedEvictions: [String: AnalysisTime] = [:]
  var goneRollouts: Set<String> = []
  var brokenTemplates: [AnalysisTemplateReference: String] = [:]
  var unreadable: [AnalysisManifest.Kind: String] = [:]
  var now = 1_700_000_000.0
  /// Images whose Pods never become ready.
  var broken: Set<String> = []
  /// How many Pods become ready of a ReplicaSet in one turn of the kubelet; nil for all.
  var readiness: Int?
  var events: [String] = []
  var wake: Double?
  private var version = 1

  init(_ spec: String, name: String = "web") throws {
    let text = """
      {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
       "metadata": {"name": "\(name)", "namespace": "shop", "uid": "u-rollout", "resourceVersion": "1", "generation": 1},
       "spec": \(spec)}
      """
    rollout = try JSON.parse(Array(text.utf8))
  }

  static func spec(
    replicas: Int = 4, strategy: String, image: String = "app:1", extra: String = ""
  ) -> String {
    """
    {"replicas": \(replicas), \(extra) "selector": {"matchLabels": {"app": "web"}},
     "template": {"metadata": {"labels": {"app": "web"}},
                  "spec": {"containers": [{"name": "app", "image": "\(image)"}]}},
     "strategy": \(strategy)}
    """
  }

  // MARK: What people do

  mutating func edit(_ body: (inout Node) -> Void) {
    var spec = rollout["spec"] ?? .null
    let before = spec
    body(&spec)
    rollout["spec"] = spec
    if spec != before { bump() }
  }

  private mutating func bump() {
    let generation = rollout["metadata"]?["generation"]?.int ?? 0
    rollout["metadata"]?["generation"] = Node(.int(generation + 1))
  }

  mutating func setImage(_ image: String) {
    edit { spec in
      spec["template"]?["spec"]?["containers"] = .sequence([
        .mapping(["name": .string("app"), "image": .string(image)])
      ])
    }
  }

  mutating func patchStatus(_ text: String) throws {
    let patch = try JSON.parse(Array(text.utf8))
    var status = rollout["status"] ?? .mapping([:])
    MergePatch.apply(patch, into: &status)
    rollout["status"] = status
  }

  mutating func setRun(_ name: String, _ phase: String, message: String = "") {
    runs[name]?["status"] = .mapping(["phase": .string(phase), "message": .string(message)])
  }

  // MARK: What is there

  var status: RolloutStatus { RolloutStatus(rollout["status"] ?? .null) }

  var scene: RolloutScene {
    get throws {
      guard let parsed = Rollout(rollout) else { throw Missing() }
      var scene = RolloutScene(
        rollout: parsed, replicaSets: sets.values.compactMap { RolloutReplicaSet($0) }, now: AnalysisTime(seconds: now))
      scene.runs = runs.values.compactMap { RolloutRun($0) }
      scene.takenRunNames = Set(runs.keys)
      scene.services = services
      scene.routes = routes
      scene.templates = templates
      scene.workload = workload
      scene.pods = pods.values.compactMap { RolloutPod($0) }
      scene.deniedEvictions = deniedEvictions.filter { $0.value.seconds > now }
      scene.goneRollouts = goneRollouts
      scene.brokenTemplates = brokenTemplates
      scene.unreadable = unreadable
      return scene
    }
  }

  struct Missing: Error {}

  func set(image: String) -> RolloutReplicaSet? {
    sets.values.compactMap { RolloutReplicaSet($0) }.first {
      $0.template["spec"]?["containers"]?[0]?["image"]?.string == image
    }
  }

  func replicas(_ images: String...) -> [Int] { images.map { set(image: $0)?.spec ?? -1 } }

  var totalSpec: Int { sets.values.compactMap { RolloutReplicaSet($0) }.reduce(0) { $0 + $1.spec } }
  /// Available Pods that are not on their way out.
  var totalKept: Int { sets.values.compactMap { RolloutReplicaSet($0) }.reduce(0) { $0 + min($1.spec, $1.available) } }

  func serviceHash(_ name: String) -> String { services[name]?["spec"]?["selector"]?[Rollout.hashLabel]?.string ?? "" }

  // MARK: Going on

  /// One look, and what it comes to.
  /// - Returns: the actions.
  @discardableResult
  mutating func look() throws -> [RolloutAction] {
    let plan = RolloutMachine.plan(try scene)
    for action in plan.actions { try perform(action) }
    events += plan.events.map(\.message)
    wake = plan.wake?.seconds
    return plan.actions
  }

  /// Looks and lets Pods come up until nothing moves any more; the time stands still.
  mutating func settle(limit: Int = 200) throws {
    for _ in 0..<limit {
      let actions = try look()
      let moved = runKubelet()
      if actions.isEmpty, !moved { return }
    }
    throw Missing()
  }

  mutating func pass(_ seconds: Double) { now += seconds }

  /// - Returns: whether anything changed.
  @discardableResult
  mutating func runKubelet() -> Bool {
    var moved = false
    for (name, node) in sets {
      guard let set = RolloutReplicaSet(node) else { continue }
      let image = set.template["spec"]?["containers"]?[0]?["image"]?.string ?? ""
      var available = min(set.available, set.spec)
      if !broken.contains(image) {
        available = min(set.spec, available + (readiness ?? set.spec))
      } else {
        available = 0
      }
      let generation = node["metadata"]?["generation"]?.int ?? 1
      let status: Node = .mapping([
        "replicas": Node(.int(Int64(set.spec))), "readyReplicas": Node(.int(Int64(available))),
        "availableReplicas": Node(.int(Int64(available))), "observedGeneration": Node(.int(generation)),
      ])
      if node["status"] != status {
        sets[name]?["status"] = status
        moved = true
      }
    }
    return moved
  }

  private mutating func perform(_ action: RolloutAction) throws {
    version += 1
    switch action {
    case .createReplicaSet(let body): try create(body)
    case .patchReplicaSet(let name, let patch): try merge(patch, into: &sets, name)
    case .deleteReplicaSet(let name, _): sets[name] = nil
    case .patchRollout(let patch):
      let before = rollout["spec"]
      MergePatch.apply(.mapping(patch), into: &rollout)
      if rollout["spec"] != before { bump() }
    case .patchService(let name, let patch): try merge(patch, into: &services, name)
    case .patchRoute(_, let name, let patch): try merge(patch, into: &routes, name)
    case .createRun(let body):
      let name = body["metadata"]?["name"]?.string ?? ""
      guard runs[name] == nil else { throw Missing() }
      var node = Node.mapping(body)
      node["metadata"]?["uid"] = .string("u-" + name)
      node["metadata"]?["creationTimestamp"] = .string(AnalysisTime(seconds: now).text)
      runs[name] = node
    case .terminateRun(let name):
      runs[name]?["spec"]?["terminate"] = Node(.bool(true))
      setRun(name, "Successful")
    case .deleteRun(let name, _): runs[name] = nil
    case .patchPod(let name, let patch): try merge(patch, into: &pods, name)
    case .evictPod(let name) where keptPods.contains(name):
      deniedEvictions[name] = AnalysisTime(seconds: now + 30)
    case .evictPod(let name): pods[name] = nil
    case .scaleWorkload(_, let count): workload?["spec"]?["replicas"] = Node(.int(Int64(count)))
    case .patchStatus(let patch):
      var status = rollout["status"] ?? .mapping([:])
      MergePatch.apply(.mapping(patch), into: &status)
      rollout["status"] = status
    }
  }

  private mutating func create(_ body: Mapping) throws {
    let name = body["metadata"]?["name"]?.string ?? ""
    guard sets[name] == nil else { throw Missing() }
    var node = Node.mapping(body)
    node["metadata"]?["uid"] = .string("u-\(version)")
    node["metadata"]?["resourceVersion"] = .string(String(version))
    node["metadata"]?["generation"] = Node(.int(1))
    // Kubernetes writes whole seconds; two versions are never made in one.
    now += 1
    node["metadata"]?["creationTimestamp"] = .string(AnalysisTime(seconds: now).text)
    sets[name] = node
  }

  private func merge(_ patch: Mapping, into nodes: inout [String: Node], _ name: String) throws {
    guard var node = nodes[name] else { throw Missing() }
    MergePatch.apply(.mapping(patch), into: &node)
    nodes[name] = node
  }
}
