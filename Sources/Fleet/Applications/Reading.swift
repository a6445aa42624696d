package import Manifest

/// What came of reading one of the user's documents: the value if it could be had, and all there is to say about it.
///
/// `value` is nil exactly when ``diagnostics`` holds an error.
package struct Reading<Value> {
  package let value: Value?
  package let diagnostics: [Diagnostic]

  /// `make` is called only when no diagnostic so far is an error.
  package init(_ diagnostics: [Diagnostic], _ make: () -> Value?) {
    self.diagnostics = diagnostics
    value = diagnostics.contains { $0.severity == .error } ? nil : make()
  }

  private init(value: Value?, diagnostics: [Diagnostic]) {
    self.value = value
    self.diagnostics = diagnostics
  }

  package func map<Other>(_ transform: (Value) -> Other) -> Reading<Other> {
    Reading<Other>(value: value.map(transform), diagnostics: diagnostics)
  }

  /// - Throws: ``Diagnostics`` when there is an error.
  package func get() throws(Diagnostics) -> Value {
    guard let value else { throw Diagnostics(diagnostics) }
    return value
  }
}

extension Reading: Sendable where Value: Sendable {}
