import Manifest
import Testing

@testable import Fleet

struct UnifiedDiffTests {
  @Test func changesStandInTheirContext() {
    let before = (1...20).map { "line \($0)\n" }.joined()
    let after = before.replacing("line 2\n", with: "").replacing("line 15\n", with: "line 15a\nline 15b\n")
    #expect(
      UnifiedDiff.text(before, after, names: ("a", "b")) == """
        --- a
        +++ b
        @@ -1,5 +1,4 @@
         line 1
        -line 2
         line 3
         line 4
         line 5
        @@ -12,7 +11,8 @@
         line 12
         line 13
         line 14
        -line 15
        +line 15a
        +line 15b
         line 16
         line 17
         line 18

        """)
  }

  /// Every difference, applied, gives the other text.
  @Test func differencesAreWhole() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let (a, b) = (Self.text(&random), Self.text(&random))
      let lines = UnifiedDiff.text(a, b, names: ("a", "b")).split(separator: "\n").dropFirst(2).filter {
        !$0.hasPrefix("@@")
      }
      guard a != b else {
        #expect(lines.isEmpty)
        continue
      }
      // The texts are short enough to stand in one hunk but for equal ends.
      let old = lines.filter { !$0.hasPrefix("+") }.map { $0.dropFirst() + "\n" }.joined()
      let new = lines.filter { !$0.hasPrefix("-") }.map { $0.dropFirst() + "\n" }.joined()
      #expect(a.contains(old) && b.contains(new), "\(a) \(b)")
      #expect(a.count - old.count == b.count - new.count)
    }
  }

  private static func text(_ random: inout SystemRandomNumberGenerator) -> String {
    (0..<Int.random(in: 1...7, using: &random)).map { _ in ["a\n", "b\n", "c\n"].randomElement(using: &random) ?? "" }
      .joined()
  }

  @Test func secretValuesAreMasked() {
    func secret(_ data: [String: String]) -> Node {
      var values = Mapping()
      for (key, value) in data.sorted(by: { $0.key < $1.key }) { values[key] = .string(value) }
      return .mapping(["apiVersion": .string("v1"), "kind": .string("Secret"), "data": .mapping(values)])
    }
    let text = UnifiedDiff.text(
      live: secret(["same": "QQ==", "other": "Qg=="]),
      desired: secret(["same": "QQ==", "other": "Qw==", "new": "RA=="]),
      name: "Secret s")
    for value in ["QQ==", "Qg==", "Qw==", "RA=="] { #expect(!text.contains(value)) }
    #expect(text.contains("-  other: '*** (before)'\n"))
    #expect(text.contains("+  other: '*** (after)'\n"))
    #expect(text.contains("same: '***'"))
  }
}
