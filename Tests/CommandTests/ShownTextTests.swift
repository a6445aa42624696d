import Foundation
import Testing

@testable import muster

/// Texts for people, without a hub.
@Suite struct ShownTextTests {
  @Test func cutsALineAtTheScreensWidth() {
    let red = "\u{1B}[31mDegraded\u{1B}[0m"
    for (line, columns, shown) in [
      ("short", 10, "short"), ("exactly-10", 10, "exactly-10"), ("longer than ten", 10, "longer th…"),
      (red, 8, red), (red + " and more", 6, "\u{1B}[31mDegra…\u{1B}[0m"), ("日本語です", 6, "日本…"),
      ("a", 0, "a"),
    ] { #expect(ScreenLine.cut(line, to: columns) == shown, "\(line)") }
    #expect(ScreenLine.width(red) == 8 && ScreenLine.width("日本") == 4)
  }

  @Test func fitsATableIntoTheScreen() {
    var table = Table(["NAME", "STATE", "MESSAGE"])
    table.rows = [
      ["web-edge-01", "Degraded", String(repeating: "long ", count: 40)], ["b", "Healthy", ""],
    ]
    let whole = table.text(whole: true, columns: 60)
    #expect(whole == table.text(whole: false, columns: nil) && whole.contains(String(repeating: "long ", count: 40)))
    let cut = table.text(whole: false, columns: 60).split(separator: "\n").map(String.init)
    #expect(cut.allSatisfy { ScreenLine.width($0) <= 60 } && cut[1].hasSuffix("…"), "\(cut)")
    #expect(cut[0] == "NAME          STATE      MESSAGE" && cut[2] == "b             Healthy")
    // A name that has no room is a name all the same.
    let narrow = table.text(whole: false, columns: 20).split(separator: "\n").map(String.init)
    #expect(narrow[1].hasPrefix("web-edge-01   Degraded   long "), "\(narrow)")
    #expect(Table(["A", "B"]).text(whole: false, columns: 60).isEmpty)
  }

  @Test func keepsAPictureWithinTheScreen() {
    let lines = (1...9).map { "line \($0) " + String(repeating: "x", count: 50) }
    let shown = LiveScreen.fitted(lines, to: (columns: 20, lines: 4))
    #expect(shown.count == 4 && shown.allSatisfy { ScreenLine.width($0) <= 20 })
    #expect(shown.last == "… and 6 lines more")
    #expect(LiveScreen.fitted(["a"], to: (columns: 20, lines: 4)) == ["a"])
  }

  @Test func printsOnlyLinesThatChanged() {
    let before = "NAME   SYNC     SYNCED\na      Synced   5s\nb      Synced   5s\n"
    let after = "NAME   SYNC        SYNCED\na      Synced      7s\nb      OutOfSync   7s\n"
    #expect(WatchOptions.news(after, since: before) == "b      OutOfSync   7s\n")
    #expect(WatchOptions.news(after, since: after).isEmpty)
  }

  @Test func putsCommandsBesideWhatTheyDo() {
    let lines = AdviceText.lines([
      "wait: it goes on by itself", "muster rollout approve web   goes on", "muster rollout rollback web   goes back",
    ])
    #expect(
      lines == [
        "  muster rollout approve web    goes on", "  muster rollout rollback web   goes back",
        "  wait: it goes on by itself",
      ])
  }

  @Test func tellsEventsOfASetByTheirWords() {
    for (message, isOf) in [
      ("web: 3 removals", true), ("web#4: canary passed", true), ("web", true), ("web-2: a", false), ("other", false),
    ] { #expect(EventQuery.isOf("web", message) == isOf, "\(message)") }
  }

  @Test func saysErrorsOfLibrariesInWords() throws {
    #expect(ErrorWords.ofSystem(98) == "address already in use")
    do {
      try FileManager.default.createDirectory(atPath: "/proc/x/y", withIntermediateDirectories: true)
      Issue.record("made a directory in /proc")
    } catch {
      let words = ErrorWords.text(error)
      #expect(!words.contains("Error Domain") && !words.contains("NSCocoa") && !words.isEmpty, "\(words)")
    }
    #expect(ErrorWords.text(CancellationError()) == "it was interrupted")
  }

  @Test func countsInWords() {
    #expect(Counted.text(1, "object") == "1 object" && Counted.text(0, "object") == "0 objects")
  }
}
