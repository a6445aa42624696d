import Engine
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Manifest

/// What stands before every route: who is let in (RFC 6750), how errors look, what is counted.
///
/// A path is closed unless its route says that it is open, so that a route that is added is not open by mistake.
struct Gatekeeper: RouterMiddleware {
  let table: RouteTable
  let store: Store
  let measurements: Measurements
  let logger: Logger

  func handle(
    _ request: Request, context: HubContext, next: (Request, HubContext) async throws -> Response
  ) async throws -> Response {
    let started = ContinuousClock.now
    let path = request.uri.path
    let route = table.route(request.method, path)
    var response: Response
    do {
      var context = context
      if route?.access != .open { context.holder = try await holder(request, path) }
      if route == nil { throw missing(request.method, path) }
      context.coreContext.parameters = try Self.decoded(context.coreContext.parameters)
      response = try await next(request, context)
    } catch {
      response = Answer.problem(problem(error, request))
    }
    response.headers[.xContentTypeOptions] = "nosniff"
    measurements.served(
      method: route == nil ? "other" : request.method.rawValue, route: route?.path ?? "other",
      status: response.status.code, seconds: (ContinuousClock.now - started).inSeconds)
    return response
  }

  /// The parts of the path that vary, without their percent-encoding (RFC 3986 §2.1), which the router leaves as it is: a
  /// cluster's name may hold `:`, `/` and blanks.
  private static func decoded(_ parameters: Parameters) throws -> Parameters {
    var decoded = Parameters()
    for (name, value) in parameters {
      guard let text = String(value).removingPercentEncoding else {
        throw APIProblem.badRequest(
          "'\(Visible.text(String(value)))' in the path is not percent-encoded UTF-8", hint: "% itself is written %25")
      }
      decoded[name] = text[...]
    }
    return decoded
  }

  private func holder(_ request: Request, _ path: String) async throws -> String {
    guard let header = request.headers[.authorization], header.lowercased().hasPrefix("bearer "),
      let holder = try await store.tokens.holder(
        of: APIToken(header.dropFirst("bearer ".count).trimmingCharacters(in: .whitespaces)), now: Date())
    else { throw APIProblem.unauthorized }
    return holder
  }

  private func missing(_ method: HTTPRequest.Method, _ path: String) -> APIProblem {
    let methods = table.methods(of: path)
    if !methods.isEmpty { return .methodNotAllowed(methods) }
    return APIProblem(
      .notFound, "not-found", "the hub does not serve this path", hint: "the paths are those of docs/openapi.yaml")
  }

  private func problem(_ error: any Error, _ request: Request) -> APIProblem {
    switch error {
    case let problem as APIProblem: return problem
    case let error as HTTPError:
      return APIProblem(error.status, "bad-request", error.body ?? error.status.reasonPhrase)
    case let failure as Failure where failure.code.hasPrefix("registration.") || failure.code == "token.exists":
      return APIProblem(
        failure.retry == .never ? .conflict : .serviceUnavailable, failure,
        message: "\(failure.subject): \(failure.message)")
    default:
      // What went wrong inside is for the hub's log, not for who asked.
      logger.error(
        "request failed",
        metadata: ["method": "\(request.method)", "path": "\(Visible.text(request.uri.path))", "reason": "\(error)"])
      return APIProblem(
        .internalServerError, "internal", "the hub could not do that", hint: "the hub's log says why")
    }
  }
}

extension HTTPField.Name {
  fileprivate static var xContentTypeOptions: Self { .init("X-Content-Type-Options") ?? .contentType }
}

extension Duration {
  fileprivate var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
