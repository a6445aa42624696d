package import Manifest

/// A number of clusters, or a share of them: `2`, `"20%"`.
package enum Amount: Sendable, Equatable {
  case number(Int)
  /// From 0 to 100.
  case percent(Int)

  /// - Returns: nil for what is neither a number from 0 up nor a percentage.
  package init?(_ node: Node?) {
    if let number = node?.int {
      guard number >= 0 else { return nil }
      self = .number(Int(clamping: number))
    } else if let text = node?.string, text.hasSuffix("%"), let percent = Int(text.dropLast()), percent >= 0 {
      self = .percent(min(percent, 100))
    } else {
      return nil
    }
  }

  /// Rounded down.
  package func count(of total: Int) -> Int {
    switch self {
    case .number(let number): min(number, total)
    case .percent(let percent): total.multipliedReportingOverflow(by: percent).partialValue / 100
    }
  }

  /// Rounded down, and at least 1 unless it is 0 itself (`maxUpdate` of Argo CD's progressive syncs).
  package func limit(of total: Int) -> Int {
    switch self {
    case .number: count(of: total)
    case .percent(let percent): percent == 0 ? 0 : max(1, count(of: total))
    }
  }
}
