import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

/// Bases of other repositories, where the hub and the project allow them.
@Suite(.serialized) struct RemoteBaseTests {
  private let application = "web-edge-1"

  private func writeProject(_ fleet: TestFleet, _ repositories: String) throws {
    try fleet.repository.write(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: AppProject
      metadata: {name: default}
      spec:
        sourceRepos: \(repositories)
        destinations: [{server: '*', namespace: '*'}]
        clusterResourceWhitelist: [{group: '', kind: Namespace}]

      """, to: "templates/project.yaml")
  }

  @Test func aBaseIsAppliedWhereTheProjectPermitsIt() async throws {
    try await TestFleet.with { fleet in
      let base = try await TestRepository()
      try await base.commit(["b/kustomization.yaml": "resources: [s.yaml]\n", "b/s.yaml": WebSource.settings()])
      try await fleet.commit(["web/kustomization.yaml": "resources: ['file://\(base.path)//b?ref=main']\n"])
      try writeProject(fleet, "['\(fleet.source.path)']")
      try fleet.writeSet()
      try fleet.startHub { $0.baseHosts = ["file"] }
      try await fleet.until("refused") {
        try await fleet.status(application).message.contains("is not permitted in project 'default'")
      }
      #expect(try await fleet.object("edge-1", "configmaps/settings") == nil)
      try writeProject(fleet, "['*']")
      try await fleet.untilConverged([application])
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "green")
      try await base.commit(["b/s.yaml": WebSource.settings(color: "blue")])
      _ = try await fleet.hub.mirrors.resolve(try GitURL("file://" + base.path), revision: "main", freshness: .now)
      _ = try await fleet.hub.engine.refresh(application)
      try await fleet.until("followed") {
        try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "blue"
      }
    }
  }

  @Test func withoutTheHubsWordThereIsNone() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(["web/kustomization.yaml": "resources: ['https://example.org/a/b//c?ref=main']\n"])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.until("refused") {
        try await fleet.status(application).message.contains("is a remote resource, which is not allowed")
      }
    }
  }

  @Test func aSessionSaysWhatItsClusterServes() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged([application])
      let engine = try fleet.hub.engine
      let session = try #require(await engine.sessions.values.first?.session)
      let capabilities = try await session.capabilities()
      #expect(HelmTemplate.plainVersion(capabilities.kubeVersion) != nil, "\(capabilities.kubeVersion)")
      #expect(Set(["v1", "apps/v1", "apps/v1/Deployment", "v1/ConfigMap"]).isSubset(of: capabilities.apiVersions))
      #expect(capabilities.apiVersions == capabilities.apiVersions.sorted())
      #expect(try await session.capabilities() == capabilities)
    }
  }
}
