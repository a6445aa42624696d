import Manifest
import Testing

struct JSONPatchTests {
  private func node(_ json: String) throws -> Node { try JSON.parse(Array(json.utf8)) }

  /// document, patch, result or the code of the error.
  private static let rfc: [(String, String, String)] = [
    (#"{"a":1}"#, #"[{"op":"add","path":"/b","value":2}]"#, #"{"a":1,"b":2}"#),
    (#"{"a":1}"#, #"[{"op":"add","path":"/a","value":2}]"#, #"{"a":2}"#),
    (#"{"a":[1,3]}"#, #"[{"op":"add","path":"/a/1","value":2}]"#, #"{"a":[1,2,3]}"#),
    (#"{"a":[1]}"#, #"[{"op":"add","path":"/a/-","value":[2]}]"#, #"{"a":[1,[2]]}"#),
    (#"{"a":[1]}"#, #"[{"op":"add","path":"/a/1","value":2}]"#, #"{"a":[1,2]}"#),
    (#"{"a":[1]}"#, #"[{"op":"add","path":"/a/2","value":2}]"#, "index"),
    (#"{"a":[1]}"#, #"[{"op":"add","path":"/a/01","value":2}]"#, "index"),
    (#"{"a":[1]}"#, #"[{"op":"add","path":"/a/-1","value":2}]"#, "index"),
    (#"{"a":[1]}"#, #"[{"op":"add","path":"/a/x","value":2}]"#, "index"),
    (#"{"a":[1]}"#, #"[{"op":"remove","path":"/a/-"}]"#, "index"),
    (#"{"a":1}"#, #"[{"op":"add","path":"","value":[]}]"#, "[]"),
    (#"{"a":1}"#, #"[{"op":"add","path":"/b/c","value":1}]"#, "missing"),
    (#"{"a":1}"#, #"[{"op":"add","path":"/a/c","value":1}]"#, "parent"),
    (#"{"a":{"b":1}}"#, #"[{"op":"remove","path":"/a/b"}]"#, #"{"a":{}}"#),
    (#"{"a":1}"#, #"[{"op":"remove","path":"/b"}]"#, "missing"),
    (#"{"a":1}"#, #"[{"op":"remove","path":""}]"#, "root"),
    (#"{"a":[1,2,3]}"#, #"[{"op":"remove","path":"/a/1"}]"#, #"{"a":[1,3]}"#),
    (#"{"a":1}"#, #"[{"op":"replace","path":"/a","value":null}]"#, #"{"a":null}"#),
    (#"{"a":1}"#, #"[{"op":"replace","path":"/b","value":2}]"#, "missing"),
    (#"{"a":1}"#, #"[{"op":"replace","path":"","value":{"b":1}}]"#, #"{"b":1}"#),
    (#"{"a":[1,2]}"#, #"[{"op":"replace","path":"/a/1","value":3}]"#, #"{"a":[1,3]}"#),
    (#"{"a":[1,2]}"#, #"[{"op":"replace","path":"/a/2","value":3}]"#, "index"),
    (#"{"a":{"b":1},"c":{}}"#, #"[{"op":"move","from":"/a/b","path":"/c/d"}]"#, #"{"a":{},"c":{"d":1}}"#),
    (#"{"a":[1,2,3]}"#, #"[{"op":"move","from":"/a/0","path":"/a/2"}]"#, #"{"a":[2,3,1]}"#),
    (#"{"a":{"b":1}}"#, #"[{"op":"move","from":"/a","path":"/a/b"}]"#, "into-itself"),
    (#"{"a":1}"#, #"[{"op":"move","from":"/a","path":"/a"}]"#, #"{"a":1}"#),
    (#"{"a":{"b":[1]}}"#, #"[{"op":"copy","from":"/a/b","path":"/c"}]"#, #"{"a":{"b":[1]},"c":[1]}"#),
    (#"{"a":1}"#, #"[{"op":"copy","from":"/b","path":"/c"}]"#, "missing"),
    (
      #"{"a":{"b":1,"c":[1,"x"]}}"#, #"[{"op":"test","path":"/a","value":{"c":[1.0,"x"],"b":1}}]"#,
      #"{"a":{"b":1,"c":[1,"x"]}}"#
    ),
    (#"{"a":1}"#, #"[{"op":"test","path":"/a","value":"1"}]"#, "test"),
    (#"{"a":1}"#, #"[{"op":"test","path":"/b","value":null}]"#, "missing"),
    (
      #"{"a/b":1,"m~n":2,"":3}"#,
      #"[{"op":"remove","path":"/a~1b"},{"op":"remove","path":"/m~0n"},{"op":"remove","path":"/"}]"#, "{}"
    ),
    (#"{"a":{"x":1}}"#, #"[{"op":"add","path":"/a/y","value":2},{"op":"remove","path":"/z"}]"#, "missing"),
    (#"{"a":1}"#, #"[{"op":"spam","path":"/a"}]"#, "operation"),
    (#"{"a":1}"#, #"[{"op":"add","path":"a","value":1}]"#, "path"),
    (#"{"a":1}"#, #"[{"op":"add","path":"/a~2","value":1}]"#, "path"),
    (#"{"a":1}"#, #"[{"op":"add","path":"/b"}]"#, "missing-field"), (#"{"a":1}"#, #"[{"path":"/b"}]"#, "missing-field"),
    (#"{"a":1}"#, #"[{"op":"move","path":"/b"}]"#, "missing-field"), (#"{"a":1}"#, #"{"op":"remove"}"#, "type"),
    (#"{"a":1}"#, #"["x"]"#, "type"), (#"{"a":1}"#, #"[{"op":1,"path":"/b"}]"#, "type"),
    (#"{"a":1}"#, "[]", #"{"a":1}"#),
  ]

  /// The same where Kubernetes differs.
  private static let kubernetes: [(String, String, String)] = [
    (#"{"a":1}"#, #"[{"op":"replace","path":"/b","value":2}]"#, #"{"a":1,"b":2}"#),
    (#"{"a":1}"#, #"[{"op":"copy","from":"/b","path":"/c"}]"#, #"{"a":1,"c":null}"#),
    (#"{"a":1}"#, #"[{"op":"test","path":"/b","value":null}]"#, #"{"a":1}"#),
    (#"{"a":1}"#, #"[{"op":"add","path":"/b"}]"#, #"{"a":1,"b":null}"#),
    (#"{"a":[1,2]}"#, #"[{"op":"remove","path":"/a/-1"}]"#, #"{"a":[1]}"#),
    (#"{"a":[1,2]}"#, #"[{"op":"add","path":"/a/-1","value":3}]"#, #"{"a":[1,2,3]}"#),
    (#"{"a":[1,2]}"#, #"[{"op":"replace","path":"/a/-3","value":3}]"#, "index"),
    (#"{"i":1}"#, #"[{"op":"add","path":"spec/i","value":2}]"#, #"{"i":2}"#),
    (#"{"a":1}"#, #"[{"op":"add","path":"","value":[]}]"#, "path"),
    (#"{"a":1}"#, #"[{"op":"remove","path":"/b"}]"#, "missing"),
    (#"{"a":1}"#, #"[{"op":"add","path":"/b/c","value":1}]"#, "missing"),
  ]

  private func check(_ cases: [(String, String, String)], _ rules: JSONPatch.Rules) throws {
    for (document, patch, expected) in cases {
      let document = try node(document)
      do {
        let result = try JSONPatch(try node(patch), rules: rules, file: "p.json").apply(to: document)
        #expect(JSON.text(result) == expected, "\(patch)")
      } catch let problem as Diagnostic {
        #expect(problem.code == "json-patch." + expected, "\(patch): \(problem.message)")
        #expect(problem.location?.mark.line == 1, "\(patch)")
      } catch let problems as Diagnostics {
        #expect(problems.all.first?.code == "json-patch." + expected, "\(patch): \(problems.all)")
      }
    }
  }

  @Test func appliesByTheRFC() throws { try check(Self.rfc, .rfc6902) }
  @Test func appliesAsKubernetesDoes() throws { try check(Self.kubernetes, .kubernetes) }

  @Test func boundsWhatCopiesAdd() throws {
    let doubling = (0..<64).map { _ in #"{"op":"copy","from":"/a","path":"/a/-"}"# }.joined(separator: ",")
    let wide = try JSONPatch(try node("[\(doubling)]"), file: "p")
    let problem = try #require(throws: Diagnostic.self) { try wide.apply(to: try node(#"{"a":["x"]}"#)) }
    #expect(problem.code == "json-patch.too-large")
    // Each copy puts the whole of `a` into its own deepest place.
    var path = "/a"
    var steps: [String] = []
    for _ in 0..<12 {
      steps.append("{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"\(path)/b\"}")
      path += String(repeating: "/b", count: max(1, path.split(separator: "/").count))
    }
    let deep = try JSONPatch(try node("[\(steps.joined(separator: ","))]"), file: "p")
    #expect(throws: Diagnostic.self) { try deep.apply(to: try node(#"{"a":{}}"#)) }
    let many = String(repeating: #"{"op":"remove","path":"/a"},"#, count: 10_000) + #"{"op":"remove","path":"/a"}"#
    #expect(throws: Diagnostics.self) { try JSONPatch(try node("[\(many)]"), file: "p") }
  }

  @Test func neverQuotesValues() throws {
    let patch = try JSONPatch(try node(#"[{"op":"test","path":"/data/k","value":"s3cret"}]"#), file: "p")
    let problem = try #require(throws: Diagnostic.self) { try patch.apply(to: try node(#"{"data":{"k":"hidden"}}"#)) }
    #expect(!"\(problem)".contains("s3cret") && !"\(problem)".contains("hidden"))
  }

  @Test func readsPointers() throws {
    for (text, tokens) in [
      ("", []), ("/", [""]), ("/a/b", ["a", "b"]), ("/a~1b/~0", ["a/b", "~"]), ("/~01", ["~1"]),
      ("/a//", ["a", "", ""]),
    ] as [(String, [String])] {
      let pointer = try #require(JSONPointer(text), "\(text)")
      #expect(pointer.tokens == tokens)
      #expect(pointer.description == text)
    }
    for text in ["a", "~", "/~", "/~2", "/a~"] { #expect(JSONPointer(text) == nil, "\(text)") }
    let document = try node(#"{"a":[{"b":null},2]}"#)
    #expect(JSONPointer("/a/0/b")?.node(in: document) == .null)
    for text in ["/a/2", "/a/-", "/a/00", "/a/0/c", "/a/1/x", "/b"] {
      #expect(JSONPointer(text)?.node(in: document) == nil, "\(text)")
    }
  }

  /// The examples of RFC 7386, appendix A.
  @Test func mergesByTheRFC() throws {
    for (target, patch, result) in [
      (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
      (#"{"a":"b"}"#, #"{"a":null}"#, "{}"), (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
      (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
      (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
      (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#), (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
      (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#), (#"{"a":"foo"}"#, "null", "null"), (#"{"a":"foo"}"#, #""bar""#, #""bar""#),
      (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#), (#"[1,2]"#, #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
      ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
    ] {
      #expect(JSON.text(MergePatch.apply(try node(patch), to: try node(target))) == result, "\(target) + \(patch)")
    }
  }
}
