/// A node of an expression's tree.
struct ExprNode: Sendable {
  indirect enum Kind: Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case name(String)
    case unary(ExprUnary, ExprNode)
    case binary(ExprBinary, ExprNode, ExprNode)
    case conditional(ExprNode, then: ExprNode, otherwise: ExprNode)
    case member(ExprNode, ExprNode, isOptional: Bool)
    /// Where `?.` ends the evaluation of a whole chain with nil.
    case chain(ExprNode)
    case slice(ExprNode, from: ExprNode?, to: ExprNode?)
    /// A function of the environment.
    case call(String, [ExprNode])
    /// A member that is called.
    case method(ExprNode, String, [ExprNode])
    case function(ExprFunction, [ExprNode])
    case loop(ExprLoop, over: ExprNode, body: ExprNode?, last: ExprNode?)
    /// `#`, `#acc`, `#index`.
    case pointer(String)
    case declaration(String, ExprNode, in: ExprNode)
    case sequence([ExprNode])
    case list([ExprNode])
    case map([(key: ExprNode, value: ExprNode)])
  }

  var kind: Kind
  /// Unicode scalars from the start of the text.
  var offset: Int
  /// Of the tree below, this node included.
  var depth: Int
}

enum ExprUnary: Sendable { case not, minus, plus }

enum ExprBinary: String, Sendable {
  case or, and
  case equal = "=="
  case unequal = "!="
  case less = "<"
  case more = ">"
  case atLeast = ">="
  case atMost = "<="
  case isIn = "in"
  case matches, contains, startsWith, endsWith
  case range = ".."
  case plus = "+"
  case minus = "-"
  case times = "*"
  case divide = "/"
  case modulo = "%"
  case power = "**"
  case coalesce = "??"

  /// The operator that is spelled so, with its precedence; `|` is none, since it makes a call.
  static func named(_ text: String) -> ExprBinary? {
    switch text {
    case "||": .or
    case "&&": .and
    case "^": .power
    default: ExprBinary(rawValue: text)
    }
  }

  var precedence: Int {
    switch self {
    case .or: 10
    case .and: 15
    case .equal, .unequal, .less, .more, .atLeast, .atMost, .isIn, .matches, .contains, .startsWith, .endsWith: 20
    case .range: 25
    case .plus, .minus: 30
    case .times, .divide, .modulo: 60
    case .power: 100
    case .coalesce: 500
    }
  }

  var isRightAssociative: Bool { self == .power }

  var isOrder: Bool {
    switch self {
    case .less, .more, .atLeast, .atMost: true
    default: false
    }
  }

  /// Whether `not` may stand before it.
  var isNegatable: Bool {
    switch self {
    case .isIn, .matches, .contains, .startsWith, .endsWith: true
    default: false
    }
  }
}

/// The functions that run a predicate over a list.
enum ExprLoop: String, Sendable {
  case all, none, any, one, filter, map, count, sum, find, findIndex, findLast, findLastIndex, groupBy, sortBy, reduce

  var needsBody: Bool { self != .count && self != .sum }
  var takesLast: Bool { self == .sortBy || self == .reduce }
}

/// The other functions that every expression has.
enum ExprFunction: String, Sendable {
  case len, type, abs, ceil, floor, round, int, float, string
  case trim, trimPrefix, trimSuffix, upper, lower, split, splitAfter, replace, `repeat`, join, indexOf, lastIndexOf
  case hasPrefix, hasSuffix
  case max, min, mean, median
  case toJSON, fromJSON, toBase64, fromBase64
  case now, duration, date, timezone
  case first, last, get, take, keys, values, toPairs, fromPairs, reverse, uniq, concat, flatten, sort
  case bitand, bitor, bitxor, bitnand, bitshl, bitshr, bitushr, bitnot

  /// Whether the work does not grow with the arguments, or is counted as the elements that are made.
  func isConstantWork(on arguments: [ExprValue]) -> Bool {
    switch self {
    case .type, .first, .last, .get, .take, .now, .keys, .values, .reverse, .concat, .toPairs: return true
    case .len:
      if case .string? = arguments.first { return false }
      return true
    default: return false
    }
  }
}
