/// What watches said is gone, and at which version of the cluster: the answer to an apply of ours may come in after that, and
/// would bring back what is no more.
///
/// A version counts, not the uid alone, since an object also leaves a watch when it loses its label, and then lives on.
struct DepartedObjects: Sendable {
  /// An answer is not minutes late.
  private static let most = 1_000

  private var versions: [String: UInt64] = [:]
  private var order: [String] = []

  mutating func add(uid: String, resourceVersion: String) {
    guard !uid.isEmpty, let version = UInt64(resourceVersion) else { return }
    if versions.updateValue(version, forKey: uid) == nil { order.append(uid) }
    guard order.count > Self.most else { return }
    for uid in order.prefix(Self.most / 2) { versions[uid] = nil }
    order.removeFirst(Self.most / 2)
  }

  /// Whether a state of the object is older than its departure.
  func covers(uid: String, resourceVersion: String) -> Bool {
    guard let gone = versions[uid], let version = UInt64(resourceVersion) else { return false }
    return version <= gone
  }
}
