/// A glob in which `*` and `**` cross slashes unless a separator is named, which only `**` crosses; `?` is one character, `[a-z]` a class and `{a,b}` alternatives.
///
/// Matches in time proportional to the product of the lengths, whatever the pattern.
package struct Glob: Sendable {
  private enum Token: Sendable {
    case scalar(Unicode.Scalar)
    case any
    case many
    /// Any text without the separator.
    case manyWithin
    case oneOf([ClosedRange<Unicode.Scalar>], isNegated: Bool)
  }

  private static let maximumAlternatives = 64

  private let alternatives: [[Token]]
  private let separator: Unicode.Scalar?

  package init(_ pattern: String, separator: Unicode.Scalar? = nil) {
    self.separator = separator
    alternatives = Self.expanded(pattern).map { Self.tokens(Array($0.unicodeScalars), separator != nil) }
  }

  package func matches(_ text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    return alternatives.contains { matches($0, scalars) }
  }

  /// Alternatives in braces, one pattern each.
  private static func expanded(_ pattern: String) -> [String] {
    var pending = [pattern]
    var result: [String] = []
    while let next = pending.popLast(), result.count + pending.count < maximumAlternatives {
      guard let open = next.firstIndex(of: "{"), let close = next[open...].firstIndex(of: "}") else {
        result.append(next)
        continue
      }
      let inner = next[next.index(after: open)..<close]
      let (before, after) = (String(next[..<open]), String(next[next.index(after: close)...]))
      for part in inner.split(separator: ",", omittingEmptySubsequences: false) {
        pending.append(before + String(part) + after)
      }
    }
    return result
  }

  private static func tokens(_ scalars: [Unicode.Scalar], _ isSeparated: Bool) -> [Token] {
    var tokens: [Token] = []
    var position = 0
    while position < scalars.count {
      let scalar = scalars[position]
      position += 1
      switch scalar {
      case "*":
        switch tokens.last {
        case .many?: continue
        case .manyWithin?: tokens[tokens.count - 1] = .many
        default: tokens.append(isSeparated ? .manyWithin : .many)
        }
      case "?": tokens.append(.any)
      case "\\" where position < scalars.count:
        tokens.append(.scalar(scalars[position]))
        position += 1
      case "[":
        guard let end = scalars[position...].firstIndex(of: "]") else {
          tokens.append(.scalar(scalar))
          continue
        }
        tokens.append(oneOf(scalars[position..<end]))
        position = end + 1
      default: tokens.append(.scalar(scalar))
      }
    }
    return tokens
  }

  private static func oneOf(_ scalars: ArraySlice<Unicode.Scalar>) -> Token {
    var rest = scalars
    let isNegated = rest.first == "!" || rest.first == "^"
    if isNegated { rest = rest.dropFirst() }
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    while let first = rest.popFirst() {
      var last = first
      if rest.first == "-", let end = rest.dropFirst().first, end >= first {
        last = end
        rest = rest.dropFirst(2)
      }
      ranges.append(first...last)
    }
    return .oneOf(ranges, isNegated: isNegated)
  }

  private func matches(_ tokens: [Token], _ text: [Unicode.Scalar]) -> Bool {
    var reached = [Bool](repeating: false, count: text.count + 1)
    reached[0] = true
    for token in tokens {
      var next = [Bool](repeating: false, count: text.count + 1)
      for position in 0...text.count {
        switch token {
        case .many: next[position] = reached[position] || (position > 0 && next[position - 1])
        case .manyWithin:
          next[position] = reached[position] || (position > 0 && next[position - 1] && text[position - 1] != separator)
        default:
          if position > 0 { next[position] = reached[position - 1] && accepts(token, text[position - 1]) }
        }
      }
      reached = next
    }
    return reached[text.count]
  }

  private func accepts(_ token: Token, _ scalar: Unicode.Scalar) -> Bool {
    switch token {
    case .scalar(let wanted): wanted == scalar
    case .any: scalar != separator
    case .many, .manyWithin: true
    case .oneOf(let ranges, let isNegated): ranges.contains { $0.contains(scalar) } != isNegated
    }
  }
}
