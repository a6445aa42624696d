import Synchronization

/// Lets equal discoveries share their memory, 34 KB each: the clusters of a fleet serve much the same kinds.
final class SharedDiscoveries: Sendable {
  static let all = SharedDiscoveries()

  /// As many different ones are known; a fleet of more versions and add-ons than this shares less.
  private static let most = 64

  private let recent = Mutex<[Discovery]>([])

  /// One that is equal, and the same for all who ask.
  func shared(_ discovery: Discovery) -> Discovery {
    recent.withLock { recent in
      if let known = recent.first(where: { $0 == discovery }) { return known }
      if recent.count == Self.most { recent.removeFirst() }
      recent.append(discovery)
      return discovery
    }
  }
}
