import Manifest

/// Fills new namespaces and empties those that are deleted.
extension APIServer {
  mutating func reconcileNamespace(_ namespace: Mapping) {
    if namespace.isBeingDeleted { terminate(namespace) } else { populate(namespace) }
  }

  /// Every namespace has a ServiceAccount `default` and the cluster's CA.
  mutating func populate(_ namespace: Mapping) {
    let name = namespace.objectName
    make(
      [
        "apiVersion": .string("v1"), "kind": .string("ServiceAccount"),
        "metadata": .mapping(["name": .string("default"), "namespace": .string(name)]),
      ], of: Kinds.serviceAccounts)
    make(
      [
        "apiVersion": .string("v1"), "kind": .string("ConfigMap"),
        "metadata": .mapping([
          "name": .string("kube-root-ca.crt"), "namespace": .string(name),
          "annotations": .mapping([
            "kubernetes.io/description": .string("Contains a CA bundle that can be used to verify the kube-apiserver.")
          ]),
        ]), "data": .mapping(["ca.crt": .string(options.certificateAuthority)]),
      ], of: Kinds.configMaps)
  }

  private mutating func terminate(_ namespace: Mapping) {
    let start = terminations[namespace.uid] ?? now
    terminations[namespace.uid] = start
    let due = start + self.options.scaled(self.options.emptyNamespaceAfter)
    guard due <= now else { return wake(Self.namespaces, namespace.key, at: due) }
    guard let options = try? DeleteOptions(APIRequest(method: "DELETE", target: "/")) else { return }
    var remaining = 0
    for resource in store.resources {
      guard let type = catalog.all.first(where: { $0.storage == resource }), type.isNamespaced else { continue }
      let collection = store[resource]
      for (key, object) in zip(collection.keys, collection.objects) where key.namespace == namespace.objectName {
        if remove(object, of: type, options) != nil { remaining += 1 }
      }
    }
    guard remaining == 0, Self.isHeld(namespace), namespace.finalizers.isEmpty else { return }
    terminations[namespace.uid] = nil
    erase(Kinds.namespaces, namespace.key)
  }
}
