import Manifest
import Testing

@testable import Fleet

/// Analysis, Services, blueGreen, routes, metadata and workloads.
@Suite struct RolloutStrategyTests {
  private static let template = """
    {"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate", "metadata": {"name": "errors", "namespace": "shop"},
     "spec": {"args": [{"name": "hash"}, {"name": "team", "value": "a"}],
      "metrics": [{"name": "rate", "count": 1, "successCondition": "result < 1",
        "provider": {"web": {"url": "http://m/{{args.hash}}"}}}]}}
    """

  private func world(_ strategy: String, replicas: Int = 4, extra: String = "") throws -> RolloutWorld {
    var world = try RolloutWorld(RolloutWorld.spec(replicas: replicas, strategy: strategy, extra: extra))
    let template = try JSON.parse(Array(Self.template.utf8))
    world.templates = [try #require(AnalysisManifest.read(template, file: "t")).get()]
    for name in ["active", "preview", "stable", "canary"] {
      world.services[name] = try JSON.parse(
        Array(#"{"metadata": {"name": "\#(name)"}, "spec": {"selector": {"app": "web"}}}"#.utf8))
    }
    return world
  }

  private func deployed(_ strategy: String, replicas: Int = 4, extra: String = "") throws -> RolloutWorld {
    var world = try world(strategy, replicas: replicas, extra: extra)
    try world.settle()
    #expect(world.status.phase == .healthy, "\(world.status.message)")
    world.pass(60)
    return world
  }

  private static let arguments = #""args": [{"name": "hash", "valueFrom": {"podTemplateHashValue": "Latest"}}]"#
  private static let stepAnalysis = """
    {"canary": {"maxSurge": 1, "maxUnavailable": 0, "steps": [{"setWeight": 50},
      {"analysis": {"templates": [{"templateName": "errors"}], \(arguments)}}, {"setWeight": 75}, {"pause": {}}]}}
    """

  @Test func aStepWaitsForItsAnalysis() throws {
    var world = try deployed(Self.stepAnalysis)
    #expect(world.runs.isEmpty, "the first version is not analysed")
    world.setImage("app:2")
    try world.settle()
    let name = "web-\(world.status.currentHash)-2-1"
    #expect(world.runs.keys.sorted() == [name])
    let run = try #require(world.runs[name])
    #expect(run["metadata"]?["labels"]?["rollout-type"]?.string == "Step")
    #expect(run["metadata"]?["labels"]?["step-index"]?.string == "1")
    #expect(run["metadata"]?["labels"]?["app"]?.string == "web")
    #expect(run["spec"]?["args"]?[0]?["value"]?.string == world.status.currentHash)
    #expect(run["spec"]?["args"]?[1]?["value"]?.string == "a")
    #expect(world.status.stepRun?.name == name && world.status.stepIndex == 1)
    world.setRun(name, "Running")
    try world.settle()
    #expect(world.status.stepRun?.phase == "Running" && world.status.stepIndex == 1)
    world.setRun(name, "Successful")
    try world.settle()
    #expect(world.status.stepIndex == 3 && world.status.stepRun == nil)
    #expect(world.replicas("app:1", "app:2") == [1, 3])
  }

  @Test func aFailedAnalysisAborts() throws {
    for (phase, words) in [("Failed", ": bad"), ("Error", ": bad")] {
      var world = try deployed(Self.stepAnalysis)
      world.setImage("app:2")
      try world.settle()
      let name = try #require(world.status.stepRun?.name)
      world.setRun(name, phase, message: "bad")
      try world.settle()
      #expect(world.status.isAborted && world.replicas("app:1", "app:2") == [4, 0])
      #expect(
        world.status.message
          == "RolloutAborted: Rollout aborted update to revision 2: Step-based analysis phase error/failed\(words)")
      world.pass(5)
      try world.patchStatus(#"{"abort": false}"#)
      try world.settle()
      #expect(world.status.stepRun?.name == name + ".1")
    }
  }

  @Test func anInconclusiveOneWaitsForAPersonAndIsMadeAnew() throws {
    var world = try deployed(Self.stepAnalysis)
    world.setImage("app:2")
    try world.settle()
    let name = try #require(world.status.stepRun?.name)
    world.setRun(name, "Inconclusive")
    try world.settle()
    #expect(world.status.message == "InconclusiveAnalysisRun" && world.status.phase == .paused)
    try world.patchStatus(#"{"pauseConditions": null}"#)
    try world.settle()
    #expect(world.status.stepRun?.name == name + ".1")
    world.setRun(name + ".1", "Successful")
    try world.settle()
    #expect(world.status.stepIndex == 3)
  }

  @Test func aRunThatWasNotWrittenDownIsTakenUp() throws {
    var world = try deployed(Self.stepAnalysis)
    world.setImage("app:2")
    try world.settle()
    let name = try #require(world.status.stepRun?.name)
    // Stopped between the run and the status.
    try world.patchStatus(#"{"canary": {"currentStepAnalysisRunStatus": null}}"#)
    try world.settle()
    #expect(world.runs.keys.sorted() == [name])
    #expect(world.status.stepRun?.name == name)
  }

  @Test func aBackgroundAnalysisRunsBesideTheSteps() throws {
    let strategy = """
      {"canary": {"maxSurge": 1, "maxUnavailable": 0, "steps": [{"setWeight": 25}, {"setWeight": 50}, {"pause": {}}],
        "analysis": {"startingStep": 1, "templates": [{"templateName": "errors"}], \(Self.arguments)}}}
      """
    var world = try deployed(strategy)
    world.setImage("app:2")
    try world.look()
    for _ in 0..<3 {
      try world.look()
      #expect(world.runs.isEmpty, "before its first step")
    }
    try world.settle()
    let name = "web-\(world.status.currentHash)-2"
    #expect(world.runs.keys.sorted() == [name] && world.status.backgroundRun?.name == name)
    #expect(world.status.stepIndex == 2)
    var other = world
    other.setRun(name, "Failed", message: "bad")
    try other.settle()
    #expect(other.status.isAborted && other.status.message.hasSuffix("Background analysis phase error/failed: bad"))
    try world.patchStatus(#"{"pauseConditions": null}"#)
    try world.settle()
    #expect(world.status.phase == .healthy && world.status.backgroundRun == nil)
    #expect(world.runs[name]?["spec"]?["terminate"]?.bool == true)
  }

  @Test func servicesFollowTheirVersions() throws {
    let strategy = """
      {"canary": {"maxSurge": 1, "maxUnavailable": 0, "stableService": "stable", "canaryService": "canary",
        "steps": [{"setWeight": 50}, {"pause": {}}]}}
      """
    var world = try deployed(strategy)
    let first = world.status.stableHash
    #expect(world.serviceHash("stable") == first && world.serviceHash("canary") == first)
    #expect(world.services["stable"]?["metadata"]?["annotations"]?[RolloutAnnotation.managedBy]?.string == "web")
    world.setImage("app:2")
    try world.settle()
    #expect(world.serviceHash("stable") == first && world.serviceHash("canary") == world.status.currentHash)
    var other = world
    try other.patchStatus(#"{"abort": true}"#)
    try other.settle()
    #expect(other.serviceHash("canary") == first)
    try world.patchStatus(#"{"pauseConditions": null}"#)
    try world.settle()
    #expect(world.serviceHash("stable") == world.status.currentHash && world.status.currentHash != first)
    world.services["stable"]?["metadata"]?["annotations"]?[RolloutAnnotation.managedBy] = .string("other")
    try world.settle()
    #expect(world.status.message.contains("Service \"stable\" is managed by another Rollout"))
  }

  @Test func blueGreenSwitchesWhenAPersonSays() throws {
    let strategy = """
      {"blueGreen": {"activeService": "active", "previewService": "preview", "autoPromotionEnabled": false}}
      """
    var world = try deployed(strategy)
    let first = world.status.stableHash
    #expect(world.serviceHash("active") == first && world.serviceHash("preview") == first)
    world.setImage("app:2")
    try world.settle()
    #expect(world.status.phase == .paused && world.status.message == "BlueGreenPause")
    #expect(world.replicas("app:1", "app:2") == [4, 4])
    #expect(world.serviceHash("active") == first && world.serviceHash("preview") == world.status.currentHash)
    try world.patchStatus(#"{"pauseConditions": null}"#)
    try world.settle()
    #expect(world.serviceHash("active") == world.status.currentHash && world.status.phase == .healthy)
    #expect(world.replicas("app:1", "app:2") == [4, 4], "the old version stays for its delay")
    #expect(world.set(image: "app:1")?.scaleDownDeadline != nil)
    world.pass(31)
    try world.settle()
    #expect(world.replicas("app:1", "app:2") == [0, 4])
  }

  @Test func blueGreenSwitchesByItself() throws {
    for (setting, seconds) in [("", 0.0), (#", "autoPromotionSeconds": 30"#, 30)] {
      var world = try deployed(#"{"blueGreen": {"activeService": "active"\#(setting)}}"#)
      world.setImage("app:2")
      try world.settle()
      #expect((world.status.phase == .healthy) == (seconds == 0), "\(setting)")
      if seconds > 0 {
        #expect(world.status.message == "BlueGreenPause")
        world.pass(seconds + 1)
        try world.settle()
      }
      #expect(world.serviceHash("active") == world.status.currentHash && world.status.phase == .healthy)
    }
  }

  @Test func blueGreenIsAnalysedBeforeAndAfterTheSwitch() throws {
    let analysis = #"{"templates": [{"templateName": "errors"}], \#(Self.arguments)}"#
    let strategy = """
      {"blueGreen": {"activeService": "active", "prePromotionAnalysis": \(analysis), "postPromotionAnalysis": \(analysis)}}
      """
    var world = try deployed(strategy)
    let first = world.status.stableHash
    world.setImage("app:2")
    try world.settle()
    let before = "web-\(world.status.currentHash)-2-pre"
    let after = "web-\(world.status.currentHash)-2-post"
    #expect(world.runs.keys.sorted() == [before] && world.serviceHash("active") == first)
    var failing = world
    failing.setRun(before, "Failed")
    try failing.settle()
    #expect(failing.status.isAborted && failing.serviceHash("active") == first)
    world.setRun(before, "Successful")
    try world.settle()
    #expect(world.runs.keys.sorted() == [after, before].sorted())
    #expect(world.serviceHash("active") == world.status.currentHash && world.status.stableHash == first)
    var late = world
    late.setRun(after, "Failed", message: "bad")
    try late.settle()
    #expect(late.serviceHash("active") == first && late.status.phase == .degraded)
    late.pass(31)
    try late.settle()
    #expect(late.replicas("app:1", "app:2") == [4, 0])
    world.setRun(after, "Successful")
    try world.settle()
    #expect(world.status.phase == .healthy && world.status.stableHash == world.status.currentHash)
  }

  @Test func aPreviewMayBeSmaller() throws {
    let strategy = """
      {"blueGreen": {"activeService": "active", "previewService": "preview", "autoPromotionEnabled": false,
        "previewReplicaCount": 1}}
      """
    var world = try deployed(strategy)
    world.setImage("app:2")
    try world.settle()
    #expect(world.replicas("app:1", "app:2") == [4, 1] && world.status.phase == .paused)
    try world.patchStatus(#"{"pauseConditions": null}"#)
    try world.settle()
    #expect(world.replicas("app:2") == [4] && world.status.phase == .healthy)
    #expect(world.serviceHash("active") == world.status.currentHash && !world.status.hasPassedPreview)
  }

  @Test func routesGetTheirWeights() throws {
    let strategy = """
      {"canary": {"stableService": "stable", "canaryService": "canary",
        "trafficRouting": {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "shop"}}},
        "steps": [{"setWeight": 20}, {"pause": {}}, {"setCanaryScale": {"replicas": 3}}, {"setWeight": 40}, {"pause": {}}]}}
      """
    var world = try world(strategy)
    world.routes["shop"] = try JSON.parse(
      Array(
        """
        {"metadata": {"name": "shop", "resourceVersion": "1"}, "spec": {"rules": [{"backendRefs": [
          {"name": "stable", "port": 80, "weight": 100}, {"name": "canary", "port": 80, "weight": 0}]}]}}
        """.utf8))
    func weights(_ world: RolloutWorld) -> [Int64] {
      (world.routes["shop"]?["spec"]?["rules"]?[0]?["backendRefs"]?.sequence ?? []).compactMap { $0["weight"]?.int }
    }
    try world.settle()
    #expect(world.status.phase == .healthy && weights(world) == [100, 0])
    world.pass(60)
    world.setImage("app:2")
    // Traffic comes when the Pods are there.
    world.readiness = 0
    for _ in 0..<20 {
      try world.look()
      world.runKubelet()
    }
    #expect(weights(world) == [100, 0] && world.replicas("app:1", "app:2") == [4, 1])
    world.readiness = nil
    try world.settle()
    #expect(weights(world) == [80, 20] && world.status.stepIndex == 1)
    #expect(world.status.weights?.canary.weight == 20)
    #expect(world.routes["shop"]?["metadata"]?["labels"]?["rollouts.argoproj.io/gatewayapi-canary"] != nil)
    try world.patchStatus(#"{"pauseConditions": null}"#)
    try world.settle()
    #expect(weights(world) == [60, 40] && world.replicas("app:1", "app:2") == [4, 3])
    var other = world
    try other.patchStatus(#"{"abort": true}"#)
    try other.settle()
    #expect(
      weights(other) == [100, 0] && other.replicas("app:1", "app:2") == [4, 3], "the canary stays for its delay")
    other.pass(31)
    try other.settle()
    #expect(other.replicas("app:1", "app:2") == [4, 0])
    try world.patchStatus(#"{"pauseConditions": null}"#)
    try world.settle()
    #expect(world.status.phase == .healthy && weights(world) == [100, 0])
    #expect(world.replicas("app:1", "app:2") == [4, 4], "the old version stays for its delay")
    world.pass(31)
    try world.settle()
    #expect(world.replicas("app:1", "app:2") == [0, 4])
    #expect(world.routes["shop"]?["metadata"]?["labels"]?["rollouts.argoproj.io/gatewayapi-canary"] == nil)
  }

  @Test func podsAreLabelledByTheirRole() throws {
    let strategy = """
      {"canary": {"maxSurge": 1, "maxUnavailable": 0, "canaryMetadata": {"labels": {"role": "canary"}},
        "stableMetadata": {"labels": {"role": "stable"}}, "steps": [{"setWeight": 50}, {"pause": {}}]}}
      """
    var world = try deployed(strategy)
    func role(_ image: String) -> String? {
      world.set(image: image)?.template["metadata"]?["labels"]?["role"]?.string
    }
    #expect(role("app:1") == "stable")
    let uid = try #require(world.set(image: "app:1")?.uid)
    world.pods["p"] = try JSON.parse(
      Array(
        """
        {"metadata": {"name": "p", "labels": {"app": "web"}, "ownerReferences": [{"controller": true, "uid": "\(uid)"}]}}
        """.utf8))
    try world.settle()
    #expect(world.pods["p"]?["metadata"]?["labels"]?["role"]?.string == "stable")
    world.setImage("app:2")
    try world.settle()
    #expect(role("app:1") == "stable" && role("app:2") == "canary")
    try world.patchStatus(#"{"pauseConditions": null}"#)
    try world.settle()
    #expect(role("app:2") == "stable" && role("app:1") == nil)
    #expect(world.sets.count == 2)
  }

  @Test func aRestartEvictsAsManyAsMayBeMissing() throws {
    var world = try deployed(#"{"canary": {"maxUnavailable": 2}}"#)
    let uid = try #require(world.set(image: "app:1")?.uid)
    func pod(_ name: String, created: Double) throws -> Node {
      try JSON.parse(
        Array(
          """
          {"metadata": {"name": "\(name)", "creationTimestamp": "\(AnalysisTime(seconds: created).text)",
            "ownerReferences": [{"controller": true, "uid": "\(uid)"}]},
           "status": {"conditions": [{"type": "Ready", "status": "True",
             "lastTransitionTime": "\(AnalysisTime(seconds: created).text)"}]}}
          """.utf8))
    }
    for number in 1...4 { world.pods["p\(number)"] = try pod("p\(number)", created: world.now - 50) }
    let moment = AnalysisTime(seconds: world.now)
    world.edit { $0["restartAt"] = .string(moment.text) }
    world.pass(2)
    var evicted = 0
    for _ in 0..<4 {
      evicted += try world.look().filter { if case .evictPod = $0 { true } else { false } }.count
    }
    #expect(evicted == 2 && world.status.phase == .progressing && world.status.message == "rollout is restarting")
    for number in 5...6 { world.pods["p\(number)"] = try pod("p\(number)", created: world.now) }
    world.pass(31)
    try world.settle()
    #expect(world.pods.keys.sorted() == ["p5", "p6"])
    #expect(world.status.restartedAt?.text == moment.text && world.status.phase == .healthy)
  }

  @Test func aWorkloadGivesItsTemplateAndItsReplicas() throws {
    var world = try RolloutWorld(
      """
      {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "strategy": {"canary": {}},
       "workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "scaleDown": "onsuccess"}}
      """)
    try world.settle()
    #expect(world.status.message.contains("deployment \"web\" not found"))
    world.workload = try JSON.parse(
      Array(
        """
        {"metadata": {"name": "web", "generation": 7}, "spec": {"replicas": 2, "template": {
          "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": "app:1"}]}}}}
        """.utf8))
    try world.settle()
    #expect(world.status.phase == .healthy && world.replicas("app:1") == [2])
    #expect(world.status.workloadObservedGeneration == "7")
    world.pass(60)
    try world.settle()
    #expect(world.workload?["spec"]?["replicas"]?.int == 0)
    world.workload?["spec"]?["template"]?["spec"]?["containers"] = .sequence([
      .mapping(["name": .string("app"), "image": .string("app:2")])
    ])
    try world.settle()
    #expect(world.replicas("app:1", "app:2") == [0, 2])
  }
}
