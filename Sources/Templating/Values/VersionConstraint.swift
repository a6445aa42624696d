/// A range of versions: `>=1.2, <2 || ~1.4`, with `^`, `~`, wildcards and `a - b`, as Sprig's semver reads it.
struct VersionConstraint {
  private struct Term {
    var comparison: String
    var version: SemanticVersion
    /// How many parts were given: 0 for `*`.
    var parts: Int
  }

  private var alternatives: [[Term]] = []

  init?(_ text: String) {
    guard text.utf8.count <= 1024 else { return nil }
    for alternative in Bytes.split(text, by: "||", limit: nil) {
      guard let terms = Self.terms(Trimming.spaces(alternative)) else { return nil }
      alternatives.append(terms)
    }
  }

  func admits(_ version: SemanticVersion) -> Bool {
    alternatives.contains { $0.allSatisfy { Self.holds($0, version) } }
  }

  private static func terms(_ text: String) -> [Term]? {
    let range = Bytes.split(text, by: " - ", limit: nil)
    if range.count == 2 {
      guard let from = term(">=" + Trimming.spaces(range[0])), let to = term("<=" + Trimming.spaces(range[1])) else {
        return nil
      }
      return [from, to]
    }
    var terms: [Term] = []
    var comparison = ""
    for word in text.split(whereSeparator: { $0 == "," || $0 == " " }) {
      // A blank may stand between the comparison and the version.
      if word.allSatisfy({ "=<>!~^".contains($0) }) {
        comparison += word
        continue
      }
      guard let term = term(comparison + word) else { return nil }
      terms.append(term)
      comparison = ""
    }
    return terms.isEmpty || !comparison.isEmpty ? nil : terms
  }

  private static func term(_ text: String) -> Term? {
    let comparison = text.prefix { "=<>!~^".contains($0) }
    let spelled = ["": "=", "=>": ">=", "=<": "<=", "~>": "~"][String(comparison)] ?? String(comparison)
    guard ["=", "!=", ">", "<", ">=", "<=", "~", "^"].contains(spelled) else { return nil }
    let body = text.dropFirst(comparison.count)
    let core = body.prefix { $0 != "-" && $0 != "+" }
    let numbers = core.drop { $0 == "v" }.split(separator: ".").prefix { !["x", "X", "*"].contains($0) }
    let hasWildcard = core.contains { "xX*".contains($0) }
    let suffix = hasWildcard ? "" : body.dropFirst(core.count)
    let filled = numbers.map(String.init) + Array(repeating: "0", count: max(0, 3 - numbers.count))
    guard core.split(separator: ".").count <= 3, !core.isEmpty,
      let version = SemanticVersion(filled.joined(separator: ".") + suffix)
    else { return nil }
    return Term(comparison: spelled, version: version, parts: numbers.count)
  }

  private static func holds(_ term: Term, _ version: SemanticVersion) -> Bool {
    // A prerelease is meant only by a constraint that names one.
    if !version.prerelease.isEmpty, term.version.prerelease.isEmpty { return false }
    let order = version.compared(to: term.version)
    switch term.comparison {
    case "=": return term.parts == 3 ? order == 0 : sharesParts(term, version)
    case "!=": return term.parts == 3 ? order != 0 : !sharesParts(term, version)
    case ">": return term.parts == 3 || term.parts == 0 ? order > 0 : order > 0 && !sharesParts(term, version)
    case "<": return order < 0
    case ">=": return order >= 0
    case "<=": return order <= 0 || term.parts < 3 && sharesParts(term, version)
    case "~": return order >= 0 && sharesParts(term, version, atMost: 2)
    default: return order >= 0 && sharesCaret(term, version)
    }
  }

  private static func sharesParts(_ term: Term, _ version: SemanticVersion, atMost: Int = 3) -> Bool {
    let pairs = [
      (version.major, term.version.major), (version.minor, term.version.minor), (version.patch, term.version.patch),
    ]
    return pairs.prefix(min(term.parts, atMost)).allSatisfy { $0.0 == $0.1 }
  }

  /// `^`: nothing changes left of the first part that is not zero, or the last one given.
  private static func sharesCaret(_ term: Term, _ version: SemanticVersion) -> Bool {
    let parts = [term.version.major, term.version.minor, term.version.patch].prefix(term.parts)
    let fixed = (parts.firstIndex { $0 != 0 } ?? max(0, parts.count - 1)) + 1
    return sharesParts(term, version, atMost: fixed)
  }
}
