import HTTPTypes
import Manifest

/// Why a request is not answered with what it asked for: every error of the API has this shape.
struct APIProblem: Error, Sendable {
  var status: HTTPResponse.Status
  /// Stable. The API's own are kebab-case; one with a dot is that of the failure behind it, as logs have it too.
  var code: String
  var message: String
  /// What to do about it; empty for nothing.
  var hint = ""
  var headers = HTTPFields()

  init(_ status: HTTPResponse.Status, _ code: String, _ message: String, hint: String = "") {
    self.status = status
    self.code = code
    self.message = message
    self.hint = hint
  }

  /// - Parameter message: in the place of the failure's own.
  init(_ status: HTTPResponse.Status, _ failure: Failure, message: String? = nil, hint: String = "") {
    self.init(status, failure.code, message ?? failure.message, hint: hint)
  }

  static func badRequest(_ message: String, hint: String = "") -> APIProblem {
    APIProblem(.badRequest, "bad-request", message, hint: hint)
  }

  static func notFound(_ kind: String, _ name: String, hint: String = "") -> APIProblem {
    APIProblem(.notFound, "not-found", "there is no \(kind) '\(Visible.text(name))'", hint: hint)
  }

  static func tooLarge(_ limit: Int) -> APIProblem {
    var problem = APIProblem(.contentTooLarge, "too-large", "the body is larger than \(limit) bytes")
    // What is left of the body is not read.
    problem.headers[.connection] = "close"
    return problem
  }

  static func methodNotAllowed(_ allowed: [HTTPRequest.Method]) -> APIProblem {
    let names = allowed.map(\.rawValue).joined(separator: ", ")
    var problem = APIProblem(
      .methodNotAllowed, "method-not-allowed", "this path does not take that method", hint: "it takes \(names)")
    problem.headers[.allow] = names
    return problem
  }

  static var unauthorized: APIProblem {
    var problem = APIProblem(
      .unauthorized, "unauthorized", "a valid bearer token is needed",
      hint: "send 'Authorization: Bearer TOKEN'; the first token is in api-token of the hub's data directory")
    problem.headers[.wwwAuthenticate] = #"Bearer realm="muster""#
    return problem
  }
}
