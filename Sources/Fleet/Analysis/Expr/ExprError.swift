/// Why a condition cannot be read, does not fit its result, or came to no answer.
package struct ExprError: Error, Sendable, Equatable {
  package enum Stage: String, Sendable {
    /// The text is no expression.
    case syntax
    /// The expression does not fit the types of its result. Like expr, this is found before anything is evaluated.
    case type
    /// The evaluation failed.
    case run
    /// A budget is used up.
    case limit
  }

  package var stage: Stage
  package var message: String
  /// Unicode scalars from the start of the text; nil where no place is known.
  package var offset: Int?

  package init(_ stage: Stage, _ message: String, at offset: Int? = nil) {
    self.stage = stage
    self.message = message
    self.offset = offset
  }
}

/// What one evaluation may use; a condition from outside ends in an error, never in a stuck hub.
package struct ExprLimits: Sendable {
  /// Bytes of an expression's text.
  package var textBytes = 64 << 10
  /// Nodes of its tree; expr's own bound.
  package var nodes = 10_000
  /// How deep the tree may be.
  package var depth = 200
  /// Nodes that are evaluated.
  package var steps = 1_000_000
  /// List elements, and bytes of text, that are made; expr's own bound.
  package var memory = 1_000_000

  package init() {}
}
