import Foundation
import Testing

/// What `muster rollout` makes of a hub's answers.
@Suite(.timeLimit(.minutes(5))) struct RolloutAnswerTests {
  private static func inCluster(
    _ phase: String, _ message: String = "", aborted: Bool = false, waits: Bool = false, paused: Bool = false
  ) -> ScriptedHub.Answer {
    .ok(
      """
      {"namespace": "shop", "name": "web", "strategy": "Canary", "phase": "\(phase)", "message": "\(message)", \
      "revision": 2, "desired": 3, "current": 3, "updated": 1, "ready": 3, "available": 3, "step": 0, \
      "steps": ["pause"], "images": [], "paused": \(paused), "waitsForPerson": \(waits), "aborted": \(aborted), \
      "conditions": [], "replicaSets": [{"name": "web-7f", "revision": 2, "hash": "7f", \
      "created": "2026-11-28T10:00:00Z", "replicas": 1, "ready": 1, "available": 1, "roles": ["canary"], "pods": [], \
      "analysisRuns": []}]}
      """)
  }

  private static let path = "GET clusters/edge-1/rollouts/shop/web"
  private static let subject = ["web", "--cluster", "edge-1", "-n", "shop"]

  private func run(
    _ answers: [String: [ScriptedHub.Answer]], _ check: (BuiltCommand, ScriptedHub) throws -> Void
  ) throws {
    let hub = try ScriptedHub(answers)
    defer { hub.stop() }
    let command = try BuiltCommand()
    defer { command.remove() }
    try check(command, hub)
  }

  @Test func showsARolloutInAClusterInEveryFormat() throws {
    try run([Self.path: [Self.inCluster("Degraded", "aborted", aborted: true)]]) { command, hub in
      for (format, words) in [
        ("json", "\"phase\": \"Degraded\""), ("yaml", "phase: Degraded"), ("name", "web\n"), ("table", "✖ Degraded"),
      ] {
        let outcome = try command.run(
          ["rollout", "get"] + Self.subject + ["-o", format], environment: hub.environment)
        #expect(outcome.status == 4 && outcome.out.contains(words), "\(format): \(outcome)")
      }
      let text = try command.run(["rollout", "get"] + Self.subject, environment: hub.environment)
      #expect(
        text.out.contains("What now:\n  muster rollout retry web --cluster edge-1 -n shop      tries"), "\(text.out)")
      let history = try command.run(["rollout", "history"] + Self.subject, environment: hub.environment)
      #expect(history.status == 0 && history.out.contains("web-7f") && history.out.hasPrefix("REVISION"), "\(history)")
    }
  }

  @Test func endsAWatchThatAPersonIsWaitedFor() throws {
    let answers = [
      Self.path: [
        Self.inCluster("Progressing"), Self.inCluster("Paused", "CanaryPauseStep"),
        Self.inCluster("Paused", "CanaryPauseStep", waits: true),
      ]
    ]
    try run(answers) { command, hub in
      let outcome = try command.run(
        ["rollout", "watch"] + Self.subject + ["--timeout", "30s"], environment: hub.environment)
      #expect(outcome.status == 1, "\(outcome)")
      #expect(outcome.out.hasPrefix("Progressing, ") && outcome.out.contains("\nPaused, CanaryPauseStep"))
      #expect(outcome.error.contains("muster rollout approve web --cluster edge-1 -n shop"), "\(outcome.error)")
    }
  }

  @Test func saysVerbsInTheCommandsWordsOnStderr() throws {
    let accepted = ScriptedHub.Answer.ok(#"{"status": "accepted"}"#)
    let base = "POST clusters/edge-1/rollouts/shop/web/"
    try run([base + "promote": [accepted], base + "undo": [accepted]]) { command, hub in
      for verb in ["approve", "rollback"] {
        let outcome = try command.run(["rollout", verb] + Self.subject, environment: hub.environment)
        #expect(outcome.status == 0 && outcome.out.isEmpty, "\(outcome)")
        #expect(outcome.error.hasPrefix("rollout web: \(verb) is asked for; to see it go on: muster rollout watch web"))
      }
    }
  }

  private static func ofSet(
    _ number: Int, _ phase: String, reason: String = "", targets: String = "", more: String = "", advice: String = ""
  ) -> ScriptedHub.Answer {
    .ok(
      """
      {"name": "web#\(number)", "set": "web", "number": \(number), "phase": "\(phase)", "reason": "\(reason)", \
      "message": "", "trigger": "revision 8abac968", "changes": [], "createdAt": "2026-11-28T10:00:00Z", \
      "failed": false, "advice": [\(advice)], "waves": [], "targets": [\(targets)]\(more), "problem": "", \
      "unmatched": [], "held": []}
      """)
  }

  private static func target(_ name: String, from: String?, phase: String) -> String {
    let from = from.map { #""from": "\#($0)", "# } ?? ""
    return """
      {"application": "\(name)", "cluster": "edge-1", "wave": "canary", "phase": "\(phase)", "reason": "", \
      "message": "", "attempt": 1, "touched": true, \(from)"to": "8abac968"}
      """
  }

  @Test func tellsTheWayBackAsItWas() throws {
    let back = Self.target("web-1", from: "d72df4b0", phase: "RolledBack")
    let new = Self.target("web-2", from: nil, phase: "RolledBack")
    let seconds = #", "secondsToRestore": 7"#
    for (targets, reason, shown, hidden) in [
      (back, "AnalysisFailed", ["8abac968 → d72df4b0 (back)", "1 restored, the last one 7 s after"], ["stay at"]),
      (back, "Requested", ["1 of 1 clusters; 1 restored"], ["the last one"]),
      (new, "AnalysisFailed", ["nothing → 8abac968", "nothing to go back to"], ["the last one", "restored"]),
    ] {
      let answer = Self.ofSet(2, "RolledBack", reason: reason, targets: targets, more: seconds)
      try run(["GET rollouts/web": [answer]]) { command, hub in
        let outcome = try command.run(["rollout", "get", "web"], environment: hub.environment)
        for words in shown { #expect(outcome.out.contains(words), "\(words): \(outcome.out)") }
        for words in hidden { #expect(!outcome.out.contains(words), "\(words): \(outcome.out)") }
      }
    }
  }

  @Test func waitsAloudForARolloutThatIsToCome() throws {
    let answers = ["GET rollouts/web": [Self.ofSet(5, "RolledBack"), Self.ofSet(6, "Succeeded")]]
    try run(answers) { command, hub in
      let outcome = try command.run(["rollout", "watch", "web", "--number", "6"], environment: hub.environment)
      #expect(outcome.status == 0 && outcome.error == "waiting for #6 of web; the newest is #5, RolledBack\n")
      #expect(!outcome.out.contains("web#5") && outcome.out.contains("web#6"), "\(outcome)")
    }
  }
}
