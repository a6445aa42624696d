import HTTPClient
import Kubernetes
import Manifest
import Testing

private func certificate(_ name: String) -> String {
  "-----BEGIN CERTIFICATE-----\n\(name)\n-----END CERTIFICATE-----\n"
}
private func key(_ name: String) -> String {
  "-----BEGIN PRIVATE KEY-----\n\(name)\n-----END PRIVATE KEY-----\n"
}

struct CertificateFilesTests {
  private let disk = Disk()
  private let transport = ScriptedTransport(
    Array(repeating: .answer(status: 200, body: #"{"kind":"Status"}"#), count: 20))

  private func client() throws -> KubernetesClient {
    disk.write(["/k/ca": certificate("ca1"), "/k/c": certificate("c1"), "/k/key": key("k1")])
    let text = """
      apiVersion: v1
      kind: Config
      current-context: c
      clusters: [{name: cl, cluster: {server: 'https://s', certificate-authority: ca}}]
      users: [{name: u, user: {client-certificate: c, client-key: key}}]
      contexts: [{name: c, context: {cluster: cl, user: u}}]
      """
    let context = try Kubeconfig(Array(text.utf8), file: "/k/config").context(in: disk.environment)
    return KubernetesClient(access: context.access, transport: transport, userAgent: "test")
  }

  /// What the next request's endpoint trusts and shows: the middle lines of the PEM texts.
  private func next(_ client: KubernetesClient) async throws -> [String] {
    _ = try await client.send(.version)
    guard let endpoint = transport.requests.last?.endpoint, case .authorities(let pem) = endpoint.trust,
      let shown = endpoint.clientCertificate
    else { return [] }
    return [pem, shown.chain, shown.key].map { bytes in
      String(String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst().first ?? "")
    }
  }

  @Test func rotatedFilesAreReadAgain() async throws {
    let client = try client()
    #expect(try await next(client) == ["ca1", "c1", "k1"])
    disk.write(["/k/c": certificate("c2"), "/k/key": key("k2")])
    disk.wait(9)
    #expect(try await next(client) == ["ca1", "c1", "k1"], "looked at once in ten seconds")
    disk.wait(2)
    #expect(try await next(client) == ["ca1", "c2", "k2"])
    disk.write(["/k/ca": certificate("ca2")])
    disk.wait(11)
    #expect(try await next(client) == ["ca2", "c2", "k2"])
  }

  @Test func unchangedFilesAreNotRead() async throws {
    let client = try client()
    _ = try await next(client)
    let before = disk.reads
    for _ in 0..<5 {
      disk.wait(60)
      _ = try await next(client)
    }
    #expect(disk.reads == before)
  }

  @Test func whatIsBrokenLeavesTheLastGood() async throws {
    let client = try client()
    _ = try await next(client)
    disk.write(["/k/ca": "rubbish", "/k/c": certificate("c2"), "/k/key": nil])
    disk.wait(11)
    #expect(try await next(client) == ["ca1", "c1", "k1"], "a certificate without its key is not taken")
    disk.write(["/k/ca": certificate("ca2"), "/k/key": key("k2")])
    disk.wait(11)
    #expect(try await next(client) == ["ca2", "c2", "k2"])
  }
}
