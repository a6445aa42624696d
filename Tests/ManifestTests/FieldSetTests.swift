import Manifest
import Testing

struct FieldSetTests {
  private func set(_ paths: [[String]]) -> FieldSet {
    var set = FieldSet()
    for path in paths { set.insert(path) }
    return set
  }

  private let deployment: Value = [
    "f:spec": [
      "f:replicas": [:],
      "f:template": ["f:containers": ["k:{\"name\":\"web\"}": [".": [:], "f:image": [:], "f:name": [:]]]],
    ]
  ]

  @Test func readsAndWritesFieldsV1() throws {
    let fields = try #require(Node(deployment).mapping)
    let set = try #require(FieldSet(fields))
    #expect(set.fieldsV1 == fields)
    #expect(set.contains(["f:spec", "f:replicas"]))
    #expect(!set.contains(["f:spec"]))
    #expect(set.touches(["f:spec"]))
    #expect(set.contains(["f:spec", "f:template", "f:containers", "k:{\"name\":\"web\"}"]))
    #expect(
      set.leaves.map { FieldPath.text($0) } == [
        ".spec.replicas", ".spec.template.containers[name=\"web\"].image",
        ".spec.template.containers[name=\"web\"].name",
      ])
    #expect(FieldSet(["f:a": Node(.int(1))]) == nil)
  }

  @Test func algebraIsThatOfPathSets() {
    var random = SplitMix(state: 11)
    let names = ["f:a", "f:b", "v:\"c\"", "k:{\"n\":1}"]
    func randomPaths() -> Set<[String]> {
      var paths: Set<[String]> = []
      for _ in 0..<Int(random.next() % 8) {
        paths.insert((0...Int(random.next() % 3)).map { _ in names[Int(random.next() % 4)] })
      }
      return paths
    }
    for _ in 0..<500 {
      let (a, b) = (randomPaths(), randomPaths())
      let (left, right) = (set(Array(a)), set(Array(b)))
      #expect(Set(left.paths) == a)
      #expect(Set(left.union(right).paths) == a.union(b))
      #expect(Set(left.subtracting(right).paths) == a.subtracting(b))
      #expect(Set(left.intersection(right).paths) == a.intersection(b))
      #expect(left.union(right) == set(Array(a.union(b))))
      #expect(FieldSet(left.fieldsV1) == left)
    }
  }

  @Test func removesAPathWithWhatIsBelow() {
    var paths = set([["f:a", "f:b"], ["f:a", "f:c"], ["f:d"]])
    paths.remove(["f:a"])
    #expect(paths == set([["f:d"]]))
    paths.remove(["f:x", "f:y"])
    #expect(paths == set([["f:d"]]))
  }

  @Test func pathsAreShownAsConflictsShowThem() {
    for (path, text) in [
      (["f:metadata", "f:labels", "f:app.kubernetes.io/name"], ".metadata.labels.app.kubernetes.io/name"),
      (["f:ports", "k:{\"containerPort\":80,\"protocol\":\"TCP\"}"], ".ports[containerPort=80,protocol=\"TCP\"]"),
      (["f:finalizers", "v:\"a\""], ".finalizers[=\"a\"]"),
      (["f:x", "i:3"], ".x[3]"),
    ] { #expect(FieldPath.text(path) == text) }
    #expect(FieldPath.path(ofPointer: "/spec/a~1b/~0") == ["f:spec", "f:a/b", "f:~"])
    #expect(FieldPath.path(ofPointer: "spec") == nil)
  }
}

private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
