import Testing

@testable import Engine

/// What Masterminds/semver 3.4 says, which Argo CD reads target revisions with.
@Suite struct VersionRangeTests {
  @Test func rangesHoldWhatTheySay() throws {
    // The range, versions within it, versions out of it.
    let table: [(range: String, within: [String], outside: [String])] = [
      ("*", ["0.0.0", "9.9.9"], ["1.0.0-rc.1"]), ("x", ["1.2.3"], []),
      ("1.x", ["1.0.0", "v1.9.0"], ["0.9.0", "2.0.0"]),
      ("1.2.*", ["1.2.0", "1.2.9"], ["1.1.9", "1.3.0"]), ("1.x.3", ["1.0.0", "1.9.9"], ["2.0.0"]),
      ("=1.2.3", ["1.2.3"], ["1.2.4"]), ("=1.2", ["1.2.0", "1.2.7"], ["1.3.0"]),
      ("!=1.2.3", ["1.2.4"], ["1.2.3"]), ("!=1.2.x", ["1.3.0", "2.2.0"], ["1.2.0", "1.2.9"]),
      (">1.2", ["1.3.0", "2.0.0"], ["1.2.9"]), (">1.x", ["2.0.0"], ["1.9.9"]), (">1.2.3", ["1.2.4"], ["1.2.3"]),
      (">=1.2", ["1.2.0", "3.0.0"], ["1.1.9"]), ("=>1.2", ["1.2.0"], ["1.1.9"]), ("<1.2", ["1.1.9"], ["1.2.0"]),
      ("<=1.2", ["1.2.9", "0.1.0"], ["1.3.0"]), ("=<1.x", ["1.9.9"], ["2.0.0"]), ("<=1.2.3", ["1.2.3"], ["1.2.4"]),
      ("^1.2.3", ["1.2.3", "1.9.0"], ["1.2.2", "2.0.0"]), ("^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0"]),
      ("^0.0.3", ["0.0.3"], ["0.0.4"]), ("^0.0", ["0.0.9"], ["0.1.0"]), ("^0", ["0.9.9"], ["1.0.0"]),
      ("^*", ["7.0.0"], []),
      ("~1.2.3", ["1.2.3", "1.2.9"], ["1.2.2", "1.3.0"]), ("~>1", ["1.9.9"], ["2.0.0"]), ("~0.0.0", ["5.0.0"], []),
      (">=1.0.0 <2.0.0", ["1.5.0"], ["2.0.0", "0.9.0"]), (">= 1.0.0, < 2.0.0", ["1.5.0"], ["2.0.0"]),
      ("1.x || >=3.1", ["1.4.0", "3.1.0"], ["2.0.0", "3.0.9"]), ("1.0.0 || 1.1.0", ["1.0.0", "1.1.0"], ["1.2.0"]),
      ("1.2 - 1.4.5", ["1.2.0", "1.4.5"], ["1.1.9", "1.4.6"]), ("1.x - 2.x", ["1.0.0", "2.9.9"], ["0.9.9", "3.0.0"]),
      ("1.0.0 - 2.0.0", ["1.0.0", "2.0.0"], ["2.0.1"]), ("1 - 2, !=1.5.0", ["1.4.0", "2.9.0"], ["1.5.0"]),
      ("1 - 2 !=1.5.0 || 7 - 8", ["2.9.0", "8.1.0"], ["1.5.0", "5.0.0"]),
      (">=2.0.0-0", ["2.0.0-rc.1", "2.0.0"], ["1.9.9"]), ("^1.2.3-beta", ["1.2.3-beta", "1.9.0"], ["2.0.0-alpha"]),
      (">=1.0.0-0 || 0.x", ["1.0.0-rc.1", "0.1.0"], ["0.1.0-rc.1"]),
      ("1.0.0-a - 2.0.0-b", ["1.0.0-b", "2.0.0-a"], ["2.0.0"]),
      ("<9223372036854775807", ["9.0.0"], []), ("^9223372036854775807", [], ["1.0.0"]),
    ]
    for row in table {
      let range = try #require(VersionRange(row.range), "\(row.range)")
      for text in row.within + row.outside {
        let version = try #require(Version(text[...]), "\(text)")
        #expect(range.contains(version) == row.within.contains(text), "\(row.range) and \(text)")
      }
    }
  }

  /// A line of somebody's file must not end the hub.
  @Test func hostileTextIsNoRange() {
    let hostile = [
      "-", " - ", "- -", "x -", "x - ", "- x", "1.x -", "1 - - 2", "1 - 2 - 3", ">=1 - 2", "1 - <2", "1 -, 2", "1 ,- 2",
      "^-", "^", "v-x", "-x", "x-", ">= -", ">=", ">=,1", "||", "|", "1 ||", "|| 1.x", "1.x | 2.x", ",", "*,", ",*",
      "*.", ".*", "*.*.*.*", "1.x.", "1..x", "1.x-", "1.x+", "1.x-a..b", "1.x-é", "x.y", "fix", "fix-1.x", "vv1.x",
      "^9223372036854775808", "=9999999999999999999999999999", "^+1", "^1.-2", "^١", "<>1", "=!1", "~^1", "v*v", "*v",
      String(repeating: "*", count: 257), String(repeating: "x - ", count: 60), "\u{0}*", "*\u{301}", "❌ - ✅",
    ]
    for text in hostile { #expect(VersionRange(text) == nil, "\(text)") }
    for text in ["main", "1.2.3", "v1.2", "", "release/1", "1.2.3-rc.1", "1-2"] {
      #expect(VersionRange(text) == nil, "\(text)")
    }
    for text in ["", "-", "-1.0.0", "1.0.0-", "vv1.0.0", "1.0.0.0", "1.x", "1..0", "99999999999999999999", "+", "v+"] {
      #expect(Version(text[...]) == nil, "\(text)")
    }
  }

  @Test func anyBytesAreTakenWithoutHarm() {
    var generator = Dice()
    let pieces = [
      "1", "0", "x", "*", "-", " - ", ".", "v", "^", "~", ">", "<", "=", "!", "|", "||", ",", " ", "+", "a", "é",
    ]
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 0..<12, using: &generator)).map { _ in
        pieces.randomElement(using: &generator) ?? ""
      }.joined()
      let range = VersionRange(text)
      _ = Version(text[...]).map { range?.contains($0) }
    }
  }

  /// xorshift64: the same text each time.
  private struct Dice: RandomNumberGenerator {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
  }
}
