package import Manifest

/// What one reconcile of a key came to.
package enum Outcome: Sendable, Equatable {
  /// Nothing is left to do until something changes.
  case done
  /// Look again after so many seconds.
  case again(after: Double)
  /// Only an event can help; why, in words.
  case wait(reason: String)
  case failed(Failure)
}

extension Outcome {
  /// The case in one word, for counting.
  package var label: String {
    switch self {
    case .done: "done"
    case .again: "again"
    case .wait: "wait"
    case .failed: "failed"
    }
  }
}
