/// What a request is about, read from method, path and query alone: what authorization decides on.
///
/// Source: apiserver's `RequestInfoFactory`.
package struct RequestInfo: Sendable, Equatable {
  package var verb: String
  package var path: String
  /// False for `/version`, `/healthz`, discovery, ….
  package var isResourceRequest: Bool
  package var group = ""
  package var version = ""
  package var namespace = ""
  package var resource = ""
  package var name = ""
  package var subresource = ""
  /// What stands behind the subresource: the path of a proxy request.
  package var remainder: [String] = []

  package init(_ request: APIRequest) {
    path = request.path
    verb = request.method.lowercased()
    isResourceRequest = false
    var parts = request.path.split(separator: "/").map { QueryParameters.decode(String($0)) }[...]
    switch parts.first {
    case "api" where parts.count >= 3: parts.removeFirst()
    case "apis" where parts.count >= 4:
      group = parts[parts.startIndex + 1]
      parts.removeFirst(2)
    default: return
    }
    version = parts.removeFirst()
    isResourceRequest = true
    readResource(&parts)
    readVerb(request)
  }

  private mutating func readResource(_ parts: inout ArraySlice<String>) {
    if parts.first == "namespaces", parts.count >= 2 {
      let inner = parts.count >= 3 ? parts[parts.startIndex + 2] : ""
      namespace = parts[parts.startIndex + 1]
      if parts.count >= 3, !["status", "finalize"].contains(inner) { parts.removeFirst(2) }
    }
    resource = parts.popFirst() ?? ""
    name = parts.popFirst() ?? ""
    subresource = parts.popFirst() ?? ""
    remainder = Array(parts)
  }

  private mutating func readVerb(_ request: APIRequest) {
    switch request.method {
    case "POST": verb = "create"
    case "GET", "HEAD": verb = request.query.flag("watch") ? "watch" : name.isEmpty ? "list" : "get"
    case "PUT": verb = "update"
    case "PATCH": verb = "patch"
    case "DELETE": verb = name.isEmpty ? "deletecollection" : "delete"
    default: verb = request.method.lowercased()
    }
  }

  /// `deployments/scale`, as RBAC rules write it.
  package var qualifiedResource: String { subresource.isEmpty ? resource : "\(resource)/\(subresource)" }
}
