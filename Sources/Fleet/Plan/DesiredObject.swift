package import Manifest

/// An object as an Application wants it, ready to be applied but for its ApplySet label.
package struct DesiredObject: Sendable, Equatable {
  /// Normalised; the namespace is final.
  package var object: Object
  /// Digest of what is applied, the released paths included.
  package var digest: ContentDigest
  package var wave: Int
  package var forbidsPrune: Bool
  /// Paths that are left to others: not in ``object``, and taken out of our entry before an apply.
  package var released: [[String]]

  package var id: ObjectID { object.id }
  package var gvk: GroupVersionKind { object.gvk }

  /// - Parameter object: normalised, with the released paths taken out.
  package init(_ object: Object, released: [[String]] = []) {
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

  /// What is sent: the object with the label that makes it a member of `applySet`.
  package func labelled(partOf applySet: String) -> Mapping {
    var root = object.root
    var labels = root["metadata"]?["labels"]?.mapping ?? Mapping()
    labels[ApplySetLabel.partOf] = .string(applySet)
    root["metadata"]?["labels"] = .mapping(labels)
    return root
  }
}
