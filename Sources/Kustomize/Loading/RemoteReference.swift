package import Manifest

/// A base in another repository, as kustomize writes it: `https://host/org/repo//path?ref=v1`, `git@host:org/repo.git//path`,
/// `github.com/org/repo/path?ref=main`.
///
/// Where the repository ends is told by `//`, by `.git` or, else, by the second name of the address's path.
package struct RemoteReference: Sendable, Hashable {
  /// As it was written.
  package let text: String
  /// The address for git.
  package let repository: String
  package let path: TreePath
  /// Branch, tag or commit; empty for the default branch.
  package let revision: String

  /// Whether an entry that is no file here looks like one of another repository.
  static func isRemote(_ text: String) -> Bool {
    text.contains("://") || text.contains("::") || text.hasPrefix("git@") || text.contains("?ref=")
      || text.hasPrefix("github.com/") || text.contains(".git/") || text.hasSuffix(".git")
  }

  /// Nil for what names no repository, such as a single file over HTTP.
  init?(_ text: String) {
    self.text = text
    var rest = Substring(text)
    if rest.hasPrefix("git::") { rest = rest.dropFirst(5) }
    let query = rest.firstIndex(of: "?").map { rest[rest.index(after: $0)...] } ?? ""
    rest = rest.prefix { $0 != "?" }
    revision = Self.revision(query)
    let scheme = Self.schemeEnd(rest)
    if rest.hasPrefix("github.com/") { rest = "https://" + rest }
    let start = rest.index(rest.startIndex, offsetBy: Self.schemeEnd(rest) ?? scheme ?? 0)
    guard let (repository, path) = Self.split(rest, from: start), let path = TreePath(path) else { return nil }
    self.repository = repository
    self.path = path
  }

  /// Where the host begins.
  private static func schemeEnd(_ text: Substring) -> Int? {
    for scheme in ["https://", "http://", "ssh://", "file://"] where text.hasPrefix(scheme) { return scheme.count }
    return nil
  }

  private static func revision(_ query: Substring) -> String {
    for parameter in query.split(separator: "&") {
      let parts = parameter.split(separator: "=", maxSplits: 1)
      if parts.count == 2, parts[0] == "ref" || parts[0] == "version" { return String(parts[1]) }
    }
    return ""
  }

  private static func split(_ text: Substring, from start: Substring.Index) -> (String, String)? {
    if let double = text[start...].firstRange(of: "//") {
      return (String(text[..<double.lowerBound]), String(text[double.upperBound...]))
    }
    if let suffix = text[start...].firstRange(of: ".git") {
      let after = text[suffix.upperBound...]
      guard after.isEmpty || after.hasPrefix("/") else { return nil }
      return (String(text[..<suffix.upperBound]), String(after.drop { $0 == "/" }))
    }
    let names = text[start...].split(separator: "/", omittingEmptySubsequences: false)
    // A host and two names; the address of a local repository is all path.
    guard !text.hasPrefix("file://"), names.count >= 3, names.prefix(3).allSatisfy({ !$0.isEmpty }) else { return nil }
    let last = names[names.count - 1]
    if names.count > 3, last.hasSuffix(".yaml") || last.hasSuffix(".yml") || last.hasSuffix(".json") { return nil }
    return (String(text[..<names[2].endIndex]), names.dropFirst(3).joined(separator: "/"))
  }
}

/// Other repositories that kustomizations may name bases in.
package protocol RemoteBases: Sendable {
  /// The files of the repository at the revision. May wait for the network.
  /// - Throws: ``Failure``, for what is not allowed too.
  func tree(_ reference: RemoteReference) throws -> any FileTree
}
