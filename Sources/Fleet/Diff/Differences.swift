import Manifest

/// Where two trees differ.
enum Differences {
  /// The most that are told; there is at least one where the trees differ.
  private static let maximumPaths = 1000

  /// Pointers to the outermost values that differ, lists of different length as a whole; sorted.
  static func paths(from a: Node, to b: Node) -> [JSONPointer] {
    var paths: [JSONPointer] = []
    collect(a, b, [], into: &paths)
    return paths.sorted { $0.tokens.lexicographicallyPrecedes($1.tokens) }
  }

  private static func collect(_ a: Node, _ b: Node, _ path: [String], into paths: inout [JSONPointer]) {
    guard paths.count < maximumPaths else { return }
    switch (a.value, b.value) {
    case (.mapping(let a), .mapping(let b)):
      for member in a {
        if let other = b[member.key] {
          collect(member.value, other, path + [member.key], into: &paths)
        } else if !member.value.isNull {
          paths.append(JSONPointer(tokens: path + [member.key]))
        }
      }
      for member in b where a[member.key] == nil && !member.value.isNull {
        paths.append(JSONPointer(tokens: path + [member.key]))
      }
    case (.sequence(let a), .sequence(let b)) where a.count == b.count:
      for (index, pair) in zip(a, b).enumerated() { collect(pair.0, pair.1, path + [String(index)], into: &paths) }
    default:
      if !JSONEquality.areEqual(a, b) { paths.append(JSONPointer(tokens: path)) }
    }
  }
}
