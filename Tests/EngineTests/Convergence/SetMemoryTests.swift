import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

/// What a set said of its Applications' end counts when the set is gone, and what it does not update stays as it was.
@Suite(.serialized) struct SetMemoryTests {
  private let applications = ["web-edge-1", "web-edge-2"]

  private func withSet(
    policy: String, _ body: (TestFleet) async throws -> Void
  ) async throws {
    try await TestFleet.with(["edge-1", "edge-2"]) { fleet in
      try await fleet.commit([
        "web/settings.yaml": WebSource.settings(), "other/settings.yaml": WebSource.settings(color: "other"),
      ])
      try fleet.writeSet(policy: policy)
      try fleet.startHub()
      try await fleet.untilConverged(applications)
      try await body(fleet)
    }
  }

  private func path(_ fleet: TestFleet, _ name: String) async throws -> String? {
    try await fleet.hub.engine.applicationView(name)?.application.sources.first?.path
  }

  /// Takes the set out of the fleet repository, which stays one.
  private func removeSet(_ fleet: TestFleet) throws {
    try fleet.repository.remove("templates/web.yaml")
    try fleet.repository.write("# nothing\n", to: "templates/empty.yaml")
  }

  private func untilKept(_ fleet: TestFleet, _ words: String) async throws {
    try await fleet.until("kept: \(words)") {
      try await fleet.hub.engine.setViews().contains { view in
        view.name == "web" && view.set == nil && view.applications == applications
          && view.problems.contains { $0.contains(words) && $0.contains("muster appset approve web --delete 2") }
      }
    }
    for (name, cluster) in zip(applications, ["edge-1", "edge-2"]) {
      #expect(try await fleet.hub.engine.applicationView(name)?.isDeleting == false)
      #expect(try await fleet.exists(cluster, "configmaps/settings"))
      #expect(try fleet.deletions(cluster).isEmpty)
    }
  }

  @Test func whatIsOnlyCreatedIsNotUpdatedAfterARestart() async throws {
    for policy in ["create-only", "create-delete"] {
      try await withSet(policy: "{applicationsSync: \(policy)}") { fleet in
        for restarts in [false, true] {
          if restarts { await fleet.killHub() }
          // The template says something else.
          try fleet.writeSet(path: "other", policy: "{applicationsSync: \(policy)}")
          if restarts { try fleet.startHub() }
          try await fleet.untilConverged(applications)
          for name in applications { #expect(try await path(fleet, name) == "web", "\(policy) \(restarts)") }
        }
        #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "green")
        // From now on it updates.
        try fleet.writeSet(path: "other", policy: "{applicationsSync: sync}")
        try await fleet.until("updated") { try await path(fleet, "web-edge-1") == "other" }
        await fleet.killHub()
        try fleet.startHub()
        try await fleet.untilConverged(applications)
        #expect(try await path(fleet, "web-edge-2") == "other", "nothing old comes back")
      }
    }
  }

  @Test func whatWasRemovedComesBackAsTheTemplateSaysNow() async throws {
    try await withSet(policy: "{applicationsSync: create-delete}") { fleet in
      try fleet.writeCluster("edge-2", tier: "lab")
      try await fleet.until("removed") { try await fleet.hub.engine.applicationView("web-edge-2") == nil }
      try fleet.writeSet(path: "other", policy: "{applicationsSync: create-delete}")
      try fleet.writeCluster("edge-2")
      try await fleet.untilConverged(applications)
      #expect(try await path(fleet, "web-edge-1") == "web")
      #expect(try await path(fleet, "web-edge-2") == "other")
    }
  }

  @Test func aSetThatIsGoneIsHeeded() async throws {
    for policy in ["create-only", "create-update"] {
      for restarts in [false, true] {
        try await withSet(policy: "{applicationsSync: \(policy)}") { fleet in
          if restarts { await fleet.killHub() }
          try removeSet(fleet)
          if restarts { try fleet.startHub() }
          try await untilKept(fleet, "its policy was \(policy)")
          await (try fleet.hub).engine.approve(set: "web", count: 2, actor: "test")
          try await fleet.until("removed") { try await fleet.hub.engine.applicationViews().isEmpty }
          #expect(try await !fleet.exists("edge-1", "configmaps/settings"))
        }
      }
    }
  }

  @Test func aSetThatNobodyRemembersTakesNothingAway() async throws {
    try await withSet(policy: "{}") { fleet in
      await fleet.killHub()
      for file in try FileManager.default.contentsOfDirectory(atPath: fleet.data.path) { try fleet.data.remove(file) }
      try removeSet(fleet)
      try fleet.startHub()
      try await untilKept(fleet, "what its policy was is not known")
      #expect(try await fleet.hub.engine.setViews().first { $0.name == "web" }?.refusedRemovals == 2)
    }
  }

  @Test func whatAGoneSetPreservesStays() async throws {
    for restarts in [false, true] {
      try await withSet(policy: "{preserveResourcesOnDeletion: true}") { fleet in
        // A finalizer of the template's own does not outdo the set.
        let file = fleet.repository.path + "/templates/web.yaml"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try fleet.repository.write(
          text.replacing(
            "    metadata:\n", with: "    metadata:\n      finalizers: [\(Application.resourcesFinalizer)]\n"),
          to: "templates/web.yaml")
        try await fleet.until("with a finalizer") {
          try await fleet.hub.engine.applicationView("web-edge-1")?.application.deletesResources == true
        }
        if restarts { await fleet.killHub() }
        try removeSet(fleet)
        if restarts { try fleet.startHub() }
        try await fleet.until("removed") { try await fleet.hub.engine.applicationViews().isEmpty }
        #expect(try await fleet.exists("edge-1", "configmaps/settings"), "restarted: \(restarts)")
      }
    }
  }

  @Test func theStatusFollowsTheApplications() async throws {
    try await withSet(policy: "{}") { fleet in
      func resources() async throws -> [String] {
        try await fleet.hub.engine.setView("web")?.resources.map { "\($0.name) \($0.sync) \($0.health.health)" } ?? []
      }
      #expect(try await resources() == ["web-edge-1 synced healthy", "web-edge-2 synced healthy"])
      try await fleet.setFaults("edge-2") { $0.outage = .refuse }
      try await fleet.until("told") { try await resources().last == "web-edge-2 unknown unknown" }
      try await fleet.heal("edge-2")
      try await fleet.untilConverged(applications)
      #expect(try await resources().last == "web-edge-2 synced healthy")
      await fleet.killHub()
      try fleet.startHub { $0.maximumStatusResources = 1 }
      try await fleet.untilConverged(applications)
      #expect(try await resources() == ["web-edge-1 synced healthy"])
      #expect(try await fleet.hub.engine.setView("web")?.applications.count == 2)
      #expect(try await fleet.hub.engine.setView("nobody") == nil)
    }
  }
}
