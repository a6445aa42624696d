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

  /// libcurl reads the list after the transfer was added, and the origin may have learned other addresses by then.
  @Test func aHandleKeepsTheAddressesThatItWasGiven() async throws {
    let origin = OriginKey(endpoint: HTTPEndpoint(), site: "http://known.example", lane: .request)
    let handle = try CurlHandle(for: OriginMaterial(origin))
    weak var first: AddressList?
    weak var second: AddressList?
    await #expect(throws: TransportError.closed) {
      try await withCheckedThrowingContinuation { continuation in
        let transfer = Transfer(request: HTTPRequest(url: "http://known.example/"), sink: .whole(continuation))
        var failure = TransportError.closed
        do throws(TransportError) {
          first = try Self.prepare(handle, transfer, "127.0.0.1")
          #expect(first != nil)
          handle.rest()
          second = try Self.prepare(handle, transfer, "127.0.0.2")
        } catch {
          failure = error
        }
        transfer.complete(failure)
      }
    }
    #expect(first == nil, "it is held though libcurl was given another")
    #expect(second != nil)
    withExtendedLifetime(handle) {}
  }

  private static func prepare(
    _ handle: CurlHandle, _ transfer: Transfer, _ address: String
  ) throws(TransportError) -> AddressList {
    let list = AddressList(host: "known.example", port: 80, addresses: [address])
    try handle.prepare(transfer, addresses: list)
    return list
  }

  /// Names are looked up all the time while transfers begin.
  @Test func addressesMayChangeWhileTransfersBegin() async throws {
    let asked = Collected<String>()
    let resolver = NameResolver { host in
      asked.add(host)
      return .success(["127.0.0.1"])
    }
    let transport = try CurlTransport(resolver: resolver, addressLife: 0.001)
    let server = try RawServer { connection in
      while connection.request() != nil { connection.answer("ok") }
    }
    defer { server.stop() }
    let url = "http://known.example:\(server.port)/"
    try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<2_000 {
        if number >= 100 { #expect(try await group.next() == 200) }
        group.addTask { try await transport.send(HTTPRequest(url: url)).head.status }
      }
      for try await status in group { #expect(status == 200) }
    }
    #expect(asked.all.count > 2)
  }

  @Test func addressesNeedNoResolver() {
    for host in ["127.0.0.1", "::1", "localhost", "a.localhost"] { #expect(!NameResolver.needsResolving(host)) }
    for host in ["example.org", "10.0.0", "256.1.1.1"] { #expect(NameResolver.needsResolving(host)) }
  }
}
