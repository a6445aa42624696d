import Testing

@testable import Engine

/// From an ApplicationSet and a commit to objects in every cluster that it selects.
@Suite(.serialized) struct ConvergeTests {
  private let clusters = ["edge-1", "edge-2", "edge-3"]
  private var applications: [String] { clusters.map { "web-" + $0 } }

  @Test func followsCommitsAndReverts() async throws {
    try await TestFleet.with(clusters) { fleet in
      let first = try await fleet.commit(WebSource.base)
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(applications, revision: first)
      for cluster in clusters {
        #expect(try await fleet.value(cluster, "configmaps/settings", "data", "color")?.string == "green")
        #expect(try await fleet.value(cluster, "deployments/web", "status", "readyReplicas")?.int == 2)
        #expect(try await fleet.exists(cluster, "services/web"))
      }
      let second = try await fleet.commit([
        "web/settings.yaml": WebSource.settings(color: "blue"),
        "web/deployment.yaml": WebSource.deployment(image: "web:2"),
      ])
      try await fleet.untilConverged(applications, revision: second)
      for cluster in clusters {
        #expect(try await fleet.value(cluster, "configmaps/settings", "data", "color")?.string == "blue")
        #expect(try await image(fleet, cluster) == "web:2")
      }
      try await fleet.source.git("revert", "--no-edit", "HEAD")
      try await fleet.announce()
      let third = try await fleet.source.head().hex
      try await fleet.untilConverged(applications, revision: third)
      for cluster in clusters {
        #expect(try await fleet.value(cluster, "configmaps/settings", "data", "color")?.string == "green")
        #expect(try await image(fleet, cluster) == "web:1")
        #expect(try fleet.deletions(cluster).isEmpty)
      }
      #expect(try await fleet.hub.engine.renderCount == 2, "two distinct inputs, on three clusters")
    }
  }

  private func image(_ fleet: TestFleet, _ cluster: String) async throws -> String? {
    try await fleet.value(cluster, "deployments/web", "spec", "template", "spec", "containers", "0", "image")?.string
  }

  @Test func prunesWhatLeavesGitAndNothingElse() async throws {
    try await TestFleet.with(clusters) { fleet in
      try await fleet.commit(WebSource.base.merging(["web/extra.yaml": WebSource.settings("extra")]) { $1 })
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(applications)
      for cluster in clusters {
        try await fleet.create(
          cluster, "configmaps",
          #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"bystander"},"data":{"a":"b"}}"#)
      }
      let revision = try await fleet.commit(removing: ["web/extra.yaml"])
      try await fleet.until("pruned") {
        for cluster in clusters where try await fleet.object(cluster, "configmaps/extra") != nil { return false }
        return true
      }
      try await fleet.untilConverged(applications, revision: revision)
      for cluster in clusters {
        #expect(try await fleet.exists(cluster, "configmaps/bystander"))
        #expect(try await fleet.exists(cluster, "configmaps/settings"))
        let deletions = try fleet.deletions(cluster)
        #expect(deletions.count == 1 && deletions.allSatisfy { $0.contains("configmaps/extra") }, "\(deletions)")
      }
    }
  }

  @Test func writesNothingWhereNothingChanged() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(WebSource.base)
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"])
      try await fleet.settle("web-edge-1")
      let writes = try fleet.writes("edge-1")
      // A commit that touches nothing that was read.
      let revision = try await fleet.commit(["README.md": "Hello.\n"])
      try await fleet.untilConverged(["web-edge-1"], revision: revision)
      try await fleet.settle("web-edge-1")
      #expect(try fleet.writes("edge-1") == writes)
      #expect(try await fleet.hub.engine.renderCount == 1)
    }
  }

  @Test func aClusterThatIsRegisteredLaterIsServedAtOnce() async throws {
    try await TestFleet.with(["edge-1", "edge-2"]) { fleet in
      try await fleet.commit(WebSource.base)
      try fleet.writeSet()
      try fleet.writeCluster("edge-2", tier: "lab")
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"])
      #expect(try await fleet.object("edge-2", "configmaps/settings") == nil)
      try fleet.writeCluster("edge-2")
      try await fleet.untilConverged(["web-edge-1", "web-edge-2"])
      #expect(try await fleet.exists("edge-2", "configmaps/settings"))
    }
  }
}
