/// The tree of a parsed Go template. Offsets are UTF-8 bytes from the start of the text.
struct Block: Sendable {
  var statements: [Statement] = []
}

indirect enum Statement: Sendable {
  case text(String)
  case action(Pipeline)
  /// `if` and its `else`; `else if` nests.
  case condition(Pipeline, Block, otherwise: Block?)
  case with(Pipeline, Block, otherwise: Block?)
  case range(Pipeline, Block, otherwise: Block?)
  case call(name: String, Pipeline?, offset: Int)
  case breakLoop
  case continueLoop
}

/// `$x, $y := command | command | …`
struct Pipeline: Sendable {
  var variables: [String] = []
  /// `=` instead of `:=`.
  var isAssignment = false
  var commands: [Command] = []
  var offset: Int
}

/// A function or value and its arguments.
struct Command: Sendable {
  var operands: [Operand]
  var offset: Int
}

struct Operand: Sendable {
  indirect enum Kind: Sendable {
    case dot
    case null
    case bool(Bool)
    case int(Int64)
    case float(Double)
    case complex(GoComplex)
    case string(String)
    /// `.a.b`
    case field([String])
    /// `$x.a.b`; the first is the variable's name with its `$`.
    case variable([String])
    /// `(…).a.b` or `fn.a`
    case chain(Operand, [String])
    case function(Function)
    case pipeline(Pipeline)
  }

  var kind: Kind
  /// How it was written, for messages.
  var source: String
  var offset: Int
}
