import Testing

@Suite(.timeLimit(.minutes(5))) struct HelpTests {
  private static let verbs: [[String]] = [
    [], ["hub"], ["status"], ["why"], ["app"], ["app", "list"], ["app", "get"], ["app", "diff"], ["app", "sync"],
    ["app", "refresh"], ["app", "wait"], ["app", "events"], ["app", "history"], ["app", "rollback"], ["app", "adopt"],
    ["app", "terminate"], ["events"], ["completion"], ["appset", "rollback"], ["appset"], ["appset", "list"],
    ["appset", "get"],
    ["appset", "generate"], ["appset", "explain"], ["appset", "approve"], ["cluster"], ["cluster", "list"],
    ["cluster", "get"],
    ["cluster", "register"], ["cluster", "rotate"], ["cluster", "label"], ["cluster", "cordon"],
    ["cluster", "uncordon"], ["cluster", "unregister"], ["token"], ["token", "create"], ["token", "list"],
    ["token", "revoke"], ["check"], ["health"], ["render"], ["diff"], ["preview"], ["simulate"],
    ["analysis"], ["analysis", "run"], ["analysis", "lint"], ["analysis", "eval"], ["analysis", "assess"], ["rollout"],
    ["rollout", "replicas"], ["rollout", "list"], ["rollout", "get"], ["rollout", "watch"], ["rollout", "history"],
    ["rollout", "pause"], ["rollout", "resume"], ["rollout", "approve"], ["rollout", "promote"], ["rollout", "abort"],
    ["rollout", "rollback"], ["rollout", "retry"], ["rollout", "restart"],
  ]

  @Test func fitsAScreen() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    for verb in Self.verbs {
      let outcome = try command.run(verb + ["--help"])
      let lines = outcome.out.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(outcome.status == 0 && outcome.error.isEmpty, "\(verb)")
      #expect(outcome.out.hasPrefix("OVERVIEW: ") && outcome.out.contains("USAGE: muster"), "\(verb)")
      #expect(lines.count <= 40, "\(verb): \(lines.count) lines")
      for line in lines where !line.hasPrefix("USAGE:") { #expect(line.count <= 80, "\(verb): \(line)") }
    }
  }

  @Test func namesEverySubcommand() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    for verb in Self.verbs where !verb.isEmpty {
      let parent = try command.run(Array(verb.dropLast()) + ["--help"])
      #expect(parent.out.contains("\n  " + (verb.last ?? "")), "\(verb)")
    }
  }

  @Test func completesInThreeShells() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    for shell in ["bash", "zsh", "fish"] {
      let script = try command.run(["--generate-completion-script", shell])
      #expect(script.status == 0 && script.out.contains("muster"), "\(shell)")
      if shell == "bash" {
        let checked = try command.tool(["bash", "-n", try command.write(script.out, "completion.bash")])
        #expect(checked.status == 0, "\(checked.error)")
      }
    }
    #expect(try command.run(["--generate-completion-script", "tcsh"]).status == 2)
  }

  @Test func refusesAWrongCommandLine() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let wrong: [[String]] = [
      ["nothing"], ["status", "--nothing"], ["app"] + ["nothing"], ["app", "get"], ["status", "-o", "xml"],
      ["hub"], ["hub", "--fleet", ".", "--data", "d", "--listen", "nowhere"], ["cluster", "label", "a"],
      ["hub", "--fleet", ".", "--data", "d", "--tls-key", "k"],
      ["hub", "--fleet", ".", "--data", "d", "--listen", "0.0.0.0:1"], ["token", "create", "a", "--days", "0"],
      ["appset", "approve", "a"],
    ]
    for arguments in wrong {
      let outcome = try command.run(arguments)
      #expect(outcome.status == 2, "\(arguments)")
      #expect(outcome.out.isEmpty && !outcome.error.isEmpty, "\(arguments)")
    }
    let version = try command.run(["--version"])
    #expect(version.status == 0 && !version.out.isEmpty)
  }
}
