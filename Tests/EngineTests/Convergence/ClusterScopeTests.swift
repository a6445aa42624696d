import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

/// Clusters that the hub keeps to some namespaces of.
@Suite(.serialized) struct ClusterScopeTests {
  private let application = "web-edge-1"

  private func settings(in namespace: String) -> String {
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: outside, namespace: \(namespace)}\ndata: {a: b}\n"
  }

  private let role = """
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: outside}
    rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]

    """

  private func untilRefused(_ fleet: TestFleet, _ words: String) async throws {
    try await fleet.until("refused: \(words)") {
      try await fleet.status(application).conditions.contains {
        $0.type == "InvalidSpecError" && $0.message.contains(words)
      }
    }
  }

  @Test func objectsOutsideStopTheWholeSync() async throws {
    try await TestFleet.with { fleet in
      try fleet.writeCluster("edge-1", spec: "namespaces: [shop, other], clusterResources: false")
      let first = try await fleet.commit(WebSource.base)
      try fleet.writeSet()
      try fleet.startHub()
      // The namespace is one of those that are named, and is made.
      try await fleet.untilConverged([application], revision: first)
      let table = [
        (
          settings(in: "default"),
          "ConfigMap default/outside: namespace 'default' is not managed in cluster 'edge-1', which is kept to"
        ),
        (role, "cluster-scoped objects are not managed in cluster 'edge-1'"),
      ]
      for (manifest, words) in table {
        let before = try fleet.writes("edge-1").count
        try await fleet.commit([
          "web/outside.yaml": manifest, "web/settings.yaml": WebSource.settings(color: "blue"),
        ])
        try await untilRefused(fleet, words)
        try await fleet.settle(application)
        #expect(try fleet.writes("edge-1").count == before)
      }
      // Cluster-scoped objects may be permitted beside the namespaces.
      try fleet.writeCluster("edge-1", spec: "namespaces: [shop, other]")
      try await fleet.untilConverged([application])
      let answer = try await fleet.send(
        "GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles/outside", to: "edge-1")
      #expect(answer.status == 200)
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "blue")
    }
  }

  @Test func aNamespaceThatIsNotNamedIsNotMade() async throws {
    try await TestFleet.with { fleet in
      try fleet.writeCluster("edge-1", spec: "namespaces: [other], clusterResources: false")
      try await fleet.commit(WebSource.base)
      try fleet.writeSet()
      try fleet.startHub()
      try await untilRefused(fleet, "namespace 'shop' is not managed in cluster 'edge-1'")
      try await fleet.settle(application)
      #expect(try fleet.writes("edge-1").isEmpty)
      #expect(try await fleet.object("edge-1", "namespaces/shop") == nil)
    }
  }

  @Test func whatLiesOutsideByNowIsNotPruned() async throws {
    try await TestFleet.with { fleet in
      let first = try await fleet.commit(
        WebSource.base.merging(["web/outside.yaml": settings(in: "default")]) { $1 })
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged([application], revision: first)
      try fleet.writeCluster("edge-1", spec: "namespaces: [shop], clusterResources: false")
      try await untilRefused(fleet, "namespace 'default' is not managed")
      let second = try await fleet.commit(removing: ["web/outside.yaml"])
      try await fleet.untilConverged([application], revision: second)
      try await fleet.settle(application)
      #expect(try fleet.deletions("edge-1").isEmpty)
      #expect(try await fleet.object("edge-1", "configmaps/outside", namespace: "default") != nil)
    }
  }
}
