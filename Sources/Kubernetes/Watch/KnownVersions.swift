/// The versions of a collection's objects, to tell news from what is old or was said before.
struct KnownVersions: Sendable {
  private static let maximumDeleted = 256

  private var versions: [WatchedObject.Key: String] = [:]
  /// Objects deleted since the last bookmark, so that older news cannot bring them back.
  private var deleted: [WatchedObject.Key: String] = [:]

  var count: Int { versions.count }

  mutating func replace(_ items: [WatchedObject]) {
    versions = Dictionary(items.map { ($0.key, $0.resourceVersion) }) { _, last in last }
    deleted = [:]
  }

  /// - Returns: whether this is news.
  mutating func note(_ object: WatchedObject) -> Bool {
    if let known = versions[object.key] ?? deleted[object.key], !isNewer(object.resourceVersion, than: known) {
      return false
    }
    versions[object.key] = object.resourceVersion
    deleted[object.key] = nil
    return true
  }

  /// - Returns: whether this is news.
  mutating func forget(_ object: WatchedObject) -> Bool {
    guard let known = versions[object.key] else { return false }
    if known != object.resourceVersion, !isNewer(object.resourceVersion, than: known) { return false }
    versions[object.key] = nil
    if deleted.count >= Self.maximumDeleted { deleted = [:] }
    deleted[object.key] = object.resourceVersion
    return true
  }

  /// All that happened so far has been said.
  mutating func settle() { deleted = [:] }

  /// Versions that are not numbers cannot be compared, only told apart (KEP-5504).
  private func isNewer(_ version: String, than known: String) -> Bool {
    guard let new = UInt64(version), let old = UInt64(known) else { return version != known }
    return new > old
  }
}
