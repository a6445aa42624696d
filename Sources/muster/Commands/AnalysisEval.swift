import ArgumentParser
import Fleet
import Kubernetes
import Manifest

/// `muster analysis eval`: conditions on results that are at hand.
struct AnalysisEval: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Evaluates conditions, row by row.",
    discussion: """
      Rows are JSON objects, one a line: {"expr": "result[0] >= 0.95", "source": "vector", "result": [0.97]}. A source is \
      vector (a list of numbers), scalar, nullable (a number or null) or web (any JSON); "NaN", "+Inf" and "-Inf" stand \
      for those numbers, save in web. The answer is {"value": true} or {"error": "..."}. A row with \
      "successCondition" or "failureCondition" instead of "expr" is answered by the {"phase": ...} of the measurement.
      """)

  @Flag(help: "Rows on standard input, answers on standard output.")
  var jsonl = false

  func validate() throws {
    guard jsonl else { throw ValidationError("give --jsonl: rows are read from standard input") }
  }

  func run() throws {
    let now = AnalysisTime(seconds: WallClock.system.now())
    try JSONLines.answer { row in
      do throws(RowProblem) {
        if row["expr"] == nil, row["successCondition"] != nil || row["failureCondition"] != nil {
          return ["phase": .string(try Self.judge(row, now).rawValue)]
        }
        return ["value": Node(.bool(try Self.evaluate(row, now)))]
      } catch {
        return ["error": .string(error.message)]
      }
    }
  }

  private static func evaluate(_ row: Node, _ now: AnalysisTime) throws(RowProblem) -> Bool {
    guard let text = row["expr"]?.string else { throw RowProblem("a row has a text 'expr'") }
    let value = try Self.value(row["result"] ?? .null, source: row["source"]?.string ?? "web")
    do throws(ExprError) {
      return try MetricCondition(text).holds(for: value.expr, now: now)
    } catch {
      throw RowProblem(error.message)
    }
  }

  private static func judge(_ row: Node, _ now: AnalysisTime) throws(RowProblem) -> AnalysisPhase {
    let value = try Self.value(row["result"] ?? .null, source: row["source"]?.string ?? "web")
    do throws(ExprError) {
      return try MetricJudgement(
        successCondition: row["successCondition"]?.string ?? "", failureCondition: row["failureCondition"]?.string ?? ""
      ).phase(of: value, now: now).phase
    } catch {
      // What is no expression is an error of each measurement.
      return .error
    }
  }

  private static func value(_ result: Node, source: String) throws(RowProblem) -> MetricValue {
    switch source {
    case "scalar": return .scalar(try number(result))
    case "nullable": return .nullable(result.isNull ? nil : try number(result))
    case "vector":
      var numbers: [Double] = []
      guard let nodes = result.sequence else { throw RowProblem("the result of a vector is a list") }
      for node in nodes { numbers.append(try number(node)) }
      return .vector(numbers)
    case "web": return .json(result)
    default: throw RowProblem("a source is vector, scalar, nullable or web, not '\(Visible.text(source))'")
    }
  }

  private static func number(_ node: Node) throws(RowProblem) -> Double {
    let number: Double? =
      switch node.value {
      case .int(let number): Double(number)
      case .uint(let number): Double(number)
      case .double(let number): number
      case .string("NaN"): .nan
      case .string("+Inf"), .string("Inf"): .infinity
      case .string("-Inf"): -.infinity
      default: nil
      }
    guard let number else { throw RowProblem("the result holds something that is no number") }
    return number
  }
}

/// Why a row of a tool's input has no answer.
struct RowProblem: Error {
  var message: String
  init(_ message: String) { self.message = message }
}
