import Fleet
import Foundation
import HTTPClient
import Kubernetes
import Logging
import Manifest
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct RegisteredCredentialsTests {
  private static let authority = Array("authority of the registration".utf8)

  private let store: Store
  private let vault = Vault.inMemory()
  private let name: ClusterName

  init() throws {
    store = try Store.inMemory()
    name = try #require(ClusterName("edge-1"))
  }

  private func credentials(
    age: Double, left: Double, _ transport: any Transport
  ) async throws -> RegisteredCredentials {
    let now = Date()
    let registration = Registration(
      name: "edge-1", server: "https://edge-1.example.org", clusterUID: "u1", caData: Self.authority,
      tlsServerName: "kubernetes",
      proxy: try vault.seal(
        Redacted(Array("http://robot:hush@proxy:3128".utf8)), for: Registration.proxySubject("edge-1")),
      credentials: try vault.seal(Redacted(Array("old".utf8)), for: "edge-1"), registeredAt: now,
      renewedAt: now.addingTimeInterval(-age), expiresAt: now.addingTimeInterval(left))
    try await store.registrations.put(registration)
    return try RegisteredCredentials(
      registration, cluster: name, store: store, vault: vault, transport: transport, logger: Logger(label: "test"))
  }

  private static let renewed = HTTPResponse(
    201, #"{"kind":"TokenRequest","status":{"token":"new","expirationTimestamp":"2099-01-01T00:00:00Z"}}"#)

  @Test func fillsInWhatTheManifestLeavesOpen() async throws {
    let credentials = try await credentials(age: 0, left: 100, AnsweringTransport { _ in Self.renewed })
    func access(_ endpoint: HTTPEndpoint) async -> ClusterAccess {
      await credentials.access(
        by: ClusterAccess(
          server: "https://10.0.0.1:6443", endpoint: endpoint, credentials: StaticCredentials.none))
    }
    let open = await access(HTTPEndpoint())
    #expect(open.server == "https://10.0.0.1:6443" && open.endpoint.trust == .authorities(pem: Self.authority))
    #expect(open.endpoint.serverName == "kubernetes")
    #expect(open.endpoint.proxy?.reveal() == "http://robot:hush@proxy:3128")
    #expect(try await open.credentials.authorization()?.reveal() == "Bearer old")
    let said = await access(
      HTTPEndpoint(trust: .authorities(pem: [7]), serverName: "edge", proxy: HTTPSecret("http://other:1")))
    #expect(said.endpoint.trust == .authorities(pem: [7]) && said.endpoint.serverName == "edge")
    #expect(said.endpoint.proxy?.reveal() == "http://other:1")
    #expect(await access(HTTPEndpoint(trust: .insecure)).endpoint.trust == .insecure)
  }

  @Test func renewsOnTheWayThatEverythingGoes() async throws {
    let transport = AnsweringTransport { _ in Self.renewed }
    let credentials = try await credentials(age: 50, left: 50, transport)
    let access = await credentials.access(
      by: ClusterAccess(
        server: "https://10.0.0.1:6443", endpoint: HTTPEndpoint(proxy: HTTPSecret("http://manifest:1")),
        credentials: StaticCredentials.none))
    #expect(try await access.credentials.authorization()?.reveal() == "Bearer new")
    let request = try #require(transport.requests.first)
    #expect(transport.requests.count == 1 && request.method == "POST")
    #expect(
      request.url.hasPrefix("https://10.0.0.1:6443/api/v1/namespaces/muster-system/serviceaccounts/muster-hub/token"))
    #expect(request.endpoint.proxy?.reveal() == "http://manifest:1")
    #expect(request.endpoint.trust == .authorities(pem: Self.authority))
    #expect(request.header("Authorization") == "Bearer old")
    let kept = try #require(await store.registrations["edge-1"])
    #expect(try String(decoding: vault.open(kept.credentials, for: "edge-1").reveal(), as: UTF8.self) == "new")
    #expect(!kept.proxy.isEmpty)
  }
}
