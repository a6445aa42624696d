/// A success or failure condition, read and ready to be evaluated.
///
/// Like expr it is checked against the type of each result first, and only then evaluated.
package struct MetricCondition: Sendable {
  package let text: String
  private let node: ExprNode

  /// - Throws: ``ExprError`` of the stage `syntax`, or `limit` for one that is too large.
  package init(_ text: String) throws(ExprError) {
    self.text = text
    node = try ExprParser.parse(text)
  }

  /// Whether the condition holds.
  /// - Throws: ``ExprError`` for a condition that does not fit the result, fails, or gives something else than a boolean.
  package func holds(
    for value: ExprValue, now: AnalysisTime, limits: ExprLimits = ExprLimits()
  ) throws(ExprError) -> Bool {
    var checker = ExprChecker(environment: .condition, result: .of(value))
    _ = try checker.type(of: node)
    let environment = ExprEnvironment(names: .condition, result: value, now: now.nanoseconds)
    var evaluator = ExprEvaluator(environment: environment, limits: limits)
    let outcome = try evaluator.evaluate(ExprFolding.folded(node))
    guard case .bool(let flag) = outcome else {
      throw ExprError(.run, "a condition gives true or false, not \(outcome.typeName)")
    }
    return flag
  }

  /// What the condition makes of results of a type, without one at hand.
  /// - Throws: ``ExprError`` where it cannot work on any.
  package func check(against type: ExprType) throws(ExprError) {
    var checker = ExprChecker(environment: .condition, result: type)
    let outcome = try checker.type(of: node)
    guard outcome == .bool || outcome.isUnknown else {
      throw ExprError(.type, "a condition gives true or false, not \(outcome.name)")
    }
  }

  /// Evaluates an instant of a range query, such as `now() - duration("1h")` (`utils/evaluate`, EvalTime).
  package static func instant(_ text: String, now: AnalysisTime) throws(ExprError) -> AnalysisTime {
    let node = try ExprParser.parse(text)
    var checker = ExprChecker(environment: .time, result: .null)
    _ = try checker.type(of: node)
    let environment = ExprEnvironment(names: .time, result: .null, now: now.nanoseconds)
    var evaluator = ExprEvaluator(environment: environment)
    let outcome = try evaluator.evaluate(ExprFolding.folded(node))
    guard case .time(let nanoseconds) = outcome else {
      throw ExprError(.run, "this gives \(outcome.typeName), not a time")
    }
    return AnalysisTime(seconds: Double(nanoseconds) / 1e9)
  }
}
