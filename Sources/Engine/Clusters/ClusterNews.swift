import Manifest

/// What a session tells the hub.
enum ClusterNews: Sendable {
  /// With the uid of `kube-system`, where it may be read.
  case reachable(clusterUID: String?)
  case unreachable(Failure)
  /// Something of these ApplySets changed in the cluster.
  case changed(applySets: Set<String>)
  /// The parents of these ApplySets came, changed or went.
  case parentsChanged(applySets: Set<String>)
}
