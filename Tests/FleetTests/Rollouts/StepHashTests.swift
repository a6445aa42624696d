import Manifest
import Testing

@testable import Fleet

/// Hashes and comparisons by which Muster and Argo Rollouts know each other's work.
@Suite struct StepHashTests {
  private func node(_ text: String) throws -> Node { try JSON.parse(Array(text.utf8)) }

  /// Steps as somebody wrote them, and as Go writes the types of Argo Rollouts.
  private static let table: [(written: String, go: String)] = [
    (#"[{"setWeight": 20}, {"pause": {}}]"#, #"[{"setWeight":20},{"pause":{}}]"#),
    (
      #"[{"pause": {"duration": "10m"}}, {"pause": {"duration": 30}}]"#,
      #"[{"pause":{"duration":"10m"}},{"pause":{"duration":30}}]"#
    ),
    (#"[{"setCanaryScale": {"replicas": 3, "weight": null}}]"#, #"[{"setCanaryScale":{"replicas":3}}]"#),
    (
      #"[{"setCanaryScale": {"matchTrafficWeight": false, "replicas": 2, "weight": 10}}]"#,
      #"[{"setCanaryScale":{"weight":10,"replicas":2}}]"#
    ),
    (
      #"[{"setCanaryScale": {"matchTrafficWeight": true}}]"#, #"[{"setCanaryScale":{"matchTrafficWeight":true}}]"#
    ),
    (
      """
      [{"analysis": {"args": [{"valueFrom": {"podTemplateHashValue": "Latest"}, "name": "hash"},
        {"value": "a<b&c", "name": "team"}, {"name": "empty", "value": ""},
        {"name": "who", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
        "templates": [{"clusterScope": true, "templateName": "errors"}, {"templateName": "rates"}]}}]
      """,
      #"[{"analysis":{"templates":[{"templateName":"errors","clusterScope":true},{"templateName":"rates"}],"#
        + #""args":[{"name":"hash","valueFrom":{"podTemplateHashValue":"Latest"}},"#
        + #"{"name":"team","value":"a\u003cb\u0026c"},{"name":"empty"},"#
        + #"{"name":"who","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}]}}]"#
    ),
    (
      """
      [{"analysis": {"measurementRetention": [{"limit": 5, "metricName": ".*"}], "dryRun": [{"metricName": "x"}],
        "args": [], "analysisRunMetadata": {"labels": {"b": "1", "a": "2"}, "annotations": {}}}}]
      """,
      #"[{"analysis":{"dryRun":[{"metricName":"x"}],"measurementRetention":[{"metricName":".*","limit":5}],"#
        + #""analysisRunMetadata":{"labels":{"a":"2","b":"1"}}}}]"#
    ),
  ]

  @Test func stepsAreWrittenAsGoWritesThem() throws {
    for (written, go) in Self.table {
      let steps = try #require(try node(written).sequence)
      #expect(TemplateHash.of(steps: steps) == TemplateHash.word(of: Array(go.utf8)), "\(written)")
    }
  }

  @Test func theHashOfAnEarlierVersionBeginsNothingAnew() throws {
    let steps = """
      [{"setWeight": 25}, {"pause": {}},
       {"analysis": {"args": [{"name": "a", "value": "1"}], "templates": [{"templateName": "errors"}]}}]
      """
    var world = try RolloutWorld(
      RolloutWorld.spec(strategy: #"{"canary": {"maxSurge": 1, "maxUnavailable": 0, "steps": \#(steps)}}"#))
    let template = try node(
      """
      {"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate", "metadata": {"name": "errors"},
       "spec": {"args": [{"name": "a"}], "metrics": [{"name": "rate", "provider": {"web": {"url": "http://m/{{args.a}}"}}}]}}
      """)
    world.templates = [try #require(AnalysisManifest.read(template, file: "t")).get()]
    try world.settle()
    world.pass(60)
    world.setImage("app:2")
    try world.settle()
    #expect(world.status.stepIndex == 1)
    let written = try #require(try node(steps).sequence)
    let (hash, earlier) = (TemplateHash.of(steps: written), TemplateHash.sorted(steps: written))
    #expect(hash != earlier && world.status.stepHash == hash)
    for (old, index) in [(earlier, 1), ("other", 0)] {
      try world.patchStatus(#"{"currentStepHash": "\#(old)"}"#)
      try world.look()
      #expect(world.status.stepIndex == index && world.status.stepHash == hash, "\(old)")
    }
  }

  @Test func anInjectedAntiAffinityIsNoDifference() throws {
    let rule =
      #"{"labelSelector": {"matchExpressions": [{"key": "rollouts-pod-template-hash", "operator": "In", "values": ["abc"]}]}, "namespaces": ["shop"], "topologyKey": "kubernetes.io/hostname"}"#
    let own = #"{"labelSelector": {"matchLabels": {"app": "web"}}, "topologyKey": "kubernetes.io/hostname"}"#
    let (required, preferred) =
      ("requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution")
    let table: [(live: String, desired: String, isEqual: Bool)] = [
      (#","affinity": {"podAntiAffinity": {"\#(required)": [\#(rule)]}}"#, "", true),
      (#","affinity": {"podAntiAffinity": {"\#(preferred)": [{"weight": 1, "podAffinityTerm": \#(rule)}]}}"#, "", true),
      (
        #","affinity": {"podAntiAffinity": {"\#(required)": [\#(own), \#(rule)]}}"#,
        #","affinity": {"podAntiAffinity": {"\#(required)": [\#(own)]}}"#, true
      ), (#","affinity": {"podAntiAffinity": {"\#(required)": [\#(own)]}}"#, "", false),
    ]
    for (live, desired, isEqual) in table {
      func template(_ rest: String) throws -> Node {
        try node(
          #"{"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "a", "image": "i"}]\#(rest)}}"#)
      }
      #expect(PodTemplate.areEqual(live: try template(live), desired: try template(desired)) == isEqual, "\(live)")
    }
  }
}
