import Testing

@testable import Templating

@Suite struct RegexTests {
  @Test func functions() {
    let table: [(String, String)] = [
      ("regexMatch \"^v[0-9]+$\" \"v12\"", "true"), ("regexMatch \"b\" \"abc\"", "true"),
      ("regexMatch \"^b\" \"abc\"", "false"),
      ("regexFind \"[a-z]+[0-9]\" \"ab1cd2\"", "ab1"), ("regexFindAll \"[2468]\" \"123456789\" -1", "[2 4 6 8]"),
      ("regexFindAll \"a*\" \"baac\" -1", "[ aa ]"), ("regexReplaceAll \"a(x*)b\" \"-ab-axxb-\" \"${1}W\"", "-W-xxW-"),
      ("regexReplaceAll \"(?P<n>b)\" \"abc\" \"[${n}]$$\"", "a[b]$c"),
      ("regexReplaceAllLiteral \"b\" \"abc\" \"$1\"", "a$1c"),
      ("regexSplit \"z+\" \"pizza\" -1", "[pi a]"), ("regexSplit \"/\" \"a/b/c\" 2", "[a b/c]"),
      ("regexSplit \"\" \"abc\" -1", "[a b c]"),
      ("regexQuoteMeta \"1.2+\"", "1\\.2\\+"), ("regexReplaceAll \"[^a-z0-9]+\" \"Foo Bar!\" \"-\"", "-oo-ar-"),
    ]
    for (call, expected) in table { #expect(Rendering.outcome("{{\(call)}}") == expected, "\(call)") }
  }

  @Test func syntax() throws {
    let table: [(String, String, String?)] = [
      ("a|ab", "ab", "a"), ("ab|a", "ab", "ab"), ("a+?", "aaa", "a"), ("a{2,3}", "aaaa", "aaa"),
      ("a{2}b", "aab", "aab"), ("x{", "x{", "x{"),
      ("(?i)HeLLo", "hello", "hello"), ("(?s).+", "a\nb", "a\nb"), (".+", "a\nb", "a"), ("(?m)^b$", "a\nb\nc", "b"),
      ("\\bfoo\\b", "a foo b", "foo"), ("\\d+\\s\\w", "12 x", "12 x"), ("[[:alpha:]]+", "1ab2", "ab"),
      ("[^\\d]+", "12ab", "ab"),
      ("\\p{Lu}+", "aÄB", "ÄB"), ("\\Qa.b\\E", "axb a.b", "a.b"), ("(a*)*b", "aab", "aab"), ("(|a)+", "aaa", ""),
      ("[]a]+", "]a", "]a"),
      ("\\x41\\x{42}", "AB", "AB"), ("a.c", "aéc", "aéc"), ("(?:ab)+", "ababx", "abab"), ("$", "x", ""),
      ("z", "x", nil), ("[a-c-]+", "b-a", "b-a"),
      ("(?U)a+", "aaa", "a"),
    ]
    for (pattern, text, expected) in table {
      let scalars = Array(text.unicodeScalars)
      let match = try LinearRegex(pattern).firstMatch(in: scalars, from: 0) { _ in }
      let found = match.map { String(String.UnicodeScalarView(scalars[$0.range])) }
      #expect(found == expected, "\(pattern)")
    }
  }

  @Test func refusals() {
    let bad = [
      "(", ")", "[a", "*a", "a**", "a{2,1}", "a{1001}", "(?=x)", "(?<!x)", "\\1", "\\", "[z-a]", "\\p{Nope}",
      "(?P<n>a)(?P<n>b)",
      "(((((a{1000}){1000}){1000}){1000}){1000})", String(repeating: "(", count: 5000),
    ]
    for pattern in bad {
      #expect(throws: RegexError.self, "\(pattern.prefix(40))") { try LinearRegex(pattern) }
    }
  }

  @Test func workIsLinear() throws {
    var work = 0
    let text = Array(String(repeating: "a", count: 2000).unicodeScalars)
    _ = try LinearRegex("(a|a)*(a|aa)*$b").firstMatch(in: text, from: 0) { work += $0 }
    #expect(work < 2000 * 40)
  }
}
