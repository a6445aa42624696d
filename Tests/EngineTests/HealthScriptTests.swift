import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

/// Scripts as users write them, in this process; limits are the worker's and have tests of their own.
@Suite struct LuaRunTests {
  private func run(_ script: String, _ object: String = "{}") throws -> LuaOutcome {
    try #require(LuaRun.run(script, on: try JSON.parse(Array(object.utf8))), "liblua5.4 is not installed")
  }

  /// The message of `return {status = "Healthy", message = EXPRESSION}`.
  private func message(_ expression: String, _ object: String = "{}") throws -> String {
    let outcome = try run("return {status = 'Healthy', message = \(expression)}", object)
    guard case .health("Healthy", let message) = outcome else { return "\(outcome)" }
    return message
  }

  @Test func numbersAreWrittenAsIn51() throws {
    let table: [(String, String)] = [
      ("'' .. 4 / 2", "2"), ("4 / 2 .. ''", "2"), ("'a' .. 1 .. 'b' .. 10 / 4 .. 'c'", "a1b2.5c"),
      ("tostring(2 ^ 3)", "8"), ("tostring(1e3)", "1000"), ("tostring(0.1)", "0.1"),
      ("tostring(1 / 3)", "0.3333333333333333"),
      ("tostring(tonumber('3.0'))", "3"), ("table.concat({4 / 2, 'x', 3}, ' ')", "2 x 3"),
      ("string.format('%d/%s/%5.1f/%%', 7 / 2, 6 / 2, 1.25)", "3/3/  1.2/%"), ("tostring(2 ^ 53)", "9007199254740992"),
      ("obj.n .. '|' .. obj.f .. '|' .. obj.w", "3|2.5|4"), ("tostring(1 / 0)", "+Inf"), ("'x' .. -1", "x-1"),
      ("(function(...) return select('#', ...) .. '' end)(1, 2)", "2"), ("[[a..b]] .. \"c..d\\/\"", "a..bc..d/"),
      ("'a' .. 'b' == 'ab' and 'yes' or 'no'", "yes"), ("#('ab' .. 'c') .. ''", "3"),
      ("'x' .. 1 .. 2 .. 3 .. 4 .. 5 .. 6 .. 7 .. 8 .. 9", "x123456789"),
    ]
    for (expression, text) in table {
      #expect(try message(expression, #"{"n": 3, "f": 2.5, "w": 4.0}"#) == text, "\(expression)")
    }
  }

  @Test func whatFiveOneHadAndWhatIsGone() throws {
    let table: [(String, String)] = [
      ("table.getn({1, 2, 3}) .. ''", "3"), ("select('#', unpack({1, 2})) .. ''", "2"),
      ("loadstring('return 1 + 1')() .. ''", "2"), ("table.maxn({[7] = 1}) .. ''", "7"), ("math.pow(2, 4) .. ''", "16"),
      ("os.date('!%Y-%m-%d', 0)", "1970-01-01"),
      ("os.time({year = 1970, month = 1, day = 2, hour = 0, min = 0, sec = 0}) .. ''", "86400"),
      ("type(require('os').time)", "function"), ("type(os.execute) .. type(os.getenv) .. type(os.exit)", "nilnilnil"),
      ("type(io) .. type(debug) .. type(package) .. type(dofile) .. type(loadfile)", "nilnilnilnilnil"),
      ("type(string.dump) .. tostring(pcall(require, 'io'))", "nilfalse"),
      // Bytecode could break the machine.
      ("tostring((load('\\27Lua')))", "nil"), ("tostring((loadstring('\\27Lua')))", "nil"),
    ]
    for (expression, text) in table { #expect(try message(expression) == text, "\(expression)") }
  }

  @Test func keysComeInOneOrder() throws {
    let script = """
      local t = {b = 1, a = 2, [3] = 3, [1] = 4, [true] = 5, c = 6}
      local text = ''
      for key, value in pairs(t) do text = text .. tostring(key) .. '=' .. value .. ' ' end
      return {status = 'Healthy', message = text}
      """
    #expect(try run(script) == .health(status: "Healthy", message: "1=4 3=3 a=2 b=1 c=6 true=5 "))
  }

  @Test func results() throws {
    let table: [(String, LuaOutcome)] = [
      ("", .nothing), ("return nil", .nothing), ("return {}", .nothing),
      (
        "hs = {} hs.status = 'Degraded' hs.message = obj.status.message return hs",
        .health(status: "Degraded", message: "bad")
      ),
      ("return {Status = 'Healthy'}", .health(status: "Healthy", message: "")),
      ("return 1, {status = 'Suspended'}", .health(status: "Suspended", message: "")),
      ("return 5", .failed("expect table output from Lua script, not number")),
      ("return {status = 5}", .failed("the script returned a status that is no text but a number")),
      ("error({})", .failed("the script raised an error that is no text")),
      ("return obj.spec.x", .failed("script:1: attempt to index a nil value (field 'spec')")),
      ("\n\nlocal a = 'x' .. obj.none", .failed("script:3: attempt to concatenate a nil value")),
      ("x =", .failed("script:1: unexpected symbol near <eof>")),
    ]
    for (script, outcome) in table {
      #expect(try run(script, #"{"status": {"message": "bad"}}"#) == outcome, "\(script)")
    }
  }

  @Test func hostileScriptsFailWithinTheirMemory() throws {
    let table = [
      "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1e6) .. i end", "return ('x'):rep(1e9)",
      "local function f() return f() + 1 end return f()", "local t = {} while true do t = {t} end",
      "return string.format('%99999d', 1)",
      "setmetatable(_G, {__index = function(_, k) return _G[k] end}) return nothing",
      "local s = 'x' while true do s = s .. s end",
    ]
    for script in table {
      guard case .failed = try run(script) else {
        Issue.record("\(script) did not fail")
        continue
      }
    }
    let long = try run("return {status = ('s'):rep(1000), message = ('m'):rep(1e6)}")
    guard case .health(let status, let message) = long else {
      Issue.record("\(long)")
      return
    }
    #expect(status.utf8.count == 63 && message.utf8.count == 4095)
  }

  @Test func objectsArriveWhole() throws {
    let object = #"{"a": [1, null, {"b": "ü"}], "t": true, "big": 18446744073709551615, "neg": -5, "e": {}, "l": []}"#
    let script = """
      return {status = 'Healthy', message = #obj.a .. obj.a[2].b .. tostring(obj.t) .. obj.neg .. type(obj.e) .. #obj.l
        .. tostring(obj.none) .. tostring(obj.big > 1e19)}
      """
    #expect(try run(script, object) == .health(status: "Healthy", message: "2ütrue-5table0niltrue"))
    var deep = Node.string("x")
    for _ in 0..<600 { deep = .sequence([deep]) }
    #expect(LuaRun.run("return nil", on: deep) == .failed("the object is nested too deeply"))
  }
}

/// What the hub makes of the worker, played by a shell.
@Suite struct HealthWorkerTests {
  private let object = Node.mapping(["kind": .string("A")])
  private let script = HealthScript("return nil")

  private func scripts(_ shell: String) -> HealthScripts {
    let hello = "read line; echo '{\"hello\":true}'; "
    return HealthScripts(.init(path: "/bin/sh", arguments: ["sh", "-c", hello + shell]))
  }

  @Test func answersAreTakenIn() {
    let table: [(String, HealthReport?)] = [
      (#"{"status":"Healthy","message":"well"}"#, HealthReport(.healthy, "well")), ("{}", nil),
      (#"{"error":"script:1: no"}"#, HealthReport(.unknown, "health script: script:1: no")),
      (#"{"status":"Splendid"}"#, HealthReport(.unknown, "Lua returned an invalid health status")),
      ("no JSON", HealthReport(.unknown, "the health script broke a limit of time or memory")),
    ]
    for (answer, report) in table {
      #expect(scripts("read line; echo '\(answer)'").report(object, script) == report, "\(answer)")
    }
  }

  @Test func aWorkerThatEndsOrHangsCostsOneAnswer() {
    let ends = scripts("read line; exit 1")
    #expect(ends.report(object, script)?.message == "the health script broke a limit of time or memory")
    let start = ContinuousClock.now
    let hangs = scripts("read line; sleep 60")
    #expect(hangs.report(object, script)?.message == "the health script took longer than a second")
    let floods = scripts("read line; while :; do printf 0123456789; done")
    #expect(floods.report(object, script)?.health == .unknown)
    #expect(ContinuousClock.now - start < .seconds(20))
    let missing = HealthScripts(.init(path: "/no/such/program"))
    #expect(missing.report(object, script)?.message.contains("could not be started") == true)
  }

  @Test func whatAMomentsTroubleSpoiltIsAskedForAgain() async throws {
    let (news, tell) = AsyncStream.makeStream(of: ScriptedHealth.News.self)
    let health = ScriptedHealth(scripts("read line; exit 1"), limitOfRetry: 1)
    let asker = health.register { tell.yield($0) }
    let id = ObjectID(group: "example.org", kind: "Widget", namespace: "n", name: "w")
    let ticket = try #require(health.submit(.init(asker: asker, id: id), script, object))
    var told = news.makeAsyncIterator()
    guard case .answer(let answer)? = await told.next(), case .again(let kind)? = await told.next() else {
      Issue.record("another order")
      return
    }
    #expect(answer.ticket == ticket && answer.report?.health == .unknown && kind == id.groupKind)
    // Who has gone is told nothing.
    _ = health.submit(.init(asker: asker, id: id), script, object)
    health.forget(asker)
    try await Task.sleep(for: .milliseconds(1_500))
    tell.finish()
    while case .again? = await told.next() { Issue.record("told after it was forgotten") }
  }

  @Test func whoBreaksLimitsAgainAndAgainRests() {
    let start = ContinuousClock.now
    var offences = ScriptOffences()
    #expect(offences.rest(of: script, at: start) == nil)
    for _ in 0..<2 { offences.note(script, at: start) }
    #expect(offences.rest(of: script, at: start) == nil)
    var rests: [Int64] = []
    for _ in 0..<7 {
      offences.note(script, at: start)
      rests.append(offences.rest(of: script, at: start) ?? 0)
    }
    #expect(rests == [30, 60, 120, 240, 480, 600, 600])
    #expect(offences.rest(of: script, at: start + .seconds(600)) == nil)
    #expect(offences.rest(of: HealthScript("other"), at: start) == nil)
  }
}
