import Fleet
import Manifest
import Testing

@testable import Engine

/// Pods restart when the configuration that they refer to changes, where that is asked for.
@Suite(.serialized) struct ConfigRestartTests {
  private static let deployment = """
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
    spec:
      replicas: 1
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
          - name: web
            image: web:1
            envFrom: [{configMapRef: {name: settings}}]

    """

  private func checksum(_ fleet: TestFleet) async throws -> String? {
    try await fleet.value(
      "edge-1", "deployments/web", "spec", "template", "metadata", "annotations", ConfigChecksum.annotation)?.string
  }

  @Test func aChangedConfigMapChangesThePodTemplate() async throws {
    try await TestFleet.with { fleet in
      let asking = Self.deployment.replacing(
        "  name: web\nspec:", with: "  name: web\n  annotations: {\(ConfigChecksum.request): 'true'}\nspec:")
      try await fleet.commit(WebSource.base.merging(["web/deployment.yaml": asking]) { $1 })
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"])
      let first = try #require(try await checksum(fleet))
      #expect(first.utf8.count == 64)
      let second = try await fleet.commit(["web/settings.yaml": WebSource.settings(color: "blue")])
      try await fleet.untilConverged(["web-edge-1"], revision: second)
      let changed = try #require(try await checksum(fleet))
      #expect(changed != first)
      // What was there before has the digest that it had.
      let third = try await fleet.commit(["web/settings.yaml": WebSource.settings(color: "green")])
      try await fleet.untilConverged(["web-edge-1"], revision: third)
      #expect(try await checksum(fleet) == first)
      // Nobody asks any more: the annotation goes.
      let fourth = try await fleet.commit(["web/deployment.yaml": Self.deployment])
      try await fleet.untilConverged(["web-edge-1"], revision: fourth)
      #expect(try await checksum(fleet) == nil)
    }
  }

  @Test func anApplicationAsksForAllOfItsWorkloads() throws {
    func application(_ annotations: String) throws -> Application {
      let text =
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, annotations: \(annotations)}\n"
        + "spec: {project: default, destination: {name: c}, source: {repoURL: 'https://h/r', path: p}}\n"
      let node = try #require(try YAML.parse(Array(text.utf8)).first)
      return try Application.read(node, file: "a.yaml").get()
    }
    let config = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: b}\n"
    let objects = ObjectReader.read(Array((Self.deployment + config).utf8), file: "t.yaml").objects
    for (annotations, isThere) in [
      ("{}", false), ("{\(ConfigChecksum.request): 'true'}", true), ("{\(ConfigChecksum.request): 'no'}", false),
    ] {
      var builder = DesiredStateBuilder(application: try application(annotations))
      for object in objects { try builder.add(object, isNamespaced: true) }
      let deployment = try #require(try builder.finish().objects.first { $0.object.gvk.kind == "Deployment" })
      let found = deployment.object["spec"]?["template"]?["metadata"]?["annotations"]?[ConfigChecksum.annotation]
      #expect((found != nil) == isThere, "\(annotations)")
    }
  }
}
