import Testing

@testable import HTTPClient

extension SecureServerTests {
  /// Against a server that speaks HTTP/2 over TLS.
  @Suite(.timeLimit(.minutes(3))) struct HTTP2Tests {
    private let authority: Authority
    private let transport: CurlTransport

    init() throws {
      authority = try Authority()
      transport = try CurlTransport()
    }

    private var endpoint: HTTPEndpoint { HTTPEndpoint(trust: .authorities(pem: authority.pem)) }

    @Test func tenThousandRequestsOnFewConnections() async throws {
      let server = try await TLSServer(authority)
      let url = server.url
      let body = [UInt8]("{\"kind\":\"ConfigMap\"}".utf8)
      try await withThrowingTaskGroup(of: Int.self) { group in
        for index in 0..<10_000 {
          if index >= 100, let count = try await group.next() { #expect(count == body.count) }
          group.addTask {
            let request = HTTPRequest(
              method: "PATCH", url: "\(url)/\(index)", headers: [HTTPHeader("Content-Type", "application/json")],
              body: body, endpoint: endpoint)
            let response = try await transport.send(request)
            #expect(response.head.status == 200)
            return response.body.count
          }
        }
        for try await count in group { #expect(count == body.count) }
      }
      #expect(server.requests.all.count == 10_000)
      #expect(server.connections.count <= 4)
      try await server.stop()
    }

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

    @Test func endedStreamsBeginAgainOnAFreshConnection() async throws {
      let server = try await TLSServer(authority)
      let watch = HTTPRequest(url: server.url + "/hold", endpoint: endpoint, lane: .watch)
      let streams = [try await transport.stream(watch), try await transport.stream(watch)]
      let bystander = try await transport.stream(HTTPRequest(url: server.url + "/hold/others", endpoint: endpoint))
      transport.endStreams(like: watch)
      for stream in streams {
        await #expect(throws: TransportError.disconnected(reason: "its connection answers no more")) {
          for try await _ in stream.body {}
        }
      }
      let fresh = try await transport.stream(watch)
      let connections = server.requests.all.map(\.connection)
      #expect(connections[0] == connections[1])
      #expect(Set(connections).count == 3, "the bystander's and the fresh one's are others")
      withExtendedLifetime((bystander, fresh)) {}
      try await server.stop()
    }

    @Test func serversSeeCancelledAndDroppedStreams() async throws {
      let server = try await TLSServer(authority)
      var aborted = server.aborted.makeAsyncIterator()
      func watchOnce() async throws {
        let stream = try await transport.stream(
          HTTPRequest(url: server.url + "/hold", endpoint: endpoint, lane: .watch))
        for try await part in stream.body {
          #expect(part == [UInt8(ascii: ".")])
          break
        }
      }
      try await watchOnce()
      let dropped = await aborted.next()
      #expect(dropped == "/hold")

      let task = Task { try await transport.send(HTTPRequest(url: server.url + "/never", endpoint: endpoint)) }
      while !server.requests.all.contains(where: { $0.path == "/never" }) { await Task.yield() }
      task.cancel()
      await #expect(throws: TransportError.cancelled) { try await task.value }
      let cancelled = await aborted.next()
      #expect(cancelled == "/never")

      // A connection that others use lives on.
      let held = try await transport.stream(HTTPRequest(url: server.url + "/hold/others", endpoint: endpoint))
      let before = server.connections
      let second = Task { try await transport.send(HTTPRequest(url: server.url + "/never", endpoint: endpoint)) }
      while server.requests.all.count(where: { $0.path == "/never" }) < 2 { await Task.yield() }
      second.cancel()
      await #expect(throws: TransportError.cancelled) { try await second.value }
      _ = try await transport.send(HTTPRequest(url: server.url, endpoint: endpoint))
      let reset = await aborted.next()
      #expect(reset == "/never")
      #expect(server.connections == before)
      withExtendedLifetime(held) {}
      try await server.stop()
    }

    @Test func deadlinesStopOneStreamOnly() async throws {
      let server = try await TLSServer(authority)
      let request = HTTPRequest(
        url: server.url + "/never", endpoint: endpoint, deadlines: HTTPDeadlines(firstByte: 0.2))
      await #expect(throws: TransportError.deadline(.firstByte, seconds: 0.2)) { try await transport.send(request) }
      var aborted = server.aborted.makeAsyncIterator()
      let late = await aborted.next()
      #expect(late == "/never")
      try await server.stop()
    }

    /// A server that ends its connections with GOAWAY again and again: what it refused goes to a fresh connection.
    @Test func refusedStreamsAreSentAgain() async throws {
      var options = TLSServer.Options()
      options.resets = 200
      let server = try await TLSServer(authority, options)
      for index in 0..<1000 {
        let response = try await transport.send(HTTPRequest(url: "\(server.url)/\(index)", endpoint: endpoint))
        #expect(response.head.status == 200)
      }
      #expect(Set(server.requests.all.map(\.path)).count == 1000)
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

    @Test func uploadsArriveWhole() async throws {
      let server = try await TLSServer(authority)
      let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let response = try await transport.send(
        HTTPRequest(method: "PUT", url: server.url, body: body, endpoint: endpoint))
      #expect(response.body == body)
      try await server.stop()
    }
  }
}
