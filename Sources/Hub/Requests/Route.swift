import HTTPTypes
import Hummingbird

/// One thing that the API can be asked for.
struct Route: Sendable {
  enum Access: Sendable {
    /// Anybody: what a probe, a scraper or a Git server sends, which hold no token of ours.
    case open
    case token
  }

  typealias Handler = @Sendable (Request, HubContext) async throws -> Response

  var method: HTTPRequest.Method
  /// With `{name}` for what varies, as OpenAPI writes it.
  var path: String
  var access: Access
  var handler: Handler

  init(_ method: HTTPRequest.Method, _ path: String, access: Access = .token, _ handler: @escaping Handler) {
    self.method = method
    self.path = path
    self.access = access
    self.handler = handler
  }

  /// The form that the router reads.
  var pattern: RouterPath { RouterPath(path.replacing("{", with: ":").replacing("}", with: "")) }
}

/// All routes: which methods a path takes, and which need no token.
struct RouteTable: Sendable {
  let routes: [Route]

  /// The route of a request; nil where the path or the method is none of ours. HEAD is answered as GET is.
  func route(_ method: HTTPRequest.Method, _ path: String) -> Route? {
    matching(path).first { $0.method == method || (method == .head && $0.method == .get) }
  }

  /// Sorted; empty for a path that is none of ours.
  func methods(of path: String) -> [HTTPRequest.Method] {
    var methods = Set(matching(path).map(\.method))
    if methods.contains(.get) { methods.insert(.head) }
    return methods.sorted { $0.rawValue < $1.rawValue }
  }

  private func matching(_ path: String) -> [Route] {
    let parts = path.split(separator: "/")
    return routes.filter { route in
      let wanted = route.path.split(separator: "/")
      return wanted.count == parts.count && zip(wanted, parts).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
    }
  }
}
