package import Manifest

/// What one kind of object looks like, and with that what a write of it means.
///
/// The steps of a write, in the API server's order: ``decode(_:)``, ``fillDefaults(_:)``, ``track(_:replacing:by:)``, the
/// registry's own changes (addresses, first status), ``validate(_:replacing:)``. A server-side apply does the first three at once.
package struct ObjectSchema: Sendable {
  package let kind: GroupVersionKind
  package let isCustom: Bool
}

/// Who writes, through which subresource, and when.
package struct FieldWriter: Sendable, Equatable {
  /// The field manager, or what the user agent says before its first slash.
  package var manager: String
  /// `status`, `scale`, …; empty for the object itself.
  package var subresource: String
  /// RFC 3339, whole seconds, UTC.
  package var time: String

  package init(manager: String, subresource: String = "", time: String) {
    self.manager = manager
    self.subresource = subresource
    self.time = time
  }
}

/// The body of a PATCH that is no apply.
package enum ObjectPatch: Sendable, Equatable {
  /// RFC 6902.
  case json(Node)
  /// RFC 7386.
  case merge(Node)
  /// Kubernetes' strategic merge patch; only for built-in kinds.
  case strategic(Node)
}

/// An object as the server's own types hold it.
package struct DecodedObject: Sendable, Equatable {
  package var object: Mapping
  /// Paths that the kind does not declare, as strict decoding names them: `spec.containers[0].imag`.
  package var unknownFields: [String]
}

extension ObjectSchema {
  /// The schema of a kind that every server has; nil for others.
  package static func builtIn(_ kind: GroupVersionKind) -> ObjectSchema? {
    ObjectSchema(kind: kind, isCustom: false)
  }

  /// The schema of a custom resource in one version of its definition (an element of `spec.versions`).
  package static func custom(_ kind: GroupVersionKind, version: Node) -> ObjectSchema {
    ObjectSchema(kind: kind, isCustom: true)
  }

  /// Reads a body into the kind: drops nulls and what is empty, writes quantities canonically, prunes unknown fields.
  /// - Throws: 400 when a value has the wrong type.
  package func decode(_ object: Mapping) throws(StatusError) -> DecodedObject {
    DecodedObject(object: object, unknownFields: [])
  }

  /// Fills in what the kind defaults.
  package func fillDefaults(_ object: inout Mapping) {}

  /// Checks an object that is about to be stored; `live` is nil on creation.
  /// - Throws: 422 with every field that is wrong.
  package func validate(_ object: Mapping, replacing live: Mapping?) throws(StatusError) {}

  /// Records in `managedFields` what a write that is no apply changed: `object` is the decoded and defaulted result.
  ///
  /// A writer may replace `managedFields` itself; `[{}]` or an empty list wipes them.
  package func track(_ object: inout Mapping, replacing live: Mapping?, by writer: FieldWriter) {
    let managed = live?["metadata"]?["managedFields"]
    object["metadata"]?["managedFields"] = managed
  }

  /// Server-side apply of `configuration` onto `live`: merged, decoded, defaulted, with its `managedFields`.
  ///
  /// An apply that changes nothing gives `live` back, but for the time of the writer's entry.
  /// - Throws: 409 with the conflicts, 400, or 500 for a configuration that does not fit the kind.
  package func apply(
    _ configuration: Mapping, to live: Mapping?, by writer: FieldWriter, force: Bool
  ) throws(StatusError) -> Mapping {
    configuration
  }

  /// The object that a patch makes of `live`, not yet decoded.
  /// - Throws: 400 or 422 for a patch that can not be read or does not fit.
  package func patch(_ live: Mapping, with patch: ObjectPatch) throws(StatusError) -> Mapping {
    live
  }
}
