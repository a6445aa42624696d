import Manifest
import Testing

@testable import Fleet

/// Which sets a change of the registry, and which templates a change of parameters, concerns.
struct SetNeedsTests {
  private func cluster(_ name: String, _ labels: [String: String] = [:], server: String? = nil) throws -> Cluster {
    Cluster(
      name: try #require(ClusterName(name)), connection: .init(server: server ?? "https://\(name)"),
      credentials: .tokenFile("/token"), labels: labels)
  }

  private func set(_ generators: String, template: String = "x-{{name}}") throws -> ApplicationSet {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: ApplicationSet
      metadata: {name: web}
      spec:
        generators: [\(generators)]
        template: {metadata: {name: '\(template)'}, spec: {project: default, destination: {server: '{{server}}'}, source: {repoURL: /r, path: p}}}
      """
    let node = try #require(try YAML.parse(Array(text.utf8)).first)
    let reading = ApplicationSet.read(node, file: "web.yaml")
    return try #require(reading.value, "\(reading.diagnostics)")
  }

  @Test func aLabelConcernsWhoSelectsByIt() throws {
    let edge = try GeneratorNeeds(set("{clusters: {selector: {matchLabels: {tier: edge}}}}"))
    let all = try GeneratorNeeds(set("{clusters: {}}"))
    let list = try GeneratorNeeds(set("{list: {elements: []}}"))
    let templated = try GeneratorNeeds(
      set("{matrix: {generators: [{list: {elements: []}}, {clusters: {selector: {matchLabels: {tier: '{{t}}'}}}}]}}"))
    func concerned(_ before: Cluster?, _ after: Cluster?) throws -> [Bool] {
      let news = RegistryNews(
        from: Registry([before].compactMap(\.self)), to: Registry([after].compactMap(\.self)))
      return [edge, all, list, templated].map { news.concerns($0) }
    }
    let plain = try cluster("a", ["tier": "cloud"])
    #expect(try concerned(plain, plain) == [false, false, false, false])
    #expect(try concerned(plain, cluster("a", ["tier": "edge"])) == [true, true, false, true])
    #expect(try concerned(cluster("a", ["tier": "edge"]), plain) == [true, true, false, true])
    #expect(try concerned(plain, cluster("a", ["tier": "cloud", "x": "y"])) == [false, true, false, true])
    #expect(try concerned(nil, plain) == [true, true, true, true], "destinations are looked up")
    #expect(try concerned(plain, nil) == [true, true, true, true])
    #expect(try concerned(plain, cluster("a", ["tier": "cloud"], server: "https://b")) == [true, true, true, true])
    var cordoned = plain
    cordoned.cordoned = true
    #expect(try concerned(plain, cordoned) == [false, false, false, false])
  }

  @Test func claimsOfSeveralConcernEverySet() throws {
    let list = try GeneratorNeeds(set("{list: {elements: []}}"))
    let first = try cluster("a")
    let alone = Registry([first])
    for second in [try cluster("a", server: "https://b"), try cluster("b", server: "https://a")] {
      let both = Registry([first, second])
      #expect(both.clusters == alone.clusters)
      #expect(RegistryNews(from: alone, to: both).concerns(list) && RegistryNews(from: both, to: alone).concerns(list))
      #expect(RegistryNews(from: both, to: both).isEmpty)
    }
  }

  @Test func newsAreTheDifferenceOfTwoRegistries() throws {
    var random = SystemRandomNumberGenerator()
    let needs = try GeneratorNeeds(set("{clusters: {}}"))
    for _ in 0..<200 {
      func some() throws -> [Cluster] {
        try (0..<8).compactMap { index in
          Bool.random(using: &random)
            ? try cluster("c\(index)", ["n": "\(Int.random(in: 0..<2, using: &random))"]) : nil
        }
      }
      let (before, after) = (Registry(try some()), Registry(try some()))
      let news = RegistryNews(from: before, to: after)
      #expect(news.isEmpty == (before.clusters == after.clusters))
      #expect(news.concerns(needs) == !news.isEmpty)
    }
  }

  @Test func intervalsOfQuestions() throws {
    let cases: [(generators: String, seconds: Double?)] = [
      ("{clusters: {}}", nil), ("{git: {repoURL: /r, directories: [{path: x}]}}", nil),
      ("{git: {repoURL: /r, directories: [{path: x}], requeueAfterSeconds: 20}}", 20),
      ("{plugin: {configMapRef: {name: x}}}", 1_800),
      ("{plugin: {configMapRef: {name: x}, requeueAfterSeconds: 0}}", 1_800),
      (
        "{plugin: {configMapRef: {name: x}}}, {pullRequest: {github: {owner: o, repo: r}, requeueAfterSeconds: 60}}", 60
      ),
      (
        "{merge: {mergeKeys: [a], generators: [{list: {elements: []}}, {plugin: {configMapRef: {name: x}, requeueAfterSeconds: 9}}]}}",
        9
      ),
    ]
    for (generators, seconds) in cases {
      #expect(try GeneratorNeeds(set(generators)).requeueInterval == seconds, "\(generators)")
    }
  }

  @Test func projectsAreLookedUpWhereSomeAreDeclared() throws {
    let set = try set("{list: {elements: [{name: a, server: 'https://a'}]}}")
    func codes(_ projects: Set<String>?) throws -> [String] {
      let inputs = ExpansionInputs(registry: Registry([try cluster("a")]), projects: projects)
      return ApplicationSetExpander(set).expand(inputs).applications.diagnostics.map(\.code)
    }
    #expect(try codes(nil) == [] && codes(["default", "models"]) == [])
    #expect(try codes(["models"]) == ["application.unknown-project"])
    #expect(ExpansionInputs.projects([]) == nil)
  }

  @Test func tellsWhyAClusterIsInOrOut() throws {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: ApplicationSet
      metadata: {name: web}
      spec:
        goTemplate: true
        generators:
        - clusters: {selector: {matchLabels: {tier: edge}, matchExpressions: [{key: gpu, operator: Exists}]}}
        - matrix:
            generators: [{list: {elements: [{n: "1"}]}}, {clusters: {selector: {matchLabels: {tier: cloud}}}}]
        template:
          metadata: {name: '{{.name}}'}
          spec:
            project: default
            destination: {server: '{{.server}}'}
            source:
              repoURL: /r
              path: '{{ index .metadata.labels "tier" }}'
      """
    let node = try #require(try YAML.parse(Array(text.utf8)).first)
    let set = try #require(ApplicationSet.read(node, file: "web.yaml").value)
    let (edge, plain) = (
      try cluster("edge-1", ["tier": "edge", "gpu": "a100"]), try cluster("edge-2", ["tier": "edge"])
    )
    let inputs = ExpansionInputs(registry: Registry([edge, plain]))
    let isIn = ApplicationSetExpander(set).explain(inputs, cluster: edge)
    #expect(isIn.parts.map(\.generator) == ["clusters", "matrix"] && isIn.parts.map(\.line) == [7, 8])
    #expect(isIn.parts.map(\.count) == [1, 0])
    let element = try #require(isIn.parts.first?.elements.first)
    #expect(element.origin == "cluster 'edge-1'" && element.isGood)
    let lines = Dictionary(uniqueKeysWithValues: element.parameters.map { ($0.path, $0.lines) })
    #expect(lines["name"] == [11] && lines["server"] == [14] && lines["metadata.labels.tier"] == [17])
    #expect(lines["metadata.labels.gpu"] == [])
    #expect(
      isIn.parts.last?.refusals == [
        "line 9: list names it nowhere", "line 9: label 'tier' is 'edge', wanted: in (cloud)",
      ])
    let out = ApplicationSetExpander(set).explain(inputs, cluster: plain)
    #expect(out.parts.first?.elements.isEmpty == true)
    #expect(out.parts.first?.refusals == ["line 7: label 'gpu' is not there, wanted: exists"])
  }

  /// What is remembered is what would be made anew.
  @Test func aRememberedExpansionIsTheSame() throws {
    let expander = ApplicationSetExpander(
      try set(
        "{clusters: {selector: {matchExpressions: [{key: n, operator: Exists}]}}}",
        template: "{{name}}-{{metadata.labels.n}}"))
    var memory = ExpansionMemory()
    var random = SystemRandomNumberGenerator()
    for _ in 0..<100 {
      let registry = Registry(
        try (0..<8).compactMap { index in
          Bool.random(using: &random)
            ? try cluster("c\(index)", ["n": "\(Int.random(in: 0..<3, using: &random))"]) : nil
        })
      let inputs = ExpansionInputs(registry: registry)
      let remembered = expander.expand(inputs, &memory).applications
      #expect(remembered.known == expander.expand(inputs).applications.known)
      #expect(remembered.known.map(\.name) == registry.clusters.map { "\($0.name)-\($0.labels["n"] ?? "")" })
    }
  }

  /// Clusters that are the very same as last time are not looked at again; the choice is as if they were.
  @Test func whoIsChosenIsLookedAtOnlyWhereSomethingChanged() throws {
    var random = SystemRandomNumberGenerator()
    let selector = ParameterSelector.read(
      try YAML.parse(Array("matchExpressions: [{key: n, operator: In, values: ['1']}]".utf8)).first, values: .labels,
      file: "")
    let other = ParameterSelector.read(
      try YAML.parse(Array("matchLabels: {n: '2'}".utf8)).first, values: .labels, file: "")
    var known = ClusterParameterSets()
    var clusters = try (0..<12).map { try cluster("c\(100 + $0)", ["n": "0"]) }
    for round in 0..<300 {
      for index in clusters.indices where Int.random(in: 0..<4, using: &random) == 0 {
        clusters[index] = try cluster("c\(100 + index)", ["n": "\(Int.random(in: 0..<3, using: &random))"])
      }
      if Int.random(in: 0..<10, using: &random) == 0 { clusters.removeLast() }
      if clusters.count < 6 { clusters += try (0..<6).map { try cluster("c\(200 + $0)", ["n": "1"]) } }
      let wanted = round % 7 == 0 ? other.selector : selector.selector
      #expect(known.chosen(among: clusters, by: wanted) == wanted.positions(in: clusters), "round \(round)")
    }
  }
}
