import Manifest
import Testing

@testable import Fleet

@Suite struct JSONPathTests {
  private let document =
    #"{"a": {"b": [1, 2, {"c": "x"}], "d.e": true}, "items": [{"n": "p", "v": 1}, {"n": "q", "v": 2.5}, {"n": "r"}], "z": null}"#

  @Test func leadsToTheFirstValue() throws {
    let root = try JSON.parse(Array(document.utf8))
    let table: [(String, String?)] = [
      ("{$}", JSON.text(root)), ("{$.a.b[0]}", "1"), ("{.a.b[-1].c}", "\"x\""), ("{.a['d.e']}", "true"),
      ("{$['a'][\"b\"][1]}", "2"),
      ("{.a.d\\.e}", "true"), ("{.items[*].v}", nil), ("{.items[0:2].v}", "1"), ("{.items[1:2].v}", "2.5"),
      ("{.items[0,1].n}", "\"p\""),
      ("{.items[?(@.n=='q')].v}", "2.5"), ("{.items[?(@.v > 1)].n}", "\"q\""), ("{.items[?(@.v)].n}", "\"p\""),
      ("{.items[?(@.n != \"p\")].n}", "\"q\""), ("{..c}", "\"x\""), ("{..v}", "1"), ("{.z}", "null"),
      ("{ .a.b[0] }", "1"),
      ("{.missing}", nil), ("{.a.b[3]}", nil), ("{.a.b.c}", nil), ("{.a[0]}", nil),
      ("{.items[?(@.n=='nobody')].v}", nil), ("{..nothing}", nil),
      ("{.a.b[::2]}", "1"), ("{.items[*].n}", "\"p\""),
    ]
    for (path, expected) in table {
      let found = try? JSON.text(JSONPath(path).first(in: root))
      #expect(found == expected, "\(path)")
    }
  }

  @Test func refusesWhatIsNoPath() {
    for path in [
      "", "$.a", ".a", "{.a", "{.a[}", "{.a[?(@.b==)]}", "{.a['b}", "{a}", "{.a[1:2:0]}", "{.}}", "{.a[x]}", "{.a.}",
    ] {
      #expect(throws: JSONPath.Problem.self, "\(path)") { try JSONPath(path) }
    }
  }

  @Test func doesNotLookAtMoreThanItMay() throws {
    // Ten times everything below everything.
    let path = try JSONPath("{" + String(repeating: "..", count: 1) + String(repeating: "[*]..", count: 20) + "x}")
    let list = Node.sequence((0..<20).map { _ in .sequence((0..<20).map { _ in .sequence([.sequence([.null])]) }) })
    #expect(throws: JSONPath.Problem.self) { try path.first(in: list) }
  }
}
