import Testing

@testable import HTTPClient

/// Against a server that speaks HTTP/2 over TLS.
@Suite(.timeLimit(.minutes(3))) struct HTTP2Tests {
  private let authority: Authority
  private let transport: CurlTransport

  init() throws {
    authority = try Authority()
    transport = try CurlTransport()
  }

  private var endpoint: HTTPEndpoint { HTTPEndpoint(trust: .authorities(pem: authority.pem)) }

  @Test func lanesNeverShareAndWatchesAreCounted() async throws {
    let server = try await TLSServer(authority)
    var streams: [HTTPStream] = []
    for index in 0..<200 {
      streams.append(
        try await transport.stream(
          HTTPRequest(url: "\(server.url)/hold/\(index)", endpoint: endpoint, lane: .watch)))
    }
    for _ in 0..<20 { _ = try await transport.send(HTTPRequest(url: server.url + "/request", endpoint: endpoint)) }
    let watches = server.requests.all.filter { $0.path.hasPrefix("/hold") }
    let perConnection = Dictionary(grouping: watches, by: \.connection).mapValues(\.count)
    #expect(perConnection.values.sorted() == [20, 90, 90])
    let requests = Set(server.requests.all.filter { $0.path == "/request" }.map(\.connection))
    #expect(requests.count == 1)
    #expect(requests.isDisjoint(with: perConnection.keys))
    withExtendedLifetime(streams) {}
    try await server.stop()
  }

  @Test func watchesAtOnceFillConnectionsToo() async throws {
    let server = try await TLSServer(authority)
    let url = server.url
    let streams = try await withThrowingTaskGroup(of: HTTPStream.self) { group in
      for index in 0..<200 {
        group.addTask {
          try await transport.stream(HTTPRequest(url: "\(url)/hold/\(index)", endpoint: endpoint, lane: .watch))
        }
      }
      var streams: [HTTPStream] = []
      for try await stream in group { streams.append(stream) }
      return streams
    }
    #expect(streams.count == 200)
    let perConnection = Dictionary(grouping: server.requests.all, by: \.connection).mapValues(\.count)
    #expect(perConnection.values.allSatisfy { $0 <= 90 })
    #expect(perConnection.count == 3)
    try await server.stop()
  }

  @Test func aServerWithFewStreamsStillServesAllWatches() async throws {
    var options = TLSServer.Options()
    options.streams = 5
    let server = try await TLSServer(authority, options)
    var streams: [HTTPStream] = []
    for index in 0..<12 {
      streams.append(
        try await transport.stream(
          HTTPRequest(url: "\(server.url)/hold/\(index)", endpoint: endpoint, lane: .watch)))
    }
    #expect(server.connections.count == 3)
    withExtendedLifetime(streams) {}
    try await server.stop()
  }

  @Test func uploadsArriveWhole() async throws {
    let server = try await TLSServer(authority)
    let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let response = try await transport.send(
      HTTPRequest(method: "PUT", url: server.url, body: body, endpoint: endpoint))
    #expect(response.body == body)
    try await server.stop()
  }

  @Test func serversWithoutHTTP2AreServed() async throws {
    var options = TLSServer.Options()
    options.protocols = ["http/1.1"]
    let server = try await TLSServer(authority, options)
    let url = server.url
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<200 {
        group.addTask { try await transport.send(HTTPRequest(url: url, endpoint: endpoint)).head.status }
      }
      for try await status in group { #expect(status == 200) }
    }
    #expect(server.connections.count <= 16)
    try await server.stop()
  }
}

@Suite(.timeLimit(.minutes(3))) struct TrustTests {
  private let authority: Authority
  private let transport: CurlTransport

  init() throws {
    authority = try Authority()
    transport = try CurlTransport()
  }

  private func failure(_ url: String, _ endpoint: HTTPEndpoint) async -> TransportError? {
    do {
      _ = try await transport.send(HTTPRequest(url: url, endpoint: endpoint))
      return nil
    } catch {
      return error as? TransportError
    }
  }

  @Test func onlyTheGivenAuthoritiesAreTrusted() async throws {
    let server = try await TLSServer(authority)
    let untrusted = TransportError.tls(reason: "the server's certificate is not signed by a trusted authority")
    #expect(await failure(server.url, HTTPEndpoint(trust: .authorities(pem: try Authority().pem))) == untrusted)
    #expect(await failure(server.url, HTTPEndpoint()) == untrusted)
    #expect(await failure(server.url, HTTPEndpoint(trust: .insecure)) == nil)
    #expect(await failure(server.url, HTTPEndpoint(trust: .authorities(pem: authority.pem))) == nil)
    // What others were allowed opens nothing for those who trust nobody.
    #expect(await failure(server.url, HTTPEndpoint()) == untrusted)
    let empty = await failure(server.url, HTTPEndpoint(trust: .authorities(pem: [UInt8]("nonsense".utf8))))
    #expect(empty == .invalidRequest(reason: "the certificate authorities hold no readable PEM certificate"))
    try await server.stop()
  }

  @Test func namesAreVerifiedAndReplaceable() async throws {
    var options = TLSServer.Options()
    options.name = "cluster.example"
    let server = try await TLSServer(authority, options)
    var endpoint = HTTPEndpoint(trust: .authorities(pem: authority.pem))
    #expect(
      await failure(server.url, endpoint)
        == .tls(reason: "the server's certificate is not for '127.0.0.1'"))
    endpoint.serverName = "other.example"
    #expect(
      await failure(server.url, endpoint) == .tls(reason: "the server's certificate is not for 'other.example'"))
    endpoint.serverName = "cluster.example"
    #expect(await failure(server.url, endpoint) == nil)
    #expect(server.requests.all.map(\.host) == ["127.0.0.1:\(server.port)"])
    try await server.stop()
  }

  @Test func expiredCertificatesAreRefused() async throws {
    var options = TLSServer.Options()
    options.certificateLife = 60
    let server = try await TLSServer(authority, options)
    #expect(
      await failure(server.url, HTTPEndpoint(trust: .authorities(pem: authority.pem)))
        == .tls(reason: "the server's certificate has expired"))
    try await server.stop()
  }

  @Test func aServerWithoutTLSIsNamed() async throws {
    let server = try RawServer { connection in
      connection.answer("plain")
      connection.waitForClose()
    }
    defer { server.stop() }
    let url = "https://127.0.0.1:\(server.port)"
    #expect(
      await failure(url, HTTPEndpoint())
        == .tls(reason: "the handshake with 127.0.0.1 failed: the server does not speak TLS there"))
  }
}
