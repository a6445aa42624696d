import Fleet

/// Which names mean one and the same cluster, as far as it is known: the uid of the namespace `kube-system` tells.
struct ClusterIdentities: Sendable {
  private struct Identity {
    var uid: String
    /// What it was read from: another server may be another cluster.
    var server: String
  }

  private var known: [ClusterName: Identity] = [:]
  private var names: [String: Set<ClusterName>] = [:]

  /// Takes in which cluster answers under a name; an empty uid tells nothing.
  /// - Returns: whether ``duplicates(in:)`` may be others now.
  mutating func note(_ uid: String, of cluster: Cluster) -> Bool {
    let before = known[cluster.name]
    guard !uid.isEmpty, before?.uid != uid || before?.server != cluster.server else { return false }
    let mattered = forget(cluster.name)
    known[cluster.name] = Identity(uid: uid, server: cluster.server)
    names[uid, default: []].insert(cluster.name)
    return mattered || (names[uid]?.count ?? 0) > 1
  }

  func knows(_ cluster: Cluster) -> Bool { known[cluster.name]?.server == cluster.server }

  /// - Returns: whether the name was one of several of a cluster.
  @discardableResult
  private mutating func forget(_ name: ClusterName) -> Bool {
    guard let identity = known.removeValue(forKey: name) else { return false }
    let mattered = (names[identity.uid]?.count ?? 0) > 1
    names[identity.uid]?.remove(name)
    if names[identity.uid]?.isEmpty == true { names[identity.uid] = nil }
    return mattered
  }

  mutating func keep(only wanted: Set<ClusterName>) {
    for name in known.keys where !wanted.contains(name) { forget(name) }
  }

  /// The first name by which a cluster is known, but for one.
  func name(of uid: String, in registry: Registry, besides name: ClusterName) -> ClusterName? {
    names[uid]?.filter { $0 != name && registry[$0].map(knows) == true }.min()
  }

  /// The names that are not used, each with the one that is: what stands in the fleet repository comes before what was
  /// registered by command, and then the name decides.
  func duplicates(in registry: Registry) -> [ClusterName: ClusterName] {
    var duplicates: [ClusterName: ClusterName] = [:]
    for group in names.values where group.count > 1 {
      let clusters = group.compactMap { name in
        registry[name].flatMap { knows($0) ? $0 : nil }
      }.sorted { ($0.isRegistration ? 1 : 0, $0.name) < ($1.isRegistration ? 1 : 0, $1.name) }
      guard let first = clusters.first else { continue }
      for other in clusters.dropFirst() { duplicates[other.name] = first.name }
    }
    return duplicates
  }
}
