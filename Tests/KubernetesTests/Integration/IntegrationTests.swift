import HTTPClient
import Kubernetes
import Manifest
import Testing

/// What the client relies on, asked of real API servers.
@Suite(.enabled(if: Lab.isThere), .serialized)
struct IntegrationTests {
  private func refusal(_ work: () async throws -> Void) async throws -> APIError {
    do {
      try await work()
    } catch let error as APIError {
      return error
    }
    Issue.record("not refused")
    return APIError(kind: .server, status: 0, message: "not refused")
  }

  @Test func discoveryKnowsTheBuiltInKinds() async throws {
    try await Lab.eachCluster { lab in
      #expect(try await lab.client.version().hasPrefix("v1."))
      #expect(try await lab.client.isReady())
      let discovery = try await lab.client.discover()
      #expect(discovery.preferred(GroupKind(group: "apps", kind: "Deployment"))?.plural == "deployments")
      #expect(discovery.preferred(GroupKind(group: "", kind: "Namespace"))?.isNamespaced == false)
    }
  }

  @Test func appliesOwnConflictAndForce() async throws {
    try await Lab.eachCluster { lab in
      let created = try await lab.apply("a", ["k": .string("1"), "j": .string("1")])
      #expect(created.wasCreated)
      let again = try await lab.apply("a", ["k": .string("1"), "j": .string("1")])
      #expect(!again.wasCreated)
      #expect(again.object["metadata"]?["resourceVersion"] == created.object["metadata"]?["resourceVersion"])
      let conflict = try await refusal {
        try await lab.apply("a", ["k": .string("2")], manager: "other", force: false)
      }
      #expect(conflict.kind == .conflict)
      #expect(conflict.causes.map(\.field).contains(".data.k"))
      let dry = try await lab.apply("a", ["k": .string("3")], dryRun: true)
      #expect(dry.object["data"]?["k"]?.string == "3")
      #expect(try await lab.client.get(.configMaps, namespace: lab.namespace, name: "a")?["data"]?["k"]?.string == "1")
      // Another writer takes a field: it leaves our entry.
      #expect(lab.owned(again.object)?["f:data"]?["f:k"] != nil)
      _ = try await lab.client.send(
        .mergePatch(
          .configMaps, namespace: lab.namespace, name: "a", patch: ["data": .mapping(["k": .string("9")])],
          manager: "kubectl-edit"))
      let live = try await lab.client.get(.configMaps, namespace: lab.namespace, name: "a", metadataOnly: true)
      #expect(live?["data"] == nil)
      #expect(lab.owned(live)?["f:data"]?["f:k"] == nil)
      #expect(lab.owned(live)?["f:data"]?["f:j"] != nil)
    }
  }

  @Test func refusalsAreOfTheirKind() async throws {
    try await Lab.eachCluster { lab in
      let client = lab.client
      var unknown = lab.configMap("x", [:])
      unknown["nonsense"] = .string("y")
      let typed = try await refusal {
        _ = try await client.apply(
          .configMaps, namespace: lab.namespace, name: "x", body: unknown, manager: "muster", fieldValidation: .strict)
      }
      #expect(typed.kind == .invalid && typed.retry == .never, "\(typed)")
      let nowhere = try await refusal {
        _ = try await client.apply(
          .configMaps, namespace: "muster-test-nowhere", name: "x",
          body: [
            "apiVersion": .string("v1"), "kind": .string("ConfigMap"), "metadata": .mapping(["name": .string("x")]),
          ],
          manager: "muster")
      }
      #expect(nowhere.kind == .notFound)
      let selector = try await refusal {
        _ = try await client.send(.list(.configMaps, options: .init(labelSelector: "!!bad")))
      }
      #expect(selector.kind == .invalid)
    }
  }

  @Test func deletesHonourTheirPreconditions() async throws {
    try await Lab.eachCluster { lab in
      let object = try await lab.apply("d", [:]).object
      let wrong = try await refusal {
        try await lab.client.delete(.configMaps, namespace: lab.namespace, name: "d", uid: "0000")
      }
      #expect(wrong.kind == .conflict)
      #expect(
        try await lab.client.delete(
          .configMaps, namespace: lab.namespace, name: "d", uid: object["metadata"]?["uid"]?.string,
          resourceVersion: object["metadata"]?["resourceVersion"]?.string))
      #expect(try await lab.client.delete(.configMaps, namespace: lab.namespace, name: "d") == false)
    }
  }

  @Test func watchesFollowAndPagesAddUp() async throws {
    try await Lab.eachCluster { lab in
      for index in 0..<5 { try await lab.apply("w\(index)", [:], labels: ["part": .string("yes")]) }
      var options = WatchMachine.Options()
      options.pageLimit = 2
      let watcher = ListWatcher(
        lab.client, .init(.configMaps, namespace: lab.namespace, labelSelector: "part"), options: options)
      struct Done: Error {}
      var seen: [String] = []
      do {
        try await watcher.run { output in
          switch output {
          case .replaceAll(let items):
            #expect(items.count == 5)
            #expect(items.allSatisfy { $0.node["data"] == nil && $0.node["metadata"]?["managedFields"] != nil })
          case .synced: try await lab.apply("w9", [:], labels: ["part": .string("yes")])
          case .upsert(let item):
            seen.append("+" + item.key.name)
            // Losing the label leaves the selection.
            if seen.count == 1 { try await lab.apply("w9", [:]) }
          case .delete(let item):
            seen.append("-" + item.key.name)
            throw Done()
          case .interrupted(let why): Issue.record("\(why)")
          }
        }
      } catch is Done {}
      #expect(seen == ["+w9", "-w9"])
    }
  }

  @Test func anExpiredVersionIsToldInTheStream() async throws {
    try await Lab.eachCluster { lab in
      let stream = try await lab.client.stream(
        .watch(.configMaps, namespace: lab.namespace, options: .init(resourceVersion: "1", timeout: 2)), idle: 10,
        maximumUnread: 1 << 20)
      var lines = JSONLines(limit: 1 << 20)
      var events: [WatchEvent] = []
      for try await part in stream.body {
        for line in try lines.add(part) { events.append(try WatchEvent(line: line, limits: TextLimits())) }
      }
      // A young server may still have version 1; otherwise it says so, once.
      for case .error(let error) in events { #expect(error.kind == .expired) }
    }
  }

  @Test func tokensAndRightsAreGiven() async throws {
    try await Lab.eachCluster { lab in
      let client = lab.client
      _ = try await client.apply(
        .serviceAccounts, namespace: lab.namespace, name: "robot",
        body: [
          "apiVersion": .string("v1"), "kind": .string("ServiceAccount"),
          "metadata": .mapping(["name": .string("robot")]),
        ], manager: "muster")
      let issued = try await client.requestToken(serviceAccount: "robot", namespace: lab.namespace, seconds: 600)
      #expect(issued.expires > WallClock.system.now())
      #expect(BearerToken.expiry(of: issued.token) == issued.expires)
      #expect(
        try await client.isAllowed(AccessQuestion(verb: "create", resource: "configmaps", namespace: lab.namespace)))
    }
  }

  @Test func aNewDefinitionIsServedAfterAMoment() async throws {
    try await Lab.eachCluster { lab in
      let group = lab.namespace + ".muster.dev"
      let definitions = APIResource(
        gvk: .init(apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition"),
        plural: "customresourcedefinitions", isNamespaced: false)
      let schema: Value = ["openAPIV3Schema": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]]
      let body: Value = [
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": ["name": .string("widgets." + group)],
        "spec": [
          "group": .string(group), "scope": "Namespaced", "names": ["plural": "widgets", "kind": "Widget"],
          "versions": [["name": "v1", "served": true, "storage": true, "schema": schema]],
        ],
      ]
      let discovery = ClusterDiscovery(client: lab.client)
      let widget = GroupVersionKind(group: group, version: "v1", kind: "Widget")
      #expect(try await discovery.resource(for: widget) == nil)
      _ = try await lab.client.apply(
        definitions, name: "widgets." + group, body: Node(body).mapping ?? [:], manager: "muster")
      await discovery.invalidate()
      var found: APIResource?
      for _ in 0..<100 where found == nil {
        try await Task.sleep(for: .milliseconds(100))
        found = try await discovery.resource(for: widget)
      }
      try await lab.client.delete(definitions, name: "widgets." + group)
      #expect(found?.plural == "widgets")
    }
  }
}
