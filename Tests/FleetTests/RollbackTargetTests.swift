import Testing

@testable import Fleet

/// Where a way back goes that names no target.
struct RollbackTargetTests {
  /// `A`, `B*` (a way back), `C!` (failed), `D?` (of single objects); the newest first.
  private func history(_ text: String) -> [SyncOperation] {
    text.split(separator: " ").map { word in
      var operation = SyncOperation(
        number: 1, cluster: "c", digest: String(word.prefix(1)), revision: String(word), sources: "",
        cause: word.hasSuffix("*") ? .rollback : .automated, actor: "hub", startedAt: 0)
      operation.phase = word.hasSuffix("!") ? .failed : .succeeded
      if word.hasSuffix("?"), let one = ObjectSelection(":ConfigMap:x") { operation.options.selection = [one] }
      return operation
    }
  }

  @Test func isNeverWhatWasTakenBack() {
    let table: [(history: String, now: String?, target: String?)] = [
      ("", nil, nil), ("A", "A", nil), ("B A", "B", "A"), ("B! A", "B", "A"), ("B! A", "A", nil), ("B? A", "B", "A"),
      // The gate of B failed, and the rollout went back: B is no target.
      ("A* B A", "A", nil), ("A* B A Z", "A", "Z"), ("A* C B A Z", "A", "Z"),
      // Whoever rolled it out again means it.
      ("B A* B A", "B", "A"), ("C A* B A", "C", "A"), ("C B A* B A", "C", "B"),
      // What A was before is not remembered any more.
      ("A* B", "A", nil),
    ]
    for (text, now, target) in table {
      #expect(SyncOperation.before(now, in: history(text)).map { String($0.revision.prefix(1)) } == target, "\(text)")
    }
  }
}
