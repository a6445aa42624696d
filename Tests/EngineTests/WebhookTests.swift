import Crypto
import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

@Suite struct WebhookTests {
  private let github = #"""
    {"ref": "refs/heads/main", "repository": {"clone_url": "https://github.example/org/app.git",
     "ssh_url": "git@github.example:org/app.git", "html_url": "https://github.example/org/app",
     "default_branch": "main", "owner": {"url": "https://github.example/org"}}, "commits": [{"url": "https://x"}]}
    """#

  private func read(
    _ body: String, _ headers: [String: String] = [:], secret: String? = nil
  ) throws(Webhook.Refusal) -> Webhook {
    try Webhook(body: Array(body.utf8), header: { headers[$0] }, secret: secret.map { Redacted($0) })
  }

  @Test func findsTheRepositoryInEachServersWords() throws {
    let key = "github.example/org/app"
    let payloads = [
      github,
      #"{"object_kind":"push","ref":"refs/heads/main","project":{"git_http_url":"https://github.example/org/app.git","git_ssh_url":"git@github.example:org/app.git","default_branch":"main"}}"#,
      #"{"ref":"refs/heads/main","repository":{"clone_url":"https://github.example:3000/org/app.git","default_branch":"main"}}"#,
      #"{"push":{"changes":[{"new":{"type":"branch","name":"main"}}]},"repository":{"mainbranch":{"name":"main"},"links":{"html":{"href":"https://github.example/org/app"},"clone":[{"href":"git@github.example:org/app.git"}]}}}"#,
      "payload=" + (github.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "") + "&other=1",
    ]
    for payload in payloads {
      let webhook = try read(payload)
      #expect(webhook.ref == "refs/heads/main", "\(payload)")
      #expect(webhook.defaultBranch == "main", "\(payload)")
      #expect(Set(webhook.urls.compactMap { try? GitURL($0).webhookKey }) == [key], "\(payload)")
    }
  }

  @Test func toleratesOddPayloads() throws {
    for odd in [
      "{}", #"{"zen":"x","hook_id":1}"#, #"{"repository":7,"ref":[]}"#, #"{"repository":{"url":{"a":1}},"ref":null}"#,
    ] {
      #expect(try read(odd) == (try read("{}")), "\(odd)")
    }
    for malformed in [
      "", "x", "[]", "7", "{\"a\":", "payload=%7", String(repeating: "[", count: 10_000), "{\"a\":\u{0}}",
    ] {
      #expect(throws: Webhook.Refusal.malformed, "\(malformed.prefix(20))") { try read(malformed) }
    }
    let many = (0..<100).map { #""u\#($0)":"x""# }.joined(separator: ",")
    #expect(try read("{\"repository\":{\(many)}}").urls.isEmpty)
    #expect(throws: Webhook.Refusal.tooLarge) { try read(String(repeating: " ", count: Webhook.bodyLimit + 1)) }
  }

  @Test func findsTheRepositoryOfAPullRequest() throws {
    let repository =
      #""repository":{"html_url":"https://git.example/Org/App","clone_url":"https://git.example/Org/App.git"}"#
    let project = #""project":{"id":42,"web_url":"https://git.example/org/sub/app"}"#
    let azure =
      #""resource":{"repository":{"name":"App","project":{"name":"Shop"},"remoteUrl":"https://a.example/_git/App"}}"#
    let server = #""pullRequest":{"toRef":{"repository":{"slug":"App","project":{"key":"SHOP"}}}}"#
    let named: Set<RepositoryName> = [RepositoryName(host: "git.example", path: "org/app")]
    let none: Set<RepositoryName> = []
    let table: [(payload: String, headers: [String: String], repositories: Set<RepositoryName>)] = [
      (#"{"action":"opened","pull_request":{},\#(repository)}"#, ["x-github-event": "pull_request"], named),
      (#"{"action":"synchronized","pull_request":{},\#(repository)}"#, ["x-gitea-event": "pull_request"], named),
      (#"{"action":"labeled","pull_request":{},\#(repository)}"#, [:], named),
      (#"{"action":"edited","pull_request":{},\#(repository)}"#, ["x-github-event": "pull_request_review"], none),
      (#"{"action":"assigned","pull_request":{},\#(repository)}"#, ["x-github-event": "pull_request"], none),
      (#"{"ref":"refs/heads/main",\#(repository)}"#, ["x-github-event": "push"], none),
      (
        #"{"object_kind":"merge_request","object_attributes":{"action":"update"},\#(project)}"#, [:],
        [RepositoryName(host: "git.example", path: "org/sub/app"), RepositoryName(host: "git.example", project: 42)]
      ),
      (#"{"object_kind":"merge_request","object_attributes":{"action":"approved"},\#(project)}"#, [:], none),
      (#"{"object_kind":"push",\#(project)}"#, [:], none),
      (
        #"{"eventType":"git.pullrequest.created",\#(azure)}"#, [:],
        [RepositoryName(azureProject: "Shop", name: "App")]
      ),
      (#"{"eventType":"git.push",\#(azure)}"#, [:], none),
      (
        #"{"eventKey":"pr:opened",\#(server)}"#, ["x-event-key": "pr:opened"],
        [RepositoryName(bitbucketProject: "SHOP", name: "App")]
      ),
      (#"{"eventKey":"pr:comment:added",\#(server)}"#, ["x-event-key": "pr:comment:added"], none),
      (
        #"{"pullrequest":{},"repository":{"links":{"html":{"href":"https://bitbucket.org/Org/App"}}}}"#,
        ["x-event-key": "pullrequest:updated"], [RepositoryName(host: "bitbucket.org", path: "org/app")]
      ),
      (#"{"action":["opened"],"pull_request":7,"repository":[]}"#, [:], none),
    ]
    for (payload, headers, repositories) in table {
      #expect(try read(payload, headers).pullRequestsOf == repositories, "\(payload)")
    }
  }

  @Test func azureDevOpsSaysWhatWasPushed() throws {
    let payload =
      #"{"eventType":"git.push","resource":{"refUpdates":[{"name":"refs/heads/main"}],"repository":{"name":"app","remoteUrl":"https://dev.azure.com/o/p/_git/app"}}}"#
    func login(_ text: String) -> [String: String] { ["authorization": "Basic " + Base64.encode(Array(text.utf8))] }
    let webhook = try read(payload, login("any:s3:cret"), secret: "s3:cret")
    #expect(webhook.ref == "refs/heads/main" && webhook.urls == ["https://dev.azure.com/o/p/_git/app"])
    for wrong in ["any:s3", "s3:cret", "", "any"] {
      #expect(throws: Webhook.Refusal.wrongSignature, "\(wrong)") {
        try read(payload, login(wrong), secret: "s3:cret")
      }
    }
    #expect(throws: Webhook.Refusal.wrongSignature) {
      try read(payload, ["authorization": "Basic !"], secret: "s3:cret")
    }
    #expect(throws: Webhook.Refusal.unsigned) {
      try read(payload, ["authorization": "Bearer x"], secret: "s3:cret")
    }
  }

  @Test func checksWhoSentIt() throws {
    let code = HMAC<SHA256>.authenticationCode(
      for: Array(github.utf8), using: SymmetricKey(data: Array("s3cret".utf8)))
    let hex = GitObjectID.hex(of: code)
    let good: [[String: String]] = [
      ["x-hub-signature-256": "sha256=" + hex], ["x-gitea-signature": hex], ["x-gitlab-token": "s3cret"],
    ]
    for headers in good { #expect(throws: Never.self) { try read(github, headers, secret: "s3cret") } }
    for headers in good {
      #expect(throws: Webhook.Refusal.wrongSignature) { try read(github, headers, secret: "other") }
    }
    let bad: [[String: String]] = [
      ["x-hub-signature-256": "sha256=" + hex.dropLast()], ["x-hub-signature-256": ""], ["x-gitlab-token": ""],
      ["x-hub-signature-256": "sha256=" + String(repeating: "0", count: 64)], ["x-gitlab-token": "s3cre"],
      ["x-hub-signature": "sha1=" + String(repeating: "0", count: 40)],
    ]
    for headers in bad {
      #expect(throws: Webhook.Refusal.wrongSignature, "\(headers)") { try read(github, headers, secret: "s3cret") }
    }
    #expect(throws: Webhook.Refusal.unsigned) { try read(github, secret: "s3cret") }
    #expect(throws: Webhook.Refusal.wrongSignature) {
      try read(github + " ", ["x-gitea-signature": hex], secret: "s3cret")
    }
  }
}
