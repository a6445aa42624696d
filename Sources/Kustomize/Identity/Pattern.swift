/// A regular expression in the syntax of RE2, matched in time linear in text and pattern.
///
/// Selectors and image names come from users' files, so a matcher that can backtrack for ever is out of the question.
/// Supported: literals, `.`, classes, `\d \w \s \b` and their opposites, groups, alternation, repetition (bounded counts
/// up to 1000), anchors, and the flags `i` and `s`; not Unicode classes by name.
struct Pattern: Sendable {
  struct Invalid: Error {
    var message: String
  }

  private let program: [Instruction]
  /// A pattern without any syntax in it.
  private let literal: String?

  /// - Parameter wholeText: as if it stood between `^(?:` and `)$`.
  init(_ text: String, wholeText: Bool = false) throws(Invalid) {
    if wholeText && !text.utf8.contains(where: Self.isSyntax) {
      literal = text
      program = []
      return
    }
    literal = nil
    var parser = PatternParser(text)
    let node = try parser.parse()
    let whole: PatternNode = wholeText ? .sequence([.assertion(.start), node, .assertion(.end)]) : node
    program = try PatternCompiler.compile(whole)
  }

  private static func isSyntax(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\\"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "*"), UInt8(ascii: "?"),
      UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "|"), UInt8(ascii: "["), UInt8(ascii: "]"),
      UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "^"), UInt8(ascii: "$"):
      true
    default: false
    }
  }

  /// Whether the pattern is found anywhere in `text`.
  func matches(_ text: String) -> Bool {
    if let literal { return literal == text }
    let scalars = Array(text.unicodeScalars)
    var current = StateSet(count: program.count)
    var next = StateSet(count: program.count)
    for position in 0...scalars.count {
      if follow(0, at: position, in: scalars, &current) { return true }
      guard position < scalars.count else { return false }
      next.clear()
      for state in current.members {
        guard case .scalar(let set) = program[state], set.contains(scalars[position]) else { continue }
        if follow(state + 1, at: position + 1, in: scalars, &next) { return true }
      }
      swap(&current, &next)
    }
    return false
  }

  /// Adds the states that are reached from `start` without reading anything; true when one of them is the end.
  private func follow(_ start: Int, at position: Int, in scalars: [Unicode.Scalar], _ set: inout StateSet) -> Bool {
    var pending = [start]
    while let state = pending.popLast() {
      guard set.insert(state) else { continue }
      switch program[state] {
      case .match: return true
      case .jump(let target): pending.append(target)
      case .split(let first, let second):
        pending.append(second)
        pending.append(first)
      case .assertion(let assertion):
        if assertion.holds(at: position, in: scalars) { pending.append(state + 1) }
      case .scalar: break
      }
    }
    return false
  }

  enum Instruction: Sendable {
    case scalar(ScalarSet)
    case split(Int, Int)
    case jump(Int)
    case assertion(Assertion)
    case match
  }

  private struct StateSet {
    private(set) var members: [Int] = []
    private var marks: [Int]
    private var generation = 1

    init(count: Int) { marks = Array(repeating: 0, count: count) }

    mutating func insert(_ state: Int) -> Bool {
      guard marks[state] != generation else { return false }
      marks[state] = generation
      members.append(state)
      return true
    }

    mutating func clear() {
      members.removeAll(keepingCapacity: true)
      generation += 1
    }
  }
}

/// A place in a text that a pattern asks for.
enum Assertion: Sendable {
  case start, end, wordBoundary, noWordBoundary

  func holds(at position: Int, in scalars: [Unicode.Scalar]) -> Bool {
    switch self {
    case .start: return position == 0
    case .end: return position == scalars.count
    case .wordBoundary, .noWordBoundary:
      let before = position > 0 && ScalarSet.word.contains(scalars[position - 1])
      let after = position < scalars.count && ScalarSet.word.contains(scalars[position])
      return (before != after) == (self == .wordBoundary)
    }
  }
}

/// The scalars that a class names.
struct ScalarSet: Sendable {
  var ranges: [ClosedRange<UInt32>]
  var isNegated = false

  static let digit = ScalarSet(ranges: [0x30...0x39])
  static let word = ScalarSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  static let space = ScalarSet(ranges: [0x09...0x0A, 0x0C...0x0D, 0x20...0x20])
  static let any = ScalarSet(ranges: [0...0x10FFFF])
  static let noBreak = ScalarSet(ranges: [0x0A...0x0A], isNegated: true)

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    ranges.contains { $0.contains(scalar.value) } != isNegated
  }

  var negated: ScalarSet { ScalarSet(ranges: ranges, isNegated: !isNegated) }

  /// The ranges without a negation.
  var resolved: [ClosedRange<UInt32>] {
    guard isNegated else { return ranges }
    var result: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
      next = max(next, range.upperBound + 1)
    }
    if next <= 0x10FFFF { result.append(next...0x10FFFF) }
    return result
  }

  /// With both cases of every ASCII letter.
  var foldingCase: ScalarSet {
    var result = self
    for range in ranges {
      for scalar in range.clamped(to: 0x41...0x7A) where ScalarSet.word.ranges.contains(where: { $0.contains(scalar) })
      {
        if scalar >= 0x41 && scalar != 0x5F { result.ranges.append((scalar ^ 0x20)...(scalar ^ 0x20)) }
      }
    }
    return result
  }
}
