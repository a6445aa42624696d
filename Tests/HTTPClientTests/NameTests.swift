import Dispatch
import Testing

@testable import HTTPClient

@Suite struct NameTests {
  @Test func namesAreResolvedOnceForAll() async throws {
    let asked = Collected<String>()
    let transport = try CurlTransport(
      resolver: NameResolver { host in
        asked.add(host)
        return host == "known.example" ? .success(["127.0.0.1"]) : .failure(.unresolvable(host: host))
      })
    let hosts = Collected<String>()
    let server = try RawServer { connection in
      while let request = connection.request() {
        hosts.add(String(request.head.split(separator: "\r\n").first { $0.hasPrefix("Host:") } ?? ""))
        connection.answer("ok")
      }
    }
    defer { server.stop() }
    let url = "http://known.example:\(server.port)/"
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<20 { group.addTask { try await transport.send(HTTPRequest(url: url)).head.status } }
      for try await status in group { #expect(status == 200) }
    }
    #expect(asked.all == ["known.example"])
    #expect(Set(hosts.all) == ["Host: known.example:\(server.port)"])
    await #expect(throws: TransportError.unresolvable(host: "unknown.example")) {
      try await transport.send(HTTPRequest(url: "http://unknown.example/"))
    }
  }

  @Test func aSilentNameServerCostsItsOwnDeadlineOnly() async throws {
    let release = DispatchSemaphore(value: 0)
    let transport = try CurlTransport(
      resolver: NameResolver { host in
        release.wait()
        return .failure(.unresolvable(host: host))
      })
    defer { release.signal() }
    let server = try RawServer { connection in
      while connection.request() != nil { connection.answer("ok") }
    }
    defer { server.stop() }
    let silent = Task {
      try await transport.send(HTTPRequest(url: "http://silent.example/", deadlines: HTTPDeadlines(connect: 0.3)))
    }
    #expect(try await transport.send(HTTPRequest(url: server.url)).head.status == 200)
    await #expect(throws: TransportError.deadline(.connect, seconds: 0.3)) { try await silent.value }
  }

  @Test func addressesNeedNoResolver() {
    for host in ["127.0.0.1", "::1", "localhost", "a.localhost"] { #expect(!NameResolver.needsResolving(host)) }
    for host in ["example.org", "10.0.0", "256.1.1.1"] { #expect(NameResolver.needsResolving(host)) }
  }
}
