import Fleet
import Manifest
import Testing

@testable import Engine

/// A roster that passes over sets without news is the same as one that goes through all of them.
struct RosterTests {
  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  private func set(_ name: String, _ policy: ApplicationSet.Policy) throws -> ApplicationSet {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: ApplicationSet
      metadata: {name: \(name)}
      spec:
        syncPolicy: {applicationsSync: \(policy.rawValue)}
        generators: [{list: {elements: []}}]
        template: {metadata: {name: x}, spec: {project: default, destination: {name: y}, source: {repoURL: /r, path: p}}}
      """
    let node = try #require(try YAML.parse(Array(text.utf8)).first)
    return try #require(ApplicationSet.read(node, file: "set.yaml").value)
  }

  private func application(_ number: Int, version: Int) -> Application {
    Application(
      [
        "metadata": .mapping(["name": .string("a\(number)")]),
        "spec": .mapping([
          "destination": .mapping(["name": .string("edge-\(number % 3)")]),
          "source": .mapping(["path": .string("v\(version)")]),
        ]),
      ], origin: nil)
  }

  private func result(
    _ name: String, _ applications: [Application], policy: ApplicationSet.Policy = .sync, isComplete: Bool = true,
    serial: Int = 0
  ) throws -> ExpandedFleet.SetResult {
    let failures = isComplete ? [] : [Failure("x", subject: "s", stage: "generate", "no", retry: .backOff)]
    return .init(
      set: try set(name, policy), answer: Answer(applications, failures: failures), parameterSets: 0, serial: serial)
  }

  private func registry() throws -> Registry {
    Registry(
      try (0..<2).map { number in
        Cluster(
          name: try #require(ClusterName("edge-\(number)")), connection: .init(server: "https://edge-\(number)"),
          credentials: .registered)
      })
  }

  @Test func passingOverChangesNothing() throws {
    let registry = try registry()
    for seed in 0..<40 {
      var random = Generator(state: UInt64(seed))
      var (fast, slow) = (Roster(), Roster())
      (fast.memory, slow.memory) = (SetMemory(), SetMemory())
      var results: [ExpandedFleet.SetResult] = []
      var passedOver = 0
      for step in 1...60 {
        let name = "s\(Int.random(in: 0..<4, using: &random))"
        results.removeAll { $0.set.name == name }
        if Int.random(in: 0..<8, using: &random) > 0 {
          let version = Int.random(in: 0..<3, using: &random)
          let wanted = (0..<12).filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
          let policies: [ApplicationSet.Policy] = [.sync, .sync, .createOnly, .createUpdate, .createDelete]
          results.append(
            try result(
              name, wanted.map { application($0, version: version) },
              policy: policies.randomElement(using: &random) ?? .sync,
              isComplete: Int.random(in: 0..<4, using: &random) > 0, serial: step))
        }
        let plain =
          Int.random(in: 0..<4, using: &random) == 0
          ? [application(Int.random(in: 0..<12, using: &random), version: 9)] : []
        var fleet = ExpandedFleet(sets: results, plain: plain, isComplete: Int.random(in: 0..<5, using: &random) > 0)
        if Int.random(in: 0..<6, using: &random) == 0, let index = fleet.sets.indices.randomElement(using: &random) {
          // Somebody judges the answer after it was given, and leaves something out.
          let answer = fleet.sets[index].answer
          fleet.sets[index].answer = Answer(Array(answer.known.dropFirst()), failures: answer.failures)
        }
        let approvals = ["s0": Int.random(in: 0..<12, using: &random)]
        let before = slow.entries
        let quick = fast.update(fleet, registry: registry, approvals: approvals)
        for index in fleet.sets.indices { fleet.sets[index].serial = 0 }
        let thorough = slow.update(fleet, registry: registry, approvals: approvals)
        let place = "seed \(seed), step \(step)"
        #expect(quick.removals == thorough.removals, "\(place)")
        #expect(quick.refusals == thorough.refusals, "\(place)")
        #expect(quick.record == thorough.record, "\(place)")
        #expect(words(fast) == words(slow), "\(place)")
        #expect(fast.setProblems == slow.setProblems, "\(place)")
        #expect(fast.refusedClaims == slow.refusedClaims, "\(place)")
        let done = Set(quick.upserts.map(\.0.name))
        #expect(done.isSubset(of: thorough.upserts.map(\.0.name)), "\(place)")
        for (application, owner) in thorough.upserts where !done.contains(application.name) {
          passedOver += 1
          let known = before[application.name]
          #expect(known?.application == application && known?.owner == owner, "\(place)")
          #expect(known?.isDeparted == false && known?.isBeingRemoved == false, "\(place)")
        }
        for name in slow.entries.keys.sorted() where Bool.random(using: &random) {
          #expect(fast.finishRemoval(of: name) == slow.finishRemoval(of: name), "\(place)")
        }
      }
      #expect(passedOver > 0, "seed \(seed): nothing was passed over")
    }
  }

  private func words(_ roster: Roster) -> [String] {
    roster.entries.sorted { $0.key < $1.key }.map { name, entry in
      let source = entry.application.sources.first?.path ?? ""
      let place = "\(entry.cluster?.text ?? "-") \(entry.problem ?? "")"
      return "\(name) \(source) \(entry.owner ?? "-") \(place) \(entry.isDeparted) \(entry.isBeingRemoved)"
    } + roster.members.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.sorted())" }
      + (0..<3).compactMap { ClusterName("edge-\($0)") }.map { "\($0): \(roster.applications(in: $0))" }
  }

  @Test func withoutMemoryNothingIsUpdated() throws {
    let registry = try registry()
    var roster = Roster()
    let fleet = ExpandedFleet(
      sets: [
        try result("once", [application(0, version: 1)], policy: .createOnly, serial: 1),
        try result("always", [application(1, version: 1)], serial: 2),
      ], plain: [], isComplete: true)
    var update = roster.update(fleet, registry: registry, approvals: [:])
    #expect(update.upserts.map(\.0.name) == ["a1"])
    #expect(roster.problems(of: "once").first?.contains("could not be read") == true)
    roster.memory = SetMemory(kept: ["a0": KeptApplication(owner: "once", application: application(0, version: 0))])
    update = roster.update(fleet, registry: registry, approvals: [:])
    #expect(update.upserts.map { "\($0.0.name) \($0.0.sources.first?.path ?? "")" } == ["a0 v0"])
    #expect(roster.problems(of: "once").isEmpty && update.record.kept.isEmpty)
    #expect(Set(update.record.policies.keys) == ["once", "always"])
    // What could not be written is written with the next update.
    roster.forget(update.record)
    update = roster.update(fleet, registry: registry, approvals: [:])
    #expect(Set(update.record.policies.keys) == ["once", "always"])
    update = roster.update(fleet, registry: registry, approvals: [:])
    #expect(update.record.isEmpty && update.upserts.isEmpty)
  }
}
