import Testing

@testable import HTTPClient

extension SecureServerTests {
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

    /// In TLS 1.3 a client may begin to send before it hears that its certificate was refused.
    private func isRefusal(_ failure: TransportError?) -> Bool {
      switch failure {
      case .tls, .disconnected: true
      default: false
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

    @Test func clientCertificatesAreShownAndNeverShared() async throws {
      let clients = try Authority()
      var options = TLSServer.Options()
      options.clientAuthority = clients
      let server = try await TLSServer(authority, options)
      var endpoint = HTTPEndpoint(trust: .authorities(pem: authority.pem))
      #expect(isRefusal(await failure(server.url, endpoint)), "served without a certificate")
      for name in ["one", "two", "one"] {
        endpoint.clientCertificate = try clients.issue(name)
        #expect(await failure(server.url, endpoint) == nil)
      }
      #expect(server.connections.count == 3)
      endpoint.clientCertificate = try Authority().issue("stranger")
      #expect(isRefusal(await failure(server.url, endpoint)), "served a stranger")
      endpoint.clientCertificate = HTTPClientCertificate(chain: [1, 2], key: [3])
      #expect(
        await failure(server.url, endpoint)
          == .invalidRequest(
            reason: "the client certificate and its key cannot be read, or do not belong together"))
      try await server.stop()
    }

    /// Each way to trust one address has connections of its own; only the headers' tokens may differ on a shared one.
    @Test func endpointsThatDifferShareNothing() async throws {
      let clients = try Authority()
      var options = TLSServer.Options()
      options.name = "cluster.example"
      let server = try await TLSServer(authority, options)
      let trusted = HTTPEndpoint.Trust.authorities(pem: authority.pem + [10] + clients.pem)
      let one = try clients.issue("one")
      let two = try clients.issue("two")
      let endpoints = [
        HTTPEndpoint(trust: .insecure), HTTPEndpoint(trust: trusted, serverName: "cluster.example"),
        HTTPEndpoint(trust: .authorities(pem: authority.pem), serverName: "cluster.example"),
        HTTPEndpoint(trust: trusted, clientCertificate: one, serverName: "cluster.example"),
        HTTPEndpoint(trust: trusted, clientCertificate: two, serverName: "cluster.example"),
      ]
      for _ in 0..<3 {
        for (index, endpoint) in endpoints.enumerated() {
          for token in ["a", "b"] {
            _ = try await transport.send(
              HTTPRequest(
                url: "\(server.url)/\(index)", headers: [HTTPHeader("Authorization", "Bearer \(token)")],
                endpoint: endpoint))
          }
        }
      }
      let used = Dictionary(grouping: server.requests.all, by: \.connection).mapValues { Set($0.map(\.path)) }
      #expect(used.count == endpoints.count, "one connection for each, used again and again")
      #expect(used.values.allSatisfy { $0.count == 1 })
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
}
