package import Manifest

/// An object as an Application wants it, ready to be applied but for its ApplySet label. Immutable, and passed by reference.
package final class DesiredObject: Sendable, Equatable {
  package let id: ObjectID
  /// Normalised; the namespace is final.
  package let object: Object
  /// Digest of what is applied, the released paths included.
  package let digest: ContentDigest
  package let wave: Int
  package let forbidsPrune: Bool
  /// Paths that are left to others: not in ``object``, and taken out of our entry before an apply.
  package let released: [[String]]

  package var gvk: GroupVersionKind { object.gvk }

  /// - Parameter object: normalised, with the released paths taken out.
  package init(_ object: Object, released: [[String]] = []) {
    id = object.id
    self.object = object
    self.released = released
    let options = SyncOptions(annotations: object.root["metadata"]?["annotations"])
    wave = options.wave
    forbidsPrune = options.forbidsPrune
    var hasher = ContentHasher()
    hasher.add(object.root)
    for path in released { for element in path { hasher.add(element) } }
    digest = hasher.digest
  }

  package static func == (a: DesiredObject, b: DesiredObject) -> Bool {
    a === b || a.digest == b.digest && a.object == b.object && a.released == b.released
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
