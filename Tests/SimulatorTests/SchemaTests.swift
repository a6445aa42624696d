import Manifest
import Testing

@testable import Simulator

/// What the recordings do not show.
struct SchemaTests {
  private let deployments = GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")
  private let writer = FieldWriter(manager: "muster", time: "2026-01-01T00:00:00Z")

  private func node(_ json: String) throws -> Mapping {
    try #require(try JSON.parse(Array(json.utf8)).mapping)
  }

  private func schema(_ kind: GroupVersionKind) throws -> ObjectSchema { try #require(ObjectSchema.builtIn(kind)) }

  private func deployment(_ container: String) throws -> Mapping {
    try node(
      #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[\#(container)]}}}}"#
    )
  }

  @Test func typesAreCheckedInTheServersWords() throws {
    let schema = try schema(deployments)
    for (container, problem) in [
      (#"{"name":"c","stdin":"x"}"#, #"containers[name="c"].stdin: expected boolean, got &{x}"#),
      (#"{"name":"c","command":"x"}"#, #"containers[name="c"].command: expected list, got &{x}"#),
      (#"{"name":"c","resources":[]}"#, #"containers[name="c"].resources: expected map, got &{[]}"#),
      (
        #"{"name":"c","image":5}"#,
        #"containers[name="c"].image: expected string, got &value.valueUnstructured{Value:5}"#
      ),
      (
        #"{"name":"c","env":[null]}"#,
        #"containers[name="c"].env: element 0: associative list with keys may not have a null element"#
      ),
    ] {
      let error = #expect(throws: StatusError.self) {
        try schema.apply(try deployment(container), to: nil, by: writer, force: true)
      }
      #expect(error?.code == 500)
      #expect(
        error?.message
          == "failed to create typed patch object (/d; apps/v1, Kind=Deployment): .spec.template.spec.\(problem)")
    }
  }

  @Test func bodiesAreDecodedInTheServersWords() throws {
    let schema = try schema(deployments)
    let preface = "Deployment in version \"v1\" cannot be handled as a Deployment: "
    for (container, problem) in [
      (
        #"{"name":"c","image":5}"#,
        "json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.image of type string"
      ),
      (
        #"{"name":"c","env":{}}"#,
        "json: cannot unmarshal object into Go struct field Container.spec.template.spec.containers.env of type []v1.EnvVar"
      ),
      (
        #"{"name":"c","resources":{"limits":{"cpu":"1x"}}}"#,
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
      ),
    ] {
      let error = #expect(throws: StatusError.self) { try schema.decode(try deployment(container)) }
      #expect(error?.message == preface + problem)
    }
    let decoded = try schema.decode(try deployment(#"{"name":"c","image":"i","imag":"x","stdin":false}"#))
    #expect(decoded.unknownFields == ["spec.template.spec.containers[0].imag"])
    let container = decoded.object["spec"]?["template"]?["spec"]?["containers"]?[0]
    #expect(container?.mapping?.keys == ["name", "image", "resources"])
  }

  @Test func strategicPatchesMergeByKeyAndFollowDirectives() throws {
    let schema = try schema(deployments)
    let live = try deployment(#"{"name":"a","image":"1"},{"name":"b","image":"1"}"#)
    func names(_ patch: String) throws -> [String] {
      let body = try JSON.parse(Array(#"{"spec":{"template":{"spec":\#(patch)}}}"#.utf8))
      let patched = try schema.patch(live, with: .strategic(body))
      return (patched["spec"]?["template"]?["spec"]?["containers"]?.sequence ?? []).map {
        ($0["name"]?.string ?? "") + ($0["image"]?.string ?? "")
      }
    }
    #expect(try names(#"{"containers":[{"name":"b","image":"2"}]}"#) == ["a1", "b2"])
    #expect(try names(#"{"containers":[{"name":"a","$patch":"delete"}]}"#) == ["b1"])
    #expect(try names(#"{"containers":[{"$patch":"replace"},{"name":"c","image":"3"}]}"#) == ["c3"])
    #expect(
      try names(#"{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"a","image":"2"}]}"#)
        == ["b1", "a2"])
    let error = #expect(throws: StatusError.self) { try names(#"{"containers":[{"image":"x"}]}"#) }
    #expect(error?.code == 500)
    #expect(error?.message == "map: map[image:x] does not contain declared merge key: name")
  }

  @Test func manyConflictsAreListedByManager() throws {
    let maps = GroupVersionKind(group: "", version: "v1", kind: "ConfigMap")
    let schema = try schema(maps)
    let body = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},"data":{"a":"%","b":"%"}}"#
    func map(_ value: String) throws -> Mapping { try node(body.replacing("%", with: value)) }
    var live = try schema.apply(try map("1"), to: nil, by: writer, force: false)
    live["metadata"]?["uid"] = .string("u")
    var edited = live
    edited["data"]?["b"] = .string("9")
    schema.track(&edited, replacing: live, by: FieldWriter(manager: "kubectl-edit", time: writer.time))
    let other = FieldWriter(manager: "other", time: writer.time)
    let error = #expect(throws: StatusError.self) {
      try schema.apply(try map("2"), to: edited, by: other, force: false)
    }
    #expect(
      error?.message
        == "Apply failed with 2 conflicts: conflicts with \"kubectl-edit\" using v1:\n- .data.b\n"
        + "conflicts with \"muster\":\n- .data.a")
    #expect(error?.details?.causes.map(\.field) == [".data.b", ".data.a"])
  }

  @Test func oldUpdatesAreMergedIntoOneEntry() throws {
    let schema = try schema(GroupVersionKind(group: "", version: "v1", kind: "ConfigMap"))
    var live = try schema.apply(
      try node(#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},"data":{"a":"1"}}"#), to: nil,
      by: writer,
      force: false)
    live["metadata"]?["uid"] = .string("u")
    for number in 10..<25 {
      var new = live
      new["data"]?["k\(number)"] = .string("x")
      schema.track(
        &new, replacing: live, by: FieldWriter(manager: "m\(number)", time: "2026-01-01T00:00:\(number)Z"))
      live = new
    }
    let managers = (live["metadata"]?["managedFields"]?.sequence ?? []).compactMap { $0["manager"]?.string }
    #expect(managers.count == 11)
    #expect(managers.contains("ancient-changes"))
    let owned = try ManagedFields(live["metadata"]?["managedFields"]?.sequence ?? []).union
    for number in 10..<25 { #expect(owned.contains(["f:data", "f:k\(number)"])) }
  }

  @Test func agesAreShownAsPeopleReadThem() {
    for (seconds, text) in [
      (5, "5s"), (119, "119s"), (120, "2m"), (125, "2m5s"), (3600, "60m"), (14400, "4h"), (15000, "4h10m"),
      (90000, "25h"), (259_200, "3d"), (40_000_000, "462d"), (-1, "<invalid>"),
    ] { #expect(Age.text(seconds: Int64(seconds)) == text) }
  }

  @Test func tablesShowWhatKubectlShows() throws {
    let now = try #require(Moment(rfc3339: "2026-01-01T01:00:00Z"))
    var object = try deployment(#"{"name":"c","image":"i"}"#)
    object["spec"]?["replicas"] = Node(.int(3))
    object["metadata"]?["creationTimestamp"] = .string("2026-01-01T00:00:00Z")
    object["status"] = Node(["readyReplicas": 2, "updatedReplicas": 3, "availableReplicas": 2])
    let table = try schema(deployments).table(of: [object], resourceVersion: "7", now: now)
    let names = (table["columnDefinitions"]?.sequence ?? []).compactMap { $0["name"]?.string }
    #expect(
      names == ["Name", "Ready", "Up-to-date", "Available", "Age", "Containers", "Images", "Selector"])
    #expect(table["rows"]?[0]?["cells"] == Node(["d", "2/3", 3, 2, "60m", "c", "i", "a=b"]))
  }

  @Test func customColumnsFollowTheirPaths() throws {
    let version = try JSON.parse(
      Array(
        #"{"additionalPrinterColumns":[{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"},{"name":"First","type":"integer","jsonPath":".spec.sizes[0]"}]}"#
          .utf8))
    let widgets = ObjectSchema.custom(
      GroupVersionKind(group: "example.dev", version: "v1", kind: "Widget"), version: version)
    let object = try node(
      #"{"metadata":{"name":"w"},"spec":{"sizes":[4,5]},"status":{"conditions":[{"type":"Ready","status":"True"}]}}"#)
    let table = widgets.table(of: [object], resourceVersion: "1", now: Moment(milliseconds: 0))
    #expect(table["rows"]?[0]?["cells"] == Node(["w", "True", 4]))
  }
}
