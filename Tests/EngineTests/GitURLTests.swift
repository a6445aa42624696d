import Manifest
import Testing

@testable import Engine

@Suite struct GitURLTests {
  @Test func namesTheSameRepositoryInManyWays() throws {
    let same: [[String]] = [
      [
        "https://Example.org/org/app.git", "https://example.org/org/app", "https://example.org:443/org/app/",
        "HTTPS://example.org/org//app.git/", "https://user:secret@example.org/org/app",
      ],
      ["git@example.org:org/app.git", "ssh://git@example.org/org/app", "ssh://git@EXAMPLE.org:22/org/app.git"],
      ["/srv/git/app", "file:///srv/git/app", "/srv/git/app/"],
    ]
    for group in same {
      let urls = try group.map { try GitURL($0) }
      #expect(Set(urls).count == 1, "\(group)")
    }
    let different =
      ["https://example.org/org/app", "http://example.org/org/app", "https://example.org:8443/org/app"]
      + ["https://example.org/org/App", "ssh://git@example.org/org/app", "ssh://other@example.org/org/app"]
    #expect(Set(try different.map { try GitURL($0) }).count == different.count)
  }

  @Test func refusesWhatGitMightTakeForSomethingElse() {
    let hostile = [
      "", " ", "-uhttps://example.org/a", "--upload-pack=touch /tmp/x", "ext::sh -c touch% /tmp/x", "fd::17",
      "git://example.org/a", "ssh://-oProxyCommand=touch/a", "-oProxyCommand=x:a", "host:-option", "relative/path",
      "../up", "https://", "https://example.org", "https://example.org/a\nb", "file://host/a", "https://e:x/a",
      "https://example.org:99999/a", "https://exa mple.org/a", "https://example.org/a?x=1", "https://a%0ab@e.org/a",
      "https://example.org/" + String(repeating: "a", count: 5000), "ssh://-x@example.org/a", "http::https://e.org/a",
    ]
    for text in hostile {
      let failure = #expect(throws: Failure.self, "\(text.prefix(60))") { try GitURL(text) }
      #expect(failure?.code == "git.url-invalid")
    }
  }

  @Test func keepsUserInformationOutOfItsText() throws {
    let url = try GitURL("https://someone:p%40ss@example.org/org/app.git")
    #expect(url.text == "https://example.org/org/app.git")
    #expect(!"\(url)\(url.identity)".contains("someone"))
    #expect(url.embedded == .password(user: "someone", Redacted("p@ss")))
    #expect(try GitURL("git@example.org:org/app.git").text == "git@example.org:org/app.git")
  }

  @Test func comparesAsWebhooksNeedIt() throws {
    let keys = try [
      "https://example.org/Org/app.git", "git@example.org:org/app.git", "ssh://git@example.org:7999/org/app",
    ]
    .map { try GitURL($0).webhookKey }
    #expect(Set(keys) == ["example.org/org/app"])
  }
}
