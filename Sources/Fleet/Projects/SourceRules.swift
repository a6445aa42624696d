import Manifest

/// A project's `sourceRepos`: globs in which `*` stays within a path segment and `**` does not; `!x` denies.
package struct SourceRules: Sendable, Equatable {
  /// As written.
  package let patterns: [String]
  private let rules: [ProjectPattern]

  package init(_ patterns: [String]) {
    self.patterns = patterns
    rules = patterns.map { pattern in
      let isDenial = pattern.hasPrefix("!")
      let address = RepositoryAddress(isDenial ? String(pattern.dropFirst()) : pattern)
      return ProjectPattern((isDenial ? "!" : "") + address.compared, separator: "/")
    }
  }

  /// Any denial that covers the repository wins; else one entry has to match. A denial matches all that it does not
  /// cover: a list of denials alone permits everything else, as in Argo CD.
  package func permits(_ repoURL: String) -> Bool {
    let address = RepositoryAddress(repoURL)
    guard !address.climbs else { return false }
    var isPermitted = false
    for rule in rules {
      let value = rule.text.contains("@") ? address.withUser : address.compared
      if rule.isDenial, rule.covers(value) || rule.covers(address.compared) { return false }
      isPermitted = isPermitted || rule.matches(value)
    }
    return isPermitted
  }
}

/// A repository's address as patterns are compared with it: one form for what git takes for one repository.
///
/// Lower case, no `.git`, no `ssh://`, `git@host:path` as `git@host/path` (Argo CD's NormalizeGitURL); beyond that no
/// trailing slash, no default port, no user of an HTTP address.
struct RepositoryAddress {
  let compared: String
  /// The same with the user of an HTTP address, for patterns that name one.
  let withUser: String
  /// Whether a segment of the path is `.` or `..`, plain or percent-encoded. Whatever fetches it resolves those, so that a
  /// pattern would be compared with another address than the one that is read.
  let climbs: Bool

  init(_ url: String) {
    var text = Self.trimmed(url.lowercased())
    if Self.isShortSSH(text), let colon = text.firstIndex(of: ":") {
      text.replaceSubrange(colon...colon, with: "/")
      text = "ssh://" + text
    }
    while let end = ["/", ".git"].first(where: { text.hasSuffix($0) && !text.hasSuffix("://") }) {
      text = String(text.dropLast(end.count))
    }
    climbs = text.split(separator: "/").contains { segment in
      [".", ".."].contains(segment.replacing("%2e", with: "."))
    }
    let (scheme, user, host, path) = Self.parts(text)
    let port = [":443": "https://", ":80": "http://", ":22": "ssh://"].first { $1 == scheme && host.hasSuffix($0) }?.key
    let shortHost = port.map { String(host.dropLast($0.count)) } ?? host
    let shownScheme = scheme == "ssh://" ? "" : scheme
    withUser = shownScheme + user + shortHost + path
    compared = scheme.hasPrefix("http") ? shownScheme + shortHost + path : withUser
  }

  private static func trimmed(_ text: String) -> String {
    let spaces: Set<Character> = [" ", "\t", "\n", "\r"]
    var rest = text[...]
    while let first = rest.first, spaces.contains(first) { rest.removeFirst() }
    while let last = rest.last, spaces.contains(last) { rest.removeLast() }
    return String(rest)
  }

  /// `git@host:path`.
  private static func isShortSSH(_ text: String) -> Bool {
    guard !text.contains("://"), let at = text.firstIndex(of: "@") else { return false }
    return !text[..<at].contains { $0 == "/" || $0 == ":" } && !text[text.index(after: at)...].contains("@")
  }

  /// The scheme with `://`, the user with `@`, the host with its port, and the rest.
  private static func parts(_ text: String) -> (scheme: String, user: String, host: String, path: String) {
    guard let mark = text.firstRange(of: "://") else { return ("", "", "", text) }
    let rest = text[mark.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
    return (
      String(text[..<mark.upperBound]), String(authority[..<host.startIndex]), String(host),
      String(rest[authority.endIndex...])
    )
  }
}
