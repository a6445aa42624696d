import Fleet
import HTTPClient
import Kubernetes
import Logging
import Manifest
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct RegistrationTrialTests {
  private static func status(_ code: Int, _ reason: String) -> HTTPResponse {
    HTTPResponse(
      code,
      #"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"\#(reason)","message":"\#(reason)","code":\#(code)}"#
    )
  }

  private static func namespace(_ uid: String) -> HTTPResponse {
    HTTPResponse(200, #"{"kind":"PartialObjectMetadata","metadata":{"name":"kube-system","uid":"\#(uid)"}}"#)
  }

  private func entry() throws -> RegistrationEntry {
    var entry = RegistrationEntry(
      name: try #require(ClusterName("edge-1")), server: "https://edge-1.example.org:6443", clusterUID: "u1",
      token: Redacted("t0ken"))
    entry.proxyURL = Redacted("http://robot:hush@proxy:3128")
    entry.tlsServerName = "kubernetes"
    return entry
  }

  @Test func tellsWhyTheTokenDoesNotWork() async throws {
    let table: [(answers: [Result<HTTPResponse, TransportError>], code: String?, words: String)] = [
      ([.success(Self.namespace("u1"))], nil, ""),
      // Rights that are kept to namespaces.
      ([.success(Self.status(403, "Forbidden"))], nil, ""),
      // Another API server may know of the account a moment later.
      ([.success(Self.status(401, "Unauthorized")), .success(Self.namespace("u1"))], nil, ""),
      (
        Array(repeating: .success(Self.status(401, "Unauthorized")), count: 3), "registration.token-refused",
        "does not take the token: Unauthorized"
      ),
      ([.success(Self.namespace("u2"))], "registration.other-server", "finds another cluster"),
      ([.success(HTTPResponse(403, "<html>no"))], "registration.unreachable", "an HTML page"),
      ([.success(HTTPResponse(200, "<html>log in"))], "registration.unreachable", "not JSON"),
      (
        [.failure(.tls(reason: "the server's certificate is not signed by a trusted authority"))],
        "registration.unreachable", "not signed by a trusted authority"
      ),
      ([.failure(.proxy(reason: "the proxy refuses"))], "registration.unreachable", "the proxy refuses"),
    ]
    for line in table {
      let answers = AnsweringTransport.Series(line.answers)
      let transport = AnsweringTransport { _ in try answers.next().get() }
      let trial = RegistrationTrial(try entry(), transport: transport, pause: .zero)
      do {
        try await trial.run()
        #expect(line.code == nil, "\(line.words)")
      } catch let failure as Failure {
        #expect(failure.code == line.code && failure.message.contains(line.words), "\(failure)")
        #expect(!"\(failure)".contains("t0ken") && !"\(failure)".contains("hush"))
      }
      #expect(transport.requests.count == line.answers.count)
      for request in transport.requests {
        #expect(request.url == "https://edge-1.example.org:6443/api/v1/namespaces/kube-system")
        #expect(request.header("Authorization") == "Bearer t0ken")
        #expect(request.endpoint.proxy?.reveal() == "http://robot:hush@proxy:3128")
        #expect(request.endpoint.serverName == "kubernetes" && request.endpoint.trust == .system)
      }
    }
  }

  @Test func nothingIsKeptOfWhatDoesNotWork() async throws {
    let (store, vault) = (try Store.inMemory(), Vault.inMemory())
    func desk(_ answer: HTTPResponse) -> RegistrationDesk {
      RegistrationDesk(
        store: store, vault: vault, transport: AnsweringTransport { _ in answer }, logger: .init(label: "test"))
    }
    await expectFailure("registration.other-server") {
      try await desk(Self.namespace("u2")).register(try entry(), actor: "tester")
    }
    #expect(try await store.registrations.all().isEmpty)
    try await desk(Self.namespace("u1")).register(try entry(), actor: "tester")
    let kept = try #require(await store.registrations["edge-1"])
    #expect(!String(decoding: kept.proxy, as: UTF8.self).contains("hush"))
    let proxy = try vault.open(kept.proxy, for: Registration.proxySubject("edge-1"))
    #expect(String(decoding: proxy.reveal(), as: UTF8.self) == "http://robot:hush@proxy:3128")
    // Neither stands for the other.
    await expectFailure("vault.damaged") { _ = try vault.open(kept.proxy, for: "edge-1") }
    #expect(kept.cluster?.connection.proxyURL == nil && kept.cluster?.connection.insecureSkipTLSVerify == false)
  }

  @Test func refusesWaysThatCannotBe() throws {
    var entry = try entry()
    #expect(entry.problem == nil)
    for proxy in ["robot:hush@proxy:3128", "ftp://robot:hush@proxy", "http://robot:hush@proxy:0", "http://"] {
      entry.proxyURL = Redacted(proxy)
      let problem = try #require(entry.problem)
      #expect(problem.hasPrefix("'proxyURL' ") && !problem.contains("hush"), "\(problem)")
    }
    entry.proxyURL = nil
    entry.insecureSkipTLSVerify = true
    #expect(entry.problem == nil && entry.access.endpoint.trust == .insecure)
    entry.caData = [1]
    #expect(entry.problem?.contains("exclude each other") == true)
  }
}
