import Manifest

/// An image as people speak of it: without the registry, and its tag and digest apart.
struct ImageName {
  var name: String
  var tag: String
  /// The first digits of the digest; empty where the image is named by its tag alone.
  var digest: String

  private static let maximumBytes = 1_000
  private static let shownDigits = 12

  /// Nil for what is no name of an image.
  init?(_ reference: String) {
    guard !reference.isEmpty, reference.utf8.count <= Self.maximumBytes else { return nil }
    let parts = reference.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let path = parts[0]
    // A colon before the last slash is that of a port.
    let last = path.split(separator: "/", omittingEmptySubsequences: false).last ?? path
    let colon = last.firstIndex(of: ":")
    name = Visible.text(String(last[..<(colon ?? last.endIndex)]))
    tag = colon.map { Visible.text(String(last[last.index(after: $0)...])) } ?? ""
    let digits = parts.count > 1 ? parts[1].split(separator: ":").last.map { $0.prefix(Self.shownDigits) } : nil
    digest = Visible.text(String(digits ?? ""))
    if name.isEmpty { return nil }
    if tag.isEmpty, digest.isEmpty { tag = "latest" }
  }
}

/// The hash that Kustomize puts behind the names of what it generates (`api/hasher`): ten of these letters.
enum KustomizeHash {
  private static let letters = Set("2456789bcdfghkmt")

  /// A name without the hash, if it has one.
  static func stripped(_ name: String) -> String {
    guard let dash = name.lastIndex(of: "-"), dash != name.startIndex else { return name }
    let hash = name[name.index(after: dash)...]
    return hash.count == 10 && hash.allSatisfy(letters.contains) ? String(name[..<dash]) : name
  }
}
