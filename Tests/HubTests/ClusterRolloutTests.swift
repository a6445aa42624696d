import Manifest
import Testing

@testable import Hub

/// The routes of Rollouts, on a fleet whose clusters do not answer.
@Suite(.timeLimit(.minutes(2))) struct ClusterRolloutTests {
  @Test func whatIsWrongIsTold() async throws {
    let rollout = "/api/v1/clusters/alpha/rollouts/shop/web"
    let table: [(method: String, path: String, body: String?, status: Int, code: String)] = [
      ("GET", "/api/v1/clusters/nobody/rollouts", nil, 404, "not-found"),
      ("GET", "/api/v1/clusters/nobody/rollouts/shop/web", nil, 404, "not-found"),
      ("POST", "/api/v1/clusters/nobody/rollouts/shop/web/abort", "{}", 404, "not-found"),
      ("GET", "/api/v1/clusters/alpha/rollouts?name=x", nil, 400, "unknown-parameter"),
      ("POST", rollout + "/delete", "{}", 404, "not-found"),
      ("POST", rollout + "/abort", #"{"now": true}"#, 400, "unknown-field"),
      ("POST", rollout + "/undo", #"{"revision": -1}"#, 400, "bad-request"),
      ("POST", rollout + "/set-image", #"{"image": "x"}"#, 400, "bad-request"),
    ]
    try await RunningHub.with { hub async throws in
      for entry in table {
        let answer = try await hub.ask(entry.method, entry.path, body: entry.body)
        #expect(answer.status == entry.status, "\(entry.path): \(answer.text)")
        #expect(answer.json["error"]?["code"]?.string == entry.code, "\(entry.path)")
        let unasked = try await hub.ask(entry.method, entry.path, body: entry.body, token: "nobody's")
        #expect(unasked.status == 401, "\(entry.path)")
      }
      let away = try await hub.ask("GET", "/api/v1/clusters/alpha/rollouts")
      #expect(away.status == 503 && away.json["error"]?["code"]?.string?.hasPrefix("cluster.") == true, "\(away.text)")
    }
  }
}
