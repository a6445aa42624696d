/// Reads RE2's syntax, which is Go's: no look-around, no back-references.
struct RegexParser {
  private static let maximumNesting = 100
  private static let maximumRepeat = 1000
  private static let maximumScalars = 4096

  private struct Flags {
    var ignoresCase = false
    var multiline = false
    var dotMatchesNewline = false
    var swapsGreed = false
  }

  private let pattern: [Unicode.Scalar]
  private var position = 0
  private var nesting = 0
  private var flags = Flags()
  private(set) var captures = 0
  private(set) var names: [String: Int] = [:]

  static func parse(
    _ pattern: String
  ) throws(RegexError) -> (node: RegexNode, captures: Int, names: [String: Int]) {
    var parser = RegexParser(pattern)
    guard parser.pattern.count <= maximumScalars else { throw RegexError("expression too large") }
    let node = try parser.parseChoice()
    guard parser.position == parser.pattern.count else { throw RegexError("unexpected )") }
    return (node, parser.captures, parser.names)
  }

  private init(_ pattern: String) { self.pattern = Array(pattern.unicodeScalars) }

  private mutating func parseChoice() throws(RegexError) -> RegexNode {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= Self.maximumNesting else { throw RegexError("expression nests too deeply") }
    var choices = [try parseSequence()]
    while take("|") { choices.append(try parseSequence()) }
    return choices.count == 1 ? choices[0] : .choice(choices)
  }

  private mutating func parseSequence() throws(RegexError) -> RegexNode {
    var nodes: [RegexNode] = []
    while let scalar = peek(), scalar != "|", scalar != ")" {
      guard let atom = try parseAtom() else { continue }
      nodes += try repeated(atom)
    }
    return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
  }

  /// The atom with what repeats it. `\Q…\E` gives several, of which the last is repeated.
  private mutating func repeated(_ atoms: [RegexNode]) throws(RegexError) -> [RegexNode] {
    guard var last = atoms.last else { return [] }
    var isRepeated = false
    while let (least, most) = try parseRepeat() {
      guard !isRepeated else { throw RegexError("invalid nested repetition operator") }
      isRepeated = true
      let isLazy = take("?")
      last = .repetition(last, least: least, most: most, isGreedy: isLazy == flags.swapsGreed)
    }
    return atoms.dropLast() + [last]
  }

  private mutating func parseRepeat() throws(RegexError) -> (Int, Int?)? {
    if take("*") { return (0, nil) }
    if take("+") { return (1, nil) }
    if take("?") { return (0, 1) }
    guard peek() == "{" else { return nil }
    let start = position
    position += 1
    guard let least = parseInteger() else {
      position = start
      return nil
    }
    var most: Int? = least
    if take(",") { most = peek() == "}" ? nil : parseInteger() ?? -1 }
    guard most != -1, take("}") else {
      position = start
      return nil
    }
    guard least <= Self.maximumRepeat, most ?? 0 <= Self.maximumRepeat, most.map({ $0 >= least }) ?? true else {
      throw RegexError("invalid repeat count")
    }
    return (least, most)
  }

  private mutating func parseInteger() -> Int? {
    var number: Int?
    while let scalar = peek(), scalar.value >= 48, scalar.value <= 57 {
      number = min((number ?? 0) * 10 + Int(scalar.value - 48), 100_000)
      position += 1
    }
    return number
  }

  // MARK: Atoms

  /// Nil where something was read that is no atom: flags.
  private mutating func parseAtom() throws(RegexError) -> [RegexNode]? {
    let start = position
    guard let scalar = next() else { return nil }
    switch scalar {
    case "(": return try parseGroup().map { [$0] }
    case "[": return [.set(folded(try parseClass()))]
    case ".": return [.set(flags.dotMatchesNewline ? ScalarSet().negated : ScalarSet.one(10).negated)]
    case "^": return [.assertion(flags.multiline ? .lineStart : .textStart)]
    case "$": return [.assertion(flags.multiline ? .lineEnd : .textEnd)]
    case "*", "+", "?": throw RegexError("missing argument to repetition operator: \(scalar)")
    case "{":
      // A brace that is no repetition is a letter.
      position = start
      if try parseRepeat() != nil { throw RegexError("missing argument to repetition operator: {") }
      position = start + 1
      return [literal(scalar)]
    case "\\": return try parseEscape()
    default: return [literal(scalar)]
    }
  }

  private func literal(_ scalar: Unicode.Scalar) -> RegexNode { .set(folded(.one(scalar.value))) }

  private func folded(_ set: ScalarSet) -> ScalarSet {
    var set = set
    set.ignoresCase = flags.ignoresCase
    return set
  }

  private mutating func parseGroup() throws(RegexError) -> RegexNode? {
    let outer = flags
    guard take("?") else { return try parseCapture(name: nil, outer) }
    if take("P") {
      guard take("<") else { throw RegexError("invalid or unsupported Perl syntax: (?P") }
      return try parseCapture(name: try parseName(), outer)
    }
    if peek() == "<" {
      position += 1
      guard peek() != "=", peek() != "!" else { throw RegexError("invalid or unsupported Perl syntax: (?<") }
      return try parseCapture(name: try parseName(), outer)
    }
    guard try parseFlags() else { return nil }
    let node = try parseChoice()
    guard take(")") else { throw RegexError("missing closing )") }
    flags = outer
    return node
  }

  private mutating func parseCapture(name: String?, _ outer: Flags) throws(RegexError) -> RegexNode {
    captures += 1
    let number = captures
    if let name {
      guard names[name] == nil else { throw RegexError("duplicate capture group name: \(name)") }
      names[name] = number
    }
    let node = try parseChoice()
    guard take(")") else { throw RegexError("missing closing )") }
    flags = outer
    return .capture(node, number)
  }

  private mutating func parseName() throws(RegexError) -> String {
    var name = ""
    while let scalar = next() {
      if scalar == ">" {
        guard !name.isEmpty else { break }
        return name
      }
      guard ScalarSet.words.contains(scalar) else { break }
      name.unicodeScalars.append(scalar)
    }
    throw RegexError("invalid named capture")
  }

  /// `(?i)` and `(?i:`. Returns whether a group follows.
  private mutating func parseFlags() throws(RegexError) -> Bool {
    var value = true
    while let scalar = next() {
      switch scalar {
      case "i": flags.ignoresCase = value
      case "m": flags.multiline = value
      case "s": flags.dotMatchesNewline = value
      case "U": flags.swapsGreed = value
      case "-" where value: value = false
      case ":": return true
      case ")": return false
      default: throw RegexError("invalid or unsupported Perl syntax: (?\(scalar)")
      }
    }
    throw RegexError("missing closing )")
  }

  // MARK: Escapes

  private mutating func parseEscape() throws(RegexError) -> [RegexNode] {
    guard let scalar = peek() else { throw RegexError("trailing backslash at end of expression") }
    switch scalar {
    case "A": return assertion(.textStart)
    case "z": return assertion(.textEnd)
    case "b": return assertion(.wordBoundary)
    case "B": return assertion(.noWordBoundary)
    case "Q":
      position += 1
      return quotedLiterals()
    default: break
    }
    if let set = try parseSetEscape() { return [.set(folded(set))] }
    return [literal(try parseScalarEscape())]
  }

  private mutating func assertion(_ assertion: RegexNode.Assertion) -> [RegexNode] {
    position += 1
    return [.assertion(assertion)]
  }

  private mutating func quotedLiterals() -> [RegexNode] {
    var nodes: [RegexNode] = []
    while let scalar = next() {
      if scalar == "\\", peek() == "E" {
        position += 1
        break
      }
      nodes.append(literal(scalar))
    }
    return nodes.isEmpty ? [.empty] : nodes
  }

  /// `\d`, `\pL`, `\p{Lu}`, …; nil, with nothing read, for other escapes.
  private mutating func parseSetEscape() throws(RegexError) -> ScalarSet? {
    guard let scalar = peek() else { return nil }
    let set: ScalarSet
    switch scalar {
    case "d", "D": set = .digits
    case "w", "W": set = .words
    case "s", "S": set = .spaces
    case "p", "P": return try parseCategory(isNegated: scalar == "P")
    default: return nil
    }
    position += 1
    return scalar.properties.isUppercase ? set.negated : set
  }

  private mutating func parseCategory(isNegated: Bool) throws(RegexError) -> ScalarSet {
    position += 1
    var name = ""
    var isNegated = isNegated
    if take("{") {
      if take("^") { isNegated.toggle() }
      while let scalar = next(), scalar != "}" { name.unicodeScalars.append(scalar) }
    } else if let scalar = next() {
      name.unicodeScalars.append(scalar)
    }
    if name == "Any" { return isNegated ? ScalarSet() : ScalarSet().negated }
    guard ScalarSet.categoryNames.contains(name) else {
      throw RegexError("invalid character class range: \\p{\(name.prefix(20))}")
    }
    return ScalarSet(categories: [ScalarSet.Category(name: name, isNegated: isNegated)])
  }

  private mutating func parseScalarEscape() throws(RegexError) -> Unicode.Scalar {
    guard let scalar = next() else { throw RegexError("trailing backslash at end of expression") }
    switch scalar {
    case "n": return "\n"
    case "t": return "\t"
    case "r": return "\r"
    case "a": return "\u{7}"
    case "f": return "\u{C}"
    case "v": return "\u{B}"
    case "x": return try parseHexadecimal()
    case "0"..."7": return try parseOctal(scalar)
    default:
      guard scalar.value < 0x80, !ScalarSet.words.contains(scalar) else {
        throw RegexError("invalid escape sequence: \\\(scalar)")
      }
      return scalar
    }
  }

  private mutating func parseHexadecimal() throws(RegexError) -> Unicode.Scalar {
    var digits = ""
    if take("{") {
      while let scalar = next(), scalar != "}" { digits.unicodeScalars.append(scalar) }
    } else {
      for _ in 0..<2 { if let scalar = next() { digits.unicodeScalars.append(scalar) } }
    }
    guard let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) else {
      throw RegexError("invalid escape sequence: \\x\(digits.prefix(20))")
    }
    return scalar
  }

  private mutating func parseOctal(_ first: Unicode.Scalar) throws(RegexError) -> Unicode.Scalar {
    var value = first.value - 48
    var count = 1
    while count < 3, let scalar = peek(), scalar.value >= 48, scalar.value <= 55 {
      value = value * 8 + scalar.value - 48
      position += 1
      count += 1
    }
    guard first == "0" || count == 3, let scalar = Unicode.Scalar(value) else {
      throw RegexError("invalid escape sequence: \\\(first)")
    }
    return scalar
  }

  // MARK: Classes

  private mutating func parseClass() throws(RegexError) -> ScalarSet {
    var set = ScalarSet()
    let isNegated = take("^")
    var isFirst = true
    while let scalar = peek(), scalar != "]" || isFirst {
      isFirst = false
      if let named = try parseNamedClass() {
        add(named, to: &set)
      } else if scalar == "\\", let escaped = try parseClassSetEscape() {
        add(escaped, to: &set)
      } else {
        set.ranges.append(try parseRange())
      }
    }
    guard take("]") else { throw RegexError("missing closing ]") }
    if isNegated { set.isNegated = true }
    return set
  }

  private mutating func parseClassSetEscape() throws(RegexError) -> ScalarSet? {
    let start = position
    position += 1
    if let set = try parseSetEscape() { return set }
    position = start
    return nil
  }

  private mutating func parseRange() throws(RegexError) -> ClosedRange<UInt32> {
    let lower = try parseClassScalar()
    guard peek() == "-", position + 1 < pattern.count, pattern[position + 1] != "]" else { return lower...lower }
    position += 1
    let upper = try parseClassScalar()
    guard lower <= upper else { throw RegexError("invalid character class range") }
    return lower...upper
  }

  private mutating func parseClassScalar() throws(RegexError) -> UInt32 {
    guard let scalar = next() else { throw RegexError("missing closing ]") }
    return scalar == "\\" ? try parseScalarEscape().value : scalar.value
  }

  /// A negated set inside a class becomes the ranges around it.
  private func add(_ other: ScalarSet, to set: inout ScalarSet) {
    guard other.isNegated else {
      set.ranges += other.ranges
      set.categories += other.categories
      return
    }
    var lower: UInt32 = 0
    for range in other.ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound > lower { set.ranges.append(lower...(range.lowerBound - 1)) }
      lower = range.upperBound + 1
    }
    set.ranges.append(lower...0x10FFFF)
  }

  private static let posixClasses: [String: ScalarSet] = [
    "alnum": ScalarSet(ranges: [48...57, 65...90, 97...122]), "alpha": ScalarSet(ranges: [65...90, 97...122]),
    "ascii": ScalarSet(ranges: [0...127]), "blank": ScalarSet(ranges: [9...9, 32...32]),
    "cntrl": ScalarSet(ranges: [0...31, 127...127]), "digit": .digits, "graph": ScalarSet(ranges: [33...126]),
    "lower": ScalarSet(ranges: [97...122]), "print": ScalarSet(ranges: [32...126]),
    "punct": ScalarSet(ranges: [33...47, 58...64, 91...96, 123...126]),
    "space": ScalarSet(ranges: [9...13, 32...32]), "upper": ScalarSet(ranges: [65...90]), "word": .words,
    "xdigit": ScalarSet(ranges: [48...57, 65...70, 97...102]),
  ]

  /// `[:alpha:]`; nil, with nothing read, where none stands.
  private mutating func parseNamedClass() throws(RegexError) -> ScalarSet? {
    guard peek() == "[", position + 1 < pattern.count, pattern[position + 1] == ":" else { return nil }
    let start = position
    position += 2
    let isNegated = take("^")
    var name = ""
    while let scalar = peek(), ScalarSet.words.contains(scalar) {
      name.unicodeScalars.append(scalar)
      position += 1
    }
    guard take(":"), take("]") else {
      position = start
      return nil
    }
    guard let set = Self.posixClasses[name] else {
      throw RegexError("invalid character class range: [:\(name.prefix(20)):]")
    }
    return isNegated ? set.negated : set
  }

  // MARK: Scalars

  private func peek() -> Unicode.Scalar? { position < pattern.count ? pattern[position] : nil }

  private mutating func next() -> Unicode.Scalar? {
    guard position < pattern.count else { return nil }
    position += 1
    return pattern[position - 1]
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek() == scalar else { return false }
    position += 1
    return true
  }
}
