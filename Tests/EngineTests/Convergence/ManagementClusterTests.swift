import Fleet
import Foundation
import Kubernetes
import Manifest
import Testing

@testable import Engine

/// Decision resources of a management cluster say which clusters a set goes to; a cluster that does not answer takes
/// nothing away.
@Suite(.serialized) struct ManagementClusterTests {
  private static let namespace = "argocd"
  private static let collection = "/apis/duck.test/v1/namespaces/\(namespace)/placements"

  private func post(_ fleet: TestFleet, _ path: String, _ body: String) async throws {
    let answer = try await fleet.send("POST", path, to: "management", body)
    try #require(answer.status == 201, "\(answer.body)")
  }

  private func prepare(_ fleet: TestFleet) async throws {
    try await post(
      fleet, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
      """
      {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
       "metadata":{"name":"placements.duck.test"},
       "spec":{"group":"duck.test","scope":"Namespaced",
         "names":{"plural":"placements","singular":"placement","kind":"Placement"},
         "versions":[{"name":"v1","served":true,"storage":true,
           "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}
      """)
    try await post(
      fleet, "/api/v1/namespaces", #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"argocd"}}"#)
    try await post(
      fleet, "/api/v1/namespaces/argocd/configmaps",
      """
      {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"ducks"},
       "data":{"apiVersion":"duck.test/v1","kind":"placements","statusListKey":"decisions","matchKey":"clusterName"}}
      """)
    for _ in 0..<200 where try await fleet.send("GET", Self.collection, to: "management").status != 200 {
      try await Task.sleep(for: .milliseconds(20))
    }
    try await post(fleet, Self.collection, placement(["edge-1", "edge-2", "elsewhere"]))
  }

  private func placement(_ clusters: [String]) -> String {
    let decisions = clusters.map { #"{"clusterName":"\#($0)"}"# }.joined(separator: ",")
    return """
      {"apiVersion":"duck.test/v1","kind":"Placement","metadata":{"name":"web","labels":{"app":"web"}},
       "status":{"decisions":[\(decisions)]}}
      """
  }

  private func decide(_ fleet: TestFleet, _ clusters: [String]) async throws {
    let answer = try await fleet.send(
      "PATCH", Self.collection + "/web", to: "management", placement(clusters), type: "application/merge-patch+json")
    try #require(answer.status == 200, "\(answer.body)")
  }

  private func writeSet(_ fleet: TestFleet, _ generator: String) throws {
    try fleet.repository.write(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: ApplicationSet
      metadata:
        name: web
        annotations: {muster.dev/max-removals: "1"}
      spec:
        generators:
        - clusterDecisionResource: \(generator)
        template:
          metadata:
            name: 'web-{{name}}'
          spec:
            project: default
            source: {repoURL: \(fleet.source.path), path: web, targetRevision: main}
            destination: {server: '{{server}}', namespace: shop}
            syncPolicy: {automated: {prune: true, selfHeal: true}, syncOptions: [CreateNamespace=true]}

      """, to: "templates/web.yaml")
  }

  private func names(_ fleet: TestFleet) async throws -> [String] {
    try await fleet.hub.engine.applicationViews().filter { !$0.isDeleting }.map(\.application.name)
  }

  @Test func aPlacementIsFollowed() async throws {
    for generator in [
      "{configMapRef: ducks, name: web, requeueAfterSeconds: 1}",
      "{configMapRef: ducks, labelSelector: {matchLabels: {app: web}}, requeueAfterSeconds: 1}",
    ] {
      try await TestFleet.with(["edge-1", "edge-2", "management"]) { fleet in
        try await prepare(fleet)
        try await fleet.commit(["web/settings.yaml": WebSource.settings()])
        try fleet.repository.remove("clusters/management.yaml")
        try writeSet(fleet, generator)
        try fleet.startHub(management: "management")
        try await fleet.untilConverged(["web-edge-1", "web-edge-2"])
        #expect(try await names(fleet) == ["web-edge-1", "web-edge-2"])

        // The management cluster is away, refuses, or has lost the placement: all stays.
        try await fleet.setFaults("management") { $0.outage = .refuse }
        try await untilTold(fleet, "management cluster")
        #expect(try await names(fleet) == ["web-edge-1", "web-edge-2"])
        try await fleet.heal("management")
        try await fleet.until("sound again") {
          try await fleet.hub.engine.setViews().first?.problems.isEmpty == true
        }
        let deleted = try await fleet.send("DELETE", Self.collection + "/web", to: "management")
        #expect(deleted.status == 200)
        try await untilTold(fleet, "no resource of placements found")
        #expect(try await names(fleet) == ["web-edge-1", "web-edge-2"])

        try await post(fleet, Self.collection, placement(["edge-2"]))
        try await fleet.until("edge-1 is left") { try await names(fleet) == ["web-edge-2"] }
        try await fleet.until("taken away") { try await !fleet.exists("edge-1", "configmaps/settings") }
        #expect(try await fleet.exists("edge-2", "configmaps/settings"))
        try await decide(fleet, ["edge-1", "edge-2"])
        try await fleet.untilConverged(["web-edge-1", "web-edge-2"])
        #expect(try fleet.hub.transport.writes.allSatisfy { !$0.contains(try fleet.cluster("management").server) })
      }
    }
  }

  private func untilTold(_ fleet: TestFleet, _ words: String) async throws {
    try await fleet.until("told: \(words)") {
      try await fleet.hub.engine.setViews().first?.problems.contains { $0.contains(words) } == true
    }
  }
}
