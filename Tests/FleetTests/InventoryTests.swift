import Fleet
import Manifest
import Testing

struct LiveIndexTests {
  private let kind = GroupVersionKind(group: "", version: "v1", kind: "ConfigMap")

  private func object(_ name: String, version: Int, partOf: String? = "s", uid: String = "u") -> LiveObject? {
    let labels: Value = partOf.map { [ApplySetLabel.partOf: .string($0)] } ?? [:]
    return LiveObject(
      Node([
        "metadata": [
          "name": .string(name), "namespace": "ns", "uid": .string(uid), "resourceVersion": .string("\(version)"),
          "labels": labels,
        ]
      ]), gvk: kind)
  }

  @Test func staleNewsIsIgnoredAndLabelsMoveMembership() throws {
    var index = LiveIndex()
    let five = try #require(object("a", version: 5))
    #expect(index.upsert(five) == .changed(applySets: ["s"]))
    #expect(index.upsert(five) == .none)
    #expect(index.upsert(try #require(object("a", version: 4, partOf: "t"))) == .none)
    #expect(index.upsert(try #require(object("a", version: 6, partOf: "t"))) == .changed(applySets: ["s", "t"]))
    #expect(index.members(of: "s").isEmpty)
    #expect(index.members(of: "t").map(\.id.name) == ["a"])
    #expect(index.upsert(try #require(object("a", version: 1, partOf: "t", uid: "new"))) == .changed(applySets: ["t"]))
    #expect(index.remove(five.id, uid: "u") == .none)
    #expect(index.remove(five.id, uid: "new") == .changed(applySets: ["t"]))
    #expect(index.applySets.isEmpty && index.count == 0)
  }

  @Test func listsAreTheTruthOfTheirMoment() throws {
    var index = LiveIndex()
    for name in ["a", "b"] { index.upsert(try #require(object(name, version: 50))) }
    let restored = try #require(object("b", version: 7))
    #expect(index.replaceAll(of: kind.groupKind, with: [restored]) == .changed(applySets: ["s"]))
    #expect(index.members(of: "s") == [restored])
    #expect(index.replaceAll(of: kind.groupKind, namespace: "other", with: []) == .none)
    #expect(index.count == 1)
  }
}

struct ApplySetParentTests {
  @Test func readsBackWhatItWrites() throws {
    let parent = ApplySetParent(
      applicationName: "web", applicationSet: "shop", applySet: "applyset-x-v1",
      groupKinds: [.init(group: "apps", kind: "Deployment"), .init(group: "", kind: "ConfigMap")],
      namespaces: ["b", "a"], hub: "h1", deletion: .cascade)
    #expect(ApplySetParent(Node(.mapping(parent.configMap))) == parent)
    let annotations = parent.configMap["metadata"]?["annotations"]
    #expect(annotations?["applyset.kubernetes.io/contains-group-kinds"]?.string == "ConfigMap,Deployment.apps")
    #expect(annotations?["applyset.kubernetes.io/additional-namespaces"]?.string == "a,b")
    #expect(ApplySetParent.idSource(of: "web") == "muster-app-web.muster-system.ConfigMap.")
    #expect(ApplySetParent(Node(["metadata": ["name": "x"]])) == nil)
  }
}

struct HealLedgerTests {
  private let id = ObjectID(group: "", kind: "ConfigMap", namespace: "n", name: "a")

  @Test func firstHealsAreImmediateThenItBacksOff() {
    var ledger = HealLedger(
      limits: .init(immediate: 3, window: 100, backoff: Backoff(base: 2, factor: 3, maximum: 60, jitter: 0)))
    var now = 0.0
    for wait in [0.0, 0, 0, 2, 6, 18, 54, 60, 60] {
      #expect(ledger.delay(of: id, fields: [".data.a"], now: now) == wait)
      #expect(ledger.delay(of: id, fields: [".data.other"], now: now) == 0)
      now += wait
      ledger.healed(id, fields: [".data.a"], of: ["kubectl-edit"], now: now)
    }
    #expect(ledger.contest(over: id, now: now) == Contest(id: id, fields: [".data.a"], managers: ["kubectl-edit"]))
    #expect(ledger.delay(of: id, fields: [".data.a"], now: now + 161) == 0)
    #expect(ledger.contest(over: id, now: now + 161) == nil)
  }
}

struct OwnershipPatchTests {
  private func entry(
    _ manager: String, _ operation: String, _ fields: Value, subresource: String? = nil
  ) -> Node {
    var entry: Mapping = [
      "manager": .string(manager), "operation": .string(operation), "apiVersion": .string("v1"),
      "fieldsType": .string("FieldsV1"), "fieldsV1": Node(fields),
    ]
    if let subresource { entry["subresource"] = .string(subresource) }
    return .mapping(entry)
  }

  @Test func takeOverUnitesEntriesAndKeepsControllers() throws {
    let entries = [
      entry("muster", "Apply", ["f:data": ["f:a": [:]]]),
      entry("kubectl-edit", "Update", ["f:data": ["f:b": [:]]]),
      entry("someone", "Update", ["f:spec": ["f:replicas": [:]]], subresource: "scale"),
      entry("kube-controller-manager", "Update", ["f:status": [:]], subresource: "status"),
    ]
    let patch = try #require(
      OwnershipPatch.takeOver(managedFields: entries, resourceVersion: "7", apiVersion: "v1") { _ in true })
    #expect(patch[0].value == ["op": "replace", "path": "/metadata/resourceVersion", "value": "7"])
    let after = Ownership(managedFields: patch[1]["value"]?.sequence ?? [])
    #expect(
      after.ours?.fields.leaves.map { FieldPath.text($0) } == [".data.a", ".data.b", ".spec.replicas"])
    #expect(after.others.map(\.manager) == ["kube-controller-manager"])
    #expect(
      OwnershipPatch.takeOver(managedFields: entries, resourceVersion: "7", apiVersion: "v1") { $0.manager == "x" }
        == nil)
  }

  @Test func releaseTakesOnlyThePathsOut() throws {
    let entries = [entry("muster", "Apply", ["f:spec": ["f:replicas": [:], "f:paused": [:]]])]
    let path = ["f:spec", "f:replicas"]
    let patch = try #require(OwnershipPatch.release([path], managedFields: entries, resourceVersion: "7"))
    let after = Ownership(managedFields: patch[1]["value"]?.sequence ?? [])
    #expect(after.ours?.fields.leaves == [["f:spec", "f:paused"]])
    #expect(OwnershipPatch.release([["f:x"]], managedFields: entries, resourceVersion: "7") == nil)
  }
}
