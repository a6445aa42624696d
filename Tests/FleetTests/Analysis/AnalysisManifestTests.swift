import Manifest
import Testing

@testable import Fleet

@Suite struct AnalysisManifestTests {
  private func read(_ spec: String, kind: String = "AnalysisTemplate") throws -> Reading<AnalysisManifest> {
    let indented = spec.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
    let text = "apiVersion: argoproj.io/v1alpha1\nkind: \(kind)\nmetadata: {name: t}\nspec:\n\(indented)\n"
    let node = try #require(try YAML.parse(Array(text.utf8)).first)
    return try #require(AnalysisManifest.read(node, file: "t.yaml"))
  }

  private let metric = "- {name: a, provider: {prometheus: {query: up}}}"

  @Test func problemsHaveTheirPlaces() throws {
    let table: [(String, [String])] = [
      ("metrics:\n\(metric)", []),
      ("metrics: []", ["analysis.no-metrics t.yaml:5:12"]),
      ("metrics:\n\(metric)\n\(metric)", ["analysis.duplicate-metric t.yaml:7:12"]),
      ("metrics:\n- {name: a}", ["manifest.missing-field t.yaml:6:5"]),
      ("metrics:\n- {name: a, provider: {}}", ["analysis.no-provider t.yaml:6:25"]),
      ("metrics:\n- {name: a, provider: {prometheus: {query: up}, web: {url: x}}}", ["analysis.providers t.yaml:6:25"]),
      ("metrics:\n- {name: a, count: 2, provider: {prometheus: {query: up}}}", ["analysis.limits t.yaml:6:22"]),
      ("metrics:\n- {name: a, count: '{{args.n}}', provider: {prometheus: {query: up}}}", []),
      (
        "metrics:\n- {name: a, interval: 5, provider: {prometheus: {query: up}}}",
        ["manifest.not-text t.yaml:6:25", "analysis.bad-duration t.yaml:6:25"]
      ),
      (
        "metrics:\n- {name: a, interval: 5x, provider: {prometheus: {query: up}}}",
        ["analysis.bad-duration t.yaml:6:25"]
      ),
      (
        "metrics:\n- {name: a, sucessCondition: x, provider: {prometheus: {query: up}}}",
        ["manifest.unknown-field t.yaml:6:15"]
      ),
      (
        "metrics:\n- name: a\n  successCondition: result >\n  provider: {prometheus: {query: up}}",
        ["analysis.condition t.yaml:7:30"]
      ),
      ("metrics:\n\(metric)\nargs:\n- {name: x}\n- {name: x}", ["analysis.duplicate-arg t.yaml:9:12"]),
      (
        "metrics:\n\(metric)\nargs:\n- {name: x, value: a, valueFrom: {secretKeyRef: {name: s, key: k}}}",
        ["analysis.two-values t.yaml:8:5"]
      ),
      ("metrics:\n\(metric)\ndryRun:\n- {metricName: '*'}", ["analysis.bad-pattern t.yaml:8:18"]),
      ("templates:\n- {templateName: other}", []),
    ]
    for (spec, expected) in table {
      let found = try read(spec).diagnostics.map { "\($0.code) \($0.location?.text ?? "")" }
      #expect(found == expected, "\(spec)")
    }
    #expect(
      try read("metrics:\n\(metric)\nargs:\n- {name: x}", kind: "AnalysisRun").diagnostics.map(\.code) == [
        "analysis.unresolved-arg"
      ])
    #expect(
      try read("metrics:\n\(metric)\ntemplates: []", kind: "AnalysisRun").diagnostics.map(\.code) == [
        "manifest.unknown-field"
      ])
  }

  @Test func argumentsArePutIn() throws {
    let node = try #require(
      try YAML.parse(Array("{a: 'x {{ args.v }} y', b: ['{{args.v}}{{args.w}}'], '{{args.w}}': 1}".utf8)).first)
    let filled = try ArgumentText.filled(node, ["v": "1\"2", "w": "k"])
    let expected = try YAML.parse(Array("{a: 'x 1\"2 y', b: ['1\"2k'], k: 1}".utf8)).first
    #expect(filled == expected)
    for text in ["{{args.x}}", "{{ inputs.v }}", "{{args.v", "{{}}"] {
      #expect(throws: ArgumentProblem.self, "\(text)") { try ArgumentText.filled(.string(text), ["v": "1"]) }
    }
  }

  @Test func templatesAreMerged() throws {
    func template(_ name: String, _ spec: String, kind: String = "AnalysisTemplate") throws -> AnalysisManifest {
      var manifest = try read(spec, kind: kind).get()
      manifest.name = name
      return manifest
    }
    func one(_ name: String) -> String { "- {name: \(name), provider: {prometheus: {query: up}}}" }
    let templates = [
      try template(
        "a",
        "metrics:\n\(one("m1"))\nargs:\n- {name: x, value: '1'}\n- {name: y}\ntemplates:\n- {templateName: b}\n- {templateName: a}"
      ),
      try template(
        "b",
        "metrics:\n\(one("m2"))\nargs:\n- {name: x}\n- {name: z, value: '3'}\ntemplates:\n- {templateName: g, clusterScope: true}"
      ),
      try template("g", "metrics:\n\(one("m3"))", kind: "ClusterAnalysisTemplate"),
      try template("clash", "metrics:\n\(one("m1"))\nargs:\n- {name: x, value: '2'}"),
    ]
    let assembly = AnalysisAssembly(templates)
    let place = SourceLocation(file: "rollout.yaml")
    let a = AnalysisTemplateReference(name: "a")
    let spec = try assembly.spec(
      from: [a],
      arguments: [AnalysisArgument(name: "y", source: .value("2")), AnalysisArgument(name: "q", source: .value("9"))],
      at: place)
    #expect(spec.metrics.compactMap { $0["name"]?.string } == ["m1", "m2", "m3"])
    #expect(spec.args.map(\.name) == ["x", "y", "z"])
    #expect(spec.args.map(\.source) == [.value("1"), .value("2"), .value("3")])
    func codes(_ references: [AnalysisTemplateReference]) -> [String] {
      do throws(Diagnostics) {
        _ = try assembly.spec(from: references, arguments: [], at: place)
        return []
      } catch { return error.all.map(\.code) }
    }
    #expect(codes([a]) == ["analysis.unresolved-arg"])
    #expect(codes([AnalysisTemplateReference(name: "c")]) == ["analysis.no-template"])
    #expect(codes([AnalysisTemplateReference(name: "g")]) == ["analysis.no-template"])
    #expect(
      codes([a, AnalysisTemplateReference(name: "clash")]) == [
        "analysis.duplicate-metric", "analysis.two-defaults", "analysis.unresolved-arg",
      ])
  }

  @Test func metricsAreReadWithTheirArguments() throws {
    let reading = try read(
      """
      args: [{name: n, value: '3'}]
      metrics:
      - name: a
        interval: 1m
        count: '{{args.n}}'
        failureLimit: '1'
        provider:
          web:
            url: http://h/{{args.n}}
            headers: [{key: Authorization, value: 'Bearer {{args.n}}'}]
            authentication: {oauth2: {tokenUrl: http://t, clientId: c, clientSecret: '{{args.n}}', scopes: [s]}}
      """)
    let metric = try Metric(try reading.get().spec.metrics[0], arguments: ["n": "3"], file: "t.yaml")
    #expect(metric.limits.count == 3)
    #expect(metric.limits.failureLimit == 1)
    #expect(metric.limits.interval == 60)
    guard case .web(let web) = metric.provider else {
      Issue.record("no web metric")
      return
    }
    #expect(web.url == "http://h/3")
    #expect(web.method == "GET" && web.timeout == 10 && web.jsonPath == "{$}")
    #expect(web.authentication.oauth2?.clientSecret.reveal() == "3")
    // What could be a secret is not printed.
    #expect(!"\(web)".contains("Bearer 3"))
    #expect(throws: Diagnostics.self) { try Metric(Node(["name": "a"]), arguments: [:], file: "t.yaml") }
    #expect(throws: ArgumentProblem.self) {
      try Metric(try reading.get().spec.metrics[0], arguments: [:], file: "t.yaml")
    }
  }

  @Test func fieldsOfARollout() throws {
    let rollout = try #require(
      try YAML.parse(
        Array(
          "{metadata: {name: r, labels: {a.b/c: x}}, spec: {replicas: 3, paused: true, list: [{v: 1.5}]}, status: {big: 1000000}}"
            .utf8
        )
      ).first)
    let table: [(String, String?)] = [
      ("metadata.name", "r"), ("metadata.namespace", ""), ("metadata.labels['a.b/c']", "x"),
      ("metadata.labels", "a.b/c=\"x\""),
      ("metadata.labels['no']", ""), ("metadata.generation", nil), ("spec.replicas", "3"), ("spec.paused", "true"),
      ("spec.list[0].v", "1.5"), ("spec.list[1].v", nil), ("spec.list[x].v", nil), ("spec.list", nil),
      ("spec.none", nil),
      ("spec.replicas.x", nil), ("status.big", "1e+06"),
    ]
    for (path, expected) in table { #expect((try? FieldReference.value(of: path, in: rollout)) == expected, "\(path)") }
  }

  @Test func timesAreReadAndWritten() {
    for text in [
      "1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "2026-11-28T01:02:03Z", "1969-12-31T23:59:59Z",
      "9999-12-31T23:59:59Z",
    ] {
      #expect(AnalysisTime(text)?.text == text)
    }
    #expect(
      AnalysisTime("2026-11-28T02:02:03.5+01:00")?.seconds == (AnalysisTime("2026-11-28T01:02:03Z")?.seconds ?? 0) + 0.5
    )
    for text in [
      "", "2026-11-28", "2026-13-28T01:02:03Z", "2026-11-28T01:02:03", "2026-11-28T01:02:03+1", "x026-11-28T01:02:03Z",
    ] {
      #expect(AnalysisTime(text) == nil, "\(text)")
    }
  }
}
