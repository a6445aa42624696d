import Testing

@testable import Templating

@Suite struct FunctionTests {
  private let data = """
    list: [c, a, b, a]
    map: {a: "1", b: "2"}
    text: "  hello big world  "
    """

  private func check(_ table: [(String, String)]) {
    for (call, expected) in table {
      #expect(Rendering.outcome("{{\(call)}}", data) == expected, "\(call)")
    }
  }

  @Test func text() {
    check([
      ("upper \"aé\"", "AÉ"), ("title \"hello big-world\"", "Hello Big-World"), ("untitle \"Hello Big\"", "hello big"),
      ("swapcase \"aBc\"", "AbC"), ("trim .text", "hello big world"), ("trimAll \"$\" \"$5$\"", "5"),
      ("trimSuffix \"-x\" \"a-x\"", "a"), ("trimPrefix \"v\" \"v1\"", "1"), ("nospace .text", "hellobigworld"),
      ("initials \"First Try\"", "FT"), ("trunc 5 \"hello world\"", "hello"), ("trunc -5 \"hello world\"", "world"),
      ("abbrev 5 \"hello world\"", "he..."), ("abbrevboth 5 10 \"1234 5678 9123\"", "...5678..."),
      ("substr 0 5 \"hello world\"", "hello"), ("repeat 3 \"ab\"", "ababab"),
      ("replace \"a\" \"b\" \"banana\"", "bbnbnb"),
      ("contains \"cat\" \"catch\"", "true"), ("hasPrefix \"ca\" \"cat\"", "true"),
      ("hasSuffix \"at\" \"cat\"", "true"),
      ("quote \"a\" 1 nil", "\"a\" \"1\""), ("squote \"a\"", "'a'"), ("cat \"a\" 1 \"b\"", "a 1 b"),
      ("indent 2 \"a\\nb\"", "  a\n  b"), ("nindent 2 \"a\"", "\n  a"), ("wrap 5 \"aaa bbb ccc\"", "aaa\nbbb\nccc"),
      ("wrapWith 5 \"\\t\" \"Hello World\"", "Hello\tWorld"), ("plural \"one\" \"many\" 2", "many"),
      ("snakecase \"FirstName\"", "first_name"), ("snakecase \"HTTPServer\"", "http_server"),
      ("kebabcase \"FirstName\"", "first-name"), ("camelcase \"http_server\"", "HttpServer"),
      ("join \"-\" .list", "c-a-b-a"), ("splitList \",\" \"a,b\"", "[a b]"), ("(split \",\" \"a,b\")._1", "b"),
      ("(splitn \",\" 2 \"a,b,c\")._1", "b,c"), ("sortAlpha .list", "[a a b c]"), ("hello", "Hello!"),
    ])
  }

  @Test func numbers() {
    check([
      ("add 1 2 3", "6"), ("add1 1", "2"), ("sub 5 2", "3"), ("mul 2 3 4", "24"), ("div 7 2", "3"), ("mod 7 2", "1"),
      ("max 1 3 2", "3"), ("min 3 1 2", "1"), ("ceil 1.1", "2"), ("floor 1.9", "1"), ("round 123.555555 3", "123.556"),
      ("addf 0.1 0.2", "0.3"), ("subf 1 0.9", "0.1"), ("mulf 1.1 3", "3.3"), ("divf 1 4", "0.25"),
      ("maxf 1 2.5", "2.5"),
      ("int \"42\"", "42"), ("int 3.9", "3"), ("int64 \"0x10\"", "16"), ("float64 \"1.25\"", "1.25"), ("int nil", "0"),
      ("toDecimal 777", "511"), ("atoi \"x\"", "0"), ("seq 5", "1 2 3 4 5"), ("seq 2 -1", "2 1 0 -1"),
      ("seq 0 2 6", "0 2 4 6"), ("until 3", "[0 1 2]"), ("untilStep 3 6 2", "[3 5]"), ("untilStep 6 3 -2", "[6 4]"),
      ("toStrings (list 1 \"a\")", "[1 a]"), ("toString 1.5", "1.5"),
    ])
  }

  @Test func choices() {
    check([
      ("default \"d\" \"\"", "d"), ("default \"d\" 0", "d"), ("default \"d\" \"v\"", "v"), ("empty (list)", "true"),
      ("coalesce 0 \"\" \"x\"", "x"), ("all 1 \"a\" true", "true"), ("any 0 \"\"", "false"), ("ternary 1 2 false", "2"),
    ])
  }

  @Test func listsAndMaps() {
    check([
      ("first .list", "c"), ("last .list", "a"), ("rest .list", "[a b a]"), ("initial .list", "[c a b]"),
      ("append .list \"z\"", "[c a b a z]"), ("prepend .list \"z\"", "[z c a b a]"),
      ("concat .list (list 1)", "[c a b a 1]"),
      ("reverse .list", "[a b a c]"), ("uniq .list", "[c a b]"), ("without .list \"a\"", "[c b]"),
      ("has \"a\" .list", "true"),
      ("compact (list \"\" 0 1)", "[1]"), ("slice .list 1 3", "[a b]"), ("chunk 3 .list", "[[c a b] [a]]"),
      ("dict \"a\" 1 \"b\"", "map[a:1 b:]"), ("get .map \"a\"", "1"), ("get .map \"x\"", ""),
      ("hasKey .map \"a\"", "true"),
      ("keys .map", "[a b]"), ("values .map", "[1 2]"), ("pick .map \"a\"", "map[a:1]"),
      ("omit .map \"a\"", "map[b:2]"),
      ("pluck \"a\" .map (dict \"a\" 2)", "[1 2]"), ("dig \"x\" \"y\" \"none\" (dict \"x\" (dict \"y\" 1))", "1"),
      ("dig \"x\" \"z\" \"none\" (dict \"x\" (dict \"y\" 1))", "none"), ("set .map \"c\" \"3\"", "map[a:1 b:2 c:3]"),
      ("unset (dict \"a\" 1) \"a\"", "map[]"), ("merge (dict \"a\" 1) (dict \"a\" 2 \"b\" 3)", "map[a:1 b:3]"),
      ("mergeOverwrite (dict \"a\" 1) (dict \"a\" 2 \"b\" 3)", "map[a:2 b:3]"),
      ("merge (dict \"x\" (dict \"a\" 1)) (dict \"x\" (dict \"b\" 2))", "map[x:map[a:1 b:2]]"),
      ("deepEqual (list 1) (list 1)", "true"), ("tuple 1 2", "[1 2]"),
    ])
    #expect(Rendering.outcome("{{$c := deepCopy .map}}{{$_ := set $c \"a\" \"x\"}}{{.map.a}}{{$c.a}}", data) == "1x")
  }

  @Test func encodings() {
    check([
      ("b64enc \"hi\"", "aGk="), ("b64dec \"aGk=\"", "hi"), ("b32enc \"hi\"", "NBUQ===="),
      ("b32dec \"NBUQ====\"", "hi"),
      ("toJson (dict \"a\" (list 1 1.5 \"<\") \"b\" nil)", "{\"a\":[1,1.5,\"\\u003c\"],\"b\":null}"),
      ("toRawJson \"<\"", "\"<\""), ("(fromJson \"{\\\"a\\\": 5}\").a", "5"), ("fromJson \"nope\"", "<no value>"),
      ("toYaml (dict \"b\" (list 1 \"yes\") \"a\" (dict \"c\" nil))", "a:\n  c: null\nb:\n- 1\n- \"yes\""),
      ("(fromYaml \"a: {b: 1}\").a.b", "1"), ("fromYamlArray \"[1, x]\"", "[1 x]"),
      ("sha1sum \"abc\"", "a9993e364706816aba3e25717850c26c9cd0d89d"),
      ("sha256sum \"abc\"", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "sha512sum \"abc\"",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
      ),
      ("adler32sum \"Wikipedia\"", "300286872"),
      (
        "urlParse \"https://u:p@h.io:8/a?q=1#f\" | toJson",
        "{\"fragment\":\"f\",\"host\":\"h.io:8\",\"hostname\":\"h.io\",\"opaque\":\"\",\"path\":\"/a\",\"query\":\"q=1\",\"scheme\":\"https\",\"userinfo\":\"u:p\"}"
          .replacing("&", with: "\\u0026")
      ),
      ("urlJoin (dict \"scheme\" \"http\" \"host\" \"h\" \"path\" \"/a b\" \"query\" \"q=1\")", "http://h/a%20b?q=1"),
      ("base \"a/b.c\"", "b.c"), ("dir \"a/b/c\"", "a/b"), ("clean \"a//b/../c/.\"", "a/c"),
      ("ext \"a/b.tar.gz\"", ".gz"),
      ("isAbs \"/a\"", "true"),
    ])
    // A block of padding more, since the length does not fit the last one.
    #expect(Rendering.outcome("{{sha256sum (repeat 60 \"a\")}}").hasPrefix("11ee391211c6256460b6ed375957fadd8061cafb"))
  }

  @Test func types() {
    check([
      ("typeOf 1", "int"), ("typeOf (add 1 1)", "int64"), ("typeOf .map", "map[string]interface {}"),
      ("kindOf .list", "slice"),
      ("kindIs \"map\" .map", "true"), ("typeIs \"string\" \"x\"", "true"), ("typeOf nil", "<nil>"),
      ("kindOf nil", "invalid"),
    ])
  }

  @Test func dates() {
    check([
      ("now | date \"2006-01-02 15:04:05 Mon Jan _2 PM MST -0700\"", "2023-11-14 22:13:20 Tue Nov 14 PM UTC +0000"),
      ("date \"2006-01-02\" 0", "1970-01-01"), ("htmlDate 86400", "1970-01-02"), ("unixEpoch now", "1700000000"),
      ("dateModify \"-1h30m\" now | date \"15:04\"", "20:43"),
      ("toDate \"2006-01-02\" \"2024-02-29\" | date \"02/01/06\"", "29/02/24"),
      ("toDate \"2006-01-02T15:04:05Z07:00\" \"2024-01-01T12:00:00+02:00\" | unixEpoch", "1704103200"),
      ("duration \"95\"", "1m35s"), ("duration (int64 95)", "1m35s"), ("duration 95", "0s"),
      ("durationRound \"2h10m5s\"", "2h"), ("ago (dateModify \"-90s\" now)", "1m30s"),
      ("(now).Year", "2023"), ("now.Format \"06\"", "23"), ("dateInZone \"15:04\" now \"UTC\"", "22:13"),
    ])
    #expect(Rendering.outcome("{{mustToDate \"2006-01-02\" \"2023-02-30\"}}").contains("cannot parse"))
  }

  @Test func versions() {
    check([
      ("(semver \"v1.2.3-beta.1+x\").Minor", "2"), ("(semver \"1.2\").Patch", "0"),
      ("(semver \"1.2.3-rc.1\").Prerelease", "rc.1"),
      ("semverCompare \">=1.2 <2\" \"1.9.9\"", "true"), ("semverCompare \"^1.2.3\" \"2.0.0\"", "false"),
      ("semverCompare \"^0.2.3\" \"0.3.0\"", "false"), ("semverCompare \"~1.2\" \"1.2.9\"", "true"),
      ("semverCompare \"~1.2\" \"1.3.0\"", "false"), ("semverCompare \"1.2.x\" \"1.2.7\"", "true"),
      ("semverCompare \"*\" \"9.9.9\"", "true"),
      ("semverCompare \"<1 || >=2\" \"2.1.0\"", "true"), ("semverCompare \"1.2 - 1.4\" \"1.3.0\"", "true"),
      ("semverCompare \">=1.0\" \"1.1.0-alpha\"", "false"), ("semverCompare \">=1.0-0\" \"1.1.0-alpha\"", "true"),
      ("(semver \"1.0.0\").Compare (semver \"1.0.0-a\")", "1"),
    ])
    #expect(Rendering.outcome("{{semver \"x\"}}").contains("invalid semantic version"))
  }

  @Test func names() {
    check([
      ("normalize \"Feature/ABC_1.x-\"", "feature-abc-1.x"), ("normalize (repeat 300 \"a\") | len", "253"),
      ("slugify 23 true \"a very long branch name indeed\"", "a-very-long-branch-name"),
      ("slugify 10 false \"abcdefghijkl\"", "abcdefghij"), ("slugify \"Feat/X.y\"", "feat-x-y"),
    ])
  }

  @Test func chance() {
    check([
      ("randAlphaNum 5 | len", "5"), ("randInt 3 4", "3"), ("uuidv4 | len", "36"), ("randNumeric 4", "7777"),
      ("shuffle \"abc\" | len", "3"),
    ])
  }
}
