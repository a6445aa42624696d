import Fleet
import Foundation
import HTTPClient
import Kubernetes
import Logging
import Manifest
import Synchronization
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

  private static let start = 1_800_000_000.0

  /// A clock that tests turn, on ``start`` at first.
  private final class Hands: Sendable {
    private let time = Mutex(RegisteredCredentialsTests.start)

    var clock: WallClock { WallClock { self.time.withLock { $0 } } }

    func turn(by seconds: Double) { time.withLock { $0 += seconds } }
  }

  private func credentials(
    age: Double, left: Double, _ transport: any Transport, _ hands: Hands = Hands(),
    _ troubles: RenewalTroubles = RenewalTroubles()
  ) async throws -> RegisteredCredentials {
    let now = Date(timeIntervalSince1970: Self.start)
    let registration = Registration(
      name: "edge-1", server: "https://edge-1.example.org", clusterUID: "u1", caData: Self.authority,
      tlsServerName: "kubernetes",
      proxy: try vault.seal(
        Redacted(Array("http://robot:hush@proxy:3128".utf8)), for: Registration.proxySubject("edge-1")),
      credentials: try vault.seal(Redacted(Array("old".utf8)), for: "edge-1"), registeredAt: now,
      renewedAt: now.addingTimeInterval(-age), expiresAt: now.addingTimeInterval(left))
    try await store.registrations.put(registration)
    return try RegisteredCredentials(
      registration, cluster: name, store: store, vault: vault, transport: transport,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, troubles: troubles, clock: hands.clock)
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

  private static let forbidden = HTTPResponse(
    403, #"{"kind":"Status","reason":"Forbidden","message":"may not create serviceaccounts/token","code":403}"#)

  @Test func saysWhyItIsNotRenewed() async throws {
    let answers = Mutex(Self.forbidden)
    let transport = AnsweringTransport { _ in answers.withLock { $0 } }
    let (hands, troubles) = (Hands(), RenewalTroubles())
    // A life of 90,000 seconds, of which 40,000 are over.
    let credentials = try await credentials(age: 40_000, left: 50_000, transport, hands, troubles)
    func warning(at seconds: Double) async -> String? {
      await troubles.warnings(now: Date(timeIntervalSince1970: Self.start + seconds))["edge-1"]
    }
    #expect(try await credentials.authorization()?.reveal() == "Bearer old")
    // Not at every request.
    #expect(try await credentials.authorization()?.reveal() == "Bearer old")
    #expect(transport.requests.count == 1)
    #expect(await warning(at: 0) == nil)
    let told = try #require(await warning(at: 25_000))
    #expect(
      told == "its token runs out at 2027-01-15T21:53:20Z and cannot be renewed: may not create serviceaccounts/token")
    // Tries come less and less often, and a reason is a fact once.
    for _ in 0..<100 {
      hands.turn(by: 100)
      _ = try await credentials.authorization()
    }
    #expect((8...25).contains(transport.requests.count), "\(transport.requests.count)")
    #expect(try await facts() == ["NotRenewed: may not create serviceaccounts/token"])
    hands.turn(by: 40_000)
    let failure = try #require(
      await expectFailure("cluster.credentials-expired") { try await credentials.authorization() })
    #expect(
      failure.message.hasPrefix("CredentialsExpired: the token ran out at 2027-01-15T21:53:20Z, for it could not be"))
    #expect(failure.message.contains("may not create serviceaccounts/token; to mend: muster cluster rotate edge-1"))
    #expect(!failure.message.contains("away"))
  }

  @Test func whatIsRenewedAfterAllIsTold() async throws {
    let answers = Mutex(Self.forbidden)
    let (hands, troubles) = (Hands(), RenewalTroubles())
    let credentials = try await credentials(
      age: 40_000, left: 50_000, AnsweringTransport { _ in answers.withLock { $0 } }, hands, troubles)
    _ = try await credentials.authorization()
    answers.withLock { $0 = Self.renewed }
    hands.turn(by: 1_000)
    #expect(try await credentials.authorization()?.reveal() == "Bearer new")
    #expect(await troubles.warnings(now: .distantFuture).isEmpty)
    #expect(try await facts() == ["NotRenewed: may not create serviceaccounts/token", "Renewed: "])
  }

  @Test func aHubThatWasAwaySaysSo() async throws {
    let credentials = try await credentials(age: 100, left: -1, AnsweringTransport { _ in Self.renewed })
    let failure = try #require(
      await expectFailure("cluster.credentials-expired") { try await credentials.authorization() })
    #expect(failure.message.contains("ran out at 2027-01-15T07:59:59Z while this hub was away"), "\(failure.message)")
  }

  @Test func aRenewalWritesNothingOverARotation() async throws {
    // Somebody rotates, or forgets, the cluster while the new token is asked for.
    for isForgotten in [true, false] {
      let (store, vault) = (store, vault)
      var rotated = Registration(
        name: "edge-1", server: "https://other.example.org", clusterUID: "u1", credentials: [], registeredAt: .now,
        renewedAt: Date(timeIntervalSince1970: Self.start))
      rotated.credentials = try vault.seal(Redacted(Array("rotated".utf8)), for: "edge-1")
      let other = rotated
      let transport = InterruptedTransport(answer: Self.renewed) {
        guard isForgotten else { return try await store.registrations.put(other) }
        _ = try await store.registrations.remove("edge-1")
      }
      let credentials = try await credentials(age: 50, left: 50, transport)
      let header = try await credentials.authorization()?.reveal()
      #expect(header == (isForgotten ? "Bearer old" : "Bearer rotated"))
      let kept = try await store.registrations["edge-1"]
      #expect(kept?.server == (isForgotten ? nil : "https://other.example.org"))
      #expect(kept?.credentials == (isForgotten ? nil : other.credentials))
    }
  }

  private func facts() async throws -> [String] {
    try await store.facts.newest(Facts.Filter(cluster: "edge-1"), limit: 10).reversed().map {
      "\($0.outcome): \($0.message)"
    }
  }
}

/// Does something before each answer.
private struct InterruptedTransport: Transport {
  let answer: HTTPResponse
  let first: @Sendable () async throws -> Void

  init(answer: HTTPResponse, _ first: @escaping @Sendable () async throws -> Void) {
    self.answer = answer
    self.first = first
  }

  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    try await first()
    return answer
  }

  func stream(_ request: HTTPRequest) async throws -> HTTPStream { throw TransportError.closed }

  func endStreams(like request: HTTPRequest) {}
}
