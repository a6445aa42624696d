import Manifest
import Testing

@testable import Fleet

@Suite struct RolloutMachineTests {
  private static let steps = """
    {"canary": {"maxSurge": 1, "maxUnavailable": 0,
      "steps": [{"setWeight": 25}, {"pause": {}}, {"setWeight": 50}, {"pause": {"duration": 60}}]}}
    """

  private func deployed(_ strategy: String = Self.steps, replicas: Int = 4, extra: String = "") throws -> RolloutWorld {
    var world = try RolloutWorld(RolloutWorld.spec(replicas: replicas, strategy: strategy, extra: extra))
    try world.settle()
    #expect(world.status.phase == .healthy, "\(world.rollout["status"] ?? .null)")
    world.pass(60)
    return world
  }

  @Test func theFirstVersionTakesNoSteps() throws {
    let world = try deployed()
    let status = world.status
    #expect(world.replicas("app:1") == [4])
    #expect(status.stableHash == status.currentHash && !status.stableHash.isEmpty)
    #expect(status.stepIndex == 4)
    #expect(status.message == "" && status.availableReplicas == 4 && status.observedGeneration == "1")
    #expect(status.conditions[.completed]?.state == .isTrue && status.conditions[.healthy]?.state == .isTrue)
    #expect(status.conditions[.progressing]?.reason == "NewReplicaSetAvailable")
    #expect(status.selector == "app=web")
    #expect(world.rollout["metadata"]?["annotations"]?[RolloutAnnotation.revision]?.string == "1")
  }

  @Test func anUpdateGoesStepByStepAndWaitsForAPerson() throws {
    var world = try deployed()
    world.setImage("app:2")
    try world.settle()
    #expect(world.replicas("app:1", "app:2") == [3, 1])
    #expect(world.status.stepIndex == 1 && world.status.phase == .paused)
    #expect(world.status.message == "CanaryPauseStep" && world.status.isControllerPaused)
    #expect(world.status.conditions[.progressing]?.reason == "RolloutPaused")
    world.pass(100_000)
    try world.settle()
    #expect(world.status.stepIndex == 1, "an indefinite pause ends by no time")
    try world.patchStatus(#"{"pauseConditions": null}"#)
    try world.settle()
    #expect(world.replicas("app:1", "app:2") == [2, 2])
    #expect(world.status.stepIndex == 3 && world.status.phase == .paused)
    let wake = try #require(world.wake)
    #expect(wake - world.now > 58 && wake - world.now < 62)
    world.pass(30)
    try world.settle()
    #expect(world.status.stepIndex == 3)
    world.pass(31)
    try world.settle()
    #expect(world.replicas("app:1", "app:2") == [0, 4])
    #expect(world.status.phase == .healthy && world.status.stepIndex == 4)
    #expect(world.rollout["metadata"]?["annotations"]?[RolloutAnnotation.revision]?.string == "2")
    #expect(world.status.duration?.completion == "Promoted")
  }

  @Test func anAbortGoesBackAndARetryBeginsAnew() throws {
    var world = try deployed()
    world.setImage("app:2")
    try world.settle()
    try world.patchStatus(#"{"abort": true}"#)
    try world.settle()
    #expect(world.replicas("app:1", "app:2") == [4, 0])
    #expect(world.status.phase == .degraded && world.status.stepIndex == 0)
    #expect(world.status.message == "RolloutAborted: Rollout aborted update to revision 2")
    #expect(world.status.abortedAt != nil && world.status.pauses.isEmpty)
    #expect(world.status.duration?.completion == "Aborted")
    world.pass(10)
    try world.patchStatus(#"{"abort": false}"#)
    try world.settle()
    #expect(world.replicas("app:1", "app:2") == [3, 1])
    #expect(world.status.phase == .paused && world.status.abortedAt == nil)
  }

  @Test func fullPromotionSkipsWhatIsLeft() throws {
    var world = try deployed()
    world.setImage("app:2")
    try world.settle()
    try world.patchStatus(#"{"promoteFull": true, "pauseConditions": null, "controllerPause": false}"#)
    try world.settle()
    #expect(world.replicas("app:1", "app:2") == [0, 4])
    #expect(world.status.phase == .healthy && !world.status.promotesFull)
    #expect(world.status.duration?.completion == "FastPromoted")
  }

  @Test func theWayBackToTheStableVersionTakesNoSteps() throws {
    var world = try deployed()
    world.setImage("app:2")
    try world.settle()
    world.setImage("app:1")
    try world.settle()
    #expect(world.replicas("app:1", "app:2") == [4, 0])
    #expect(world.status.phase == .healthy && world.status.stepIndex == 4)
    #expect(world.events.contains("Rollback to stable ReplicaSets"))
    #expect(world.set(image: "app:1")?.revision == 3)
    #expect(world.set(image: "app:1")?.annotations[RolloutAnnotation.revisionHistory] == "1")
  }

  @Test func aPersonsPauseStopsEverything() throws {
    var world = try deployed()
    world.edit { $0["paused"] = Node(.bool(true)) }
    world.setImage("app:2")
    try world.settle()
    #expect(world.replicas("app:1", "app:2") == [4, 0])
    #expect(world.status.phase == .paused && world.status.message == "manually paused")
    world.edit { $0["paused"] = nil }
    try world.settle()
    #expect(world.replicas("app:1", "app:2") == [3, 1])
  }

  @Test func aWindowAllowsTheFastWayBack() throws {
    for (window, isFast) in [("", false), (#""rollbackWindow": {"revisions": 1},"#, true)] {
      var world = try deployed(extra: window)
      for image in ["app:2", "app:3"] {
        world.setImage(image)
        try world.settle()
        try world.patchStatus(#"{"promoteFull": true, "pauseConditions": null}"#)
        try world.settle()
      }
      // Two revisions back is outside of the window.
      var other = world
      other.setImage("app:1")
      try other.settle()
      #expect(other.status.phase == .paused, "\(window)")
      world.setImage("app:2")
      try world.settle()
      #expect((world.status.phase == .healthy) == isFast, "\(window)")
      #expect(world.replicas("app:3", "app:2") == (isFast ? [0, 4] : [3, 1]), "\(window)")
    }
  }

  @Test func whatMakesNoProgressIsDegraded() throws {
    for aborts in [false, true] {
      var world = try deployed(
        extra: #""progressDeadlineSeconds": 100, "progressDeadlineAbort": \#(aborts),"#)
      world.broken = ["app:2"]
      world.setImage("app:2")
      try world.settle()
      #expect(world.status.phase == .progressing)
      #expect(world.replicas("app:1", "app:2") == [4, 1])
      world.pass(50)
      try world.settle()
      #expect(world.status.phase == .progressing)
      world.pass(52)
      try world.settle()
      #expect(world.status.phase == .degraded)
      if aborts {
        #expect(world.status.isAborted && world.replicas("app:1", "app:2") == [4, 0])
        #expect(world.status.message.hasPrefix("RolloutAborted: Rollout aborted update to revision 2: ReplicaSet "))
      } else {
        #expect(world.status.conditions[.progressing]?.reason == "ProgressDeadlineExceeded")
        world.broken = []
        try world.settle()
        #expect(world.status.phase == .paused && world.status.stepIndex == 1)
      }
    }
  }

  @Test func oldRevisionsGoBeyondTheLimit() throws {
    var world = try deployed(extra: #""revisionHistoryLimit": 2,"#)
    for number in 2...6 {
      world.setImage("app:\(number)")
      try world.settle()
      try world.patchStatus(#"{"promoteFull": true, "pauseConditions": null}"#)
      try world.settle()
    }
    world.edit { $0["minReadySeconds"] = Node(.int(1)) }
    try world.settle()
    #expect(world.replicas("app:3", "app:4", "app:5", "app:6") == [-1, 0, 0, 4])
  }

  @Test func anotherNumberOfReplicasIsNoUpdate() throws {
    var world = try deployed()
    world.setImage("app:2")
    try world.settle()
    world.edit { $0["replicas"] = Node(.int(8)) }
    try world.settle()
    #expect(world.replicas("app:1", "app:2") == [6, 2])
    #expect(world.status.phase == .paused && world.status.stepIndex == 1 && world.status.isControllerPaused)
  }

  /// Both at once must not let the new version past its first step.
  @Test func replicasAndTemplateMayChangeTogether() throws {
    var world = try deployed()
    world.setImage("app:2")
    world.edit { $0["replicas"] = Node(.int(8)) }
    for _ in 0..<60 {
      try world.look()
      #expect((world.set(image: "app:2")?.spec ?? 0) <= 2)
      world.runKubelet()
    }
    #expect(world.replicas("app:1", "app:2") == [6, 2])
  }

  @Test func changedStepsBeginAnew() throws {
    var world = try deployed()
    world.setImage("app:2")
    try world.settle()
    world.edit {
      $0["strategy"]?["canary"]?["steps"] = .sequence([
        .mapping(["setWeight": Node(.int(75))]), .mapping(["pause": .mapping([:])]),
      ])
    }
    try world.settle()
    #expect(world.replicas("app:1", "app:2") == [1, 3])
    #expect(world.status.stepIndex == 1)
  }

  @Test func aVersionInBetweenIsDrained() throws {
    var world = try deployed()
    world.setImage("app:2")
    try world.settle()
    world.setImage("app:3")
    try world.settle()
    #expect(world.replicas("app:1", "app:2", "app:3") == [3, 0, 1])
    #expect(world.status.phase == .paused)
  }

  @Test func aTemplateIsKnownByWhatItSays() throws {
    var world = try deployed()
    // As another controller called it, with the server's defaults.
    let (name, node) = try #require(world.sets.first)
    var set = node
    set["metadata"]?["labels"]?[Rollout.hashLabel] = .string("abc123")
    set["spec"]?["template"]?["metadata"]?["labels"]?[Rollout.hashLabel] = .string("abc123")
    set["spec"]?["template"]?["spec"]?["dnsPolicy"] = .string("ClusterFirst")
    set["spec"]?["template"]?["spec"]?["restartPolicy"] = .string("Always")
    world.sets[name] = set
    world.rollout["status"]?["currentPodHash"] = .string("abc123")
    world.rollout["status"]?["stableRS"] = .string("abc123")
    try world.settle()
    #expect(world.sets.count == 1)
    #expect(world.status.stableHash == "abc123" && world.status.phase == .healthy)
  }

  @Test func replicasAreWrittenDown() throws {
    var world = try RolloutWorld(RolloutWorld.spec(strategy: Self.steps))
    world.edit { $0["replicas"] = nil }
    try world.settle()
    #expect(world.rollout["spec"]?["replicas"]?.int == 1)
    #expect(world.status.phase == .healthy)
  }

  @Test func aWrongSpecificationIsTold() throws {
    let table: [(String, String)] = [
      ("{}", "spec.strategy: Required value: Rollout has missing field"),
      (
        #"{"canary": {"steps": [{"setWeight": 120}]}}"#,
        "spec.strategy.canary.steps[0].setWeight: Invalid value: 120: SetWeight needs to be between 0 and 100"
      ),
      (
        #"{"canary": {"steps": [{"pause": {"duration": "nonsense"}}]}}"#,
        "spec.strategy.canary.steps[0].pause.duration: Invalid value: -1: Duration needs to be greater than 0"
      ),
      (#"{"canary": {"steps": [{"experiment": {}}]}}"#, "steps[0].experiment: Forbidden"),
      (#"{"canary": {"maxSurge": 0, "maxUnavailable": 0}}"#, "MaxSurge and MaxUnavailable both can not be zero"),
      (#"{"canary": {"canaryService": "a", "stableService": "a"}}"#, "two different services are required"),
      (#"{"canary": {"canaryService": "a"}}"#, #"canaryService: Invalid value: "a": service "a" not found"#),
      (#"{"canary": {"steps": [{"setCanaryScale": {"weight": 1}}]}}"#, "SetCanaryScale requires TrafficRouting"),
      (#"{"canary": {"trafficRouting": {"istio": {}}}}"#, "trafficRouting.istio: Forbidden"),
      (
        #"{"canary": {"analysis": {"templates": [{"templateName": "errors"}]}}}"#,
        #"canary.analysis.templates: Invalid value: "errors": AnalysisTemplate 'errors' not found"#
      ),
      (#"{"blueGreen": {"activeService": "a", "previewService": "a"}}"#, "two different services are required"),
    ]
    for (strategy, words) in table {
      var world = try RolloutWorld(RolloutWorld.spec(strategy: strategy))
      try world.settle()
      #expect(world.status.phase == .degraded, "\(strategy)")
      #expect(world.status.message.hasPrefix("InvalidSpec: The Rollout \"web\" is invalid: "), "\(strategy)")
      #expect(world.status.message.contains(words), "\(strategy): \(world.status.message)")
      #expect(world.sets.isEmpty && world.wake != nil)
    }
  }

  @Test func aSpecificationThatWasMendedIsNoLongerDegraded() throws {
    var world = try RolloutWorld(RolloutWorld.spec(strategy: #"{"canary": {"steps": [{"setWeight": 120}]}}"#))
    try world.settle()
    world.edit { $0["strategy"]?["canary"]?["steps"] = .sequence([.mapping(["setWeight": Node(.int(20))])]) }
    try world.settle()
    #expect(world.status.phase == .healthy && world.status.conditions[.invalidSpec] == nil)
  }

  /// What others wrote is no reason to end.
  @Test func wildNumbersAreBorne() throws {
    for duration in ["-1e300", "1e300", "nan", "9223372036854775807", "-5s"] {
      var world = try RolloutWorld(
        RolloutWorld.spec(strategy: #"{"canary": {"steps": [{"pause": {"duration": "\#(duration)"}}]}}"#))
      try world.settle()
      #expect(world.status.message.contains("Duration needs to be greater than 0"), "\(duration)")
    }
    var world = try deployed()
    let name = try #require(world.sets.keys.first)
    for text in ["9223372036854775807", "-9223372036854775808", "1000000000000", "x"] {
      world.sets[name]?["metadata"]?["annotations"]?[RolloutAnnotation.revision] = .string(text)
      world.rollout["metadata"]?["annotations"]?[RolloutAnnotation.revision] = .string(text)
      world.rollout["status"]?["currentStepIndex"] = Node(.int(.max))
      world.rollout["status"]?["replicas"] = Node(.int(.min))
      world.setImage("app:\(text)")
      try world.settle()
      #expect(world.status.stepIndex == 1, "\(text)")
      world.setImage("app:1")
      try world.settle()
      #expect(world.status.phase == .healthy, "\(text)")
    }
  }

  @Test func hashesAreThoseOfGo() {
    #expect(TemplateHash.of(steps: []) == TemplateHash.word(of: Array("null".utf8)))
    #expect(
      TemplateHash.of(steps: [.mapping(["setWeight": Node(.int(10))])])
        == TemplateHash.word(of: Array(#"[{"setWeight":10}]"#.utf8)))
    // 2166136261, the offset basis: each digit is '0' (48) plus its value, modulo 27.
    #expect(TemplateHash.word(of: []) == "65bb57b6b5")
  }
}
