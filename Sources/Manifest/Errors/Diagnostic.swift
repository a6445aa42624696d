/// Where something stands: a file as the user knows it, and a mark in it.
package struct SourceLocation: Sendable, Hashable {
  package var file: String
  package var mark: SourceMark

  package init(file: String, mark: SourceMark = .none) {
    self.file = file
    self.mark = mark
  }

  /// `file:line:column`, on one line among other words.
  package var text: String { mark.line > 0 ? "\(file):\(mark.line):\(mark.column)" : file }
}

/// Something about the user's files: what is wrong, where, and what to do.
///
/// Collected, never first-fail. Message, notes and help are lower case without a trailing stop, and never quote Secret
/// data. Rendered by ``DiagnosticRenderer`` alone.
package struct Diagnostic: Error, Sendable, Equatable {
  package enum Severity: String, Sendable, Comparable {
    case warning, error

    package static func < (a: Severity, b: Severity) -> Bool { a == .warning && b == .error }
  }

  package struct Note: Sendable, Equatable {
    package var message: String
    package var location: SourceLocation?

    package init(_ message: String, at location: SourceLocation? = nil) {
      self.message = message
      self.location = location
    }
  }

  /// Stable and dotted, `room.what-happened`: `yaml.duplicate-key`, `template.missing-parameter`.
  package var code: String
  package var severity: Severity
  package var message: String
  package var location: SourceLocation?
  /// What stands behind the carets under the quoted line; empty for none.
  package var label: String
  package var notes: [Note]
  package var help: String?

  package init(
    _ code: String, severity: Severity = .error, _ message: String, at location: SourceLocation? = nil,
    label: String = "", notes: [Note] = [], help: String? = nil
  ) {
    self.code = code
    self.severity = severity
    self.message = message
    self.location = location
    self.label = label
    self.notes = notes
    self.help = help
  }
}

/// One or more diagnostics, thrown together where a result could not be produced.
package struct Diagnostics: Error, Sendable, Equatable {
  package var all: [Diagnostic]

  package init(_ all: [Diagnostic]) { self.all = all }
  package init(_ one: Diagnostic) { all = [one] }

  package var hasErrors: Bool { all.contains { $0.severity == .error } }
}
