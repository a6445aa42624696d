import Testing

@testable import Templating

/// What Go's text/template with Sprig prints for the same text.
@Suite struct GoConformanceTests {
  private func check(_ table: [(String, String)]) {
    for (call, expected) in table { #expect(Rendering.outcome("{{\(call)}}") == expected, "\(call)") }
  }

  @Test func formats() {
    check([
      (#"printf "%+v|%+q|%+x" 1 "é" 255"#, #"1|"\u00e9"|+ff"#),
      (#"printf "%05s|%-05s|%05q|%05t|%05c" "ab" "ab" "a" true 65"#, #"000ab|ab   |00"a"|0true|0000A"#),
      (#"printf "%#U|%U|%10U|%.6U" 0x1F600 65 65 65"#, #"U+1F600 '😀'|U+0041|    U+0041|U+000041"#),
      (#"printf "%#x|%# x|% X|%.1x" "abc" "abc" "abc" "ab""#, #"0x616263|0x61 0x62 0x63|61 62 63|61"#),
      (
        #"printf "%x|%X|%.2x|%.0x|%x|%020x" 3.5 3.5 3.14159 1.96875 -0.1 1.5"#,
        #"0x1.cp+01|0X1.CP+01|0x1.92p+01|0x1p+01|-0x1.999999999999ap-04|000000000000x1.8p+00"#
      ),
      (
        #"printf "%G|%G|%.3G|%#g|%#.3g|%b" 1e-7 1e21 123456.0 1.0 1.5 1.5"#,
        #"1E-07|1E+21|1.23E+05|1.00000|1.50|6755399441055744p-52"#
      ),
      (#"printf "%#08x|%#o|%#O|%06.3d|%+.3d" 255 8 10 5 5"#, #"0x000000ff|010|0o012|   005|+005"#),
      (#"printf "%#q|%#q|%+q" "a`b" "a\nb" 233"#, #""a`b"|"a\nb"|'\u00e9'"#),
      (#"printf "%*d|%.*d|%*d" 5 1 -1 5 "a" 1"#, #"    1|%!(BADPREC)5|%!(BADWIDTH)1"#),
      (#"printf "%d|%z|%5z" nil 1 2"#, #"%!d(<nil>)|%!z(int=1)|%!z(int=    2)"#),
      (#"printf "%s %#v" (list nil "a") (list nil 1)"#, #"[<nil> a] []interface {}{interface {}(nil), 1}"#),
      (#"printf "%v|%.1f|%T" 1i 1i 1i"#, #"(0+1i)|(0.0+1.0i)|complex128"#),
      (#"printf "%#.0f|%#e|% d|%+ d" 1.0 1.0 4 5"#, #"1.|1.000000e+00| 4|+5"#),
    ])
  }

  @Test func literals() {
    check([
      (#"1i"#, #"(0+1i)"#),
      (#"-2i"#, #"(0-2i)"#),
      (#"1.5e3-2i"#, #"(1500-2i)"#),
      (#"eq 1i 1i"#, #"true"#),
      (#"int 3i"#, #"0"#),
      (#"until 3.0"#, #"[0 1 2]"#),
      (#"trunc 1e1 "abcdefghijklmn""#, #"abcdefghij"#),
      (#"substr 0x1 0b11 "abcdef""#, #"bc"#),
    ])
  }

  @Test func lists() {
    check([
      (#"rest (list)"#, #"[]"#),
      (#"initial (list)"#, #"[]"#),
      (#"kindOf (rest (list))"#, #"slice"#),
      (#"cat " a " "b ""#, #" a  b "#),
      (#"cat "" | quote"#, #""""#),
    ])
  }

  @Test func text() {
    check([
      (#"upper "straße ŉ ﬁ ǆ ı ſ""#, #"STRAßE ŉ ﬁ Ǆ I S"#),
      (#"lower "İ Σ ẞ""#, #"i σ ß"#),
      (#"title "ßa ǆa""#, #"ßa ǅa"#),
      (#"swapcase "ßẞ ǅ İı""#, #"ßß ǆ iI"#),
      (#"regexMatch "[" "a""#, #"false"#),
      (#"toJson 1i"#, #""#),
    ])
  }

  @Test func coded() {
    check([
      (#"b64dec "YW!j""#, #"illegal base64 data at input byte 2"#),
      (#"b64dec "YWJ""#, #"illegal base64 data at input byte 0"#),
      (#"b64dec "YWJj=""#, #"illegal base64 data at input byte 4"#),
      (#"b64dec "YQ==YQ==""#, #"illegal base64 data at input byte 4"#),
      (#"b64dec "ab=c""#, #"illegal base64 data at input byte 2"#),
      (#"b64dec "ab==x""#, #"illegal base64 data at input byte 4"#),
      (#"b64dec "=ab""#, #"illegal base64 data at input byte 0"#),
      (#"b64dec "YW\nJj""#, #"abc"#),
      (#"b64dec "a===""#, #"illegal base64 data at input byte 1"#),
      (#"b64dec "YWK=""#, #"ab"#),
      (#"b64dec "YWJjZ""#, #"illegal base64 data at input byte 4"#),
      (#"b32dec "M""#, #"illegal base32 data at input byte 0"#),
      (#"b32dec "MZXW6===""#, #"foo"#),
      (#"b32dec "MZXW6==""#, #"illegal base32 data at input byte 7"#),
      (#"b32dec "MZXW6===X""#, #"foo"#),
      (#"b32dec "M=======""#, #"illegal base32 data at input byte 1"#),
      (#"b32dec "MZXW6Y=B""#, #"illegal base32 data at input byte 6"#),
      (#"b32dec "mzxw6===""#, #"illegal base32 data at input byte 0"#),
    ])
  }

  @Test func dates() {
    check([
      (#"date "15:04:05 MST" (toDate "2006-01-02T15:04:05Z07:00" "2024-07-05T13:04:09.5+02:00")"#, "11:04:09 UTC"),
      (
        #"printf "%d %v" (toDate "2006-01-02" "2024-02-29").Month (toDate "2006-01-02" "2024-02-29").Weekday"#,
        "2 Thursday"
      ),
      (#"int (toDate "2006" "2024").Month"#, "1"), (#"float64 "0x10""#, "0"), (#"html nil"#, "&lt;no value&gt;"),
      (#"js "é\u2028""#, "é\\u2028"),
    ])
  }

  @Test func refusals() {
    for call in [
      "until .n", "trunc 2.5 \"a\"", "mustRegexMatch \"[\" \"a\"", "range $i, $x := 3", "0x10i", "1+2",
      "repeat 2i \"x\"",
      "urlParse \"http://[::1\"", "semver \"1.2.3-01\"", "semverCompare \"==1.2\" \"1.2.0\"", "mustToJson 1i",
      "lt 1i 2i",
    ] {
      let text = call.hasPrefix("range") ? "{{\(call)}}{{end}}" : "{{\(call)}}"
      #expect(Rendering.outcome(text, "n: 3").hasPrefix("ERROR"), "\(call)")
    }
    #expect(Rendering.outcome("{{range $i := 3}}{{$i}}{{end}}{{range 2}}{{.}}{{end}}") == "01201")
  }
}
