import Testing

@testable import Templating

@Suite struct LanguageTests {
  private let data = """
    name: web
    env: prod
    n: 3
    big: 123456789012
    none: null
    flag: true
    empty: ""
    list: [a, b, c]
    map: {b: 2, a: x}
    nested: {deep: {er: v}}
    """

  @Test func outputs() {
    let table: [(String, String)] = [
      ("plain", "plain"),
      ("{{.name}}-{{ .env }}", "web-prod"),
      ("a {{- .name -}} b", "awebb"),
      ("a\n{{- /* note */ -}}\nb", "ab"),
      ("{{/* note */}}x", "x"),
      ("{{.n}} {{.big}} {{1.5}} {{1e6}} {{100000.0}}", "3 1.23456789012e+11 1.5 1e+06 100000"),
      ("{{.none}}|{{.absent}}|{{.absent.deeper}}", "<no value>|<no value>|<no value>"),
      ("{{.list}} {{.map}}", "[a b c] map[a:x b:2]"),
      ("{{.nested.deep.er}}{{(.nested).deep.er}}", "vv"),
      ("{{if .flag}}y{{else}}n{{end}}{{if .empty}}y{{else if eq .n 3.0}}three{{else}}n{{end}}", "ythree"),
      ("{{with .nested.deep}}{{.er}}{{$.name}}{{else}}none{{end}}{{with .empty}}x{{else}}e{{end}}", "vwebe"),
      ("{{range .list}}[{{.}}]{{end}}{{range $i, $e := .list}}{{$i}}{{$e}}{{end}}", "[a][b][c]0a1b2c"),
      ("{{range $k, $v := .map}}{{$k}}={{$v}};{{end}}{{range .absent}}x{{else}}none{{end}}", "a=x;b=2;none"),
      ("{{range .list}}{{if eq . \"b\"}}{{continue}}{{end}}{{.}}{{end}}", "ac"),
      ("{{range .list}}{{if eq . \"b\"}}{{break}}{{end}}{{.}}{{end}}", "a"),
      ("{{range until 3}}{{.}}{{end}}{{range 2}}{{.}}{{end}}", "01201"),
      ("{{$x := 1}}{{range .list}}{{$x = add $x 1}}{{end}}{{$x}}", "4"),
      ("{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21"),
      ("{{define \"t\"}}<{{.}}>{{end}}{{template \"t\" .name}}{{template \"t\"}}", "<web><<no value>>"),
      ("{{block \"b\" .env}}[{{.}}]{{end}}", "[prod]"),
      ("{{.name | upper | printf \"%s!\"}}", "WEB!"),
      ("{{and 1 0 2}}{{or 0 \"x\"}}{{not true}}", "0xfalse"),
      ("{{or .name (fail \"never\")}}", "web"),
      ("{{index .list 1}}{{index .map \"b\"}}{{len .name}}", "b23"),
      ("{{eq 1 2 1}} {{ne 1 2}} {{lt 1 2}} {{ge \"b\" \"a\"}} {{eq .absent \"x\"}}", "true true true true false"),
      ("{{print 1 2 \"a\" \"b\" 3}}{{println 1}}", "1 2a b3".replacing("a b", with: "ab") + "1\n"),
      ("{{'a'}} {{0x10}} {{\"q\\n\\u00e9\"}}{{`raw \\n`}}", "97 16 q\néraw \\n"),
      ("{{html \"<a&b>\"}}{{urlquery \"a b&c\"}}{{js \"it's\"}}", "&lt;a&amp;b&gt;a+b%26cit\\'s"),
    ]
    for (template, expected) in table {
      #expect(Rendering.outcome(template, data) == expected, "\(template)")
    }
  }

  @Test func formats() {
    let table: [(String, String)] = [
      ("printf \"%s-%d-%v\" \"a\" 5 true", "a-5-true"),
      ("printf \"%05d|%-5d|%+d|%x|%X|%o|%b\" 42 42 42 255 255 8 5", "00042|42   |+42|ff|FF|10|101"),
      ("printf \"%.2f %6.1f %e %g\" 3.14159 2.55 1500.0 0.5", "3.14    2.5 1.500000e+03 0.5"),
      ("printf \"%q %c %U %t %T\" \"x\\\"y\" 65 65 true 1.5", "\"x\\\"y\" A U+0041 true float64"),
      ("printf \"%d\" 1.5", "%!d(float64=1.5)"), ("printf \"%d\"", "%!d(MISSING)"),
      ("printf \"%z\" 1", "%!z(int=1)"), ("printf \"x\" 1", "x%!(EXTRA int=1)"), ("printf \"%[2]d %[1]d\" 1 2", "2 1"),
      ("printf \"%*d\" 5 1", "    1"), ("printf \"%5.1s|\" \"abc\"", "    a|"),
      ("printf \"%v %s\" (list 1 \"a\") nil", "[1 a] %!s(<nil>)"),
      ("printf \"100%%\"", "100%"), ("printf \"%!\"", "%!!(NOVERB)".replacing("!!(NOVERB)", with: "!!(MISSING)")),
    ]
    for (call, expected) in table {
      #expect(Rendering.outcome("{{\(call)}}") == expected, "\(call)")
    }
  }

  @Test func errors() {
    let table: [(String, String)] = [
      ("{{.name", "unclosed action"), ("{{if .x}}", "unexpected EOF"), ("x{{end}}", "unexpected {{end}}"),
      ("{{else}}", "unexpected"), ("{{nope 1}}", "\"nope\" not defined"), ("{{uper .name}}", "did you mean 'upper'"),
      ("{{upper 3}}", "expected string; got int"), ("{{upper}}", "wrong number of args for upper: want 1 got 0"),
      ("{{.name.deep}}", "can't evaluate field deep in type string"), ("{{.none.x}}", "nil pointer"),
      ("{{index .list 9}}", "out of range"), ("{{index .list -1}}", "out of range"),
      ("{{lt 1 2.5}}", "incompatible types"), ("{{eq (list 1) (list 1)}}", "non-comparable"),
      ("{{fail \"stop here\"}}", "stop here"), ("{{template \"no\"}}", "\"no\" not defined"),
      ("{{1 | 2}}", "non executable command"), ("{{\"a}}", "unterminated"), ("{{$x}}", "undefined variable"),
      ("{{break}}", "outside {{range}}"), ("{{(1}}", "unclosed left parenthesis"), ("{{1)}}", "unexpected right"),
      ("{{.name \"x\"}}", "not a method"), ("{{nil}}", "nil is not a command"),
      ("{{mod 1 0}}", "divide by zero"), ("{{range 1.5}}{{end}}", "can't iterate"), ("{{len 3}}", "len of type int"),
      ("{{env \"HOME\"}}", "not defined"),
    ]
    for (template, expected) in table {
      let outcome = Rendering.outcome(template, data)
      #expect(outcome.hasPrefix("ERROR") && outcome.contains(expected), "\(template): \(outcome)")
    }
  }

  @Test func missingKeys() {
    #expect(Rendering.outcome("{{.map.x}}", data, missingKey: .error).contains("no entry for key \"x\""))
    #expect(Rendering.outcome("{{.absent.x}}", data, missingKey: .error).contains("no entry for key \"absent\""))
    #expect(Rendering.outcome("{{.absent}}", data, missingKey: .zero) == "<no value>")
    #expect(Rendering.outcome("{{.absent | default \"d\"}}", data) == "d")
    do {
      _ = try Rendering.render("x {{ .map.lost }}", data, missingKey: .error)
      Issue.record("a missing key passed")
    } catch {
      #expect((error as? TemplateError)?.kind == .missing("map.lost"))
      #expect((error as? TemplateError)?.offset == 5)
    }
  }

  @Test func typedMapsReadAsText() throws {
    var parameters = try Rendering.parameters("metadata: {labels: {a: x}}\nclusters: [{values: {}}]")
    parameters.textMaps = [["metadata", "labels"], ["clusters", "*", "values"]]
    let template = try GoTemplate(
      "[{{index .metadata.labels \"no\"}}]{{index .metadata.labels \"no\" | default \"d\"}}{{typeOf .metadata.labels}}{{range .clusters}}[{{index .values \"x\"}}]{{end}}"
    )
    #expect(try template.render(TemplateData(parameters)) == "[]dmap[string]string[]")
  }

  @Test func boundsHold() {
    let table = [
      "{{define \"a\"}}{{template \"a\" .}}{{end}}{{template \"a\" .}}", "{{seq 1 1000000000}}",
      "{{printf \"%1000000000d\" 1}}", "{{randAlphaNum 1000000000}}", "{{repeat 1000000000 \"abc\"}}",
      "{{$x := \"xxxxxxxxxxxxxxxx\"}}{{range until 60}}{{$x = print $x $x}}{{end}}{{$x}}", "{{indent 100000000 \"x\"}}",
      "{{range until 100000}}{{range until 100000}}{{end}}{{end}}", "{{$d := dict}}{{$_ := set $d \"d\" $d}}{{$d}}",
      String(repeating: "{{if 1}}", count: 5000),
      "{{" + String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000) + "}}",
      "{{$d := dict}}{{$_ := set $d \"d\" $d}}{{deepCopy $d}}",
      "{{wrapWith 1 (repeat 10000 \"ab\") (repeat 10000 \"x\")}}",
    ]
    for template in table {
      let outcome = Rendering.outcome(template)
      #expect(outcome.hasPrefix("ERROR") && outcome.contains("limit"), "\(template.prefix(60)): \(outcome.prefix(200))")
    }
  }

  @Test func hostileArgumentsAreErrorsOrText() {
    let table = [
      "{{int64 1e30}}{{int 1e300}}{{floor 1e300}}{{round 1e308 400}}{{int64 (float64 \"NaN\")}}",
      "{{round (float64 \"Inf\") 2}}",
      "{{atoi \"99999999999999999999999\"}}{{toDecimal \"99999999999999999999999\"}}",
      "{{div -9223372036854775808 -1}}",
      "{{mod -9223372036854775808 -1}}", "{{untilStep -9223372036854775808 9223372036854775807 1}}",
      "{{range untilStep 0 10 0}}x{{end}}", "{{until -9223372036854775808}}",
      "{{substr 5 2 \"abc\"}}{{substr -1 9 \"abc\"}}",
      "{{trunc -9223372036854775808 \"abc\"}}", "{{abbrev 9223372036854775807 \"abc\"}}",
      "{{chunk 9223372036854775807 (list 1 2)}}",
      "{{slice (list 1 2) 1e300}}", "{{fromJson (repeat 100000 \"[\")}}", "{{index (list 1) 9223372036854775807}}",
      "{{date \"2006-01-02T15:04:05.000Z07:00\" 9223372036854775807}}", "{{duration 9223372036854775807}}",
      "{{dateModify \"9999999h\" now | date \"2006\"}}", "{{mul 9223372036854775807 9223372036854775807}}",
      "{{regexReplaceAll \"(x+x+)+y\" (repeat 2000 \"x\") \"z\"}}", "{{regexMatch \"(a{0,1000}){0,1000}\" \"b\"}}",
      "{{semverCompare \"^\" \"1.2.3\"}}", "{{splitn \"\" 2 \"abc\"}}", "{{wrap -5 \"a b c\"}}",
      "{{first (list)}}{{rest (list)}}",
      "{{\"\\xff\\xfe\" | upper}}", "{{seq 9223372036854775807}}",
      "{{randInt -9223372036854775808 9223372036854775807}}",
      "{{(now.AddDate 999999999 0 0).Format \"2006\"}}", "{{durationRound -9223372036854775808}}",
    ]
    for template in table { #expect(Rendering.outcome(template).utf8.count < 2_000_000, "\(template)") }
  }

  @Test func aBoundOnAllRenderingsTogether() throws {
    let template = try GoTemplate("{{range until 1000}}{{end}}x")
    let allowance = TemplateAllowance(work: 50_000, outputBytes: 1000)
    var done = 0
    do {
      for _ in 0..<1000 {
        _ = try template.render(TemplateData(Parameters(), allowance: allowance))
        done += 1
      }
      Issue.record("a thousand renderings fit \(50_000) steps")
    } catch {
      #expect(error.kind == .limit && (5..<50).contains(done) && allowance.exhaustion != nil)
    }
    let texts = TemplateAllowance(work: 1_000_000, outputBytes: 1000)
    let fast = try TextTemplate("{{a}}", .fast)
    let data = TemplateData(try Rendering.parameters("a: \(String(repeating: "x", count: 600))"), allowance: texts)
    _ = try fast.render(data)
    #expect(throws: TemplateError.self) { try fast.render(data) }
  }
}
