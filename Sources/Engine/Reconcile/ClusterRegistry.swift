import Fleet
import Manifest

/// The clusters with what was said of them by command.
enum ClusterRegistry {
  static func merged(
    _ registry: Registry, registered: [Registration], overrides: [String: ClusterOverride]
  ) -> Registry {
    if overrides.isEmpty && registered.isEmpty { return registry }
    // A manifest in the fleet repository says more than a registration with its name or its server.
    let added = registered.compactMap(\.cluster).filter {
      registry.registration(named: $0.name) == nil && registry.cluster(server: $0.server) == nil
    }
    return registry.adding(added) { cluster in
      guard let override = overrides[cluster.name.text] else { return cluster }
      var cluster = cluster
      cluster.labels = override.applied(to: cluster.labels)
      cluster.cordoned = override.cordoned ?? cluster.cordoned
      return cluster
    }
  }

  /// Registrations that are not used since a manifest has their server, each with the cluster that has it.
  static func yielding(
    _ registered: [Registration], to registry: Registry
  ) -> [(cluster: Cluster, other: Cluster)] {
    registered.compactMap(\.cluster).sorted { $0.name < $1.name }.compactMap { cluster in
      guard registry.registration(named: cluster.name) == nil else { return nil }
      return registry.cluster(server: cluster.server).map { (cluster, $0) }
    }
  }
}

extension Cluster {
  /// Whether the same session serves both: only what is said about reaching the cluster counts, and about what is
  /// kept to there.
  func isReached(as other: Cluster) -> Bool {
    connection == other.connection && credentials == other.credentials && namespaces == other.namespaces
      && clusterResources == other.clusterResources
  }
}
