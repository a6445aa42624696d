/// What expr's optimiser does that shows: `x || true` is true and `x && false` is false without a look at `x`, so no
/// error of `x` comes up.
enum ExprFolding {
  static func folded(_ node: ExprNode) -> ExprNode {
    var node = node
    switch node.kind {
    case .unary(let unary, let operand):
      let inner = folded(operand)
      node.kind = .unary(unary, inner)
      if unary == .not, case .bool(let flag) = inner.kind { node.kind = .bool(!flag) }
    case .binary(let operation, let left, let right):
      node.kind = folded(operation, folded(left), folded(right))
    case .conditional(let condition, let then, let otherwise):
      node.kind = .conditional(folded(condition), then: folded(then), otherwise: folded(otherwise))
    case .declaration(let name, let value, let body): node.kind = .declaration(name, folded(value), in: folded(body))
    case .sequence(let parts): node.kind = .sequence(parts.map(folded))
    case .loop(let loop, let over, let body, let last):
      node.kind = .loop(loop, over: folded(over), body: body.map(folded), last: last.map(folded))
    default: break
    }
    return node
  }

  private static func folded(_ operation: ExprBinary, _ left: ExprNode, _ right: ExprNode) -> ExprNode.Kind {
    let flags = (flag(left), flag(right))
    switch (operation, flags.0, flags.1) {
    case (.and, true?, _), (.or, false?, _): return right.kind
    case (.and, _, true?), (.or, _, false?): return left.kind
    case (.and, _, false?), (.and, false?, _): return .bool(false)
    case (.or, _, true?), (.or, true?, _): return .bool(true)
    case (.equal, _, _): return equality(left, right) ?? .binary(operation, left, right)
    default: return .binary(operation, left, right)
    }
  }

  private static func flag(_ node: ExprNode) -> Bool? {
    if case .bool(let flag) = node.kind { flag } else { nil }
  }

  private static func equality(_ left: ExprNode, _ right: ExprNode) -> ExprNode.Kind? {
    switch (left.kind, right.kind) {
    case (.int(let x), .int(let y)): .bool(x == y)
    case (.bool(let x), .bool(let y)): .bool(x == y)
    case (.string(let x), .string(let y)): .bool(x.utf8.elementsEqual(y.utf8))
    default: nil
    }
  }
}
