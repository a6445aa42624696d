/// A Kubernetes selector over labels or annotations: `a=b, c!=d, e in (x,y), f, !g`.
struct MetadataSelector: Sendable {
  struct Invalid: Error {
    var message: String
  }

  private enum Test: Sendable {
    case among(Set<String>), notAmong(Set<String>), exists, absent
    case above(Int64), below(Int64)
  }

  private var requirements: [(key: String, test: Test)] = []

  init(_ text: String) throws(Invalid) {
    var scanner = Scanner(text)
    if scanner.isAtEnd { return }
    repeat { requirements.append(try Self.requirement(&scanner)) } while scanner.take(",")
    if !scanner.isAtEnd { throw Invalid(message: "unexpected '\(scanner.rest)'") }
  }

  func matches(_ texts: [String: String]) -> Bool {
    requirements.allSatisfy { requirement in
      let value = texts[requirement.key]
      switch requirement.test {
      case .among(let values): return value.map(values.contains) ?? false
      case .notAmong(let values): return value.map { !values.contains($0) } ?? true
      case .exists: return value != nil
      case .absent: return value == nil
      case .above(let bound): return value.flatMap { Int64($0) }.map { $0 > bound } ?? false
      case .below(let bound): return value.flatMap { Int64($0) }.map { $0 < bound } ?? false
      }
    }
  }

  private static func requirement(_ scanner: inout Scanner) throws(Invalid) -> (key: String, test: Test) {
    if scanner.take("!") { return (try scanner.word("a key"), .absent) }
    let key = try scanner.word("a key")
    if scanner.take("!=") { return (key, .notAmong([scanner.value()])) }
    if scanner.take("==") || scanner.take("=") { return (key, .among([scanner.value()])) }
    if scanner.take(">") { return (key, .above(try scanner.number())) }
    if scanner.take("<") { return (key, .below(try scanner.number())) }
    if scanner.takeWord("in") { return (key, .among(try scanner.list())) }
    if scanner.takeWord("notin") { return (key, .notAmong(try scanner.list())) }
    return (key, .exists)
  }

  private struct Scanner {
    private(set) var rest: Substring

    init(_ text: String) { rest = Substring(text).drop { $0.isWhitespace } }

    var isAtEnd: Bool { rest.isEmpty }

    private mutating func skipSpace() { rest = rest.drop { $0.isWhitespace } }

    mutating func take(_ text: String) -> Bool {
      guard rest.hasPrefix(text) else { return false }
      rest = rest.dropFirst(text.count)
      skipSpace()
      return true
    }

    private static func isWordCharacter(_ character: Character) -> Bool {
      !character.isWhitespace && !"!=<>(),".contains(character)
    }

    mutating func value() -> String {
      let word = String(rest.prefix(while: Self.isWordCharacter))
      rest = rest.dropFirst(word.count)
      skipSpace()
      return word
    }

    mutating func word(_ what: String) throws(Invalid) -> String {
      let word = value()
      guard !word.isEmpty else { throw Invalid(message: "\(what) is missing" + (isAtEnd ? "" : " before '\(rest)'")) }
      guard
        word.unicodeScalars.allSatisfy({
          $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_./".unicodeScalars.contains($0))
        })
      else { throw Invalid(message: "'\(word)' is no valid key") }
      return word
    }

    mutating func takeWord(_ wanted: String) -> Bool {
      guard rest.prefix(while: Self.isWordCharacter) == wanted else { return false }
      return take(wanted)
    }

    mutating func number() throws(Invalid) -> Int64 {
      let text = value()
      guard let number = Int64(text) else { throw Invalid(message: "'\(text)' is no whole number") }
      return number
    }

    mutating func list() throws(Invalid) -> Set<String> {
      guard take("(") else { throw Invalid(message: "'(' is missing") }
      var values: Set<String> = []
      repeat { values.insert(value()) } while take(",")
      guard take(")") else { throw Invalid(message: "')' is missing") }
      return values
    }
  }
}
