import Fleet
import Manifest

/// All Applications that the fleet repository asks for, set by set.
struct ExpandedFleet: Sendable {
  struct SetResult: Sendable {
    var set: ApplicationSet
    var answer: Answer<[Application]>
    var parameterSets = 0
    /// Of the expansion that gave it: two results of a set with one number are the same. 0 for none.
    var serial = 0

    var applications: [Application] { answer.known }
    var isComplete: Bool { if case .complete = answer { true } else { false } }
    /// What went wrong, each with its place.
    var problems: [String] {
      answer.diagnostics.filter { $0.severity == .error }.map { diagnostic in
        (diagnostic.location.map { $0.text + ": " } ?? "") + diagnostic.message
      } + answer.failures.map { "\($0.subject): \($0.message)" }
    }
  }

  var sets: [SetResult]
  var plain: [Application]
  /// Whether the registry and the repository were read whole.
  var isComplete: Bool
}
