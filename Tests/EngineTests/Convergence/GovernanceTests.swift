import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

/// What projects permit, when, and with whose rights.
@Suite(.serialized) struct GovernanceTests {
  private let application = "web-edge-1"

  private func writeProject(_ fleet: TestFleet, _ spec: String) throws {
    try fleet.repository.write(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: AppProject
      metadata: {name: default}
      spec: \(spec)

      """, to: "templates/project.yaml")
  }

  private let namespaces = "clusterResourceWhitelist: [{group: '', kind: Namespace}]"
  private var open: String { "sourceRepos: ['*'], destinations: [{server: '*', namespace: '*'}], \(namespaces)" }

  @Test func whatIsNotPermittedIsNeitherAppliedNorPruned() async throws {
    try await TestFleet.with { fleet in
      let first = try await fleet.commit(WebSource.base)
      try writeProject(fleet, "{\(open)}")
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged([application], revision: first)
      try writeProject(
        fleet, "{\(open), namespaceResourceBlacklist: [{group: '', kind: Service}]}")
      try await fleet.until("refused") {
        try await fleet.status(application).conditions.contains {
          $0.type == "InvalidSpecError"
            && $0.message.contains("resource :Service is not permitted in project 'default'")
        }
      }
      let writes = try fleet.writes("edge-1").count
      try await fleet.commit(["web/settings.yaml": WebSource.settings(color: "blue")])
      try await fleet.settle(application)
      #expect(try fleet.writes("edge-1").count == writes)
      // Out of reach, an object that left Git stays.
      let revision = try await fleet.commit(removing: ["web/service.yaml"])
      try await fleet.until("the rest is applied") {
        try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "blue"
      }
      try await fleet.settle(application)
      #expect(try await fleet.status(application).revision == revision)
      #expect(try await fleet.exists("edge-1", "services/web"))
      #expect(try fleet.deletions("edge-1").isEmpty)
    }
  }

  @Test func aSourceOrDestinationThatIsNotPermittedStopsTheSync() async throws {
    let table = [
      (
        "{sourceRepos: ['https://elsewhere.example/**'], destinations: [{server: '*', namespace: '*'}]}",
        "is not permitted in project"
      ),
      (
        "{sourceRepos: ['*'], destinations: [{server: '*', namespace: other}]}",
        "do not match any of the allowed destinations"
      ),
    ]
    try await TestFleet.with { fleet in
      try await fleet.commit(WebSource.base)
      try writeProject(fleet, table[0].0)
      try fleet.writeSet()
      try fleet.startHub()
      for (spec, words) in table {
        try writeProject(fleet, spec)
        try await fleet.until("refused: \(words)") { try await fleet.status(application).message.contains(words) }
      }
      #expect(try await fleet.object("edge-1", "configmaps/settings") == nil)
      try writeProject(fleet, "{\(open)}")
      try await fleet.untilConverged([application])
    }
  }

  @Test func syncsWaitForTheirWindow() async throws {
    try await TestFleet.with { fleet in
      let first = try await fleet.commit(WebSource.base)
      try writeProject(fleet, "{\(open)}")
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged([application], revision: first)
      try writeProject(
        fleet,
        "{\(open), syncWindows: [{kind: deny, schedule: '* * * * *', duration: 1h, applications: ['*'], manualSync: true}]}"
      )
      try await fleet.until("closed") {
        try await fleet.status(application).conditions.contains { $0.type == "SyncWindow" }
      }
      let second = try await fleet.commit(["web/settings.yaml": WebSource.settings(color: "blue")])
      try await fleet.edit("edge-1", "configmaps/settings", .merge(#"{"data":{"size":"small"}}"#))
      try await fleet.settle(application)
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "green")
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "size")?.string == "small", "not healed")
      // A person may.
      _ = try await fleet.hub.engine.sync(application, .init(), approvedPrunes: 0, confirmed: false, actor: "somebody")
      try await fleet.untilConverged([application], revision: second)
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "blue")
    }
  }

  @Test func appliesWithTheRightsOfTheAccountThatTheProjectNames() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(WebSource.base)
      try writeProject(
        fleet,
        "{\(open), destinationServiceAccounts: [{server: '*', namespace: other, defaultServiceAccount: nobody}]}")
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.until("no account") {
        try await fleet.status(application).message.contains("names no service account for this destination")
      }
      #expect(try await fleet.object("edge-1", "configmaps/settings") == nil)
      try writeProject(
        fleet,
        "{\(open), destinationServiceAccounts: [{server: '*', namespace: '*', defaultServiceAccount: deployer}]}")
      try await fleet.until("as the account") {
        try fleet.hub.transport.impersonated.contains("system:serviceaccount:\(TestFleet.namespace):deployer")
      }
    }
  }

  @Test func warnsOfWhatBelongsToNobody() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(WebSource.base)
      try writeProject(
        fleet, "{\(open), orphanedResources: {ignore: [{kind: ConfigMap, name: 'known-*'}]}}")
      try fleet.writeSet()
      // Somebody's before the hub begins: it looks once in five minutes.
      let namespace = #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"\#(TestFleet.namespace)"}}"#
      _ = try await fleet.send("POST", "/api/v1/namespaces", to: "edge-1", namespace)
      let owner = try await fleet.create(
        "edge-1", "configmaps", #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"lost"}}"#)
      let uid = try #require(owner["metadata"]?["uid"]?.string)
      let reference = #"[{"apiVersion":"v1","kind":"ConfigMap","name":"lost","uid":"\#(uid)"}]"#
      for (name, rest) in [
        ("known-1", ""), ("child", #","ownerReferences":\#(reference)"#),
        ("copied", #","labels":{"applyset.kubernetes.io/part-of":"x"}"#),
      ] {
        try await fleet.create(
          "edge-1", "configmaps", #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\#(name)"\#(rest)}}"#)
      }
      try fleet.startHub()
      try await fleet.until("warned") {
        try await fleet.status(application).conditions.contains { $0.type == "OrphanedResourceWarning" }
      }
      try await fleet.untilConverged([application])
      let warning = try await fleet.status(application).conditions.first { $0.type == "OrphanedResourceWarning" }
      let message = try #require(warning?.message)
      #expect(message.hasPrefix("Application has "), "\(message)")
      let names = message.split(separator: ": ").last?.split(separator: ", ").map(String.init) ?? []
      let shop = TestFleet.namespace
      #expect(names.contains("ConfigMap \(shop)/lost") && names.contains("ConfigMap \(shop)/copied"), "\(message)")
      for name in ["known-1", "child", "kube-root-ca.crt", "default"] {
        #expect(!names.contains { $0.hasSuffix("/" + name) }, "\(message)")
      }
      let writes = try fleet.writes("edge-1").count
      try await fleet.settle(application)
      #expect(try fleet.writes("edge-1").count == writes)
      try writeProject(fleet, "{\(open), orphanedResources: {warn: false}}")
      try await fleet.until("told no more") {
        try await !fleet.status(application).conditions.contains { $0.type == "OrphanedResourceWarning" }
      }
    }
  }
}
