package import Manifest

/// What discovery or expansion found, and whether that is all there is.
///
/// Deletions follow only from a ``Complete`` value (DESIGN §3.6): a cluster or Application that is missing from an
/// incomplete answer may be missing because something could not be read.
package enum Answer<Value> {
  case complete(Complete<Value>)
  case incomplete(Incomplete<Value>)

  /// The one way to a complete answer: nothing went wrong. Warnings do not count as wrong.
  package init(_ value: Value, diagnostics: [Diagnostic] = [], failures: [Failure] = []) {
    if failures.isEmpty, !diagnostics.contains(where: { $0.severity == .error }) {
      self = .complete(Complete(value, warnings: diagnostics))
    } else {
      self = .incomplete(Incomplete(known: value, diagnostics: diagnostics, failures: failures))
    }
  }

  /// What is known, complete or not: enough to create and update by, never to delete.
  package var known: Value {
    switch self {
    case .complete(let complete): complete.value
    case .incomplete(let incomplete): incomplete.known
    }
  }

  package var diagnostics: [Diagnostic] {
    switch self {
    case .complete(let complete): complete.warnings
    case .incomplete(let incomplete): incomplete.diagnostics
    }
  }

  package var failures: [Failure] {
    switch self {
    case .complete: []
    case .incomplete(let incomplete): incomplete.failures
    }
  }

  package func map<Other>(_ transform: (Value) throws -> Other) rethrows -> Answer<Other> {
    Answer<Other>(try transform(known), diagnostics: diagnostics, failures: failures)
  }

  /// Both together: complete only when both are.
  package func combined<Other, Result>(
    with other: Answer<Other>, _ combine: (Value, Other) throws -> Result
  ) rethrows -> Answer<Result> {
    Answer<Result>(
      try combine(known, other.known), diagnostics: diagnostics + other.diagnostics,
      failures: failures + other.failures)
  }
}

/// All of it, seen without an error. Only ``Answer`` makes one.
package struct Complete<Value> {
  package let value: Value
  package let warnings: [Diagnostic]

  fileprivate init(_ value: Value, warnings: [Diagnostic]) {
    self.value = value
    self.warnings = warnings
  }
}

/// What was seen before or beside an error.
package struct Incomplete<Value> {
  package let known: Value
  package let diagnostics: [Diagnostic]
  package let failures: [Failure]

  fileprivate init(known: Value, diagnostics: [Diagnostic], failures: [Failure]) {
    self.known = known
    self.diagnostics = diagnostics
    self.failures = failures
  }
}

extension Answer: Sendable where Value: Sendable {}
extension Complete: Sendable where Value: Sendable {}
extension Incomplete: Sendable where Value: Sendable {}
