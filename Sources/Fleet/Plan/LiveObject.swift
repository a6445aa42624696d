package import Manifest

/// The field manager of everything Muster applies (DESIGN §3.1).
package enum FieldManager {
  package static let name = "muster"
}

/// The label that names an object's ApplySet (KEP-3659).
package enum ApplySetLabel {
  package static let partOf = "applyset.kubernetes.io/part-of"
  package static let id = "applyset.kubernetes.io/id"
}

/// One `managedFields` entry of our own apply, as an API server keeps it.
package struct OwnershipEntry: Sendable, Equatable {
  package var fields: FieldSet
  package var apiVersion: String
  package var time: String

  package init(fields: FieldSet, apiVersion: String, time: String) {
    self.fields = fields
    self.apiVersion = apiVersion
    self.time = time
  }
}

/// Another writer's `managedFields` entry.
package struct ForeignEntry: Sendable, Equatable {
  package var manager: String
  package var operation: String
  package var subresource: String
  package var apiVersion: String
  package var fields: FieldSet

  package init(manager: String, operation: String, subresource: String, apiVersion: String, fields: FieldSet) {
    self.manager = manager
    self.operation = operation
    self.subresource = subresource
    self.apiVersion = apiVersion
    self.fields = fields
  }
}

/// What `managedFields` says of an object: our entry, and everybody else's.
package struct Ownership: Sendable, Equatable {
  package var ours: OwnershipEntry?
  /// An *Update* entry under our name, which no write of ours leaves behind (DESIGN §3.1).
  package var hasOurUpdate: Bool
  package var others: [ForeignEntry]

  /// Reads `metadata.managedFields`. Entries that cannot be read count as foreign ones without fields.
  package init(managedFields: [Node]) {
    ours = nil
    hasOurUpdate = false
    others = []
    for entry in managedFields {
      let manager = entry["manager"]?.string ?? ""
      let operation = entry["operation"]?.string ?? ""
      let subresource = entry["subresource"]?.string ?? ""
      let apiVersion = entry["apiVersion"]?.string ?? ""
      let fields = entry["fieldsV1"]?.mapping.flatMap { FieldSet($0) } ?? FieldSet()
      if manager == FieldManager.name && subresource.isEmpty {
        if operation == "Apply" {
          ours = OwnershipEntry(fields: fields, apiVersion: apiVersion, time: entry["time"]?.string ?? "")
          continue
        }
        hasOurUpdate = true
      }
      others.append(
        ForeignEntry(
          manager: manager, operation: operation, subresource: subresource, apiVersion: apiVersion, fields: fields))
    }
  }
}

/// What the hub holds of one object in a cluster: its metadata, and its health where the kind has one.
///
/// A state that was: immutable, and passed by reference.
package final class LiveObject: Sendable, Equatable {
  package let gvk: GroupVersionKind
  package let id: ObjectID
  package let uid: String
  package let resourceVersion: String
  package let generation: Int64
  /// The ApplySet that the object's label names; nil without the label.
  package let partOf: String?
  package let ownership: Ownership
  package let isDeleting: Bool
  /// Its own sync options, as they stand in the cluster.
  package let options: SyncOptions
  /// Its sync wave.
  package let wave: Int
  /// What run of a hook it is; nil for an ordinary object.
  package let hook: LiveHook?
  /// Another tool that marks it as its own, in words.
  package let foreignClaim: String?
  /// Whether our own entry owns the ApplySet label: what nominates by label is convicted by ownership (DESIGN §3.3).
  package let ownsPartOf: Bool
  /// Digest of our entry; ``ContentDigest/none`` without one.
  package let entryDigest: ContentDigest

  package static func == (a: LiveObject, b: LiveObject) -> Bool {
    if a === b { return true }
    guard a.uid == b.uid, a.resourceVersion == b.resourceVersion, a.id == b.id, a.gvk == b.gvk else { return false }
    return a.generation == b.generation && a.partOf == b.partOf && a.isDeleting == b.isDeleting
      && a.options == b.options && a.wave == b.wave && a.hook == b.hook && a.ownership == b.ownership
  }

  /// Reads an object, full or metadata-only.
  /// - Parameter gvk: what the list or watch was of; metadata-only answers call themselves PartialObjectMetadata.
  package init?(_ object: Node, gvk: GroupVersionKind) {
    guard let metadata = object["metadata"], metadata["name"]?.string != nil, let uid = metadata["uid"]?.string,
      let resourceVersion = metadata["resourceVersion"]?.string
    else { return nil }
    self.gvk = gvk
    id = Self.id(of: object, gvk: gvk)
    self.uid = uid
    self.resourceVersion = resourceVersion
    generation = metadata["generation"]?.int ?? 0
    partOf = metadata["labels"]?[ApplySetLabel.partOf]?.string
    ownership = Ownership(managedFields: metadata["managedFields"]?.sequence ?? [])
    isDeleting = metadata["deletionTimestamp"]?.string != nil
    options = SyncOptions(annotations: metadata["annotations"])
    wave = SyncOptions.wave(annotations: metadata["annotations"])
    hook = LiveHook(metadata: metadata)
    ownsPartOf = ownership.ours?.fields.contains(["f:metadata", "f:labels", "f:" + ApplySetLabel.partOf]) ?? false
    entryDigest = ownership.entryDigest
    // Where our entry owns the label, the mark was taken over with the object.
    foreignClaim = ownership.ours == nil ? ForeignClaim.of(metadata) : nil
  }

  package static func id(of object: Node, gvk: GroupVersionKind) -> ObjectID {
    let metadata = object["metadata"]
    return ObjectID(
      group: gvk.group, kind: gvk.kind, namespace: metadata?["namespace"]?.string ?? "",
      name: metadata?["name"]?.string ?? "")
  }

  /// Whether `object` is this very state, of the same version; cheaper than reading all of it.
  package func isState(of object: Node) -> Bool {
    let metadata = object["metadata"]
    return metadata?["resourceVersion"]?.string == resourceVersion && metadata?["uid"]?.string == uid
  }

  /// Whether this state is newer than `other` of the same object. Resource versions are compared as numbers where they
  /// are numbers (KEP-5504); a different uid is always news.
  package func isNewer(than other: LiveObject) -> Bool {
    guard uid == other.uid, let mine = UInt64(resourceVersion), let theirs = UInt64(other.resourceVersion) else {
      return true
    }
    return mine > theirs
  }
}
