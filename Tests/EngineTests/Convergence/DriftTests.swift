import Manifest
import Simulator
import Testing

@testable import Engine

/// What others do to our objects, and what becomes of it.
@Suite(.serialized) struct DriftTests {
  private let label = "/metadata/labels/applyset.kubernetes.io~1part-of"

  private func withConverged(_ body: (TestFleet) async throws -> Void) async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(WebSource.base)
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"])
      try await body(fleet)
    }
  }

  /// Whether the ConfigMap is as Git says, and ours.
  private func isWhole(_ fleet: TestFleet) async throws -> Bool {
    guard let object = try await fleet.object("edge-1", "configmaps/settings") else { return false }
    return isWhole(object)
  }

  private func isWhole(_ object: Node) -> Bool {
    let metadata = object["metadata"]
    let ours = metadata?["managedFields"]?.sequence?.first {
      $0["manager"]?.string == "muster" && $0["operation"]?.string == "Apply"
    }
    return object["data"]?["color"]?.string == "green" && object["data"]?["size"]?.string == "large"
      && metadata?["annotations"]?["purpose"]?.string == "test"
      && ours?["fieldsV1"]?["f:metadata"]?["f:labels"]?["f:applyset.kubernetes.io/part-of"] != nil
      && ours?["fieldsV1"]?["f:data"]?["f:color"] != nil && ours?["fieldsV1"]?["f:data"]?["f:size"] != nil
  }

  @Test func healsForeignEditsOfEveryKind() async throws {
    let edits: [(name: String, patch: TestFleet.Patch)] = [
      (
        "forced apply",
        .apply(#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"},"data":{"color":"red"}}"#)
      ),
      ("update", .update { $0["data"]?["color"] = .string("red") }),
      ("json patch", .json(#"[{"op":"replace","path":"/data/size","value":"small"}]"#)),
      ("merge patch", .merge(#"{"data":{"size":"small"}}"#)),
      ("field removed", .json(#"[{"op":"remove","path":"/data/color"}]"#)),
      ("annotation removed", .json(#"[{"op":"remove","path":"/metadata/annotations/purpose"}]"#)),
      ("label removed", .json(#"[{"op":"remove","path":"\#(label)"}]"#)),
      ("label changed", .json(#"[{"op":"replace","path":"\#(label)","value":"applyset-other-v1"}]"#)),
      ("managedFields wiped", .merge(#"{"metadata":{"managedFields":[{}]}}"#)),
    ]
    try await withConverged { fleet in
      for (name, patch) in edits {
        let edited = try await fleet.edit("edge-1", "configmaps/settings", patch)
        let isStillWhole = isWhole(edited)
        #expect(!isStillWhole, "\(name): the edit does what it is meant to")
        try await fleet.until("healed: \(name)") { try await isWhole(fleet) }
      }
      try await fleet.delete("edge-1", "configmaps/settings")
      try await fleet.until("healed: deleted") { try await isWhole(fleet) }
      try await fleet.untilConverged(["web-edge-1"])
      let writes = try fleet.writes("edge-1").count
      try await fleet.settle("web-edge-1")
      #expect(try fleet.writes("edge-1").count == writes, "nothing is left to heal")
      #expect(try fleet.deletions("edge-1").isEmpty)
    }
  }

  @Test func healsWorkloadsAndTheirReplicas() async throws {
    try await withConverged { fleet in
      try await fleet.edit("edge-1", "deployments/web", .merge(#"{"spec":{"replicas":5}}"#), manager: "kubectl-edit")
      try await fleet.until("replicas healed") {
        try await fleet.value("edge-1", "deployments/web", "spec", "replicas")?.int == 2
      }
      try await fleet.delete("edge-1", "deployments/web")
      try await fleet.until("created again") { try await fleet.exists("edge-1", "deployments/web") }
      try await fleet.untilConverged(["web-edge-1"])
    }
  }

  @Test func additionsAreToldAndLeftAlone() async throws {
    try await withConverged { fleet in
      try await fleet.edit("edge-1", "configmaps/settings", .merge(#"{"data":{"added":"by hand"}}"#))
      try await fleet.until("the addition is told") {
        try await fleet.status("web-edge-1").resources.contains {
          $0.id.name == "settings" && $0.message.contains("Extra") && $0.message.contains("data.added")
            && $0.message.contains("intruder")
        }
      }
      #expect(try await fleet.status("web-edge-1").sync == .synced)
      try await fleet.settle("web-edge-1")
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "added")?.string == "by hand")
    }
  }

  @Test func anOrderThatWasChangedIsPutRight() async throws {
    try await TestFleet.with { fleet in
      var files = WebSource.base
      files["web/deployment.yaml"] = WebSource.deployment() + "        - {name: SPEED, value: high}\n"
      try await fleet.commit(files)
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"])
      func names() async throws -> [String?] {
        try await fleet.value(
          "edge-1", "deployments/web", "spec", "template", "spec", "containers", "0", "env")?.sequence?.map {
            $0["name"]?.string
          } ?? []
      }
      try await fleet.edit(
        "edge-1", "deployments/web",
        .json(
          #"[{"op":"move","from":"/spec/template/spec/containers/0/env/0","path":"/spec/template/spec/containers/0/env/1"}]"#
        ))
      #expect(try await names() == ["SPEED", "MODE"])
      try await fleet.until("in order") { try await names() == ["MODE", "SPEED"] }
      try await fleet.untilConverged(["web-edge-1"])
    }
  }

  @Test func whatAdmissionRewritesIsToldAndNotFought() async throws {
    try await TestFleet.with { fleet in
      var faults = ClusterFaults()
      let image = try #require(JSONPointer("/spec/template/spec/containers/0/image"))
      faults.mutations = [
        MutatingAdmission(kind: "Deployment", path: image, value: .string("mirror/web:1")),
        MutatingAdmission(kind: "ConfigMap", path: JSONPointer(tokens: ["data", "color"]), value: .string("blue")),
      ]
      try await fleet.cluster("edge-1").setFaults(faults)
      try await fleet.commit(WebSource.base)
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"])
      func told(_ name: String, _ path: String) async throws -> Bool {
        try await fleet.status("web-edge-1").conditions.contains {
          $0.type == "MutatedByAdmission" && $0.message.contains(name) && $0.message.contains(path)
        }
      }
      try await fleet.until("the answer to the apply told") { try await told("Deployment", "containers[0]") }
      try await fleet.settle("web-edge-1")
      let writes = try fleet.writes("edge-1").count
      #expect(try await fleet.hub.engine.refresh("web-edge-1", hard: true))
      try await fleet.until("the audit told") { try await told("settings", ".data.color") }
      #expect(try await fleet.status("web-edge-1").sync == .synced)
      #expect(try fleet.writes("edge-1").count == writes)
    }
  }

  @Test func anAuditFindsWhatNobodyTellsOf() async throws {
    try await withConverged { fleet in
      func size() async throws -> String? {
        try await fleet.value("edge-1", "configmaps/settings", "data", "size")?.string
      }
      func isTold() async throws -> Bool {
        try await fleet.status("web-edge-1").conditions.contains { $0.type == "MutatedByAdmission" }
      }
      var faults = ClusterFaults()
      faults.mutations = [
        MutatingAdmission(kind: "ConfigMap", path: JSONPointer(tokens: ["data", "size"]), value: .string("huge"))
      ]
      try await fleet.cluster("edge-1").setFaults(faults)
      #expect(try await fleet.hub.engine.refresh("web-edge-1", hard: true))
      try await fleet.until("told", isTold)
      #expect(try await size() == "large", "what admission would do to an apply is no reason for one")
      // While somebody writes beside us, admission changes a field that stays ours.
      try await fleet.edit("edge-1", "configmaps/settings", .merge(#"{"metadata":{"annotations":{"seen":"yes"}}}"#))
      try await fleet.settle("web-edge-1")
      #expect(try await size() == "huge")
      try await fleet.cluster("edge-1").setFaults(.none)
      try await fleet.settle("web-edge-1")
      #expect(try await size() == "huge")
      #expect(try await fleet.hub.engine.refresh("web-edge-1", hard: true))
      try await fleet.until("healed") { try await size() == "large" }
      try await fleet.until("no longer told") { try await !isTold() }
    }
  }

  @Test func repairsWhatMakesAPlainApplyFail() async throws {
    try await withConverged { fleet in
      let source = #"{"name":"MODE","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}}"#
      try await fleet.edit(
        "edge-1", "deployments/web",
        .json(#"[{"op":"replace","path":"/spec/template/spec/containers/0/env/0","value":\#(source)}]"#))
      try await fleet.until("the value is back") {
        let variable = try await fleet.value(
          "edge-1", "deployments/web", "spec", "template", "spec", "containers", "0", "env", "0")
        return variable?["value"]?.string == "fast" && variable?["valueFrom"] == nil
      }
      try await fleet.untilConverged(["web-edge-1"])
    }
  }

  @Test func whoTakesAFieldAgainAndAgainIsNamedAndMetWithPatience() async throws {
    try await withConverged { fleet in
      func take() async throws {
        try await fleet.edit("edge-1", "configmaps/settings", .merge(#"{"data":{"color":"red"}}"#))
      }
      func untilHealed() async throws {
        try await fleet.until("healed") { try await isWhole(fleet) }
      }
      for _ in 0..<4 {
        try await take()
        try await untilHealed()
      }
      #expect(try await !fleet.status("web-edge-1").conditions.contains { $0.type == "Contested" })
      let beforeTheFifth = ContinuousClock.now
      try await take()
      try await untilHealed()
      try await fleet.until("contested") {
        try await fleet.status("web-edge-1").conditions.contains {
          $0.type == "Contested" && $0.message.contains("data.color") && $0.message.contains("settings")
        }
      }
      try await take()
      // Others' edits are healed at once in the meantime.
      try await fleet.edit("edge-1", "services/web", .merge(#"{"spec":{"ports":[{"port":81}]}}"#))
      try await fleet.until("the service is healed") {
        try await fleet.value("edge-1", "services/web", "spec", "ports", "0", "port")?.int == 80
      }
      try await untilHealed()
      #expect(ContinuousClock.now - beforeTheFifth >= .seconds(2), "the sixth heal waits two seconds after the fifth")
    }
  }

  private func writeManagedNamespace(_ fleet: TestFleet, selfHeal: Bool = true, _ metadata: String) throws {
    try fleet.writeSet(
      syncPolicy:
        "{automated: {selfHeal: \(selfHeal)}, syncOptions: [CreateNamespace=true], managedNamespaceMetadata: \(metadata)}"
    )
  }

  private func namespace(_ fleet: TestFleet, _ pointer: String...) async throws -> String? {
    var node = try await fleet.object("edge-1", "namespaces/\(TestFleet.namespace)")
    for element in ["metadata"] + pointer { node = node?[element] }
    return node?.string
  }

  @Test func theNamespacesMetadataIsHealed() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(WebSource.base)
      try writeManagedNamespace(fleet, "{labels: {team: web, cost: a}, annotations: {note: x}}")
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"])
      #expect(try await namespace(fleet, "labels", "team") == "web")
      let edits: [(name: String, patch: String)] = [
        ("a value", #"{"metadata":{"labels":{"team":"other"}}}"#),
        ("a label gone", #"{"metadata":{"labels":{"cost":null}}}"#),
        ("an annotation gone", #"{"metadata":{"annotations":{"note":null}}}"#),
      ]
      for (name, patch) in edits {
        try await fleet.edit("edge-1", "namespaces/\(TestFleet.namespace)", .merge(patch))
        try await fleet.until("healed: \(name)") {
          let (team, cost, note) = (
            try await namespace(fleet, "labels", "team"), try await namespace(fleet, "labels", "cost"),
            try await namespace(fleet, "annotations", "note")
          )
          return team == "web" && cost == "a" && note == "x"
        }
      }
      // What others add stays; what leaves the manifest goes.
      try await fleet.edit(
        "edge-1", "namespaces/\(TestFleet.namespace)", .merge(#"{"metadata":{"labels":{"theirs":"y"}}}"#))
      try writeManagedNamespace(fleet, "{labels: {team: web}}")
      try await fleet.until("cost goes") { try await namespace(fleet, "labels", "cost") == nil }
      #expect(try await namespace(fleet, "labels", "theirs") == "y")
      #expect(try await namespace(fleet, "labels", "team") == "web")
      // At rest nothing is written.
      try await fleet.untilConverged(["web-edge-1"])
      try await fleet.settle("web-edge-1")
      let writes = try fleet.writes("edge-1").count
      try await fleet.settle("web-edge-1")
      #expect(try fleet.writes("edge-1").count == writes)
    }
  }

  @Test func theNamespacesMetadataIsShownWithoutSelfHeal() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(WebSource.base)
      try writeManagedNamespace(fleet, selfHeal: false, "{labels: {team: web}}")
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"])
      try await fleet.edit(
        "edge-1", "namespaces/\(TestFleet.namespace)", .merge(#"{"metadata":{"labels":{"team":"other"}}}"#))
      try await fleet.until("shown") {
        let status = try await fleet.status("web-edge-1")
        return status.sync == .outOfSync
          && status.conditions.contains {
            $0.type == "NamespaceMetadataDrift" && $0.message.contains("metadata.labels.team")
          }
      }
      #expect(try await namespace(fleet, "labels", "team") == "other")
      _ = try await fleet.hub.engine.sync(
        "web-edge-1", .init(), approvedPrunes: 0, confirmed: false, actor: "somebody")
      try await fleet.until("synced") { try await namespace(fleet, "labels", "team") == "web" }
      try await fleet.untilConverged(["web-edge-1"])
    }
  }

  @Test func applicationsThatShareANamespaceKeepTheirOwnMetadata() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(["web/settings.yaml": WebSource.settings(), "api/api.yaml": WebSource.settings("api")])
      for (name, label) in [("web", "{a: '1'}"), ("api", "{b: '2'}")] {
        try fleet.writeSet(
          name, path: name,
          syncPolicy:
            "{automated: {selfHeal: true}, syncOptions: [CreateNamespace=true], managedNamespaceMetadata: {labels: \(label)}}"
        )
      }
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1", "api-edge-1"])
      for name in ["web-edge-1", "api-edge-1"] { try await fleet.settle(name) }
      #expect(try await namespace(fleet, "labels", "a") == "1")
      #expect(try await namespace(fleet, "labels", "b") == "2")
    }
  }
}
