import Fleet
import Manifest
import Testing

/// What is registered beside the fleet repository must not be what stands there.
struct RegistrationConflictTests {
  @Test func whatTheFleetHasIsNotRegistered() async throws {
    let table: [(name: String, server: String, words: String?)] = [
      ("alpha", "https://127.0.0.1:9", "the fleet repository has a cluster 'alpha' with credentials of its own"),
      ("delta", "https://127.0.0.1:2/", "cluster 'beta' has this server already"),
      ("delta", WelcomingCluster.server, nil),
    ]
    try await RunningHub.with { hub async throws in
      for (name, server, words) in table {
        let body = #"{"name":"\#(name)","server":"\#(server)","clusterUID":"u1","token":"\#(WelcomingCluster.token)"}"#
        let answer = try await hub.ask("POST", "/api/v1/clusters", body: body)
        #expect(answer.status == (words == nil ? 201 : 409), "\(answer.text)")
        if let words {
          #expect(answer.json["error"]?["code"]?.string == "registration.duplicate")
          #expect(answer.json["error"]?["message"]?.string?.hasPrefix(words) == true, "\(answer.text)")
        }
      }
      let all = try await hub.ask("GET", "/api/v1/clusters").json["items"]?.sequence ?? []
      #expect(all.compactMap { $0["name"]?.string } == ["alpha", "beta", "delta", "gamma"])
    }
  }
}
