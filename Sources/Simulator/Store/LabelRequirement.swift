import Manifest

/// One requirement of a label selector, as the `labelSelector` parameter spells it.
struct LabelRequirement: Sendable, Equatable {
  enum Operation: Equatable {
    case `in`([String])
    case notIn([String])
    case exists
    case absent
    case greater(Int64)
    case less(Int64)
  }

  var key: String
  var operation: Operation

  func matches(_ labels: Node?) -> Bool {
    let value = labels?[key]?.string
    switch operation {
    case .in(let values): return value.map(values.contains) ?? false
    case .notIn(let values): return value.map { !values.contains($0) } ?? true
    case .exists: return value != nil
    case .absent: return value == nil
    case .greater(let bound): return value.flatMap { Int64($0) }.map { $0 > bound } ?? false
    case .less(let bound): return value.flatMap { Int64($0) }.map { $0 < bound } ?? false
    }
  }
}

/// Reads the `labelSelector` parameter, with the server's words for what it can not read.
///
/// Source: apimachinery's `labels.Parser`.
struct LabelSelectorParser {
  private var tokens: [String] = []
  private var position = 0

  /// - Throws: 400 with the parser's message.
  static func requirements(_ text: String) throws(StatusError) -> [LabelRequirement] {
    var parser = LabelSelectorParser(text)
    return try parser.requirements()
  }

  private init(_ text: String) {
    var word = ""
    var characters = text[...]
    func isSpecial(_ character: Character) -> Bool { "=!(),<>".contains(character) }
    while let character = characters.popFirst() {
      if character.isWhitespace || isSpecial(character) {
        if !word.isEmpty { tokens.append(word) }
        word = ""
      }
      if isSpecial(character) {
        var token = String(character)
        if (character == "=" || character == "!"), characters.first == "=" {
          token.append(characters.removeFirst())
        }
        tokens.append(token)
      } else if !character.isWhitespace {
        word.append(character)
      }
    }
    if !word.isEmpty { tokens.append(word) }
  }

  private var next: String { position < tokens.count ? tokens[position] : "" }

  private mutating func take() -> String {
    defer { position += 1 }
    return next
  }

  private static func isIdentifier(_ token: String) -> Bool {
    !token.isEmpty && !["=", "==", "!=", "!", "(", ")", ",", "<", ">"].contains(token)
  }

  private static func failure(_ found: String, expected: String) -> StatusError {
    .badRequest("unable to parse requirement: found '\(found)', expected: \(expected)")
  }

  private mutating func requirements() throws(StatusError) -> [LabelRequirement] {
    var requirements: [LabelRequirement] = []
    guard !tokens.isEmpty else { return [] }
    while true {
      requirements.append(try requirement())
      let separator = take()
      if separator.isEmpty { return requirements }
      guard separator == "," else { throw .badRequest("found '\(separator)', expected: ',' or 'end of string'") }
      guard Self.isIdentifier(next) || next == "!" else {
        throw .badRequest("found '\(next)', expected: identifier after ','")
      }
    }
  }

  private mutating func requirement() throws(StatusError) -> LabelRequirement {
    if next == "!" {
      _ = take()
      return LabelRequirement(key: try key(), operation: .absent)
    }
    let key = try key()
    if next.isEmpty || next == "," { return LabelRequirement(key: key, operation: .exists) }
    let word = take()
    switch word {
    case "=", "==": return LabelRequirement(key: key, operation: .in([try value()]))
    case "!=": return LabelRequirement(key: key, operation: .notIn([try value()]))
    case "in": return LabelRequirement(key: key, operation: .in(try values()))
    case "notin": return LabelRequirement(key: key, operation: .notIn(try values()))
    case ">", "<":
      guard let bound = Int64(try value()) else {
        throw .badRequest("for 'Gt', 'Lt' operators, the value must be an integer")
      }
      return LabelRequirement(key: key, operation: word == ">" ? .greater(bound) : .less(bound))
    default: throw Self.failure(word, expected: "in, notin, =, ==, !=, gt, lt")
    }
  }

  private mutating func key() throws(StatusError) -> String {
    let token = take()
    guard Self.isIdentifier(token) else { throw Self.failure(token, expected: "identifier") }
    return token
  }

  /// An empty value stands before a comma or the end.
  private mutating func value() throws(StatusError) -> String {
    if next.isEmpty || next == "," { return "" }
    let token = take()
    guard Self.isIdentifier(token) else { throw Self.failure(token, expected: "identifier") }
    return token
  }

  private mutating func values() throws(StatusError) -> [String] {
    guard take() == "(" else { throw Self.failure(next, expected: "'('") }
    var values: [String] = []
    while true {
      if next == ")" || next == "," { values.append("") } else { values.append(try value()) }
      switch take() {
      case ",": continue
      case ")": return values
      case let token: throw Self.failure(token, expected: "',', or ')'")
      }
    }
  }
}
