import Foundation

/// Why the tokens of registered clusters are not renewed, where that is so, since this hub started.
actor RenewalTroubles {
  struct Trouble: Sendable, Equatable {
    var reason: String
    /// When the token was taken, and when it ends.
    var renewedAt: Date
    var expiresAt: Date
  }

  private var troubles: [String: Trouble] = [:]

  /// - Returns: whether this is another reason than was known.
  func set(_ trouble: Trouble, of cluster: String) -> Bool {
    defer { troubles[cluster] = trouble }
    return troubles[cluster]?.reason != trouble.reason
  }

  /// - Returns: whether there was one.
  @discardableResult
  func clear(_ cluster: String) -> Bool { troubles.removeValue(forKey: cluster) != nil }

  /// What people should know now, by cluster: that a token of which two thirds are over was not renewed yet.
  func warnings(now: Date) -> [String: String] {
    troubles.compactMapValues { trouble in
      let life = trouble.expiresAt.timeIntervalSince(trouble.renewedAt)
      guard now.timeIntervalSince(trouble.renewedAt) >= life * 2 / 3 else { return nil }
      return "its token runs out at \(trouble.expiresAt.formatted(.iso8601)) and cannot be renewed: \(trouble.reason)"
    }
  }
}
