import Testing

@testable import Engine

/// A pass that would remove too much is refused, says so, and goes through once a person agrees.
@Suite(.serialized) struct RemovalLimitTests {
  private let clusters = (1...6).map { "edge-\($0)" }
  private var applications: [String] { clusters.map { "web-" + $0 } }

  @Test func aSelectorThatMatchesNothingRemovesNothing() async throws {
    try await TestFleet.with(clusters) { fleet in
      try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(applications)
      try fleet.writeSet(tier: "no-such-tier")
      try await fleet.until("refused") {
        try await fleet.hub.engine.setViews().contains {
          $0.problems.contains { $0.contains("6 of 6") && $0.contains("muster appset approve web") }
        }
      }
      for name in applications { try await fleet.settle(name) }
      #expect(try await fleet.hub.engine.applicationViews().count == 6)
      for cluster in clusters {
        #expect(try fleet.deletions(cluster).isEmpty)
        #expect(try await fleet.exists(cluster, "configmaps/settings"))
      }
      // One cluster less is everyday life.
      try fleet.writeSet()
      try await fleet.until("in peace") {
        try await fleet.hub.engine.setViews().allSatisfy { $0.problems.isEmpty }
      }
      try fleet.writeCluster("edge-6", tier: "lab")
      try await fleet.until("removed from one cluster") {
        try await fleet.hub.engine.applicationView("web-edge-6") == nil
      }
      #expect(try await !fleet.exists("edge-6", "configmaps/settings"))
      #expect(try await fleet.exists("edge-5", "configmaps/settings"))
      #expect(try await fleet.hub.engine.applicationViews().count == 5)
    }
  }

  @Test func whatAPersonAgreesToIsRemoved() async throws {
    try await TestFleet.with(clusters) { fleet in
      try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(applications)
      try fleet.writeSet(tier: "no-such-tier")
      try await fleet.until("refused") {
        try await fleet.hub.engine.setViews().contains { $0.problems.contains { $0.contains("6 of 6") } }
      }
      let view = try await fleet.hub.engine.setViews().first
      #expect(view?.refusedRemovals == 6 && view?.status?.health == .unknown)
      #expect(view?.status?.condition("DeletionRefused")?.message.contains("--delete 6") == true)
      await (try fleet.hub).engine.approve(set: "web", count: 6, actor: "test")
      try await fleet.until("removed") { try await fleet.hub.engine.applicationViews().isEmpty }
      let told = try await fleet.hub.engine.services.store.facts.newest(.init(kinds: [.applicationset]), limit: 10)
      #expect(told.map(\.outcome) == ["RemovalApproved", "RemovalRefused"] && told.first?.actor == "test")
      #expect(try await fleet.hub.engine.setViews().first?.status?.condition("DeletionRefused") == nil)
      for cluster in clusters { #expect(try await !fleet.exists(cluster, "configmaps/settings")) }
    }
  }

  @Test func aSetMaySayHowManyMayGo() async throws {
    try await TestFleet.with(clusters) { fleet in
      try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      try fleet.writeSet(annotations: #"{muster.dev/max-removals: "50%"}"#)
      try fleet.startHub()
      try await fleet.untilConverged(applications)
      for cluster in clusters.prefix(4) { try fleet.writeCluster(cluster, tier: "lab") }
      try await fleet.until("refused") {
        try await fleet.hub.engine.setViews().first?.refusedRemovals ?? 0 > 3
      }
      #expect(try await fleet.hub.engine.applicationViews().count >= 3)
      try fleet.writeCluster("edge-1")
      try await fleet.until("half of them gone") { try await fleet.hub.engine.applicationViews().count == 3 }
    }
  }

  /// The set itself is gone, and what is refused is still told and can still be agreed to.
  @Test func aSetThatIsGoneIsToldOfUntilAPersonAgrees() async throws {
    try await TestFleet.with(clusters) { fleet in
      try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(applications)
      try fleet.repository.remove("templates/web.yaml")
      try fleet.repository.write("# nothing\n", to: "templates/empty.yaml")
      try await fleet.until("refused") {
        try await fleet.hub.engine.setViews().contains {
          $0.name == "web" && $0.set == nil && $0.applications.count == 6
            && $0.problems.contains { $0.contains("muster appset approve web --delete 6") }
        }
      }
      for cluster in clusters { #expect(try fleet.deletions(cluster).isEmpty) }
      await (try fleet.hub).engine.approve(set: "web", count: 6, actor: "test")
      try await fleet.until("removed") { try await fleet.hub.engine.applicationViews().isEmpty }
      #expect(try await fleet.hub.engine.setViews().isEmpty)
    }
  }

  @Test func applicationsOfNoSetAreAgreedToByTheirOwnName() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      let names = (1...6).map { "plain-\($0)" }
      let manifests = names.map { name in
        """
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata:
          name: \(name)
          finalizers: [resources-finalizer.argocd.argoproj.io]
        spec:
          project: default
          source: {repoURL: \(fleet.source.path), path: web, targetRevision: main}
          destination: {name: edge-1, namespace: \(name)}
          syncPolicy: {automated: {prune: true, selfHeal: true}, syncOptions: [CreateNamespace=true]}

        """
      }
      // One file: they go at one moment.
      try fleet.repository.write(manifests.joined(separator: "---\n"), to: "templates/plain.yaml")
      try fleet.startHub()
      try await fleet.untilConverged(names)
      try fleet.repository.write("# nothing\n", to: "templates/plain.yaml")
      try await fleet.until("refused") {
        try await fleet.hub.engine.setViews().contains {
          $0.name == "-" && $0.problems.contains { $0.contains("muster appset approve - --delete 6") }
        }
      }
      #expect(try fleet.deletions("edge-1").isEmpty)
      await (try fleet.hub).engine.approve(set: "-", count: 6, actor: "test")
      try await fleet.until("removed") { try await fleet.hub.engine.applicationViews().isEmpty }
    }
  }

  @Test func mostOfAnApplicationsObjectsStayUntilAPersonAgrees() async throws {
    try await TestFleet.with { fleet in
      let many = Dictionary(uniqueKeysWithValues: (1...24).map { ("web/c\($0).yaml", WebSource.settings("c\($0)")) })
      try await fleet.commit(many.merging(["web/settings.yaml": WebSource.settings()]) { $1 })
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"])
      try await fleet.commit(removing: ["web/c1.yaml", "web/c2.yaml"])
      try await fleet.until("a few go") { try await fleet.object("edge-1", "configmaps/c2") == nil }
      try await fleet.untilConverged(["web-edge-1"])
      try await fleet.commit(removing: (3...23).map { "web/c\($0).yaml" })
      try await fleet.until("refused") {
        try await fleet.status("web-edge-1").conditions.contains {
          $0.type == "PruneRefused" && $0.message.contains("21 of 23") && $0.message.contains("--approve 21")
        }
      }
      try await fleet.settle("web-edge-1")
      #expect(try fleet.deletions("edge-1").count == 2)
      let engine = try fleet.hub.engine
      #expect(
        await engine.sync(
          "web-edge-1", .init(prune: true, force: false), approvedPrunes: 21, confirmed: false, actor: "test")
          != nil)
      try await fleet.until("agreed") { try await fleet.object("edge-1", "configmaps/c23") == nil }
      try await fleet.untilConverged(["web-edge-1"])
      #expect(try await fleet.exists("edge-1", "configmaps/c24"))
      #expect(try fleet.deletions("edge-1").count == 23)
    }
  }
}
