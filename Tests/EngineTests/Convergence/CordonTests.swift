import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

/// A cluster that is out of service is looked at, and nothing is changed in it.
@Suite(.serialized) struct CordonTests {
  private let application = "web-edge-1"

  private func cordon(_ fleet: TestFleet, _ isCordoned: Bool) async throws {
    let engine = try fleet.hub.engine
    try await engine.store.clusterOverrides.put(
      ClusterOverride(name: "edge-1", cordoned: isCordoned, actor: "somebody", time: Date()))
    await engine.refreshFleet()
  }

  @Test func nothingIsChangedAndAllIsTold() async throws {
    try await TestFleet.with { fleet in
      let first = try await fleet.commit(WebSource.base)
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged([application], revision: first)
      try await cordon(fleet, true)
      try await fleet.until("told") {
        try await fleet.status(application).conditions.contains { $0.type == "ClusterCordoned" }
      }
      let writes = try fleet.writes("edge-1").count
      let second = try await fleet.commit(["web/settings.yaml": WebSource.settings(color: "blue")])
      try await fleet.edit("edge-1", "configmaps/settings", .merge(#"{"data":{"size":"small"}}"#))
      // What Git has now is compared, and not applied; nothing is healed.
      try await fleet.until("compared") {
        let status = try await fleet.status(application)
        return status.sync == .outOfSync && status.revision == second && status.message.contains("is cordoned")
      }
      let notes = try await fleet.hub.engine.sync(
        application, .init(), approvedPrunes: 0, confirmed: false, actor: "somebody")
      #expect(try #require(notes).contains { $0.contains("muster cluster uncordon edge-1") })
      #expect(try #require(await fleet.hub.engine.applicationView(application)).awaitsSync)
      try await fleet.settle(application)
      #expect(try fleet.writes("edge-1").count == writes)
      // The sync that was asked for comes when the cluster is back in service.
      try await cordon(fleet, false)
      try await fleet.untilConverged([application], revision: second)
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "blue")
      #expect(try await fleet.hub.engine.applicationView(application)?.awaitsSync == false)
    }
  }

  @Test func nothingIsDeletedThere() async throws {
    try await TestFleet.with { fleet in
      let first = try await fleet.commit(WebSource.base)
      try fleet.writeApplication(finalizer: true)
      try fleet.startHub()
      try await fleet.untilConverged([application], revision: first)
      try await cordon(fleet, true)
      try fleet.repository.remove("templates/web.yaml")
      try await fleet.until("being deleted") {
        let view = try await fleet.hub.engine.applicationView(application)
        return view?.isDeleting == true && view?.status.message.contains("is cordoned") == true
      }
      #expect(try fleet.deletions("edge-1").isEmpty)
      try await cordon(fleet, false)
      try await fleet.until("gone") { try await fleet.object("edge-1", "configmaps/settings") == nil }
    }
  }
}
