import Fleet
import Manifest
import Testing

struct FleetPreviewTests {
  private struct Given {
    var name: String
    var cluster = "edge-1"
    var owner: String? = "web"
    var prune = true
    var finalizer = true
    var labels = "{}"
    var url: String?
    var objects: [String] = []
    var identity: UInt64 = 1
  }

  private func fleet(
    _ given: [Given], sets: [String] = [], incomplete: Set<String> = [], clusters: [String] = ["edge-1", "edge-2"]
  ) throws -> PreviewedFleet {
    var applications: [String: PreviewedApplication] = [:]
    for one in given {
      let text = """
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata:
          name: \(one.name)
          labels: \(one.labels)
          finalizers: [\(one.finalizer ? "resources-finalizer.argocd.argoproj.io" : "")]
        spec:
          project: default
          source: {repoURL: \(one.url ?? "/r"), path: p, targetRevision: \(one.url == nil ? "v1.0" : "main")}
          destination: {name: \(one.cluster)}
          syncPolicy: {automated: {prune: \(one.prune)}}
        """
      let node = try #require(try YAML.parse(Array(text.utf8)).first)
      let reading = Application.read(node, file: "a.yaml")
      var objects: [Object] = []
      for text in one.objects {
        let root = try YAML.parse(Array(text.utf8)).first?.mapping
        objects.append(try #require(root.flatMap { Object($0) }))
      }
      applications[one.name] = PreviewedApplication(
        application: try #require(reading.value, "\(reading.diagnostics)"), owner: one.owner,
        cluster: ClusterName(one.cluster), rendered: RenderedObjects(identity: one.identity, objects: objects))
    }
    let read = FleetContents.read([FleetFile(name: "s.yaml", bytes: Array(sets.joined(separator: "---\n").utf8))])
    return PreviewedFleet(
      applications: applications, sets: read.known.applicationSets, incompleteSets: incomplete,
      clusters: Set(clusters.compactMap(ClusterName.init)))
  }

  private static func config(_ data: String, name: String = "c", more: String = "") -> String {
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: \(name), namespace: n\(more)}, data: {\(data)}}"
  }

  private func objects(_ preview: FleetPreview) -> [String] {
    preview.objects.map { change in
      "\(change.delta.change.rawValue) \(change.delta.id.kind)/\(change.delta.id.name) "
        + change.delta.fields.map { "\($0.path): \($0.before ?? "-") → \($0.after ?? "-")" }.joined(separator: ", ")
        + " on \(change.clusters.count)"
    }
  }

  @Test func whatChangesIsToldOnceForAllClusters() throws {
    let before = ["a", "b", "c"].enumerated().map { index, name in
      Given(
        name: name, cluster: "edge-\(index)",
        objects: [Self.config("MODEL_VERSION: v1"), Self.config("x: y", name: "d")])
    }
    let after = before.map { one in
      var one = one
      one.objects[0] = Self.config("MODEL_VERSION: v2")
      one.identity = 2
      return one
    }
    let preview = FleetPreview(from: try fleet(before), to: try fleet(after))
    #expect(objects(preview) == ["update ConfigMap/c .data.MODEL_VERSION: v1 → v2 on 3"])
    #expect(preview.applications.map(\.change) == [.changed, .changed, .changed])
    #expect(preview.clusters == ["edge-0", "edge-1", "edge-2"])
    #expect(preview.risks.map(\.kind) == [.modelVersion] && !preview.isRefused)
    #expect(FleetPreview(from: try fleet(before), to: try fleet(before)).isEmpty)
  }

  @Test func changesOfModelsAreNamedWithTheirClusters() throws {
    func model(_ version: String) -> String { Self.config("MODEL_NAME: llama3, MODEL_VERSION: \(version)") }
    func pod(_ image: String) -> String {
      "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: n}, spec: {containers: [{name: c, image: '\(image)'}]}}"
    }
    let before = (0..<3).map { Given(name: "a\($0)", cluster: "edge-\($0)", objects: [model("v1"), pod("vllm:1")]) }
    var after = before
    for index in after.indices {
      after[index].objects[0] = model("v2")
      after[index].identity = 2
    }
    after[0].objects[1] = pod("vllm:2")
    after[0].identity = 3
    // One that is new, and one that goes.
    after.append(Given(name: "b", cluster: "edge-9", objects: [model("v2"), pod("vllm:1")], identity: 2))
    let preview = FleetPreview(from: try fleet(before), to: try fleet(after))
    #expect(
      preview.models.map(\.description) == [
        "llama3 v1 → v2 on 3 clusters", "llama3 v2 (new) on 1 cluster", "vllm 1 → 2 on 1 cluster",
      ])
    #expect(preview.models.first?.clusters == ["edge-0", "edge-1", "edge-2"])
    let back = FleetPreview(from: try fleet(after), to: try fleet(before))
    #expect(
      back.models.map(\.description) == [
        "llama3 v2 → v1 on 3 clusters", "llama3 v2 (removed) on 1 cluster", "vllm 2 → 1 on 1 cluster",
      ])
    #expect(FleetPreview(from: try fleet(before), to: try fleet(before)).models.isEmpty)
  }

  @Test func secretValuesAreNeverShown() throws {
    func secret(_ value: String) -> String {
      "{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: n}, data: {password: \(value)}}"
    }
    let preview = FleetPreview(
      from: try fleet([Given(name: "a", objects: [secret("b2xk")])]),
      to: try fleet([Given(name: "a", objects: [secret("bmV3")], identity: 2)]))
    #expect(preview.objects.count == 1)
    let told = "\(preview.objects) \(preview.risks) \(preview.applications)"
    #expect(told.contains("password") && !told.contains("b2xk") && !told.contains("bmV3"))
  }

  @Test func passwordsInAddressesAreNotShown() throws {
    func given(_ url: String, _ identity: UInt64) -> Given {
      Given(name: "a", url: url, objects: [Self.config("u: '\(url)'")], identity: identity)
    }
    let preview = FleetPreview(
      from: try fleet([given("https://me:hush@git.example.com/a", 1)]),
      to: try fleet([given("https://me:hush@git.example.com/b", 2)]))
    #expect(
      objects(preview) == ["update ConfigMap/c .data.u: https://git.example.com/a → https://git.example.com/b on 1"])
    let told = "\(preview.objects) \(preview.risks) \(preview.applications)"
    #expect(told.contains("https://git.example.com/b at main") && !told.contains("hush"))
  }

  @Test func generatedObjectsAreReplaced() throws {
    let preview = FleetPreview(
      from: try fleet([Given(name: "a", objects: [Self.config("a: x", name: "c-abcdef0123")])]),
      to: try fleet([Given(name: "a", objects: [Self.config("a: y", name: "c-0123abcdef")], identity: 2)]))
    #expect(objects(preview) == ["replace ConfigMap/c-0123abcdef .data.a: x → y on 1"])
    #expect(preview.objects.first?.delta.oldName == "c-abcdef0123")
  }

  /// What goes with an Application, and what stays.
  @Test func removals() throws {
    let crd =
      "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: d}, spec: {group: g}}"
    let kept = Self.config("a: b", name: "k", more: ", annotations: {argocd.argoproj.io/sync-options: Prune=false}")
    let all = [Self.config("a: b"), crd, kept]
    func changes(_ given: Given, clusters: [String] = ["edge-1"], incomplete: Set<String> = []) throws -> [String] {
      let preview = FleetPreview(
        from: try fleet([given]), to: try fleet([], incomplete: incomplete, clusters: clusters))
      return preview.applications.map(\.change.rawValue)
        + preview.objects.map { "\($0.delta.change.rawValue) \($0.delta.id.name)" }.sorted()
    }
    #expect(try changes(Given(name: "a", objects: all)) == ["removed", "delete c", "keep d", "keep k"])
    #expect(
      try changes(Given(name: "a", finalizer: false, objects: all)) == ["removed", "keep c", "keep d", "keep k"])
    #expect(
      try changes(Given(name: "a", objects: all), clusters: []) == ["removed", "keep c", "keep d", "keep k"],
      "what runs in a cluster that left the registry stays")
    #expect(try changes(Given(name: "a", objects: all), incomplete: ["web"]) == ["kept"])
    for prune in [true, false] {
      let preview = FleetPreview(
        from: try fleet([Given(name: "a", prune: prune, objects: all)]),
        to: try fleet([Given(name: "a", prune: prune, objects: [], identity: 2)]))
      #expect(
        preview.objects.map { "\($0.delta.change.rawValue) \($0.delta.id.name)" }.sorted()
          == (prune ? ["delete c", "delete d", "keep k"] : ["keep c", "keep d", "keep k"]))
    }
  }

  @Test func theBreakerAndTheWaves() throws {
    let set = """
      apiVersion: argoproj.io/v1alpha1
      kind: ApplicationSet
      metadata: {name: web}
      spec:
        generators: [{list: {elements: []}}]
        strategy:
          type: RollingSync
          rollingSync:
            steps:
            - {matchExpressions: [{key: tier, operator: In, values: [canary]}], maxUpdate: 1}
            - {matchExpressions: [{key: tier, operator: In, values: [edge]}], maxUpdate: 10%}
        template: {metadata: {name: x}, spec: {project: default, destination: {name: y}, source: {repoURL: /r, path: p}}}

      """
    let before = (0..<10).map { Given(name: "a\($0)", objects: [Self.config("a: b")]) }
    let after = ["canary", "edge", "other"].enumerated().map { index, tier in
      Given(name: "a\(index)", labels: "{tier: \(tier)}", objects: [Self.config("a: c")], identity: 2)
    }
    let preview = FleetPreview(from: try fleet(before), to: try fleet(after, sets: [set]))
    #expect(preview.isRefused && preview.sets.map(\.removed) == [7] && preview.sets.map(\.limit) == [5])
    #expect(
      preview.waves.map { "\($0.step ?? 0) \($0.maxUpdate) \($0.applications)" } == [
        #"0  ["a2"]"#, #"1 1 ["a0"]"#, #"2 10% ["a1"]"#,
      ])
  }

  @Test func risksOfObjects() throws {
    func deployment(_ app: String, _ image: String) -> String {
      "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, namespace: n}, spec: {selector: {matchLabels: {app: \(app)}}, "
        + "template: {spec: {containers: [{name: c, image: \"\(image)\"}]}}}}"
    }
    let preview = FleetPreview(
      from: try fleet([Given(name: "a", objects: [deployment("x", "r/i:1")])]),
      to: try fleet([Given(name: "a", objects: [deployment("y", "r/i:latest")], identity: 2)]))
    #expect(
      preview.risks.map { "\($0.kind.rawValue): \($0.message)" } == [
        "ImmutableField: .spec.selector.matchLabels.app cannot be changed in place", "Image: r/i:1 → r/i:latest",
        "UnpinnedImage: r/i:latest",
      ])
  }
}
