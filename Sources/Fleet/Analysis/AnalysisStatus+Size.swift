import Manifest

extension AnalysisStatus {
  /// Bytes of a text that is cut.
  private static let shortText = 200

  /// The same status in at most `bytes` of JSON, as far as that can be: older measurements are left out first, then
  /// long texts are cut. Counters stay whole, and so does a measurement that is in flight.
  package func fitting(_ bytes: Int) -> AnalysisStatus {
    guard size > bytes else { return self }
    var status = self
    var kept = results.map(\.measurements.count).max() ?? 0
    while kept > 1 {
      kept /= 2
      for index in status.results.indices {
        status.results[index].measurements = Array(status.results[index].measurements.suffix(kept))
      }
      if status.size <= bytes { return status }
    }
    for index in status.results.indices { status.results[index].shorten(to: Self.shortText) }
    status.message = Self.cut(status.message, to: Self.shortText)
    return status
  }

  private var size: Int { JSON.write(node).count }

  fileprivate static func cut(_ text: String, to bytes: Int) -> String {
    guard text.utf8.count > bytes else { return text }
    return String(decoding: text.utf8.prefix(bytes), as: UTF8.self) + "…"
  }
}

extension MetricResult {
  fileprivate mutating func shorten(to bytes: Int) {
    message = AnalysisStatus.cut(message, to: bytes)
    metadata = metadata.mapValues { AnalysisStatus.cut($0, to: bytes) }
    for index in measurements.indices {
      measurements[index].message = AnalysisStatus.cut(measurements[index].message, to: bytes)
      measurements[index].value = AnalysisStatus.cut(measurements[index].value, to: bytes)
      measurements[index].metadata = measurements[index].metadata.mapValues { AnalysisStatus.cut($0, to: bytes) }
    }
  }
}
