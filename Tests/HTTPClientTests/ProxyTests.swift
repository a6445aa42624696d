import Testing

@testable import HTTPClient

@Suite struct ProxyTests {
  @Test func httpGoesThroughAnHTTPProxyWhole() async throws {
    let transport = try CurlTransport()
    let lines = Collected<RawConnection.Request>()
    let proxy = try RawServer { connection in
      while let request = connection.request() {
        lines.add(request)
        connection.answer("proxied")
      }
    }
    defer { proxy.stop() }
    let endpoint = HTTPEndpoint(proxy: HTTPSecret("http://user:p%40ss@127.0.0.1:\(proxy.port)"))
    let response = try await transport.send(HTTPRequest(url: "http://cluster.invalid/x", endpoint: endpoint))
    #expect(String(decoding: response.body, as: UTF8.self) == "proxied")
    #expect(lines.all[0].line == "GET http://cluster.invalid/x HTTP/1.1")
    // user:p@ss
    #expect(lines.all[0].head.contains("Proxy-Authorization: Basic dXNlcjpwQHNz"))

    // Other credentials never share a connection.
    let other = HTTPEndpoint(proxy: HTTPSecret("http://other:secret@127.0.0.1:\(proxy.port)"))
    _ = try await transport.send(HTTPRequest(url: "http://cluster.invalid/x", endpoint: other))
    #expect(proxy.accepted == 2)
  }

  @Test func refusalsNameTheProxyAndNoSecret() async throws {
    let transport = try CurlTransport()
    let lines = Collected<String>()
    let proxy = try RawServer { connection in
      guard let request = connection.request() else { return }
      lines.add(request.line)
      let status = request.line.contains("one.invalid") ? "407 Proxy Authentication Required" : "503 Unavailable"
      connection.answer("", status: status)
    }
    defer { proxy.stop() }
    let endpoint = HTTPEndpoint(proxy: HTTPSecret("http://user:hunter2@127.0.0.1:\(proxy.port)"))
    for (host, words) in [
      ("one.invalid", "the proxy asks for other credentials (407)"),
      ("two.invalid", "the proxy refused to connect, with status 503"),
    ] {
      await #expect(throws: TransportError.proxy(reason: words)) {
        try await transport.send(HTTPRequest(url: "https://\(host)/", endpoint: endpoint))
      }
    }
    #expect(lines.all == ["CONNECT one.invalid:443 HTTP/1.1", "CONNECT two.invalid:443 HTTP/1.1"])
    proxy.close()
    do {
      _ = try await transport.send(HTTPRequest(url: "https://three.invalid/", endpoint: endpoint))
      Issue.record("brought a response")
    } catch TransportError.proxy(let reason) {
      #expect(reason == "the proxy is not reachable: connection refused")
    }
  }

  @Test func socksProxiesResolveNames() async throws {
    let transport = try CurlTransport()
    let asked = Collected<[UInt8]>()
    let proxy = try RawServer { connection in
      guard let hello = connection.bytes(2), connection.bytes(Int(hello[1])) != nil else { return }
      connection.write([5, 0])
      guard let head = connection.bytes(5), let rest = connection.bytes(Int(head[4]) + 2) else { return }
      asked.add(head + rest)
      connection.write([5, 0, 0, 1, 127, 0, 0, 1, 0, 80])
      while connection.request() != nil { connection.answer("through") }
    }
    defer { proxy.stop() }
    let endpoint = HTTPEndpoint(proxy: HTTPSecret("socks5://127.0.0.1:\(proxy.port)"))
    let response = try await transport.send(HTTPRequest(url: "http://far.invalid/", endpoint: endpoint))
    #expect(String(decoding: response.body, as: UTF8.self) == "through")
    #expect(asked.all == [[5, 1, 0, 3, 11] + Array("far.invalid".utf8) + [0, 80]])
  }
}
