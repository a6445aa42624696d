import Testing

@testable import HTTPClient

extension SecureServerTests {
  /// Bodies that arrive over a while, many on one connection, beside readers that are slow.
  @Suite(.timeLimit(.minutes(3))) struct StreamingTests {
    private let authority: Authority
    private let transport: CurlTransport

    init() throws {
      authority = try Authority()
      transport = try CurlTransport()
    }

    private enum Ending: Equatable { case clean, failed(TransportError) }

    /// A reset that comes together with the head is seen before it.
    private static let cuts = ["the server ended the HTTP/2 stream early", "the server refused the HTTP/2 stream"]

    /// Everything that came, and how it ended. A slow reader lets others run between its parts.
    private func read(_ url: String, isSlow: Bool) async throws -> (bytes: [UInt8], ending: Ending) {
      let request = HTTPRequest(url: url, endpoint: HTTPEndpoint(trust: .authorities(pem: authority.pem)), lane: .watch)
      var bytes: [UInt8] = []
      do {
        let stream = try await transport.stream(request)
        for try await part in stream.body {
          bytes += part
          if isSlow { for _ in 0..<50 { await Task.yield() } }
        }
        return (bytes, .clean)
      } catch let error as TransportError {
        return (bytes, .failed(error))
      }
    }

    /// What is read off the connection and does not fit a stream's buffer must not wait for the next bytes.
    @Test(arguments: [1_000, 2_048, 5_000, 40_000]) func aLoneBurstArrivesWhole(count: Int) async throws {
      let server = try await TLSServer(authority)
      let endpoint = HTTPEndpoint(trust: .authorities(pem: authority.pem))
      var beside: [HTTPStream] = []
      for index in 0..<12 {
        beside.append(
          try await transport.stream(
            HTTPRequest(url: "\(server.url)/hold/\(index)", endpoint: endpoint, lane: .watch)))
      }
      var deadlines = HTTPDeadlines()
      deadlines.idle = 5
      let stream = try await transport.stream(
        HTTPRequest(url: "\(server.url)/burst/\(count)", endpoint: endpoint, lane: .watch, deadlines: deadlines))
      var bytes = 0
      for try await part in stream.body {
        bytes += part.count
        if bytes >= count { break }
      }
      #expect(bytes == count)
      withExtendedLifetime(beside) {}
      try await server.stop()
    }

    @Test func streamsEndCleanlyOnlyWhenTheServerEndedThem() async throws {
      let server = try await TLSServer(authority)
      let url = server.url
      let counts = [1, 2, 50, 400]
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<80 {
          let count = counts[index / 2 % counts.count]
          let isCut = index % 2 == 1
          group.addTask {
            let whole = LineScript.text(count)
            let (bytes, ending) = try await read(
              "\(url)/\(isCut ? "cut" : "lines")/\(count)/\(index)", isSlow: index % 3 == 0)
            if isCut {
              #expect(whole.starts(with: bytes), "cut \(index)")
              #expect(Self.cuts.contains { ending == .failed(.disconnected(reason: $0)) }, "cut \(index): \(ending)")
            } else {
              #expect(bytes == whole, "lines \(index): \(bytes.count) of \(whole.count) bytes")
              #expect(ending == .clean, "lines \(index)")
            }
          }
        }
        try await group.waitForAll()
      }
      try await server.stop()
    }
  }
}
