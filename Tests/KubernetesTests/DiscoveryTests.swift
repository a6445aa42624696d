import HTTPClient
import Kubernetes
import Manifest
import Synchronization
import Testing

struct DiscoveryTests {
  private func body(_ path: String, aggregated: Bool) throws -> String {
    let exchange = try Recordings.exchanges(of: "discovery").first {
      $0.path == path && $0.accept.contains("APIGroupDiscoveryList") == aggregated
    }
    return JSON.text(try #require(exchange?.body))
  }

  private func client(_ transport: ScriptedTransport) -> KubernetesClient {
    KubernetesClient(
      access: ClusterAccess(server: "https://s", endpoint: HTTPEndpoint(), credentials: StaticCredentials.none),
      transport: transport, userAgent: "muster/test")
  }

  @Test func bothFormsSayTheSame() async throws {
    let aggregated = try await client(
      ScriptedTransport([
        .answer(status: 200, body: try body("/api", aggregated: true)),
        .answer(status: 200, body: try body("/apis", aggregated: true)),
      ])
    ).discover()
    let groups =
      #"{"kind":"APIGroupList","groups":[{"name":"apps","versions":[{"groupVersion":"apps/v1"}]},"#
      + #"{"name":"m.io","versions":[{"groupVersion":"m.io/v1"}]}]}"#
    let transport = ScriptedTransport([
      .answer(status: 200, body: try body("/api", aggregated: false)),
      .answer(status: 200, body: try body("/api/v1", aggregated: false)), .answer(status: 200, body: groups),
      .answer(status: 200, body: try body("/apis/apps/v1", aggregated: false)), .answer(status: 503, body: "no"),
    ])
    let legacy = try await client(transport).discover()
    #expect(legacy.staleGroups == ["m.io"])
    #expect(legacy.resources.count > 20)
    for resource in legacy.resources where !resource.verbs.isEmpty {
      let same = aggregated.resource(for: resource.gvk)
      #expect(same?.plural == resource.plural, "\(resource.gvk)")
      #expect(same?.isNamespaced == resource.isNamespaced, "\(resource.gvk)")
    }
    let deployment = aggregated.preferred(GroupKind(group: "apps", kind: "Deployment"))
    #expect(deployment?.subresources.contains("scale") == true)
    #expect(deployment?.path(namespace: "n", name: "x") == "/apis/apps/v1/namespaces/n/deployments/x")
  }

  @Test func anUnknownKindIsAskedForAgainAtABoundedRate() async throws {
    let core = try body("/api", aggregated: true)
    let none = #"{"kind":"APIGroupDiscoveryList","items":[]}"#
    let widgets =
      #"{"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":"w.io"},"versions":[{"version":"v1","resources":"#
      + #"[{"resource":"widgets","responseKind":{"kind":"Widget"},"scope":"Cluster","verbs":["get"]}]}]}]}"#
    let tag = [HTTPHeader("ETag", "\"1\"")]
    let transport = ScriptedTransport([
      .answer(status: 200, headers: tag, body: core), .answer(status: 200, body: none),
      .answer(status: 304, body: ""), .answer(status: 200, body: widgets),
    ])
    let time = Mutex(100.0)
    let discovery = ClusterDiscovery(client: client(transport), clock: WallClock { time.withLock { $0 } })
    let widget = GroupVersionKind(group: "w.io", version: "v1", kind: "Widget")
    #expect(try await discovery.resource(for: widget) == nil)
    #expect(try await discovery.resource(for: widget) == nil)
    #expect(try await discovery.preferred(GroupKind(group: "", kind: "ConfigMap"))?.plural == "configmaps")
    #expect(transport.requests.count == 2)
    await discovery.invalidate()
    time.withLock { $0 += 1 }
    #expect(try await discovery.resource(for: widget)?.plural == "widgets")
    #expect(transport.requests.count == 4)
    #expect(transport.requests[2].headers.contains(HTTPHeader("If-None-Match", "\"1\"")))
    #expect(try await discovery.preferred(GroupKind(group: "", kind: "ConfigMap"))?.plural == "configmaps")
    #expect(transport.requests.count == 4)
  }
}
