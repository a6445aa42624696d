import Manifest
import Testing

@testable import Fleet

@Suite struct ConfigChecksumTests {
  private func objects(_ text: String) -> [Object] {
    ObjectReader.read(Array(text.utf8), file: "t.yaml").objects
  }

  /// The annotation of each workload, whose digest is the text itself.
  private func checksums(_ text: String, isDefault: Bool = true) -> [String] {
    let applied = ConfigChecksum.applied(to: objects(text), isDefault: isDefault) {
      String(decoding: $0, as: UTF8.self)
    }
    return applied.compactMap {
      $0["spec"]?["template"]?["metadata"]?["annotations"]?[ConfigChecksum.annotation]?.string
    }
  }

  private static let config = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: config, namespace: n}
    data: {b: "2", a: "1"}
    ---
    apiVersion: v1
    kind: Secret
    metadata: {name: secret, namespace: n}
    data: {k: djE=}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: config, namespace: other}
    data: {a: "9"}

    """

  private static func workload(
    _ spec: String, kind: String = "Deployment", group: String = "apps/v1", annotations: String = "{}"
  ) -> String {
    "---\napiVersion: \(group)\nkind: \(kind)\nmetadata: {name: web, namespace: n, annotations: \(annotations)}\n"
      + "spec: {template: {metadata: {annotations: {mine: x}}, spec: \(spec)}}\n"
  }

  private static let inConfig = #"{"data":{"a":"1","b":"2"},"kind":"ConfigMap","name":"config"}"#
  private static let inSecret = #"{"data":{"k":"djE="},"kind":"Secret","name":"secret"}"#

  @Test func everyWayToReferIsFound() {
    let table: [(String, String?)] = [
      ("{containers: [{name: c, envFrom: [{configMapRef: {name: config}}]}]}", Self.inConfig),
      ("{containers: [{name: c, envFrom: [{secretRef: {name: secret}}]}]}", Self.inSecret),
      (
        "{initContainers: [{name: c, env: [{name: A, valueFrom: {configMapKeyRef: {name: config, key: a}}}]}]}",
        Self.inConfig
      ),
      ("{containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: secret, key: k}}}]}]}", Self.inSecret),
      ("{volumes: [{name: v, configMap: {name: config}}]}", Self.inConfig),
      ("{volumes: [{name: v, secret: {secretName: secret}}]}", Self.inSecret),
      (
        "{volumes: [{name: v, projected: {sources: [{secret: {name: secret}}, {configMap: {name: config}}]}}]}",
        Self.inConfig + "," + Self.inSecret
      ),
      ("{containers: [{name: c, envFrom: [{configMapRef: {name: elsewhere}}]}]}", nil), ("{containers: []}", nil),
    ]
    for (spec, content) in table {
      let expected = content.map { ["[\($0)]"] } ?? []
      #expect(checksums(Self.config + Self.workload(spec)) == expected, "\(spec)")
    }
  }

  @Test func onlyWhereItIsAskedFor() {
    let spec = "{volumes: [{name: v, configMap: {name: config}}]}"
    let table: [(kind: String, group: String, annotations: String, isDefault: Bool, isThere: Bool)] = [
      ("Deployment", "apps/v1", "{}", true, true), ("Deployment", "apps/v1", "{}", false, false),
      ("Deployment", "apps/v1", "{muster.dev/restart-on-config: 'true'}", false, true),
      ("Deployment", "apps/v1", "{muster.dev/restart-on-config: checksum}", false, true),
      ("Deployment", "apps/v1", "{muster.dev/restart-on-config: 'false'}", true, false),
      ("StatefulSet", "apps/v1", "{}", true, true), ("DaemonSet", "apps/v1", "{}", true, true),
      ("Rollout", "argoproj.io/v1alpha1", "{}", true, true),
      // A Job's Pod template cannot change.
      ("Job", "batch/v1", "{muster.dev/restart-on-config: 'true'}", true, false),
    ]
    for row in table {
      let text = Self.config + Self.workload(spec, kind: row.kind, group: row.group, annotations: row.annotations)
      #expect(!checksums(text, isDefault: row.isDefault).isEmpty == row.isThere, "\(row)")
    }
  }

  @Test func itFollowsTheContentAndKeepsTheRest() throws {
    let text = Self.config + Self.workload("{volumes: [{name: v, configMap: {name: config}}]}")
    let reordered = text.replacing("{b: \"2\", a: \"1\"}", with: "{a: \"1\", b: \"2\"}")
    #expect(checksums(text) == checksums(reordered))
    #expect(checksums(text) != checksums(text.replacing("\"2\"", with: "\"3\"")))
    #expect(checksums(text) == checksums(text.replacing("\"9\"", with: "\"8\"")))
    let applied = ConfigChecksum.applied(to: objects(text), isDefault: true) { _ in "d" }
    #expect(applied.dropLast().elementsEqual(objects(text).dropLast()))
    let annotations = try #require(applied.last?["spec"]?["template"]?["metadata"]?["annotations"]?.mapping)
    #expect(annotations["mine"]?.string == "x" && annotations[ConfigChecksum.annotation]?.string == "d")
  }
}
