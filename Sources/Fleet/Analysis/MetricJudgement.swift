/// What conditions make of a measured value (`utils/evaluate`, EvaluateResult).
package struct MetricJudgement: Sendable {
  package let success: MetricCondition?
  package let failure: MetricCondition?

  /// - Throws: ``ExprError`` for a condition that is no expression.
  package init(successCondition: String, failureCondition: String) throws(ExprError) {
    success = successCondition.isEmpty ? nil : try MetricCondition(successCondition)
    failure = failureCondition.isEmpty ? nil : try MetricCondition(failureCondition)
  }

  /// A completed phase, and for an error its message.
  package func phase(of value: MetricValue, now: AnalysisTime) -> (phase: AnalysisPhase, message: String) {
    let expr = value.expr
    var outcomes: [Bool?] = []
    for (name, condition) in [("successCondition", success), ("failureCondition", failure)] {
      guard let condition else {
        outcomes.append(nil)
        continue
      }
      do throws(ExprError) {
        outcomes.append(try condition.holds(for: expr, now: now))
      } catch {
        let cause =
          value.isEmpty
          ? "metric result is nil or empty: no data returned from the metric provider" : error.message
        return (.error, "could not evaluate \(name) \"\(condition.text)\": \(cause)")
      }
    }
    return (Self.phase(success: outcomes[0], failure: outcomes[1]), "")
  }

  private static func phase(success: Bool?, failure: Bool?) -> AnalysisPhase {
    switch (success, failure) {
    case (nil, nil): .successful
    case (let success?, nil): success ? .successful : .failed
    case (nil, let failure?): failure ? .failed : .successful
    case (let success?, let failure?): failure ? .failed : success ? .successful : .inconclusive
    }
  }
}
