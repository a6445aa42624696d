package import Manifest

/// What of a cluster the hub keeps to: some namespaces, or all.
///
/// Source: `namespaces` and `clusterResources` of Argo CD's cluster Secrets, which refuses an Application with an
/// object outside as a whole (gitops-engine, `GetManagedLiveObjs`).
package struct ClusterScope: Sendable, Equatable {
  /// The namespaces named in messages at most.
  private static let mostNamed = 5

  private let cluster: ClusterName
  private let namespaces: [String]
  private let clusterResources: Bool

  init(of cluster: Cluster) {
    self.cluster = cluster.name
    namespaces = cluster.namespaces
    clusterResources = cluster.clusterResources
  }

  /// Why an object is none of the hub's business there; nil where it may have it.
  package func denial(of id: ObjectID) -> String? {
    if namespaces.isEmpty { return nil }
    if id.namespace.isEmpty {
      return clusterResources
        ? nil : "cluster-scoped objects are not managed in cluster '\(cluster)', which is kept to \(limits)"
    }
    if namespaces.contains(id.namespace) { return nil }
    return
      "namespace '\(DNSName.shown(id.namespace))' is not managed in cluster '\(cluster)', which is kept to \(limits)"
  }

  /// Why a namespace may not be made for an Application; one that is named among ``Cluster/namespaces`` always may.
  package func denial(ofMaking namespace: String) -> String? {
    if namespaces.contains(namespace) { return nil }
    return denial(of: ObjectID(group: "", kind: "Namespace", namespace: "", name: namespace))
  }

  private var limits: String {
    let named = namespaces.sorted().prefix(Self.mostNamed).map { DNSName.shown($0) }.joined(separator: ", ")
    let more = namespaces.count > Self.mostNamed ? " and \(namespaces.count - Self.mostNamed) more" : ""
    return (namespaces.count == 1 ? "namespace " : "namespaces ") + named + more
  }
}

extension Cluster {
  /// What the hub keeps to in it.
  package var scope: ClusterScope { ClusterScope(of: self) }
}
