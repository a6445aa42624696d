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
}
