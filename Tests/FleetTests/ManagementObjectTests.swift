import Manifest
import Testing

@testable import Fleet
@testable import Templating

/// What generators refer to may stand in a management cluster: the test plays that cluster.
struct ManagementObjectTests {
  private struct Outcome: Equatable {
    var names: [String] = []
    var codes: [String] = []
    var asked: [String] = []
    var isComplete = false
  }

  private typealias Answers = [String: Result<[Node], Failure>]

  private func expand(
    _ generator: String, name: String = "{{.name}}", answers: Answers, objects: String = "", isThere: Bool = true
  ) throws -> Outcome {
    let set = try ExpansionTests.set(
      """
      goTemplate: true
      generators: [\(generator)]
      template: {metadata: {name: '\(name)'}, spec: {destination: {name: in-cluster}}}
      """)
    let cluster = Cluster(
      name: try #require(ClusterName("one")), connection: .init(server: "https://one"), credentials: .registered)
    var inputs = ExpansionInputs(registry: Registry([cluster]), objects: try YAML.parse(Array(objects.utf8)))
    inputs.hasManagementCluster = isThere
    let expander = ApplicationSetExpander(set)
    var outcome = Outcome()
    var expansion = expander.expand(inputs)
    for _ in 0..<10 {
      let open = expansion.inquiries.filter { !inputs.answers($0) }.sorted()
      if open.isEmpty { break }
      #expect(!Self.isComplete(expansion), "what is not known yet is not complete")
      for inquiry in open {
        outcome.asked.append("\(inquiry)")
        inputs.control[inquiry] = answers["\(inquiry)"] ?? .success([])
      }
      expansion = expander.expand(inputs)
    }
    outcome.names = expansion.applications.known.map(\.name)
    outcome.codes = expansion.applications.diagnostics.map(\.code) + expansion.applications.failures.map(\.code)
    outcome.isComplete = Self.isComplete(expansion)
    return outcome
  }

  private static func isComplete(_ expansion: Expansion) -> Bool {
    if case .complete = expansion.applications { true } else { false }
  }

  private func nodes(_ text: String) throws -> Result<[Node], Failure> { .success(try YAML.parse(Array(text.utf8))) }

  private let ducks = "data: {apiVersion: a.io/v1, kind: ducks, matchKey: c, statusListKey: list}"
  private let quack = "metadata: {name: quack, labels: {a: b}}\nstatus: {list: [{c: one}, {c: nobody}]}"

  @Test func decisionsAreReadFromTheCluster() throws {
    let map = "ConfigMap ducks of the management cluster"
    let byName = "ducks.a.io quack of the management cluster"
    let byLabel = "ducks.a.io with a in (b),c,!d of the management cluster"
    let all: Answers = try [map: nodes(ducks), byName: nodes(quack), byLabel: nodes(quack)]
    let named = "{clusterDecisionResource: {configMapRef: ducks, name: quack}}"
    let selected =
      "{clusterDecisionResource: {configMapRef: ducks, labelSelector: {matchLabels: {a: b}, matchExpressions: [{key: c, operator: Exists}, {key: d, operator: DoesNotExist}]}}}"
    #expect(
      try expand(named, answers: all) == Outcome(names: ["one"], asked: [map, byName], isComplete: true))
    // A server that does not heed the selector changes nothing.
    #expect(try expand(selected, answers: all).asked == [map, byLabel])
    #expect(try expand(selected, answers: all).codes == ["generator.no-resource"])
    let failure = Failure("cluster.unreachable", subject: "x", stage: "generate", "away", retry: .backOff)
    let table: [(Answers, String)] = try [
      ([:], "generator.no-config-map"), ([map: .failure(failure)], "cluster.unreachable"),
      ([map: nodes(ducks)], "generator.no-resource"),
      ([map: nodes(ducks), byName: .failure(failure)], "cluster.unreachable"),
      ([map: nodes("data: {apiVersion: v1, kind: ducks}")], "generator.bad-config-map"),
      ([map: nodes("data: {apiVersion: a.io/v1, kind: ../secrets}")], "generator.bad-config-map"),
      ([map: nodes("data: {apiVersion: 'a.io/v1?x=1', kind: ducks}")], "generator.bad-config-map"),
    ]
    for (answers, code) in table {
      let outcome = try expand(named, answers: answers)
      #expect(outcome.names.isEmpty && outcome.codes == [code] && !outcome.isComplete, "\(code): \(outcome)")
    }
  }

  @Test func whatStandsBesideTheSetsComesFirst() throws {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ducks}\n" + ducks
    let byName = "ducks.a.io quack of the management cluster"
    let named = "{clusterDecisionResource: {configMapRef: ducks, name: quack}}"
    let here = map + "\n---\napiVersion: a.io/v1\nkind: Duck\nmetadata: {name: quack}\nstatus: {list: [{c: one}]}"
    // Resources are the cluster's where there is one; without one, those of the folder.
    #expect(
      try expand(named, answers: [byName: nodes(quack)], objects: map)
        == Outcome(names: ["one"], asked: [byName], isComplete: true))
    #expect(try expand(named, answers: [:], objects: here).codes == ["generator.no-resource"])
    #expect(
      try expand(named, answers: [:], objects: here, isThere: false)
        == Outcome(names: ["one"], asked: [], isComplete: true))
  }

  @Test func tokensAndAuthorities() throws {
    let failure = Failure("cluster.forbidden", subject: "x", stage: "generate", "no", retry: .backOff)
    let secret = "Secret hub of the management cluster"
    let generator = "{pullRequest: {github: {owner: o, repo: r, tokenRef: {secretName: hub, key: token}}}}"
    func asked(_ answers: Answers) throws -> Outcome {
      let outcome = try expand(generator, name: "{{.number}}", answers: answers)
      return Outcome(codes: outcome.codes, asked: outcome.asked)
    }
    let request = "GET https://api.github.com/repos/o/r/pulls?state=open&per_page=100&page=1"
    let token = try nodes("data: {token: aHVzaA==}")
    #expect(try asked([secret: token]).asked.prefix(2) == [secret, request])
    #expect(try asked([:]) == Outcome(codes: ["generator.no-secret"], asked: [secret]))
    #expect(try asked([secret: nodes("data: {other: aHVzaA==}")]).codes == ["generator.no-secret"])
    #expect(try asked([secret: .failure(failure)]) == Outcome(codes: ["cluster.forbidden"], asked: [secret]))
    let authority =
      "{scmProvider: {gitlab: {group: g, caRef: {configMapName: ca, key: k}}}}"
    let map = "ConfigMap ca of the management cluster"
    #expect(try expand(authority, name: "x", answers: [:]).codes == ["generator.no-config-map"])
    #expect(try expand(authority, name: "x", answers: [map: nodes("data: {k: no}")]).codes == ["generator.bad-ca"])
    let plugin = "{plugin: {configMapRef: {name: p}}}"
    let plugins = "ConfigMap p of the management cluster"
    let tokens = "Secret s of the management cluster"
    let settings = try nodes("data: {baseUrl: 'https://plugin', token: '$s:k'}")
    #expect(try expand(plugin, name: "x", answers: [:]).codes == ["generator.bad-plugin"])
    #expect(try expand(plugin, name: "x", answers: [plugins: settings]).asked == [plugins, tokens])
  }
}
