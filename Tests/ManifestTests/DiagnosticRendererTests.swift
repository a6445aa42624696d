import Manifest
import Testing

struct DiagnosticRendererTests {
  private func render(
    _ source: String, _ line: UInt32, _ column: UInt32, label: String = "", message: String = "wrong"
  ) -> [String] {
    let bytes = Array(source.utf8)
    let diagnostic = Diagnostic(
      "a.b", message, at: SourceLocation(file: "f.yaml", mark: SourceMark(line: line, column: column)), label: label,
      help: "mend it")
    return DiagnosticRenderer(source: { $0 == "f.yaml" ? bytes : nil }).text(for: diagnostic)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test func quotesTheLine() {
    #expect(
      render("a: b\n    path: apps/{{region}}/base\n", 2, 16, label: "has: tier") == [
        "error[a.b]: wrong", "  --> f.yaml:2:16", "2 |     path: apps/{{region}}/base",
        "  |                ^^^^^^^^^^ has: tier", "help: mend it",
      ])
    for (source, column, carets) in [
      ("key: value", 1, "^^^"), ("key: value", 6, "     ^^^^^"), ("k: 'a b' # c", 4, "   ^^^^^"),
      ("k: [1, 2]", 5, "    ^"),
      ("k:", 9, "  ^"), ("日本: x", 5, "      ^"), ("", 1, "^"), ("k: v\r", 4, "   ^"),
    ] as [(String, UInt32, String)] {
      #expect(render(source, 1, column)[3] == "  | " + carets, "\(source)")
    }
    #expect(render("a: b", 7, 1) == ["error[a.b]: wrong", "  --> f.yaml:7:1", "help: mend it"])
  }

  @Test func showsNoControlCharacters() {
    let lines = render("a:\t\u{1B}[31m\u{9B}x\u{202E}", 1, 3, label: "\u{1B}]0;", message: "m\n\u{7}\u{1B}")
    #expect(lines[0] == "error[a.b]: m␊␇␛")
    #expect(lines[2] == "1 | a:␉␛[31m\u{FFFD}x\u{FFFD}")
    #expect(lines[3].hasSuffix(" ␛]0;"))
    #expect(!lines.joined().unicodeScalars.contains { $0.value < 0x20 })
  }

  @Test func cutsLongLines() {
    let long = String(repeating: "x", count: 5_000) + " here " + String(repeating: "y", count: 5_000)
    let lines = render(long, 1, 5_002)
    #expect(lines[2].count < 140 && lines[2].contains(" here "))
    #expect(lines[3].hasSuffix(" ^^^^"))
    #expect(lines[2].dropFirst(4).prefix(lines[3].dropFirst(4).prefix { $0 == " " }.count + 4).hasSuffix("here"))
    #expect(render("a", 1, 1, message: String(repeating: "m", count: 90_000))[0].count < 2_100)
  }

  @Test func neverQuotesSecrets() {
    let secret =
      "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\ndata:\n  password: aHVudGVyMg==\n  aHVudGVyMg==\n---\nkind: ConfigMap\ndata:\n  open: text\n"
    #expect(render(secret, 6, 3)[2] == "6 |   password: <redacted>")
    #expect(render(secret, 7, 3)[2] == "7 |   <redacted>")
    #expect(render(secret, 4, 9)[2] == "4 |   name: s")
    #expect(render(secret, 11, 3)[2] == "11 |   open: text")
    for (text, line) in [
      (#"{"kind":"Secret","data":{"k":"aHVudGVyMg=="}}"#, 1),
      ("kind: Config\nusers:\n- user: {token: aHVudGVyMg==}", 3),
      ("{kind: Secret, data: {k: aHVudGVyMg==}}", 1), ("stringData: {k: aHVudGVyMg==}\nkind: \"Secret\"", 1),
    ] as [(String, UInt32)] {
      #expect(!render(text, line, 1).joined().contains("aHVudGVyMg"), "\(text)")
    }
  }

  @Test func paintsWhenAsked() {
    let text = DiagnosticRenderer(usesColour: true).text(for: Diagnostic("a.b", severity: .warning, "careful"))
    #expect(text == "\u{1B}[1;33mwarning[a.b]\u{1B}[0m: careful")
  }
}
