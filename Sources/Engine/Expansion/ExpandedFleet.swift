import Fleet
import Manifest

/// All Applications that the fleet repository asks for, set by set.
struct ExpandedFleet: Sendable {
  struct SetResult: Sendable {
    var set: ApplicationSet
    var answer: Answer<[Application]>
    var parameterSets = 0
    /// Of the expansion that gave it; 0 for none.
    var serial = 0

    var applications: [Application] { answer.known }
    var isComplete: Bool { if case .complete = answer { true } else { false } }
    /// Whether both come of one expansion, and nothing was made of either since: told without looking at Applications.
    func isTheSame(as other: SetResult) -> Bool {
      guard serial != 0, serial == other.serial, isComplete == other.isComplete,
        answer.diagnostics.count == other.answer.diagnostics.count,
        answer.failures.count == other.answer.failures.count, applications.count == other.applications.count
      else { return false }
      // One and the same array, which nobody can change while this holds it.
      return applications.withUnsafeBufferPointer { a in
        other.applications.withUnsafeBufferPointer { b in a.baseAddress == b.baseAddress }
      }
    }

    /// What went wrong, each with its place; behind it what is warned of, which takes nothing away.
    var problems: [String] {
      let (errors, warnings) = (Self.lines(answer.diagnostics, .error), Self.lines(answer.diagnostics, .warning))
      return errors + answer.failures.map { "\($0.subject): \($0.message)" } + warnings.map { "warning: " + $0 }
    }

    private static func lines(_ diagnostics: [Diagnostic], _ severity: Diagnostic.Severity) -> [String] {
      diagnostics.filter { $0.severity == severity }.map { diagnostic in
        (diagnostic.location.map { $0.text + ": " } ?? "") + diagnostic.message
          + (diagnostic.severity == .warning && !diagnostic.label.isEmpty ? " (\(diagnostic.label))" : "")
      }
    }
  }

  var sets: [SetResult]
  var plain: [Application]
  /// Whether the registry and the repository were read whole.
  var isComplete: Bool
}
