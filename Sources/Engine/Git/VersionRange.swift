/// A range of semantic versions over tags, as Argo CD takes for a target revision: `1.2.*`, `1.x`, `^1.2`, `~1.2.3`,
/// `>=1.0.0 <2.0.0`, joined by spaces or commas (and) and `||` (or).
///
/// Versions before a release (`-rc.1`) count only where the range names one.
struct VersionRange: Sendable {
  private enum Comparison: String {
    case less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">=", equal = "=", not = "!="
  }

  private struct Bound {
    var comparison: Comparison
    var version: Version
  }

  private var alternatives: [[Bound]]
  private var allowsPrereleases: Bool

  /// Nil unless `text` is a range: a plain version is the name of a tag.
  init?(_ text: String) {
    guard text.utf8.count <= 256, text.contains(where: { "*^~<>=xX|".contains($0) }) else { return nil }
    var alternatives: [[Bound]] = []
    for alternative in text.replacing("||", with: "|").split(separator: "|") {
      guard let bounds = Self.bounds(alternative) else { return nil }
      alternatives.append(bounds)
    }
    guard !alternatives.isEmpty else { return nil }
    self.alternatives = alternatives
    allowsPrereleases = text.contains("-")
  }

  /// The newest tag within the range.
  func newest(in refs: GitRefs) -> GitRefs.Match? {
    let versions = refs.tagNames.compactMap { name in Version(name[...]).map { (version: $0, name: name) } }
    let newest = versions.filter { contains($0.version) }.max { ($0.version, $1.name) < ($1.version, $0.name) }
    guard let newest, let id = refs.ids["refs/tags/" + newest.name] else { return nil }
    return GitRefs.Match(name: "refs/tags/" + newest.name, id: id, kind: .tag)
  }

  func contains(_ version: Version) -> Bool {
    guard version.prerelease.isEmpty || allowsPrereleases else { return false }
    return alternatives.contains { bounds in bounds.allSatisfy { Self.holds($0, version) } }
  }

  private static func holds(_ bound: Bound, _ version: Version) -> Bool {
    switch bound.comparison {
    case .less: version < bound.version
    case .lessOrEqual: version <= bound.version
    case .greater: version > bound.version
    case .greaterOrEqual: version >= bound.version
    case .equal: version == bound.version
    case .not: version != bound.version
    }
  }

  /// The bounds of one alternative, all of which must hold.
  private static func bounds(_ text: Substring) -> [Bound]? {
    var bounds: [Bound] = []
    var pendingOperator = ""
    for word in text.split(whereSeparator: { $0 == " " || $0 == "," }) {
      let symbol = word.prefix { "<>=!^~".contains($0) }
      let rest = word.dropFirst(symbol.count)
      if rest.isEmpty {
        pendingOperator += symbol
        continue
      }
      guard let parsed = Self.bound(pendingOperator + symbol, rest) else { return nil }
      bounds += parsed
      pendingOperator = ""
    }
    return bounds.isEmpty || !pendingOperator.isEmpty ? nil : bounds
  }

  private static func bound(_ symbol: String, _ text: Substring) -> [Bound]? {
    guard let partial = PartialVersion(text) else { return nil }
    let lower = Bound(comparison: .greaterOrEqual, version: partial.lowest)
    switch symbol {
    case "", "=":
      return partial.isWhole
        ? [Bound(comparison: .equal, version: partial.lowest)] : [lower] + partial.below(partial.given)
    case "^": return [lower] + partial.below(partial.firstNonZero)
    case "~", "~>": return [lower] + partial.below(min(partial.given, 2))
    case ">" where !partial.isWhole:
      return partial.next(after: partial.given).map { [Bound(comparison: .greaterOrEqual, version: $0)] }
    case "<=" where !partial.isWhole: return partial.below(partial.given)
    default: return Comparison(rawValue: symbol).map { [Bound(comparison: $0, version: partial.lowest)] }
    }
  }

  /// A version whose last parts may be missing or `*`.
  private struct PartialVersion {
    var numbers: [Int]
    var prerelease: String

    var given: Int { numbers.count }
    var isWhole: Bool { numbers.count == 3 }
    var lowest: Version { Version(numbers + Array(repeating: 0, count: 3 - numbers.count), prerelease) }
    /// How many leading parts `^` keeps: up to the first that is not zero.
    var firstNonZero: Int { (numbers.firstIndex { $0 != 0 } ?? max(numbers.count - 1, 0)) + 1 }

    init?(_ text: Substring) {
      let parts = text.drop { $0 == "v" }.split(separator: "+", maxSplits: 1)[...]
      guard let versionText = parts.first else { return nil }
      let halves = versionText.split(separator: "-", maxSplits: 1)
      prerelease = halves.count > 1 ? String(halves[1]) : ""
      numbers = []
      for part in halves[0].split(separator: ".", omittingEmptySubsequences: false) {
        if part == "*" || part == "x" || part == "X" { break }
        guard let number = Int(part), number >= 0, numbers.count < 3 else { return nil }
        numbers.append(number)
      }
    }

    /// Below the next version of the first `count` parts; nothing when that is any version.
    func below(_ count: Int) -> [Bound] { next(after: count).map { [Bound(comparison: .less, version: $0)] } ?? [] }

    func next(after count: Int) -> Version? {
      guard count > 0, count <= numbers.count, numbers[count - 1] < Int.max else { return nil }
      var next = Array(numbers.prefix(count))
      next[count - 1] += 1
      return Version(next + Array(repeating: 0, count: 3 - count), "")
    }
  }
}

/// A semantic version (2.0.0, §11 for the order); build metadata does not count.
struct Version: Comparable {
  var numbers: [Int]
  var prerelease: String

  init(_ numbers: [Int], _ prerelease: String) {
    self.numbers = numbers
    self.prerelease = prerelease
  }

  /// `v` in front is allowed.
  init?(_ text: Substring) {
    let plain = text.drop { $0 == "v" }.split(separator: "+", maxSplits: 1).first ?? ""
    let halves = plain.split(separator: "-", maxSplits: 1)
    guard let first = halves.first else { return nil }
    let numbers = first.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...3).contains(numbers.count), numbers.allSatisfy({ $0 ?? -1 >= 0 }) else { return nil }
    self.init(
      numbers.compactMap { $0 } + Array(repeating: 0, count: 3 - numbers.count),
      halves.count > 1 ? String(halves[1]) : "")
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
