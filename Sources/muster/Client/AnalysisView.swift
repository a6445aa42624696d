import Fleet
import Foundation
import Glibc
import Manifest

/// Shows a running analysis: on a terminal a live chart, elsewhere a line for each measurement.
actor AnalysisView {
  private struct Seen {
    var count = 0
    var points: [MeasurementChart.Point] = []
    var phase: AnalysisPhase?
  }

  private static let maximumPoints = 2000
  private static let chartHeight = 6

  private let isSilent: Bool
  private let isLive: Bool
  private var seen: [String: Seen] = [:]
  private var screen = LiveScreen()

  init(isSilent: Bool) {
    self.isSilent = isSilent
    isLive = !isSilent && LiveScreen().isLive
  }

  func show(_ status: AnalysisStatus) {
    for result in status.results { take(result) }
    if isLive { draw(status) }
  }

  func finish(_ status: AnalysisStatus) {
    guard !isSilent else { return }
    for result in status.results { take(result) }
    if isLive { draw(status) } else { print(Self.summary(status)) }
    fflush(nil)
  }

  // MARK: Lines

  private func take(_ result: MetricResult) {
    var metric = seen[result.name] ?? Seen()
    let taken = result.count + result.error
    if taken > metric.count, let last = result.measurements.last, last.phase.isCompleted {
      metric.count = taken
      metric.points.append(MeasurementChart.Point(last))
      if metric.points.count > Self.maximumPoints { metric.points.removeFirst() }
      if !isLive, !isSilent { print(Self.line(result, last)) }
    }
    if !isLive, !isSilent, result.phase.isCompleted, metric.phase != result.phase {
      print("\(Visible.text(result.name)) is \(result.phase.rawValue): \(Self.counters(result))")
    }
    metric.phase = result.phase
    seen[result.name] = metric
    if !isLive { fflush(nil) }
  }

  private static func line(_ result: MetricResult, _ measurement: Fleet.Measurement) -> String {
    var line = "\((measurement.finishedAt ?? AnalysisTime(seconds: 0)).text) \(Visible.text(result.name)) "
    line += measurement.phase.rawValue
    if !measurement.value.isEmpty { line += " " + Visible.text(String(measurement.value.prefix(200))) }
    if !measurement.message.isEmpty { line += ": " + Visible.text(measurement.message) }
    return line
  }

  private static func counters(_ result: MetricResult) -> String {
    var parts = ["\(result.successful) successful"]
    for (count, word) in [
      (result.failed, "failed"), (result.inconclusive, "inconclusive"),
      (result.error, result.error == 1 ? "error" : "errors"),
    ]
    where count > 0 { parts.append("\(count) \(word)") }
    return parts.joined(separator: ", ") + (result.dryRun ? " (dry run)" : "")
  }

  private static func summary(_ status: AnalysisStatus) -> String {
    let message = status.message.isEmpty ? "" : ": " + Visible.text(status.message)
    return "analysis is \(status.phase.rawValue)\(message)"
  }

  // MARK: Chart

  private func draw(_ status: AnalysisStatus) {
    let size = LiveScreen.size
    var lines: [String] = []
    for result in status.results { lines += block(result, width: size.columns) }
    if status.results.isEmpty { lines.append("waiting for the first measurement") }
    lines.append(Self.painted("analysis is \(status.phase.rawValue)", status.phase) + Self.reason(status, size.columns))
    // What came last matters most.
    screen.draw(lines.suffix(size.lines))
  }

  private static func reason(_ status: AnalysisStatus, _ width: Int) -> String {
    status.message.isEmpty ? "" : ": " + Visible.text(String(status.message.prefix(max(0, width - 30))))
  }

  private func block(_ result: MetricResult, width: Int) -> [String] {
    let points = seen[result.name]?.points ?? []
    let last = result.measurements.last
    var title = Paint.bold(Visible.text(String(result.name.prefix(40)))) + "  "
    title += Self.painted(result.phase.rawValue, result.phase) + "  " + Self.counters(result)
    if let value = last?.value, !value.isEmpty { title += "  now " + Visible.text(String(value.prefix(20))) }
    let chart = MeasurementChart(points, width: width, height: Self.chartHeight)
    var lines = [title]
    lines += chart.lines.map { $0.map { Self.painted($0.text, $0.phase) }.joined() }
    if let message = last?.message, !message.isEmpty {
      lines.append(Paint.red(Visible.text(String(message.prefix(width)))))
    }
    return lines + [""]
  }

  private static func painted(_ text: String, _ phase: AnalysisPhase?) -> String {
    switch phase {
    case .successful: Paint.green(text)
    case .failed, .error: Paint.red(text)
    case .inconclusive: Paint.yellow(text)
    case .pending, .running, nil: text
    }
  }
}
