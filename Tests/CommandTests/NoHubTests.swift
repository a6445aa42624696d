import Testing

/// What commands say of something that answers, and is no hub.
@Suite(.timeLimit(.minutes(5))) struct NoHubTests {
  private let verbs: [[String]] = [
    ["status"], ["app", "list"], ["app", "get", "a"], ["app", "sync", "a"], ["app", "history", "a"],
    ["appset", "list"],
    ["appset", "rollback", "a"], ["cluster", "list"], ["cluster", "cordon", "a"], ["cluster", "unregister", "a"],
    ["rollout", "pause", "a"], ["token", "create", "a"], ["token", "revoke", "a"], ["why", "a"],
  ]

  @Test func isTold() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let pages: [(status: Int, type: String, body: String, words: String)] = [
      (200, "text/html", "<html>log in</html>", "is not a Muster hub"),
      (200, "application/json", "{}", "is not a Muster hub"),
      (200, "application/json", #"{"items":"a","name":3,"status":null}"#, "is not a Muster hub"),
      (204, "text/plain", "", "is not a Muster hub"),
      (302, "text/html", "<html>moved</html>", "is not a Muster hub"),
      (404, "text/html", "<html>no such page</html>", "is not a Muster hub"),
      (503, "text/html", "<html>no backend</html>", "does not answer: what stands before it says HTTP 503"),
    ]
    for page in pages {
      let web = try WebPage(status: page.status, type: page.type, page.body)
      defer { web.close() }
      // Each kind of answer once, and the commonest command with every page.
      for verb in page.status == 200 ? verbs : [["status"]] {
        let outcome = try command.run(verb, environment: ["MUSTER_TOKEN": "t0ken", "MUSTER_HUB": web.url])
        #expect(outcome.status == 3 && outcome.out.isEmpty, "\(verb) \(page.body): \(outcome.error)")
        #expect(outcome.error.contains(page.words) && outcome.error.contains(web.url), "\(verb): \(outcome.error)")
        #expect(!outcome.error.contains("t0ken"))
      }
      #expect(!web.requests.isEmpty)
    }
  }

  @Test func aHubsRefusalIsNotTakenForIt() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    for (status, exit) in [(401, 3), (409, 2)] {
      let web = try WebPage(
        status: status, type: "application/json",
        #"{"error":{"code":"c","message":"so it is\u001b[2J","hint":"do this"}}"#)
      defer { web.close() }
      let outcome = try command.run(["status"], environment: ["MUSTER_TOKEN": "t0ken", "MUSTER_HUB": web.url])
      #expect(outcome.status == Int32(exit), "\(outcome.error)")
      #expect(outcome.error.contains("the hub answers: so it is") && outcome.error.contains("help: do this"))
      #expect(!outcome.error.contains("\u{1B}"))
    }
  }
}
