import Manifest
import Testing

@testable import Fleet

@Suite struct AnalysisLintTests {
  private func manifest(_ text: String) throws -> AnalysisManifest {
    let node = try #require(try YAML.parse(Array(text.utf8)).first)
    return try #require(AnalysisManifest.read(node, file: "t.yaml")).get()
  }

  /// What is said of a metric of Prometheus with these fields, `analysis.` left out.
  private func codes(_ fields: String, query: String = "up", args: String = "[]") throws -> [String] {
    let lint = AnalysisLint.check(
      try manifest(
        """
        apiVersion: argoproj.io/v1alpha1
        kind: AnalysisTemplate
        metadata: {name: t}
        spec:
          args: \(args)
          metrics:
          - {name: a, provider: {prometheus: {address: "http://p:9090", query: "\(query)"}}, \(fields)}
        """))
    return lint.map { String($0.code.dropFirst("analysis.".count)) }
  }

  @Test func conditionsAreTriedOnNaNAndOnNothing() throws {
    let table: [(String, String, [String])] = [
      ("successCondition: 'result[0] >= 0.95'", "up", []),
      ("failureCondition: 'result[0] > 0.05'", "up", ["nan-passes"]),
      ("successCondition: '!(result[0] > 0.05)'", "up", ["nan-passes"]),
      ("successCondition: 'isNaN(result[0]) || result[0] < 1'", "up", []),
      ("failureCondition: 'isNaN(result[0]) || result[0] > 1'", "up", []),
      ("successCondition: 'all(result, # < 5)'", "up", ["empty-passes"]),
      ("failureCondition: 'any(result, # > 5)'", "up", ["nan-passes", "empty-passes"]),
      ("successCondition: 'len(result) == 0 || result[0] < 5'", "up", []),
      ("successCondition: 'sum(result) < 5'", "up", ["empty-passes"]),
      ("successCondition: 'result > 1'", "up", ["condition-type"]),
      ("successCondition: 'result > 1'", "scalar(up)", []),
      ("successCondition: 'result[0] > 1'", "scalar(up)", ["condition-type"]),
      ("failureCondition: 'result > 1'", "scalar(up)", ["nan-passes"]),
      ("successCondition: 'result[0] > 1', failureCondition: 'result[0] < 0.5'", "up", []),
      ("interval: 5s", "up", ["no-condition"]),
      ("successCondition: 'result[0]'", "up", ["condition-type"]),
      ("successCondition: 'reslt[0] > 1'", "up", ["condition-type"]),
      ("successCondition: 'result[0] > 1', count: 3, interval: 5s, failureLimit: 3", "up", ["never-fails"]),
      ("successCondition: 'result[0] > 1', count: 3, interval: 5s, failureLimit: 2", "up", []),
    ]
    for (fields, query, expected) in table { #expect(try codes(fields, query: query) == expected, "\(fields)") }
  }

  @Test func argumentsAreDeclaredAndUsed() throws {
    let success = "successCondition: 'result[0] > {{args.t}}'"
    #expect(try codes(success, args: "[{name: t}]") == [])
    #expect(try codes(success, args: "[{name: t, value: '1'}]") == [])
    #expect(try codes(success) == ["unknown-arg"])
    #expect(try codes(success, args: "[{name: t}, {name: u}]") == ["unused-arg"])
    #expect(try codes("successCondition: 'result[0] > {{inputs.t}}'") == ["unknown-arg"])
    // With the default in, a failureCondition is tried like any other.
    #expect(try codes("failureCondition: 'result[0] > {{args.t}}'", args: "[{name: t, value: '1'}]") == ["nan-passes"])
    // An argument may be declared by a template that is referred to; one that is not at hand may declare everything.
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: AnalysisTemplate
      metadata: {name: t}
      spec:
        templates: [{templateName: other}]
        metrics:
        - {name: a, successCondition: "result[0] > {{args.x}}", provider: {prometheus: {query: up}}}
      """
    let other = """
      apiVersion: argoproj.io/v1alpha1
      kind: AnalysisTemplate
      metadata: {name: other}
      spec: {args: [{name: NAME}], metrics: [{name: b, successCondition: "result[0] > 1", provider: {prometheus: {query: up}}}]}
      """
    #expect(AnalysisLint.check(try manifest(text)).isEmpty)
    #expect(AnalysisLint.check(try manifest(text), among: [try manifest(other.replacing("NAME", with: "x"))]).isEmpty)
    #expect(
      AnalysisLint.check(try manifest(text), among: [try manifest(other.replacing("NAME", with: "y"))]).map(\.code)
        == ["analysis.unknown-arg"])
  }

  @Test func webRequestsAndJobs() throws {
    func codes(_ metric: String) throws -> [String] {
      let text =
        "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: t}\nspec:\n  metrics:\n  - {name: a, \(metric)}\n"
      return AnalysisLint.check(try manifest(text)).map { String($0.code.dropFirst("analysis.".count)) }
    }
    func job(_ policy: String) -> String {
      "{template: {spec: {restartPolicy: \(policy), containers: [{name: c, image: x}]}}}"
    }
    let table: [(String, [String])] = [
      ("successCondition: result == 'ok', provider: {web: {url: 'http://h/'}}", []),
      ("failureCondition: result == 'bad', provider: {web: {url: 'http://h/'}}", ["null-passes"]),
      ("successCondition: result == 1, provider: {web: {url: h}}", ["bad-address"]),
      ("successCondition: result == 1, provider: {web: {url: 'http://h', jsonPath: $.a}}", ["json-path"]),
      ("successCondition: result == 1, provider: {web: {url: 'http://h', method: DELETE}}", ["bad-method"]),
      ("successCondition: result == 1, provider: {web: {url: 'http://h', body: x}}", ["body-with-get"]),
      (
        "successCondition: result == 1, provider: {web: {url: 'http://h', method: POST, body: x, jsonBody: {}}}",
        ["two-bodies"]
      ),
      ("successCondition: result == 1, provider: {web: {url: 'https://h', insecure: true}}", ["insecure"]),
      ("successCondition: result == 1, provider: {job: {spec: \(job("Never"))}}", ["job-condition"]),
      ("provider: {job: {spec: \(job("OnFailure"))}}", []),
      ("provider: {job: {spec: \(job("Always"))}}", ["job-spec"]),
      ("provider: {job: {spec: {template: {spec: {containers: [{name: c, image: x}]}}}}}", ["job-spec"]),
      ("provider: {job: {spec: {}}}", ["job-spec"]),
      ("successCondition: result == 1, provider: {datadog: {query: x}}", ["provider"]),
    ]
    for (metric, expected) in table { #expect(try codes(metric) == expected, "\(metric)") }
  }

  @Test func warningsHavePlaces() throws {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: AnalysisTemplate
      metadata: {name: t}
      spec:
        dryRun: [{metricName: nothing}]
        metrics:
        - name: a
          successCondition: result > 1
          provider: {prometheus: {query: up}}
      """
    let places = AnalysisLint.check(try manifest(text)).map { "\($0.code) \($0.location?.text ?? "")" }
    #expect(places == ["analysis.condition-type t.yaml:8:30", "analysis.unmatched-rule t.yaml:1:1"])
  }
}
