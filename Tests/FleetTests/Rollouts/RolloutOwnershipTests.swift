import Manifest
import Testing

@testable import Fleet

/// ReplicaSets and AnalysisRuns that come, go, and are told of.
@Suite struct RolloutOwnershipTests {
  private func node(_ text: String) throws -> Node { try JSON.parse(Array(text.utf8)) }

  private func deployed() throws -> RolloutWorld {
    var world = try RolloutWorld(RolloutWorld.spec(strategy: #"{"canary": {}}"#))
    try world.settle()
    world.pass(60)
    return world
  }

  @Test func anOrphanKeepsItsOtherOwners() throws {
    var world = try deployed()
    let (name, set) = try #require(world.sets.first)
    var orphan = set
    orphan["metadata"]?["ownerReferences"] = .sequence([try node(#"{"kind": "Group", "name": "g", "uid": "u-group"}"#)])
    world.sets[name] = nil
    var scene = try world.scene
    scene.orphans = [try #require(RolloutReplicaSet(orphan))]
    guard case .patchReplicaSet(name, let patch)? = RolloutMachine.plan(scene).actions.first else {
      Issue.record("it is not adopted")
      return
    }
    let owners = patch["metadata"]?["ownerReferences"]?.sequence ?? []
    #expect(owners.map { $0["uid"]?.string } == ["u-group", "u-rollout"])
    #expect(patch["metadata"]?["uid"] == orphan["metadata"]?["uid"], "only this very one")
  }

  @Test func whatTheSelectorDoesNotMatchIsLetGo() throws {
    var world = try deployed()
    let name = try #require(world.sets.keys.first)
    world.sets[name]?["metadata"]?["labels"]?["app"] = .string("other")
    let actions = RolloutMachine.plan(try world.scene).actions
    guard case .patchReplicaSet(name, let patch)? = actions.first, actions.count == 1 else {
      Issue.record("it is not released: \(actions)")
      return
    }
    #expect(patch["metadata"]?["ownerReferences"] == .sequence([]))
  }

  @Test func aRunGoesWhenItsTimeIsOver() throws {
    let table: [(strategy: String, phase: String, after: Double?)] = [
      (#"{"secondsAfterCompletion": 60}"#, "Successful", 61), (#"{"secondsAfterCompletion": 60}"#, "Error", 61),
      (#"{"secondsAfterCompletion": 60, "secondsAfterSuccess": 5}"#, "Successful", 6),
      (#"{"secondsAfterCompletion": 60, "secondsAfterSuccess": 5}"#, "Failed", 61),
      (#"{"secondsAfterFailure": 0}"#, "Failed", 1), (#"{"secondsAfterFailure": 0}"#, "Inconclusive", nil),
      (#"{"secondsAfterCompletion": 60}"#, "Running", nil), ("null", "Successful", nil),
      (#"{"secondsAfterCompletion": -9223372036854775808}"#, "Successful", 1),
    ]
    let end = AnalysisTime(seconds: 1_700_000_000)
    for (strategy, phase, after) in table {
      let run = RolloutRun(
        try node(
          """
          {"metadata": {"name": "r", "uid": "u"}, "spec": {"ttlStrategy": \(strategy)},
           "status": {"phase": "\(phase)", "completedAt": "\(end.text)"}}
          """))
      #expect(run?.expiry?.seconds == after.map { end.seconds + $0 }, "\(strategy) \(phase)")
    }
    let open = try node(
      #"{"metadata": {"name": "r", "uid": "u"}, "spec": {"ttlStrategy": {"secondsAfterCompletion": 1}}, "status": {"phase": "Failed"}}"#
    )
    #expect(RolloutRun(open)?.expiry == nil, "nobody knows when it ended")
  }

  private static let strategy = """
    {"canary": {"steps": [{"setWeight": 50}, {"analysis": {"templates": [{"templateName": "errors"}]}}]}}
    """

  @Test func theEndOfAnAnalysisIsTold() throws {
    for (phase, isWarning) in [
      ("Running", false), ("Successful", false), ("Failed", true), ("Error", true), ("Inconclusive", false),
    ] {
      var world = try RolloutWorld(RolloutWorld.spec(strategy: Self.strategy))
      let template = try node(
        """
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate", "metadata": {"name": "errors"},
         "spec": {"metrics": [{"name": "rate", "provider": {"web": {"url": "http://m"}}}]}}
        """)
      world.templates = [try #require(AnalysisManifest.read(template, file: "t")).get()]
      try world.settle()
      world.pass(60)
      world.setImage("app:2")
      try world.settle()
      let name = try #require(world.status.stepRun?.name)
      world.setRun(name, phase)
      let plan = RolloutMachine.plan(try world.scene)
      let event = try #require(plan.events.first { $0.reason == "AnalysisRun" + phase })
      #expect(event.message == "Step Analysis Run '\(name)' Status New: '\(phase)' Previous: ''")
      #expect(event.isWarning == isWarning)
      world.events = []
      try world.settle()
      #expect(world.events.filter { $0.contains("Analysis Run '\(name)'") }.count == 1, "\(world.events)")
    }
  }

  @Test func theEndOfAMetricIsToldOnce() throws {
    let text = """
      {"phase": "Running", "metricResults": [{"name": "a", "phase": "Successful"}, {"name": "b", "phase": "Running"}]}
      """
    let running = AnalysisStatus(try node(text))
    #expect(
      AnalysisEvents.between(AnalysisStatus(), running)
        == [RolloutEvent("MetricSuccessful", "Metric 'a' Completed. Result: Successful")])
    let failed = AnalysisStatus(
      try node(
        text.replacing(#""b", "phase": "Running""#, with: #""b", "phase": "Failed""#)
          .replacing(#"{"phase": "Running""#, with: #"{"phase": "Failed""#)))
    #expect(
      AnalysisEvents.between(running, failed) == [
        RolloutEvent("MetricFailed", "Metric 'b' Completed. Result: Failed", isWarning: true),
        RolloutEvent("AnalysisRunFailed", "Analysis Completed. Result: Failed", isWarning: true),
      ])
    #expect(AnalysisEvents.between(failed, failed).isEmpty)
  }
}
