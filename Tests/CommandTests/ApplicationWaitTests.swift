import Manifest
import Testing

@testable import muster

/// When `muster app wait` is content, and when it gives up.
struct ApplicationWaitTests {
  private func item(
    _ sync: String, _ health: String, message: String = "", operation: String = "", revision: String = "abc1",
    operationRevision: String = "abc1", awaitsSync: Bool = false
  ) throws -> Node {
    let state =
      operation.isEmpty
      ? ""
      : #", "operationState": {"phase": "\#(operation)", "message": "why", "syncResult": {"revision": "\#(operationRevision)"}}"#
    let text = """
      {"name": "a", "awaitsSync": \(awaitsSync), "status": {"sync": {"status": "\(sync)", "revision": "\(revision)"},
       "health": {"status": "\(health)", "message": ""}, "message": "\(message)"\(state)}}
      """
    return try JSON.parse(Array(text.utf8))
  }

  @Test func looksAtTheSyncAsWell() throws {
    let table: [(Node, ApplicationWait.Standing)] = [
      (try item("Synced", "Healthy"), .done),
      (try item("Synced", "Healthy", operation: "Succeeded"), .done),
      (try item("Synced", "Healthy", operation: "Running"), .open(why: "its sync is under way")),
      (try item("Synced", "Healthy", message: "hook x", operation: "Terminating"), .open(why: "hook x")),
      (try item("Synced", "Healthy", operation: "Failed"), .failed(why: "why")),
      // Of another revision: Git has moved on since.
      (try item("Synced", "Healthy", operation: "Failed", operationRevision: "old"), .done),
      (try item("Synced", "Healthy", operation: "Failed", awaitsSync: true), .open(why: "its sync has not begun")),
      (try item("Synced", "Healthy", revision: "def2"), .open(why: "Synced, Healthy, at def2, not abc")),
      (try item("Synced", "Progressing"), .open(why: "Synced, Progressing")),
      (try item("OutOfSync", "Missing", message: "denied"), .open(why: "OutOfSync, Missing: denied")),
    ]
    for (position, (item, expected)) in table.enumerated() {
      #expect(ApplicationWait.standing(of: item, revision: "abc") == expected, "\(position)")
    }
  }
}
