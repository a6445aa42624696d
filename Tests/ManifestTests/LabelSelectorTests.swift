import Manifest
import Testing

struct LabelSelectorTests {
  private let labels = ["tier": "edge", "region": "eu-west", "gpus": "8", "empty": ""]

  @Test func readsAndMatchesTexts() throws {
    for (text, canonical, matches) in [
      ("", "", true), ("  ", "", true), ("tier", "tier", true), ("!tier", "!tier", false), ("nope", "nope", false),
      ("!nope", "!nope", true), ("tier=edge", "tier=edge", true), ("tier == edge", "tier=edge", true),
      ("tier=cloud", "tier=cloud", false), ("tier!=cloud", "tier!=cloud", true), ("nope!=x", "nope!=x", true),
      ("tier in (edge, cloud)", "tier in (cloud,edge)", true),
      ("tier notin (edge,cloud)", "tier notin (cloud,edge)", false),
      ("nope notin (a,b)", "nope notin (a,b)", true), ("nope in (a)", "nope=a", false), ("empty=", "empty=", true),
      ("empty in (,x)", "empty in (,x)", true), ("gpus>4", "gpus>4", true), ("gpus < 8", "gpus<8", false),
      ("tier>4", "tier>4", false), ("tier=edge,region in (eu-west),!nope", "!nope,region=eu-west,tier=edge", true),
      ("tier=edge,region=us", "region=us,tier=edge", false), ("a.b/c-d_e", "a.b/c-d_e", false),
      ("tier=in", "tier=in", false),
      ("tier in (in,notin)", "tier in (in,notin)", false), ("tier in (a,a)", "tier=a", false),
    ] as [(String, String, Bool)] {
      let selector = try LabelSelector(text)
      #expect(selector.description == canonical, "\(text)")
      #expect(selector.matches(labels) == matches, "\(text)")
      #expect(try LabelSelector(selector.description) == selector, "\(text)")
    }
  }

  @Test func refusesTexts() {
    for text in [
      ",", "a,", ",a", "a,,b", "a=b c", "a in", "a in b", "a in (b", "a in ()", "a notin", "a==!b", "!", "!a=b", "=b",
      "a=b=c", "a>x", "a>", "-a", "a-", "a/b/c", "/a", "a/", "A.B/c", "a=é", "a=-b", "a in (b c)", "a<1.5", "(a)",
      "a!b",
      "a=" + String(repeating: "x", count: 64), String(repeating: "k", count: 64),
      String(repeating: "a,", count: 40_000),
    ] {
      #expect(throws: LabelSelector.Problem.self, "\(text.prefix(40))") { try LabelSelector(text) }
    }
    #expect(throws: LabelSelector.Problem.self) { try LabelSelector("tier=edge,reg ion=x") }
    do { _ = try LabelSelector("tier=edge, -x") } catch {
      #expect(error.part == .offset(11))
      #expect(error.message.contains("'-x' is no label key"))
    }
  }

  private func read(_ yaml: String) throws -> LabelSelector {
    try LabelSelector(try #require(try YAML.parse(Array(yaml.utf8)).first), file: "s.yaml")
  }

  @Test func readsStructures() throws {
    for (yaml, text) in [
      ("{}", ""), ("matchLabels: {tier: edge, a: b}", "a=b,tier=edge"), ("matchLabels:\nmatchExpressions:\n", ""),
      ("matchExpressions: [{key: a, operator: In, values: [y, x]}]", "a in (x,y)"),
      ("matchExpressions: [{key: a, operator: NotIn, values: [x]}, {key: b, operator: Exists}]", "a!=x,b"),
      ("matchExpressions: [{key: a, operator: DoesNotExist, values: []}]", "!a"),
      ("matchLabels: {a: b}\nmatchExpressions: [{key: c, operator: Exists}]", "a=b,c"),
    ] {
      #expect(try read(yaml).description == text, "\(yaml)")
    }
  }

  @Test func refusesStructuresWithThePlace() throws {
    for (yaml, code, line, column) in [
      ("- a", "type", 1, 1), ("matchLabel: {a: b}", "unknown-field", 1, 1), ("matchLabels: [a]", "type", 1, 14),
      ("matchLabels: {a: 1}", "type", 1, 18), ("matchLabels: {a b: c}", "key", 1, 15),
      ("matchLabels: {a: -c}", "value", 1, 18), ("matchExpressions: {a: b}", "type", 1, 19),
      ("matchExpressions:\n- key: a\n  operator: in\n  values: [x]", "operator", 3, 13),
      ("matchExpressions:\n- key: a\n  operator: Gt\n  values: ['1']", "operator", 3, 13),
      ("matchExpressions:\n- key: a\n  operator: In", "value", 2, 3),
      ("matchExpressions:\n- key: a\n  operator: Exists\n  values: [x]", "value", 4, 11),
      ("matchExpressions:\n- key: a\n  operator: In\n  values: [x, b!]", "value", 4, 15),
      ("matchExpressions:\n- operator: In\n  values: [x]", "missing-field", 2, 3),
      ("matchExpressions:\n- key: a\n  operator: In\n  value: [x]", "unknown-field", 4, 3),
      ("matchExpressions:\n- key: a\n  operator: In\n  values: x", "type", 4, 11),
    ] {
      let error = try #require(throws: Diagnostics.self, "\(yaml)") { try read(yaml) }
      #expect(error.all[0].code == "selector." + code, "\(yaml): \(error.all)")
      #expect(error.all[0].location?.mark == SourceMark(line: UInt32(line), column: UInt32(column)), "\(yaml)")
    }
    let many = try #require(throws: Diagnostics.self) { try read("matchLabels: {a: 1, b c: d}\nx: y") }
    #expect(many.all.count == 3)
  }
}
