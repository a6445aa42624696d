import Fleet
import Manifest
import Testing

@testable import Engine

/// Objects that were there before, and what only a person may decide about them.
@Suite(.serialized) struct AdoptionTests {
  private let application = "web-edge-1"

  private func namespace(_ fleet: TestFleet) async throws {
    let body = #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"\#(TestFleet.namespace)"}}"#
    let answer = try await fleet.send("POST", "/api/v1/namespaces", to: "edge-1", body)
    try #require(answer.status == 201)
  }

  @Test func whatKubectlMadeIsTakenOver() async throws {
    try await TestFleet.with { fleet in
      try await namespace(fleet)
      try await fleet.create(
        "edge-1", "configmaps",
        #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"},"data":{"color":"red","old":"x"}}"#,
        manager: "kubectl-client-side-apply")
      try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged([application])
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "green")
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "old") == nil, "what left Git goes")
    }
  }

  @Test func whatAnotherToolClaimsNeedsAPersonsWord() async throws {
    try await TestFleet.with { fleet in
      try await namespace(fleet)
      try await fleet.create(
        "edge-1", "configmaps",
        #"""
        {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","labels":{"app.kubernetes.io/managed-by":"Helm"},
        "annotations":{"meta.helm.sh/release-name":"shop","meta.helm.sh/release-namespace":"web"}},"data":{"color":"red","old":"x"}}
        """#, manager: "helm")
      try await fleet.commit(WebSource.base)
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.until("told") { try await fleet.status(application).message.contains("Helm release web/shop") }
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "red")
      #expect(try await fleet.value("edge-1", "configmaps/settings", "metadata", "labels", ApplySetLabel.partOf) == nil)
      #expect(
        try await fleet.hub.engine.sync(
          application, .init(adopt: true), approvedPrunes: 0, confirmed: false, actor: "somebody") == [])
      try await fleet.untilConverged([application])
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "green")
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "old") == nil)
      #expect(
        try await fleet.value("edge-1", "configmaps/settings", "metadata", "annotations", "meta.helm.sh/release-name")
          == nil)
    }
  }

  /// Twelve are enough for a list in the place of single questions.
  @Test func aKindThatMayNotBeLookedAtHoldsUpNoOther() async throws {
    for count in [1, 12] {
      try await TestFleet.with { fleet in
        try await namespace(fleet)
        var files = ["web/service.yaml": WebSource.service]
        for number in 0..<count { files["web/s\(number).yaml"] = WebSource.settings("settings-\(number)") }
        try await fleet.commit(files)
        try fleet.writeSet()
        try fleet.startHub(denials: [("GET", "/namespaces/\(TestFleet.namespace)/configmaps")])
        try await fleet.until("the rest is applied") { try await fleet.exists("edge-1", "services/web") }
        try await fleet.until("told") {
          try await fleet.status(application).resources.count {
            $0.id.kind == "ConfigMap" && $0.message.contains("another tool claims it: https://")
          } == count
        }
        #expect(try await fleet.object("edge-1", "configmaps/settings-0") == nil)
        // With a person's word nobody needs to look.
        #expect(
          try await fleet.hub.engine.sync(
            application, .init(adopt: true), approvedPrunes: 0, confirmed: false, actor: "somebody") == [])
        try await fleet.untilConverged([application])
      }
    }
  }

  @Test func anImmutableFieldIsExplainedAndForced() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(["web/deployment.yaml": WebSource.deployment()])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged([application])
      let before = try await fleet.value("edge-1", "deployments/web", "metadata", "uid")?.string
      let other = WebSource.deployment().replacing("app: web", with: "app: other")
      try await fleet.commit(["web/deployment.yaml": other])
      try await fleet.until("explained") { try await fleet.status(application).message.contains("Force=true") }
      #expect(try await fleet.value("edge-1", "deployments/web", "metadata", "uid")?.string == before)
      let forced = other.replacing(
        "  name: web\nspec", with: "  name: web\n  annotations: {argocd.argoproj.io/sync-options: Force=true}\nspec")
      let revision = try await fleet.commit(["web/deployment.yaml": forced])
      try await fleet.untilConverged([application], revision: revision)
      #expect(try await fleet.value("edge-1", "deployments/web", "metadata", "uid")?.string != before)
    }
  }

  @Test func preciousKindsArePrunedOnlyWithAPersonsWord() async throws {
    try await TestFleet.with { fleet in
      let claim = """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      try await fleet.commit(WebSource.base.merging(["web/claim.yaml": claim]) { $1 })
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.until("there") { try await fleet.object("edge-1", "persistentvolumeclaims/data") != nil }
      try await fleet.commit(removing: ["web/claim.yaml"])
      try await fleet.until("told") {
        try await fleet.status(application).conditions.contains { $0.type == "PruneUnconfirmed" }
      }
      try await fleet.settle(application)
      #expect(try fleet.deletions("edge-1").isEmpty)
      _ = try await fleet.hub.engine.sync(
        application, .init(prune: true), approvedPrunes: 0, confirmed: true, actor: "somebody")
      try await fleet.until("gone") { try !fleet.deletions("edge-1").isEmpty }
    }
  }

  @Test func strictDriftRemovesWhatOthersAdd() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(WebSource.base)
      try fleet.writeSet()
      let text = try String(contentsOfFile: fleet.repository.path + "/templates/web.yaml", encoding: .utf8)
      try fleet.repository.write(
        text.replacing(
          "    name: 'web-{{name}}'", with: "    name: 'web-{{name}}'\n      annotations: {muster.dev/drift: Strict}"),
        to: "templates/web.yaml")
      try fleet.startHub()
      try await fleet.untilConverged([application])
      try await fleet.edit("edge-1", "configmaps/settings", .merge(#"{"data":{"extra":"x"}}"#))
      try await fleet.until("removed") {
        try await fleet.value("edge-1", "configmaps/settings", "data", "extra") == nil
      }
      try await fleet.untilConverged([application])
      #expect(try await fleet.value("edge-1", "deployments/web", "status", "readyReplicas")?.int == 2)
    }
  }

  @Test func ignoredManagersKeepTheirFields() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(WebSource.base)
      let rule =
        "ignoreDifferences: [{group: apps, kind: Deployment, managedFieldsManagers: [scaler]}, {kind: ConfigMap, jqPathExpressions: ['.data.color']}]"
      try fleet.writeSet()
      let text = try String(contentsOfFile: fleet.repository.path + "/templates/web.yaml", encoding: .utf8)
      try fleet.repository.write(
        text.replacing("    project: default\n", with: "    project: default\n      \(rule)\n"),
        to: "templates/web.yaml")
      try fleet.startHub()
      try await fleet.untilConverged([application])
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "green")
      try await fleet.edit("edge-1", "deployments/web", .merge(#"{"spec":{"replicas":7}}"#), manager: "scaler")
      try await fleet.edit("edge-1", "configmaps/settings", .merge(#"{"data":{"color":"pink"}}"#))
      try await fleet.settle(application)
      // Nor does a commit that changes something else take them back.
      let revision = try await fleet.commit([
        "web/deployment.yaml": WebSource.deployment(image: "web:2"),
        "web/settings.yaml": WebSource.settings().replacing("large", with: "small"),
      ])
      try await fleet.untilConverged([application], revision: revision)
      #expect(try await fleet.value("edge-1", "deployments/web", "spec", "replicas")?.int == 7)
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "pink")
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "size")?.string == "small")
    }
  }

  @Test func aDeletionAsksItsHooksAndGoesThroughWavesTheOtherWay() async throws {
    try await TestFleet.with { fleet in
      func job(_ name: String, _ phase: String) -> String {
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: \(name), annotations: {argocd.argoproj.io/hook: \(phase)}}
        spec: {backoffLimit: 0, template: {spec: {restartPolicy: Never, containers: [{name: job, image: job:1}]}}}
        """
      }
      func waved(_ name: String, _ wave: Int) -> String {
        WebSource.settings(name).replacing("purpose: test", with: "argocd.argoproj.io/sync-wave: '\(wave)'")
      }
      try await fleet.commit([
        "web/before.yaml": job("before", "PreDelete"), "web/after.yaml": job("after", "PostDelete"),
        "web/low.yaml": waved("low", -1), "web/high.yaml": waved("high", 4),
        "web/kept.yaml": waved("kept", 2).replacing(
          "annotations:", with: "annotations:\n    argocd.argoproj.io/sync-options: Delete=false"),
      ])
      try fleet.writeApplication(finalizer: true)
      try fleet.startHub()
      try await fleet.untilConverged([application])
      try await fleet.until("synced") { try await fleet.status(application).operation?.phase == .succeeded }
      let before = try fleet.writes("edge-1").count
      try fleet.repository.remove("templates/web.yaml")
      try await fleet.until("gone") { try await fleet.hub.engine.applicationView(application) == nil }
      var names: [String] = []
      for write in try fleet.writes("edge-1").dropFirst(before) {
        let name = write.split(separator: "?")[0].split(separator: "/").last.map(String.init) ?? ""
        if ["before", "after", "low", "high", "kept"].contains(name), names.last != name { names.append(name) }
      }
      #expect(names.filter { $0 != "kept" }.prefix(4) == ["before", "high", "low", "after"], "\(names)")
      #expect(try await fleet.exists("edge-1", "configmaps/kept"))
      #expect(try await fleet.object("edge-1", "configmaps/low") == nil)
    }
  }
}
