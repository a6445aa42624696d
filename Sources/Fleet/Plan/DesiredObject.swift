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
  /// With what is left to others: what an object that is not there yet begins with; nil where nothing is left to others.
  private let original: Object?
  /// Places that are left to others: not in ``object``, and taken out of our entry before an apply.
  private let released: [ReleasedPath]
  /// Other writers whose fields are left to them.
  private let ignoredManagers: Set<String>
  /// What runs Rollouts, where its fields are left to it.
  private let rolloutManager: String?

  package var gvk: GroupVersionKind { object.gvk }

  /// Whether its health is nobody's concern (`argocd.argoproj.io/ignore-healthcheck`).
  package var ignoresHealth: Bool {
    object.root["metadata"]?["annotations"]?["argocd.argoproj.io/ignore-healthcheck"]?.string == "true"
  }

  /// - Parameters:
  ///   - object: normalised, with the released places taken out.
  ///   - original: with them.
  package init(
    _ object: Object, original: Object? = nil, released: [ReleasedPath] = [], ignoredManagers: Set<String> = []
  ) {
    id = object.id
    self.object = object
    self.original = original
    self.released = released
    self.ignoredManagers = ignoredManagers
    rolloutManager = RolloutWriting.touches(object.gvk.groupKind) ? RolloutWriting.manager : nil
    options = SyncOptions(annotations: object.root["metadata"]?["annotations"])
    wave = SyncOptions.wave(annotations: object.root["metadata"]?["annotations"])
    var hasher = ContentHasher()
    hasher.add(object.root)
    for path in released { hasher.add(path.text) }
    for manager in ignoredManagers.sorted() { hasher.add(manager) }
    digest = hasher.digest
  }

  /// The same, but that it takes back what a Rollout's controller and people's verbs made of it.
  private init(overruling desired: DesiredObject) {
    (id, object, digest, wave) = (desired.id, desired.object, desired.digest, desired.wave)
    (options, original, released) = (desired.options, desired.original, desired.released)
    ignoredManagers = desired.ignoredManagers
    rolloutManager = nil
  }

  /// What is applied when Git says something new, or a person asks for all of it: an image that was set by hand, or the weights
  /// of a route, give way. The selector of a Service does not, since without its hash the Service would meet all versions; nor
  /// do the replicas of a workload that a Rollout has taken over from.
  package var overruling: DesiredObject {
    guard rolloutManager != nil, RolloutWriting.givesWay(object.gvk.groupKind) else { return self }
    return DesiredObject(overruling: self)
  }

  package static func == (a: DesiredObject, b: DesiredObject) -> Bool {
    a === b
      || a.digest == b.digest && a.object == b.object && a.released == b.released
        && a.ignoredManagers == b.ignoredManagers
  }

  /// What is sent of a hook: named, marked as this run, and kept until its end is taken in.
  package func hookRun(_ name: String, mark: String, partOf applySet: String) -> Mapping {
    var root = labelled(partOf: applySet, over: nil)
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

  /// Whether anything of it is left to others.
  package var leavesAnything: Bool { !released.isEmpty || !ignoredManagers.isEmpty || rolloutManager != nil }

  package func ignores(_ manager: String) -> Bool { ignoredManagers.contains(manager) || manager == rolloutManager }

  /// Whether anything that another writer owns is left to it.
  package func leavesFields(to entry: ForeignEntry) -> Bool {
    ignores(entry.manager) || released.contains { $0.path(in: entry.fields) != nil }
  }

  /// The paths in our entry that are to be given up before an apply.
  package func pathsToRelease(_ live: LiveObject) -> [[String]] {
    guard leavesAnything, let ours = live.ownership.ours?.fields else { return [] }
    return released.compactMap { $0.path(in: ours) }
      + live.ownership.others.filter { ignores($0.manager) && $0.subresource != "status" }.flatMap {
        ours.intersection($0.fields).leaves
      }
  }

  /// Whether all that was lost is left to whoever took it.
  func leavesAll(_ lost: [[String]], to ownership: Ownership) -> Bool {
    if released.isEmpty, ignoredManagers.isEmpty, lost.isEmpty { return false }
    return leavesAnything && lost.allSatisfy { leaves($0, to: ownership) }
  }

  /// Whether a lost path is one that another writer is welcome to.
  package func leaves(_ path: [String], to ownership: Ownership) -> Bool {
    ownership.others.contains { ignores($0.manager) && $0.fields.touches(path) }
  }

  /// What is applied over `live`, without the label.
  package func applied(over live: LiveObject?) -> Object {
    guard let live else { return original ?? object }
    let theirs = live.ownership.others.filter { ignores($0.manager) && $0.subresource != "status" }
    if theirs.isEmpty { return object }
    var reduced = object
    reduced.edit { mapping in
      let (kind, version) = (mapping["kind"], mapping["apiVersion"])
      let name = mapping["metadata"]?["name"]
      let namespace = mapping["metadata"]?["namespace"]
      for entry in theirs { mapping.remove(ownedBy: entry.fields) }
      (mapping["kind"], mapping["apiVersion"]) = (kind, version)
      if mapping["metadata"] == nil { mapping["metadata"] = .mapping([:]) }
      mapping["metadata"]?["name"] = name
      mapping["metadata"]?["namespace"] = namespace
    }
    return reduced
  }

  /// What is sent: the object with the label that makes it a member of `applySet`.
  package func labelled(partOf applySet: String, over live: LiveObject? = nil) -> Mapping {
    var root = applied(over: live).root
    var labels = root["metadata"]?["labels"]?.mapping ?? Mapping()
    labels[ApplySetLabel.partOf] = .string(applySet)
    root["metadata"]?["labels"] = .mapping(labels)
    return root
  }
}
