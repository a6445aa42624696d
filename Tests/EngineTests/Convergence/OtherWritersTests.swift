import Foundation
import Manifest
import Testing

@testable import Engine

/// Other hubs, other Applications, and servers that forgot what they knew.
@Suite(.serialized) struct OtherWritersTests {
  @Test func aServerThatComesBackOlderIsListedAnew() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(WebSource.base)
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"])
      let server = try fleet.cluster("edge-1")
      server.restoreFromBackup(revisions: 40)
      let restored = server.revision
      try await fleet.edit("edge-1", "configmaps/settings", .merge(#"{"data":{"color":"red"}}"#))
      try await fleet.delete("edge-1", "services/web")
      try await fleet.until("made good") {
        let color = try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string
        let service = try await fleet.exists("edge-1", "services/web")
        return color == "green" && service
      }
      #expect(server.revision < restored + 40, "the server is still behind what the hub had seen")
      let revision = try await fleet.commit(["web/settings.yaml": WebSource.settings(color: "blue")])
      try await fleet.untilConverged(["web-edge-1"], revision: revision)
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "blue")
      #expect(try fleet.deletions("edge-1").isEmpty)
    }
  }

  @Test func anotherHubTouchesNothing() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(WebSource.base)
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"])
      let (first, data) = (try fleet.hub, try TemporaryFolder())
      let before = first.transport.writes
      let other = try TestHub(fleet: fleet.repository.path, data: data.path, id: "hub-two")
      do {
        try await fleet.until("the other hub stops at the mark") {
          await other.engine.applicationView("web-edge-1")?.status.conditions.contains {
            $0.type == "ForeignHub" && $0.message.contains("hub-one")
          } == true
        }
        // Not even on request, nor when its Application goes.
        #expect(
          await other.engine.sync(
            "web-edge-1", .init(prune: true, force: true), approvedPrunes: 9, confirmed: false, actor: "test")
            != nil)
        await fleet.stopHub()
        try fleet.repository.remove("templates/web.yaml")
        other.repository.refresh()
        try await fleet.until("forgotten by the other hub", on: other) {
          await other.engine.applicationView("web-edge-1") == nil
        }
      } catch {
        await other.stop()
        throw error
      }
      await other.stop()
      #expect(other.transport.writes.isEmpty)
      #expect(first.transport.writes == before)
      #expect(try await fleet.exists("edge-1", "configmaps/settings"))
    }
  }

  @Test func anObjectHasOneClaimant() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(WebSource.base.merging(["late/settings.yaml": WebSource.settings(color: "red")]) { $1 })
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"])
      try fleet.writeSet("late", path: "late")
      try await fleet.until("the claim is told") {
        try await fleet.status("late-edge-1").resources.contains {
          $0.id.name == "settings" && $0.message.contains("claimed by") && $0.sync == .outOfSync
        }
      }
      for name in ["web-edge-1", "late-edge-1"] { try await fleet.settle(name) }
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "green")
      #expect(try await fleet.status("web-edge-1").sync == .synced)
      // The claim outlives a restart, whoever comes first.
      for _ in 0..<3 {
        await fleet.killHub()
        try fleet.startHub()
        try await fleet.untilConverged(["web-edge-1"])
        try await fleet.until("the claim is told again") {
          try await fleet.status("late-edge-1").resources.contains { $0.message.contains("claimed by") }
        }
      }
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "green")
      // Who never had it does not take it away.
      try fleet.repository.remove("templates/late.yaml")
      try await fleet.until("forgotten") { try await fleet.hub.engine.applicationView("late-edge-1") == nil }
      #expect(try await fleet.exists("edge-1", "configmaps/settings"))
    }
  }
}
