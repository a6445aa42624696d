package import Manifest

/// An object as an Application wants it, ready to be applied but for its ApplySet label. Immutable, and passed by reference.
package final class DesiredObject: Sendable, Equatable {
  package let id: ObjectID
  /// Normalised; the namespace is final.
  package let object: Object
  /// Digest of what is applied, the released paths included.
  package let digest: ContentDigest
  package let wave: Int
  package let options: SyncOptions
  /// Paths that are left to others: not in ``object``, and taken out of our entry before an apply.
  package let released: [[String]]

  package var gvk: GroupVersionKind { object.gvk }

  /// Whether its health is nobody's concern (`argocd.argoproj.io/ignore-healthcheck`).
  package var ignoresHealth: Bool {
    object.root["metadata"]?["annotations"]?["argocd.argoproj.io/ignore-healthcheck"]?.string == "true"
  }

  /// - Parameter object: normalised, with the released paths taken out.
  package init(_ object: Object, released: [[String]] = []) {
    id = object.id
    self.object = object
    self.released = released
    options = SyncOptions(annotations: object.root["metadata"]?["annotations"])
    wave = SyncOptions.wave(annotations: object.root["metadata"]?["annotations"])
    var hasher = ContentHasher()
    hasher.add(object.root)
    for path in released { for element in path { hasher.add(element) } }
    digest = hasher.digest
  }

  package static func == (a: DesiredObject, b: DesiredObject) -> Bool {
    a === b || a.digest == b.digest && a.object == b.object && a.released == b.released
  }

  /// What is sent of a hook: named, marked as this run, and kept until its end is taken in.
  package func hookRun(_ name: String, mark: String, partOf applySet: String) -> Mapping {
    var root = labelled(partOf: applySet)
    var metadata = root["metadata"]?.mapping ?? Mapping()
    metadata["generateName"] = nil
    metadata["name"] = .string(name)
    var annotations = metadata["annotations"]?.mapping ?? Mapping()
    annotations[Hook.markAnnotation] = .string(mark)
    metadata["annotations"] = .mapping(annotations)
    let finalizers = metadata["finalizers"]?.sequence ?? []
    metadata["finalizers"] = .sequence(finalizers + [.string(Hook.finalizer)])
    root["metadata"] = .mapping(metadata)
    return root
  }

  /// What is sent: the object with the label that makes it a member of `applySet`.
  package func labelled(partOf applySet: String) -> Mapping {
    var root = object.root
    var labels = root["metadata"]?["labels"]?.mapping ?? Mapping()
    labels[ApplySetLabel.partOf] = .string(applySet)
    root["metadata"]?["labels"] = .mapping(labels)
    return root
  }
}
