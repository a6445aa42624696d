package import Manifest

/// A model that objects serve, or an image that they run, and which version of it.
package struct ModelVersion: Sendable, Hashable {
  package enum Kind: Int, Sendable, Comparable {
    case model, image

    package static func < (a: Kind, b: Kind) -> Bool { a.rawValue < b.rawValue }
  }

  /// Where it was found; what is found in the same place later is the next version of it.
  package struct Origin: Sendable, Hashable {
    /// The object, without the hash that Kustomize puts behind the name of a ConfigMap.
    package var object: ObjectID
    /// The part of it, such as `data` or `container web`.
    package var part: String

    package init(object: ObjectID, part: String) {
      self.object = object
      self.part = part
    }
  }

  package var kind: Kind
  /// `llama3`, `meta-llama/Llama-3.1-70B`, or the name of an image without its registry.
  package var model: String
  /// `3.1-70b`, a tag, an address; empty where only the model is named.
  package var version: String
  /// A commit or digest within the version; empty where none is named.
  package var revision: String
  package var origin: Origin

  package init(_ kind: Kind, _ model: String, version: String, revision: String = "", origin: Origin) {
    self.kind = kind
    self.model = model
    self.version = version
    self.revision = revision
    self.origin = origin
  }

  /// Version and revision: `3.1-70b@a243134`.
  package var label: String {
    revision.isEmpty ? version : version.isEmpty ? revision : version + "@" + revision
  }
}
