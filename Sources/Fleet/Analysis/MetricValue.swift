package import Manifest

/// What a provider measured, as a condition sees it.
package enum MetricValue: Sendable, Equatable {
  /// One number, that of a Prometheus scalar.
  case scalar(Double)
  /// The values of a Prometheus vector or matrix, in the server's order.
  case vector([Double])
  /// A number that may not be there (Datadog and its like).
  case nullable(Double?)
  /// What a web request gave: any JSON, whose numbers are floats.
  case json(Node)
  /// A body that is no JSON.
  case text(String)

  package var expr: ExprValue {
    switch self {
    case .scalar(let number): .float(number)
    case .vector(let numbers): .floats(numbers)
    case .nullable(let number): number.map(ExprValue.float) ?? .null
    case .json(let node): ExprConversions.value(of: node)
    case .text(let text): .string(text)
    }
  }

  /// Whether there is nothing in it: Argo Rollouts words an error about it so (`isNilOrEmpty`).
  package var isEmpty: Bool {
    switch self {
    case .scalar, .text: false
    case .vector(let numbers): numbers.isEmpty
    case .nullable(let number): number == nil
    case .json(let node): node.isNull || node.sequence?.isEmpty == true
    }
  }

  /// The measurement's value in the status: `0.97`, `[0.97,NaN]`, JSON, or the text itself.
  package var text: String {
    switch self {
    case .scalar(let number): ExprText.fixed(number)
    case .vector(let numbers): "[" + numbers.map(ExprText.fixed).joined(separator: ",") + "]"
    case .nullable(let number): number.map(ExprText.fixed) ?? "null"
    case .json(let node): JSON.text(node, JSON.WriteOptions(sortsKeys: true, escapesHTML: true))
    case .text(let text): text
    }
  }
}
