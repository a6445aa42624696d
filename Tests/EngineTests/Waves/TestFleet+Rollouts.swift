import Fleet
import Testing

@testable import Engine

extension TestFleet {
  /// A set `web` whose clusters go one after the other: `edge-1`, then the rest.
  func writeWaves(
    _ more: String = "", type: String = "RollingSync", first: String = "", rest: String = "",
    syncPolicy: String =
      "{automated: {prune: true, selfHeal: true}, syncOptions: [CreateNamespace=true], retry: {limit: 0}}"
  ) throws {
    try repository.write(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: ApplicationSet
      metadata: {name: web}
      spec:
        goTemplate: true
        generators: [{clusters: {}}]
        strategy:
          type: \(type)
          rollingSync:
            steps:
            - {matchExpressions: [{key: ring, operator: In, values: ['edge-1']}]\(first)}
            - {matchExpressions: [{key: ring, operator: NotIn, values: ['edge-1']}]\(rest)}
      \(more)
        template:
          metadata: {name: 'web-{{.name}}', labels: {ring: '{{.name}}'}}
          spec:
            project: default
            source: {repoURL: \(source.path), path: web, targetRevision: main}
            destination: {server: '{{.server}}', namespace: \(Self.namespace)}
            syncPolicy: \(syncPolicy)

      """, to: "templates/web.yaml")
  }

  /// Waits until the newest rollout of the set `web` is this one, in this phase.
  func untilRollout(
    _ number: Int64, _ phase: FleetRollout.Phase, sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) async throws -> FleetRollout {
    var seen: FleetRollout?
    try await until("rollout \(number) is \(phase.rawValue)", sourceLocation: sourceLocation) {
      seen = try await hub.engine.rolloutView("web")?.rollout
      return seen?.number == number && seen?.phase == phase
    }
    return try #require(seen)
  }
}
