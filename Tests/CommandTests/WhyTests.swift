import Manifest
import Testing

@testable import muster

/// What `muster why` says, and what it leaves out.
struct WhyTests {
  private func lines(_ status: String, item: String = "", events: String = "[]") throws -> [String] {
    let text =
      #"{"name": "web", "cluster": "edge-1", "source": {"repoURL": "r", "path": "p", "targetRevision": "main"}"# + item
      + #", "status": "# + status + "}"
    let node = try JSON.parse(Array(text.utf8))
    return WhyText(item: node, events: try JSON.parse(Array(events.utf8)).sequence ?? []).lines
  }

  @Test func whatWasRefusedWasNotPlanned() throws {
    let lines = try lines(
      #"""
      {"stage": "plan", "message": "ClusterRole is not permitted", "sync": {"status": "Unknown", "revision": ""},
       "health": {"status": "Unknown", "message": "not looked at yet"}, "resources": [],
       "conditions": [{"type": "InvalidSpecError", "message": "ClusterRole is not permitted"}]}
      """#)
    #expect(lines.contains("  plan        refused: ClusterRole is not permitted"))
    #expect(!lines.contains { $0.contains("nothing to change") || $0.contains("render") || $0.contains("health") })
    #expect(lines.filter { $0.contains("not permitted") }.count == 1)
  }

  @Test func aSyncUnderWayAndAFailedOneAreTold() throws {
    let status = { (phase: String) in
      #"""
      {"stage": "done", "message": "waiting for completion of hook batch/Job/migrate",
       "sync": {"status": "OutOfSync", "revision": "1a2b3c4d5e6f7a8b"}, "health": {"status": "Healthy", "message": ""},
       "resources": [{"kind": "ConfigMap", "namespace": "n", "name": "c", "status": "OutOfSync", "message": "missing"}],
       "conditions": [], "operationState": {"id": 4, "phase": "\#(phase)", "message": "the hook failed",
       "startedAt": "2026-01-02T03:04:05Z", "operation": {"initiatedBy": {"username": "anna"}}}}
      """#
    }
    let running = try lines(status("Running"))
    #expect(running.contains("  plan        1 of 1 object out of sync"))
    #expect(running.contains("              ConfigMap n/c: missing"))
    #expect(
      running.contains(
        "  sync        sync 4 is under way since 2026-01-02T03:04:05Z, asked for by anna: the hook failed"))
    #expect(running.contains("  but         waiting for completion of hook batch/Job/migrate"))
    #expect(running.contains { $0.contains("muster app terminate web") })
    let failed = try lines(status("Failed"))
    #expect(failed.contains("  sync        sync 4 failed: the hook failed"))
    #expect(failed.contains { $0.contains("muster app history web --id 4") })
  }

  @Test func theRolloutHasItsSay() throws {
    let lines = try lines(
      #"""
      {"stage": "done", "message": "", "sync": {"status": "Synced", "revision": "1a2b"}, "conditions": [],
       "health": {"status": "Healthy", "message": ""}, "resources": []}
      """#, item: #", "rollout": "kept at 1a2b until its turn""#,
      events: #"[{"time": "t", "kind": "health", "outcome": "Healthy", "cause": "Progressing", "message": ""}]"#)
    #expect(lines.contains("  rollout     kept at 1a2b until its turn"))
    #expect(lines.last == "  last        t health Healthy (was Progressing)")
  }
}
