import Fleet
import Manifest
import Testing

struct RewritingTests {
  /// What was sent, what the server answered, what is told of it.
  private static let cases: [(name: String, sent: String, answer: String, paths: [String])] = [
    ("as sent", "data: {a: x}", "data: {a: x}", []),
    ("another value", "data: {a: x, b: z}", "data: {a: y, b: z}", [".data.a"]),
    ("a value that is gone", "data: {a: x}", "data: {b: y}", [".data.a"]),
    ("a part that is gone", "data: {a: x}", "immutable: true", [".data"]),
    ("empty parts may be left out", "data: {a: x}\nbinaryData: {}", "data: {a: x}", []),
    ("additions", "data: {a: x}", "data: {a: x, b: y}\nimmutable: false", []),
    (
      "a label", "data: {}\nmetadata: {name: n, labels: {l: a}}", "metadata: {name: n, labels: {l: b}}",
      [".metadata.labels.l"]
    ),
    (
      "other metadata is the server's", "metadata: {name: n, labels: {l: a}}",
      "metadata: {name: n, uid: u, labels: {l: a, m: b}}", []
    ),
  ]

  @Test(arguments: cases) func tellsWhatAdmissionChanged(name: String, sent: String, answer: String, paths: [String])
    throws
  {
    #expect(try rewritten("v1", "ConfigMap", sent, answer) == paths, "\(name)")
  }

  @Test func readsWorkloadsAsTheServerDoes() throws {
    let sent = """
      spec:
        replicas: 2
        template:
          spec:
            hostNetwork: false
            containers:
            - {name: a, image: "a:1", resources: {limits: {cpu: 1000m, memory: 1024Mi}}, env: [{name: B, value: b}, {name: A, value: a}]}
      """
    func answer(image: String, cpu: String = "\"1\"") -> String {
      """
      spec:
        replicas: 2
        template:
          spec:
            containers:
            - {name: sidecar, image: "s:1"}
            - {name: a, image: "\(image)", imagePullPolicy: Always, resources: {limits: {cpu: \(cpu), memory: 1Gi}}, env: [{name: B, value: b}, {name: A, value: a}]}
      """
    }
    #expect(try rewritten("apps/v1", "Deployment", sent, answer(image: "a:1")) == [])
    #expect(
      try rewritten("apps/v1", "Deployment", sent, answer(image: "mirror/a:1")) == [".spec.template.spec.containers[0]"]
    )
    #expect(
      try rewritten("apps/v1", "Deployment", sent, answer(image: "a:1", cpu: "\"2\"")) == [
        ".spec.template.spec.containers[0]"
      ])
  }

  private func rewritten(_ version: String, _ kind: String, _ sent: String, _ answer: String) throws -> [String] {
    func object(_ text: String) throws -> Mapping {
      var root = try #require(try YAML.parse(Array(text.utf8), file: "object.yaml").first?.mapping)
      root["apiVersion"] = .string(version)
      root["kind"] = .string(kind)
      if root["metadata"] == nil { root["metadata"] = .mapping(["name": .string("n")]) }
      return root
    }
    return Rewriting.paths(sent: try #require(Object(try object(sent))), answer: .mapping(try object(answer)))
  }
}
