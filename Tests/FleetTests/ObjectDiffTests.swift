import Manifest
import Testing

@testable import Fleet

struct ObjectDiffTests {
  private static func object(_ yaml: String) throws -> Object {
    let objects = ObjectReader.read(Array(yaml.utf8), file: "test.yaml").objects
    return try #require(objects.first)
  }

  private static func paths(live: String, desired: String, ignoring rules: [IgnoreDifference] = []) throws -> [String] {
    let diff = try ObjectDiff(live: object(live), desired: object(desired), ignoring: IgnoreRules(rules))
    return diff.paths.map(\.description)
  }

  private static func rule(_ yaml: String) throws -> [IgnoreDifference] {
    try YAML.parse(Array(yaml.utf8)).map(IgnoreDifference.init)
  }

  private static let widget = "apiVersion: example.dev/v1\nkind: Widget\nmetadata: {name: w}\n"
  private static let service = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n"
  private static let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"

  @Test func whatApplyWouldNotChangeIsNoDifference() throws {
    let table: [(name: String, live: String, desired: String, paths: [String])] = [
      (
        "defaults of a service",
        Self.service + "spec: {ports: [{port: 80, targetPort: 80, protocol: TCP}], type: ClusterIP}",
        Self.service + "spec: {ports: [{port: 80}]}", []
      ),
      (
        "another port", Self.service + "spec: {ports: [{port: 80, targetPort: 80}, {port: 90}]}",
        Self.service + "spec: {ports: [{port: 80, targetPort: 81}]}", ["/spec/ports/0/targetPort"]
      ),
      (
        "an item of the live object alone", Self.service + "spec: {ports: [{port: 1}, {port: 2}]}",
        Self.service + "spec: {ports: [{port: 2}]}", []
      ),
      (
        "lists of custom resources are whole", Self.widget + "spec: {a: [1, 2]}", Self.widget + "spec: {a: [1]}",
        ["/spec/a"]
      ),
      ("null deletes nothing unasked", Self.widget + "spec: {a: 1}", Self.widget + "spec: {a: null}", []),
      ("a field to come", Self.widget + "spec: {a: 1}", Self.widget + "spec: {a: 1, b: {}}", ["/spec/b"]),
      ("a key with a slash", Self.map + "data: {}", Self.map + "data: {a/b: x}", ["/data"]),
      ("status", Self.widget + "status: {a: 1}", Self.widget + "status: {a: 2}", []),
    ]
    for row in table {
      #expect(try Self.paths(live: row.live, desired: row.desired) == row.paths, "\(row.name)")
    }
  }

  @Test func whatWasAppliedLastAndIsNoLongerWantedGoes() throws {
    let live = """
      apiVersion: v1
      kind: ConfigMap
      metadata:
        name: c
        annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"data":{"a":"1","b":"2"}}'}
      data: {a: "1", b: "2", c: "3"}
      """
    #expect(try Self.paths(live: live, desired: Self.map + "data: {a: '1'}") == ["/data/b"])
  }

  @Test func rulesTakeFieldsOutOfBothSides() throws {
    let live = Self.map + "data: {a: '1', b: '2'}"
    let desired = Self.map + "data: {a: '9', b: '8'}"
    let table: [(rule: String, paths: [String])] = [
      ("{kind: ConfigMap, jsonPointers: [/data/a]}", ["/data/b"]),
      ("{kind: Config*, jsonPointers: [/data/a, /data/b, /data/none, bad~]}", []),
      ("{kind: ConfigMap, name: other, jsonPointers: [/data]}", ["/data/a", "/data/b"]),
      ("{group: apps, kind: ConfigMap, jsonPointers: [/data]}", ["/data/a", "/data/b"]),
      ("{group: '*', kind: '*', jqPathExpressions: ['.data[\"a\"], .data.b']}", []),
      ("{kind: ConfigMap, jqPathExpressions: ['.data | keys']}", ["/data/a", "/data/b"]),
    ]
    for row in table {
      #expect(try Self.paths(live: live, desired: desired, ignoring: Self.rule(row.rule)) == row.paths, "\(row.rule)")
    }
  }

  @Test func fieldsOfNamedManagersDoNotCount() throws {
    let live = """
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: d
        managedFields: [{manager: hpa, operation: Update, fieldsV1: {"f:spec": {"f:replicas": {}}}}, 7]
      spec: {replicas: 5, paused: true}
      """
    let desired = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {replicas: 2, minReadySeconds: 3}"
    let rules = try Self.rule("{group: apps, kind: Deployment, managedFieldsManagers: [hpa]}")
    #expect(try Self.paths(live: live, desired: desired, ignoring: rules) == ["/spec/minReadySeconds"])
  }

  @Test func whatIsMissingIsADifferenceAtTheRoot() throws {
    let one = try Self.object(Self.map)
    #expect(try ObjectDiff(live: nil, desired: one, ignoring: .none).paths == [JSONPointer(tokens: [])])
    #expect(try ObjectDiff(live: one, desired: nil, ignoring: .none).paths == [JSONPointer(tokens: [])])
  }

  @Test func expressionsThatAreNotUnderstoodAreRefused() throws {
    for (text, code) in [
      ("def f: f; f", "diff.jq-unsupported"), (".a[", "diff.jq-syntax"), (".a + 1", "diff.jq-unsupported"),
      (String(repeating: "(", count: 300), "diff.jq-unsupported"), ("\"open", "diff.jq-syntax"),
    ] {
      let rule = IgnoreDifference(.mapping(["jqPathExpressions": .sequence([.string(text)])]))
      let problem = #expect(throws: Diagnostics.self) { try IgnoreRules([rule]) }
      #expect(problem?.all.map(\.code) == [code], "\(text)")
    }
  }
}
