/// A place in a text: line and column, both counted from 1; a column counts Unicode scalars.
///
/// `.none` (0:0) marks values that no text carried, such as those a transformer made.
package struct SourceMark: Sendable, Hashable, Comparable {
  package var line: UInt32
  package var column: UInt32

  package init(line: UInt32, column: UInt32) {
    self.line = line
    self.column = column
  }

  package static let none = SourceMark(line: 0, column: 0)

  package var isKnown: Bool { line > 0 }

  package static func < (a: SourceMark, b: SourceMark) -> Bool {
    (a.line, a.column) < (b.line, b.column)
  }
}
