import Foundation
import Manifest
import Testing

@testable import Engine

/// A hub that was killed resumes: no change is lost, and none has a second effect.
@Suite(.serialized) struct RestartTests {
  private let application = "web-edge-1"
  private let objects = ["configmaps/settings", "configmaps/extra", "services/web", "deployments/web"]
  private var source: [String: String] {
    WebSource.base.merging(["web/extra.yaml": WebSource.settings("extra")]) { $1 }
  }

  /// What every write to an object moves.
  private func versions(_ fleet: TestFleet) async throws -> [String: String] {
    var versions: [String: String] = [:]
    for name in objects {
      versions[name] = try await fleet.value("edge-1", name, "metadata", "resourceVersion")?.string
    }
    return versions
  }

  private func untilDead(_ fleet: TestFleet) async throws {
    let hub = try fleet.hub
    try await fleet.until("killed") { hub.transport.isDead }
    await fleet.killHub()
  }

  /// Starts once more, and expects that nothing at all is written.
  private func expectAtRest(_ fleet: TestFleet, _ what: String) async throws {
    let before = try await versions(fleet)
    await fleet.killHub()
    try fleet.startHub()
    try await fleet.untilConverged([application])
    try await fleet.settle(application)
    #expect(try fleet.writes("edge-1").isEmpty, "\(what)")
    #expect(try await versions(fleet) == before, "\(what)")
  }

  @Test func killedDuringTheFirstSync() async throws {
    let points: [WiretappedTransport.Death] = [
      .beforeWrite(1), .afterWrite(2), .beforeWrite(5), .afterWrite(6),
    ]
    for point in points {
      try await TestFleet.with { fleet in
        let revision = try await fleet.commit(source)
        try fleet.writeSet()
        try fleet.startHub(death: point)
        try await untilDead(fleet)
        try fleet.startHub()
        try await fleet.untilConverged([application], revision: revision)
        for name in objects { #expect(try await fleet.exists("edge-1", name), "\(point): \(name)") }
        #expect(try fleet.deletions("edge-1").isEmpty, "\(point)")
        try await expectAtRest(fleet, "\(point)")
      }
    }
  }

  @Test func killedDuringAnUpdate() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(source)
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged([application])
      let points: [WiretappedTransport.Death] = [.beforeWrite(1), .afterWrite(1), .beforeWrite(2), .afterWrite(3)]
      for (round, point) in points.enumerated() {
        await fleet.stopHub()
        let color = "round-\(round)"
        let revision = try await fleet.commit([
          "web/settings.yaml": WebSource.settings(color: color),
          "web/extra.yaml": WebSource.settings("extra", color: color),
          "web/deployment.yaml": WebSource.deployment(image: "web:\(round + 2)"),
        ])
        try fleet.startHub(death: point)
        try await untilDead(fleet)
        let before = try #require(
          await fleet.value("edge-1", "deployments/web", "metadata", "generation")?.int)
        // Done while nobody looks.
        try await fleet.edit("edge-1", "services/web", .merge(#"{"spec":{"ports":[{"port":\#(8000 + round)}]}}"#))
        try fleet.startHub()
        try await fleet.announce()
        try await fleet.untilConverged([application], revision: revision)
        #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == color, "\(point)")
        #expect(try await fleet.value("edge-1", "configmaps/extra", "data", "color")?.string == color, "\(point)")
        #expect(try await fleet.value("edge-1", "services/web", "spec", "ports", "0", "port")?.int == 80, "\(point)")
        let after = try await fleet.value("edge-1", "deployments/web", "metadata", "generation")?.int ?? 0
        #expect(after <= before + 1, "\(point): the image is set once")
        try await expectAtRest(fleet, "\(point)")
      }
    }
  }

  @Test func killedDuringAPrune() async throws {
    for point in [WiretappedTransport.Death.beforeWrite(1), .afterWrite(1)] {
      try await TestFleet.with { fleet in
        try await fleet.commit(source)
        try fleet.writeSet()
        try fleet.startHub()
        try await fleet.untilConverged([application])
        await fleet.stopHub()
        let revision = try await fleet.commit(removing: ["web/extra.yaml"])
        try fleet.startHub(death: point)
        try await fleet.announce()
        try await untilDead(fleet)
        try fleet.startHub()
        try await fleet.until("pruned: \(point)") { try await fleet.object("edge-1", "configmaps/extra") == nil }
        try await fleet.untilConverged([application], revision: revision)
        #expect(try await fleet.exists("edge-1", "configmaps/settings"), "\(point)")
      }
    }
  }

  @Test func whatHappenedMeanwhileIsMadeGood() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(source)
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged([application])
      await fleet.killHub()
      try await fleet.edit("edge-1", "configmaps/settings", .merge(#"{"data":{"color":"red"}}"#))
      try await fleet.edit("edge-1", "deployments/web", .merge(#"{"metadata":{"managedFields":[{}]}}"#))
      try await fleet.delete("edge-1", "services/web")
      let revision = try await fleet.commit(removing: ["web/extra.yaml"])
      try fleet.startHub()
      try await fleet.announce()
      try await fleet.untilConverged([application], revision: revision)
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "green")
      #expect(try await fleet.exists("edge-1", "services/web"))
      try await fleet.until("pruned") { try await fleet.object("edge-1", "configmaps/extra") == nil }
      try await expectAtRest(fleet, "after all was made good")
    }
  }

  @Test func aLostDatabaseLosesNothing() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(source)
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged([application])
      for lost in ["cache.db", ""] {
        await fleet.killHub()
        let before = try await versions(fleet)
        for file in try FileManager.default.contentsOfDirectory(atPath: fleet.data.path) where file.hasPrefix(lost) {
          try fleet.data.remove(file)
        }
        try fleet.startHub()
        try await fleet.untilConverged([application])
        try await fleet.settle(application)
        #expect(try fleet.deletions("edge-1").isEmpty, "'\(lost)' lost")
        #expect(try await versions(fleet) == before, "'\(lost)' lost: every apply changes nothing")
        try await expectAtRest(fleet, "'\(lost)' lost")
      }
      // The inventory is in the cluster: what leaves Git while there is no memory is pruned all the same.
      await fleet.killHub()
      for file in try FileManager.default.contentsOfDirectory(atPath: fleet.data.path) { try fleet.data.remove(file) }
      try await fleet.commit(removing: ["web/extra.yaml"])
      try fleet.startHub()
      try await fleet.until("pruned") { try await fleet.object("edge-1", "configmaps/extra") == nil }
      try await fleet.untilConverged([application])
      #expect(try fleet.deletions("edge-1").count == 1)
    }
  }
}
