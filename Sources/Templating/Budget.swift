/// How much one rendering may do. Work is counted, not timed, so that the same input always ends the same way.
package struct Limits: Sendable, Equatable {
  /// Bytes of output, and of any text that a function makes.
  package var outputBytes = 1 << 20
  /// Units of work: an evaluated node, or a byte that a function looks at.
  package var work = 5_000_000
  /// Blocks, calls and nested values within one another.
  package var depth = 200
  /// Members of a list that a function makes.
  package var listLength = 100_000

  package init() {}
}

/// What is left of the ``Limits`` of one rendering.
struct Budget {
  let limits: Limits
  private(set) var workLeft: Int

  init(_ limits: Limits) {
    self.limits = limits
    workLeft = limits.work
  }

  mutating func spend(_ amount: Int) throws(TemplateError) {
    guard amount <= workLeft, amount >= 0 else {
      workLeft = 0
      throw TemplateError(.limit, "the template does more work than the limit of \(limits.work) steps allows")
    }
    workLeft -= amount
  }

  /// Checks a text that is about to be made, and pays for it.
  mutating func makeText(bytes: Int) throws(TemplateError) {
    guard bytes >= 0, bytes <= limits.outputBytes else {
      throw TemplateError(.limit, "the text would be too large: the limit is \(limits.outputBytes) bytes")
    }
    try spend(bytes)
  }

  /// Checks a list that is about to be made, and pays for it.
  mutating func makeList(count: Int) throws(TemplateError) {
    guard count >= 0, count <= limits.listLength else {
      throw TemplateError(.limit, "the list would be too long: the limit is \(limits.listLength) members")
    }
    try spend(count)
  }
}
