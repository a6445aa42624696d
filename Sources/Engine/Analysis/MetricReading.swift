package import Fleet

/// What a provider answered.
package struct MetricReading: Sendable {
  package var value: MetricValue
  /// For the measurement, such as a server's warnings.
  package var metadata: [String: String] = [:]

  package init(_ value: MetricValue, metadata: [String: String] = [:]) {
    self.value = value
    self.metadata = metadata
  }
}

/// Why a metric could not be measured. The measurement is then an error.
package struct MetricFailure: Error, Sendable, Equatable {
  package var message: String

  package init(_ message: String) { self.message = message }
}
