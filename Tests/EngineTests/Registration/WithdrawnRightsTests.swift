import Fleet
import HTTPClient
import Kubernetes
import Manifest
import Simulator
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(2))) struct WithdrawnRightsTests {
  private static let rbac = "/apis/rbac.authorization.k8s.io/v1/"

  /// The paths of the hub's roles and bindings that there are.
  private func rights(_ fleet: TestFleet) async throws -> Set<String> {
    var found: Set<String> = []
    for plural in ["clusterroles", "clusterrolebindings", "roles", "rolebindings"] {
      let answer = try await fleet.send("GET", Self.rbac + plural, to: "edge-1")
      for item in answer.body["items"]?.sequence ?? [] where item["metadata"]?["name"]?.string == "muster-hub" {
        found.insert(plural + ":" + (item["metadata"]?["namespace"]?.string ?? ""))
      }
    }
    return found
  }

  private func registrar(_ fleet: TestFleet, _ transport: any Transport) throws -> ClusterRegistrar {
    let kubeconfig = try Kubeconfig(Array(fleet.simulated.kubeconfig.utf8), file: "kubeconfig")
    let access = try kubeconfig.context("edge-1").access
    return ClusterRegistrar(
      client: KubernetesClient(access: access, transport: transport, userAgent: "test/1"), subject: "cluster edge-1")
  }

  private static func kept(to namespaces: String...) -> Set<String> {
    Set((namespaces + ["muster-system"]).flatMap { ["roles:" + $0, "rolebindings:" + $0] })
  }

  @Test func takesAwayWhatIsNotGivenAnyMore() async throws {
    try await TestFleet.with { fleet in
      let curl = try CurlTransport()
      defer { curl.shutdown() }
      let registrar = try registrar(fleet, curl)
      for namespace in ["team-a", "team-b"] {
        let made = try await fleet.send(
          "POST", "/api/v1/namespaces", to: "edge-1",
          #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"\#(namespace)"}}"#)
        #expect(made.status == 201)
      }
      let turns: [(namespaces: [String], removed: Int, there: Set<String>)] = [
        ([], 0, ["clusterroles:", "clusterrolebindings:"]),
        (["team-a", "team-b"], 2, Self.kept(to: "team-a", "team-b")),
        (["team-b"], 2, Self.kept(to: "team-b")), (["team-b"], 0, Self.kept(to: "team-b")),
        ([], 4, ["clusterroles:", "clusterrolebindings:"]),
      ]
      for turn in turns {
        let manifests = RegistrationManifests(namespaces: turn.namespaces)
        try await registrar.prepare(manifests)
        let withdrawn = try await registrar.withdrawRights(beside: manifests)
        #expect(withdrawn.removed.count == turn.removed && withdrawn.kept.isEmpty, "\(withdrawn)")
        #expect(withdrawn.problem == nil)
        #expect(try await rights(fleet) == turn.there, "\(turn.namespaces)")
      }
    }
  }

  @Test func leavesWhatOthersWrote() async throws {
    try await TestFleet.with { fleet in
      let curl = try CurlTransport()
      defer { curl.shutdown() }
      let registrar = try registrar(fleet, curl)
      try await registrar.prepare(RegistrationManifests(namespaces: []))
      // One that somebody changed, one that is part of an Application, and one that was never ours.
      let role = Self.rbac + "clusterroles/muster-hub"
      let changed = try await fleet.send(
        "PATCH", role + "?fieldManager=kubectl-edit", to: "edge-1", #"{"rules":[]}"#,
        type: "application/merge-patch+json")
      #expect(changed.status == 200)
      let labelled = try await fleet.send(
        "PATCH", Self.rbac + "clusterrolebindings/muster-hub?fieldManager=muster-label", to: "edge-1",
        #"{"metadata":{"labels":{"applyset.kubernetes.io/part-of":"applyset-x-v1"}}}"#,
        type: "application/merge-patch+json")
      #expect(labelled.status == 200)
      let foreign = try await fleet.send(
        "POST", Self.rbac + "namespaces/default/roles?fieldManager=someone", to: "edge-1",
        #"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"muster-hub"},"rules":[]}"#)
      #expect(foreign.status == 201)
      let manifests = RegistrationManifests(namespaces: ["default-not"])
      let withdrawn = try await registrar.withdrawRights(beside: manifests)
      #expect(withdrawn.removed.isEmpty)
      #expect(
        withdrawn.kept == [
          "ClusterRoleBinding muster-hub", "ClusterRole muster-hub", "Role muster-hub in default",
        ])
      #expect(try await rights(fleet).count == 3)
      // Who may not see the whole cluster is told so.
      let narrow = WiretappedTransport(curl, denials: [("GET", "/clusterrolebindings")])
      let told = try await self.registrar(fleet, narrow).withdrawRights(beside: manifests)
      #expect(told.removed.isEmpty && told.kept.isEmpty && told.problem?.contains("forbidden") == true)
    }
  }
}
