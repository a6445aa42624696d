import Engine
import Fleet
import Manifest
import Synchronization
import Testing

@testable import Hub

@Suite struct WebhookRoutesTests {
  private let payload = Array(
    #"{"ref":"refs/heads/main","repository":{"clone_url":"https://example.org/org/app.git"}}"#.utf8)

  @Test func passesAddressesOn() async {
    let seen = Mutex<[String]>([])
    let routes = WebhookRoutes(
      notify: { urls in
        seen.withLock { $0 += urls }; return urls.count
      }, review: { _ in 0 }, secret: nil)
    #expect(await routes.answer(to: payload) { _ in nil }.status.code == 202)
    #expect(await routes.answer(to: Array("{}".utf8)) { _ in nil }.status.code == 202)
    #expect(seen.withLock { $0 } == ["https://example.org/org/app.git"])
    #expect(await routes.answer(to: Array("[".utf8)) { _ in nil }.status.code == 400)
  }

  @Test func looksAtPullRequests() async {
    let seen = Mutex<[Set<RepositoryName>]>([])
    let routes = WebhookRoutes(
      notify: { _ in 0 },
      review: { names in
        seen.withLock { $0.append(names) }; return 1
      }, secret: nil)
    let event = #"{"action":"opened","pull_request":{},"repository":{"html_url":"https://example.org/org/app"}}"#
    #expect(await routes.answer(to: Array(event.utf8)) { _ in nil }.status.code == 202)
    #expect(await routes.answer(to: payload) { _ in nil }.status.code == 202)
    #expect(seen.withLock { $0 } == [[RepositoryName(host: "example.org", path: "org/app")]])
  }

  @Test func asksForTheSecretWhereOneIsSet() async {
    let calls = Mutex(0)
    let routes = WebhookRoutes(
      notify: { _ in
        calls.withLock { $0 += 1 }; return 1
      }, review: { _ in 0 }, secret: Redacted("secret"))
    let tokens: [(String?, Int)] = [(nil, 401), ("wrong", 401), ("secret", 202)]
    for (token, status) in tokens {
      let response = await routes.answer(to: payload) { $0 == "x-gitlab-token" ? token : nil }
      #expect(response.status.code == status, "\(token ?? "none")")
    }
    #expect(calls.withLock { $0 } == 1)
  }
}
