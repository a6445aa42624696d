import ArgumentParser
import Fleet
import Manifest

/// `muster analysis assess`: what limits make of measurements.
struct AnalysisAssess: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assess",
    abstract: "Tells the phase of a metric after its measurements, row by row.",
    discussion: """
      Rows are JSON objects, one a line: {"metric": {"interval": "10s", "count": 3, "failureLimit": 1}, "measurements": \
      ["Successful", "Failed"]}. Measurements beyond the one that decides are not looked at. With "terminate": true the \
      run ends after the last one; without that field only a metric without a count does, which would go on for ever. \
      The answer is {"phase": "Running"} or {"error": "..."}.
      """)

  @Flag(help: "Rows on standard input, answers on standard output.")
  var jsonl = false

  func validate() throws {
    guard jsonl else { throw ValidationError("give --jsonl: rows are read from standard input") }
  }

  func run() throws {
    try JSONLines.answer { row in
      do throws(RowProblem) {
        return ["phase": .string(try Self.phase(row).rawValue)]
      } catch {
        return ["error": .string(error.message)]
      }
    }
  }

  private static func phase(_ row: Node) throws(RowProblem) -> AnalysisPhase {
    guard let metric = row["metric"], metric.mapping != nil, let words = row["measurements"]?.sequence else {
      throw RowProblem("a row has a mapping 'metric' and a list 'measurements'")
    }
    let limits: MetricLimits
    do throws(MetricLimits.FieldProblem) {
      limits = try MetricLimits(metric)
    } catch {
      throw RowProblem(error.message)
    }
    if let problem = limits.problem { throw RowProblem(problem.message) }
    var measurements: [AnalysisPhase] = []
    for word in words {
      guard let phase = word.string.flatMap(AnalysisPhase.init), phase.isCompleted else {
        throw RowProblem("a measurement is Successful, Failed, Inconclusive or Error")
      }
      measurements.append(phase)
    }
    let isTerminated = row["terminate"]?.bool ?? (limits.effectiveCount == nil)
    return limits.phase(after: measurements, isTerminated: isTerminated)
  }
}
