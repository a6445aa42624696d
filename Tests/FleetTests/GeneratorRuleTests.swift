import Manifest
import Testing

@testable import Fleet

@Suite struct GeneratorRuleTests {
  /// What is said about a set with these generators; the placeholders L and M stand for a list and a matrix of lists.
  private func codes(_ generators: String) -> [String] {
    let list = "{list: {elements: [{a: b}]}}"
    let text =
      "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s}\nspec:\n  template: {}\n  generators: "
      + generators.replacing("M", with: "{matrix: {generators: [L, L]}}").replacing("L", with: list)
    return FleetContents.read([FleetFile(name: "f.yaml", bytes: Array(text.utf8))]).diagnostics.map(\.code)
  }

  @Test func combinations() {
    let table: [(String, [String])] = [
      ("[L]", []), ("[M]", []), ("[{matrix: {generators: [M, L]}}]", []), ("[]", []), ("[{selector: {}}]", []),
      ("[{matrix: {generators: [{matrix: {generators: [M, L]}}, L]}}]", ["generator.too-deep"]),
      ("[{matrix: {generators: [L]}}]", ["generator.matrix-count"]),
      ("[{matrix: {generators: [L, L, L]}}]", ["generator.matrix-count"]),
      ("[{merge: {generators: [L, L]}}]", ["generator.merge-keys"]),
      ("[{merge: {mergeKeys: [a], generators: [L]}}]", ["generator.merge-count"]),
      ("[{merge: {mergeKeys: [a], generators: [L, {list: {}, clusters: {}}]}}]", ["generator.several"]),
      ("[{}]", ["applicationset.no-generator"]), ("[{clusters: null}]", ["applicationset.no-generator"]),
      ("[{matrix: {generators: [L, {}]}}]", ["applicationset.no-generator"]),
    ]
    for (generators, expected) in table { #expect(codes(generators) == expected, "\(generators)") }
  }

  @Test func selectors() throws {
    let table: [(String, String, Bool)] = [
      ("{matchLabels: {a: x}}", "{a: x}", true), ("{matchLabels: {a: x}}", "{a: z}", false),
      ("{matchExpressions: [{key: a, operator: NotIn, values: [x]}]}", "{}", true),
      ("{matchExpressions: [{key: a, operator: NotIn, values: [x]}]}", "{a: x}", false),
      ("{matchExpressions: [{key: a, operator: Exists}]}", "{a: ''}", true),
      ("{matchExpressions: [{key: a, operator: DoesNotExist}]}", "{a: ''}", false), ("{}", "{}", true),
    ]
    for (selector, labels, expected) in table {
      let node = try YAML.parse(Array(selector.utf8))[0]
      let values = try YAML.parse(Array(labels.utf8))[0]
      let (read, problems) = ParameterSelector.read(node, values: .labels, file: "f")
      #expect(problems.isEmpty && read.admits { values[$0]?.string } == expected, "\(selector) on \(labels)")
    }
    for bad in [
      "{matchExpressions: [{key: a, operator: Exists, values: [x]}]}", "{matchExpressions: [{key: a, operator: In}]}",
      "{matchExpressions: [{key: a, operator: Gt, values: ['1']}]}", "{matchLabels: {'path[0]': x}}",
      "{matchLabels: {a: 'b c'}}",
    ] {
      let node = try YAML.parse(Array(bad.utf8))[0]
      #expect(!ParameterSelector.read(node, values: .labels, file: "f").problems.isEmpty, "\(bad)")
    }
  }

  @Test func directoryPatterns() {
    let table: [(String, String, Bool)] = [
      ("apps/*", "apps/a", true), ("apps/*", "apps/a/b", false), ("apps/**", "apps/a/b", false), ("a?c", "abc", true),
      ("[a-c]x", "bx", true), ("[^a-c]x", "bx", false), ("\\*", "*", true), ("*/*/x", "a/b/x", true),
      ("a*b*c", "aXbYbZc", true), ("", "", true), ("[", "[", false), ("apps/[!a]", "apps/b", false),
      ("apps/[!a]", "apps/!", true), ("[^a]", "/", true), ("[a-]", "a", false), ("[]a]", "]", false),
      ("x[z-ab]", "xb", true), ("[z-a]", "b", false), ("[\\]]", "]", true), ("[a-\\z]", "m", true), ("a\\", "a", false),
    ]
    for (pattern, path, expected) in table {
      #expect((GlobPattern(pattern)?.matches(path) ?? false) == expected, "\(pattern) \(path)")
    }
  }

  /// What `git ls-files` lists.
  @Test func pathspecs() throws {
    let table: [(String, String, Bool)] = [
      ("apps/*", "apps/a/b", true), ("apps", "apps/a", true), ("apps/", "apps/a", true), (".", "a", true),
      ("apps/*/", "apps/a/b", false), ("x.yaml/", "x.yaml", false), ("[[:lower:]]*", "a", true),
      ("[[:lower:]]*", "A", false), ("[]a]*", "]x", true), ("[a-]pps*", "-pps", true), ("[!a]", "b", true),
      ("a[", "a[", true), ("./a/../b", "b", true), (":!x", "x", false), (":!x", "y", true), (":^x", "y", true),
      (":/", "a/b", true), (":(glob)*.yaml", "a/b.yaml", false), (":(glob)**/b.yaml", "b.yaml", true),
      (":(glob)a/**", "a/b/c", true), (":(icase)A/b", "a/B", true), (":(literal)*", "a", false),
      (":(literal)*", "*", true), (":(top,icase)A*", "ab", true), (":(exclude)a", "b", true), (":/.", "a", false),
      ("?", "é", false),
    ]
    for (pattern, path, expected) in table {
      #expect(try Pathspec(pattern).lists(path) == expected, "\(pattern) \(path)")
    }
    for bad in ["", "/a.yaml", "../a.yaml", "a/../../b", ":(nope)a", ":(glob", ":(glob,literal)a", ":&a", ":(attr:x)a"]
    {
      #expect(throws: Pathspec.Problem.self, "\(bad)") { try Pathspec(bad) }
    }
  }

  @Test func strategiesAndPolicies() {
    func said(_ fields: String) -> [String] {
      let text =
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s}\nspec:\n  template: {}\n"
        + "  generators: []\n  \(fields)\n"
      return FleetContents.read([FleetFile(name: "f.yaml", bytes: Array(text.utf8))]).diagnostics.map {
        "\($0.severity.rawValue) \($0.code) \($0.location?.mark.line ?? 0):\($0.location?.mark.column ?? 0)"
      }
    }
    let rolling = "type: RollingSync, rollingSync: {steps: "
    let table: [(String, [String])] = [
      ("strategy: {type: AllAtOnce}", []), ("strategy: {type: Rolling}", ["error strategy.unknown-type 7:20"]),
      ("strategy: {\(rolling)[{maxUpdate: 0}, {maxUpdate: 25%}, {matchExpressions: []}]}}", []),
      ("strategy: {\(rolling)[{maxUpdate: -1}]}}", ["warning strategy.bad-max-update 7:67"]),
      ("strategy: {\(rolling)[{maxUpdate: a%}]}}", ["warning strategy.bad-max-update 7:67"]),
      (
        "strategy: {\(rolling)[{matchExpressions: [{key: a, operator: Exists}]}]}}",
        ["warning strategy.bad-step 7:94"]
      ),
      ("strategy: {type: RollingSync}", ["error strategy.no-steps 7:13"]),
      ("strategy: {\(rolling)[{}]}, deletionOrder: reverse}", []),
      ("strategy: {deletionOrder: Reverse}", ["warning strategy.unknown-order 7:29"]),
      ("strategy: {deletionOrder: Never}", ["warning strategy.unknown-order 7:29"]),
      ("syncPolicy: {applicationsSync: createonly}", ["error manifest.unknown-value 7:34"]),
      ("ignoreApplicationDifferences: [{jsonPointers: [spec/x]}]", ["warning diff.bad-pointer 7:50"]),
      ("ignoreApplicationDifferences: [{jqPathExpressions: ['.spec[']}]", ["warning diff.jq-syntax 7:55"]),
      ("ignoreApplicationDifferences: [{jsonPointers: [/a], jqPathExpressions: [.spec.a]}]", []),
    ]
    for (fields, expected) in table { #expect(said(fields) == expected, "\(fields)") }
    #expect(codes("[{clusterDecisionResource: {requeueAfterSeconds: -5}}]") == ["generator.bad-requeue"])
  }
}
