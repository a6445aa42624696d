/// A regular expression of RE2's syntax that is matched in time linear in the text, whatever the expression.
///
/// Leftmost-first, like Go's: the result is the one that a backtracking engine would find first.
package struct LinearRegex: Sendable {
  enum Instruction: Sendable {
    case scalar(UInt32)
    case set(ScalarSet)
    case assertion(RegexNode.Assertion)
    /// The first is preferred.
    case split(Int, Int)
    case jump(Int)
    case save(Int)
    case match
  }

  /// A match: bounds in scalars, of the whole and of each capture.
  package struct Match: Sendable, Equatable {
    /// Two for each group; the first two are the whole match.
    fileprivate(set) var slots: [Int?]

    package subscript(group: Int) -> Range<Int>? {
      guard group * 2 + 1 < slots.count, let lower = slots[group * 2], let upper = slots[group * 2 + 1] else {
        return nil
      }
      return lower..<upper
    }

    package var range: Range<Int> { self[0] ?? 0..<0 }
  }

  private static let maximumInstructions = 20_000

  private let program: [Instruction]
  package let captureCount: Int
  package let captureNames: [String: Int]

  /// - Throws: ``RegexError`` for what is no expression, or one that is too large.
  package init(_ pattern: String) throws(RegexError) {
    let parsed = try RegexParser.parse(pattern)
    captureCount = parsed.captures
    captureNames = parsed.names
    var compiler = Compiler(limit: Self.maximumInstructions)
    compiler.add(.save(0))
    try compiler.compile(parsed.node)
    compiler.add(.save(1))
    compiler.add(.match)
    program = compiler.program
  }

  /// Whether it fits anywhere in `text`.
  package func matches(_ text: String) -> Bool {
    // Without a bound on the work nothing is thrown.
    (try? firstMatch(in: Array(text.unicodeScalars), from: 0) { _ in }) != nil
  }

  /// The leftmost match at or behind `start`.
  /// - Parameter spend: is told of the work as it is done, and may stop it by throwing.
  package func firstMatch(
    in text: [Unicode.Scalar], from start: Int, spend: (Int) throws -> Void
  ) throws -> Match? {
    var machine = Machine(program: program, slotCount: captureCount * 2 + 2, text: text)
    return try machine.run(from: start, spend: spend).map { Match(slots: $0) }
  }

  /// Matches without overlaps, at most `limit` of them; empty ones beside a match are left out, as in Go.
  func allMatches(
    in text: [Unicode.Scalar], limit: Int, spend: (Int) throws -> Void
  ) throws -> [Match] {
    var matches: [Match] = []
    var position = 0
    var previousEnd = -1
    while position <= text.count, matches.count < limit {
      guard let match = try firstMatch(in: text, from: position, spend: spend) else { break }
      let range = match.range
      if !range.isEmpty || range.lowerBound != previousEnd { matches.append(match) }
      previousEnd = range.upperBound
      position = range.isEmpty ? range.upperBound + 1 : range.upperBound
    }
    return matches
  }

  // MARK: Compiling

  private struct Compiler {
    let limit: Int
    private(set) var program: [Instruction] = []

    init(limit: Int) { self.limit = limit }

    mutating func add(_ instruction: Instruction) { program.append(instruction) }

    mutating func compile(_ node: RegexNode) throws(RegexError) {
      guard program.count < limit else { throw RegexError("expression too large") }
      switch node {
      case .empty: break
      case .set(let set):
        if set.ranges.count == 1, set.ranges[0].count == 1, !set.isNegated, !set.ignoresCase, set.categories.isEmpty {
          add(.scalar(set.ranges[0].lowerBound))
        } else {
          add(.set(set))
        }
      case .assertion(let assertion): add(.assertion(assertion))
      case .sequence(let nodes): for node in nodes { try compile(node) }
      case .choice(let nodes): try compileChoice(nodes)
      case .repetition(let node, let least, let most, let isGreedy):
        try compileRepetition(node, least, most, isGreedy)
      case .capture(let node, let number):
        add(.save(number * 2))
        try compile(node)
        add(.save(number * 2 + 1))
      }
    }

    private mutating func compileChoice(_ nodes: [RegexNode]) throws(RegexError) {
      var jumps: [Int] = []
      for (index, node) in nodes.enumerated() {
        guard index < nodes.count - 1 else {
          try compile(node)
          break
        }
        let split = program.count
        add(.split(split + 1, split + 1))
        try compile(node)
        jumps.append(program.count)
        add(.jump(0))
        program[split] = .split(split + 1, program.count)
      }
      for jump in jumps { program[jump] = .jump(program.count) }
    }

    private mutating func compileRepetition(
      _ node: RegexNode, _ least: Int, _ most: Int?, _ isGreedy: Bool
    ) throws(RegexError) {
      guard let most else { return try compileLoop(node, least, isGreedy) }
      for _ in 0..<least { try compile(node) }
      var splits: [Int] = []
      for _ in least..<max(least, most) {
        splits.append(program.count)
        add(.split(0, 0))
        try compile(node)
      }
      for split in splits { program[split] = choice(split + 1, program.count, isGreedy) }
    }

    /// `x*` is `(x+)?`: so an `x` that matches nothing ends the loop, as in RE2.
    private mutating func compileLoop(
      _ node: RegexNode, _ least: Int, _ isGreedy: Bool
    ) throws(RegexError) {
      for _ in 1..<max(least, 1) { try compile(node) }
      let entry = program.count
      if least == 0 { add(.split(0, 0)) }
      let loop = program.count
      try compile(node)
      add(choice(loop, program.count + 1, isGreedy))
      if least == 0 { program[entry] = choice(loop, program.count, isGreedy) }
    }

    private func choice(_ stay: Int, _ leave: Int, _ isGreedy: Bool) -> Instruction {
      isGreedy ? .split(stay, leave) : .split(leave, stay)
    }
  }
}

/// Runs a program over a text with one thread for each place that the expression can be at (Thompson, Pike).
private struct Machine {
  private struct Thread {
    var counter: Int
    var slots: [Int?]
  }

  let program: [LinearRegex.Instruction]
  let slotCount: Int
  let text: [Unicode.Scalar]
  /// The position at which each instruction was last reached, so that each is followed once.
  private var reached: [Int]

  init(program: [LinearRegex.Instruction], slotCount: Int, text: [Unicode.Scalar]) {
    self.program = program
    self.slotCount = slotCount
    self.text = text
    reached = [Int](repeating: -1, count: program.count)
  }

  mutating func run(from start: Int, spend: (Int) throws -> Void) throws -> [Int?]? {
    guard start <= text.count else { return nil }
    var threads: [Thread] = []
    var following: [Thread] = []
    var found: [Int?]?
    for position in start...text.count {
      if found == nil { add(0, [Int?](repeating: nil, count: slotCount), position, to: &threads) }
      if threads.isEmpty, found != nil { break }
      try spend(threads.count + 1)
      following.removeAll(keepingCapacity: true)
      step: for thread in threads {
        switch program[thread.counter] {
        case .match:
          // Threads behind this one are less preferred.
          found = thread.slots
          break step
        case .scalar(let value):
          if position < text.count, text[position].value == value {
            add(thread.counter + 1, thread.slots, position + 1, to: &following)
          }
        case .set(let set):
          if position < text.count, set.contains(text[position]) {
            add(thread.counter + 1, thread.slots, position + 1, to: &following)
          }
        case .assertion, .split, .jump, .save: break
        }
      }
      swap(&threads, &following)
    }
    return found
  }

  /// Adds the threads that `counter` leads to without reading, preferred ones first.
  private mutating func add(_ counter: Int, _ slots: [Int?], _ position: Int, to threads: inout [Thread]) {
    var waiting = [Thread(counter: counter, slots: slots)]
    while var thread = waiting.popLast() {
      guard reached[thread.counter] != position else { continue }
      reached[thread.counter] = position
      switch program[thread.counter] {
      case .jump(let target):
        thread.counter = target
        waiting.append(thread)
      case .split(let preferred, let other):
        waiting.append(Thread(counter: other, slots: thread.slots))
        waiting.append(Thread(counter: preferred, slots: thread.slots))
      case .save(let slot):
        thread.slots[slot] = position
        thread.counter += 1
        waiting.append(thread)
      case .assertion(let assertion):
        guard holds(assertion, position) else { continue }
        thread.counter += 1
        waiting.append(thread)
      case .scalar, .set, .match: threads.append(thread)
      }
    }
  }

  private func holds(_ assertion: RegexNode.Assertion, _ position: Int) -> Bool {
    switch assertion {
    case .textStart: position == 0
    case .textEnd: position == text.count
    case .lineStart: position == 0 || text[position - 1] == "\n"
    case .lineEnd: position == text.count || text[position] == "\n"
    case .wordBoundary: isWord(position - 1) != isWord(position)
    case .noWordBoundary: isWord(position - 1) == isWord(position)
    }
  }

  private func isWord(_ position: Int) -> Bool {
    text.indices.contains(position) && ScalarSet.words.contains(text[position])
  }
}
