package import Manifest

/// What one cluster serves, remembered, and asked for again when it may have changed.
package actor ClusterDiscovery {
  /// After a kind turned out unknown, seconds until the server is asked again for an unknown one.
  private static let unknownInterval = 10.0
  /// The same for ten seconds after ``invalidate()``: a definition that was just applied is served a moment later.
  private static let changedInterval = 0.5

  private let client: KubernetesClient
  private let clock: WallClock
  private let turn = RequestWidth(1)
  private var roots: [String: DiscoveryRoot] = [:]
  private var known: Discovery?
  private var askedAt = -Double.infinity
  private var isDoubted = false
  private var changesExpectedUntil = -Double.infinity

  package init(client: KubernetesClient, clock: WallClock = .system) {
    self.client = client
    self.clock = clock
  }

  /// Everything that is served, as last heard.
  /// - Throws: as ``KubernetesClient`` does, when nothing was heard yet.
  package func all() async throws -> Discovery {
    if let known, !isDue { return known }
    return try await refresh()
  }

  /// How a kind is served, in the version that is asked for; nil when the server does not know it.
  ///
  /// An unknown kind is asked for anew, but not more often than every ten seconds.
  /// - Throws: as ``KubernetesClient`` does.
  package func resource(for gvk: GroupVersionKind) async throws -> APIResource? {
    if let found = known?.resource(for: gvk), !isDue { return found }
    if known != nil, !mayAskAgain { return known?.resource(for: gvk) }
    return try await refresh().resource(for: gvk)
  }

  /// How a kind is served in the version that the server prefers.
  /// - Throws: as ``KubernetesClient`` does.
  package func preferred(_ kind: GroupKind) async throws -> APIResource? {
    if let found = known?.preferred(kind), !isDue { return found }
    if known != nil, !mayAskAgain { return known?.preferred(kind) }
    return try await refresh().preferred(kind)
  }

  /// A CustomResourceDefinition or APIService was applied or deleted.
  package func invalidate() {
    isDoubted = true
    changesExpectedUntil = clock.now() + Self.unknownInterval
  }

  private var age: Double {
    let age = clock.now() - askedAt
    return age < 0 ? .infinity : age
  }

  private var isDue: Bool { isDoubted && age >= Self.changedInterval }
  private var mayAskAgain: Bool {
    let expectsChange = isDoubted || clock.now() < changesExpectedUntil
    return age >= (expectsChange ? Self.changedInterval : Self.unknownInterval)
  }

  /// One refresh serves all who wait for one.
  private func refresh() async throws -> Discovery {
    let before = askedAt
    return try await turn.run { try await self.fetch(unlessSince: before) }
  }

  private func fetch(unlessSince before: Double) async throws -> Discovery {
    if askedAt > before, let known { return known }
    isDoubted = false
    do {
      var fresh = Discovery()
      for root in KubernetesClient.discoveryRoots {
        if var answer = try await client.discover(root: root, unless: roots[root]?.tag) {
          answer.discovery = SharedDiscoveries.all.shared(answer.discovery)
          roots[root] = answer
        }
        if let part = roots[root] { fresh = fresh.merging(part.discovery) }
      }
      askedAt = clock.now()
      if let known { fresh = fresh.keepingStale(from: known) }
      let shared = SharedDiscoveries.all.shared(fresh)
      known = shared
      return shared
    } catch {
      isDoubted = true
      throw error
    }
  }
}
