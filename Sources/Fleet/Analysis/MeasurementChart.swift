/// A chart of a metric's measurements for a terminal: one column a measurement, the latest at the right.
package struct MeasurementChart: Sendable {
  package struct Point: Sendable, Equatable {
    /// Nil for what is no finite number: an error, NaN, text.
    package var value: Double?
    package var phase: AnalysisPhase

    package init(value: Double?, phase: AnalysisPhase) {
      self.value = value
      self.phase = phase
    }

    /// Of a vector its first element counts, as it does in most conditions.
    package init(_ measurement: Measurement) {
      let text = measurement.value.drop { $0 == "[" }.prefix { $0 != "," && $0 != "]" }
      self.init(value: Double(text).flatMap { $0.isFinite ? $0 : nil }, phase: measurement.phase)
    }
  }

  /// A stretch of a line in one colour.
  package struct Run: Sendable, Equatable {
    package var text: String
    /// The phase of the measurement that it shows; nil for axes and labels.
    package var phase: AnalysisPhase?
  }

  private static let blocks = Array(" ▁▂▃▄▅▆▇█")

  private let points: ArraySlice<Point>
  private let height: Int
  private let lower: Double
  private let upper: Double
  private let labels: (upper: String, lower: String)

  /// - Parameters:
  ///   - width: columns of the terminal that may be used, labels included.
  ///   - height: lines of the chart itself.
  package init(_ points: [Point], width: Int, height: Int) {
    self.height = max(height, 1)
    (lower, upper) = Self.bounds(points.compactMap(\.value))
    labels = (Self.label(upper), Self.label(lower))
    let margin = max(labels.upper.count, labels.lower.count) + 3
    self.points = points.suffix(max(width - margin, 1))
  }

  /// From zero, unless that would flatten the differences.
  private static func bounds(_ values: [Double]) -> (Double, Double) {
    guard let least = values.min(), let most = values.max() else { return (0, 1) }
    if least >= 0, least <= most / 2 { return (0, most > 0 ? most : 1) }
    guard most > least else {
      let spread = max(most.magnitude, 1) / 10
      return (least - spread, most + spread)
    }
    return (least - (most - least) / 8, most)
  }

  /// Four digits that count.
  private static func label(_ number: Double) -> String {
    let magnitude = number.magnitude
    guard magnitude > 0, magnitude < 1e7 else { return ExprText.of(number) }
    var scale = 1.0
    while magnitude * scale < 1000, scale < 1e12 { scale *= 10 }
    return ExprText.of((number * scale).rounded() / scale)
  }

  /// The chart from top to bottom, with its axis.
  package var lines: [[Run]] {
    let width = max(labels.upper.count, labels.lower.count)
    var lines: [[Run]] = []
    for row in (0..<height).reversed() {
      let label = row == height - 1 ? labels.upper : row == 0 ? labels.lower : ""
      let padded = String(repeating: " ", count: width - label.count) + label
      let tick = label.isEmpty ? " │" : " ┤"
      lines.append([Run(text: padded + tick, phase: nil)] + points.map { cell($0, row) })
    }
    return lines.map(Self.joined)
  }

  private func cell(_ point: Point, _ row: Int) -> Run {
    guard let value = point.value else {
      return Run(text: row == 0 ? "×" : " ", phase: point.phase)
    }
    let share = (value - lower) / (upper - lower)
    let eighths = max(1, Int((share * Double(height * 8)).rounded())) - row * 8
    return Run(text: String(Self.blocks[max(0, min(eighths, 8))]), phase: point.phase)
  }

  private static func joined(_ runs: [Run]) -> [Run] {
    var joined: [Run] = []
    for run in runs {
      if let last = joined.last, last.phase == run.phase {
        joined[joined.count - 1].text += run.text
      } else {
        joined.append(run)
      }
    }
    return joined
  }
}
