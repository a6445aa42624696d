import Manifest
import Templating
import Testing

@Suite struct NodeTemplateTests {
  private func node(_ yaml: String) throws -> Node {
    try YAML.parse(Array(yaml.utf8), file: "set.yaml", options: YAML.Options(schema: .yaml11))[0]
  }

  @Test func rendersTextsAndKeysAndKeepsTheRest() throws {
    var problems: [PlacedTemplateError] = []
    let template = NodeTemplate(
      try node("{a: '{{.x}}', '{{.x}}-k': [1, true, 'p{{.other}}'], c: {d: plain}}"), .go(.error), problems: &problems)
    #expect(problems.isEmpty)
    let data = TemplateData(try Rendering.parameters("{x: one, other: 2}"))
    #expect(try template.render(data) == node("{a: one, one-k: [1, true, p2], c: {d: plain}}"))
  }

  @Test func placesErrorsInTheFile() throws {
    let manifest = """
      plain: apps/{{.region}}/base
      single: 'it''s {{.region}}'
      double: "\\"q\\" {{.region}}"
      block: |
        first
        x{{.region}}
      """
    let marks = ["plain": (1, 15), "single": (2, 18), "double": (3, 18), "block": (6, 6)]
    for member in try node(manifest).mapping ?? Mapping() {
      var problems: [PlacedTemplateError] = []
      let template = NodeTemplate(
        .mapping([member.key: member.value]), .go(.error), problems: &problems)
      let error = try #require(throws: PlacedTemplateError.self) {
        _ = try template.render(TemplateData(Parameters()))
      }
      let expected = try #require(marks[member.key])
      #expect(error.mark.line == UInt32(expected.0), "\(member.key)")
      if member.key != "block" { #expect(error.mark.column == UInt32(expected.1), "\(member.key)") }
      #expect(error.diagnostic(file: "set.yaml").code == "template.missing-parameter")
    }
  }

  @Test func simpleTemplates() throws {
    let table: [(String, String)] = [
      ("{{a}}-{{ b }}", "x-y"), ("{{unknown}}{{a}}", "{{unknown}}x"), ("[{{empty}}]", "[]"), ("{{ }}{{}}", "{{ }}{{}}"),
      ("{{ .a }}", "{{ .a }}"),
      ("{{a\n}}", "{{a\n}}"), ("a}}{{", "a}}{{"), ("{{metadata.labels.k/x}}", "z"), ("{a}", "{a}"), ("{{}}", "{{}}"),
    ]
    let parameters = try Rendering.parameters("{a: x, b: 'y', empty: '', metadata.labels.k/x: z}")
    for (text, expected) in table { #expect(try FastTemplate(text).render(parameters) == expected, "\(text)") }
    #expect(throws: TemplateError.self) { try FastTemplate("{{a}} {{b") }
  }

  @Test func simpleTemplatesSayWhatNobodyGives() throws {
    let parameters = try Rendering.parameters("{a: x, empty: '', list: [1]}")
    let table: [(String, [String])] = [
      ("{{a}}{{empty}}", []), ("x-{{metadata.labels.b/c}}-{{a}}-{{ d }}", ["metadata.labels.b/c@2", "d@32"]),
      ("{{ .Values.a }} {{ $labels.job }} {{}} {{ if b }}", []), ("{{list}}", ["list@0"]),
    ]
    for (text, missing) in table {
      #expect(try FastTemplate(text).missing(parameters).map { "\($0.name)@\($0.offset)" } == missing, "\(text)")
    }
  }
}
