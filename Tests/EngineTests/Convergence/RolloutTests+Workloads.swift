import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

/// Rollouts that take over from a workload.
extension RolloutTests {
  private func deployment(_ image: String) -> String {
    """
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
    spec:
      replicas: 0
      selector:
        matchLabels: {app: web}
      template:
        metadata:
          labels: {app: web}
        spec:
          containers:
          - name: web
            image: \(image)

    """
  }

  @Test func aWorkloadGivesTemplateAndSelector() async throws {
    try await TestFleet.with { fleet in
      try await define(fleet)
      let rollout = """
        apiVersion: argoproj.io/v1alpha1
        kind: Rollout
        metadata:
          name: web
        spec:
          replicas: 2
          workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}
          strategy: {canary: {}}

        """
      try await fleet.commit(["web/rollout.yaml": rollout, "web/deployment.yaml": deployment("web:1")])
      try fleet.writeSet()
      try fleet.startHub()
      for image in ["web:1", "web:2"] {
        if image == "web:2" { try await fleet.commit(["web/deployment.yaml": deployment(image)]) }
        try await fleet.until("the Application is healthy with \(image)") {
          guard try await stands(fleet, .healthy, [image: 2]) else { return false }
          let status = try await fleet.status(Self.application)
          return status.health.health == .healthy && status.sync == .synced
        }
        let annotations = try await live(fleet)?["metadata"]?["annotations"]
        let generation = try await fleet.value("edge-1", "deployments/web", "metadata", "generation")?.int
        #expect(annotations?[RolloutAnnotation.workloadGeneration]?.string == generation.map { String($0) })
      }
    }
  }
}
