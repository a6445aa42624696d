package import Manifest

/// The body of a PATCH that is no apply.
package enum ObjectPatch: Sendable, Equatable {
  /// RFC 6902.
  case json(Node)
  /// RFC 7386.
  case merge(Node)
  /// Kubernetes' strategic merge patch; only for built-in kinds.
  case strategic(Node)
}

extension ObjectSchema {
  /// The object that a patch makes of `live`, not yet decoded.
  /// - Throws: 400 for a patch that can not be read, 415 for one that the kind does not take, 422 for one that does not
  ///   fit the object, 500 for list items without their merge key.
  package func patch(_ live: Mapping, with patch: ObjectPatch) throws(StatusError) -> Mapping {
    let patched: Mapping
    switch patch {
    case .json(let operations): patched = try applyOperations(operations, to: live)
    case .merge(let changes):
      guard changes.mapping != nil else { throw .badRequest("error decoding patch: \(Self.notAMapping(changes))") }
      patched = MergePatch.apply(changes, to: .mapping(live)).mapping ?? live
    case .strategic(let changes): patched = try applyStrategically(changes, to: live)
    }
    do {
      _ = try read(patched)
    } catch {
      throw .unfitPatch(shown(patch, patched), error.message)
    }
    return patched
  }

  private static func notAMapping(_ node: Node) -> String {
    "json: cannot unmarshal \(TypeTable.jsonKind(node)) into Go value of type map[string]interface {}"
  }

  private func applyOperations(_ operations: Node, to live: Mapping) throws(StatusError) -> Mapping {
    guard operations.sequence != nil else {
      throw .badRequest(
        "error decoding patch: json: cannot unmarshal \(TypeTable.jsonKind(operations)) into Go value of type "
          + "[]handlers.jsonPatchOp")
    }
    guard let patch = try? JSONPatch(operations, rules: .kubernetes, file: "<patch>"),
      let patched = try? patch.apply(to: .mapping(live)), let object = patched.mapping
    else {
      // The server says no more, whatever is wrong.
      throw StatusError(
        code: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request",
        details: .init())
    }
    return object
  }

  private func applyStrategically(_ changes: Node, to live: Mapping) throws(StatusError) -> Mapping {
    guard !isCustom else {
      throw StatusError(
        code: 415, reason: "UnsupportedMediaType",
        message: "the body of the request was in an unknown format - accepted media types include: "
          + "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml")
    }
    guard let members = changes.mapping else { throw .badRequest(Self.notAMapping(changes)) }
    do {
      return try StrategicMerge(table: table).merge(members, into: live, root)
    } catch {
      throw StatusError(code: 500, reason: "", message: error.message)
    }
  }

  private func shown(_ patch: ObjectPatch, _ patched: Mapping) -> String {
    if case .strategic(let changes) = patch { return TypeTable.shown(changes) }
    return JSON.text(.mapping(patched))
  }
}

extension StatusError {
  /// 422 for a patch whose result is no object of the kind.
  static func unfitPatch(_ patch: String, _ why: String) -> StatusError {
    let message = "Invalid value: \(JSON.text(.string(patch))): \(why)"
    return StatusError(
      code: 422, reason: "Invalid", message: " \"\" is invalid: patch: \(message)",
      details: Details(causes: [Cause(reason: "FieldValueInvalid", message: message, field: "patch")]))
  }
}
