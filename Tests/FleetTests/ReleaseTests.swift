import Manifest
import Testing

@testable import Fleet

/// What is left to others is neither sent nor owned, and not counted as drift.
struct ReleaseTests {
  private func object(_ text: String) throws -> Object {
    let root = try YAML.parse(Array(text.utf8), file: "a.yaml")[0].mapping
    return try #require(Object(root ?? Mapping()))
  }

  private func rule(_ pointers: [String] = [], jq: [String] = [], managers: [String] = []) -> IgnoreDifference {
    IgnoreDifference(
      .mapping([
        "group": .string("apps"), "kind": .string("Deployment"),
        "jsonPointers": .sequence(pointers.map { .string($0) }),
        "jqPathExpressions": .sequence(jq.map { .string($0) }),
        "managedFieldsManagers": .sequence(managers.map { .string($0) }),
      ]))
  }

  private let deployment = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: n}
    spec:
      replicas: 3
      template:
        spec:
          containers:
          - {name: side, image: side:1}
          - {name: web, image: web:1, ports: [{containerPort: 80}]}
    """

  private func live(_ ours: String, others: [(String, String)] = []) throws -> LiveObject {
    var entries = [
      #"{"manager":"muster","operation":"Apply","apiVersion":"apps/v1","time":"t","fieldsV1":\#(ours)}"#
    ]
    for (manager, fields) in others {
      entries.append(#"{"manager":"\#(manager)","operation":"Update","apiVersion":"apps/v1","fieldsV1":\#(fields)}"#)
    }
    let text =
      #"{"metadata":{"name":"web","namespace":"n","uid":"u","resourceVersion":"1","managedFields":["#
      + entries.joined(separator: ",") + "]}}"
    let node = try JSON.parse(Array(text.utf8))
    return try #require(
      LiveObject(node, gvk: GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")))
  }

  /// A forecast gives back what a release leaves as it is.
  @Test func whatIsReleasedIsAsItWas() throws {
    let live = try object(deployment).root
    let table: [(predicted: String, path: [String], expected: String)] = [
      ("{spec: {replicas: 1, paused: true}}", ["f:spec", "f:replicas"], "{spec: {replicas: 3, paused: true}}"),
      ("{spec: {paused: true}}", ["f:spec", "f:replicas"], "{spec: {paused: true, replicas: 3}}"),
      ("{}", ["f:spec", "f:replicas"], "{spec: {replicas: 3}}"),
      ("{spec: {paused: true}}", ["f:spec", "f:nothing"], "{spec: {paused: true}}"),
      (
        "{spec: {template: {spec: {containers: [{name: web}, {name: new}]}}}}",
        ["f:spec", "f:template", "f:spec", "f:containers", #"k:{"name":"web"}"#, "f:image"],
        "{spec: {template: {spec: {containers: [{name: web, image: 'web:1'}, {name: new}]}}}}"
      ),
      (
        "{spec: {template: {spec: {containers: [{name: new}]}}}}",
        ["f:spec", "f:template", "f:spec", "f:containers", #"k:{"name":"web"}"#, "f:image"],
        "{spec: {template: {spec: {containers: [{name: new}]}}}}"
      ),
    ]
    for (predicted, path, expected) in table {
      var node = try YAML.parse(Array(predicted.utf8), file: "a.yaml")[0]
      node.restore(path[...], from: .mapping(live))
      #expect(JSON.text(node) == JSON.text(try YAML.parse(Array(expected.utf8), file: "b.yaml")[0]), "\(predicted)")
    }
  }

  /// What runs Rollouts keeps what it wrote, until Git says something new; of a Service and of a workload even then.
  @Test func whatWasWrittenForARolloutStays() throws {
    let table: [(kind: String, field: String, isKept: Bool)] = [
      ("v1 Service", "selector", true), ("apps/v1 Deployment", "replicas", true),
      ("argoproj.io/v1alpha1 Rollout", "template", false),
      ("gateway.networking.k8s.io/v1 HTTPRoute", "rules", false),
    ]
    for (kind, field, isKept) in table {
      let parts = kind.split(separator: " ").map(String.init)
      let desired = DesiredObject(
        try object(
          """
          apiVersion: \(parts[0])
          kind: \(parts[1])
          metadata: {name: web, namespace: n}
          spec: {\(field): {a: b}, other: 1}
          """))
      let live = try live(
        #"{"f:spec":{"f:other":{}}}"#, others: [("muster-rollouts", #"{"f:spec":{"f:\#(field)":{}}}"#)])
      #expect(desired.leavesAll([["f:spec", "f:\(field)"]], to: live.ownership), "\(kind)")
      #expect(!desired.leavesAll([], to: live.ownership), "\(kind)")
      #expect(!desired.leavesAll([["f:spec", "f:other"]], to: live.ownership), "\(kind)")
      #expect(desired.applied(over: live)["spec"]?[field] == nil, "\(kind)")
      #expect(desired.applied(over: live)["spec"]?["other"]?.int == 1, "\(kind)")
      let news = desired.overruling
      #expect((news.applied(over: live)["spec"]?[field] == nil) == isKept, "\(kind)")
      #expect(news.digest == desired.digest, "\(kind)")
    }
    let config = DesiredObject(
      try object("{apiVersion: v1, kind: ConfigMap, metadata: {name: web, namespace: n}, data: {a: b}}"))
    let taken = try live("{}", others: [("muster-rollouts", #"{"f:data":{"f:a":{}}}"#)])
    #expect(!config.leavesAll([["f:data", "f:a"]], to: taken.ownership))
  }

  @Test func placesAreFoundByWhatListItemsAreCalled() throws {
    let table: [(IgnoreDifference, String, [[String]])] = [
      (rule(["/spec/replicas"]), "spec", [["f:spec", "f:replicas"]]),
      (
        rule(["/spec/template/spec/containers/1/image"]), "image",
        [["f:spec", "f:template", "f:spec", "f:containers", #"k:{"name":"web"}"#, "f:image"]]
      ),
      (
        rule(jq: [#".spec.template.spec.containers[] | select(.name == "web") | .image"#]), "image",
        [["f:spec", "f:template", "f:spec", "f:containers", #"k:{"name":"web"}"#, "f:image"]]
      ),
      (rule(["/spec/missing"]), "", []),
    ]
    let ours = #"""
      {"f:spec":{"f:replicas":{},"f:template":{"f:spec":{"f:containers":{
      "k:{\"name\":\"side\"}":{".":{},"f:name":{},"f:image":{}},
      "k:{\"name\":\"web\"}":{".":{},"f:name":{},"f:image":{}}}}}}}
      """#.replacing("\n", with: "")
    for (rule, _, expected) in table {
      let desired = try ReleaseRules(ignored: [rule], objects: []).desired(try object(deployment))
      #expect(desired.pathsToRelease(try live(ours)) == expected, "\(rule)")
    }
  }

  @Test func whatIsReleasedIsSentOnlyWithANewObject() throws {
    let rules = try ReleaseRules(
      ignored: [rule(jq: [#".spec.template.spec.containers[] | select(.name == "web") | .image"#])], objects: [])
    let desired = try rules.desired(try object(deployment))
    func image(_ object: Object) -> String? {
      object["spec"]?["template"]?["spec"]?["containers"]?.sequence?[1]["image"]?.string
    }
    #expect(image(desired.applied(over: nil)) == "web:1")
    #expect(image(desired.applied(over: try live("{}"))) == nil)
  }

  @Test func fieldsOfIgnoredManagersAreLeftToThem() throws {
    let rules = try ReleaseRules(ignored: [rule(managers: ["scaler"])], objects: [])
    let desired = try rules.desired(try object(deployment))
    let theirs = #"{"f:spec":{"f:replicas":{}}}"#
    let state = try live(
      #"{"f:spec":{"f:template":{}}}"#, others: [("scaler", theirs), ("other", #"{"f:spec":{"f:template":{}}}"#)])
    #expect(desired.applied(over: state)["spec"]?["replicas"] == nil)
    #expect(desired.applied(over: state)["spec"]?["template"] != nil)
    #expect(desired.applied(over: state).name == "web")
    #expect(desired.leaves(["f:spec", "f:replicas"], to: state.ownership))
    #expect(!desired.leaves(["f:spec", "f:template"], to: state.ownership))
    #expect(desired.applied(over: try live("{}", others: [("other", theirs)]))["spec"]?["replicas"]?.int == 3)
  }

  @Test func aRuleThatCannotBeReadIsAnError() throws {
    #expect(throws: Diagnostics.self) { try ReleaseRules(ignored: [rule(jq: [".spec.["])], objects: []) }
  }

  @Test func marksOfOtherToolsAreClaims() throws {
    let table: [(String, String?)] = [
      ("{}", nil),
      (
        #"{"labels":{"app.kubernetes.io/managed-by":"Helm"},"annotations":{"meta.helm.sh/release-name":"web","meta.helm.sh/release-namespace":"n"}}"#,
        "Helm release n/web"
      ),
      (#"{"annotations":{"meta.helm.sh/release-name":"web"}}"#, nil),
      (#"{"annotations":{"argocd.argoproj.io/tracking-id":"shop:apps/Deployment:n/web"}}"#, "Argo CD application shop"),
      (#"{"labels":{"applyset.kubernetes.io/part-of":"applyset-x-v1"}}"#, "ApplySet applyset-x-v1"),
      (#"{"labels":{"kustomize.toolkit.fluxcd.io/name":"apps"}}"#, "Flux Kustomization apps"),
    ]
    for (metadata, expected) in table {
      #expect(ForeignClaim.of(try JSON.parse(Array(metadata.utf8))) == expected, "\(metadata)")
    }
  }
}
