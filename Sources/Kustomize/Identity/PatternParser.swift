/// A parsed regular expression.
indirect enum PatternNode {
  case sequence([PatternNode])
  case alternatives([PatternNode])
  case scalar(ScalarSet)
  case assertion(Assertion)
  case repeated(PatternNode, atLeast: Int, atMost: Int?)
}

/// Reads RE2's syntax.
struct PatternParser {
  private static let maximumDepth = 100
  private static let maximumCount = 1000

  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var depth = 0
  private var foldsCase = false
  private var dotTakesBreaks = false

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  mutating func parse() throws(Pattern.Invalid) -> PatternNode {
    let node = try parseAlternatives()
    if position < scalars.count { throw Pattern.Invalid(message: "unexpected ')'") }
    return node
  }

  private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    position += 1
    return true
  }

  private mutating func parseAlternatives() throws(Pattern.Invalid) -> PatternNode {
    depth += 1
    defer { depth -= 1 }
    if depth > Self.maximumDepth { throw Pattern.Invalid(message: "groups nested too deeply") }
    var alternatives: [PatternNode] = []
    repeat { alternatives.append(try parseSequence()) } while take("|")
    return alternatives.count == 1 ? alternatives[0] : .alternatives(alternatives)
  }

  private mutating func parseSequence() throws(Pattern.Invalid) -> PatternNode {
    var nodes: [PatternNode] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      guard let atom = try parseAtom() else { continue }
      nodes.append(try parseRepetition(of: atom))
    }
    return nodes.count == 1 ? nodes[0] : .sequence(nodes)
  }

  private mutating func parseRepetition(of atom: PatternNode) throws(Pattern.Invalid) -> PatternNode {
    let bounds: (Int, Int?)
    switch next {
    case "*": bounds = (0, nil)
    case "+": bounds = (1, nil)
    case "?": bounds = (0, 1)
    case "{":
      guard let counts = try parseCounts() else { return atom }
      bounds = counts
      position -= 1
    default: return atom
    }
    position += 1
    _ = take("?")
    if next == "*" || next == "+" || next == "?" { throw Pattern.Invalid(message: "a repetition of a repetition") }
    return .repeated(atom, atLeast: bounds.0, atMost: bounds.1)
  }

  /// `{2}`, `{2,}`, `{2,5}`; nil, with nothing read, where the brace is a literal.
  private mutating func parseCounts() throws(Pattern.Invalid) -> (Int, Int?)? {
    let start = position
    position += 1
    let least = parseNumber()
    var most = least
    if take(",") { most = next == "}" ? nil : parseNumber() ?? -1 }
    guard let least, most != -1, take("}") else {
      position = start
      return nil
    }
    if least > Self.maximumCount || (most ?? 0) > Self.maximumCount || (most ?? least) < least {
      throw Pattern.Invalid(message: "a repetition count out of range")
    }
    return (least, most)
  }

  private mutating func parseNumber() -> Int? {
    var number: Int?
    while let scalar = next, ScalarSet.digit.contains(scalar) {
      number = min((number ?? 0) * 10 + Int(scalar.value - 0x30), 100_000)
      position += 1
    }
    return number
  }

  /// Nil for flags that apply from here on, which are no atom.
  private mutating func parseAtom() throws(Pattern.Invalid) -> PatternNode? {
    let scalar = scalars[position]
    position += 1
    switch scalar {
    case "(": return try parseGroup()
    case "[": return .scalar(try parseClass())
    case ".": return .scalar(dotTakesBreaks ? .any : .noBreak)
    case "^": return .assertion(.start)
    case "$": return .assertion(.end)
    case "\\": return try parseEscape()
    case "*", "+", "?": throw Pattern.Invalid(message: "nothing to repeat before '\(scalar)'")
    default: return .scalar(literal(scalar))
    }
  }

  private func literal(_ scalar: Unicode.Scalar) -> ScalarSet {
    let set = ScalarSet(ranges: [scalar.value...scalar.value])
    return foldsCase ? set.foldingCase : set
  }

  private mutating func parseGroup() throws(Pattern.Invalid) -> PatternNode? {
    let outer = (foldsCase, dotTakesBreaks)
    if take("?") {
      if take("P") || next == "<" {
        guard take("<") else { throw Pattern.Invalid(message: "a malformed group") }
        while let scalar = next, scalar != ">" {
          guard ScalarSet.word.contains(scalar) else { throw Pattern.Invalid(message: "a malformed group name") }
          position += 1
        }
        guard take(">") else { throw Pattern.Invalid(message: "a malformed group name") }
      } else if try !parseFlags() {
        return nil
      }
    }
    let node = try parseAlternatives()
    guard take(")") else { throw Pattern.Invalid(message: "missing ')'") }
    (foldsCase, dotTakesBreaks) = outer
    return node
  }

  /// `i-s:`; false when the flags stand alone and end with `)`.
  private mutating func parseFlags() throws(Pattern.Invalid) -> Bool {
    var value = true
    while let scalar = next {
      position += 1
      switch scalar {
      case "i": foldsCase = value
      case "s": dotTakesBreaks = value
      case "-": value = false
      case ":": return true
      case ")": return false
      default: throw Pattern.Invalid(message: "an unknown flag or lookaround '(?\(scalar)'")
      }
    }
    throw Pattern.Invalid(message: "missing ')'")
  }

  private mutating func parseEscape() throws(Pattern.Invalid) -> PatternNode {
    guard let scalar = next else { throw Pattern.Invalid(message: "a trailing backslash") }
    position += 1
    switch scalar {
    case "b": return .assertion(.wordBoundary)
    case "B": return .assertion(.noWordBoundary)
    case "A": return .assertion(.start)
    case "z": return .assertion(.end)
    default:
      if let set = Self.named(scalar) { return .scalar(set) }
      return .scalar(literal(try escaped(scalar)))
    }
  }

  private static func named(_ scalar: Unicode.Scalar) -> ScalarSet? {
    switch scalar {
    case "d": .digit
    case "D": .digit.negated
    case "w": .word
    case "W": .word.negated
    case "s": .space
    case "S": .space.negated
    default: nil
    }
  }

  private mutating func escaped(_ scalar: Unicode.Scalar) throws(Pattern.Invalid) -> Unicode.Scalar {
    switch scalar {
    case "n": return "\n"
    case "t": return "\t"
    case "r": return "\r"
    case "f": return "\u{0C}"
    case "v": return "\u{0B}"
    case "a": return "\u{07}"
    default:
      if ScalarSet.word.contains(scalar) { throw Pattern.Invalid(message: "an unknown escape '\\\(scalar)'") }
      return scalar
    }
  }

  private mutating func parseClass() throws(Pattern.Invalid) -> ScalarSet {
    let isNegated = take("^")
    var set = ScalarSet(ranges: [])
    var isFirst = true
    while let scalar = next, scalar != "]" || isFirst {
      isFirst = false
      position += 1
      if scalar == "[", next == ":" {
        set.ranges += try parsePOSIXClass()
        continue
      }
      if scalar == "\\", let escape = next, let named = Self.named(escape) {
        position += 1
        set.ranges += named.resolved
        continue
      }
      let lower = try classScalar(scalar)
      var upper = lower
      if next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
        position += 1
        let end = scalars[position]
        position += 1
        upper = try classScalar(end)
      }
      guard lower.value <= upper.value else { throw Pattern.Invalid(message: "a class range out of order") }
      set.ranges.append(lower.value...upper.value)
    }
    guard take("]") else { throw Pattern.Invalid(message: "missing ']'") }
    if foldsCase { set = set.foldingCase }
    set.isNegated = isNegated
    return set
  }

  private mutating func classScalar(_ scalar: Unicode.Scalar) throws(Pattern.Invalid) -> Unicode.Scalar {
    guard scalar == "\\" else { return scalar }
    guard let escape = next else { throw Pattern.Invalid(message: "a trailing backslash") }
    position += 1
    return try escaped(escape)
  }

  private mutating func parsePOSIXClass() throws(Pattern.Invalid) -> [ClosedRange<UInt32>] {
    var name = ""
    position += 1
    while let scalar = next, scalar != ":" {
      name.unicodeScalars.append(scalar)
      position += 1
    }
    guard take(":"), take("]"), let ranges = Self.posixClasses[name] else {
      throw Pattern.Invalid(message: "an unknown class '[:\(name):]'")
    }
    return ranges
  }

  private static let posixClasses: [String: [ClosedRange<UInt32>]] = [
    "alnum": [0x30...0x39, 0x41...0x5A, 0x61...0x7A], "alpha": [0x41...0x5A, 0x61...0x7A], "digit": [0x30...0x39],
    "lower": [0x61...0x7A], "upper": [0x41...0x5A], "space": [0x09...0x0D, 0x20...0x20],
    "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E], "word": ScalarSet.word.ranges,
    "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66],
  ]
}

/// Turns a parsed pattern into a program.
enum PatternCompiler {
  private static let maximumInstructions = 20_000

  static func compile(_ node: PatternNode) throws(Pattern.Invalid) -> [Pattern.Instruction] {
    var program: [Pattern.Instruction] = []
    try emit(node, into: &program)
    program.append(.match)
    return program
  }

  private static func emit(
    _ node: PatternNode, into program: inout [Pattern.Instruction]
  ) throws(Pattern.Invalid) {
    guard program.count < maximumInstructions else { throw Pattern.Invalid(message: "the pattern is too large") }
    switch node {
    case .scalar(let set): program.append(.scalar(set))
    case .assertion(let assertion): program.append(.assertion(assertion))
    case .sequence(let nodes): for node in nodes { try emit(node, into: &program) }
    case .alternatives(let nodes): try emit(alternatives: nodes[...], into: &program)
    case .repeated(let node, let least, let most): try emit(node, least, most, into: &program)
    }
  }

  private static func emit(
    alternatives nodes: ArraySlice<PatternNode>, into program: inout [Pattern.Instruction]
  ) throws(Pattern.Invalid) {
    guard let first = nodes.first else { return }
    if nodes.count == 1 { return try emit(first, into: &program) }
    let split = program.count
    program.append(.match)
    try emit(first, into: &program)
    let jump = program.count
    program.append(.match)
    program[split] = .split(split + 1, program.count)
    try emit(alternatives: nodes.dropFirst(), into: &program)
    program[jump] = .jump(program.count)
  }

  private static func emit(
    _ node: PatternNode, _ least: Int, _ most: Int?, into program: inout [Pattern.Instruction]
  ) throws(Pattern.Invalid) {
    for _ in 0..<least { try emit(node, into: &program) }
    guard let most else {
      let split = program.count
      program.append(.match)
      try emit(node, into: &program)
      program.append(.jump(split))
      program[split] = .split(split + 1, program.count)
      return
    }
    var splits: [Int] = []
    for _ in least..<max(most, least) {
      splits.append(program.count)
      program.append(.match)
      try emit(node, into: &program)
    }
    for split in splits { program[split] = .split(split + 1, program.count) }
  }
}
