import Fleet
import Foundation
import Testing

@testable import Engine

/// Users' own health checks in a running hub; the worker is played by a shell.
@Suite(.serialized) struct ScriptedHealthTests {
  /// Degraded for what is red.
  private let reader = HealthScripts.Program(
    path: "/bin/sh",
    arguments: [
      "sh", "-c",
      """
      while read -r line; do case "$line" in
      *hello*) echo '{"hello":true}';;
      *'"color":"red"'*) echo '{"status":"Degraded","message":"it is red"}';;
      *) echo '{"status":"Healthy","message":"fine"}';;
      esac; done
      """,
    ])

  private func customise(_ fleet: TestFleet, kind: String = "ConfigMap") throws {
    try fleet.repository.write(
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: argocd-cm}
      data:
        resource.customizations.health.\(kind): return {}

      """, to: "templates/argocd-cm.yaml")
  }

  @Test func scriptsSeeWholeObjectsOfKindsThatAreElseWatchedInPart() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(["web/settings.yaml": WebSource.settings()])
      try fleet.writeSet()
      try customise(fleet)
      try fleet.startHub { $0.healthWorker = reader }
      try await fleet.untilConverged(["web-edge-1"])
      try await fleet.commit(["web/settings.yaml": WebSource.settings(color: "red")])
      try await fleet.until("degraded by the script") {
        let status = try await fleet.status("web-edge-1")
        return status.health.health == .degraded && status.health.message.contains("it is red")
      }
      // Without the script the kind has no check again.
      try fleet.repository.remove("templates/argocd-cm.yaml")
      try await fleet.until("without a check") { try await fleet.status("web-edge-1").health.health == .healthy }
      // And with it anew, what is there already is assessed.
      try customise(fleet)
      try await fleet.until("degraded again") { try await fleet.status("web-edge-1").health.health == .degraded }
    }
  }

  @Test func aScriptThatHangsHoldsNothingUp() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(WebSource.base)
      try fleet.writeSet()
      try customise(fleet)
      let hangs = "read line; echo '{\"hello\":true}'; read line; sleep 60"
      try fleet.startHub { $0.healthWorker = .init(path: "/bin/sh", arguments: ["sh", "-c", hangs]) }
      try await fleet.until("synced, and the script's limit told") {
        let status = try await fleet.status("web-edge-1")
        return status.sync == .synced && status.stage == "done" && status.health.health == .unknown
          && status.health.message.contains("took longer than a second")
      }
      // What others check is assessed as ever.
      let resources = try await fleet.status("web-edge-1").resources
      #expect(resources.first { $0.id.kind == "Deployment" }?.health.health == .healthy)
      try await fleet.commit(["web/service.yaml": WebSource.service.replacingOccurrences(of: "80", with: "81")])
      try await fleet.until("the next commit is applied") {
        try await fleet.value("edge-1", "services/web", "spec", "ports", "0", "port") == .init(.int(81))
      }
    }
  }
}
