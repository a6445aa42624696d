import Manifest
import Testing

@testable import Fleet

/// Restarts, workloads, and Services that change hands.
@Suite struct RolloutUpkeepTests {
  private func node(_ text: String) throws -> Node { try JSON.parse(Array(text.utf8)) }

  private func deployed(_ strategy: String) throws -> RolloutWorld {
    var world = try RolloutWorld(RolloutWorld.spec(strategy: strategy))
    for name in ["active", "stable"] { world.services[name] = try service(name) }
    try world.settle()
    #expect(world.status.phase == .healthy, "\(world.status.message)")
    world.pass(60)
    return world
  }

  private func service(_ name: String, owner: String? = nil, hash: String? = nil) throws -> Node {
    var service = try node(#"{"metadata": {"name": "\#(name)"}, "spec": {"selector": {"app": "web"}}}"#)
    if let owner {
      service["metadata"]?["annotations"] = .mapping([RolloutAnnotation.managedBy: .string(owner)])
    }
    if let hash { service["spec"]?["selector"]?[Rollout.hashLabel] = .string(hash) }
    return service
  }

  // MARK: Restarts

  private func pod(_ name: String, of uid: String, created: Double, isDeleting: Bool = false) throws -> Node {
    let time = AnalysisTime(seconds: created).text
    let deletion = isDeleting ? #""deletionTimestamp": "\#(time)","# : ""
    return try node(
      """
      {"metadata": {"name": "\(name)", \(deletion) "creationTimestamp": "\(time)",
        "ownerReferences": [{"controller": true, "uid": "\(uid)"}]},
       "status": {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "\(time)"}]}}
      """)
  }

  /// Four old Pods, and the wish for new ones.
  private func restarting(_ strategy: String) throws -> RolloutWorld {
    var world = try deployed(strategy)
    let uid = try #require(world.set(image: "app:1")?.uid)
    for name in ["p1", "p2", "p3", "p4"] { world.pods[name] = try pod(name, of: uid, created: world.now - 50) }
    let moment = AnalysisTime(seconds: world.now)
    world.edit { $0["restartAt"] = .string(moment.text) }
    world.pass(2)
    return world
  }

  private func evictions(_ actions: [RolloutAction]) -> [String] {
    actions.compactMap { if case .evictPod(let name) = $0 { name } else { nil } }
  }

  @Test func aBudgetOfDisruptionsStopsNothingElse() throws {
    for strategy in [#"{"canary": {"maxUnavailable": 1}}"#, #"{"blueGreen": {"activeService": "active"}}"#] {
      var world = try restarting(strategy)
      world.keptPods = ["p1", "p2", "p3", "p4"]
      var tried: [String] = []
      for _ in 0..<12 { tried += evictions(try world.look()) }
      #expect(tried == ["p1", "p2", "p3", "p4"], "each once in thirty seconds")
      #expect(world.status.phase == .progressing && world.status.message == "rollout is restarting")
      let wake = try #require(world.wake)
      #expect(wake > world.now && wake < world.now + 31)
      world.pass(31)
      #expect(evictions(try world.look()) == ["p1"])
      world.setImage("app:2")
      try world.settle()
      #expect(world.replicas("app:2") == [4], "an update goes on: \(strategy)")
    }
  }

  @Test func theNextPodTakesTheTurnOfOneThatIsKept() throws {
    var world = try restarting(#"{"canary": {"maxUnavailable": 1}}"#)
    world.keptPods = ["p1"]
    #expect(evictions(try world.look()) == ["p1"])
    #expect(evictions(try world.look()) == ["p2"])
  }

  @Test func aRestartLastsAsLongAsAnOldPod() throws {
    var world = try restarting(#"{"canary": {"maxUnavailable": 1}}"#)
    let uid = try #require(world.set(image: "app:1")?.uid)
    for name in ["p2", "p3", "p4"] { world.pods[name] = try pod(name, of: uid, created: world.now) }
    world.pods["p1"] = try pod("p1", of: uid, created: world.now - 50, isDeleting: true)
    try world.settle()
    #expect(world.status.restartedAt == nil && world.status.message == "rollout is restarting")
    world.pods["p1"] = nil
    try world.settle()
    #expect(world.status.restartedAt != nil && world.status.phase == .healthy)
  }

  // MARK: Workloads

  private func workload(_ kind: String, selector: String = "") throws -> RolloutWorld {
    try RolloutWorld(
      """
      {"replicas": 2, \(selector) "strategy": {"canary": {}},
       "workloadRef": {"apiVersion": "\(kind == "PodTemplate" ? "v1" : "apps/v1")", "kind": "\(kind)", "name": "web"}}
      """)
  }

  private static let template = """
    {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": "app:1"}]}}
    """

  @Test func aWorkloadGivesItsSelectorToo() throws {
    var world = try workload("Deployment")
    world.workload = try node(
      """
      {"metadata": {"name": "web", "generation": 1},
       "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": \(Self.template)}}
      """)
    try world.settle()
    #expect(world.status.phase == .healthy, "\(world.status.message)")
    #expect(world.status.selector == "app=web")
    let set = try #require(world.sets.values.first)
    #expect(set["spec"]?["selector"]?["matchLabels"]?["app"]?.string == "web")
    for (selector, isHealthy) in [("", false), (#""selector": {"matchLabels": {"app": "web"}},"#, true)] {
      var world = try workload("PodTemplate", selector: selector)
      world.workload = try node(#"{"metadata": {"name": "web"}, "template": \#(Self.template)}"#)
      try world.settle()
      #expect((world.status.phase == .healthy) == isHealthy, "\(world.status.message)")
      if !isHealthy { #expect(world.status.message.contains("missing field '.spec.selector'")) }
    }
  }

  @Test func aRolloutIsAsHealthyAsItsWorkloadIsSeen() throws {
    var world = try workload("Deployment", selector: #""selector": {"matchLabels": {"app": "web"}},"#)
    for (generation, image) in [(7, "app:1"), (8, "app:2"), (9, "app:2")] {
      world.workload = try node(
        #"{"metadata": {"name": "web", "generation": \#(generation)}, "spec": {"template": \#(Self.template)}}"#
          .replacing("app:1", with: image))
      try world.settle()
      let annotations = world.rollout["metadata"]?["annotations"]
      #expect(annotations?[RolloutAnnotation.workloadGeneration]?.string == String(generation))
      #expect(world.status.workloadObservedGeneration == String(generation))
      #expect(HealthCheck.assess(world.rollout, kind: Rollout.groupKind).health == .healthy, "\(generation)")
    }
    world.workload?["metadata"]?["generation"] = Node(.int(10))
    world.workload?["spec"]?["template"]?["metadata"] = nil
    try world.settle()
    let report = HealthCheck.assess(world.rollout, kind: Rollout.groupKind)
    #expect(report.health == .degraded, "what is wrong is not waited for: \(report)")
  }

  // MARK: Services

  @Test func aServiceOfARolloutThatIsGoneIsTakenOver() throws {
    let strategy = #"{"canary": {"stableService": "stable"}}"#
    var world = try RolloutWorld(RolloutWorld.spec(strategy: strategy))
    world.services["stable"] = try service("stable", owner: "old", hash: "abc")
    try world.settle()
    #expect(world.status.message.contains("is managed by another Rollout"))
    world.goneRollouts = ["old"]
    try world.settle()
    #expect(world.status.phase == .healthy, "\(world.status.message)")
    #expect(world.serviceHash("stable") == world.status.stableHash)
    #expect(world.services["stable"].flatMap(ServiceRelease.rollout) == "web")
  }

  @Test func aServiceIsReleasedAsItWasFound() throws {
    var marked = try service("a", owner: "web", hash: "abc")
    marked["metadata"]?["resourceVersion"] = .string("7")
    let patch = try #require(ServiceRelease.patch(of: marked))
    #expect(patch["metadata"]?["resourceVersion"]?.string == "7")
    MergePatch.apply(.mapping(patch), into: &marked)
    #expect(marked["spec"] == .mapping(["selector": .mapping(["app": .string("web")])]))
    #expect(ServiceRelease.rollout(of: marked) == nil && ServiceRelease.patch(of: marked) == nil)
    let bare = try #require(ServiceRelease.patch(of: try service("a", owner: "web")))
    #expect(bare["spec"] == nil, "nothing is written that was not there")
    #expect(ServiceRelease.patch(of: try service("a")) == nil)
  }
}
