import Engine
import Foundation
import HTTPClient
import Manifest
import Testing

@testable import Hub

@Suite(.timeLimit(.minutes(2))) struct RouteTests {
  @Test func letsOnlyHoldersOfATokenIn() async throws {
    try await RunningHub.with { hub async throws in
      let paths = hub.server.routes(ChangeJournal()).filter { $0.access == .token }.map {
        ($0.method.rawValue, $0.path.replacing("{name}", with: "shop-alpha"))
      }
      #expect(paths.count > 15)
      for (method, path) in paths + [("GET", "/api/v1/nothing"), ("GET", "/"), ("PUT", "/healthz/x")] {
        for token in ["", "muster_wrong"] {
          let answer = try await hub.ask(method, path, token: token)
          #expect(answer.status == 401, "\(method) \(path)")
          #expect(answer.header("WWW-Authenticate") == #"Bearer realm="muster""#)
          #expect(answer.json["error"]?["code"]?.string == "unauthorized")
        }
      }
      for path in ["/healthz", "/readyz", "/metrics"] {
        #expect(try await hub.ask("GET", path, token: "").status == 200)
      }
      let expired = try await hub.store.tokens.make(
        name: "old", now: Date(), expiresAt: Date(timeIntervalSinceNow: -1))
      #expect(try await hub.ask("GET", "/api/v1/clusters", token: expired.text.reveal()).status == 401)
    }
  }

  @Test func saysWhatIsWrongInOneShape() async throws {
    let table: [(method: String, path: String, body: String?, status: Int, code: String)] = [
      ("GET", "/api/v1/nothing", nil, 404, "not-found"),
      ("GET", "/api/v1/clusters/nobody", nil, 404, "not-found"),
      ("GET", "/api/v1/applications/nobody", nil, 404, "not-found"),
      ("GET", "/api/v1/applicationsets/nobody", nil, 404, "not-found"),
      ("PUT", "/api/v1/clusters", nil, 405, "method-not-allowed"),
      ("DELETE", "/healthz", nil, 405, "method-not-allowed"),
      ("GET", "/api/v1/clusters?teir=edge", nil, 400, "unknown-parameter"),
      ("GET", "/api/v1/clusters?limit=0", nil, 400, "bad-request"),
      ("GET", "/api/v1/clusters?selector=a%20b", nil, 400, "bad-request"),
      ("GET", "/api/v1/applications?sync=Maybe", nil, 400, "bad-request"),
      ("GET", "/api/v1/events?since=yesterday", nil, 400, "bad-request"),
      ("GET", "/api/v1/events?continue=x", nil, 400, "bad-request"),
      ("POST", "/api/v1/applications/nobody/sync", nil, 404, "not-found"),
      ("POST", "/api/v1/applications/shop-alpha/sync", "{", 400, "bad-request"),
      ("POST", "/api/v1/applications/shop-alpha/sync", "[]", 400, "bad-request"),
      ("POST", "/api/v1/applications/shop-alpha/sync", #"{"prune":"yes"}"#, 400, "bad-request"),
      ("POST", "/api/v1/applications/shop-alpha/sync", #"{"purne":true}"#, 400, "unknown-field"),
      ("POST", "/api/v1/applicationsets/shop/approve", "{}", 400, "bad-request"),
      ("POST", "/api/v1/applicationsets/shop/approve", #"{"delete":-1}"#, 400, "bad-request"),
      ("POST", "/api/v1/applicationsets/nobody/approve", #"{"delete":1}"#, 404, "not-found"),
      ("POST", "/api/v1/clusters", #"{"name":"new"}"#, 400, "bad-request"),
      (
        "POST", "/api/v1/clusters", #"{"name":"new","server":"x","clusterUID":"1","token":"t"}"#, 400, "bad-request"
      ),
      ("POST", "/api/v1/clusters/alpha/override", #"{"labels":{"a b":"c"}}"#, 400, "bad-request"),
      ("POST", "/api/v1/clusters/nobody/override", #"{"cordoned":true}"#, 404, "not-found"),
      ("DELETE", "/api/v1/clusters/alpha", nil, 404, "not-found"),
      ("GET", "/api/v1/rollouts/shpo", nil, 404, "not-found"), ("GET", "/api/v1/rollouts/shop", nil, 404, "not-found"),
      ("POST", "/api/v1/applications/shop-alpha/rollback", #"{"to":"77"}"#, 409, "rollback.no-such-sync"),
      ("DELETE", "/api/v1/tokens/local", nil, 409, "local-token"),
      ("POST", "/api/v1/tokens", #"{"name":"tester"}"#, 409, "token.exists"),
      ("POST", "/api/v1/tokens", #"{"name":"a","days":0}"#, 400, "bad-request"),
      ("POST", "/api/v1/applications/shop-alpha/sync", String(repeating: " ", count: 70_000), 413, "too-large"),
    ]
    try await RunningHub.with { hub async throws in
      for entry in table {
        let answer = try await hub.ask(entry.method, entry.path, body: entry.body)
        #expect(answer.status == entry.status, "\(entry.method) \(entry.path): \(answer.text)")
        #expect(answer.json["error"]?["code"]?.string == entry.code, "\(entry.method) \(entry.path)")
        #expect(answer.json["error"]?["message"]?.string?.isEmpty == false)
      }
      let misspelt = try await hub.ask("GET", "/api/v1/rollouts/shpo")
      #expect(misspelt.json["error"]?["hint"]?.string == "did you mean 'shop'?", "\(misspelt.text)")
      let allAtOnce = try await hub.ask("GET", "/api/v1/rollouts/shop")
      #expect(allAtOnce.json["error"]?["message"]?.string?.contains("has no strategy RollingSync") == true)
      #expect(try await hub.ask("PUT", "/api/v1/clusters").header("Allow") == "GET, HEAD, POST")
      #expect(try await hub.ask("HEAD", "/api/v1/clusters").text.isEmpty)
    }
  }

  @Test func filtersAndPages() async throws {
    try await RunningHub.with { hub async throws in
      func names(_ path: String) async throws -> [String] {
        (try await hub.ask("GET", path).json["items"]?.sequence ?? []).compactMap { $0["name"]?.string }
      }
      #expect(try await names("/api/v1/clusters") == ["alpha", "beta", "gamma"])
      #expect(try await names("/api/v1/clusters?selector=tier%20in%20(edge)") == ["alpha", "beta"])
      #expect(try await names("/api/v1/clusters?state=reachable") == [])
      #expect(try await names("/api/v1/applications?cluster=beta") == ["shop-beta"])
      #expect(try await names("/api/v1/applications?selector=tier!%3Dedge") == ["shop-gamma"])
      #expect(try await names("/api/v1/applications?health=Healthy") == [])
      #expect(try await names("/api/v1/applications?sync=unknown&applicationset=shop").count == 3)
      let first = try await hub.ask("GET", "/api/v1/applications?limit=2").json
      #expect(first["remaining"]?.int == 1)
      let next = try #require(first["continue"]?.string)
      let second = try await hub.ask("GET", "/api/v1/applications?limit=2&continue=" + next).json
      #expect(second["items"]?[0]?["name"]?.string == "shop-gamma")
      #expect(second["continue"] == nil)
    }
  }

  @Test func doesWhatItIsAskedAndRemembersWhoAsked() async throws {
    try await RunningHub.with { hub async throws in
      let labelled = try await hub.ask(
        "POST", "/api/v1/clusters/alpha/override", body: #"{"labels":{"tier":"core"},"cordoned":true}"#)
      #expect(labelled.status == 202)
      let alpha = try await hub.ask("GET", "/api/v1/clusters/alpha").json
      #expect(alpha["labels"]?["tier"]?.string == "core")
      #expect(alpha["cordoned"]?.bool == true)
      let events = try await hub.ask("GET", "/api/v1/events?kind=cluster&limit=1").json
      #expect(events["items"]?[0]?["outcome"]?.string == "Cordoned")
      #expect(events["items"]?[0]?["actor"]?.string == "tester")
      let older = try await hub.ask(
        "GET", "/api/v1/events?kind=cluster&continue=" + (events["continue"]?.string ?? "")
      ).json
      #expect(older["items"]?.sequence?.compactMap { $0["outcome"]?.string } == ["Labelled"])
      #expect(try await hub.ask("POST", "/api/v1/applications/shop-alpha/sync").status == 202)
      #expect(try await hub.ask("POST", "/api/v1/applications/shop-alpha/refresh").status == 202)

      let made = try await hub.ask("POST", "/api/v1/tokens", body: #"{"name":"ci","days":1}"#)
      let token = try #require(made.json["token"]?.string)
      #expect(try await hub.ask("GET", "/api/v1/clusters", token: token).status == 200)
      #expect(try await hub.ask("GET", "/api/v1/tokens").text.contains(token) == false)
      #expect(try await hub.ask("DELETE", "/api/v1/tokens/ci").status == 200)
      #expect(try await hub.ask("GET", "/api/v1/clusters", token: token).status == 401)
    }
  }

  @Test func takesAnyNameThatIsPercentEncoded() async throws {
    try await RunningHub.with(oddCluster: true) { hub async throws in
      let segment = "arn%3Aaws%3Aeks%3Aeu-west-1%3A1%3Acluster%2Fx%20y%2050%25"
      let body = #"{"cordoned":true}"#
      #expect(try await hub.ask("POST", "/api/v1/clusters/\(segment)/override", body: body).status == 202)
      let cluster = try await hub.ask("GET", "/api/v1/clusters/\(segment)").json
      #expect(cluster["name"]?.string == RunningHub.oddName && cluster["cordoned"]?.bool == true)
      let events = try await hub.ask("GET", "/api/v1/events?kind=cluster&limit=1").json
      #expect(events["items"]?[0]?["cluster"]?.string == RunningHub.oddName)
      let forgotten = try await hub.ask("DELETE", "/api/v1/clusters/\(segment)")
      #expect(forgotten.json["error"]?["message"]?.string?.contains(RunningHub.oddName) == true)
      // The parts of a path are told apart before they are decoded.
      #expect(try await hub.ask("GET", "/api/v1/clusters/alpha%2Frollouts").status == 404)
      #expect(try await hub.ask("GET", "/api/v1/clusters/%61lpha").status == 200)
      for wrong in ["%", "%zz", "%F", "a%FF", "%C3%28"] {
        let answer = try await hub.ask("GET", "/api/v1/clusters/" + wrong)
        #expect(answer.status == 400 && answer.json["error"]?["code"]?.string == "bad-request", "\(wrong)")
      }
    }
  }

  @Test func registersAndForgetsAClusterWithoutShowingItsToken() async throws {
    try await RunningHub.with { hub async throws in
      let body =
        #"{"name":"delta","server":"https://127.0.0.1:4","clusterUID":"u1","token":"registered-secret","labels":{"tier":"edge"}}"#
      #expect(try await hub.ask("POST", "/api/v1/clusters", body: body).status == 201)
      let second = try await hub.ask("POST", "/api/v1/clusters", body: body.replacing("delta", with: "epsilon"))
      #expect(second.status == 409)
      let delta = try await hub.ask("GET", "/api/v1/clusters/delta")
      #expect(delta.status == 200 && delta.json["clusterUID"]?.string == "u1")
      #expect(try await hub.ask("GET", "/api/v1/clusters/alpha").json["clusterUID"]?.isNull == true)
      #expect(try await hub.ask("GET", "/api/v1/applications/shop-delta").status == 200)
      for path in ["/api/v1/clusters", "/api/v1/applications", "/api/v1/events", "/metrics"] {
        #expect(try await hub.ask("GET", path).text.contains("registered-secret") == false)
      }
      #expect(try await hub.ask("DELETE", "/api/v1/clusters/delta").status == 200)
      #expect(try await hub.ask("GET", "/api/v1/clusters/delta").status == 404)
    }
  }

  @Test func whatWasSaidOfAClusterGoesWithIt() async throws {
    try await RunningHub.with { hub async throws in
      func register(_ name: String) async throws -> Int {
        let body = #"{"name":"\#(name)","server":"https://127.0.0.1:4","clusterUID":"u1","token":"registered-secret"}"#
        return try await hub.ask("POST", "/api/v1/clusters", body: body).status
      }
      func say(_ name: String) async throws {
        let body = #"{"cordoned":true,"labels":{"tier":"core"}}"#
        #expect(try await hub.ask("POST", "/api/v1/clusters/\(name)/override", body: body).status == 202)
        let cluster = try await hub.ask("GET", "/api/v1/clusters/" + name).json
        #expect(cluster["cordoned"]?.bool == true && cluster["labels"]?["tier"]?.string == "core")
      }
      #expect(try await register("delta") == 201)
      try await say("delta")
      #expect(try await hub.ask("DELETE", "/api/v1/clusters/delta").status == 200)
      #expect(try await register("delta") == 201)
      let delta = try await hub.ask("GET", "/api/v1/clusters/delta").json
      #expect(delta["cordoned"]?.bool == false && delta["labels"]?["tier"] == nil)
      #expect(try await hub.ask("DELETE", "/api/v1/clusters/delta").status == 200)
      // A manifest has this name and credentials of its own: what was said is said of the manifest's cluster.
      try await say("alpha")
      #expect(try await register("alpha") == 409)
      #expect(try await hub.ask("GET", "/api/v1/clusters/alpha").json["cordoned"]?.bool == true)
    }
  }

  @Test func registersNoClusterThatItDoesNotGetTo() async throws {
    let table: [(server: String, token: String, more: String, status: Int, code: String)] = [
      ("https://127.0.0.1:9", "t0ken", "", 503, "registration.unreachable"),
      ("https://127.0.0.1:4", "t0ken", "", 409, "registration.token-refused"),
      ("https://127.0.0.1:4", WelcomingCluster.token, #","proxyURL":"robot:hush@x""#, 400, "bad-request"),
      (
        "https://127.0.0.1:4", WelcomingCluster.token, #","insecureSkipTLSVerify":true,"caData":"eA==""#, 400,
        "bad-request"
      ),
    ]
    try await RunningHub.with { hub async throws in
      for line in table {
        let body =
          #"{"name":"delta","server":"\#(line.server)","clusterUID":"u1","token":"\#(line.token)"\#(line.more)}"#
        let answer = try await hub.ask("POST", "/api/v1/clusters", body: body)
        #expect(answer.status == line.status && answer.json["error"]?["code"]?.string == line.code, "\(answer.text)")
        #expect(!answer.text.contains(line.token) && !answer.text.contains("hush"))
        #expect(try await hub.ask("GET", "/api/v1/clusters/delta").status == 404)
      }
    }
  }

  @Test func servesTLS() async throws {
    let authority = try Authority()
    let certificate = try authority.issue("localhost", addresses: [[127, 0, 0, 1]])
    try await RunningHub.with(tls: certificate, authority: authority.pem) { hub async throws in
      #expect(try await hub.ask("GET", "/api/v1/clusters").status == 200)
      await #expect(throws: (any Error).self) {
        try await hub.transport.send(HTTPRequest(url: hub.base.replacing("https", with: "http") + "/healthz"))
      }
    }
  }

  @Test func takesWebhooksWithoutATokenButSigned() async throws {
    try await RunningHub.with(webhookSecret: "s3cret") { hub async throws in
      let path = "/api/v1/webhooks/git"
      func push(_ body: String, _ token: String?) async throws -> Int {
        try await hub.ask(
          "POST", path, body: body, token: "", headers: token.map { [HTTPHeader("X-Gitlab-Token", $0)] } ?? []
        ).status
      }
      let payload = #"{"repository":{"clone_url":"https://127.0.0.1:1/shop.git"}}"#
      #expect(try await push(payload, nil) == 401)
      #expect(try await push(payload, "wrong") == 401)
      #expect(try await push(payload, "s3cret") == 202)
      #expect(try await push("[", "s3cret") == 400)
      #expect(try await push(String(repeating: " ", count: Webhook.bodyLimit + 1), "s3cret") == 413)
    }
  }

  @Test func aSetTellsOfItsApplications() async throws {
    try await RunningHub.with { hub async throws in
      let answer = try await hub.ask("GET", "/api/v1/applicationsets/shop").json
      let status = answer["status"]
      #expect(status?["resourcesCount"]?.int == 3)
      let resources = status?["resources"]?.sequence ?? []
      #expect(resources.compactMap { $0["name"]?.string } == ["shop-alpha", "shop-beta", "shop-gamma"])
      #expect(resources.first?["group"]?.string == "argoproj.io" && resources.first?["version"]?.string == "v1alpha1")
      #expect(resources.first?["kind"]?.string == "Application" && resources.first?["status"]?.string == "Unknown")
      let listed = try await hub.ask("GET", "/api/v1/applicationsets").json["items"]?[0]?["status"]
      #expect(listed?["resourcesCount"]?.int == 3 && listed?["resources"] == nil)
    }
  }
}
