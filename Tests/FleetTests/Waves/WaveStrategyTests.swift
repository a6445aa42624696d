import Manifest
import Testing

@testable import Fleet

struct WaveStrategyTests {
  private func set(_ rolling: String) throws -> Reading<ApplicationSet> {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: ApplicationSet
      metadata: {name: web}
      spec:
        generators: [{clusters: {}}]
        strategy: {type: RollingSync, rollingSync: \(rolling)}
        template:
          metadata: {name: web}
          spec: {project: default, source: {repoURL: 'https://example.org/r.git', path: a}, destination: {name: b}}
      """
    return ApplicationSet.read(try YAML.parse(Array(text.utf8), file: "set.yaml")[0], file: "set.yaml")
  }

  /// What must not be passed over in silence is an error with its place.
  @Test func whatCannotBeReadIsAnError() throws {
    let cases: [(String, String)] = [
      ("{steps: [{soak: soon}]}", "strategy.bad-duration"), ("{steps: [{timeout: -5s}]}", "strategy.bad-duration"),
      ("{steps: [{pause: {duration: 1y}}]}", "strategy.bad-duration"),
      ("{steps: [{failureBudget: {maxFailed: few}}]}", "strategy.bad-amount"),
      ("{steps: [{}], rollback: {maxUpdate: '5'}}", "strategy.bad-amount"),
      ("{steps: [{}], onFailure: Explode}", "manifest.unknown-value"),
      ("{steps: [{}], maxParallelClusters: 0}", "strategy.bad-limit"),
      ("{steps: [{analysis: {templates: []}}]}", "strategy.no-templates"),
      ("{steps: [{analysis: {}}]}", "manifest.missing-field"),
      ("{steps: [{}], analysis: {scope: Cluster, templates: [{templateName: a}]}}", "strategy.bad-scope"),
      ("{steps: [{analysis: {startingStep: 1, templates: [{templateName: a}]}}]}", "strategy.bad-scope"),
      (
        "{steps: [{analysis: {templates: [{templateName: a}], args: [{name: c, valueFrom: {fieldRef: {fieldPath: target.cluster.name}}}]}}]}",
        "strategy.bad-field"
      ),
      (
        "{steps: [{analysis: {templates: [{templateName: a}], args: [{name: c, valueFrom: {fieldRef: {fieldPath: spec.x}}}]}}]}",
        "strategy.bad-field"
      ),
      ("{steps: [{}], windows: [{kind: allow, schedule: sometimes, duration: 1h}]}", "strategy.bad-window"),
      ("{steps: [{sooak: 1m}]}", "manifest.unknown-field"),
    ]
    for (rolling, code) in cases {
      let found = try set(rolling).diagnostics.filter { $0.severity == .error }
      #expect(found.map(\.code) == [code], "\(rolling)")
      #expect(found.first?.location?.file == "set.yaml", "\(rolling)")
    }
  }

  @Test func readsAllOfIt() throws {
    let reading = try set(
      """
      {onFailure: Rollback, rollback: {scope: Wave, mode: GitRevert, maxUpdate: 50%}, maxParallelClusters: 25,
        failureBudget: {maxFailed: 2, maxUnreachable: 10%}, analysis: {templates: [{templateName: slo}], startingStep: 1},
        steps: [{name: canary, matchExpressions: [{key: ring, operator: In, values: ['0']}], maxUpdate: 1, timeout: 15m,
          soak: 10m, pause: {duration: 30}}, {maxUpdate: 20%, pause: {}}, {pause: null}]}
      """)
    #expect(reading.diagnostics.isEmpty)
    let strategy = try #require(WaveStrategy(reading.value?.strategy))
    #expect(strategy.onFailure == .rollback && strategy.wayBack.scope == .wave && strategy.wayBack.mode == .gitRevert)
    #expect(strategy.maxParallelClusters == 25 && strategy.budget?.maxUnreachable == .percent(10))
    #expect(strategy.analysis?.startingStep == 1)
    #expect(strategy.steps[0].timeout == 900 && strategy.steps[0].soak == 600)
    #expect(strategy.steps[0].pause?.duration == 30)
    #expect(strategy.steps[1].pause != nil && strategy.steps[1].pause?.duration == nil)
    #expect(strategy.steps[2].pause == nil)
  }

  /// argo-cd, `applicationset/progressivesync`: In needs the label, NotIn does not; any other operator is content only
  /// without it.
  @Test func selectsAsArgoCDDoes() throws {
    let cases: [(String, [String: String], Bool)] = [
      ("{key: a, operator: In, values: [x, y]}", ["a": "y"], true),
      ("{key: a, operator: In, values: [x]}", ["a": "z"], false),
      ("{key: a, operator: In, values: [x]}", [:], false), ("{key: a, operator: NotIn, values: [x]}", [:], true),
      ("{key: a, operator: NotIn, values: [x]}", ["a": "x"], false),
      ("{key: a, operator: Exists}", ["a": "x"], false), ("{key: a, operator: Exists}", [:], true),
    ]
    for (expression, labels, isSelected) in cases {
      let strategy = try #require(
        WaveStrategy(try set("{steps: [{matchExpressions: [\(expression)]}]}").value?.strategy))
      #expect((strategy.step(of: labels) != nil) == isSelected, "\(expression) \(labels)")
    }
  }

  @Test func amountsAreRoundedAsArgoCDRoundsThem() {
    let cases: [(Node, Int, Int)] = [
      (Node(.int(3)), 10, 3), (Node(.int(30)), 10, 10), (.string("25%"), 10, 2), (.string("1%"), 10, 1),
      (.string("0%"), 10, 0), (.string("100%"), 7, 7), (.string("250%"), 7, 7),
    ]
    for (node, total, limit) in cases { #expect(Amount(node)?.limit(of: total) == limit, "\(node) of \(total)") }
    #expect(Amount(.string("1%"))?.count(of: 10) == 0)
    for text in ["5", "-1%", "%", "x"] { #expect(Amount(.string(text)) == nil, "\(text)") }
  }

  /// A step would wait for it for ever; what runs beside the steps ends with them.
  @Test func metricsWithoutAnEndAreToldOf() throws {
    let cases: [(metric: String, rolling: String, isTold: Bool)] = [
      ("interval: 10s", "{steps: [{analysis: {templates: [{templateName: t}]}}]}", true),
      ("interval: 10s, count: 0", "{steps: [{analysis: {scope: Cluster, templates: [{templateName: t}]}}]}", true),
      ("interval: 10s, count: 3", "{steps: [{analysis: {templates: [{templateName: t}]}}]}", false),
      ("count: 1", "{steps: [{analysis: {templates: [{templateName: t}]}}]}", false),
      ("interval: 10s, count: '{{args.n}}'", "{steps: [{analysis: {templates: [{templateName: t}]}}]}", false),
      ("interval: 10s, consecutiveSuccessLimit: 2", "{steps: [{analysis: {templates: [{templateName: t}]}}]}", false),
      ("interval: 10s", "{steps: [{}], analysis: {templates: [{templateName: t}]}}", false),
    ]
    for (metric, rolling, isTold) in cases {
      let text = """
        apiVersion: argoproj.io/v1alpha1
        kind: AnalysisTemplate
        metadata: {name: t}
        spec:
          args: [{name: n}]
          metrics: [{name: m, \(metric), provider: {web: {url: 'https://example.org'}}}]
        """
      let template = try #require(
        AnalysisManifest.read(try YAML.parse(Array(text.utf8), file: "t.yaml")[0], file: "t.yaml")?.value)
      let doubts = WaveDoubts.of(try #require(try set(rolling).value), [template])
      #expect(doubts.map(\.code) == (isTold ? ["strategy.endless-analysis"] : []), "\(metric) \(rolling)")
      #expect(doubts.allSatisfy { $0.severity == .warning && $0.location?.mark.line == 6 })
    }
  }

  @Test func templatesThatAreNowhereAreToldOf() throws {
    let set = try #require(try set("{steps: [{analysis: {templates: [{templateName: errors}]}}]}").value)
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: ClusterAnalysisTemplate
      metadata: {name: errors}
      spec: {metrics: [{name: m, provider: {web: {url: 'https://example.org'}}}]}
      """
    let template = try #require(
      AnalysisManifest.read(try YAML.parse(Array(text.utf8), file: "t.yaml")[0], file: "t.yaml")?.value)
    let doubts = WaveDoubts.of(set, [template])
    #expect(doubts.map(\.code) == ["strategy.no-template"] && doubts[0].severity == .warning)
    #expect(doubts[0].help?.contains("clusterScope: true") == true && doubts[0].location?.mark.line == 6)
  }
}
