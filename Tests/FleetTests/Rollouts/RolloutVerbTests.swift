import Manifest
import Testing

@testable import Fleet

@Suite struct RolloutVerbTests {
  private static let strategy = """
    {"canary": {"maxSurge": 1, "maxUnavailable": 0, "steps": [{"setWeight": 25}, {"pause": {}}, {"setWeight": 50}, {"pause": {}}]}}
    """

  private func paused() throws -> RolloutWorld {
    var world = try RolloutWorld(RolloutWorld.spec(strategy: Self.strategy))
    try world.settle()
    world.setImage("app:2")
    try world.settle()
    return world
  }

  private func writes(_ verb: RolloutVerb, _ world: RolloutWorld) throws -> [RolloutVerb.Write] {
    let scene = try world.scene
    return try verb.writes(to: scene.rollout, sets: scene.replicaSets, now: scene.now)
  }

  /// Does what a verb writes.
  private func act(_ verb: RolloutVerb, _ world: inout RolloutWorld) throws {
    for write in try writes(verb, world) {
      switch write {
      case .object(let patch):
        world.edit { spec in MergePatch.apply(patch["spec"] ?? .null, into: &spec) }
      case .status(let patch): try world.patchStatus(JSON.text(.mapping(patch)))
      case .operations(let operations):
        #expect(operations.count == 1 && operations[0]["path"]?.string == "/spec/template")
        world.edit { $0["template"] = operations[0]["value"] }
      }
    }
    try world.settle()
  }

  @Test func saysWhetherAPersonIsWaitedFor() throws {
    let blueGreen = #"{"blueGreen": {"activeService": "active", "autoPromotionEnabled": false}}"#
    for (strategy, waits) in [
      (Self.strategy, true), (#"{"canary": {"steps": [{"setWeight": 25}, {"pause": {"duration": "1h"}}]}}"#, false),
      (blueGreen, true), (#"{"canary": {"steps": [{"setWeight": 100}]}}"#, false),
    ] {
      var world = try RolloutWorld(RolloutWorld.spec(strategy: strategy))
      world.services["active"] = try JSON.parse(
        Array(
          #"{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "active", "namespace": "shop"}, "spec": {"selector": {"app": "web"}}}"#
            .utf8))
      try world.settle()
      #expect(try !world.scene.rollout.waitsForPerson)
      world.setImage("app:2")
      try world.settle()
      #expect(try world.scene.rollout.waitsForPerson == waits, "\(strategy): \(world.status.message)")
    }
    var byHand = try RolloutWorld(RolloutWorld.spec(strategy: Self.strategy))
    try byHand.settle()
    try act(.pause, &byHand)
    #expect(try byHand.scene.rollout.waitsForPerson)
  }

  @Test func verbsDoWhatTheirNamesSay() throws {
    let start = try paused()
    let table: [(RolloutVerb, String, [Int])] = [
      (.promote, "Paused", [2, 2]), (.resume, "Paused", [2, 2]), (.promoteFull, "Healthy", [0, 4]),
      (.abort, "Degraded", [4, 0]), (.pause, "Paused", [3, 1]), (.skipCurrentStep, "Paused", [2, 2]),
    ]
    for (verb, phase, replicas) in table {
      var world = start
      try act(verb, &world)
      #expect(world.status.phase?.rawValue == phase, "\(verb)")
      #expect(world.replicas("app:1", "app:2") == replicas, "\(verb)")
    }
    var aborted = start
    try act(.abort, &aborted)
    aborted.pass(5)
    try act(.retry, &aborted)
    #expect(aborted.replicas("app:1", "app:2") == [3, 1])
  }

  @Test func anUndoTakesTheTemplateOfAnEarlierRevision() throws {
    var world = try paused()
    try act(.promoteFull, &world)
    try act(.undo(revision: nil), &world)
    #expect(world.sets.count == 2, "the ReplicaSet that was there is taken")
    #expect(world.set(image: "app:1")?.revision == 3)
    #expect(world.rollout["spec"]?["template"]?["metadata"]?["labels"]?[Rollout.hashLabel] == nil)
    #expect(throws: RolloutVerb.Refusal(message: "there is no revision 9; there are 3, 2")) {
      try writes(.undo(revision: 9), world)
    }
  }

  @Test func anImageIsSetInItsContainer() throws {
    var world = try paused()
    try act(.setImage(container: "app", image: "app:3"), &world)
    #expect(world.replicas("app:1", "app:2", "app:3") == [3, 0, 1])
    #expect(throws: RolloutVerb.Refusal(message: "it has no container 'web'; it has app")) {
      try writes(.setImage(container: "web", image: "x"), world)
    }
  }

  @Test func whatMakesNoSenseIsRefused() throws {
    var world = try RolloutWorld(RolloutWorld.spec(strategy: #"{"canary": {}}"#))
    try world.settle()
    for verb in [RolloutVerb.abort, .retry, .promoteFull, .skipCurrentStep, .undo(revision: nil)] {
      #expect(throws: RolloutVerb.Refusal.self, "\(verb)") { try writes(verb, world) }
    }
    for name in ["pause", "resume", "promote", "promote-full", "skip-current-step", "abort", "retry", "restart"] {
      #expect(RolloutVerb(name: name)?.name == name)
    }
    #expect(RolloutVerb(name: "undo") == nil && RolloutVerb(name: "delete") == nil)
  }

  @Test func aSummaryTellsWhatPeopleAskFor() throws {
    let world = try paused()
    let scene = try world.scene
    let summary = RolloutSummary(scene.rollout, sets: scene.replicaSets)
    #expect(summary.phase == "Paused" && summary.step == 1 && summary.steps.count == 4)
    #expect(summary.setWeight == 25 && summary.actualWeight == 25)
    #expect(
      summary.images == [.init(image: "app:2", roles: ["canary"]), .init(image: "app:1", roles: ["stable"])])
    var unobserved = world
    unobserved.setImage("app:3")
    #expect(RolloutSummary(try unobserved.scene.rollout).message == "waiting for rollout spec update to be observed")
  }
}
