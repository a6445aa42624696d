package import Manifest

/// What the answer to our last apply of an object said: the ground that drift is told from.
package struct AppliedRecord: Sendable, Equatable {
  package var uid: String
  /// Digest of what we sent, label included; equal digests mean there is nothing new to send.
  package var desired: ContentDigest
  /// Digest of our entry's fields and apiVersion in the answer.
  package var entry: ContentDigest
  /// The entry's time; it moves with every apply under our name that changes something.
  package var entryTime: String
  /// `metadata.generation` in the answer, or where it last moved without harm.
  package var generation: Int64
  /// The managers beside us that the answer named, sorted.
  package var managers: [String]

  package init(
    uid: String, desired: ContentDigest, entry: ContentDigest, entryTime: String, generation: Int64,
    managers: [String]
  ) {
    self.uid = uid
    self.desired = desired
    self.entry = entry
    self.entryTime = entryTime
    self.generation = generation
    self.managers = managers
  }

  package init(answer: LiveObject, desired: ContentDigest) {
    self.init(
      uid: answer.uid, desired: desired, entry: answer.entryDigest,
      entryTime: answer.ownership.ours?.time ?? "", generation: answer.generation,
      managers: answer.ownership.managerNames)
  }
}

extension Ownership {
  /// Digest of our entry; ``ContentDigest/none`` without one.
  var entryDigest: ContentDigest {
    guard let ours else { return .none }
    var hasher = ContentHasher()
    hasher.add(ours.apiVersion)
    hasher.add(ours.fields)
    return hasher.digest
  }

  /// The other writers' names, each once, sorted. Status writers do not count: they write nothing we apply.
  package var managerNames: [String] {
    Set(others.filter { !$0.isStatus }.map(\.manager)).sorted()
  }
}

extension ForeignEntry {
  /// Whether it owns nothing but status.
  var isStatus: Bool { subresource == "status" }
}
