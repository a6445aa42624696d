import Testing

@testable import HTTPClient

/// Against servers that speak HTTP/1.1 byte for byte.
@Suite struct HTTP1Tests {
  private let transport: CurlTransport

  init() throws { transport = try CurlTransport() }

  @Test func requestsComeBackWholeOnOneConnection() async throws {
    let requests = Collected<RawConnection.Request>()
    let server = try RawServer { connection in
      while let request = connection.request() {
        requests.add(request)
        connection.write("HTTP/1.1 201 Created\r\nX-Kind: a\r\nx-kind: b\r\nContent-Length: 5\r\n\r\nhello")
      }
    }
    defer { server.stop() }
    for index in 0..<3 {
      let response = try await transport.send(
        HTTPRequest(url: server.url + "/a/../b?x=\(index)", headers: [HTTPHeader("Accept", "text/plain")]))
      #expect(response.head.status == 201)
      #expect(response.head.header("X-KIND") == "a")
      #expect(response.head.headers.map(\.value) == ["a", "b", "5"])
      #expect(String(decoding: response.body, as: UTF8.self) == "hello")
    }
    #expect(server.accepted == 1)
    #expect(requests.all.map(\.line) == (0..<3).map { "GET /a/../b?x=\($0) HTTP/1.1" })
    #expect(requests.all[0].head.contains("Accept: text/plain"))
  }

  @Test func methodsCarryTheirBodies() async throws {
    let requests = Collected<RawConnection.Request>()
    let server = try RawServer { connection in
      while let request = connection.request() {
        requests.add(request)
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
      }
    }
    defer { server.stop() }
    let large = [UInt8]((0..<1_500_000).map { UInt8(truncatingIfNeeded: $0) })
    let cases: [(method: String, body: [UInt8]?, headers: [HTTPHeader])] = [
      ("PUT", large, [HTTPHeader("Content-Type", "application/json")]), ("HEAD", nil, []), ("POST", nil, []),
      ("GET", nil, []), ("PATCH", [1, 2, 3], [HTTPHeader("Content-Type", "application/apply-patch+yaml")]),
      ("DELETE", [4], []), ("DELETE", nil, []), ("POST", [], [HTTPHeader("X-Empty", "")]), ("GET", nil, []),
    ]
    for (method, body, headers) in cases {
      let answer = try await transport.send(HTTPRequest(method: method, url: server.url, headers: headers, body: body))
      #expect(answer.head.status == 200)
    }
    for (request, expected) in zip(requests.all, cases) {
      #expect(request.line == "\(expected.method) / HTTP/1.1")
      #expect(request.body == expected.body ?? [], "\(expected.method)")
      let head = request.head.lowercased()
      #expect(!head.contains("expect:"))
      #expect(head.contains("content-type:") == expected.headers.contains { $0.name == "Content-Type" })
      #expect(!head.contains("x-www-form"))
    }
    #expect(requests.all.count == cases.count)
    #expect(requests.all[2].head.contains("Content-Length: 0"))
    #expect(requests.all[7].head.contains("X-Empty:"))
  }

  @Test func eachDeadlineNamesItself() async throws {
    let server = try RawServer { connection in
      guard let request = connection.request() else { return }
      if request.line.contains("/body") { connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf") }
      connection.waitForClose()
    }
    let silent = try SilentAddress()
    defer { silent.close() }
    defer { server.stop() }
    let cases: [(url: String, deadlines: HTTPDeadlines, kind: TransportError.Deadline)] = [
      (server.url, HTTPDeadlines(firstByte: 0.1, idle: 5, total: 9), .firstByte),
      (server.url + "/body", HTTPDeadlines(firstByte: 5, idle: 0.1, total: 9), .idle),
      (server.url + "/body", HTTPDeadlines(firstByte: 5, idle: 5, total: 0.1), .total),
      (silent.url, HTTPDeadlines(connect: 0.1, firstByte: 5, idle: 5, total: 9), .connect),
    ]
    for (url, deadlines, kind) in cases {
      await #expect(throws: TransportError.deadline(kind, seconds: 0.1)) {
        try await transport.send(HTTPRequest(url: url, deadlines: deadlines))
      }
    }
  }

  @Test func silentServersHoldNobodyUp() async throws {
    let silent = try SilentAddress()
    defer { silent.close() }
    let server = try RawServer { connection in
      while connection.request() != nil { connection.answer("ok") }
    }
    defer { server.stop() }
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<100 {
        group.addTask {
          await #expect(throws: TransportError.deadline(.connect, seconds: 2)) {
            try await transport.send(HTTPRequest(url: silent.url, deadlines: HTTPDeadlines(connect: 2)))
          }
          return false
        }
      }
      for _ in 0..<100 {
        group.addTask { try await transport.send(HTTPRequest(url: server.url)).head.status == 200 }
      }
      // The hundred answers come before the first of the silent server's deadlines.
      var order: [Bool] = []
      for try await answered in group { order.append(answered) }
      #expect(order.prefix(100).allSatisfy { $0 })
    }
  }

  @Test func brokenAnswersSayWhatBroke() async throws {
    let server = try RawServer { connection in
      guard let request = connection.request() else { return }
      let answers = [
        "/chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\ncut",
        "/length": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut", "/none": "",
        "/garbage": "\u{1}\u{2}garbage\r\n\r\n",
        "/head": "HTTP/1.1 200 OK\r\nContent-Le",
        "/badchunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "/headers": "HTTP/1.1 200 OK\r\nX: " + String(repeating: "a", count: 400_000) + "\r\n\r\n",
      ]
      for (path, answer) in answers where request.line.contains("GET \(path) ") { connection.write(answer) }
    }
    defer { server.stop() }
    for path in ["/chunk", "/length", "/none", "/garbage", "/head", "/badchunk", "/headers"] {
      do {
        _ = try await transport.send(HTTPRequest(url: server.url + path))
        Issue.record("\(path) brought a response")
      } catch TransportError.disconnected(let reason) {
        #expect(!reason.contains("code"), "\(path): \(reason)")
      } catch {
        Issue.record("\(path): \(error)")
      }
    }
  }

  @Test func nobodyListening() async throws {
    let server = try RawServer { _ in }
    let url = server.url
    server.close()
    do {
      _ = try await transport.send(HTTPRequest(url: url))
      Issue.record("brought a response")
    } catch TransportError.unreachable(let reason) {
      #expect(reason == "cannot connect to 127.0.0.1:\(server.port): connection refused")
    }
  }

  @Test func bodiesAreBounded() async throws {
    let server = try RawServer { connection in
      guard connection.request() != nil else { return }
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
      connection.write([UInt8](repeating: 65, count: 1_000_000))
      connection.waitForClose()
    }
    defer { server.stop() }
    let request = HTTPRequest(url: server.url, maximumBodyBytes: 100_000)
    await #expect(throws: TransportError.bodyTooLarge(limit: 100_000)) { try await transport.send(request) }
    let fits = try await transport.send(HTTPRequest(url: server.url, maximumBodyBytes: 1_000_000))
    #expect(fits.body.count == 1_000_000)
  }

  @Test func cancellingStopsTheTransfer() async throws {
    let arrived = Signal()
    let closed = Signal()
    let server = try RawServer { connection in
      guard connection.request() != nil else { return }
      arrived.fire()
      connection.waitForClose()
      closed.fire()
    }
    defer { server.stop() }
    let task = Task { try await transport.send(HTTPRequest(url: server.url)) }
    await arrived.wait()
    task.cancel()
    await #expect(throws: TransportError.cancelled) { try await task.value }
    await closed.wait()

    let early = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await transport.send(HTTPRequest(url: server.url))
    }
    await #expect(throws: TransportError.cancelled) { try await early.value }
  }

  @Test func streamsComeInPartsAndEndWhenDropped() async throws {
    let closed = Signal()
    let server = try RawServer { connection in
      guard connection.request() != nil else { return }
      connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
      guard connection.bytes(1) == nil else { return }
      closed.fire()
    }
    defer { server.stop() }
    func readOne() async throws {
      let stream = try await transport.stream(HTTPRequest(url: server.url, lane: .watch))
      #expect(stream.head.status == 200)
      for try await part in stream.body {
        #expect(String(decoding: part, as: UTF8.self) == "first")
        break
      }
    }
    try await readOne()
    await closed.wait()
  }

  @Test func cancellingAReaderEndsItsStream() async throws {
    let read = Signal()
    let server = try RawServer { connection in
      guard connection.request() != nil else { return }
      connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
      connection.waitForClose()
    }
    defer { server.stop() }
    let task = Task {
      let stream = try await transport.stream(HTTPRequest(url: server.url, lane: .watch))
      for try await _ in stream.body { read.fire() }
    }
    await read.wait()
    task.cancel()
    await #expect(throws: TransportError.cancelled) { try await task.value }
  }

  @Test func redirectsAreAnswers() async throws {
    let server = try RawServer { connection in
      while connection.request() != nil {
        connection.write("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
      }
    }
    defer { server.stop() }
    #expect(try await transport.send(HTTPRequest(url: server.url)).head.status == 302)
  }

  @Test func informationalResponsesArePassedOver() async throws {
    let server = try RawServer { connection in
      while connection.request() != nil {
        connection.write("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n")
      }
    }
    defer { server.stop() }
    let head = try await transport.send(HTTPRequest(url: server.url)).head
    #expect(head.status == 204)
    #expect(head.headers == [HTTPHeader("X-A", "1")])
  }

  @Test func impossibleRequestsAreRefused() async throws {
    let url = "http://127.0.0.1:1"
    let requests = [
      HTTPRequest(url: "ftp://127.0.0.1/"), HTTPRequest(url: "127.0.0.1"), HTTPRequest(url: "http://"),
      HTTPRequest(url: "http://u:p@127.0.0.1/"), HTTPRequest(url: "http://127.0.0.1:99999/"),
      HTTPRequest(url: "file:///etc/passwd"), HTTPRequest(url: url, headers: [HTTPHeader("A", "b\r\nC: d")]),
      HTTPRequest(url: url, headers: [HTTPHeader("A B", "c")]), HTTPRequest(method: "GET /\r\n", url: url),
      HTTPRequest(url: url, endpoint: HTTPEndpoint(proxy: HTTPSecret("ftp://127.0.0.1:1"))),
    ]
    for request in requests {
      do {
        _ = try await transport.send(request)
        Issue.record("\(request.url) brought a response")
      } catch TransportError.invalidRequest(let reason) {
        #expect(!reason.isEmpty)
      } catch {
        Issue.record("\(request.url): \(error)")
      }
    }
  }

  @Test func serialConnectionsAreFew() async throws {
    let server = try RawServer { connection in
      while connection.request() != nil { connection.answer("ok") }
    }
    defer { server.stop() }
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<500 { group.addTask { try await transport.send(HTTPRequest(url: server.url)).head.status } }
      for try await status in group { #expect(status == 200) }
    }
    #expect(server.accepted <= 16)
  }

  @Test func shutdownFailsWhatIsPending() async throws {
    let arrived = Signal()
    let server = try RawServer { connection in
      guard connection.request() != nil else { return }
      arrived.fire()
      connection.waitForClose()
    }
    defer { server.stop() }
    let own = try CurlTransport()
    let task = Task { try await own.send(HTTPRequest(url: server.url)) }
    await arrived.wait()
    own.shutdown()
    await #expect(throws: TransportError.closed) { try await task.value }
    await #expect(throws: TransportError.closed) { try await own.send(HTTPRequest(url: server.url)) }
    own.shutdown()
  }
}
