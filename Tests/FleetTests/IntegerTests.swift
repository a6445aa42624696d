import Manifest
import Testing

@testable import Fleet
@testable import Templating

/// `muster.dev/integers: "true"`: numbers that are written as integers are integers in templates.
struct IntegerTests {
  private func expand(
    _ generators: String, name: String, label: String = "", integers: String?, goTemplate: Bool,
    files: [String: String] = [:]
  ) throws -> (names: [String], labels: [String], codes: [String]) {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: ApplicationSet
      metadata:
        name: s
        annotations: \(integers.map { "{muster.dev/integers: \($0)}" } ?? "{}")
      spec:
        goTemplate: \(goTemplate)
        generators: [\(generators)]
        template:
          metadata: {name: '\(name)', labels: {l: '\(label)'}}
          spec: {project: default, destination: {name: in-cluster}, source: {repoURL: /r, path: p}}
      """
    let node = try #require(try YAML.parse(Array(text.utf8), file: "s.yaml").first)
    let reading = ApplicationSet.read(node, file: "s.yaml")
    let set = try #require(reading.value, "\(reading.diagnostics)")
    let tree = MemoryFileTree(files)
    let inputs = ExpansionInputs(
      registry: .empty, repositories: [.repository(url: "/r", revision: ""): .success(tree)])
    let answer = ApplicationSetExpander(set).expand(inputs).applications
    return (
      answer.known.map(\.name), answer.known.map { $0.labels["l"] ?? "" },
      reading.diagnostics.map(\.code) + answer.diagnostics.map(\.code)
    )
  }

  private let list = "{list: {elements: [{count: 1000000, f: 1.5, e: 2.0}]}}"
  private let elementsYaml = "{list: {elementsYaml: '[{count: 1000000, f: 1.5, e: 2.0}]'}}"
  private let files = "{git: {repoURL: /r, files: [{path: c.yaml}]}}"
  private let content = ["c.yaml": "count: 1000000\nf: 1.5\ne: 2.0\ninner: {list: [3000000, 4]}\n"]

  @Test func goTemplates() throws {
    let table: [(template: String, plain: String, integers: String)] = [
      ("{{.count}}", "1e+06", "1000000"), ("{{.f}}", "1.5", "1.5"), ("{{.e}}", "2", "2"),
      (#"{{printf "%d" .count}}"#, "%!d(float64=1e+06)", "1000000"), ("{{kindOf .count}}", "float64", "int"),
      ("{{add .count 1}}", "1000001", "1000001"), ("{{toJson .count}}", "1000000", "1000000"),
      ("{{if eq (int .count) 1000000}}y{{end}}", "y", "y"), ("{{mul .count 2}}", "2000000", "2000000"),
    ]
    for (template, plain, integers) in table {
      for generator in [list, elementsYaml, files] {
        for (annotation, expected) in [(nil, plain), ("'false'", plain), ("'true'", integers)] {
          let found = try expand(
            generator, name: "x", label: template.replacing("'", with: "''"), integers: annotation, goTemplate: true,
            files: content)
          #expect(found.labels == [expected] && found.codes.isEmpty, "\(template) \(generator) \(found)")
        }
      }
    }
    let compared = "{{if eq .count 1000000}}y{{end}}"
    #expect(try expand(list, name: "x", label: compared, integers: "'true'", goTemplate: true).labels == ["y"])
    let floats = try expand(list, name: "x", label: compared, integers: nil, goTemplate: true)
    #expect(floats.names.isEmpty && floats.codes.allSatisfy { $0.hasPrefix("template.") } && floats.codes.count == 1)
    let nested = try expand(
      files, name: "x", label: "{{index .inner.list 0}} {{.inner.list}}", integers: "'true'", goTemplate: true,
      files: content)
    #expect(nested.labels == ["3000000 [3000000 4]"])
  }

  @Test func fastTemplates() throws {
    func both(_ generators: String, _ label: String) throws -> [[String]] {
      try [nil, "'true'"].map {
        let found = try expand(
          generators, name: "x", label: label, integers: $0, goTemplate: false, files: content)
        return found.labels + found.codes
      }
    }
    #expect(try both(files, "{{count}} {{f}} {{inner.list.0}}") == [["1e+06 1.5 3e+06"], ["1000000 1.5 3000000"]])
    #expect(try both("{list: {elements: [{count: 1000000}]}}", "{{count}}") == [["generator.not-text"], ["1000000"]])
    #expect(
      try both("{list: {elements: [{values: {count: 7}}]}}", "{{values.count}}") == [["generator.not-text"], ["7"]])
    #expect(
      try both("{list: {elements: [{count: 1.5}]}}", "{{count}}") == [["generator.not-text"], ["generator.not-text"]])
    let missing = "template.missing-parameter"
    #expect(
      try both(elementsYaml, "{{count}} {{f}}") == [
        ["{{count}} {{f}}", missing, missing], ["1000000 {{f}}", missing],
      ])
    let matrix = "{matrix: {generators: [\(elementsYaml), {list: {elements: [{a: b}]}}]}}"
    #expect(try both(matrix, "{{count}}-{{a}}") == [["1e+06-b"], ["1000000-b"]])
  }

  @Test func selectorsSeeWhatTemplatesPrint() throws {
    for (annotation, value) in [(nil, "1e+06"), ("'true'", "1000000")] {
      let generator = "{list: {elements: [{count: 1000000}]}, selector: {matchLabels: {count: '\(value)'}}}"
      #expect(try expand(generator, name: "x", integers: annotation, goTemplate: true).names == ["x"], "\(value)")
    }
  }

  @Test func numbersOfMoreThan64BitsAndOtherWords() throws {
    let big = "{list: {elements: [{count: 18446744073709551615, m: -9223372036854775808}]}}"
    let found = try expand(big, name: "x", label: "{{.count}} {{.m}}", integers: "'true'", goTemplate: true)
    #expect(found.labels == ["1.8446744073709552e+19 -9223372036854775808"])
    let odd = try expand(list, name: "x", label: "{{.count}}", integers: "'yes'", goTemplate: true)
    #expect(odd.labels == ["1e+06"] && odd.codes == ["applicationset.bad-annotation"])
  }
}
