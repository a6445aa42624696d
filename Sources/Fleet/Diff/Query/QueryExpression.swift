import Manifest

/// A jq expression, as far as fields of objects are named with it.
indirect enum QueryExpression: Sendable {
  enum Comparison: String, Sendable {
    case equal = "==", unequal = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
  }

  case identity
  case everything
  case literal(Node)
  /// `BASE[KEY]`; the key is evaluated on the expression's own input.
  case member(base: QueryExpression, key: QueryExpression)
  case slice(base: QueryExpression, from: QueryExpression?, to: QueryExpression?)
  case each(base: QueryExpression)
  /// `BASE?`: errors end the expression without a word.
  case attempt(QueryExpression)
  case pipe(QueryExpression, QueryExpression)
  case comma(QueryExpression, QueryExpression)
  case alternative(QueryExpression, QueryExpression)
  case or(QueryExpression, QueryExpression)
  case and(QueryExpression, QueryExpression)
  case compare(Comparison, QueryExpression, QueryExpression)
  case array(QueryExpression?)
  case condition(QueryExpression, then: QueryExpression, otherwise: QueryExpression)
  case call(QueryFunction, [QueryExpression])
}

/// The functions that expressions may call.
enum QueryFunction: String, CaseIterable, Sendable {
  case empty, not, select, map, recurse, first, last, has, any, all, keys, values, length, type, tostring, tonumber
  case error, strings, numbers, booleans, nulls, arrays, objects, iterables, scalars
  case toEntries = "to_entries"
  case fromEntries = "from_entries"
  case withEntries = "with_entries"
  case keysUnsorted = "keys_unsorted"
  case startswith, endswith, ltrimstr, rtrimstr, contains, inside, test
  case asciiDowncase = "ascii_downcase"
  case asciiUpcase = "ascii_upcase"

  /// How many arguments it may have.
  var arity: ClosedRange<Int> {
    switch self {
    case .select, .map, .has, .withEntries, .startswith, .endswith, .ltrimstr, .rtrimstr, .contains, .inside: 1...1
    case .recurse, .first, .last, .any, .all, .error: 0...1
    case .test: 1...2
    default: 0...0
    }
  }
}
