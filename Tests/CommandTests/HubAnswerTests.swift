import Foundation
import Testing

/// What commands make of a hub's answers: stdout, stderr and exit code.
@Suite(.timeLimit(.minutes(5))) struct HubAnswerTests {
  private static let long = String(repeating: "the Deployment is not available yet; ", count: 6)

  private static func application(
    _ name: String, cluster: String = "edge-1", sync: String = "Synced", health: String = "Healthy",
    message: String = ""
  ) -> String {
    """
    {"name": "\(name)", "project": "default", "applicationSet": null, "cluster": "\(cluster)", \
    "clusterLabels": {"tier": "edge"}, "namespace": "shop", "deleting": false, \
    "source": {"repoURL": "https://git.example.org/a.git", "path": "web", "targetRevision": "main"}, \
    "status": {"sync": {"status": "\(sync)", "revision": "0123456789abcdef"}, \
    "health": {"status": "\(health)", "message": ""}, "stage": "done", "message": "\(message)", "lastSync": "", \
    "conditions": []}}
    """
  }

  private static func cluster(_ name: String, _ labels: String = #""tier": "edge""#) -> String {
    """
    {"name": "\(name)", "server": "https://\(name)", "labels": {\(labels)}, "state": "Reachable", "message": "v1.36.0", \
    "objects": 1, "cordoned": false, "registered": false, "namespaces": []}
    """
  }

  private static func items(_ items: String...) -> ScriptedHub.Answer {
    .ok(#"{"items": [\#(items.joined(separator: ","))]}"#)
  }

  private func run(
    _ answers: [String: ScriptedHub.Answer], _ check: (BuiltCommand, ScriptedHub) throws -> Void
  ) throws {
    let hub = try ScriptedHub(answers)
    defer { hub.stop() }
    let command = try BuiltCommand()
    defer { command.remove() }
    try check(command, hub)
  }

  @Test func cutsTheLastColumnOnATerminalOnly() throws {
    try run(["GET applications": Self.items(Self.application("web-1", sync: "OutOfSync", message: Self.long))]) {
      command, hub in
      for columns in [80, 100, 160] as [UInt16] {
        let shown = try command.runOnTerminal(["app", "list"], columns: columns, environment: hub.environment)
        #expect(shown.status == 0)
        for line in shown.out.split(separator: "\n") {
          let plain = line.replacing(#/\u{1B}\[[0-9]*m/#, with: "")
          #expect(plain.count <= Int(columns), "\(plain)")
        }
        #expect(shown.out.contains("…"), "\(shown.out)")
      }
      let wide = try command.runOnTerminal(["app", "list", "-o", "wide"], columns: 80, environment: hub.environment)
      #expect(wide.out.contains(Self.long.trimmingCharacters(in: .whitespaces)))
      let piped = try command.run(["app", "list"], environment: hub.environment)
      #expect(piped.out.contains(Self.long.trimmingCharacters(in: .whitespaces)))
    }
  }

  @Test func saysWhenThereIsNothing() throws {
    let answers = [
      "GET applications": Self.items(), "GET clusters": Self.items(Self.cluster("edge-1")),
      "GET applicationsets": Self.items(), "GET rollouts": Self.items(), "GET tokens": Self.items(),
      "GET events": Self.items(), "GET clusters/edge-1/rollouts": Self.items(),
    ]
    try run(answers) { command, hub in
      for (arguments, words) in [
        (["app", "list"], "no applications"), (["appset", "list"], "no applicationsets"),
        (["rollout", "list"], "no set rolls out in waves"), (["token", "list"], "no tokens"),
        (["events"], "no events"), (["rollout", "list", "--cluster", "edge-1"], "no Rollouts"),
      ] {
        let outcome = try command.run(arguments, environment: hub.environment)
        #expect(outcome.status == 0 && outcome.out.isEmpty && outcome.error == words + "\n", "\(arguments): \(outcome)")
        let json = try command.run(arguments + ["-o", "json"], environment: hub.environment)
        #expect(json.out == "[]\n" && json.error.isEmpty, "\(arguments): \(json)")
      }
      let unknown = try command.run(["app", "list", "--cluster", "edge-2"], environment: hub.environment)
      #expect(unknown.status == 2 && unknown.error.contains("no cluster is named 'edge-2'"), "\(unknown)")
      #expect(unknown.error.contains("did you mean 'edge-1'?"))
    }
  }

  @Test func saysHowTheyStandThatItWaitedFor() throws {
    let answers = [
      "GET applications": Self.items(
        Self.application("bad", sync: "OutOfSync", health: "Degraded", message: "its image cannot be pulled"),
        Self.application("good"))
    ]
    try run(answers) { command, hub in
      let late = try command.run(["app", "wait", "--timeout", "1s"], environment: hub.environment)
      #expect(late.status == 6 && late.out.isEmpty)
      let words = "error: still waiting for 1 application:\n  bad: OutOfSync, Degraded: its image cannot be pulled\n"
      #expect(late.error.hasPrefix(words) && late.error.contains("muster why bad"), "\(late.error)")
      let unknown = try command.run(["app", "wait", "goood", "--timeout", "2s"], environment: hub.environment)
      #expect(unknown.status == 2 && unknown.error.contains("did you mean 'good'?"), "\(unknown)")
      let one = try command.run(["app", "wait", "good"], environment: hub.environment)
      #expect(one.status == 0 && one.error == "1 application is synced and healthy\n", "\(one)")
      let revision = try command.run(
        ["app", "wait", "good", "--timeout", "1s", "--revision", "feed"], environment: hub.environment)
      #expect(revision.error.contains("  good: Synced, Healthy, at 01234567, not feed\n"), "\(revision.error)")
    }
  }

  private static func event(_ id: Int, _ kind: String, _ message: String, application: String = "") -> String {
    """
    {"id": \(id), "time": "2026-11-28T10:00:0\(id)Z", "kind": "\(kind)", "application": "\(application)", "cluster": "", \
    "actor": "hub", "cause": "", "outcome": "Told", "revision": "", "message": "\(message)"}
    """
  }

  @Test func tellsTheHistoryOfWhatIsGone() throws {
    let answers = [
      "GET applications/secret": ScriptedHub.Answer.problem(404, "not-found", "there is no application 'secret'"),
      "GET applications/never": .problem(404, "not-found", "there is no application 'never'"),
      "GET applications": Self.items(Self.application("web-1")),
      "GET events": Self.items(),
      "GET events?limit=100&application=secret": Self.items(Self.event(4, "sync", "applied", application: "secret")),
      "GET events?limit=1000&kind=applicationset": Self.items(
        Self.event(3, "applicationset", "web: 9 removals"), Self.event(2, "applicationset", "web-2: 1 removal")),
      "GET events?limit=1000&kind=rollout": Self.items(Self.event(5, "rollout", "web#2: canary", application: "web-1")),
    ]
    try run(answers) { command, hub in
      let gone = try command.run(["app", "events", "secret"], environment: hub.environment)
      #expect(gone.status == 0 && gone.out.contains("applied"), "\(gone)")
      #expect(gone.error.contains("no application is named 'secret' now"), "\(gone.error)")
      let never = try command.run(["app", "events", "never"], environment: hub.environment)
      #expect(never.status == 2 && never.error.contains("no application is named 'never'"), "\(never)")
      let set = try command.run(["events", "--set", "web"], environment: hub.environment)
      let messages = set.out.split(separator: "\n").dropFirst().compactMap { $0.split(separator: " ").last }
      #expect(messages == ["canary", "removals"], "\(set)")
      let wrong = try command.run(["events", "--kind", "nope"], environment: hub.environment)
      #expect(wrong.status == 2 && wrong.error.contains("--kind is one of sync"), "\(wrong)")
    }
  }

  @Test func asksForAnApplicationByItsNameAlone() throws {
    try run([:]) { command, hub in
      _ = try command.run(["why", "a b/../c"], environment: hub.environment)
      #expect(hub.requests.first == "GET applications/a%20b%2F..%2Fc", "\(hub.requests)")
    }
  }

  @Test func letsNoEscapeReachTheTerminal() throws {
    let evil = #"\u001b]0;owned\u0007"#
    let application = Self.application("web-1", sync: "OutOfSync", health: "Degraded", message: evil)
    let answers = [
      "GET applications/web-1": ScriptedHub.Answer.ok(application),
      "GET applications/web-1/events": Self.items(Self.event(1, "sync", evil)),
      "GET applications": Self.items(application), "GET clusters": Self.items(Self.cluster("edge-1")),
      "GET fleet": .ok(#"{"diagnostics": [], "failures": ["\#(evil)"]}"#), "GET applicationsets": Self.items(),
      "GET events": Self.items(Self.event(1, "sync", evil)), "GET rollouts": Self.items(),
    ]
    try run(answers) { command, hub in
      for arguments in [["why", "web-1"], ["app", "get", "web-1"], ["status"], ["events"], ["app", "list"]] {
        let outcome = try command.run(arguments, environment: hub.environment)
        #expect(outcome.out.contains("owned"), "\(arguments): \(outcome)")
        #expect(!outcome.out.contains("\u{1B}") && !outcome.out.contains("\u{7}"), "\(arguments)")
      }
    }
  }

  @Test func groupsByLabelsThatThereAre() throws {
    let answers = [
      "GET applications": Self.items(Self.application("web-1")), "GET applicationsets": Self.items(),
      "GET clusters": Self.items(Self.cluster("edge-1", #""tier": "edge", "region": """#)),
      "GET fleet": .ok(#"{"diagnostics": [], "failures": []}"#), "GET rollouts": Self.items(),
    ]
    try run(answers) { command, hub in
      for (labels, status, words) in [
        ("nope", Int32(2), "no cluster has a label 'nope'"), ("", 2, "--group-by takes labels"), ("tier", 0, ""),
        ("tier,region", 0, ""),
      ] {
        let outcome = try command.run(["status", "--group-by", labels], environment: hub.environment)
        #expect(outcome.status == status && (words.isEmpty || outcome.error.contains(words)), "\(labels): \(outcome)")
      }
    }
  }

  @Test func saysThatNothingIsRemovedMeanwhile() throws {
    let problem = "9 of 9 applications would be removed; to agree: muster appset approve web --delete 9"
    func set(_ problems: String) -> ScriptedHub.Answer {
      .ok(
        #"{"name": "web", "applications": [], "problems": [\#(problems)], "status": null, "file": null, "spec": null}"#)
    }
    let broken = ScriptedHub.Answer.ok(
      #"{"diagnostics": [{"code": "yaml.syntax", "severity": "error", "message": "bad", "file": "a.yaml", "line": 1, "column": 2}], "failures": []}"#
    )
    let fine = ScriptedHub.Answer.ok(#"{"diagnostics": [], "failures": []}"#)
    let command = try BuiltCommand()
    defer { command.remove() }
    for (sets, fleet, status, words) in [
      ([set("")], broken, Int32(2), "nothing is removed until they are mended"),
      ([set("")], fine, 2, "no application of web waits to be removed"),
      ([set("\"\(problem)\""), set("")], fine, 0, "web: agreed; what waited goes: 9 of 9 applications"),
      ([set("\"\(problem)\"")], fine, 5, "9 of 9 applications would be removed"),
    ] {
      let hub = try ScriptedHub([
        "GET applicationsets/web": sets, "GET fleet": [fleet],
        "POST applicationsets/web/approve": [.ok(#"{"status": "accepted"}"#)],
      ])
      defer { hub.stop() }
      let outcome = try command.run(["appset", "approve", "web", "--delete", "9"], environment: hub.environment)
      #expect(outcome.status == status && outcome.error.contains(words), "\(words): \(outcome)")
      #expect(hub.requests.contains { $0.hasPrefix("POST") } == (status != 2))
    }
    try run([
      "GET applications": Self.items(), "GET clusters": Self.items(), "GET applicationsets": Self.items(),
      "GET fleet": broken, "GET applicationsets/web": set(""), "GET rollouts": Self.items(),
    ]) { command, hub in
      let status = try command.run(["status"], environment: hub.environment)
      #expect(status.out.contains("1 problem; what was last good stays, and nothing is removed"), "\(status)")
      let get = try command.run(["appset", "get", "web"], environment: hub.environment)
      #expect(get.out.contains("nothing is removed until they are mended"), "\(get)")
    }
  }

  @Test func completesNamesOfTheHub() throws {
    try run(["GET applications": Self.items(Self.application("web-1"), Self.application("api-1"))]) { command, hub in
      let arguments = ["---completion", "app", "get", "--", "positional@0", "3", "2", "muster", "app", "get", "we"]
      let known = try command.run(arguments, environment: hub.environment)
      #expect(known.out.contains("web-1") && !known.out.contains("api-1"), "\(known)")
      let silent = try command.run(
        arguments, environment: ["MUSTER_HUB": "http://127.0.0.1:1", "MUSTER_TOKEN": "t"])
      #expect(silent.out.isEmpty && silent.error.isEmpty, "\(silent)")
    }
  }

  @Test func printsTheSameFormatsEverywhere() throws {
    let token = #"{"name": "ci", "createdAt": "2026-11-28T10:00:00Z", "expiresAt": null}"#
    let answers = [
      "GET tokens": Self.items(token), "DELETE tokens/ci": ScriptedHub.Answer.ok(#"{"status": "revoked"}"#),
      "GET applications/web-1/diff": .ok(
        #"{"name": "web-1", "revision": "", "items": [], "conditions": []}"#),
      "POST applications/web-1/sync/dry-run": .ok(
        #"{"name": "web-1", "revision": "", "differs": false, "items": [], "problems": [], "conditions": []}"#),
    ]
    try run(answers) { command, hub in
      for (arguments, out) in [
        (["token", "list", "-o", "name"], "ci\n"), (["token", "list", "--json"], "\"name\": \"ci\""),
        (["token", "list", "-o", "yaml"], "name: ci"), (["app", "diff", "web-1", "-o", "yaml"], "items: []"),
        (["app", "diff", "web-1"], ""), (["app", "diff", "web-1", "-o", "text"], ""),
        (["app", "sync", "web-1", "--dry-run", "-o", "json"], "differs"),
      ] {
        let outcome = try command.run(arguments, environment: hub.environment)
        #expect(outcome.status == 0 && (outcome.out == out || outcome.out.contains(out)), "\(arguments): \(outcome)")
      }
      let revoked = try command.run(["token", "revoke", "ci"], environment: hub.environment)
      #expect(revoked.status == 0 && revoked.error.contains("ci"), "\(revoked)")
      let ignored = try command.run(["app", "sync", "web-1", "-o", "json"], environment: hub.environment)
      #expect(ignored.status == 2 && ignored.error.contains("--output goes with --dry-run"), "\(ignored)")
    }
  }
}
