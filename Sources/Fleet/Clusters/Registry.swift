package import Manifest

/// A snapshot of the fleet's clusters, by name and by server.
package struct Registry: Sendable, Equatable {
  /// Sorted by name; where several were read with one name or one server, the first.
  package let clusters: [Cluster]
  /// Sorted by name: clusters under names of their own that claim a server another one has. Nothing is applied to them,
  /// but they are registered.
  package let sharedServers: [Cluster]
  /// Names that more than one manifest claims: a destination must not go by them.
  package let ambiguousNames: Set<ClusterName>
  /// One error for each second claim on a name or a server, with both places.
  package let conflicts: [Diagnostic]
  /// All that were read, in their order.
  private let read: [Cluster]
  private let byName: [ClusterName: Int]
  private let byServer: [String: Int]

  package static let empty = Registry([])

  package init(_ read: [Cluster]) {
    // By position in what is kept.
    var names: [ClusterName: Int] = Dictionary(minimumCapacity: read.count)
    var servers: [String: Int] = Dictionary(minimumCapacity: read.count)
    var kept: [Cluster] = []
    kept.reserveCapacity(read.count)
    var shared: [ClusterName: Cluster] = [:]
    var ambiguous: Set<ClusterName> = []
    var conflicts: [Diagnostic] = []
    for cluster in read {
      if let first = names[cluster.name].map({ kept[$0] }) ?? shared[cluster.name] {
        ambiguous.insert(cluster.name)
        conflicts.append(Self.conflict(cluster, first, "name '\(cluster.name)'", code: "cluster.duplicate-name"))
      } else if let first = servers[cluster.server].map({ kept[$0] }) {
        shared[cluster.name] = cluster
        conflicts.append(Self.conflict(cluster, first, "server \(cluster.server)", code: "cluster.duplicate-server"))
      } else {
        names[cluster.name] = kept.count
        servers[cluster.server] = kept.count
        kept.append(cluster)
      }
    }
    if zip(kept, kept.dropFirst()).contains(where: { $1.name < $0.name }) {
      kept.sort { $0.name < $1.name }
      for (index, cluster) in kept.enumerated() {
        names[cluster.name] = index
        servers[cluster.server] = index
      }
    }
    self.read = read
    clusters = kept
    byName = names
    byServer = servers
    sharedServers = shared.values.sorted { $0.name < $1.name }
    ambiguousNames = ambiguous
    self.conflicts = conflicts
  }

  /// The registry with each cluster as `change` makes it, and with further ones behind those that were read.
  ///
  /// Claims are judged anew over all of them: a name or a server that is refused stays refused, whatever is said of a
  /// cluster, and of whichever.
  package func adding(_ more: [Cluster], changing change: (Cluster) -> Cluster) -> Registry {
    Registry((read + more).map(change))
  }

  package subscript(name: ClusterName) -> Cluster? { byName[name].map { clusters[$0] } }

  /// The registration under a name, even where its server is another cluster's too.
  package func registration(named name: ClusterName) -> Cluster? {
    self[name] ?? sharedServers.first { $0.name == name }
  }

  /// The cluster whose server is `url`, a trailing slash apart.
  package func cluster(server url: String) -> Cluster? {
    byServer[Destination.normalized(server: url)].map { clusters[$0] }
  }

  /// The cluster that a destination means; nil when none is registered so.
  package func cluster(for destination: Destination) -> Cluster? {
    if !destination.server.isEmpty { return cluster(server: destination.server) }
    return ClusterName(destination.name).flatMap { self[$0] }
  }

  private static func conflict(_ second: Cluster, _ first: Cluster, _ what: String, code: String) -> Diagnostic {
    Diagnostic(
      code, "cluster '\(second.name)' claims the \(what), which cluster '\(first.name)' has already",
      at: second.origin, notes: [Diagnostic.Note("the other one is here", at: first.origin)],
      help: second.isRegistration
        ? "a cluster is registered once: muster cluster unregister \(second.name)"
        : "a cluster is registered once: remove one of the two files")
  }
}
