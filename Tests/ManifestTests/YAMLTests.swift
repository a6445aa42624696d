import Manifest
import Testing

struct YAMLTests {
  private func parse(_ text: String, _ options: YAML.Options = .init()) throws -> [Value] {
    try YAML.parse(Array(text.utf8), file: "f.yaml", options: options).map(\.value)
  }

  @Test func readsScalarsBySchema() throws {
    for (text, manifest, yaml11) in [
      ("abc", "abc", "abc"), ("yes", "yes", true), ("Off", "Off", false), ("y", "y", true), ("True", true, true),
      ("~", .null, .null), ("", .null, .null), ("12", 12, 12), ("+12", 12, 12), ("-12", -12, -12), ("010", 8, 8),
      ("0o17", 15, 15), ("0x1F", 31, 31), ("0b101", 5, 5), ("1_000", 1000, 1000), ("08", 8.0, 8.0), ("1.10", 1.1, 1.1),
      ("1e3", 1000.0, 1000.0), (".5", 0.5, 0.5), ("12:30", "12:30", "12:30"),
      ("2024-01-01", "2024-01-01", "2024-01-01"),
      ("1.2.3", "1.2.3", "1.2.3"), ("18446744073709551615", .uint(.max), .uint(.max)),
      ("9007199254740993", 9_007_199_254_740_993, 9_007_199_254_740_993), ("-", "-", "-"), ("0x", "0x", "0x"),
      ("'1'", "1", "1"), ("\"1\"", "1", "1"), ("!!str 1", "1", "1"), ("!!int '1'", 1, 1),
      (".inf", .double(.infinity), .double(.infinity)),
      ("on-call", "on-call", "on-call"), ("1e", "1e", "1e"), ("--1", "--1", "--1"),
    ] as [(String, Value, Value)] where text != "-" {
      #expect(try parse("k: \(text)") == [["k": manifest]], "\(text)")
      #expect(try parse("k: \(text)", .init(schema: .yaml11)) == [["k": yaml11]], "\(text)")
    }
  }

  @Test func keepsMarksStylesAndSpellings() throws {
    let node = try #require(try YAML.parse(Array("a: 0x1F\nb:\n  - 'x'\n  - [1, é, z]\n".utf8)).first)
    #expect(node["a"]?.spelling == "0x1F")
    #expect(node["a"]?.mark == SourceMark(line: 1, column: 4))
    #expect(node["b"]?[0]?.style == .singleQuoted)
    #expect(node["b"]?[1]?.style == .flow)
    #expect(node["b"]?[1]?[2]?.mark == SourceMark(line: 4, column: 12))
    #expect(node.mapping?.keyMark(of: "b") == SourceMark(line: 2, column: 1))
    #expect(node["b"]?[1]?[0]?.spelling == nil)
  }

  @Test func readsDatesAsTimestampsWhereKustomizeDoes() throws {
    for (text, value, spelling) in [
      ("2024-01-01", "2024-01-01T00:00:00Z", "2024-01-01"), ("2024-1-1", "2024-01-01T00:00:00Z", "2024-1-1"),
      ("2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.1-05:00", "2001-12-14t21:59:43.10-05:00"),
      ("!!timestamp '2024-01-01'", "2024-01-01T00:00:00Z", "2024-01-01"), ("'2024-01-01'", "2024-01-01", nil),
      ("!!str 2024-01-01", "2024-01-01", nil), ("2024-13-01", "2024-13-01", nil), ("!!binary aGk=", "hi", nil),
      ("2024-01-0x", "2024-01-0x", nil),
    ] as [(String, String, String?)] {
      let node = try YAML.parse(Array("k: \(text)".utf8), options: .init(schema: .kustomize)).first?["k"]
      #expect(node?.string == value, "\(text)")
      #expect(node?.spelling == spelling, "\(text)")
    }
    #expect(throws: Diagnostics.self) {
      try parse("2024-01-01: x", .init(schema: .kustomize, requiresStringKeys: true))
    }
    #expect(try parse("2024-01-01: x", .init(requiresStringKeys: true)) == [["2024-01-01": "x"]])
  }

  @Test func tagsMustFitTheirText() throws {
    for text in ["!!int abc", "!!int 1.5", "!!int", "!!bool 1", "!!float x", "!!null x", "!!timestamp x", "!!binary a"]
    {
      let found = #expect(throws: Diagnostics.self) {
        try parse("k: \(text)", .init(schema: .kustomize))
      }
      #expect(found?.all.map(\.code) == ["yaml.tag"], "\(text)")
    }
    #expect(try parse("k: !!float 5", .init(schema: .kustomize)) == [["k": 5]])
    #expect(try parse("k: ! 12") == [["k": 12]])
    #expect(try parse("k: !own 12") == [["k": "12"]])
  }

  @Test func readsFilesThatWereJoinedWithTheirByteOrderMarks() throws {
    #expect(try parse("\u{FEFF}a: 1\n---\n\u{FEFF}b: 2\n--- # c\n\u{FEFF}c: \u{FEFF}3\n").count == 3)
    #expect(throws: Diagnostics.self) { try parse("a: 1\n\u{FEFF}b: 2\n") }
  }

  @Test func readsStreamsAnchorsAndMerges() throws {
    #expect(try parse("---\n# nothing\n---\na: 1\n...\n---\n- 2\n") == [["a": 1], [2]])
    #expect(try parse("a: &x {k: 1}\nb: *x\nc: &y v\nd: *y") == [["a": ["k": 1], "b": ["k": 1], "c": "v", "d": "v"]])
    #expect(
      try parse("base: &b {x: 1, y: 2}\nother: &o {y: 3, z: 4}\nc:\n  <<: [*b, *o]\n  x: own")[0]
        == ["base": ["x": 1, "y": 2], "other": ["y": 3, "z": 4], "c": ["x": "own", "y": 2, "z": 4]])
    #expect(try parse("true: a\n8080: b") == [["true": "a", "8080": "b"]])
    #expect(try parse("'<<': a") == [["<<": "a"]])
    #expect(try parse("a: |\n  x\n  y\nb: >-\n  x\n  y\r\n") == [["a": "x\ny\n", "b": "x y"]])
    #expect(try parse("").isEmpty)
    #expect(try parse("\u{FEFF}a: 1\nb: 2") == [["a": 1, "b": 2]])
    #expect(try parse("a: 1\na: 2", .init(allowsDuplicateKeys: true)) == [["a": 2]])
  }

  @Test func refusesWithThePlace() {
    let bomb =
      "a: &a [x, x, x, x, x, x, x, x, x]\n"
      + (0..<9).map { level in
        let (name, below) = (String(UnicodeScalar(UInt8(98 + level))), String(UnicodeScalar(UInt8(97 + level))))
        return
          "\(name): &\(name) [*\(below), *\(below), *\(below), *\(below), *\(below), *\(below), *\(below), *\(below)]\n"
      }.joined()
    for (text, code, line, column) in [
      ("a: 1\nb: 2\na: 3\n", "duplicate-key", 3, 1), ("a:\n\t- b", "tab", 2, 1), ("a: [1, 2\n", "syntax", 2, 1),
      ("a: \u{1}", "control-character", 1, 4), (String(repeating: "[", count: 300), "too-deep", 1, 201),
      ("a: *b", "unknown-anchor", 1, 4), ("? [a]\n: b", "complex-key", 1, 3), (bomb, "alias-expansion", 6, 8),
      ("a: {<<: 1}", "merge", 1, 4), ("\u{0}", "control-character", 1, 1),
    ] {
      do {
        _ = try parse(text)
        Issue.record("accepted: \(text.prefix(40))")
      } catch let problems as Diagnostics {
        #expect(problems.all.first?.code == "yaml." + code, "\(text.prefix(40)): \(problems.all)")
        let mark = problems.all.first?.location?.mark
        #expect(mark?.line == UInt32(line), "\(text.prefix(40)): \(problems.all)")
        if code != "alias-expansion" { #expect(mark?.column == UInt32(column), "\(text.prefix(40)): \(problems.all)") }
      } catch { Issue.record(error) }
    }
    #expect(throws: Diagnostics.self) { try YAML.parse([0x61, 0x3A, 0x20, 0xFF]) }
    #expect(throws: Diagnostics.self) { try YAML.parse(Array("a: 1".utf8), options: .init(limits: .init(bytes: 3))) }
  }

  @Test func resolvesKeysWhereAsked() throws {
    let yaml11 = YAML.Options(schema: .yaml11)
    #expect(
      try parse("y: a\noff: b\n0x10: c\n'no': d\nname: e", yaml11) == [
        ["true": "a", "false": "b", "16": "c", "no": "d", "name": "e"]
      ])
    #expect(try parse("y: a", .init(requiresStringKeys: true)) == [["y": "a"]])
    for (text, options) in [
      ("true: a", YAML.Options(requiresStringKeys: true)), ("8080: a", .init(requiresStringKeys: true)),
      ("y: a", .init(schema: .yaml11, requiresStringKeys: true)),
    ] {
      let error = try #require(throws: Diagnostics.self, "\(text)") { try parse(text, options) }
      #expect(error.all.map(\.code) == ["yaml.key-type"])
    }
  }

  @Test func wordsSyntaxProblems() throws {
    for (text, message) in [
      ("a: b: c", "a ':' where no key can stand"), ("a:\n  - b\n c: d", "a key is due here"),
      ("a: @b", "cannot begin a value"),
      ("a: {b: c", "',' or '}' is due"), ("a: \"b", "ends inside a quoted string"), ("a: \"\\q\"", "unknown escape"),
      ("a: 1\n b: 2", "':' where no key"), ("a\nb: c", "':' where no key"), ("a: *", "anchor or alias without a name"),
      ("a: b\n...\nc: d\n--", "after the end of the document"), ("%YAML 9.9\n---\na: b", "version of YAML"),
      ("a: |x\n  b", "beside '|'"),
    ] {
      let error = try #require(throws: Diagnostics.self, "\(text)") { try parse(text) }
      let words = error.all[0]
      #expect(words.message.contains(message), "\(text): \(words.message)")
      #expect(!words.message.contains("expected") && words.message.first?.isUppercase == false, "\(text)")
    }
  }

  @Test func collectsEveryDuplicate() {
    do {
      _ = try parse("a: 1\na: 2\nb: {c: 1, c: 2}\n")
      Issue.record("accepted")
    } catch let problems as Diagnostics {
      #expect(problems.all.map(\.location?.mark.line) == [2, 3])
    } catch { Issue.record(error) }
  }
}
