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
      #expect(silent.error.contains("help: ") && !silent.error.contains("t0ken"), "\(silent.error)")
    }
  }
}
