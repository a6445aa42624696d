/// The address of a repository Secret, as addresses of repositories are compared with it.
///
/// As in Argo CD, case and a trailing `.git` do not count, and a beginning may end anywhere in the path. A host is
/// compared whole: `https://git.example.org` is no beginning of `https://git.example.org.evil.test/`.
struct RepositoryPattern: Sendable, Hashable {
  private let text: String

  var length: Int { text.utf8.count }

  /// Nil for what is no address.
  /// - Parameter isChart: of a chart repository, which is named without a scheme where it is a registry.
  init?(_ written: String, isChart: Bool = false) {
    var text = written.drop { $0.isWhitespace }
    while text.last?.isWhitespace == true { text.removeLast() }
    guard !text.isEmpty else { return nil }
    text = Self.withoutSuffix(text)
    var address = String(text)
    if let scheme = address.firstRange(of: "://") {
      if address[..<scheme.lowerBound].lowercased() == "oci" {
        address = "https" + String(address[scheme.lowerBound...])
      }
    } else if isChart, !address.hasPrefix("/") {
      address = "https://" + address
    } else if address.contains("@"), !address.contains(":") {
      address += ":"
    }
    if let scheme = address.firstRange(of: "://"), !address[scheme.upperBound...].contains("/") { address += "/" }
    // One more letter keeps what makes two addresses the same from taking an end away.
    guard let identity = (try? GitURL(address + "x"))?.identity else { return nil }
    self.text = String(identity.dropLast()).lowercased()
  }

  private static func withoutSuffix(_ text: Substring) -> Substring {
    var path = text
    while path.last == "/" { path.removeLast() }
    return path.lowercased().hasSuffix(".git") ? path.dropLast(4) : text
  }

  /// Whether it is the address of this repository.
  func isAddress(of url: GitURL) -> Bool {
    let identity = url.identity.lowercased()
    if text.hasSuffix("/") {
      // A chart repository that is a whole host has this path (``HelmChartReference/address``).
      return identity == text.dropLast() || identity == text + "-"
    }
    return identity == text
  }

  /// Whether the repository's address begins with it.
  func isBeginning(of url: GitURL) -> Bool {
    let identity = url.identity.lowercased()
    return identity.hasPrefix(text) || identity + "/" == text
  }
}
