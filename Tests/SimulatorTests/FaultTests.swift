import HTTPClient
import Manifest
import Testing

@testable import Simulator

/// Over real connections: what a client sees of a server that misbehaves.
@Suite struct FaultTests {
  private let path = "/api/v1/namespaces/default/configmaps"

  private func request(
    _ cluster: SimulatedCluster, _ fleet: SimulatedFleet, _ target: String, deadline: Double = 20
  ) -> HTTPRequest {
    HTTPRequest(
      method: "GET", url: cluster.server + target,
      headers: [.init("authorization", "Bearer \(cluster.administratorToken)")],
      endpoint: HTTPEndpoint(trust: .authorities(pem: Array(fleet.certificateAuthority.utf8))),
      deadlines: HTTPDeadlines(connect: deadline, firstByte: deadline, idle: nil, total: nil))
  }

  private func withCluster(
    _ body: (SimulatedFleet, SimulatedCluster, CurlTransport) async throws -> Void
  ) async throws {
    let fleet = try await SimulatedFleet.start(clusters: ["a"])
    let transport = try CurlTransport()
    defer { transport.shutdown() }
    let cluster = try #require(fleet["a"])
    do {
      try await body(fleet, cluster, transport)
    } catch {
      await fleet.shutdown()
      throw error
    }
    await fleet.shutdown()
  }

  @Test func injectedStatusesAreCountedDown() async throws {
    try await withCluster { fleet, cluster, transport in
      var faults = ClusterFaults()
      faults.status = .init(code: 429, retryAfter: 3, remaining: 2)
      try await cluster.setFaults(faults)
      for _ in 0..<2 {
        let answer = try await transport.send(request(cluster, fleet, path))
        #expect(answer.head.status == 429 && answer.head.header("retry-after") == "3")
      }
      #expect(try await transport.send(request(cluster, fleet, path)).head.status == 200)
      faults.status = .init(code: 500)
      try await cluster.setFaults(faults)
      #expect(try await transport.send(request(cluster, fleet, path)).head.status == 500)
      faults = .none
      faults.sendsGarbage = true
      try await cluster.setFaults(faults)
      let garbage = try await transport.send(request(cluster, fleet, path)).body
      #expect(throws: Diagnostic.self) { try JSON.parse(garbage) }
    }
  }

  @Test func anOutageRefusesAndEnds() async throws {
    try await withCluster { fleet, cluster, transport in
      #expect(try await transport.send(request(cluster, fleet, path)).head.status == 200)
      var faults = ClusterFaults()
      faults.outage = .refuse
      try await cluster.setFaults(faults)
      await #expect(throws: TransportError.self) { try await transport.send(request(cluster, fleet, path)) }
      faults.outage = .blackHole
      try await cluster.setFaults(faults)
      await #expect(throws: TransportError.self) {
        try await transport.send(request(cluster, fleet, path, deadline: 0.2))
      }
      try await cluster.setFaults(.none)
      #expect(try await transport.send(request(cluster, fleet, path)).head.status == 200)
    }
  }

  @Test func aFrozenServerAnswersWhenItWakes() async throws {
    try await withCluster { fleet, cluster, transport in
      #expect(try await transport.send(request(cluster, fleet, path)).head.status == 200)
      var faults = ClusterFaults()
      faults.isFrozen = true
      try await cluster.setFaults(faults)
      await #expect(throws: TransportError.self) {
        try await transport.send(request(cluster, fleet, path, deadline: 0.2))
      }
      async let answer = transport.send(request(cluster, fleet, path))
      try await cluster.setFaults(.none)
      #expect(try await answer.head.status == 200)
    }
  }

  @Test func watchesAreStreamedAndDropped() async throws {
    try await withCluster { fleet, cluster, transport in
      let stream = try await transport.stream(request(cluster, fleet, path + "?watch=true"))
      var iterator = stream.body.makeAsyncIterator()
      let first = String(decoding: try await iterator.next() ?? [], as: UTF8.self)
      #expect(first.contains("\"type\":\"ADDED\"") && first.contains("kube-root-ca.crt"))
      #expect(cluster.openWatches == 1)
      let body = Array(Samples.configMap("seen").utf8)
      _ = try await cluster.handle(
        APIRequest(method: "POST", target: path, bearerToken: cluster.administratorToken, body: body))
      let second = String(decoding: try await iterator.next() ?? [], as: UTF8.self)
      #expect(second.contains("\"name\":\"seen\""))
      try await cluster.dropWatches()
      await #expect(throws: TransportError.self) { while try await iterator.next() != nil {} }
      #expect(cluster.openWatches == 0)
    }
  }

  @Test func theControlEndpointSetsAndShowsFaults() async throws {
    try await withCluster { fleet, cluster, transport in
      let port = try await fleet.startControl()
      func call(_ method: String, _ path: String, _ body: String = "") async throws -> (Int, Node) {
        let answer = try await transport.send(
          HTTPRequest(
            method: method, url: "http://127.0.0.1:\(port)\(path)", body: body.isEmpty ? nil : Array(body.utf8),
            endpoint: HTTPEndpoint()))
        return (answer.head.status, (try? JSON.parse(answer.body)) ?? .null)
      }
      let set = try await call(
        "PATCH", "/clusters/a/faults", #"{"latencyMilliseconds":1,"brokenImages":["bad"],"status":{"code":503}}"#)
      #expect(set.0 == 200 && set.1["faults"]?["status"]?["code"]?.int == 503)
      #expect(cluster.faults.brokenImages == ["bad"] && cluster.faults.latency == .milliseconds(1))
      #expect(try await call("PATCH", "/clusters/a/faults", #"{"outage":"sometimes"}"#).0 == 400)
      let mutation = #"{"kind":"ConfigMap","path":"/data/color","value":"blue"}"#
      let mutated = try await call("PATCH", "/clusters/a/faults", #"{"mutations":[\#(mutation)]}"#)
      #expect(mutated.1["faults"]?["mutations"]?.sequence == [try JSON.parse(Array(mutation.utf8))])
      #expect(try await call("PATCH", "/clusters/a/faults", #"{"mutations":[{"kind":"ConfigMap"}]}"#).0 == 400)
      #expect(try await call("GET", "/clusters/none").0 == 404)
      #expect(try await call("DELETE", "/clusters/*/faults").0 == 200)
      #expect(cluster.faults == .none)
      let before = cluster.revision
      #expect(try await call("POST", "/clusters/a/restore", #"{"revisions":5}"#).0 == 200)
      #expect(cluster.revision == before - 5)
      let list = try await call("GET", "/clusters").1
      #expect(list["clusters"]?[0]?["name"]?.string == "a")
    }
  }

  @Test func clientCertificatesAreKnown() async throws {
    try await withCluster { fleet, cluster, transport in
      let pair = try fleet.clientCertificate(user: "jane", groups: ["system:masters"])
      var request = request(cluster, fleet, path)
      request.headers = []
      #expect(try await transport.send(request).head.status == 403)
      request.endpoint.clientCertificate = HTTPClientCertificate(
        chain: Array(pair.certificate.utf8), key: Array(pair.key.utf8))
      #expect(try await transport.send(request).head.status == 200)
    }
  }
}
