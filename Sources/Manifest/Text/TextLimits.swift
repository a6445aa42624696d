/// What a reader accepts of a text from outside.
package struct TextLimits: Sendable, Equatable {
  package var bytes: Int
  /// Nesting of sequences and mappings.
  package var depth: Int
  /// Nodes that aliases may add beyond those written out.
  package var aliasedNodes: Int

  package init(bytes: Int = 64 << 20, depth: Int = 200, aliasedNodes: Int = 100_000) {
    self.bytes = bytes
    self.depth = depth
    self.aliasedNodes = aliasedNodes
  }
}
