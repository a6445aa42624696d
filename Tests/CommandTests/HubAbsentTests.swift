import Testing

/// What commands of the hub say when it is not there.
@Suite(.timeLimit(.minutes(5))) struct HubAbsentTests {
  private let verbs: [[String]] = [
    ["status"], ["app", "list"], ["app", "get", "a"], ["app", "sync", "a"], ["appset", "list"], ["cluster", "list"],
    ["why", "a"], ["token", "list"],
  ]

  @Test func saysHowToGetOne() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    for verb in verbs {
      let unknown = try command.run(verb + ["--hub", "http://127.0.0.1:1"])
      #expect(unknown.status == 3 && unknown.out.isEmpty, "\(verb)")
      #expect(unknown.error.contains("help: start one with 'muster hub'"), "\(unknown.error)")
      let silent = try command.run(verb, environment: ["MUSTER_TOKEN": "t0ken", "MUSTER_HUB": "http://127.0.0.1:1"])
      #expect(silent.status == 3 && silent.out.isEmpty, "\(verb)")
      #expect(silent.error.contains("http://127.0.0.1:1 does not answer"), "\(silent.error)")
      #expect(silent.error.contains("does not answer: cannot connect") && !silent.error.contains("unreachable("))
      #expect(silent.error.contains("help: ") && !silent.error.contains("t0ken"), "\(silent.error)")
    }
  }

  @Test func sendsNoTokenInTheClear() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let addresses: [(hub: String, more: [String], status: Int32, words: String)] = [
      // Names that nobody has (RFC 6761) and addresses that are for documents (RFC 5737): nobody is asked.
      ("http://hub.invalid:8420", [], 2, "is plain HTTP"), ("http://192.0.2.1/muster/", [], 2, "is plain HTTP"),
      ("http://127.0.0.1.hub.invalid", [], 2, "is plain HTTP"), ("HTTP://hub.invalid", [], 2, "is plain HTTP"),
      // This machine, in a way of writing that is not taken for it.
      ("http://127.1:1", [], 2, "is plain HTTP"), ("http://127.1:1", ["--insecure-http"], 3, "does not answer"),
      ("https://127.1:1", [], 3, "does not answer"),
      ("http://localhost:1/", [], 3, "does not answer: cannot connect"),
      ("http://[::1]:1", [], 3, "does not answer"), ("http://0.0.0.0:1", [], 3, "does not answer: cannot connect"),
      ("https://bob:hush@hub.invalid", [], 2, "carries a user name or password"),
      ("bob:hush@hub.invalid:8420", [], 2, "has no scheme"), ("ftp://bob:hush@hub.invalid", [], 2, "has the scheme"),
      ("http://127.0.0.1:99999", [], 2, "which is none"), ("", [], 2, "has no scheme"),
    ]
    for line in addresses {
      let outcome = try command.run(
        ["status"] + line.more, environment: ["MUSTER_TOKEN": "t0ken", "MUSTER_HUB": line.hub])
      #expect(outcome.status == line.status && outcome.error.contains(line.words), "\(line.hub): \(outcome.error)")
      #expect(!outcome.error.contains("hush") && !outcome.error.contains("t0ken"), "\(line.hub)")
      #expect(line.status == 3 || outcome.error.contains("help: "), "\(line.hub)")
    }
  }
}
