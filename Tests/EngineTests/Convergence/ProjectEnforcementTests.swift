import Foundation
import Testing

@testable import Engine

/// What a project does not permit is not synced, and nothing of it is deleted.
@Suite(.serialized) struct ProjectEnforcementTests {
  private func writeProject(
    _ fleet: TestFleet, namespace: String, cluster kinds: String = "[{group: '*', kind: '*'}]"
  ) throws {
    try fleet.repository.write(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: AppProject
      metadata: {name: default}
      spec:
        sourceRepos: ['*']
        destinations: [{server: '*', namespace: \(namespace)}]
        clusterResourceWhitelist: \(kinds)

      """, to: "templates/project.yaml")
  }

  @Test func aRefusedApplicationStandsStillAndGoesOnWhenItIsPermitted() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      try fleet.writeSet()
      try writeProject(fleet, namespace: TestFleet.namespace)
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"])
      try writeProject(fleet, namespace: "elsewhere")
      try await fleet.until("refused") {
        let status = try await fleet.status("web-edge-1")
        return status.conditions.contains {
          $0.type == "InvalidSpecError" && $0.message.contains("do not match any of the allowed destinations")
        }
      }
      // Neither a commit nor drift is followed, and nothing goes.
      try await fleet.commit(["web/settings.yaml": WebSource.settings(color: "red")])
      for _ in 0..<5 { await (try fleet.hub).engine.refreshFleet() }
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "green")
      #expect(try fleet.deletions("edge-1").isEmpty)
      #expect(try await fleet.hub.engine.setViews().allSatisfy { $0.problems.isEmpty })
      try writeProject(fleet, namespace: TestFleet.namespace)
      try await fleet.until("permitted") {
        try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "red"
      }
      try await fleet.untilConverged(["web-edge-1"])
      #expect(try await fleet.status("web-edge-1").conditions.allSatisfy { $0.type != "InvalidSpecError" })
    }
  }

  @Test func aNamespaceIsMadeOnlyWhereTheProjectPermitsIt() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      try fleet.writeApplication(finalizer: false)
      try writeProject(fleet, namespace: TestFleet.namespace, cluster: "[]")
      try fleet.startHub()
      try await fleet.until("refused") {
        try await fleet.status("web-edge-1").conditions.contains {
          $0.type == "SyncError" && $0.message.contains("CreateNamespace=true: ")
        }
      }
      #expect(try await !fleet.exists("edge-1", "namespaces/" + TestFleet.namespace))
      try writeProject(fleet, namespace: TestFleet.namespace)
      try await fleet.untilConverged(["web-edge-1"])
    }
  }

  @Test func whatTheProjectHasNoSayInStaysWhenItsApplicationGoes() async throws {
    try await TestFleet.with { fleet in
      let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: annex}\n"
      try await fleet.commit(["web/settings.yaml": WebSource.settings(), "web/annex.yaml": namespace])
      try fleet.writeApplication(finalizer: true)
      try writeProject(fleet, namespace: TestFleet.namespace)
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"])
      try writeProject(fleet, namespace: TestFleet.namespace, cluster: "[]")
      try await fleet.until("refused") {
        try await fleet.status("web-edge-1").conditions.contains { $0.type == "InvalidSpecError" }
      }
      try fleet.repository.remove("templates/web.yaml")
      try await fleet.until("gone") { try await fleet.hub.engine.applicationView("web-edge-1") == nil }
      #expect(try await !fleet.exists("edge-1", "configmaps/settings"))
      #expect(try await fleet.exists("edge-1", "namespaces/annex"))
    }
  }

  @Test func aPlainApplicationNeedsItsProjectToo() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      try fleet.writeApplication(finalizer: false)
      try writeProject(fleet, namespace: "elsewhere")
      try fleet.startHub()
      try await fleet.until("refused") {
        try await fleet.status("web-edge-1").conditions.contains { $0.type == "InvalidSpecError" }
      }
      #expect(try await !fleet.exists("edge-1", "configmaps/settings"))
    }
  }

  @Test func aFleetWhoseOnlyProjectIsBrokenSyncsNothing() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      try fleet.writeApplication(finalizer: false)
      try fleet.repository.write(
        """
        apiVersion: argoproj.io/v1alpha1
        kind: AppProject
        metadata: {name: default}
        spec:
          sourceRepos: 7

        """, to: "templates/project.yaml")
      try fleet.startHub()
      try await fleet.until("waits") {
        try await fleet.status("web-edge-1").conditions.contains {
          $0.type == "InvalidSpecError" && $0.message.contains("project 'default' is not known yet: ")
            && $0.message.contains("templates/project.yaml:5:16 says: ")
        }
      }
      try await fleet.settle("web-edge-1")
      #expect(try fleet.writes("edge-1").isEmpty)
      try writeProject(fleet, namespace: TestFleet.namespace)
      try await fleet.untilConverged(["web-edge-1"])
      // From here on what was read last stands in for what is broken.
      try fleet.repository.write("kind: AppProject\nspec: [", to: "templates/project.yaml")
      let revision = try await fleet.commit(["web/settings.yaml": WebSource.settings(color: "red")])
      try await fleet.untilConverged(["web-edge-1"], revision: revision)
    }
  }
}
