package import Manifest

/// A refusal in the API server's own words: a `Status` of status `Failure` with its HTTP code.
///
/// Source: apimachinery's `metav1.Status`; texts as recorded from Kubernetes 1.36.
package struct StatusError: Error, Sendable, Equatable {
  /// One field that is wrong, as `details.causes` lists it.
  package struct Cause: Sendable, Equatable {
    package var reason: String
    package var message: String
    package var field: String

    package init(reason: String, message: String, field: String) {
      self.reason = reason
      self.message = message
      self.field = field
    }
  }

  /// What it is about; empty members are left out of the answer.
  package struct Details: Sendable, Equatable {
    package var name: String
    package var group: String
    package var kind: String
    package var uid: String
    package var causes: [Cause]
    package var retryAfterSeconds: Int

    package init(
      name: String = "", group: String = "", kind: String = "", uid: String = "", causes: [Cause] = [],
      retryAfterSeconds: Int = 0
    ) {
      self.name = name
      self.group = group
      self.kind = kind
      self.uid = uid
      self.causes = causes
      self.retryAfterSeconds = retryAfterSeconds
    }
  }

  /// The HTTP status.
  package var code: Int
  /// `NotFound`, `Conflict`, …; empty for the 500 of a typed patch that could not be made.
  package var reason: String
  package var message: String
  package var details: Details?

  package init(code: Int, reason: String, message: String, details: Details? = nil) {
    self.code = code
    self.reason = reason
    self.message = message
    self.details = details
  }
}

extension StatusError {
  /// The whole `Status` object.
  package var root: Node {
    var root: Mapping = [
      "kind": .string("Status"), "apiVersion": .string("v1"), "metadata": .mapping([:]),
      "status": .string("Failure"), "message": .string(message),
    ]
    if !reason.isEmpty { root["reason"] = .string(reason) }
    if let details { root["details"] = .mapping(details.mapping) }
    root["code"] = Node(.int(Int64(code)))
    return .mapping(root)
  }
}

extension StatusError.Details {
  fileprivate var mapping: Mapping {
    var mapping = Mapping()
    if !name.isEmpty { mapping["name"] = .string(name) }
    if !group.isEmpty { mapping["group"] = .string(group) }
    if !kind.isEmpty { mapping["kind"] = .string(kind) }
    if !uid.isEmpty { mapping["uid"] = .string(uid) }
    if !causes.isEmpty {
      mapping["causes"] = .sequence(
        causes.map {
          var cause: Mapping = ["reason": .string($0.reason), "message": .string($0.message)]
          if !$0.field.isEmpty { cause["field"] = .string($0.field) }
          return .mapping(cause)
        })
    }
    if retryAfterSeconds > 0 { mapping["retryAfterSeconds"] = Node(.int(Int64(retryAfterSeconds))) }
    return mapping
  }
}

extension StatusError {
  package static func badRequest(_ message: String) -> StatusError {
    StatusError(code: 400, reason: "BadRequest", message: message)
  }

  package static let unauthorized = StatusError(code: 401, reason: "Unauthorized", message: "Unauthorized")

  /// `resource` is the plural name (`configmaps`); in messages it carries its group (`deployments.apps`).
  package static func notFound(resource: String, group: String = "", name: String) -> StatusError {
    StatusError(
      code: 404, reason: "NotFound", message: "\(qualified(resource, group)) \"\(name)\" not found",
      details: Details(name: name, group: group, kind: resource))
  }

  /// What an unknown resource of a known group answers.
  package static let unknownResource = StatusError(
    code: 404, reason: "NotFound", message: "the server could not find the requested resource", details: Details())

  package static func alreadyExists(resource: String, group: String = "", name: String) -> StatusError {
    StatusError(
      code: 409, reason: "AlreadyExists", message: "\(qualified(resource, group)) \"\(name)\" already exists",
      details: Details(name: name, group: group, kind: resource))
  }

  package static func methodNotAllowed(_ message: String) -> StatusError {
    StatusError(code: 405, reason: "MethodNotAllowed", message: message, details: Details())
  }

  /// The optimistic lock failed: the object has another resourceVersion.
  package static func modified(resource: String, group: String = "", name: String) -> StatusError {
    conflict(
      resource: resource, group: group, name: name,
      "the object has been modified; please apply your changes to the latest version and try again")
  }

  package static func conflict(resource: String, group: String = "", name: String, _ why: String) -> StatusError {
    StatusError(
      code: 409, reason: "Conflict",
      message: "Operation cannot be fulfilled on \(qualified(resource, group)) \"\(name)\": \(why)",
      details: Details(name: name, group: group, kind: resource))
  }

  /// Validation failed; `kind` with its group as in `Deployment.apps "x" is invalid: …`.
  package static func invalid(kind: String, group: String = "", name: String, causes: [Cause]) -> StatusError {
    let texts = causes.map { $0.field.isEmpty ? $0.message : "\($0.field): \($0.message)" }
    let text = texts.count == 1 ? texts[0] : "[" + texts.joined(separator: ", ") + "]"
    return StatusError(
      code: 422, reason: "Invalid", message: "\(qualified(kind, group)) \"\(name)\" is invalid: \(text)",
      details: Details(name: name, group: group, kind: kind, causes: causes))
  }

  package static func internalError(_ message: String) -> StatusError {
    StatusError(code: 500, reason: "InternalError", message: message)
  }

  private static func qualified(_ resource: String, _ group: String) -> String {
    group.isEmpty ? resource : "\(resource).\(group)"
  }
}
