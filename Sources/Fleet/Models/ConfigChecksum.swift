package import Manifest

/// Lets the Pods of a workload restart when a ConfigMap or Secret that they refer to changes: a digest of those objects
/// becomes an annotation of the Pod template.
///
/// Kustomize's generators do the same by names; this is for objects whose names stay.
package enum ConfigChecksum {
  /// On an Application, for all of its workloads, or on one workload: `"true"` or `"checksum"`.
  package static let request = "muster.dev/restart-on-config"
  /// On the Pod template.
  package static let annotation = "muster.dev/config-checksum"

  private static let kinds: Set<GroupKind> = [
    GroupKind(group: "apps", kind: "Deployment"), GroupKind(group: "apps", kind: "StatefulSet"),
    GroupKind(group: "apps", kind: "DaemonSet"), GroupKind(group: "argoproj.io", kind: "Rollout"),
  ]

  /// Whether annotations ask for it; nil where they do not say.
  package static func isRequested(by annotations: Node?) -> Bool? {
    guard let value = annotations?[request]?.value.scalarText else { return nil }
    return ["true", "checksum"].contains(value.lowercased())
  }

  /// The same objects, with the annotation where it is asked for. Only what is rendered along counts.
  /// - Parameters:
  ///   - objects: placed: what is namespaced names its namespace.
  ///   - isDefault: whether the Application asks for it; a workload may say otherwise.
  ///   - digest: text that tells contents apart, and from which they cannot be told: some are secret.
  package static func applied(
    to objects: [Object], isDefault: Bool, digest: ([UInt8]) -> String
  ) -> [Object] {
    let wanted = objects.map { kinds.contains($0.gvk.groupKind) && asks($0, isDefault) }
    guard wanted.contains(true) else { return objects }
    let sources = Dictionary(
      objects.filter { isSource($0.id) }.map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
    return zip(objects, wanted).map { object, isWanted in
      guard isWanted else { return object }
      let referred = references(of: object).compactMap { sources[$0] }
      return referred.isEmpty ? object : annotated(object, digest(content(of: referred)))
    }
  }

  private static func asks(_ object: Object, _ isDefault: Bool) -> Bool {
    isRequested(by: object["metadata"]?["annotations"]) ?? isDefault
  }

  private static func isSource(_ id: ObjectID) -> Bool {
    id.group.isEmpty && (id.kind == "ConfigMap" || id.kind == "Secret")
  }

  private static func annotated(_ object: Object, _ digest: String) -> Object {
    var object = object
    object.edit { root in
      var spec = root["spec"]?.mapping ?? Mapping()
      var template = spec["template"]?.mapping ?? Mapping()
      var metadata = template["metadata"]?.mapping ?? Mapping()
      var annotations = metadata["annotations"]?.mapping ?? Mapping()
      annotations[annotation] = .string(digest)
      metadata["annotations"] = .mapping(annotations)
      template["metadata"] = .mapping(metadata)
      spec["template"] = .mapping(template)
      root["spec"] = .mapping(spec)
    }
    return object
  }

  /// What an object holds, in an order that does not depend on how it is written.
  private static func content(of objects: [Object]) -> [UInt8] {
    let nodes = objects.map { object in
      var kept: Mapping = ["kind": .string(object.gvk.kind), "name": .string(object.name)]
      for key in ["data", "binaryData", "stringData"] { kept[key] = object[key] }
      return Node.mapping(kept)
    }
    return JSON.write(.sequence(nodes), JSON.WriteOptions(sortsKeys: true))
  }

  // MARK: References

  /// The ConfigMaps and Secrets that the containers and volumes of a Pod template name, sorted, each once.
  static func references(of object: Object) -> [ObjectID] {
    guard let spec = object["spec"]?["template"]?["spec"] else { return [] }
    var found: Set<ObjectID> = []
    func take(_ kind: String, _ node: Node?, _ field: String) {
      guard let name = node?[field]?.string, !name.isEmpty else { return }
      found.insert(ObjectID(group: "", kind: kind, namespace: object.namespace, name: name))
    }
    for containers in ["initContainers", "containers"] {
      for container in spec[containers]?.sequence ?? [] {
        for source in container["envFrom"]?.sequence ?? [] {
          take("ConfigMap", source["configMapRef"], "name")
          take("Secret", source["secretRef"], "name")
        }
        for variable in container["env"]?.sequence ?? [] {
          take("ConfigMap", variable["valueFrom"]?["configMapKeyRef"], "name")
          take("Secret", variable["valueFrom"]?["secretKeyRef"], "name")
        }
      }
    }
    for volume in spec["volumes"]?.sequence ?? [] {
      take("ConfigMap", volume["configMap"], "name")
      take("Secret", volume["secret"], "secretName")
      for source in volume["projected"]?["sources"]?.sequence ?? [] {
        take("ConfigMap", source["configMap"], "name")
        take("Secret", source["secret"], "name")
      }
    }
    return found.sorted()
  }
}
