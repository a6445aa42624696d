import Manifest
import Testing

@testable import Fleet

/// Conditions on values. What is expected follows expr 1.17 and Argo Rollouts' environment.
@Suite struct ConditionTests {
  private static let now = AnalysisTime(seconds: 1_795_000_000)

  /// True, false, or nil for an error.
  private func outcome(_ text: String, _ value: MetricValue) -> Bool? {
    try? MetricCondition(text).holds(for: value.expr, now: Self.now)
  }

  private func error(_ text: String, _ value: MetricValue = .scalar(1)) -> ExprError? {
    do throws(ExprError) {
      _ = try MetricCondition(text).holds(for: value.expr, now: Self.now)
      return nil
    } catch { return error }
  }

  private func json(_ text: String) throws -> MetricValue { .json(try JSON.parse(Array(text.utf8))) }

  @Test func vectors() {
    let table: [(String, [Double], Bool?)] = [
      ("result[0] >= 0.95", [0.96], true), ("result[0] >= 0.95", [0.94], false), ("result[0] >= 0.95", [], nil),
      ("result[0] < 0.1", [.nan], false), ("!(result[0] >= 0.1)", [.nan], true), ("result[-1] == 3", [1, 2, 3], true),
      ("result[3] == 3", [1, 2, 3], nil), ("result[-4] == 3", [1, 2, 3], nil),
      ("len(result) == 0 or result[0] > 1", [], true), ("len(result) > 0 && result[0] > 1", [], false),
      ("isNaN(result[0]) || result[0] < 1", [.nan], true), ("isInf(result[0])", [-.infinity], true),
      ("isInf(result[0])", [.nan], false), ("all(result, # < 5)", [1, 4], true), ("all(result, {# < 5})", [], true),
      ("any(result, # > 4)", [1, 5], true), ("none(result, # > 4)", [1, 5], false),
      ("one(result, # > 4)", [5, 5], false),
      ("len(filter(result, # > 1)) == 2", [1, 2, 3], true), ("count(result, # > 1) == 2", [1, 2, 3], true),
      ("map(result, # * 2)[1] == 4", [1, 2], true), ("sum(result) == 6", [1, 2, 3], true),
      ("sum(result) == 0", [], true),
      ("sum(result, # * 2) == 6", [1, 2], true), ("mean(result) == 2", [1, 3], true), ("mean(result) == 0", [], true),
      ("median(result) == 2", [3, 2, 1], true), ("median(result) == 1.5", [1, 2], true),
      ("max(result) == 3", [1, 3], true),
      ("min(result) == 1", [1, 3], true), ("max(result) == nil", [], true), ("max(result) > 1", [], nil),
      ("max(result) < 9", [.nan, 1], false), ("max(result) < 9", [1, .nan], true),
      ("first(result) == 1", [1, 2], true),
      ("last(result) == nil", [], true), ("get(result, 9) == nil", [1], true), ("(get(result, 0) ?? 7) == 7", [], true),
      ("(result[0] ?? 7) == 7", [], nil), ("find(result, # > 1) == 2", [1, 2, 3], true),
      ("findIndex(result, # > 1) == 1", [1, 2, 3], true), ("findLast(result, # > 1) == 3", [1, 2, 3], true),
      ("findLastIndex(result, # > 9) == nil", [1], true), ("reduce(result, #acc + #) == 6", [1, 2, 3], true),
      ("reduce(result, #acc + #, 10) == 16", [1, 2, 3], true), ("reduce(result, #acc + #)", [], nil),
      ("map(result, #index)[1] == 1", [5, 5], true), ("sort(result)[0] == 1", [3, 1], true),
      ("sort(result, 'desc') == [3, 1]", [1, 3], true), ("sortBy(result, -#)[0] == 3", [1, 3], true),
      ("reverse(result) == [2, 1]", [1, 2], true), ("uniq(result) == [1]", [1, 1], true),
      ("concat(result, [9]) == [1, 9]", [1], true), ("take(result, 1) == [1]", [1, 2], true),
      ("result[1:] == [2, 3]", [1, 2, 3], true), ("result[:-1] == [1, 2]", [1, 2, 3], true),
      ("result[5:] == []", [1], true),
      ("2 in result", [1, 2], true), ("result[0] not in [1, 2]", [3], true), ("result[0] in 1..3", [2], true),
      ("result == [1, 2]", [1, 2], true), ("result == 1..2", [1, 2], false), ("0.1 < result[0] < 0.2", [0.15], true),
      ("0.1 < result[0] < 0.2", [0.25], false), ("result[0] > 0.5 ? true : false", [1], true),
      ("let r = result[0]; r > 1 and r < 3", [2], true), ("if result[0] > 1 { true } else { false }", [2], true),
      ("result | filter(# > 1) | len() == 1", [1, 2], true), ("result | any(# == 2)", [1, 2], true),
      ("isNil(result)", [], false), ("result != nil", [], true), ("result[0] > 1; true", [], nil),
      ("$env.result[0] > 1", [2], true), (#"len($env["result"]) == 1"#, [2], true), ("$env.result.x", [2], nil),
      ("$env.other == 1", [2], nil), ("let x = 1; $env.x == 1", [2], nil), ("$env == nil", [2], nil),
      // Not evaluated: expr folds what cannot matter.
      ("result[0] > 1 || true", [], true), ("result[0] > 1 && false", [], false),
      // A type that cannot work is an error before anything is evaluated.
      ("len(result) == 0 || result.foo > 1", [], nil), ("len(result) == 0 || result > 1", [], nil),
      ("result > 1", [1], nil),
      ("result[0] == '1'", [1], nil), ("result[0]", [1], nil), ("results[0] > 1", [1], nil),
      ("result[0] = 1", [1], nil),
      ("isNaN(result)", [1], nil), ("isNaN(len(result))", [1], nil), ("isNaN(0)", [1], false),
      ("len(result[0])", [1], nil),
      ("all(result[0], # > 1)", [1], nil), ("all(result, #)", [1], nil), ("#acc > 1", [1], nil),
      ("true && result[0]", [1], nil),
    ]
    for (text, values, expected) in table {
      #expect(outcome(text, .vector(values)) == expected, "\(text) on \(values)")
    }
  }

  @Test func arithmetic() {
    let table: [(String, Bool?)] = [
      ("1 + 2 * 3 == 7", true), ("(1 + 2) * 3 == 9", true), ("2 ** 3 ** 2 == 512", true), ("-2 ** 2 == -4", true),
      ("2 ^ 3 == 8", true), ("5 / 2 == 2.5", true), ("5 % 3 == 2", true), ("-5 % 3 == -2", true), ("5 % 0 == 1", nil),
      ("5.0 % 2 == 1", nil), ("1 / 0 > 1e308", true), ("1 == 1.0", true), ("0x1F == 31", true),
      ("0b11 + 0o7 == 10", true),
      ("1_000 == 1000", true), (".5 == 0.5", true), ("1. == 1", true), ("1e3 == 1000", true),
      ("9223372036854775807 + 1 < 0", true),
      ("9223372036854775808 > 1", nil), ("abs(-1.5) == 1.5", true), ("round(2.5) == 3", true),
      ("round(-2.5) == -3", true),
      ("ceil(1.1) == 2 && floor(1.9) == 1", true), ("int('15') == 15", true), ("int(1.9) == 1", true),
      ("int('x') == 1", nil),
      ("float('1.5') == 1.5", true), ("float('x') == 1", nil), ("asInt(-1.9) == -1", true),
      ("asFloat('2.5') == 2.5", true),
      ("asInt(true) == 1", nil), ("not false and false", false), ("not (false and false)", true),
      ("!true || true", true),
      ("nil == nil", true), ("nil < 1", nil), ("nil ?? true", true), ("true ?? false || true", nil), ("1 < 'a'", nil),
      ("'a' < 'b'", true), ("'a' + 'b' == 'ab'", true), ("'a' + 1 == 'a1'", nil), ("true > false", nil),
      ("1 > true", nil),
      ("max(1, 2.5) == 2.5", true), ("min([3, [1, 2]]) == 1", true), ("max('a') == 'a'", nil),
      ("bitand(6, 3) == 2", true),
      ("bitshl(1, 3) == 8", true), ("bitshl(1, -1) == 8", nil), ("bitushr(-1, 63) == 1", true),
      ("1..3 == [1, 2, 3]", true),
      ("3..1 == []", true), ("len(1..1000001) > 0", nil), ("/* a */ true // b", true), ("true # b", nil), ("", nil),
      ("1 +", nil),
      ("(true", nil), ("[1, 2", nil), ("{a: 1}.a == 1", true), ("{'a b': 1}['a b'] == 1", true),
      ("{a: 1} == {a: 1}", true),
      ("{a: 1} == {a: 1.0}", false), ("keys({a: 1}) == ['a']", true), ("values({a: 1}) == [1]", true),
      ("now() > now() - duration('1m')", true),
      ("duration('90s') == duration('1m30s')", true), ("duration('x') > duration('1s')", nil),
      ("now() + 1 > now()", nil),
      ("date('2026-11-28') < date('2026-11-28T00:00:01Z')", true), ("type(1.5) == 'float'", true),
      ("string(1.0) == '1'", true), ("string(1000000.0) == '1e+06'", true),
      ("string(123456.5) == '123456.5' && string(0.0001) == '0.0001' && string(0.000015) == '1.5e-05'", true),
      ("fromJSON('{\"a\": [1]}').a[0] == 1", true), ("toJSON([1]) contains '1'", true),
      ("fromBase64(toBase64('x')) == 'x'", true),
      ("default(result, 5) == 1", true), ("default(result) == 1", nil), ("unknownName", nil), ("isNan(result)", nil),
      ("let result = 1; true", nil), ("let a = 1; let a = 2; true", nil), ("let a = 1; a == 1", true),
      ("map(1..2, # + 1) == [2, 3]", true),
      ("map(1..2, {let x = #; map(1..2, {x * #})})[1] == [2, 4]", true),
      ("flatten([[1], [2, [3]]]) == [1, 2, 3]", true),
      ("fromPairs([['a', 1]]).a == 1", true), ("toPairs({a: 1})[0] == ['a', 1]", true),
    ]
    for (text, expected) in table { #expect(outcome(text, .scalar(1)) == expected, "\(text)") }
  }

  @Test func webResults() throws {
    let table: [(String, String, Bool?)] = [
      ("result", "true", true), ("result == 'ok'", "\"ok\"", true), ("result.a.b >= 1", "{\"a\": {\"b\": 1}}", true),
      ("result.missing == nil", "{}", true), ("result.missing > 1", "{}", nil), ("result.a.b == nil", "{}", nil),
      ("result?.a?.b == nil", "{}", true), ("(result.a?.b ?? 3) == 3", "{}", true),
      ("result.a?.b.c == nil", "{}", true),
      ("all(result.v, {asFloat(.x) > 1})", "{\"v\": [{\"x\": \"2\"}]}", true),
      ("any(result, .ok)", "[{\"ok\": true}]", true),
      ("'a' in result", "{\"a\": null}", true), ("1 in result", "{\"a\": null}", nil), ("result == nil", "null", true),
      ("default(result, 0) == 0", "null", true), ("result > 1", "null", nil),
      ("result.a matches '^v[0-9]+$'", "{\"a\": \"v12\"}", true),
      ("result.a matches '('", "{\"a\": \"v12\"}", nil), ("result.a not contains 'x'", "{\"a\": \"v12\"}", true),
      ("result startsWith 'v' and result endsWith '2'", "\"v12\"", true), ("result.b matches 'x'", "{}", false),
      ("upper(result) == 'AB' and lower('X') == 'x'", "\"ab\"", true), ("trim(result) == 'a'", "\" a \"", true),
      ("split(result, ',') == ['a', 'b']", "\"a,b\"", true), ("join(['a', 'b'], '-') == result", "\"a-b\"", true),
      ("replace(result, 'a', 'b') == 'bb'", "\"ab\"", true), ("indexOf(result, 'ab') == 3", "\"aacabab\"", true),
      ("lastIndexOf(result, 'ab') == 5", "\"aacabab\"", true), ("indexOf(result, 'aab') == 1", "\"aaab\"", true),
      ("result contains '' && indexOf(result, 'x') == -1", "\"ab\"", true),
      ("len(result) == 2", "\"é€\"", true), ("result[0] == 97", "\"abc\"", nil),
      ("result.s[0] == 97", "{\"s\": \"abc\"}", true),
      ("result[1:] == 'bc'", "\"abc\"", true), ("result.n == 9007199254740992", "{\"n\": 9007199254740993}", true),
      ("not result.flag", "{}", nil), ("result.code in ['a', 'b']", "{\"code\": 1}", nil),
      ("result.code in ['a']", "{}", false),
      ("groupBy(result, .k)['a'][0].v == 1", "[{\"k\": \"a\", \"v\": 1}]", true), ("groupBy(result, #)", "[[1]]", nil),
      ("sortBy(result, .v, 'desc')[0].v == 2", "[{\"v\": 1}, {\"v\": 2}]", true),
      ("sortBy(result, .v, 'up')", "[]", nil),
      ("sort(result)", "[1, \"a\"]", nil), ("result.f() == 1", "{\"f\": 1}", nil),
      ("result.a | len() == 1", "{\"a\": [1]}", true),
      ("find(result, .n == 'x')?.v ?? true", "[]", true), ("sum(result) == 1", "[\"a\"]", nil),
    ]
    for (text, result, expected) in table {
      #expect(outcome(text, try json(result)) == expected, "\(text) on \(result)")
    }
  }

  @Test func nullableNumbers() {
    let table: [(String, Double?, Bool?)] = [
      ("default(result, 0) < 0.05", nil, true), ("default(result, 0) < 0.05", 0.06, false), ("result >= 1", nil, nil),
      ("result == nil || result < 5", nil, nil), ("isNil(result)", nil, true), ("result < 5", 4, true),
    ]
    for (text, value, expected) in table {
      #expect(outcome(text, .nullable(value)) == expected, "\(text) on \(String(describing: value))")
    }
  }

  @Test func errorsNameTheirPlaceAndTheNearestName() {
    #expect(error("result > 1 && isNan(result)")?.offset == 14)
    #expect(error("isNan(result)")?.message.contains("did you mean 'isNaN'?") == true)
    #expect(error("result = 1")?.message.contains("equality is ==") == true)
    #expect(error("result > 1 &&")?.stage == .syntax)
    #expect(error("result[0] > 1")?.stage == .type)
    #expect(error("result[0] > 1", .vector([]))?.stage == .run)
  }

  @Test func textsThatAreTooLargeAreRefused() {
    let deep = String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000)
    let chain = Array(repeating: "1", count: 5000).joined(separator: " + ")
    for text in [
      deep, chain, String(repeating: "!", count: 5000) + "true", String(repeating: "[", count: 5000),
      String(repeating: " ", count: 70_000) + "true",
    ] {
      #expect(error(text)?.stage == .limit, "\(text.prefix(40))")
    }
  }

  @Test func budgetsEndWhatWouldNotEnd() {
    var limits = ExprLimits()
    limits.steps = 20_000
    limits.memory = 20_000
    func stage(_ text: String, _ value: MetricValue) -> ExprError.Stage? {
      do throws(ExprError) {
        _ = try MetricCondition(text).holds(for: value.expr, now: Self.now, limits: limits)
        return nil
      } catch { return error.stage }
    }
    for text in [
      "all(1..100, all(1..100, all(1..100, # > 0)))", "repeat('a', 999999999) == ''", "len(1..99999999) > 0",
      "map(1..100, repeat('a', 1000)) == []", "len(flatten([1..9000, 1..9000])) > 0",
    ] { #expect(stage(text, .scalar(1)) == .limit, "\(text)") }
    // What walks over a large result counts as much.
    let large = MetricValue.vector([Double](repeating: 1, count: 2000))
    for text in [
      "all(1..100, max(result) > 0)", "all(1..100, result == result)", "any(1..100, 2 in result)",
      "all(1..100, mean(result) > 0)", "all(1..100, len(result[1:]) > 0)", "all(1..100, median(result) > 0)",
    ] { #expect(stage(text, large) == .limit, "\(text)") }
    #expect(stage("max(result) == 1 && all(result, # == 1) && all(result, # < len(result))", large) == nil)
    let long = MetricValue.json(.mapping(["t": .string(String(repeating: "a", count: 40_000))]))
    for text in [
      "any(1..100, result.t contains 'b')", "all(1..100, upper(result.t) != '')", "result.t matches 'a*b'",
      "all(1..100, len(result.t) > 0)", "all(1..100, result.t != result.t + '')", "all(1..100, result.t[0] == 97)",
    ] { #expect(stage(text, long) == .limit, "\(text)") }
    #expect(stage("result.t contains 'aaab' || len(result.t) == 40000", long) == nil)
    // No pattern makes the engine backtrack.
    #expect(outcome("result matches '^(a+)+$'", .text(String(repeating: "a", count: 20_000) + "!")) == false)
  }

  /// Whatever the text, there is an answer or an error, and nothing else.
  @Test func randomTextsAreAnswered() {
    let words = [
      "result", "[0]", "(", ")", "{", "}", "[", "]", "#", ".", "..", "?.", "??", "?", ":", ",", ";", "1", "2.5", "'a'",
      "not",
      "in", "and", "||", "all", "filter", "map", "len", "max", "let", "x", "=", "==", "<", "-", "*", "%", "|", "nil",
      "true", "if",
      "else", "reduce", "#acc", "matches", "sortBy", "0x", "1e", "\"", "get", "$env",
    ]
    var random = SeededGenerator(seed: 7)
    var answered = 0
    for _ in 0..<5000 {
      let text = (0..<Int.random(in: 1...9, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }
        .joined(separator: Bool.random(using: &random) ? " " : "")
      for value in [MetricValue.vector([1, .nan]), .scalar(.infinity), .json(.null)] where outcome(text, value) != nil {
        answered += 1
      }
    }
    #expect(answered > 0)
  }

  @Test func instantsOfRangeQueries() throws {
    #expect(try MetricCondition.instant("now()", now: Self.now) == Self.now)
    #expect(try MetricCondition.instant("now() - duration(\"1h\")", now: Self.now).seconds == Self.now.seconds - 3600)
    for text in ["1", "result", "asInt(1)", "now() - 1", ""] {
      #expect(throws: ExprError.self, "\(text)") { try MetricCondition.instant(text, now: Self.now) }
    }
  }
}

/// Numbers that look random and are the same in each run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
