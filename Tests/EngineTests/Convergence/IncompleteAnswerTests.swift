import Foundation
import Manifest
import Testing

@testable import Engine

/// An incomplete answer deletes nothing, says what is wrong and where, and is over as soon as its cause is.
@Suite(.serialized) struct IncompleteAnswerTests {
  private let clusters = ["edge-1", "edge-2"]
  private let applications = ["web-edge-1", "web-edge-2"]

  private func withConverged(
    extra: [String: String] = [:], _ body: (TestFleet) async throws -> Void
  ) async throws {
    try await TestFleet.with(clusters) { fleet in
      try await fleet.commit(WebSource.base.merging(extra) { $1 })
      // With the finalizer, a lost Application would take its objects with it.
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(applications)
      try await body(fleet)
      for cluster in clusters {
        #expect(try fleet.deletions(cluster).isEmpty)
        #expect(try await fleet.exists(cluster, "configmaps/settings"))
      }
    }
  }

  /// Everything goes on: a commit arrives in every cluster.
  private func expectItGoesOn(_ fleet: TestFleet, color: String) async throws {
    let revision = try await fleet.commit(["web/settings.yaml": WebSource.settings(color: color)])
    try await fleet.untilConverged(applications, revision: revision)
    for cluster in clusters {
      #expect(try await fleet.value(cluster, "configmaps/settings", "data", "color")?.string == color)
    }
  }

  private func untilSound(_ fleet: TestFleet) async throws {
    try await fleet.until("nothing is wrong with the fleet") {
      let problems = try await fleet.hub.engine.fleetProblems
      let sets = try await fleet.hub.engine.setViews()
      return problems.diagnostics.isEmpty && problems.failures.isEmpty && sets.allSatisfy { $0.problems.isEmpty }
    }
  }

  @Test func brokenFilesOfTheFleet() async throws {
    try await withConverged { fleet in
      let breaks: [(name: String, file: String, text: String, place: String)] = [
        ("no YAML", "clusters/edge-1.yaml", "apiVersion: [\n", "clusters/edge-1.yaml:2:1"),
        ("no kind", "clusters/edge-2.yaml", "a: 1\n", "clusters/edge-2.yaml:1:1"),
        (
          "no set", "templates/web.yaml",
          "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: web}\nspec: {generators: 7}\n",
          "templates/web.yaml:4:"
        ),
      ]
      for (name, file, text, place) in breaks {
        try fleet.repository.write(text, to: file)
        try await fleet.until("told: \(name)") {
          try await fleet.hub.engine.fleetProblems.diagnostics.contains { diagnostic in
            let location = diagnostic.location
            return "\(location?.file ?? ""):\(location?.mark.line ?? 0):\(location?.mark.column ?? 0)".contains(place)
          }
        }
        #expect(try await fleet.hub.engine.applicationViews().map(\.application.name) == applications, "\(name)")
        try await expectItGoesOn(fleet, color: name)
        try clusters.forEach { try fleet.writeCluster($0) }
        try fleet.writeSet()
        try await untilSound(fleet)
      }
    }
  }

  @Test func whatCannotBeReadTakesNothingAway() async throws {
    try await withConverged { fleet in
      let away = fleet.repository.path + "/away"
      for folder in ["clusters", "templates"] {
        let path = fleet.repository.path + "/" + folder
        for replacement in [nil, "a file in its place"] {
          try FileManager.default.moveItem(atPath: path, toPath: away)
          if let replacement { try fleet.repository.write(replacement, to: folder) }
          try await fleet.until("told: \(folder)") { try await !fleet.hub.engine.fleetProblems.failures.isEmpty }
          for name in applications { try await fleet.settle(name) }
          #expect(try await fleet.hub.engine.applicationViews().map(\.application.name) == applications)
          try await expectItGoesOn(fleet, color: "without-\(folder)-\(replacement == nil)")
          if replacement != nil { try fleet.repository.remove(folder) }
          try FileManager.default.moveItem(atPath: away, toPath: path)
          try await untilSound(fleet)
        }
      }
    }
  }

  @Test func aClusterThatLeavesBesideABrokenFileStays() async throws {
    try await withConverged { fleet in
      // Broken first: no look sees one cluster less in a whole registry.
      try fleet.repository.write("apiVersion: [\n", to: "clusters/edge-1.yaml")
      try fleet.repository.remove("clusters/edge-2.yaml")
      try await fleet.until("the broken file is told") {
        try await !fleet.hub.engine.fleetProblems.diagnostics.isEmpty
      }
      for name in applications { try await fleet.settle(name) }
      #expect(try await fleet.hub.engine.applicationViews().map(\.application.name).contains("web-edge-1"))
      #expect(try await fleet.exists("edge-2", "configmaps/settings"))
      #expect(try fleet.deletions("edge-2").isEmpty)
      try clusters.forEach { try fleet.writeCluster($0) }
      try await untilSound(fleet)
      try await fleet.untilConverged(applications)
    }
  }

  @Test func aTemplateThatFailsKeepsWhatItMade() async throws {
    try await withConverged { fleet in
      let file = fleet.repository.path + "/templates/web.yaml"
      let good = try String(contentsOfFile: file, encoding: .utf8)
      let bad = good.replacing(
        "  generators:", with: "  goTemplate: true\n  goTemplateOptions: [missingkey=error]\n  generators:"
      )
      .replacing("{{name}}", with: "{{.name}}-{{.absent}}").replacing("{{server}}", with: "{{.server}}")
      #expect(bad != good)
      try fleet.repository.write(bad, to: "templates/web.yaml")
      try await fleet.until("the set tells") {
        try await fleet.hub.engine.setViews().contains { $0.problems.contains { $0.contains("absent") } }
      }
      #expect(try await fleet.hub.engine.applicationViews().map(\.application.name) == applications)
      try await expectItGoesOn(fleet, color: "grey")
      try fleet.repository.write(good, to: "templates/web.yaml")
      try await untilSound(fleet)
    }
  }

  @Test func aSourceThatIsGoneIsToldAndWaitedFor() async throws {
    try await withConverged { fleet in
      let away = fleet.source.path + "-away"
      try FileManager.default.moveItem(atPath: fleet.source.path, toPath: away)
      defer { try? FileManager.default.removeItem(atPath: away) }
      for name in applications { try await fleet.settle(name) }
      for name in applications {
        let status = try await fleet.status(name)
        #expect(status.conditions.contains { $0.type == "RepositoryUnreachable" }, "\(status)")
        #expect(status.sync == .synced)
      }
      // What the mirror has still counts: drift is healed.
      try await fleet.edit("edge-1", "configmaps/settings", .merge(#"{"data":{"color":"red"}}"#))
      try await fleet.until("healed without the source") {
        try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "green"
      }
      // A hub that starts without source and without mirror knows nothing, and does nothing.
      await fleet.stopHub()
      try FileManager.default.removeItem(atPath: fleet.data.path + "/git")
      try fleet.startHub()
      try await fleet.until("the error is told") {
        try await fleet.status("web-edge-1").conditions.contains { $0.type == "ComparisonError" }
      }
      #expect(try fleet.writes("edge-1").isEmpty)
      try FileManager.default.moveItem(atPath: away, toPath: fleet.source.path)
      try await fleet.untilConverged(applications)
    }
  }

  @Test func aSourceThatCannotBeRenderedKeepsWhatIsThere() async throws {
    try await withConverged(extra: ["web/second.yaml": WebSource.settings("second")]) { fleet in
      // The same commit takes another file away, which may only count once all can be read.
      let broken = WebSource.settings().replacing("  name: settings", with: "\tname: settings")
      try await fleet.commit(["web/settings.yaml": broken], removing: ["web/second.yaml"])
      try await fleet.until("the place is told") {
        let status = try await fleet.status("web-edge-1")
        return status.message.contains("web/settings.yaml:4:1")
          && status.conditions.contains { $0.type == "ComparisonError" }
      }
      for name in applications { try await fleet.settle(name) }
      #expect(try await fleet.exists("edge-1", "configmaps/second"))
      // No folder at all.
      try await fleet.commit(["README.md": "x"], removing: ["web"])
      try await fleet.until("the missing folder is told") {
        let status = try await fleet.status("web-edge-1")
        return status.conditions.contains { $0.type == "ComparisonError" && $0.message.contains("web") }
      }
      for name in applications { try await fleet.settle(name) }
      #expect(try await fleet.exists("edge-1", "configmaps/second"))
      // A folder that renders nothing.
      try await fleet.commit(["web/README.md": "nothing to see"])
      try await fleet.until("emptiness is refused") {
        try await fleet.status("web-edge-1").message.contains("no manifest in 'web'")
      }
      for name in applications { try await fleet.settle(name) }
      #expect(try await fleet.exists("edge-1", "configmaps/second"))
      let revision = try await fleet.commit(
        WebSource.base.merging(["web/second.yaml": WebSource.settings("second")]) { $1 })
      try await fleet.untilConverged(applications, revision: revision)
    }
  }
}
