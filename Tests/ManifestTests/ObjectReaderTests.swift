import Manifest
import Testing

struct ObjectReaderTests {
  private func read(_ text: String, file: String = "o.yaml") -> ObjectReader.Result {
    ObjectReader.read(Array(text.utf8), file: file)
  }

  @Test func readsStreamsAndLists() {
    let stream = read(
      """
      apiVersion: v1
      kind: List
      items:
      - apiVersion: v1
        kind: ConfigMap
        metadata: {name: a, namespace: n}
      - apiVersion: apps/v1
        kind: DeploymentList
        items:
        - metadata: {name: b}
      ---
      # nothing
      ---
      {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "c"}}
      ---
      apiVersion: example.dev/v1
      kind: AllowList
      metadata: {name: d}
      items: [1]
      """)
    #expect(stream.diagnostics.isEmpty)
    #expect(
      stream.objects.map(\.id.description) == [
        "ConfigMap n/a", "Deployment.apps b", "Namespace c", "AllowList.example.dev d",
      ])
    #expect(stream.objects.first?.origin == SourceLocation(file: "o.yaml", mark: SourceMark(line: 4, column: 3)))
    let json = read(#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}}"#, file: "o.json")
    #expect(json.objects.map(\.name) == ["x"])
    #expect(read("{apiVersion: v1, kind: A, metadata: {name: x}}").objects.count == 1)
    #expect(read("{apiVersion: v1}", file: "o.json").diagnostics.first?.code == "json.syntax")
    #expect(read("kind: ConfigMapList\napiVersion: v1\nitems:\n").objects.isEmpty)
  }

  @Test func namesWhatIsMissing() {
    for (text, codes, line, column) in [
      ("- a", ["type"], 1, 1), ("text", ["type"], 1, 1), ("kind: A\nmetadata: {name: x}", ["missing-field"], 1, 1),
      ("apiVersion: v1\nmetadata: {name: x}", ["missing-field"], 1, 1),
      ("apiVersion: v1\nkind: A", ["missing-field"], 1, 1),
      ("apiVersion: v1\nkind: A\nmetadata:\n  labels: {}", ["missing-field"], 3, 1),
      ("apiVersion: v1\nkind: A\nmetadata:\n  name: 5", ["type"], 4, 9),
      ("apiVersion: v1\nkind: A\nmetadata:\n  name: ''", ["missing-field"], 4, 9),
      ("apiVersion: v1\nkind: A\nmetadata:\n  name: x\n  namespace: 7", ["type"], 5, 14),
      ("apiVersion: 1\nkind: A\nmetadata: {name: x}", ["type"], 1, 13),
      ("apiVersion: v1\nkind: A\nmetadata: x", ["type"], 3, 11),
      ("a: b", ["missing-field", "missing-field", "missing-field"], 1, 1),
      ("apiVersion: v1\nkind: List\nitems: 5", ["type"], 3, 8),
      ("apiVersion: v1\nkind: List\nitems: [5]", ["type"], 3, 9),
    ] as [(String, [String], Int, Int)] {
      let result = read(text)
      #expect(result.objects.isEmpty, "\(text)")
      #expect(result.diagnostics.map(\.code) == codes.map { "object." + $0 }, "\(text)")
      #expect(
        result.diagnostics.first?.location?.mark == SourceMark(line: UInt32(line), column: UInt32(column)), "\(text)")
    }
    #expect(
      read("apiVersion: v1\nkind: A\nmetadata: {generateName: x-}").diagnostics.first?.help?.contains("generateName")
        == true)
    let mixed = read("apiVersion: v1\nkind: A\nmetadata: {name: ok}\n---\nkind: B\n---\n5\n")
    #expect(mixed.objects.map(\.name) == ["ok"])
    #expect(mixed.diagnostics.count == 3)
  }
}
