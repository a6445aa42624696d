import Manifest

/// What went wrong with single elements of an expansion: all of the first ones, and a count of the others.
struct ElementProblems {
  /// Beyond it nobody reads them one by one, and a set may have a hundred thousand.
  private static let maximumCount = 100

  private var kept: [Diagnostic] = []
  private var left = 0
  private var worst = Diagnostic.Severity.warning

  /// Runs `body` with an empty list; what it adds is kept as long as there is room.
  mutating func gather<Value>(_ body: (inout [Diagnostic]) -> Value) -> Value {
    var found: [Diagnostic] = []
    let value = body(&found)
    for diagnostic in found where diagnostic.severity == .error || !isTold(diagnostic) {
      guard kept.count >= Self.maximumCount else {
        kept.append(diagnostic)
        continue
      }
      left += 1
      worst = max(worst, diagnostic.severity)
    }
    return value
  }

  /// Warnings are told of the first element that they go for.
  private func isTold(_ warning: Diagnostic) -> Bool {
    kept.contains {
      $0.code == warning.code && $0.location == warning.location && $0.message == warning.message
    }
  }

  /// - Parameter file: the one that the set stands in.
  func all(file: String) -> [Diagnostic] {
    guard left > 0 else { return kept }
    let rest = Diagnostic(
      "template.more-problems", severity: worst,
      "\(left) more elements have problems like the \(kept.count) told before",
      at: SourceLocation(file: file))
    return kept + [rest]
  }
}
