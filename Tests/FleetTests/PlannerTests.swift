import Fleet
import Manifest
import Testing

/// A desired ConfigMap, the live object that an apply of it left, and the record of that apply.
private struct Fixture {
  var desired: DesiredObject
  var live: LiveObject
  var record: AppliedRecord

  static let applySet = "applyset-x-v1"

  init(name: String = "a", data: Mapping = ["k": .string("v")]) throws {
    let root: Mapping = [
      "apiVersion": .string("v1"), "kind": .string("ConfigMap"),
      "metadata": .mapping(["name": .string(name), "namespace": .string("ns")]), "data": .mapping(data),
    ]
    desired = DesiredObject(try #require(Object(root)))
    live = try #require(Self.live(name: name))
    record = AppliedRecord(answer: live, desired: desired.digest)
  }

  static func live(
    name: String, fields: Value = defaultFields, uid: String = "u1", generation: Int64 = 0, partOf: String = applySet,
    others: [Value] = [], annotations: Value = [:]
  ) -> LiveObject? {
    let ours: Value = [
      "manager": "muster", "operation": "Apply", "apiVersion": "v1", "time": "t", "fieldsV1": .init(fields),
    ]
    let managed = (fields == .null ? [] : [ours]) + others
    let object: Value = [
      "metadata": [
        "name": .string(name), "namespace": "ns", "uid": .string(uid), "resourceVersion": "5",
        "generation": .int(generation), "labels": [ApplySetLabel.partOf: .string(partOf)], "annotations": annotations,
        "managedFields": .sequence(managed.map { Node($0) }),
      ]
    ]
    return LiveObject(Node(object), gvk: GroupVersionKind(group: "", version: "v1", kind: "ConfigMap"))
  }

  static let defaultFields: Value = [
    "f:metadata": ["f:labels": ["f:applyset.kubernetes.io/part-of": [:]]], "f:data": ["f:k": [:]],
  ]
}

extension Value {
  fileprivate init(_ value: Value) { self = value }
}

struct PlannerTests {
  private func decide(
    _ fixture: Fixture, live: LiveObject?, record: AppliedRecord?, claimant: String? = nil
  ) -> Decision? {
    let planner = Planner(
      applySet: Fixture.applySet, settings: .init(prune: true), live: { _ in live }, record: { _ in record },
      claimant: { _ in claimant })
    return planner.plan(desired: [fixture.desired], members: []).objects.first?.decision
  }

  @Test func eachStateHasItsDecision() throws {
    let fixture = try Fixture()
    let record = fixture.record
    #expect(decide(fixture, live: fixture.live, record: record) == .unchanged)
    #expect(decide(fixture, live: nil, record: record) == .apply(.missing))
    #expect(decide(fixture, live: fixture.live, record: nil) == .apply(.unrecorded))
    #expect(decide(fixture, live: fixture.live, record: record, claimant: "other") == .claimed(by: "other"))

    var changed = record
    changed.desired = ContentDigest(high: 1, low: 1)
    #expect(decide(fixture, live: fixture.live, record: changed) == .apply(.changed))

    let lost = Fixture.live(
      name: "a", fields: ["f:metadata": ["f:labels": ["f:applyset.kubernetes.io/part-of": [:]]]])
    #expect(decide(fixture, live: lost, record: record) == .apply(.drifted(lost: [["f:data", "f:k"]])))

    #expect(decide(fixture, live: Fixture.live(name: "a", fields: .null), record: record) == .apply(.ownershipGone))
    #expect(decide(fixture, live: Fixture.live(name: "a", uid: "u2"), record: record) == .apply(.recreated))
    #expect(decide(fixture, live: Fixture.live(name: "a", generation: 2), record: record) == .check)

    var unowned = record
    unowned.entry = .none
    let silent = Fixture.live(name: "a", fields: .null)
    #expect(decide(fixture, live: silent, record: unowned) == .unchanged)
    #expect(
      decide(fixture, live: Fixture.live(name: "a", fields: .null, generation: 9), record: unowned)
        == .check)

    let writer: Value = ["manager": "kubectl-edit", "operation": "Update", "apiVersion": "v1", "fieldsV1": [:]]
    #expect(decide(fixture, live: Fixture.live(name: "a", others: [writer]), record: record) == .check)

    let foreign = Fixture.live(name: "a", partOf: "applyset-other-v1")
    #expect(decide(fixture, live: foreign, record: record) == .claimed(by: "applyset-other-v1"))
  }

  @Test func aDryRunTellsWhatOwnershipDoesNotShow() throws {
    let fixture = try Fixture()
    func decide(_ verdict: Verdict?, generation: Int64 = 0, audit: Bool = false, force: Bool = false) -> Decision? {
      let live = Fixture.live(name: "a", generation: generation)
      let planner = Planner(
        applySet: Fixture.applySet, settings: .init(prune: true, force: force, audit: audit), live: { _ in live },
        record: { _ in fixture.record }, verdicts: verdict.map { [fixture.desired.id: $0] } ?? [:])
      let plan = planner.plan(desired: [fixture.desired], members: [])
      #expect(plan.checks == (plan.objects.first?.decision == .check ? [0] : []))
      return plan.objects.first?.decision
    }
    let failure = Failure("cluster.timeout", subject: "a", stage: "plan", "no answer", retry: .backOff)
    #expect(decide(nil) == .unchanged)
    #expect(decide(nil, audit: true) == .check)
    #expect(decide(.same, audit: true) == .unchanged)
    #expect(decide(nil, generation: 2) == .check)
    #expect(decide(.same, generation: 2) == .unchanged)
    #expect(decide(.failed(failure), generation: 2) == .check)
    #expect(decide(.differs([["f:data", "f:k"]]), generation: 2) == .apply(.drifted(lost: [["f:data", "f:k"]])))
    #expect(decide(nil, force: true) == .apply(.forced))
  }

  @Test func auditsComeOnceADay() {
    for spread in [0, 1, 3_599, 3_600, 50_000, 86_399, UInt64.max] {
      for start in [0.0, 1_764_000_000, 1_764_003_599.5] {
        var schedule = AuditSchedule(spread: spread, now: start)
        var audits: [Double] = []
        for minute in 1...(5 * 1440) {
          let now = start + Double(minute) * 60
          guard schedule.isDue(now: now) else { continue }
          schedule.done(now: now)
          audits.append(now)
        }
        #expect((4...5).contains(audits.count))
        #expect(audits.first.map { $0 >= start + AuditSchedule.quiet } == true)
        #expect(zip(audits, audits.dropFirst()).allSatisfy { $1 - $0 == AuditSchedule.period })
      }
    }
  }

  @Test func labelNominatesOwnershipConvicts() throws {
    let ours = try #require(Fixture.live(name: "gone"))
    let copied = try #require(Fixture.live(name: "copied", fields: .null))
    let kept = try #require(
      Fixture.live(name: "kept", annotations: [SyncOptions.annotation: "Prune=false"]))
    let planner = Planner(
      applySet: Fixture.applySet, settings: .init(prune: true), live: { _ in nil }, record: { _ in nil })
    let plan = planner.plan(desired: [], members: [kept, copied, ours])
    #expect(plan.prunes.map(\.id.name) == ["gone"])
    #expect(
      plan.objects.map(\.decision) == [.keep(.notOurs), .prune, .keep(.forbidden)])
    let careful = Planner(
      applySet: Fixture.applySet, settings: .init(prune: false), live: { _ in nil }, record: { _ in nil })
    #expect(careful.plan(desired: [], members: [ours]).prunes.isEmpty)
  }

  @Test func stepsFollowWavesAndTiers() throws {
    func desired(_ kind: String, _ name: String, wave: String = "0") throws -> DesiredObject {
      DesiredObject(
        try #require(
          Object([
            "apiVersion": .string("v1"), "kind": .string(kind),
            "metadata": .mapping([
              "name": .string(name), "annotations": .mapping([SyncOptions.waveAnnotation: .string(wave)]),
            ]),
          ])))
    }
    let all = try [
      desired("Widget", "w"), desired("Deployment", "d"), desired("ConfigMap", "c"), desired("Namespace", "n"),
      desired("Secret", "s"), desired("ConfigMap", "early", wave: "-1"), desired("Job", "late", wave: "3"),
    ]
    let planner = Planner(
      applySet: Fixture.applySet, settings: .init(prune: true), live: { _ in nil }, record: { _ in nil })
    let plan = planner.plan(desired: all, members: [])
    #expect(plan.steps.map { $0.map { all[$0].id.name } } == [["early"], ["n"], ["c", "s"], ["d"], ["w"], ["late"]])
  }

  @Test func breakerCountsAndShares() {
    let breaker = Breaker(count: 5, share: 0.1)
    for (removed, total, approved, allowed) in [
      (5, 5, 0, true), (6, 10, 0, false), (10, 100, 0, true), (11, 100, 0, false), (11, 100, 11, true),
      (12, 100, 11, false), (0, 0, 0, true),
    ] { #expect(breaker.allows(removing: removed, outOf: total, approved: approved) == allowed) }
  }
}

struct NormaliserTests {
  private func normalise(_ root: Value, namespaced: Bool = true) throws -> Mapping {
    let object = try #require(Node(root).mapping.flatMap { Object($0) })
    return try Normaliser.normalise(object, namespace: "fallback", isNamespaced: namespaced).root
  }

  @Test func stripsWhatServersSetAndNulls() throws {
    let root = try normalise([
      "apiVersion": "v1", "kind": "ConfigMap", "status": ["x": 1],
      "metadata": [
        "name": "a", "uid": "u", "resourceVersion": "1", "creationTimestamp": nil, "managedFields": [[:]],
        "generation": 3, "labels": ["keep": "1", "drop": nil],
      ],
      "data": ["k": "v", "n": nil, "list": .null],
    ])
    #expect(
      Value.mapping(root) == [
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": ["name": "a", "namespace": "fallback", "labels": ["keep": "1"]], "data": ["k": "v"],
      ])
  }

  @Test func foldsStringDataAndRefusesOtherValues() throws {
    let root = try normalise([
      "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "data": ["a": "eA=="],
      "stringData": ["a": "y", "b": "z"],
    ])
    #expect(root["data"]?.value == ["a": "eQ==", "b": "eg=="])
    #expect(root["stringData"] == nil)
    #expect(throws: Diagnostic.self) {
      try normalise(["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "stringData": ["a": 1]])
    }
  }

  @Test func leavesWhatControllersFillIn() throws {
    let role = try normalise(
      [
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": ["name": "r", "namespace": "x"],
        "aggregationRule": ["clusterRoleSelectors": []], "rules": [],
      ], namespaced: false)
    #expect(role["rules"] == nil)
    #expect(role["metadata"]?["namespace"] == nil)
    let hook = try normalise(
      [
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": ["name": "w"],
        "webhooks": [["clientConfig": ["caBundle": "", "url": "u"]], ["clientConfig": ["caBundle": "QQ=="]]],
      ], namespaced: false)
    #expect(hook["webhooks"]?[0]?["clientConfig"]?.value == ["url": "u"])
    #expect(hook["webhooks"]?[1]?["clientConfig"]?.value == ["caBundle": "QQ=="])
  }
}
