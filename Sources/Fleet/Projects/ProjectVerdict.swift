/// A project's answer to one question.
package enum ProjectVerdict: Sendable, Equatable {
  case permitted
  case denied(Denial)

  /// Why something is not permitted.
  package struct Denial: Sendable, Equatable {
    /// What decided, for programs.
    package enum Rule: String, Sendable {
      case source, destination, kind, namespace
      /// The cluster belongs to another project, or to none where only the project's own are permitted.
      case projectCluster
    }

    package var rule: Rule
    /// One sentence for people, without a trailing stop; Argo CD's words where it has them.
    package var message: String

    package init(_ rule: Rule, _ message: String) {
      self.rule = rule
      self.message = message
    }
  }

  package var isPermitted: Bool { self == .permitted }
  package var denial: Denial? { if case .denied(let denial) = self { denial } else { nil } }
}
