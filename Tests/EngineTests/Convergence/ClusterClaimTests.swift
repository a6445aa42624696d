import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

/// One cluster, one registration: what claims the name or the cluster of another one is told, and not used.
@Suite(.serialized) struct ClusterClaimTests {
  @Test func anUnrelatedLabelLiftsNoRefusal() async throws {
    try await TestFleet.with(["edge-1", "edge-2", "edge-3"]) { fleet in
      try await fleet.commit(WebSource.base)
      // Two manifests claim the name edge-1.
      let twin = try fleet.cluster("edge-2").server
      try fleet.writeCluster("edge-1")
      try fleet.repository.remove("clusters/edge-2.yaml")
      try fleet.writeCluster("edge-1", server: twin, file: "twin")
      try fleet.writeSet(destination: "name: '{{name}}'")
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-3"])
      let hub = try fleet.hub
      for label in ["x", "y"] {
        var override = ClusterOverride(name: "edge-3", actor: "test", time: Date())
        override.labels[label] = .some("1")
        try await hub.engine.store.clusterOverrides.put(override)
        await hub.engine.refreshFleet()
        #expect(await hub.engine.registry[try #require(ClusterName("edge-3"))]?.labels[label] == "1")
        #expect(await hub.engine.registry.ambiguousNames.map(\.text) == ["edge-1"])
        let problems = try #require(await hub.engine.setView("web")).problems
        #expect(problems.contains { $0.contains("there are several clusters named 'edge-1'") }, "\(problems)")
        #expect(await hub.engine.applicationView("web-edge-1") == nil)
      }
      #expect(try fleet.writes("edge-1").isEmpty && fleet.writes("edge-2").isEmpty)
    }
  }

  private func registration(_ name: String, _ server: String, uid: String) -> Registration {
    Registration(
      name: name, server: server, clusterUID: uid, labels: ["tier": "edge"], credentials: Array("token".utf8),
      registeredAt: Date(), renewedAt: Date())
  }

  private func view(_ fleet: TestFleet, _ name: String) async throws -> HubEngine.ClusterView? {
    try await fleet.hub.engine.clusterViews().first { $0.cluster.name.text == name }
  }

  /// The same address, written another way.
  private func alias(of server: String) throws -> String {
    let parts = server.split(separator: "/")[1].split(separator: ":")
    let numbers = parts[0].split(separator: ".").compactMap { Int($0) }
    try #require(numbers.count == 4)
    return "https://\(numbers[0]).\(numbers[1]).\(numbers[2] * 256 + numbers[3]):\(parts[1])"
  }

  @Test func aSecondNameForAClusterIsNotUsed() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(WebSource.base)
      let server = try fleet.cluster("edge-1").server
      let alias = try alias(of: server)
      let host = server.split(separator: "/")[1].split(separator: ":")[0]
      try fleet.writeCluster("zeta", server: alias, context: "edge-1", spec: "tlsServerName: '\(host)'")
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"])
      let words = "cluster zeta is cluster edge-1 under another name"
      try await fleet.until("blocked") { try await fleet.status("web-zeta").message.contains(words) }
      try await fleet.settle("web-zeta")
      #expect(try fleet.hub.transport.writes.allSatisfy { !$0.contains(alias) })
      let problems = try await fleet.hub.engine.fleetProblems.diagnostics
      #expect(problems.map(\.code) == ["cluster.same-cluster"])
      #expect(problems.first?.location?.file.hasSuffix("clusters/zeta.yaml") == true)
      let view = try #require(await view(fleet, "zeta"))
      #expect(view.state == "Unknown" && view.message.contains(words))
      // Once the first name is gone, the second one is used.
      try fleet.repository.remove("clusters/edge-1.yaml")
      try await fleet.until("used") { try await self.view(fleet, "zeta")?.state == "Reachable" }
      #expect(try await fleet.hub.engine.fleetProblems.diagnostics.allSatisfy { $0.code != "cluster.same-cluster" })
    }
  }

  @Test func registrationsYieldToManifests() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(WebSource.base)
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"])
      let engine = try fleet.hub.engine
      let server = try fleet.cluster("edge-1").server
      let uid = try #require(
        await fleet.object("edge-1", "namespaces/kube-system")?["metadata"]?["uid"]?.string)
      try await engine.store.registrations.put(registration("alpha", "https://127.0.0.1:1", uid: uid))
      try await engine.store.registrations.put(registration("beta", server + "/", uid: "2"))
      try await engine.store.registrations.put(registration("edge-1", "https://127.0.0.1:2", uid: "3"))
      await engine.refreshFleet()
      let problems = await engine.fleetProblems.diagnostics
      #expect(
        problems.map(\.code) == ["cluster.duplicate-server", "cluster.unused-registration", "cluster.same-cluster"])
      for (problem, name) in zip(problems, ["beta", "edge-1", "alpha"]) {
        #expect(problem.help?.contains("muster cluster unregister \(name)") == true)
      }
      let states = await engine.clusterViews().map { [$0.cluster.name.text, $0.state, $0.message] }
      #expect(states.map { $0[0] } == ["alpha", "beta", "edge-1"])
      #expect(states[0][1...] == ["Unknown", "cluster alpha is cluster edge-1 under another name, and is not used"])
      #expect(states[1][1...] == ["Unknown", "cluster edge-1 has its server, and it is not used"])
      #expect(states[2][1] == "Reachable")
      try await fleet.settle("web-edge-1")
      #expect(try await fleet.status("web-edge-1").sync == .synced)
      #expect(await engine.applicationView("web-beta") == nil)
      let table: [(name: String, server: String, uid: String, words: String?)] = [
        ("new", "https://127.0.0.1:9", "9", nil), ("alpha", "https://127.0.0.1:1", "9", nil),
        ("edge-1", server, "9", "the fleet repository has a cluster 'edge-1' with credentials of its own"),
        ("new", server + "/", "9", "cluster 'edge-1' has this server already"),
        ("new", "https://127.0.0.1:9", uid, "this is cluster '"),
      ]
      for (name, server, uid, words) in table {
        let refusal = await engine.refusal(
          ofRegistering: try #require(ClusterName(name)), server: server, clusterUID: uid)
        #expect((refusal == nil) == (words == nil), "\(name) \(server) \(uid): \(refusal ?? "")")
        if let words { #expect(refusal?.hasPrefix(words) == true, "\(refusal ?? "")") }
      }
    }
  }

  @Test func unregisteringEndsTheSessionWhateverTheFleetSays() async throws {
    try await TestFleet.with(["edge-1", "edge-2"]) { fleet in
      let revision = try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      try fleet.repository.remove("clusters/edge-2.yaml")
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"])
      let (engine, server) = (try fleet.hub.engine, try fleet.cluster("edge-2"))
      var registration = registration("edge-2", server.server, uid: "2")
      registration.credentials = Array(server.administratorToken.utf8)
      registration.caData = Array(fleet.simulated.certificateAuthority.utf8)
      try await engine.store.registrations.put(registration)
      await engine.refreshFleet()
      try await fleet.untilConverged(["web-edge-2"], revision: revision)
      // One file that cannot be read: what is missing is not known to be gone.
      try fleet.repository.write("kind: [", to: "clusters/broken.yaml")
      try await fleet.until("told") { try await !fleet.hub.engine.fleetProblems.diagnostics.isEmpty }
      _ = try await engine.store.registrations.remove("edge-2")
      await engine.refreshFleet()
      let name = try #require(ClusterName("edge-2"))
      #expect(await engine.sessions[name] == nil)
      try await fleet.until("told") {
        try await fleet.status("web-edge-2").message.contains("its cluster is not registered")
      }
      #expect(await engine.sessions.count == 1)
      #expect(try await fleet.exists("edge-2", "configmaps/settings"))
      #expect(try await fleet.status("web-edge-1").sync == .synced)
    }
  }
}
