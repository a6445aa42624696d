import Manifest
import Testing

@testable import Fleet

/// Single rules of Argo CD's expansion, each as a set and what must come of it.
@Suite struct ConformanceTests {
  private func expand(_ spec: String, clusters: String = "") throws -> [Application]? {
    let set = try ExpansionTests.set(spec)
    let registry = FleetContents.read([FleetFile(name: "c.yaml", bytes: Array(clusters.utf8))]).known.registry
    let answer = ApplicationSetExpander(set).expand(ExpansionInputs(registry: registry)).applications
    guard case .complete(let complete) = answer else { return nil }
    return complete.value
  }

  private func note(_ generators: String, _ text: String, more: String = "") throws -> [String]? {
    try expand(
      """
      generators: \(generators)
      template: {metadata: {name: x, annotations: {note: "\(text)"}}, spec: {destination: {name: in-cluster}}}
      \(more)
      """)?.map { $0.annotations["note"] ?? "" }
  }

  @Test func emptySetsLeaveTheTemplateAsItIs() throws {
    for go in ["true", "false"] {
      let applications = try expand(
        """
        goTemplate: \(go)
        generators: [{list: {elements: [{}]}}]
        template: {metadata: {name: x, labels: {a: "{{.a}}"}}, spec: {destination: {name: in-cluster}}}
        templatePatch: '{"metadata": {"annotations": {"b": "c"}}}'
        """)
      let application = try #require(applications?.first)
      #expect(application.labels == ["a": "{{.a}}"] && application.annotations == ["b": "c"])
      #expect(application.finalizers.isEmpty)
    }
  }

  @Test func patchesAreDecodedIntoAnApplication() throws {
    let table: [(String, Bool)] = [
      ("'{\"spec\": {\"foo\": 1, \"source\": {\"path\": \"q\"}}}'", true), ("'{spec: {source: {path: q}}}'", false),
      ("'spec: {foo: 1, source: {path: q, bar: {}}}'", true), ("'  {\"spec\": {\"source\": {\"path\": \"q\"}}}'", true),
      ("'spec: {source: {path: 1}}'", false), ("'spec: {syncPolicy: {automated: {prune: maybe}}}'", false),
      ("'spec: {revisionHistoryLimit: .inf}'", false),
    ]
    for (patch, isGood) in table {
      let applications = try expand(
        """
        generators: [{list: {elements: [{a: b}]}}]
        template: {metadata: {name: x}, spec: {destination: {name: in-cluster}, source: {repoURL: r, path: p}}}
        templatePatch: \(patch)
        """)
      #expect((applications != nil) == isGood, "\(patch)")
      let spec = applications?.first?.root["spec"]
      #expect(spec?["foo"] == nil && spec?["source"]?["bar"] == nil)
      #expect(spec == nil || spec?["source"]?["path"] != .string("p"), "\(patch)")
    }
  }

  @Test func matricesMakeTextOfBothSides() throws {
    let generators = """
      [{matrix: {generators: [{list: {elementsYaml: "- {a: 1.5, b: true}"}}, {list: {elements: [{c: d}]}}]}}]
      """
    #expect(try note(generators, "{{a}} {{b}} {{c}}") == ["1.5 true d"])
    #expect(try note("[{list: {elementsYaml: '- {a: .inf}'}}]", "{{a}}") == nil)
  }

  @Test func registrationsOfOneServerCountEach() throws {
    let clusters = ["b", "a", "a"].map { name in
      """
      apiVersion: v1
      kind: Secret
      metadata: {name: \(name), labels: {argocd.argoproj.io/secret-type: cluster, n: \(name)}}
      stringData: {name: \(name), server: "https://one.example.com"}
      """
    }.joined(separator: "\n---\n")
    let applications = try expand(
      """
      generators: [{clusters: {selector: {matchLabels: {argocd.argoproj.io/secret-type: cluster}}}}]
      template: {metadata: {name: "{{name}}"}, spec: {destination: {server: "{{server}}"}}}
      """, clusters: clusters)
    #expect(applications?.map(\.name) == ["a", "b"])
  }

  @Test func wholeSetsAreBounded() throws {
    let elements = (0..<200).map { "{a: n\($0)}" }.joined(separator: ", ")
    let set = try ExpansionTests.set(
      """
      goTemplate: true
      generators: [{list: {elements: [\(elements)]}}]
      template: {metadata: {name: "{{.a}}", annotations: {x: '{{repeat 1000000 "x"}}'}}, spec: {destination: {name: in-cluster}}}
      """)
    let answer = ApplicationSetExpander(set).expand(ExpansionInputs(registry: .empty)).applications
    guard case .incomplete(let incomplete) = answer else {
      Issue.record("200 MB came out")
      return
    }
    #expect(incomplete.known.count < 70 && incomplete.diagnostics.map(\.code).contains("template.set-limit"))
  }

  @Test func problemsOfManyElementsAreCounted() throws {
    let elements = (0..<500).map { "{a: n\($0)}" }.joined(separator: ", ")
    let set = try ExpansionTests.set(
      """
      goTemplate: true
      goTemplateOptions: [missingkey=error]
      generators: [{list: {elements: [\(elements)]}}]
      template: {metadata: {name: "{{.b}}"}, spec: {destination: {name: in-cluster}}}
      """)
    let diagnostics = ApplicationSetExpander(set).expand(ExpansionInputs(registry: .empty)).applications.diagnostics
    #expect(diagnostics.count == 101 && diagnostics.last?.message.hasPrefix("400 more elements") == true)
  }
}
