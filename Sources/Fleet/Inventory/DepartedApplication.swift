import Manifest

extension ApplySetParent {
  /// The little that a cluster still knows of an Application whose manifest is gone: its name, where it is, and
  /// whether its objects go with it.
  package func departed(in cluster: ClusterName) -> Application {
    var metadata: Mapping = ["name": .string(applicationName)]
    if deletion == .cascade { metadata["finalizers"] = Node(.sequence([.string(Application.resourcesFinalizer)])) }
    return Application(
      [
        "apiVersion": .string(Application.apiVersion), "kind": .string(Application.kind),
        "metadata": .mapping(metadata),
        "spec": .mapping(["destination": .mapping(["name": .string(cluster.text)])]),
      ], origin: nil)
  }
}
