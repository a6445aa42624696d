import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

/// What a sync would do, told without doing it.
@Suite(.serialized) struct ForecastTests {
  private let application = "web-edge-1"

  private func forecast(_ fleet: TestFleet, _ options: SyncOperation.Options = .init()) async throws -> SyncForecast {
    try #require(
      try await fleet.hub.engine.forecast(application, options, approvedPrunes: 0, confirmed: false))
  }

  private func lines(_ forecast: SyncForecast) -> [String] { forecast.items.map { "\($0.action) \($0.id.name)" } }

  private let job = """
    apiVersion: batch/v1
    kind: Job
    metadata:
      generateName: migrate-
      annotations: {argocd.argoproj.io/hook: PreSync}
    spec: {template: {spec: {restartPolicy: Never, containers: [{name: job, image: job}]}}}

    """

  @Test func saysWhatASyncWouldDoAndDoesNothing() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(WebSource.base)
      try fleet.writeSet(syncPolicy: "{syncOptions: [CreateNamespace=true]}")
      try fleet.startHub()
      try await fleet.until("looked at") { try await fleet.status(application).sync == .outOfSync }
      let first = try await forecast(fleet)
      #expect(first.differs && first.problems.isEmpty)
      #expect(lines(first) == ["created settings", "created web", "created web"])
      #expect(try fleet.writes("edge-1").isEmpty)
      _ = try await fleet.hub.engine.sync(application, .init(), approvedPrunes: 0, confirmed: false, actor: "somebody")
      try await fleet.untilConverged([application])
      let same = try await forecast(fleet)
      #expect(!same.differs)
      #expect(lines(same) == ["unchanged settings", "unchanged web", "unchanged web"])
      // The ApplySet's parent follows Git, whether anybody syncs or not.
      func objectWrites() throws -> [String] { try fleet.writes("edge-1").filter { !$0.contains("muster-system") } }
      let writes = try objectWrites()
      let revision = try await fleet.commit(
        [
          "web/settings.yaml": WebSource.settings(color: "blue"),
          "web/deployment.yaml": WebSource.deployment(replicas: -1), "web/job.yaml": job,
          "web/new.yaml": WebSource.settings("new"),
        ], removing: ["web/service.yaml"])
      let next = try await forecast(fleet)
      #expect(next.differs && next.revision == revision)
      #expect(
        lines(next)
          == ["configured settings", "created new", "kept web", "refused web", "hook migrate-*"].sorted(by: order(next))
      )
      #expect(next.items.first { $0.action == .kept }?.message == "PruneDisabled")
      #expect(next.items.first { $0.action == .refused }?.message.contains("spec.replicas") == true)
      #expect(lines(try await forecast(fleet, .init(prune: true))).contains("pruned web"))
      let one = try #require(ObjectSelection(":ConfigMap:new"))
      #expect(lines(try await forecast(fleet, .init(selection: [one]))) == ["created new"])
      #expect(try objectWrites() == writes, "nothing is written")
      #expect(try await fleet.hub.engine.syncs(of: application, limit: 10).count == 1)
    }
  }

  /// The order of a forecast, for a list whose order is not what is tested.
  private func order(_ forecast: SyncForecast) -> (String, String) -> Bool {
    let places = Dictionary(
      lines(forecast).enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
    return { (places[$0] ?? .max) < (places[$1] ?? .max) }
  }

  @Test func saysWhatKeepsASyncFromBeginning() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      try fleet.writeSet()
      let open = "sourceRepos: ['*'], destinations: [{server: '*', namespace: '*'}]"
      let table = [
        ("{sourceRepos: [], destinations: [{server: '*', namespace: '*'}]}", "is not permitted in project", 0),
        ("{\(open), namespaceResourceBlacklist: [{group: '', kind: ConfigMap}]}", "resource :ConfigMap", 1),
        (
          "{\(open), syncWindows: [{kind: deny, schedule: '* * * * *', duration: 1h, applications: ['*']}]}",
          "window", 1
        ),
      ]
      for (number, (spec, words, items)) in table.enumerated() {
        try fleet.repository.write(
          "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: default}\nspec: \(spec)\n",
          to: "templates/project.yaml")
        if number == 0 { try fleet.startHub() }
        try await fleet.until("told: \(words)") {
          guard
            let forecast = try await fleet.hub.engine.forecast(
              application, .init(), approvedPrunes: 0, confirmed: false)
          else { return false }
          return forecast.problems.contains { $0.contains(words) } && forecast.differs && forecast.items.count == items
        }
      }
      #expect(try fleet.writes("edge-1").isEmpty)
    }
  }
}
