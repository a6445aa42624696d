/// A range of semantic versions over tags, as Argo CD takes for a target revision: `1.2.*`, `1.x`, `^1.2`, `~1.2.3`,
/// `1.2 - 1.4`, `>=1.0.0 <2.0.0`, joined by spaces or commas (and) and `||` (or).
///
/// The grammar and the meaning are those of Masterminds/semver 3.4, which Argo CD reads target revisions with. Versions
/// before a release (`-rc.1`) count only for an alternative that names one.
struct VersionRange: Sendable {
  private var alternatives: [Alternative]

  /// Longer than any range that somebody writes.
  private static let mostBytes = 256

  /// Nil unless `text` is a range: a plain version is the name of a tag.
  init?(_ text: String) {
    let mayBeRange = text.contains { "*^~<>=xX|".contains($0) } || text.contains(" - ")
    guard mayBeRange, text.utf8.count <= Self.mostBytes else { return nil }
    var alternatives: [Alternative] = []
    for part in text.split(separator: "||", omittingEmptySubsequences: false) {
      guard let alternative = Alternative(part) else { return nil }
      alternatives.append(alternative)
    }
    self.alternatives = alternatives
  }

  /// The newest tag within the range.
  func newest(in refs: GitRefs) -> GitRefs.Match? {
    let versions = refs.tagNames.compactMap { name in Version(name[...]).map { (version: $0, name: name) } }
    let newest = versions.filter { contains($0.version) }.max { ($0.version, $1.name) < ($1.version, $0.name) }
    guard let newest, let id = refs.ids["refs/tags/" + newest.name] else { return nil }
    return GitRefs.Match(name: "refs/tags/" + newest.name, id: id, kind: .tag)
  }

  func contains(_ version: Version) -> Bool { alternatives.contains { $0.contains(version) } }
}

extension VersionRange {
  /// Bounds, all of which must hold.
  private struct Alternative {
    private var bounds: [Bound] = []
    private var namesPrerelease = false

    /// Commas are looked at before spaces, so that none stands within `>= 1` or `1 - 2`.
    init?(_ text: Substring) {
      for part in text.split(separator: ",", omittingEmptySubsequences: false) {
        var words = part.split(separator: " ")[...]
        guard !words.isEmpty else { return nil }
        while let word = words.popFirst() {
          guard let read = words.first == "-" ? addHyphened(word, &words) : addCompared(word, &words) else {
            return nil
          }
          bounds += read
        }
      }
    }

    /// `a - b`, which stands for `>=a <=b`.
    private mutating func addHyphened(_ word: Substring, _ words: inout ArraySlice<Substring>) -> [Bound]? {
      words.removeFirst()
      guard let upper = words.popFirst() else { return nil }
      guard let from = read(">=", word), let upTo = read("<=", upper) else { return nil }
      return from + upTo
    }

    /// `>=1.2` or, with a space, `>= 1.2`.
    private mutating func addCompared(_ word: Substring, _ words: inout ArraySlice<Substring>) -> [Bound]? {
      let symbol = word.prefix { "<>=!^~".contains($0) }
      let rest = word.dropFirst(symbol.count)
      if !rest.isEmpty { return read(symbol, rest) }
      guard let next = words.popFirst() else { return nil }
      return read(symbol, next)
    }

    private mutating func read(_ symbol: Substring, _ text: Substring) -> [Bound]? {
      guard let partial = PartialVersion(text) else { return nil }
      if !partial.prerelease.isEmpty { namesPrerelease = true }
      return Bound.read(symbol, partial)
    }

    func contains(_ version: Version) -> Bool {
      guard version.prerelease.isEmpty || namesPrerelease else { return false }
      return bounds.allSatisfy { $0.holds(for: version) }
    }
  }

  private enum Bound {
    enum Order { case below, upTo, equal, from, above, not }

    case whole(Order, Version)
    /// Of versions whose last parts were left open, the leading numbers are compared.
    case leading(Order, [Int])

    func holds(for version: Version) -> Bool {
      switch self {
      case .whole(.below, let bound): version < bound
      case .whole(.upTo, let bound): version <= bound
      case .whole(.equal, let bound): version == bound
      case .whole(.from, let bound): version >= bound
      case .whole(.above, let bound): version > bound
      case .whole(.not, let bound): version != bound
      case .leading(let order, let numbers):
        Self.holds(order, Array(version.numbers.prefix(numbers.count)), numbers)
      }
    }

    private static func holds(_ order: Order, _ numbers: [Int], _ bound: [Int]) -> Bool {
      switch order {
      case .below: numbers.lexicographicallyPrecedes(bound)
      case .upTo: !bound.lexicographicallyPrecedes(numbers)
      case .equal: numbers == bound
      case .from: !numbers.lexicographicallyPrecedes(bound)
      case .above: bound.lexicographicallyPrecedes(numbers)
      case .not: numbers != bound
      }
    }

    /// What an operator and a version say; nil where there is no such operator.
    static func read(_ symbol: Substring, _ partial: PartialVersion) -> [Bound]? {
      let (lowest, numbers) = (Bound.whole(.from, partial.lowest), partial.numbers)
      switch symbol {
      case "", "=":
        return partial.isWhole ? [.whole(.equal, partial.lowest)] : [lowest, .leading(.equal, numbers)]
      case "!=": return [partial.isWhole ? .whole(.not, partial.lowest) : .leading(.not, numbers)]
      case ">": return [partial.isWhole ? .whole(.above, partial.lowest) : .leading(.above, numbers)]
      case "<=", "=<": return [partial.isWhole ? .whole(.upTo, partial.lowest) : .leading(.upTo, numbers)]
      case ">=", "=>": return [lowest]
      case "<": return [.whole(.below, partial.lowest)]
      case "^": return [lowest, .leading(.equal, Array(numbers.prefix(partial.keptByCaret)))]
      case "~", "~>":
        // As there, `~0.0.0` is any version.
        return numbers == [0, 0, 0] ? [lowest] : [lowest, .leading(.equal, Array(numbers.prefix(2)))]
      default: return nil
      }
    }
  }

  /// A version whose last parts may be missing or `*`.
  private struct PartialVersion {
    /// Those in front of the first that is open.
    let numbers: [Int]
    let prerelease: String

    var isWhole: Bool { numbers.count == 3 }
    var lowest: Version { Version(numbers + Array(repeating: 0, count: 3 - numbers.count), prerelease) }
    /// How many leading parts `^` keeps: up to the first that is not zero.
    var keptByCaret: Int { (numbers.firstIndex { $0 != 0 } ?? numbers.count - 1) + 1 }

    init?(_ text: Substring) {
      guard let text = VersionText(text) else { return nil }
      var numbers: [Int] = []
      var isOpen = false
      for part in text.parts {
        if ["*", "x", "X"].contains(part) {
          isOpen = true
        } else {
          guard let number = VersionText.number(part) else { return nil }
          if !isOpen { numbers.append(number) }
        }
      }
      self.numbers = numbers
      prerelease = text.prerelease
    }
  }
}

/// A semantic version (2.0.0, §11 for the order); build metadata does not count.
struct Version: Comparable {
  /// Three.
  let numbers: [Int]
  let prerelease: String

  fileprivate init(_ numbers: [Int], _ prerelease: String) {
    self.numbers = numbers
    self.prerelease = prerelease
  }

  /// `v` in front is allowed, and the last numbers may be missing.
  init?(_ text: Substring) {
    guard let text = VersionText(text) else { return nil }
    var numbers: [Int] = []
    for part in text.parts {
      guard let number = VersionText.number(part) else { return nil }
      numbers.append(number)
    }
    self.init(numbers + Array(repeating: 0, count: 3 - numbers.count), text.prerelease)
  }

  static func < (a: Version, b: Version) -> Bool {
    if a.numbers != b.numbers { return a.numbers.lexicographicallyPrecedes(b.numbers) }
    if a.prerelease.isEmpty || b.prerelease.isEmpty { return !a.prerelease.isEmpty && b.prerelease.isEmpty }
    let (left, right) = (a.prerelease.split(separator: "."), b.prerelease.split(separator: "."))
    for (x, y) in zip(left, right) where x != y {
      switch (Int(x), Int(y)) {
      case (let x?, let y?): return x < y
      case (.some, nil): return true
      case (nil, .some): return false
      case (nil, nil): return x < y
      }
    }
    return left.count < right.count
  }
}

/// The pieces of `v1.2.3-rc.1+build`: one to three parts, and what may stand behind them.
private struct VersionText {
  let parts: [Substring]
  let prerelease: String

  init?(_ text: Substring) {
    let plain = text.hasPrefix("v") ? text.dropFirst() : text
    let builds = plain.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    let halves = builds.first?.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false) ?? []
    guard let core = halves.first else { return nil }
    parts = core.split(separator: ".", omittingEmptySubsequences: false)
    prerelease = halves.count > 1 ? String(halves[1]) : ""
    guard (1...3).contains(parts.count), halves.dropFirst().allSatisfy(Self.isIdentifiers),
      builds.dropFirst().allSatisfy(Self.isIdentifiers)
    else { return nil }
  }

  static func number(_ part: Substring) -> Int? {
    guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(part)
  }

  /// `rc.1`: letters, digits and hyphens between dots, none of them empty.
  private static func isIdentifiers(_ text: Substring) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { identifier in
      !identifier.isEmpty
        && identifier.utf8.allSatisfy { byte in
          switch byte {
          case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): true
          default: false
          }
        }
    }
  }
}
