import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

/// Syncs that are refused, cut short or in the way of others, and what goes on all the same.
@Suite(.serialized) struct SyncTroubleTests {
  private let application = "web-edge-1"

  private func history(_ fleet: TestFleet) async throws -> [SyncOperation] {
    try await fleet.hub.engine.syncs(of: application, limit: 100)
  }

  @Test func whatIsRefusedIsTriedAgainAsThePolicySays() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(["web/deployment.yaml": WebSource.deployment(replicas: -1)])
      let retry = "retry: {limit: 2, backoff: {duration: 1s, factor: 1}}"
      try fleet.writeSet(syncPolicy: "{automated: {}, syncOptions: [CreateNamespace=true], \(retry)}")
      try fleet.startHub()
      try await fleet.until("its tries are used up") {
        try await history(fleet).first?.phase == .failed
      }
      #expect(try await history(fleet).map(\.retries) == [2])
    }
  }

  /// A sync of one object runs no hooks, and says nothing of the state as a whole.
  @Test func aSyncOfOneObjectIsNotTheWholeSync() async throws {
    try await TestFleet.with { fleet in
      try await fleet.setFaults("edge-1") { $0.failingImages = ["crashing:1"] }
      let hook = """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: migrate, annotations: {argocd.argoproj.io/hook: PreSync}}
        spec: {template: {spec: {restartPolicy: Never, containers: [{name: job, image: 'crashing:1'}]}}}

        """
      try await fleet.commit([
        "web/pre.yaml": hook, "web/settings.yaml": WebSource.settings(), "web/other.yaml": WebSource.settings("other"),
      ])
      try fleet.writeSet(
        syncPolicy: "{automated: {selfHeal: true}, syncOptions: [CreateNamespace=true], retry: {limit: 0}}")
      try fleet.startHub()
      try await fleet.until("the hook fails") { try await history(fleet).first?.phase == .failed }
      let one = try #require(ObjectSelection(":ConfigMap:other"))
      _ = try await fleet.hub.engine.sync(
        application, .init(selection: [one]), approvedPrunes: 0, confirmed: false, actor: "somebody")
      try await fleet.until("that one is there") { try await fleet.exists("edge-1", "configmaps/other") }
      for restarts in [false, true] {
        if restarts {
          await fleet.stopHub()
          try fleet.startHub()
          try await fleet.until("it is known") { try await fleet.hub.engine.refresh(application) }
        }
        try await fleet.settle(application)
        #expect(try await fleet.object("edge-1", "configmaps/settings") == nil, "restarted: \(restarts)")
        #expect(try await history(fleet).map(\.phase) == [.succeeded, .failed], "restarted: \(restarts)")
      }
    }
  }

  @Test func aNamespaceThatSomebodyDeletedIsMadeAgain() async throws {
    try await TestFleet.with { fleet in
      let revision = try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged([application], revision: revision)
      let answer = try await fleet.send("DELETE", "/api/v1/namespaces/\(TestFleet.namespace)", to: "edge-1")
      try #require(answer.status < 300)
      try await fleet.until("it is back") { try await fleet.exists("edge-1", "configmaps/settings") }
      try await fleet.untilConverged([application], revision: revision)
    }
  }

  /// Nothing that others left on an object gives way for a manifest that no server takes.
  @Test func aTypoTakesNothingFromOthers() async throws {
    try await TestFleet.with { fleet in
      let revision = try await fleet.commit(["web/deployment.yaml": WebSource.deployment()])
      try fleet.writeSet(syncPolicy: "{automated: {}, syncOptions: [CreateNamespace=true], retry: {limit: 0}}")
      try fleet.startHub()
      try await fleet.untilConverged([application], revision: revision)
      try await fleet.edit(
        "edge-1", "deployments/web", .merge(#"{"metadata":{"labels":{"theirs":"stays"}}}"#), manager: "somebody")
      try await fleet.commit(["web/deployment.yaml": WebSource.deployment(replicas: -1)])
      try await fleet.until("refused") { try await history(fleet).first?.phase == .failed }
      let mended = try await fleet.commit(["web/deployment.yaml": WebSource.deployment(replicas: 3)])
      try await fleet.untilConverged([application], revision: mended)
      #expect(try await fleet.value("edge-1", "deployments/web", "metadata", "labels", "theirs")?.string == "stays")
    }
  }

  @Test func whoDeletesAnObjectAgainAndAgainIsAnsweredEverLater() async throws {
    try await TestFleet.with { fleet in
      let revision = try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged([application], revision: revision)
      for _ in 0..<5 {
        try await fleet.delete("edge-1", "configmaps/settings")
        try await fleet.until("it is back at once") { try await fleet.exists("edge-1", "configmaps/settings") }
      }
      try await fleet.delete("edge-1", "configmaps/settings")
      try await fleet.until("told") {
        try await fleet.status(application).conditions.contains {
          $0.type == "Contested" && $0.message.contains("existence")
        }
      }
    }
  }

  @Test func healthThatIsNobodysConcernDoesNotCount() async throws {
    try await TestFleet.with { fleet in
      try await fleet.setFaults("edge-1") { $0.brokenImages = ["slow:1"] }
      let unjudged = WebSource.deployment(image: "slow:1").replacing(
        "name: web\nspec", with: "name: web\n  annotations: {argocd.argoproj.io/ignore-healthcheck: 'true'}\nspec")
      let revision = try await fleet.commit([
        "web/deployment.yaml": unjudged, "web/settings.yaml": WebSource.settings(),
      ])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged([application], revision: revision)
    }
  }

  @Test func brokenInputIsToldWithItsPlace() async throws {
    let table = [
      (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {port: 80}\n",
        "web/bad.yaml:1:1: stringData of Secret 's' has a value that is not a string"
      ),
      (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: run-}\n",
        "web/bad.yaml:1:1: ConfigMap has a generateName and no name, and is no hook"
      ),
    ]
    for (manifest, message) in table {
      try await TestFleet.with { fleet in
        try await fleet.commit(["web/bad.yaml": manifest, "web/settings.yaml": WebSource.settings()])
        try fleet.writeSet()
        try fleet.startHub()
        try await fleet.until("told") {
          try await fleet.status(application).conditions.contains {
            $0.type == "ComparisonError" && $0.message.hasSuffix(message)
          }
        }
        let revision = try await fleet.commit(removing: ["web/bad.yaml"])
        try await fleet.untilConverged([application], revision: revision)
      }
    }
  }

  /// `argocd.argoproj.io/skip-reconcile`, and `compare-options: IgnoreExtraneous` on an object that left Git.
  @Test func whatPeopleTookOutOfItsHandsStays() async throws {
    try await TestFleet.with { fleet in
      let extra = WebSource.settings("extra").replacing(
        "purpose: test", with: "argocd.argoproj.io/compare-options: IgnoreExtraneous")
      let first = try await fleet.commit(["web/settings.yaml": WebSource.settings(), "web/extra.yaml": extra])
      try fleet.writeApplication(finalizer: true)
      let text = try String(contentsOfFile: fleet.repository.path + "/templates/web.yaml", encoding: .utf8)
      try fleet.repository.write(text.replacing("prune: true, ", with: ""), to: "templates/web.yaml")
      try fleet.startHub()
      try await fleet.untilConverged([application], revision: first)
      let second = try await fleet.commit(removing: ["web/extra.yaml"])
      try await fleet.untilConverged([application], revision: second)
      #expect(try await fleet.exists("edge-1", "configmaps/extra"))
      let skipped = text.replacing(
        "name: web-edge-1\n", with: "name: web-edge-1\n  annotations: {argocd.argoproj.io/skip-reconcile: 'true'}\n")
      try fleet.repository.write(skipped, to: "templates/web.yaml")
      try await fleet.until("skipped") {
        try await fleet.status(application).conditions.contains { $0.type == "ReconcileSkipped" }
      }
      try await fleet.commit(["web/settings.yaml": WebSource.settings(color: "red")])
      try await fleet.edit("edge-1", "configmaps/settings", .merge(#"{"data":{"color":"blue"}}"#))
      try await fleet.settle(application)
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "blue")
      try fleet.repository.remove("templates/web.yaml")
      try await fleet.until("its deletion waits") {
        try await fleet.status(application).conditions.contains { $0.type == "DeletionError" }
      }
      #expect(try await fleet.exists("edge-1", "configmaps/settings"))
      try fleet.repository.write(text, to: "templates/web.yaml")
      try await fleet.until("goes on") {
        try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "red"
      }
    }
  }
}
