import Manifest
import Testing

struct JSONTests {
  private func parse(_ text: String) throws -> Value { try JSON.parse(Array(text.utf8), file: "f.json").value }

  @Test func readsValues() throws {
    for (text, value) in [
      ("null", .null), ("true", true), (" [1, -2 ,\n3.5] ", [1, -2, 3.5]), ("{}", [:]), ("\"\"", ""),
      ("{\"a\":{\"b\":[]}}", ["a": ["b": []]]), ("1e3", 1000.0), ("9007199254740993", 9_007_199_254_740_993),
      ("-9223372036854775808", .int(.min)), ("18446744073709551615", .uint(.max)),
      ("18446744073709551616", .double(18_446_744_073_709_551_616)), ("0", 0), ("-0", 0), ("1.0", 1.0),
      (#""a\"\\\/\b\f\n\r\té😀\ud800x""#, .string("a\"\\/\u{8}\u{c}\n\r\té😀\u{FFFD}x")), ("\"é日本\"", "é日本"),
    ] as [(String, Value)] {
      #expect(try parse(text) == value, "\(text)")
    }
  }

  @Test func refusesWithThePlace() {
    for (text, code, line, column) in [
      ("", "syntax", 1, 1), ("{\"a\":1,\"a\":2}", "duplicate-key", 1, 8), ("[1,]", "syntax", 1, 4),
      ("[1\n 2]", "syntax", 2, 2), ("{a:1}", "syntax", 1, 2), ("01", "syntax", 1, 3), ("1.", "syntax", 1, 3),
      ("\"\u{1}\"", "syntax", 1, 2), ("tru", "syntax", 1, 1), ("1 2", "syntax", 1, 3), ("1e999", "number", 1, 6),
      ("\"\\x\"", "syntax", 1, 4), (String(repeating: "[", count: 300), "too-deep", 1, 201), ("\"abc", "syntax", 1, 5),
      ("NaN", "syntax", 1, 1),
    ] {
      #expect(throws: Diagnostic.self, "\(text)") { try parse(text) }
      do { _ = try parse(text) } catch let problem as Diagnostic {
        #expect(problem.code == "json." + code, "\(text)")
        #expect(
          problem.location == .init(file: "f.json", mark: .init(line: UInt32(line), column: UInt32(column))), "\(text)")
      } catch {}
    }
    #expect(throws: Diagnostic.self) { try JSON.parse([0x22, 0xFF, 0x22]) }
    #expect(throws: Diagnostic.self) { try JSON.parse(Array("[1]".utf8), limits: .init(bytes: 2)) }
  }

  @Test func writesAndReadsBack() throws {
    let value: Value = [
      "z": [1, -2.5, .uint(.max), nil, true], "a": "q\"\\\n\u{1}<&>\u{2028}é", "e": [:], "f": [], "big": 1e21,
      "whole": 3.0,
    ]
    let text = JSON.text(Node(value))
    #expect(
      text
        == "{\"z\":[1,-2.5,18446744073709551615,null,true],\"a\":\"q\\\"\\\\\\n\\u0001<&>\u{2028}é\",\"e\":{},\"f\":[],\"big\":1e+21,\"whole\":3}"
    )
    #expect(
      JSON.text(Node(["b": "<", "a": "\u{2029}"]), .init(sortsKeys: true, escapesHTML: true))
        == #"{"a":"\u2029","b":"\u003c"}"#)
    #expect(JSON.text(Node(["a": [1, [:]]]), .init(indent: 2)) == "{\n  \"a\": [\n    1,\n    {}\n  ]\n}")
  }

  @Test func manyKeysStayLinear() throws {
    let text = "{" + (0..<50_000).map { "\"key-\($0)\":\($0)" }.joined(separator: ",") + "}"
    #expect(try JSON.parse(Array(text.utf8)).mapping?.count == 50_000)
  }
}
